"""How each column of the contract is read: one pure rule a kind of value, the same for a file, a form and a program.

A rule takes the text as it was given and returns the value, or raises BadValue with a sentence's key and its values.
What an empty cell means (nothing, a default, a fault) is for the caller to say.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Final, TypeVar

from calendars.schedules import (
    Interval,
    Schedule,
    ScheduleFault,
    parse_interval,
    parse_lunar_day,
    parse_schedule,
)
from models.enums import Channel, Gender, PersonRole
from outreach.errors import Fault

LONGEST_CODE: Final = 64
LONGEST_NAME: Final = 255
LONGEST_TEXT: Final = 20_000
FIRST_YEAR: Final = 1800
LAST_YEAR: Final = 2999
HIGHEST_AMOUNT: Final = Decimal("9999999999999.99")
MOST_PLACES: Final = 10_000
LONGEST_DURATION: Final = 31 * 24 * 60
MOST_PER_MONTH: Final = 1_000

Word = TypeVar("Word", bound=StrEnum)
Item = TypeVar("Item")

# Signs that part the pieces of a list, of an entry (`role:retiree`) or of an address on the web.
CODE_PATTERN: Final = r"""^[^\s;；:：,，/\\?#%~={}"<>|]*$"""
_NOT_IN_CODES = re.compile(r"""[\s;；:：,，/\\?#%~={}"<>|]""")
_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)
_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::00)?", re.ASCII)
AMOUNT_PATTERN: Final = r"^\d{1,13}(\.\d{1,2})?$"
_AMOUNT = re.compile(r"\d{1,20}(?:\.\d{1,20})?", re.ASCII)
_WHOLE = re.compile(r"\d{1,9}", re.ASCII)
# One @, a domain with a dot, nothing that could begin a second address or header of a mail.
_EMAIL = re.compile(
    r"[^\s@<>,;:\"()\[\]\\]{1,64}@(?:[^\s@<>,;:\"()\[\]\\.]{1,63}\.)+[^\s@<>,;:\"()\[\]\\.]{2,63}"
)
_WEEKDAYS: Final = {"mon": 0, "tue": 1, "wed": 2, "thu": 3, "fri": 4, "sat": 5, "sun": 6}
_GENDERS: Final = {"男": Gender.MALE, "女": Gender.FEMALE, "male": Gender.MALE, "female": Gender.FEMALE}
_YES_NO: Final = {"yes": True, "no": False, "是": True, "否": False}


class BadValue(ValueError):
    """A value that its column cannot hold: the key of the sentence that says why, with what it mentions."""

    def __init__(self, key: str, **values: object) -> None:
        self.key = key
        self.values = values
        super().__init__(key, values)

    def in_field(self, field: str) -> Fault:
        """The same as a fault of a field."""
        return Fault(field, self.key, self.values)


@dataclass(frozen=True, slots=True)
class Window:
    """When somebody can come: weekdays as date.weekday() counts, and the local time in minutes of the day."""

    weekdays: frozenset[int]
    from_minute: int
    to_minute: int


class EntryOf(StrEnum):
    """What an entry of a campaign's list of beneficiaries names."""

    PERSON = "person"
    ROLE = "role"
    UNIT = "unit"
    TEAM = "team"


@dataclass(frozen=True, slots=True)
class BeneficiaryEntry:
    """One entry of the list: a person, unit or team by its code, or everyone with a role."""

    of: EntryOf
    word: str

    def __str__(self) -> str:
        return self.word if self.of is EntryOf.PERSON else f"{self.of}:{self.word}"


def collect(faults: list[Fault], field: str, read: Callable[[], Item]) -> Item | None:
    """What `read` returns; when it raises BadValue, None, and the fault goes on the list."""
    try:
        return read()
    except BadValue as bad:
        faults.append(bad.in_field(field))
        return None


# Text


def text(given: str) -> str:
    """Words as given, without space around them; at most 20,000 characters, none that a database cannot keep."""
    if len(given) > LONGEST_TEXT:
        raise BadValue("errors.text_too_long", limit=LONGEST_TEXT)
    if "\0" in given:
        raise BadValue("errors.text_with_nul")
    if any("\ud800" <= sign <= "\udfff" for sign in given):
        raise BadValue("errors.text_not_unicode")
    return given.strip()


def name(given: str, *, longest: int = LONGEST_NAME) -> str:
    """A name or title: one line, not empty, at most 255 characters."""
    stripped = short_text(given, longest=longest)
    if not stripped:
        raise BadValue("errors.empty")
    return stripped


def short_text(given: str, *, longest: int = LONGEST_NAME) -> str:
    """One line of at most 255 characters; it may be empty."""
    stripped = text(given)
    if len(stripped) > longest:
        raise BadValue("errors.text_too_long", limit=longest)
    if any(sign < " " or sign == "\x7f" for sign in stripped):
        raise BadValue("errors.text_of_one_line")
    return stripped


def code(given: str) -> str:
    """What something is known by: 1 to 64 visible characters, none that parts lists, entries or web addresses."""
    stripped = text(given)
    if not stripped:
        raise BadValue("errors.empty")
    if not is_code(stripped):
        raise BadValue("errors.not_a_code", text=shown(stripped), limit=LONGEST_CODE)
    return stripped


def is_code(given: str) -> bool:
    """Whether something can be known by this text at all; what cannot is not looked for."""
    return (
        0 < len(given) <= LONGEST_CODE
        and given.isprintable()
        and not _NOT_IN_CODES.search(given)
        and bool(given.strip("."))
    )


def email(given: str) -> str:
    """An address that one mail can be sent to (rule 53)."""
    stripped = short_text(given)
    if not _EMAIL.fullmatch(stripped) or ".." in stripped:
        raise BadValue("errors.not_an_email", text=shown(stripped))
    return stripped


# Days, times, numbers


def day(given: str) -> date:
    """A day as `2026-09-20`. The forms that Excel writes are the importer's to read."""
    stripped = given.strip()
    match = _DAY.fullmatch(stripped)
    if match is None:
        raise BadValue("errors.not_a_day", text=shown(stripped))
    return day_of(int(match[1]), int(match[2]), int(match[3]), shown_as=stripped)


def day_of(year: int, month: int, day_of_month: int, *, shown_as: str) -> date:
    """The day of these numbers; `shown_as` is what the user wrote."""
    try:
        found = date(year, month, day_of_month)
    except ValueError:
        raise BadValue("errors.no_such_day", text=shown(shown_as)) from None
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise BadValue("errors.day_out_of_range", text=shown(shown_as), first=FIRST_YEAR, last=LAST_YEAR)
    return found


def clock_time(given: str) -> time:
    """A local time of day as `09:00`."""
    match = _TIME.fullmatch(given.strip())
    if match is None or int(match[1]) > 23 or int(match[2]) > 59:
        raise BadValue("errors.not_a_time", text=shown(given))
    return time(int(match[1]), int(match[2]))


def whole_number(given: str, *, least: int, most: int) -> int:
    """A whole number within bounds, both inclusive."""
    match = _WHOLE.fullmatch(given.strip())
    if match is None:
        raise BadValue("errors.not_a_whole_number", text=shown(given))
    return within(int(match[0]), least=least, most=most)


def within(number: int, *, least: int, most: int) -> int:
    """The number itself when it lies within bounds, both inclusive."""
    if not least <= number <= most:
        raise BadValue("errors.number_out_of_range", least=least, most=most)
    return number


def duration_minutes(given: str) -> int:
    return whole_number(given, least=1, most=LONGEST_DURATION)


def service_minutes(given: str) -> int:
    """The service of each attendee (rule 26); none at all is possible."""
    return whole_number(given, least=0, most=LONGEST_DURATION)


def max_per_month(given: str) -> int:
    return whole_number(given, least=0, most=MOST_PER_MONTH)


def amount(given: str) -> Decimal:
    """Yuan: not negative, at most two decimals. No thousands separators, no unit."""
    stripped = given.strip()
    if not _AMOUNT.fullmatch(stripped):
        raise BadValue("errors.not_an_amount", text=shown(stripped))
    try:
        value = Decimal(stripped)
    except InvalidOperation:  # pragma: no cover - the pattern lets only numbers through
        raise BadValue("errors.not_an_amount", text=shown(stripped)) from None
    if value.as_tuple().exponent < -2 and value != round(value, 2):  # type: ignore[operator]  # finite, so a number
        raise BadValue("errors.amount_decimals", text=shown(stripped))
    if value > HIGHEST_AMOUNT:
        raise BadValue("errors.amount_too_large", limit=HIGHEST_AMOUNT)
    return round(value, 2)


def yes_no(given: str) -> bool:
    """`yes`, `no`, 是 or 否."""
    found = _YES_NO.get(given.strip().lower())
    if found is None:
        raise BadValue("errors.not_yes_or_no", text=shown(given))
    return found


# Words


def parts(given: str) -> list[str]:
    """The pieces of a list in one cell, `;` or `；` between them, empty ones left out."""
    return [piece for piece in (part.strip() for part in re.split("[;；]", given)) if piece]


def one_of(words: type[Word], given: str) -> Word:
    """The word of a closed vocabulary."""
    stripped = given.strip()
    try:
        return words(stripped)
    except ValueError:
        known = ", ".join(words)
        raise BadValue("errors.not_one_of", text=shown(stripped), known=known) from None


def gender(given: str) -> Gender:
    """男, 女, male or female (rule 26)."""
    found = _GENDERS.get(given.strip().lower())
    if found is None:
        raise BadValue("errors.not_one_of", text=shown(given), known="男, 女, male, female")
    return found


def roles(given: Iterable[str]) -> tuple[PersonRole, ...]:
    """What somebody is: at least one role, each once, in the order given."""
    found = _each_once(one_of(PersonRole, word) for word in given)
    if not found:
        raise BadValue("errors.empty")
    return found


def contact_by(given: Iterable[str]) -> tuple[Channel, ...]:
    """Channels in the order of preference; `none` stands alone (rule 53)."""
    found = _each_once(one_of(Channel, word) for word in given)
    if Channel.NONE in found and len(found) > 1:
        raise BadValue("errors.contact_none_and_more")
    return found


def skills(given: Iterable[str]) -> tuple[str, ...]:
    """Words of the office's own, each once; none has a `;` in it."""
    return _each_once(_skill(word) for word in given)


def codes(given: Iterable[str]) -> tuple[str, ...]:
    """Codes of people, metrics …, each once, in the order given."""
    return _each_once(code(word) for word in given)


def free_kind(given: str) -> str:
    """A kind that offices may extend (of units, teams, pairings, campaigns): a short code of their own, or nothing."""
    stripped = short_text(given)
    if stripped and not is_code(stripped):
        raise BadValue("errors.not_a_code", text=shown(stripped), limit=LONGEST_CODE)
    return stripped


# Small grammars


def schedule(given: str) -> Schedule:
    """A schedule's text, read; see calendars.schedules."""
    try:
        return parse_schedule(text(given))
    except ScheduleFault as fault:
        raise BadValue(f"schedules.{fault.code}", **fault.values) from None


def schedule_text(given: str) -> str:
    """A schedule's text as it is stored: as it was told, once it is known to be one."""
    schedule(given)
    return text(given)


def available_text(given: str) -> str:
    """The text of somebody's windows as it is stored."""
    available(given)
    return text(given)


def interval(given: str) -> Interval:
    """A duration of one part: `P30D`, `P2W`, `P3M`, `P1Y` (rule 10)."""
    try:
        return parse_interval(given)
    except ScheduleFault as fault:
        raise BadValue(f"schedules.{fault.code}", **fault.values) from None


def visit_every(given: str) -> str:
    """A pairing's own interval, as it is stored."""
    return str(interval(given))


def lunar_birthday(given: str) -> str:
    """Month and day of an ordinary lunar month, written `8-15`."""
    try:
        month, day_of_month = parse_lunar_day(given)
    except ScheduleFault as fault:
        raise BadValue(f"schedules.{fault.code}", **fault.values) from None
    return f"{month}-{day_of_month}"


def available(given: str) -> tuple[Window, ...]:
    """Windows of the week, as in `Mon-Fri 09:00-12:00;Sat 14:00-17:00`; days may also be listed with commas."""
    return tuple(_window(piece) for piece in parts(text(given)))


def places_needed(given: str) -> dict[str, int]:
    """How many people in which role, in the order given: `4` is `{"any": 4}`, `leader=1;visitor=4` names roles.

    0 needs nobody, and so does a role with 0.
    """
    stripped = text(given)
    if _WHOLE.fullmatch(stripped):
        return places_by_role({"any": int(stripped)})
    found: dict[str, int] = {}
    for piece in parts(stripped):
        role, equals, number = (side.strip() for side in piece.partition("="))
        if not equals or role in found or not _WHOLE.fullmatch(number):
            raise BadValue("errors.not_places_needed", text=shown(piece))
        found[role] = int(number)
    return places_by_role(found)


def places_by_role(given: dict[str, int]) -> dict[str, int]:
    """The same from numbers by role; roles that need nobody are left out."""
    for role, number in given.items():
        if not is_code(role):
            raise BadValue("errors.not_places_needed", text=shown(role))
        within(number, least=0, most=MOST_PLACES)
    return {role: number for role, number in given.items() if number}


def beneficiary(given: str) -> BeneficiaryEntry:
    """One entry of a campaign's list: a person's code, `role:retiree`, `unit:CODE` or `team:CODE`."""
    kind, colon, word = (side.strip() for side in text(given).replace("：", ":").partition(":"))
    if not colon:
        return BeneficiaryEntry(EntryOf.PERSON, code(kind))
    if kind == EntryOf.ROLE:
        return BeneficiaryEntry(EntryOf.ROLE, one_of(PersonRole, word).value)
    if kind in (EntryOf.UNIT, EntryOf.TEAM):
        return BeneficiaryEntry(EntryOf(kind), code(word))
    raise BadValue("errors.not_a_beneficiary", text=shown(given))


def beneficiaries(given: Iterable[str]) -> tuple[BeneficiaryEntry, ...]:
    """The whole list, each entry once, in the order given."""
    return _each_once(beneficiary(entry) for entry in given)


def shown(given: str) -> str:
    """What a user wrote, short enough and safe to be repeated in a sentence."""
    clean = "".join(sign if sign.isprintable() else "�" for sign in given.strip())
    return clean if len(clean) <= 40 else f"{clean[:39]}…"


def _skill(given: str) -> str:
    word = name(given)
    if ";" in word or "；" in word:
        raise BadValue("errors.list_sign_in_word", text=shown(word))
    return word


def _window(piece: str) -> Window:
    days, _, hours = piece.partition(" ")
    first, dash, last = hours.strip().partition("-")
    start, end = _minute(first), _minute(last)
    weekdays = _weekdays(days)
    if not dash or start is None or end is None or start >= end or not weekdays:
        raise BadValue("errors.not_available_times", text=shown(piece))
    return Window(weekdays, start, end)


def _weekdays(given: str) -> frozenset[int]:
    """The days of `Mon-Fri` or `Mon,Wed`; a span may pass the week's end; none when it is no such text."""
    found: set[int] = set()
    for piece in given.lower().split(","):
        first, dash, last = piece.partition("-")
        if first not in _WEEKDAYS or (dash and last not in _WEEKDAYS):
            return frozenset()
        start, end = _WEEKDAYS[first], _WEEKDAYS[last if dash else first]
        found.update(weekday % 7 for weekday in range(start, end + (7 if end < start else 0) + 1))
    return frozenset(found)


def _minute(given: str) -> int | None:
    match = _TIME.fullmatch(given.strip())
    if match is None or int(match[2]) > 59:
        return None
    minute = int(match[1]) * 60 + int(match[2])
    return minute if minute <= 24 * 60 else None


def _each_once(items: Iterable[Item]) -> tuple[Item, ...]:
    return tuple(dict.fromkeys(items))
