"""How cells are read, of whatever program's making."""

from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.enums import Qualifier, ScheduleForm
from outreach.fields import BadValue
from outreach.imports import cells
from outreach.imports.cells import ToldAmount, ToldMeasure
from outreach.imports.columns import PEOPLE, TABLES
from outreach.imports.reading import text_of

ANY_READER = [column.read for table in TABLES for column in table.columns]


@pytest.mark.parametrize(
    "text",
    [
        "2026-09-20",
        "2026/9/20",
        "2026.9.20",
        "2026年9月20日",
        "2026 年 9 月 20 日",
        "２０２６－９－２０",
        "2026-09-20 00:00:00",
        "2026/9/20 0:00",
    ],
)
def test_a_day_may_be_written_as_excel_and_people_write_it(text: str) -> None:
    assert cells.day(text) == date(2026, 9, 20)


@pytest.mark.parametrize(
    "text", ["2026-9/20", "20.9.2026", "2026-02-30", "46285", "0001-01-01", "2026-09-20 08:00"]
)
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(BadValue):
        cells.day(text)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        ("  何玉兰　", "何玉兰"),
        (2, "2"),
        (2.0, "2"),
        (500.5, "500.5"),
        (0.1 + 0.2, "0.3"),
        (19900000001.0, "19900000001"),
        (1e15, "1000000000000000"),
        (float("nan"), "nan"),
        (True, "yes"),
        (False, "no"),
        (datetime(2026, 9, 20), "2026-09-20"),  # noqa: DTZ001  # no zone in a spreadsheet
        (datetime(2026, 9, 20, 8), "2026-09-20 08:00:00"),  # noqa: DTZ001  # no zone in a spreadsheet
        (date(2026, 9, 20), "2026-09-20"),
        (time(9, 0), "09:00"),
        (timedelta(hours=9, minutes=30), "9:30"),
    ],
)
def test_a_spreadsheet_s_own_values_are_as_people_type_them(value: object, text: str) -> None:
    assert text_of(value) == text


def test_excel_takes_a_lunar_birthday_for_a_day_of_this_year() -> None:
    (column,) = [column for column in PEOPLE.columns if column.name == "lunar_birthday"]

    assert text_of(datetime(2026, 8, 15), column) == "8-15"  # noqa: DTZ001  # no zone in a spreadsheet


@pytest.mark.parametrize(
    ("text", "value", "qualifier"),
    [
        ("500", "500.00", Qualifier.EXACT),
        ("500.0", "500.00", Qualifier.EXACT),
        ("170.50", "170.50", Qualifier.EXACT),
        ("150000~at_least", "150000.00", Qualifier.AT_LEAST),
        ("１５０ ～ about", "150.00", Qualifier.ABOUT),
    ],
)
def test_an_amount_may_carry_a_qualifier(text: str, value: str, qualifier: Qualifier) -> None:
    assert cells.amount(text) == ToldAmount(Decimal(value), qualifier)


def test_measures_have_dimensions_and_qualifiers() -> None:
    told = cells.measures(
        "study.sessions=1; materials.issued{kind=leaflet,category=study}=300~at_least；"
        "finance.dues{kind=special}=1702.69"
    )

    assert told == (
        ToldMeasure("study.sessions", "", Decimal(1), Qualifier.EXACT),
        ToldMeasure("materials.issued", "category=study;kind=leaflet", Decimal(300), Qualifier.AT_LEAST),
        ToldMeasure("finance.dues", "kind=special", Decimal("1702.69"), Qualifier.EXACT),
    )


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("Mon-Fri 09:00-12:00;Sat 14:00-17:00", "Mon-Fri 09:00-12:00;Sat 14:00-17:00"),
        ("周一至周五 09:00-12:00；周六14:00-17:00", "Mon-Fri 09:00-12:00;Sat 14:00-17:00"),
        ("星期日 8:00－11:30", "Sun 8:00-11:30"),
        ("周二、周四 09:00-12:00", "Tue,Thu 09:00-12:00"),
    ],
)
def test_weekdays_may_be_chinese(text: str, stored: str) -> None:
    assert cells.available(text) == stored


@pytest.mark.parametrize(("text", "number"), [("2", 2), ("2.0", 2), ("２", 2), ("2.", 2)])
def test_a_whole_number_may_end_in_zeros(text: str, number: int) -> None:
    assert cells.whole(int)(text) == number


@pytest.mark.parametrize(
    ("text", "yes"), [("yes", True), ("NO", False), ("是", True), ("TRUE", True), ("0", False)]
)
def test_yes_and_no_may_be_said_in_several_ways(text: str, yes: bool) -> None:
    assert cells.yes_no(text) is yes


def test_a_schedule_is_kept_as_it_was_written() -> None:
    told = cells.schedule("festival：重阳节；shift=-3wd")

    assert (told.text, told.form) == ("festival：重阳节；shift=-3wd", ScheduleForm.FESTIVAL)


@given(text=st.text(min_size=1, max_size=40))
def test_no_text_breaks_a_reader(text: str) -> None:
    for read in ANY_READER:
        _read_or_refuse(read, text)


@given(text=st.from_regex(r"[0-9０-９年月日/.:;=~{}P,RULEFQ+\-]{1,60}", fullmatch=True))
def test_no_text_made_of_the_grammar_s_signs_breaks_a_reader(text: str) -> None:
    for read in ANY_READER:
        _read_or_refuse(read, text)


def _read_or_refuse(read: Callable[[str], Any], text: str) -> None:
    with suppress(BadValue):
        read(text)
