"""The State Council's notice of a year's holidays, as people paste it, read into days (rule 1).

“春节：2月15日（周日）至23日（周一）放假调休，共9天。2月14日（周六）上班。” says which days are free and which weekend
days are worked. What a sentence says twice is held against itself: the weekday beside a day, the number of days beside
a span. What cannot be understood is told, so that a person looks at it.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

from calendars.workdays import YearCalendar

LONGEST_TEXT: Final = 20_000
LONGEST_SPAN: Final = 15
"""No holiday has ever been longer; a longer span is a slip of the pen."""

_ONE_DAY: Final = timedelta(days=1)
_SATURDAY: Final = 5
_WEEKDAYS: Final = {sign: number for number, signs in enumerate("一二三四五六日") for sign in signs} | {
    "天": 6
}
_DAY: Final = re.compile(r"(?:(\d{4})年)?(?:(\d{1,2})月)?(\d{1,2})(?:日|号)")
_TO: Final = re.compile(r"\s*(?:至|到|-|~)\s*")
_BRACKETED: Final = re.compile(r"\(([^()]*)\)")
_WEEKDAY: Final = re.compile(r"(?:星期|周|礼拜|週)([一二三四五六日天])")
_COUNT: Final = re.compile(r"(?:共|放假)\s*(\d{1,2})\s*天")
_YEAR_OF_TITLE: Final = re.compile(r"(?<!\d)(20\d\d)\s*年(?!\s*\d{1,2}\s*月)")
_LEADING: Final = re.compile(r"^\s*(?:[((]?[一二三四五六七八九十\d]{1,2}[))、.．]\s*)+(?!月)")
_TRADITIONAL: Final = str.maketrans("號調與連週從節慶國勞動農曆", "号调与连周从节庆国劳动农历")
_DASHES: Final = str.maketrans(dict.fromkeys("‐‑‒–—―−〜～", "-"))


@dataclass(frozen=True, slots=True)
class Understood:
    """One sentence and the days that it names."""

    text: str
    free: tuple[date, ...] = ()
    work: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something that somebody should look at: `holidays.doubt_…` in the catalogues says it.

    `code`: not_understood, weekday, count, no_such_day, other_year, too_long, both, weekday_worked or title_year.
    """

    code: str
    text: str
    values: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NoticeRead:
    """What a pasted notice comes to. A day in doubt is not in the calendar."""

    calendar: YearCalendar
    understood: tuple[Understood, ...]
    doubts: tuple[Doubt, ...]


def read_notice(text: str, year: int) -> NoticeRead:
    """The days that the text of a notice makes free or worked; days of the December before and the January after too.

    Full and half width, 周 and 星期, dashes for 至, and line breaks anywhere are all read alike. Never raises.
    """
    reader = _Reader(year)
    for sentence in _sentences(text[:LONGEST_TEXT]):
        reader.take(sentence)
    return reader.result()


@dataclass(frozen=True, slots=True)
class _Named:
    """A day as written, and where its words end."""

    day: date
    start: int
    end: int


class _Doubtful(Exception):
    def __init__(self, code: str, **values: str) -> None:
        super().__init__(code)
        self.code, self.values = code, values


class _Reader:
    """Takes sentence after sentence, and remembers the month that the last day stood in."""

    def __init__(self, year: int) -> None:
        self.year = year
        self.free: set[date] = set()
        self.work: set[date] = set()
        self.understood: list[Understood] = []
        self.doubts: list[Doubt] = []
        self.heading = ""

    def take(self, sentence: str) -> None:
        self._heed_title(sentence)
        topic, colon, rest = sentence.partition(":")
        if colon and not _DAY.search(topic):
            self.heading = topic.strip()
            sentence = rest
        has_day, speaks = _DAY.search(sentence) is not None, "放假" in sentence or "上班" in sentence
        if not (has_day and speaks) or "鼓励" in sentence:
            # Who signs, wishes or explains names no days; a sentence that names some is worth a look.
            if has_day and (speaks or "休" in sentence):
                self.doubts.append(Doubt("not_understood", sentence.strip()))
            return
        try:
            self._read(sentence)
        except _Doubtful as doubt:
            self.doubts.append(Doubt(doubt.code, sentence.strip(), doubt.values))

    def result(self) -> NoticeRead:
        for day in sorted(self.free & self.work):
            self.doubts.append(Doubt("both", day.isoformat(), {"day": day.isoformat()}))
        either = self.free & self.work
        calendar = YearCalendar(frozenset(self.free - either), frozenset(self.work - either))
        return NoticeRead(calendar, tuple(self.understood), tuple(self.doubts))

    def _heed_title(self, sentence: str) -> None:
        """“关于2025年部分节假日安排的通知” pasted for another year."""
        for found in _YEAR_OF_TITLE.finditer(sentence):
            if "安排" in sentence and int(found[1]) != self.year:
                self.doubts.append(Doubt("title_year", sentence.strip(), {"year": found[1]}))

    def _read(self, sentence: str) -> None:
        free: list[date] = []
        work: list[date] = []
        for clause, is_free in _clauses(sentence):
            days = self._days(clause)
            if is_free:
                told = _COUNT.search(clause) or _COUNT.search(sentence)
                if "周末" in clause or ("周末" in sentence and "连休" in sentence):
                    days = sorted(_with_weekend(days))
                elif told and int(told[1]) != len(days):
                    raise _Doubtful("count", told=told[1], counted=str(len(days)))
                free += days
            else:
                for day in days:
                    if day.weekday() < _SATURDAY:
                        raise _Doubtful("weekday_worked", day=day.isoformat())
                work += days
        for day in (*free, *work):
            self._expect_near(day)
        self.free.update(free)
        self.work.update(work)
        shown = f"{self.heading}:{sentence.strip()}" if self.heading else sentence.strip()
        self.understood.append(Understood(shown, tuple(free), tuple(work)))
        self.heading = ""

    def _days(self, clause: str) -> list[date]:
        """The days of a clause: single ones and spans."""
        named = list(self._named(clause))
        days: list[date] = []
        for place, each in enumerate(named):
            before = named[place - 1] if place else None
            if before is not None and _TO.fullmatch(_BRACKETED.sub("", clause[before.end : each.start])):
                if not before.day < each.day or (each.day - before.day).days >= LONGEST_SPAN:
                    raise _Doubtful("too_long", first=before.day.isoformat(), last=each.day.isoformat())
                days += _span(before.day + _ONE_DAY, each.day)
            else:
                days.append(each.day)
        return list(dict.fromkeys(days))

    def _named(self, clause: str) -> Iterator[_Named]:
        """Every day written out, with the month and year carried on from the one before."""
        plain = _BRACKETED.sub(lambda found: " " * len(found[0]), clause)
        month: int | None = None
        year: int | None = None
        last: date | None = None
        for found in _DAY.finditer(plain):
            if found[2] is None and month is None:
                raise _Doubtful("no_such_day", written=found[0])
            year = int(found[1]) if found[1] else year
            month = int(found[2]) if found[2] else month
            assert month is not None, "refused above"
            weekday = _weekday_beside(clause[found.end() :])
            day = self._day(year, month, int(found[3]), weekday, last, found[0], plain)
            year = day.year if found[1] else None
            last = day
            yield _Named(day, found.start(), found.end())

    def _day(
        self,
        year: int | None,
        month: int,
        number: int,
        weekday: int | None,
        last: date | None,
        written: str,
        clause: str,
    ) -> date:
        """The day meant. A December without its year is of the year before where the sentence or weekday says so."""
        years = [year] if year is not None else [self.year, self.year - 1, self.year + 1]
        if year is None and last is not None:
            years = [last.year + 1 if (month, number) < (last.month, last.day) else last.year]
        elif year is None and month == 12 and re.search(r"(?<!\d)1月", clause):
            years = [self.year - 1]
        candidates = [day for each in years if (day := _day_of(each, month, number)) is not None]
        if not candidates:
            raise _Doubtful("no_such_day", written=written)
        if weekday is None:
            return candidates[0]
        near = candidates if month in (1, 12) else candidates[:1]
        for day in near:
            if day.weekday() == weekday:
                return day
        raise _Doubtful("weekday", day=candidates[0].isoformat())

    def _expect_near(self, day: date) -> None:
        if day.year != self.year and (day.year, day.month) not in {(self.year - 1, 12), (self.year + 1, 1)}:
            raise _Doubtful("other_year", day=day.isoformat())


def _sentences(text: str) -> Iterator[str]:
    """One statement each; what a line break only wraps belongs together."""
    flat = unicodedata.normalize("NFKC", text).translate(_TRADITIONAL).translate(_DASHES)
    lines = re.sub(r"[ \t\u3000]+", "", flat)
    for paragraph in re.split(r"\n\s*\n|\n(?=[((]?[一二三四五六七八九十]{1,2}[))、.])", lines):
        for sentence in re.split(r"[。;!]", paragraph.replace("\n", "")):
            kept = _LEADING.sub("", sentence).strip()
            if kept:
                yield kept


def _clauses(sentence: str) -> Iterator[tuple[str, bool]]:
    """The parts of a sentence, each up to its verb: 放假 (True) or 上班 (False)."""
    start = 0
    for found in re.finditer(r"(放假|上班)[^,、]*(?:,?共?\s*\d{1,2}\s*天)?", sentence):
        yield sentence[start : found.end()], found[1] == "放假"
        start = found.end()


def _weekday_beside(rest: str) -> int | None:
    """The weekday in the brackets right behind a day, Monday being 0."""
    bracket = re.match(r"\s*\(([^()]*)\)", rest)
    told = None if bracket is None else _WEEKDAY.search(bracket[1])
    return None if told is None else _WEEKDAYS[told[1]]


def _with_weekend(days: Iterable[date]) -> set[date]:
    """“与周末连休”: the weekend days that touch them are free with them."""
    free = set(days)
    for first in sorted(free):
        for step in (-_ONE_DAY, _ONE_DAY):
            day = first + step
            while day.weekday() >= _SATURDAY:
                free.add(day)
                day += step
    return free


def _span(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=passed) for passed in range((last - first).days + 1))


def _day_of(year: int, month: int, number: int) -> date | None:
    try:
        return date(year, month, number)
    except ValueError:
        return None
