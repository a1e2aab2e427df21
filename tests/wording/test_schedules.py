from datetime import date

import pytest

from calendars.festivals import FESTIVAL_KEYS
from calendars.lunar_table import TERM_NAMES
from calendars.occurrences import (
    Occurrence,
    birthday_occurrences,
    cadence_occurrence,
    case_occurrence,
    occurrences,
)
from calendars.schedules import Birthday, Cadence, CaseVisit, ScheduleFault, parse_schedule
from calendars.workdays import NoticeFaults, Workdays, parse_notice
from models.enums import OnHoliday
from wording.schedules import explain
from wording.sentences import LANGUAGES, PLACEHOLDER, catalogue, is_known, say


def planned(text: str, on_holiday: OnHoliday) -> list[Occurrence]:
    schedule = parse_schedule(text)
    assert not isinstance(schedule, Birthday | Cadence | CaseVisit)
    year = date(2026, 1, 1), date(2026, 12, 31)
    found = occurrences(
        schedule,
        starts_on=year[0],
        ends_on=year[1],
        first=year[0],
        last=year[1],
        on_holiday=on_holiday,
        workdays=Workdays.of(),
    )
    return list(found)


@pytest.mark.parametrize(
    ("text", "on_holiday", "sentence"),
    [
        ("DATES:2026-11-16", "keep", "按计划的日子"),
        ("DATES:2026-11-15", "next_workday", "原 11月15日 周日，顺延到 11月16日 周一"),
        ("DATES:2026-10-02", "previous_workday", "原 10月2日 周五，国庆节放假，提前到 9月30日 周三"),
        ("LUNAR:9-7", "keep", "农历九月初七"),
        ("LUNAR:8-30", "keep", "农历八月三十，这个月没有三十，改在廿九"),
        (
            "TERM:寒露;shift=+5WD",
            "keep",
            "节气寒露；10月8日 周四 往后第 5 个工作日；10月10日 周六 调休上班，算工作日",
        ),
        ("DATES:2026-10-09;shift=-2WD", "keep", "10月9日 周五 往前第 2 个工作日；中间的国庆节假期不算"),
        ("DATES:2026-11-20;shift=-7D", "keep", "11月20日 周五 往前 7 天"),
    ],
)
def test_a_planned_day_explains_itself(text: str, on_holiday: str, sentence: str) -> None:
    (found,) = planned(text, OnHoliday(on_holiday))
    assert explain(found) == sentence


def test_a_planned_day_explains_itself_in_every_language() -> None:
    (found,) = planned("LUNAR:12-8;shift=-1D", OnHoliday.PREVIOUS_WORKDAY)
    assert (
        explain(found, language="zh_Hant")
        == "農曆臘月初八；1月26日 週一 往前 1 天；原 1月25日 週日，提前到 1月23日 週五"
    )
    assert explain(found, language="en") == (
        "day 8 of lunar month 12; the day before Mon 26 January; moved back from Sun 25 January to Fri 23 January"
    )


def test_a_day_of_another_year_is_said_with_its_year() -> None:
    found = planned("FESTIVAL:元旦;shift=-3WD", OnHoliday.KEEP)[-1]
    assert explain(found).startswith("元旦；2027年1月1日 周五 往前第 3 个工作日；2027 年的放假安排")


def test_a_fault_is_said_in_a_sentence() -> None:
    with pytest.raises(ScheduleFault) as refused:
        parse_schedule("FESTIVAL:圣诞节")
    assert "圣诞节" in say(f"schedules.{refused.value.code}", **refused.value.values)
    with pytest.raises(NoticeFaults) as faults:
        parse_notice("date,kind\n2027-02-30,free\n", 2027)
    fault = faults.value.faults[0]
    assert "2027-02-30" in say(f"schedules.{fault.code}", language="en", **fault.values)


def due(text: str) -> Occurrence:
    schedule, year = parse_schedule(text), {"starts_on": date(2026, 1, 1), "ends_on": date(2026, 12, 31)}
    rest = {"not_before": date(2026, 6, 1), "last": date(2026, 12, 31), "workdays": Workdays.of()}
    if isinstance(schedule, CaseVisit):
        found = case_occurrence(
            schedule, opened_on=date(2026, 6, 2), on_holiday=OnHoliday.KEEP, **year, **rest
        )
    else:
        assert isinstance(schedule, Cadence)
        found = cadence_occurrence(
            schedule, due_from=date(2026, 1, 2), on_holiday=OnHoliday.KEEP, **year, **rest
        )
    assert found is not None
    return found


def celebrated(birth_date: date | None) -> list[Occurrence]:
    schedule, year = parse_schedule("BIRTHDAY:all"), (date(2026, 1, 1), date(2026, 12, 31))
    assert isinstance(schedule, Birthday)
    found = birthday_occurrences(
        schedule,
        birth_date=birth_date,
        lunar_birthday="8-15",
        starts_on=year[0],
        ends_on=year[1],
        first=year[0],
        last=year[1],
        on_holiday=OnHoliday.KEEP,
        workdays=Workdays.of(),
    )
    return list(found)


def test_every_reason_has_its_sentence_and_every_sentence_its_reason() -> None:
    explained = [
        *planned("FESTIVAL:元旦;shift=-3WD", OnHoliday.KEEP),
        *planned("TERM:寒露;shift=+5WD", OnHoliday.KEEP),
        *planned("LUNAR:8-30;shift=-2D", OnHoliday.PREVIOUS_WORKDAY),
        *planned("LUNAR:9-30;shift=+2D", OnHoliday.NEXT_WORKDAY),
        *planned("DATES:2026-10-09;shift=-2WD", OnHoliday.KEEP),
        *planned("DATES:2026-10-03,2026-10-08,2026-11-15", OnHoliday.NEXT_WORKDAY),
        *planned("DATES:2026-10-03", OnHoliday.NEXT_WORKDAY),
        *planned("DATES:2026-10-03,2026-11-15", OnHoliday.PREVIOUS_WORKDAY),
        *planned("DATES:2026-11-11;shift=-1D", OnHoliday.KEEP),
        *planned("DATES:2026-11-11;shift=+1D", OnHoliday.KEEP),
        *planned("DATES:2026-11-11;shift=+3D", OnHoliday.KEEP),
        *planned("DATES:2026-11-11;shift=-1WD", OnHoliday.KEEP),
        *planned("DATES:2026-11-11;shift=+1WD", OnHoliday.KEEP),
        due("CADENCE:P90D"),
        due("CASE:hospital;within=P2D"),
        *celebrated(None),
        *celebrated(date(1936, 9, 30)),
    ]
    ones = {f"{each.code}_one" for day in explained for each in day.reason if ("amount", 1) in each.values}
    said = {each.code for day in explained for each in day.reason} | ones | {"as_scheduled"}
    sentences = {key for key in catalogue("zh_Hans", "schedules") if key.startswith("schedules.reason.")}
    assert {f"schedules.reason.{code}" for code in said} == sentences
    for language in LANGUAGES:
        assert all("{" not in explain(day, language=language) for day in explained)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_festival_and_term_has_its_name(language: str) -> None:
    names = catalogue(language, "schedules")
    assert all(f"schedules.festival.{key}" in names for key in FESTIVAL_KEYS)
    assert all(f"schedules.term.{name}" in names for name in TERM_NAMES)
    assert is_known("schedules.reason.as_scheduled")


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_the_languages_say_the_same_things(language: str) -> None:
    source, other = catalogue("zh_Hans", "schedules"), catalogue(language, "schedules")
    assert set(other) == set(source)
    # A lunar day and a date are written otherwise in English; everything else mentions the same.
    differing = {"schedules.day", "schedules.reason.lunar_day", "schedules.reason.lunar_day_lacking"}
    for key in set(source) - differing:
        assert sorted(set(PLACEHOLDER.findall(other[key]))) == sorted(
            set(PLACEHOLDER.findall(source[key]))
        ), key
