"""Copying a year: each campaign with what becomes of it, and its dates beside those of the next year."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from api.presenters.cards import kind_mark
from calendars.lunar import lunar_text
from calendars.occurrences import Occurrence
from calendars.workdays import DayKind, Workdays
from outreach.plan_copies import SHOWN, CopyLine, CopyProposal
from outreach.planning.copying import Basis, CopiedDay, Fate
from wording import days as day_words
from wording.schedules import explain
from wording.sentences import say


@dataclass(frozen=True, slots=True)
class DayOfYear:
    """A date in words; `mark` is rest, work or empty. Without a date it has no `iso`, and `words` say so."""

    iso: str
    words: str
    lunar: str
    mark: str


@dataclass(frozen=True, slots=True)
class DayBeside:
    before: DayOfYear
    after: DayOfYear
    why: str


@dataclass(frozen=True, slots=True)
class CopyCard:
    """A campaign; `about` says what becomes of it."""

    code: str
    mark: str
    tint: int
    kind: str
    title: str
    about: str
    note: str
    is_ticked: bool
    days: Sequence[DayBeside]


@dataclass(frozen=True, slots=True)
class CopyPage:
    year: int
    into: int
    facts: str
    number: int
    count: int
    has_more: bool
    is_official: bool
    writes: Sequence[CopyCard]
    stays: Sequence[CopyCard]


def copy_page(
    proposal: CopyProposal,
    *,
    page: int,
    ticked: Collection[str] | None,
    workdays: Workdays,
    today: date,
    language: str,
) -> CopyPage:
    """The page; `ticked` are the codes chosen so far, all of them when None."""
    cards = [(each, _card(each, ticked, workdays, today, language)) for each in proposal.lines]
    return CopyPage(
        year=proposal.year,
        into=proposal.into,
        facts=proposal.facts,
        number=page,
        count=proposal.count,
        has_more=proposal.count > page * SHOWN,
        is_official=workdays.is_official(proposal.into),
        writes=[card for line, card in cards if line.next.writes],
        stays=[card for line, card in cards if not line.next.writes],
    )


def _card(
    line: CopyLine, ticked: Collection[str] | None, workdays: Workdays, today: date, language: str
) -> CopyCard:
    mark, tint, kind = kind_mark(line.kind, line.name, language)
    made = line.next
    days = made.days if made.writes else ()
    return CopyCard(
        code=line.code,
        mark=mark,
        tint=tint,
        kind=kind,
        title=line.name,
        about=say(
            f"year.fate_{made.fate}",
            language=language,
            code=line.new_code or "",
            since=day_words.day(made.starts_on, today=today, language=language),
            until=day_words.day(made.ends_on, today=today, language=language),
        ),
        note=say("year.by_subject", language=language) if made.by_subject else "",
        is_ticked=ticked is None or line.code in ticked,
        days=[_beside(each, made.fate, workdays, today, language) for each in days],
    )


def _beside(each: CopiedDay, fate: Fate, workdays: Workdays, today: date, language: str) -> DayBeside:
    return DayBeside(
        before=_day(each.before, "year.copy_new", workdays, today, language),
        after=_day(each.after, "year.copy_gone", workdays, today, language),
        why=_why(each, fate, language),
    )


def _day(found: Occurrence | None, missing: str, workdays: Workdays, today: date, language: str) -> DayOfYear:
    if found is None:
        return DayOfYear("", say(missing, language=language), "", "")
    marks = {DayKind.HOLIDAY: "rest", DayKind.MAKE_UP: "work"}
    return DayOfYear(
        iso=found.day.isoformat(),
        words=day_words.day(found.day, today=today, language=language),
        lunar=lunar_text(found.day),
        mark=marks.get(workdays.day_kind(found.day), ""),
    )


def _why(each: CopiedDay, fate: Fate, language: str) -> str:
    """What the date comes from, and what then moved it."""
    if each.after is None:
        return ""
    said: list[str] = []
    if each.basis is Basis.FESTIVAL:
        festival = say(f"schedules.festival.{each.festival}", language=language)
        said.append(say("year.basis_festival", language=language, festival=festival))
    elif each.basis is not None:
        said.append(say(f"year.basis_{each.basis}", language=language))
    elif fate is Fate.MORE_DAYS:
        said.append(say("year.copy_there", language=language))
    # That a year's calendar is a forecast is said once above.
    steps = tuple(step for step in each.after.reason if step.code != "forecast")
    if steps or not said:
        told = Occurrence(each.after.nominal, each.after.day, each.after.forecast, steps)
        said.append(explain(told, language=language))
    return say("schedules.separator", language=language).join(said)
