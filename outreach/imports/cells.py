"""What a cell may hold: each function reads the text of one cell, or raises BadValue with the sentence that says why.

The rules are those of `outreach.fields`; added here is what only files have: Excel's ways to write days and numbers,
full-width signs, qualifiers behind an amount, measures in one line. An empty cell never comes here.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from calendars.schedules import write_schedule
from models.enums import PersonRole, Qualifier, ScheduleForm
from outreach import fields
from outreach.fields import BadValue, BeneficiaryEntry, shown
from outreach.metrics import combination_of

Word = TypeVar("Word", bound=StrEnum)

_DAY = re.compile(r"(\d{4})(?:-(\d{1,2})-|/(\d{1,2})/|\.(\d{1,2})\.)(\d{1,2})", re.ASCII)
_CHINESE_DAY = re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})[日号]", re.ASCII)
_MIDNIGHT = re.compile(r"[ T]0{1,2}:00(:00)?$", re.ASCII)
_WHOLE = re.compile(r"(-?\d+)\.0*", re.ASCII)
_NUMBER = re.compile(r"(-?)(\d{1,20}(?:\.\d{1,20})?)", re.ASCII)
_MEASURE = re.compile(r"(?P<metric>[^{}=~]+)(?:\{(?P<dimensions>[^{}]*)\})?=(?P<value>[^{}=]+)")
_OUTSIDE_BRACES = re.compile(r"[;；](?![^{]*\})")
_CHINESE_WEEKDAY = re.compile(r"(?:周|星期|礼拜)([一二三四五六日天])")
_WEEKDAYS = dict(
    zip("一二三四五六日天", ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun", "Sun"), strict=True)
)
_SIGNS = str.maketrans("：－–—～~至到，、", ":-------,,")
_EXAMPLE = "materials.issued{kind=leaflet}=300~at_least"
_LONGEST_DIMENSION = 64
_LATEST_BIRTH = 2100


@dataclass(frozen=True, slots=True)
class ToldMeasure:
    """`metric{kind=leaflet}=300~at_least` as it was told."""

    metric: str
    combination: str
    """The dimensions, sorted: `category=study;kind=card`."""
    value: Decimal
    qualifier: Qualifier


@dataclass(frozen=True, slots=True)
class ToldAmount:
    """Yuan, and how sure they are."""

    value: Decimal
    qualifier: Qualifier


@dataclass(frozen=True, slots=True)
class ToldSchedule:
    """A schedule's text as it was told, and its form."""

    text: str
    form: ScheduleForm


def day(text: str) -> date:
    """`2026-09-20`, `2026/9/20`, `2026.9.20` or `2026年9月20日`; Excel's midnight behind it says nothing."""
    written = _MIDNIGHT.sub("", plain(text))
    if match := _DAY.fullmatch(written):
        year, month, day_of_month = match[1], match[2] or match[3] or match[4], match[5]
    elif match := _CHINESE_DAY.fullmatch(written.replace(" ", "")):
        year, month, day_of_month = match[1], match[2], match[3]
    else:
        raise BadValue("errors.not_a_day", text=shown(text))
    return fields.day_of(int(year), int(month), int(day_of_month), shown_as=text)


def birth_day(text: str) -> date:
    """A day within the years that the almanac knows."""
    found = day(text)
    if found.year > _LATEST_BIRTH:
        raise BadValue("errors.no_such_day", text=shown(text))
    return found


def clock_time(text: str) -> time:
    """`09:00`, also as Excel writes it, `9:00:00`."""
    return fields.clock_time(plain(text))


def whole(read: Callable[[str], int]) -> Callable[[str], int]:
    """A reader of whole numbers that also takes `2.0`, as Excel writes it."""
    return lambda text: read(_without_zeros(plain(text)))


def listed(read: Callable[[list[str]], tuple[str, ...]]) -> Callable[[str], tuple[str, ...]]:
    """A reader of a list separated by `;`."""
    return lambda text: read(fields.parts(text))


def word_of(known: type[Word]) -> Callable[[str], Word]:
    """A reader of one word of an enumeration, in small or capital letters."""
    return lambda text: fields.one_of(known, text.lower())


def contact_by(text: str) -> str:
    """Channels in order of preference, as they are stored."""
    return ";".join(fields.contact_by(fields.parts(text.lower())))


def roles(text: str) -> tuple[PersonRole, ...]:
    """What somebody is: at least one role."""
    return fields.roles(fields.parts(text.lower()))


def yes_no(text: str) -> bool:
    """yes or no; a spreadsheet's own true and false mean the same."""
    return fields.yes_no({"true": "yes", "1": "yes", "false": "no", "0": "no"}.get(text.lower(), text))


def amount(text: str) -> ToldAmount:
    """Yuan with at most two decimals, perhaps with a qualifier: `500`, `150000~at_least`."""
    written, mark, qualifier = plain(text).partition("~")
    if written.lstrip().startswith("-"):
        raise BadValue("imports.negative", text=shown(text))
    return ToldAmount(fields.amount(written), _qualifier(qualifier) if mark else Qualifier.EXACT)


def schedule(text: str) -> ToldSchedule:
    """A schedule, kept as it was written."""
    form = write_schedule(fields.schedule(text)).partition(":")[0]
    return ToldSchedule(text, ScheduleForm(form))


def available(text: str) -> str:
    """`Mon-Fri 09:00-12:00;Sat 14:00-17:00`; weekdays in Chinese are written in English."""
    if not text.isascii():
        text = ";".join(_in_english(part) for part in fields.parts(plain(text)))
    fields.available(text)
    return text


def places_needed(text: str) -> dict[str, int]:
    """A number, or numbers by role: `leader=1;visitor=4;driver=1`."""
    return fields.places_needed(_without_zeros(plain(text)))


def beneficiaries(text: str) -> tuple[BeneficiaryEntry, ...]:
    """Person codes, or `role:retiree`, `unit:CODE`, `team:CODE`, separated by `;`."""
    return fields.beneficiaries(fields.parts(text))


def measures(text: str) -> tuple[ToldMeasure, ...]:
    """`metric=value`, `metric=value~at_least`, `metric{kind=leaflet,category=study}=300`, separated by `;`."""
    parts = (part.strip() for part in _OUTSIDE_BRACES.split(text))
    return tuple(_measure(part) for part in parts if part)


def plain(text: str) -> str:
    """Full-width digits and signs as the plain ones, without space around."""
    return (text if text.isascii() else unicodedata.normalize("NFKC", text)).strip()


def _measure(text: str) -> ToldMeasure:
    match = _MEASURE.fullmatch(text.replace("～", "~").replace("＝", "="))
    if match is None:
        raise BadValue("imports.bad_measure", text=shown(text), example=_EXAMPLE)
    number, mark, qualifier = match["value"].partition("~")
    value = _NUMBER.fullmatch(plain(number))
    if value is None:
        raise BadValue("imports.bad_measure", text=shown(text), example=_EXAMPLE)
    if value[1]:
        raise BadValue("imports.negative", text=shown(text))
    return ToldMeasure(
        metric=match["metric"].strip(),
        combination=combination_of(_dimensions(match["dimensions"] or "", text)),
        value=Decimal(value[2]),
        qualifier=_qualifier(qualifier) if mark else Qualifier.EXACT,
    )


def _dimensions(text: str, measure: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in text.replace("，", ",").replace(";", ",").split(","):
        if not part.strip():
            continue
        dimension, _, value = (piece.strip() for piece in part.partition("="))
        if not dimension or not value or dimension in found or len(part) > _LONGEST_DIMENSION:
            raise BadValue("imports.bad_measure", text=shown(measure), example=_EXAMPLE)
        found[dimension] = value
    return found


def _qualifier(text: str) -> Qualifier:
    return fields.one_of(Qualifier, text.strip().lower())


def _in_english(part: str) -> str:
    written = _CHINESE_WEEKDAY.sub(lambda found: _WEEKDAYS[found[1]], part.translate(_SIGNS))
    # In Chinese no space is needed between the days and the hours.
    return re.sub(r"(?<=[a-z]) ?(?=\d)", " ", written)


def _without_zeros(text: str) -> str:
    match = _WHOLE.fullmatch(text)
    return match[1] if match else text
