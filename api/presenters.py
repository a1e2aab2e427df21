"""From what the work knows to what a page shows: every day, figure and state in the words of `wording`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from calendars.festivals import festivals_on
from calendars.lunar import lunar_text
from calendars.periods import MONTHS_A_QUARTER, MONTHS_A_YEAR, Period, month_of, parse_period
from calendars.workdays import DayKind, Workdays
from models.enums import ActivityStatus, AssignmentState, Qualifier
from outreach.agenda import ActivityOnPage, Agenda, AgendaItem, DayAgenda, Owed, PersonOn
from outreach.permissions import CLOCKWORK, CONSOLE
from outreach.sources import Source
from outreach.tallies import Correction, Line, TallyView
from outreach.unit_choices import UnitChoice
from wording import days as day_words
from wording.numbers import NOTHING_RECORDED, change, qualified
from wording.numbers import figure as figure_words
from wording.sentences import is_known, say

NAMES_SHOWN: Final = 6

TINTS: Mapping[str, int] = MappingProxyType(
    {
        "rural": 1,
        "community": 1,
        "study": 2,
        "briefing": 2,
        "party_day": 2,
        "festival_visit": 3,
        "hardship": 3,
        "condolence": 7,
        "birthday": 4,
        "culture": 4,
        "ceremony": 4,
        "mentoring": 5,
        "inspection": 5,
        "hospital": 6,
        "health": 6,
    }
)
"""The tint of each kind's mark; kinds of the office's own have the last one."""
_LAST_TINT: Final = 7

GROUPS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "visits": ("visits", "contacts", "hospital", "milestones", "funerals"),
        "study": ("study", "materials", "briefings", "meetings"),
        "suggestions": ("consultation", "suggestions", "petitions", "incidents", "needs"),
        "health": ("health", "culture", "tours"),
        "youth": ("outreach", "youth", "pairing"),
        "rural": ("rural", "volunteer", "talent"),
        "finance": ("finance", "allowance"),
        "org": ("org", "works", "media", "awards", "evaluation"),
    }
)
"""The parts of the tally's table, by the first word of the metrics' codes."""
_REST: Final = "rest"


@dataclass(frozen=True, slots=True)
class DayWords:
    """A day as a heading: `mark` is rest, work or empty; `festival` names what falls on it."""

    iso: str
    number: str
    weekday: str
    lunar: str
    festival: str
    mark: str
    is_today: bool
    is_over: bool


@dataclass(frozen=True, slots=True)
class PersonCard:
    name: str
    state: AssignmentState
    role: str
    """Empty for a place of no particular role."""


@dataclass(frozen=True, slots=True)
class ActivityCard:
    """An activity in a list. `state` names its sentence: short, awaiting, held, partly, cancelled, or planned."""

    id: int
    mark: str
    tint: int
    kind: str
    title: str
    day: str
    when: str
    starts_at: str
    place: str
    unit: str
    state: str
    short: int
    reason: str
    is_forecast: bool
    shifted_from: str
    people: Sequence[PersonCard]
    more_people: int
    needed: int


@dataclass(frozen=True, slots=True)
class DayCard:
    day: DayWords
    items: Sequence[ActivityCard]
    more: int


@dataclass(frozen=True, slots=True)
class OwedCard:
    count: int
    items: Sequence[ActivityCard]
    more: int


@dataclass(frozen=True, slots=True)
class WeekPage:
    title: str
    lunar: str
    days: Sequence[DayCard]
    activities: str
    cancelled: int
    short: str
    awaiting: str
    owed: OwedCard


@dataclass(frozen=True, slots=True)
class MeasureCard:
    name: str
    figure: str
    dimensions: str


@dataclass(frozen=True, slots=True)
class OutcomeCard:
    held_on: str
    told: str
    revision: int
    narrative: str
    came: str
    came_names: Sequence[str]
    came_more: int
    hours: str
    seen: str
    measures: Sequence[MeasureCard]


@dataclass(frozen=True, slots=True)
class ActivityPage:
    card: ActivityCard
    lunar: str
    served: Sequence[str]
    served_more: int
    served_count: int
    outcome: OutcomeCard | None


@dataclass(frozen=True, slots=True)
class PeriodLinks:
    """Where one can go from a period: beside it, a year back, and to the month, quarter or year at the same place."""

    before: Period | None
    after: Period | None
    year_before: Period | None
    month: Period
    quarter: Period
    year: Period
    length: str

    @property
    def is_year(self) -> bool:
        return self.length == "year"


@dataclass(frozen=True, slots=True)
class FigureRow:
    """A line of the table: changes are a dash where there is nothing to compare with."""

    metric: str
    name: str
    unit: str
    figure: str
    since_before: str
    since_year_before: str
    parts: str
    sources: str


@dataclass(frozen=True, slots=True)
class FigureGroup:
    key: str
    rows: Sequence[FigureRow]


@dataclass(frozen=True, slots=True)
class CorrectionCard:
    month: str
    carried_into: str
    name: str
    value: str
    reason: str
    by: str


@dataclass(frozen=True, slots=True)
class TallyPage:
    period: str
    title: str
    unit: str
    state: str
    signed_by: str
    groups: Sequence[FigureGroup]
    corrections: Sequence[CorrectionCard]


@dataclass(frozen=True, slots=True)
class PartCard:
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class SourceCard:
    kind: str
    number: int
    day: str
    name: str
    units: str
    value: str


@dataclass(frozen=True, slots=True)
class FigurePage:
    period: str
    period_words: str
    name: str
    unit: str
    figure: str
    sources: str
    is_complete: bool
    """All records are shown, and they are as many as the figure says."""
    by_unit: Sequence[PartCard]
    by_dimension: Sequence[PartCard]
    records: Sequence[SourceCard]


def address(path: str, **query: str | None) -> str:
    """An address of ours with what it asks for; what is None or empty is left out."""
    asked = urlencode({name: value for name, value in query.items() if value})
    return f"{path}?{asked}" if asked else path


def moment(at: datetime, *, today: date, zone: ZoneInfo, language: str) -> str:
    """11月2日 周一 9:00."""
    return day_words.moment(at, zone=zone, today=today, language=language)


# The week


def week(
    agenda: Agenda, owed_now: Owed, *, workdays: Workdays, today: date, zone: ZoneInfo, language: str
) -> WeekPage:
    """The page of consecutive days."""
    first, last = agenda.days[0].day, agenda.days[-1].day
    lunar = [lunar_text(first)] if first == last else [lunar_text(first), lunar_text(last)]
    return WeekPage(
        title=day_words.days(first, last, today=today, language=language),
        lunar=day_words.TO.join(text for text in lunar if text),
        days=[_day_card(each, workdays, today, zone, language) for each in agenda.days],
        activities=figure_words(agenda.activities),
        cancelled=agenda.cancelled,
        short=figure_words(agenda.short),
        awaiting=figure_words(agenda.awaiting),
        owed=owed(owed_now, today=today, zone=zone, language=language),
    )


def owed(found: Owed, *, today: date, zone: ZoneInfo, language: str) -> OwedCard:
    """What is over and was not told of."""
    items = [_card(item, today, zone, language) for item in found.items]
    return OwedCard(found.count, items, found.count - len(items))


def day_heading(day: date, *, workdays: Workdays, today: date, language: str) -> DayWords:
    """A day with its lunar date, its festivals and whether it is free or worked against the week."""
    marks = {DayKind.HOLIDAY: "rest", DayKind.MAKE_UP: "work"}
    separator = say("names.separator", language=language)
    return DayWords(
        iso=day.isoformat(),
        number=say("days.day", language=language, month=_month(day, language), day=day.day),
        weekday=day_words.weekday(day, language=language),
        lunar=lunar_text(day),
        festival=separator.join(
            say(f"schedules.festival.{key}", language=language) for key in festivals_on(day)
        ),
        mark=marks.get(workdays.day_kind(day), ""),
        is_today=day == today,
        is_over=day < today,
    )


def _day_card(agenda: DayAgenda, workdays: Workdays, today: date, zone: ZoneInfo, language: str) -> DayCard:
    return DayCard(
        day=day_heading(agenda.day, workdays=workdays, today=today, language=language),
        items=[_card(item, today, zone, language) for item in agenda.items],
        more=agenda.count - len(agenda.items),
    )


def _card(
    item: AgendaItem, today: date, zone: ZoneInfo, language: str, *, names_shown: int | None = NAMES_SHOWN
) -> ActivityCard:
    mark, tint, kind = kind_mark(item.kind, item.title, language)
    shifted = item.shifted_from
    return ActivityCard(
        id=item.id,
        mark=mark,
        tint=tint,
        kind=kind,
        title=item.title if item.subject is None else f"{item.title}·{item.subject}",
        day=day_words.days(item.day, item.last_day, today=today, language=language),
        when=_when(item, zone, language),
        starts_at=item.starts_at.astimezone(zone).isoformat() if item.starts_at else item.day.isoformat(),
        place=item.place or "",
        unit=item.unit_name,
        state=_state(item),
        short=item.short,
        reason=item.reason or "",
        is_forecast=item.forecast,
        shifted_from="" if shifted is None else day_words.day(shifted, today=today, language=language),
        people=[_person(each) for each in item.people[:names_shown]],
        more_people=max(0, len(item.people) - (names_shown or len(item.people))),
        needed=item.needed,
    )


def kind_mark(kind: str, title: str, language: str) -> tuple[str, int, str]:
    """The mark of a kind (a character, in English two letters), its tint and its name; of a kind of the office's own
    the title's first character and the kind as it is."""
    if is_known(f"pages.mark_{kind}"):
        mark, name = (
            say(f"pages.mark_{kind}", language=language),
            say(f"pages.kind_{kind}", language=language),
        )
        return mark, TINTS.get(kind, _LAST_TINT), name
    return title[:1], _LAST_TINT, kind


def _when(item: AgendaItem, zone: ZoneInfo, language: str) -> str:
    if item.starts_at is None or item.ends_at is None:
        return say("pages.all_day", language=language)
    if item.starts_at.astimezone(zone).date() != item.ends_at.astimezone(zone).date():
        return day_words.clock_time(item.starts_at.astimezone(zone))
    return day_words.time_range(item.starts_at, item.ends_at, zone=zone)


def _state(item: AgendaItem) -> str:
    if item.status is ActivityStatus.MISSED:
        return "missed"
    if item.awaits_outcome:
        return "awaiting"
    return "short" if item.short else item.status.value


def _person(person: PersonOn) -> PersonCard:
    return PersonCard(person.name, person.state, "" if person.role == "any" else person.role)


# One activity


def activity(found: ActivityOnPage, *, today: date, zone: ZoneInfo, language: str) -> ActivityPage:
    """The page of one activity."""
    item, outcome = found.item, found.outcome
    return ActivityPage(
        card=_card(item, today, zone, language, names_shown=None),
        lunar=lunar_text(item.day),
        served=found.served,
        served_more=found.served_count - len(found.served),
        served_count=found.served_count,
        outcome=None if outcome is None else _outcome(found, today, zone, language),
    )


def _outcome(found: ActivityOnPage, today: date, zone: ZoneInfo, language: str) -> OutcomeCard:
    outcome = found.outcome
    assert outcome is not None
    held_on = outcome.held_on or found.item.day
    return OutcomeCard(
        held_on=day_words.day(held_on, today=today, language=language),
        told=say(
            "pages.told_by",
            language=language,
            name=_actor(outcome.told_by, language),
            moment=moment(outcome.told_at, today=today, zone=zone, language=language),
        ),
        revision=outcome.revision,
        narrative=outcome.narrative or "",
        came=figure_words(outcome.came),
        came_names=outcome.came_names,
        came_more=outcome.came - len(outcome.came_names),
        hours=figure_words(Decimal(outcome.minutes) / 60, decimals=1),
        seen=figure_words(outcome.seen) if outcome.seen else "",
        measures=[
            MeasureCard(
                name=measure.name_en if language == "en" else measure.name_zh,
                figure=qualified(
                    measure.value,
                    measure.unit,
                    qualifier=measure.qualifier,
                    decimals=measure.decimals,
                    language=language,
                ),
                dimensions=_dimensions(measure.combination.split(";"), language),
            )
            for measure in outcome.measures
        ],
    )


# Tallies


def period_links(period: Period, *, today: date) -> PeriodLinks:
    """Where one can go from a period. A longer one leads to its last month, or to today's when that lies within."""
    length = len(period.months)
    inside = today if period.first <= today <= period.last else period.last
    return PeriodLinks(
        before=_moved(period, -length),
        after=_moved(period, length),
        year_before=_moved(period, -MONTHS_A_YEAR),
        month=month_of(inside),
        quarter=_period(inside.year, inside.month, MONTHS_A_QUARTER),
        year=_period(inside.year, inside.month, MONTHS_A_YEAR),
        length={1: "month", MONTHS_A_QUARTER: "quarter"}.get(length, "year"),
    )


def period_words(period: Period, *, language: str) -> str:
    """2026年9月, 2026年第三季度, 2026年."""
    year = period.first.year
    if period.is_month:
        return say("days.year_month", language=language, year=year, month=_month(period.first, language))
    if len(period.months) == MONTHS_A_QUARTER:
        quarter = (period.first.month + 2) // MONTHS_A_QUARTER
        return say(f"pages.quarter_{quarter}", language=language, year=year)
    return say("pages.year", language=language, year=year)


def tally(
    view: TallyView,
    period: Period,
    *,
    before: TallyView | None,
    year_before: TallyView | None,
    language: str,
) -> TallyPage:
    """The table of figures, grouped as offices report them; what has no figure has no line."""
    earlier, last_year = _by_metric(before), _by_metric(year_before)
    rows: dict[str, list[FigureRow]] = {key: [] for key in (*GROUPS, _REST)}
    for line in view.lines:
        rows[_group(line.metric)].append(
            FigureRow(
                metric=line.metric,
                name=line.name,
                unit=line.unit,
                figure=_figure(line, language),
                since_before=_since(line, earlier.get(line.metric), language),
                since_year_before=_since(line, last_year.get(line.metric), language),
                parts=_parts(line, language),
                sources=figure_words(line.sources),
            )
        )
    return TallyPage(
        period=view.period,
        title=period_words(period, language=language),
        unit=view.unit_name,
        state=view.state.value,
        signed_by=_actor(view.signed_by or "", language),
        groups=[FigureGroup(key, of_group) for key, of_group in rows.items() if of_group],
        corrections=[_correction(each, language) for each in view.adjustments],
    )


def figure(
    view: TallyView,
    period: Period,
    metric: str,
    found: Sequence[Source],
    *,
    choices: Sequence[UnitChoice],
    is_all: bool,
    today: date,
    language: str,
) -> FigurePage | None:
    """One figure with its parts and records; None when the tally has no such line."""
    line = _by_metric(view).get(metric)
    if line is None:
        return None
    unit_names = {choice.code: choice.name for choice in choices} | dict(view.unit_names)
    return FigurePage(
        period=view.period,
        period_words=period_words(period, language=language),
        name=line.name,
        unit=line.unit,
        figure=_figure(line, language),
        sources=figure_words(line.sources),
        is_complete=is_all and len(found) == line.sources,
        by_unit=[PartCard(unit_names.get(code, code), _plain(value)) for code, value in line.by_unit.items()],
        by_dimension=[
            PartCard(_dimension(name, language), _plain(value)) for name, value in line.by_dimension.items()
        ],
        records=[_record(each, unit_names, today, language) for each in found],
    )


def _record(source: Source, unit_names: Mapping[str, str], today: date, language: str) -> SourceCard:
    separator = say("names.separator", language=language)
    return SourceCard(
        kind=source.kind,
        number=source.id,
        day="" if source.day is None else day_words.day(source.day, today=today, language=language),
        name=source.name or source.code or "",
        units=separator.join(unit_names.get(code, code) for code in source.units),
        value=_plain(source.value),
    )


def _by_metric(view: TallyView | None) -> Mapping[str, Line]:
    return {} if view is None else {line.metric: line for line in view.lines}


def _group(metric: str) -> str:
    first = metric.partition(".")[0]
    return next((key for key, prefixes in GROUPS.items() if first in prefixes), _REST)


def _figure(line: Line, language: str) -> str:
    value = Decimal(line.value)
    return qualified(value, qualifier=line.qualifier, decimals=_decimals(line.value), language=language)


def _since(line: Line, earlier: Line | None, language: str) -> str:
    """The difference to an earlier figure; with an inexact one beside it only about."""
    if earlier is None:
        return NOTHING_RECORDED
    words = change(Decimal(line.value) - Decimal(earlier.value), decimals=_decimals(line.value))
    if line.qualifier is earlier.qualifier is Qualifier.EXACT:
        return words
    return say("numbers.about", language=language, number=words, unit="").strip()


def _parts(line: Line, language: str) -> str:
    """The figure's parts by dimension in one line, where it has any."""
    separator = say("names.separator", language=language)
    parts = ((_dimension(name, language), _plain(value)) for name, value in line.by_dimension.items())
    return separator.join(f"{name} {value}" for name, value in parts)


def _dimensions(pairs: Sequence[str], language: str) -> str:
    return say("names.separator", language=language).join(
        _dimension(pair, language) for pair in pairs if pair
    )


def _dimension(pair: str, language: str) -> str:
    """The word for `kind=leaflet`; a value of the office's own stands as it is."""
    value = pair.partition("=")[2] or pair
    if not is_known(f"pages.dimension_{value}"):
        return value
    return say(f"pages.dimension_{value}", language=language)


def _actor(name: str, language: str) -> str:
    """Who did something: an account by its name, the program's own hands by a word."""
    if name not in (CONSOLE.name, CLOCKWORK.name):
        return name
    return say(f"pages.actor_{name}", language=language)


def _correction(correction: Correction, language: str) -> CorrectionCard:
    value = change(Decimal(correction.value), decimals=_decimals(correction.value))
    return CorrectionCard(
        month=period_words(parse_period(correction.month), language=language),
        carried_into=period_words(parse_period(correction.carried_into), language=language),
        name=correction.name,
        value=value,
        reason=correction.reason or "",
        by=_actor(correction.by or "", language),
    )


def _plain(value: str) -> str:
    return figure_words(Decimal(value), decimals=_decimals(value))


def _decimals(value: str) -> int:
    return len(value.partition(".")[2])


def _month(day: date, language: str) -> str:
    return say(f"days.month_{day.month}", language=language)


def _moved(period: Period, months: int) -> Period | None:
    """The period of the same length so many months away; None outside the calendar."""
    year, month = divmod(period.first.year * MONTHS_A_YEAR + period.first.month - 1 + months, MONTHS_A_YEAR)
    return _period(year, month + 1, len(period.months)) if date.min.year <= year <= date.max.year else None


def _period(year: int, month: int, length: int) -> Period:
    """The month, quarter or year that holds a month."""
    if length == 1:
        return parse_period(f"{year:04}-{month:02}")
    if length == MONTHS_A_QUARTER:
        return parse_period(f"{year:04}-Q{(month + 2) // MONTHS_A_QUARTER}")
    return parse_period(f"{year:04}")
