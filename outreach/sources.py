"""The records behind a figure: as many as its `sources` says, each once, in the order of their days."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    BindParameter,
    Integer,
    String,
    bindparam,
    cast,
    func,
    null,
    select,
    type_coerce,
)
from sqlalchemy.orm import Session

from calendars.periods import Period
from models import (
    Activity,
    Attendance,
    Campaign,
    LedgerEntry,
    Matter,
    Measure,
    Metric,
    Person,
    TallyLine,
    Team,
    Tie,
    Unit,
)
from models.base import UnitId
from models.database import in_batches
from models.enums import Additivity, Origin
from outreach.errors import NotFound
from outreach.metrics import SUGGESTIONS_RAISED, SUGGESTIONS_SETTLED, attendances_of, rounded
from outreach.recording import FEEDS, SUMMED, Record
from outreach.remembered import remembered
from outreach.tallies import views
from outreach.tallies.asking import Statement, ask
from outreach.tallies.corrections import CorrectedPart, corrected_parts, record_of
from outreach.tallies.figures import SETTLEMENT_RATE, dictionary
from outreach.tallies.parts import hundredths
from outreach.tallies.stocks import LAST_READINGS, STANDING
from outreach.tallies.trees import FIRST, LAST, UNITS, Cells, MonthTree, all_cells, ground, over_the_last

MADE_OF: Final = (views.MADE_OF - {"rollups"}) | {"activities", "campaigns", "ledger_entries"}
Place = tuple[int, str, str, int]
"""Where a source stands in the list: the figure (a rate has two), the day, the kind, the id."""
_OF_RATE = (SUGGESTIONS_RAISED, SUGGESTIONS_SETTLED)
_STOCK_KINDS = {"rural.teams": "team", "org.branches": "unit", "org.retirees": "person"}


@dataclass(frozen=True, slots=True)
class Source:
    """A record behind a figure.

    `kind` is activity, entry, suggestion, pairing, team, unit, person, or adjustment for a correction made by hand. An
    activity has the code and the name of its campaign. `value` is what it adds, as text with the metric's decimals; a
    list of people adds as many as it has. `day` is None for what has no first day.
    """

    metric: str
    kind: str
    id: int
    code: str | None
    name: str | None
    day: date | None
    units: Sequence[str]
    value: str
    place: Place


def sources(
    session: Session,
    period: Period,
    unit_id: UnitId,
    metric: str,
    *,
    limit: int | None = None,
    after: Place | None = None,
) -> list[Source]:
    """Every record behind a metric's figure for a unit and all below it; `limit` of them from a place on.

    Without a figure there are none. Raises NotFound for an unknown metric. A page of them is remembered as long as
    nothing of it changes.
    """
    if limit is None:
        return _sources(session, period, unit_id, metric, limit, after)
    return remembered(
        session,
        ("sources", period, unit_id, metric, limit, after),
        lambda: _sources(session, period, unit_id, metric, limit, after),
        made_of=MADE_OF,
    )


def _sources(
    session: Session, period: Period, unit_id: UnitId, metric: str, limit: int | None, after: Place | None
) -> list[Source]:
    known = dictionary(session)
    if metric not in known.ids:
        raise NotFound("tallies.unknown_metric", metric=metric)
    stands_on = ground(session, [period])
    months = stands_on.of(period)
    if metric == SETTLEMENT_RATE:
        months = over_the_last(months, unit_id)
    counted = [
        known.metrics[known.ids[code]] for code in (_OF_RATE if metric == SETTLEMENT_RATE else [metric])
    ]
    behind = _behind(session, period, unit_id, months, counted)
    behind.sort(key=lambda each: each.place)
    page = [each for each in behind if after is None or each.place > after][:limit]
    return _described(session, page, {unit: code for unit, (code, _) in stands_on.units.items()})


@dataclass(slots=True)
class _Behind:
    """A source while it is being put together. `value` is in hundredths, None while it has not been counted."""

    metric: Metric
    figure: int
    kind: str
    id: int
    day: date | None
    value: int = 0
    times: int = 0
    units: set[UnitId] = field(default_factory=set)
    is_carried: bool = False

    @property
    def place(self) -> Place:
        return (self.figure, self.day.isoformat() if self.day else "", self.kind, self.id)


def _behind(
    session: Session,
    period: Period,
    unit_id: UnitId,
    months: Sequence[MonthTree],
    metrics: Sequence[Metric],
) -> list[_Behind]:
    units, metric = months[-1].below(unit_id), metrics[0]
    match metric.additivity:
        case Additivity.FLOW | Additivity.ESTIMATE:
            return _added(session, unit_id, months, metrics)
        case Additivity.DISTINCT:
            return _lists(session, period, unit_id, months[-1], metric)
        case Additivity.STOCK if metric.code in STANDING:
            return _standing(session, units, period.last, metric)
        case Additivity.STOCK:
            return _read(session, units, period.last, metric)
        case Additivity.RATIO:
            return []


_RECORD = (Measure.activity_id, Measure.entry_id, Measure.matter_id, Measure.unit_id)
_ADDED = (
    select(
        *_RECORD,
        func.min(Measure.day),
        cast(func.sum(type_coerce(Measure.value, BigInteger)), BigInteger),
        cast(func.sum(cast(Measure.source, Integer)), Integer),
    )
    .where(
        Measure.metric_id == bindparam("metric"),
        Measure.origin.in_(SUMMED),
        Measure.day.between(FIRST, LAST),
        Measure.unit_id.in_(UNITS),
    )
    .group_by(*_RECORD)
)


def _added(
    session: Session, unit_id: UnitId, months: Sequence[MonthTree], metrics: Sequence[Metric]
) -> list[_Behind]:
    """What flows add up: records as they stand in open months and stood in closed ones, and what is carried in."""
    cells = all_cells(months, unit_id)
    rows = ask(
        session,
        {
            metric.id: [(_ADDED, values | {"metric": metric.id}) for values in cells.by_day()]
            for metric in metrics
        },
    )
    corrections = corrected_parts(session, cells)
    return [
        source
        for figure, metric in enumerate(metrics)
        for source in _corrected(metric, figure, rows[metric.id], corrections, cells)
    ]


def _corrected(
    metric: Metric,
    figure: int,
    rows: Iterable[Sequence[Any]],
    corrections: Iterable[CorrectedPart],
    cells: Cells,
) -> list[_Behind]:
    found: dict[Record | int, _Behind] = {}
    for activity_id, entry_id, matter_id, unit, day, value, times in rows:
        record = record_of(activity_id, entry_id, matter_id)
        if record is not None:
            source = found.setdefault(record, _Behind(metric, figure, _kind(record), record.id, day))
            source.value += value
            source.times += times
            source.units.add(unit)
    for part in corrections:
        if part.metric_id != metric.id:
            continue
        carried = (part.carried_into, part.unit_id) in cells
        key_of = part.record or part.line_id
        kind, id_ = (_kind(part.record), part.record.id) if part.record else ("adjustment", part.line_id)
        source = found.setdefault(key_of, _Behind(metric, figure, kind, id_, part.carried_into))
        if part.record and (part.month, part.unit_id) in cells:
            source.value -= part.value
            source.times -= part.sources
        if carried:
            source.value += part.value
            source.is_carried = True
            source.units.add(part.unit_id)
    return [source for source in found.values() if source.times > 0 or source.is_carried]


def _kind(record: Record) -> str:
    return "suggestion" if record.kind == "matter" else record.kind


def _lists(
    session: Session, period: Period, unit_id: UnitId, tree: MonthTree, metric: Metric
) -> list[_Behind]:
    """The activities that people are counted from; each shows the persons on its list, or what was entered.

    Of a closed month, those that were counted then: what came later is taken out, and what has gone is put back.
    """
    units = tree.below(unit_id)
    rows = session.execute(
        select(
            *(Measure.activity_id, Measure.unit_id, Measure.day, Measure.origin),
            type_coerce(Measure.value, BigInteger),
            Measure.source,
        ).where(
            Measure.metric_id == metric.id,
            Measure.origin.in_(FEEDS),
            Measure.day.between(period.first, period.last),
            Measure.unit_id.in_(sorted(units)),
        )
    )
    found: dict[int, _Behind] = {}
    for activity_id, unit, day, origin, value, source_of_unit in rows:
        if activity_id is not None:
            source = found.setdefault(activity_id, _Behind(metric, 0, "activity", activity_id, day))
            source.units.add(unit)
            source.times += source_of_unit
            if origin is Origin.FLOOR:
                source.value = max(source.value, value)
    if period.is_month and unit_id in tree.closed:
        for part in corrected_parts(session, all_cells([tree], unit_id)):
            if part.metric_id == metric.id and part.record and part.month == tree.month:
                gone = _Behind(metric, 0, "activity", part.record.id, part.month)
                source = found.setdefault(part.record.id, gone)
                source.times -= part.sources
                source.units.add(part.unit_id)
    return [source for source in found.values() if source.times > 0]


def _standing(session: Session, units: frozenset[UnitId], on: date, metric: Metric) -> list[_Behind]:
    row = STANDING[metric.code]
    question = select(row.c.id, row.c.unit_id).where(row.c.unit_id.in_(UNITS))
    rows = session.execute(question, {"on": on, "units": sorted(units)})
    kind = _STOCK_KINDS.get(metric.code, "pairing")
    return [_Behind(metric, 0, kind, id_, None, value=100, units={unit}) for id_, unit in rows]


def _read(session: Session, units: frozenset[UnitId], on: date, metric: Metric) -> list[_Behind]:
    found: dict[int, _Behind] = {}
    for row in session.execute(LAST_READINGS, {"on": on, "units": sorted(units)}):
        if row.metric_id == metric.id:
            day = row.day
            source = found.setdefault(row.activity_id, _Behind(metric, 0, "activity", row.activity_id, day))
            source.value += row.hundredths
            source.units.add(row.unit_id)
    return list(found.values())


def _described(session: Session, page: Sequence[_Behind], codes: Mapping[UnitId, str]) -> list[Source]:
    """The sources with what names them; one question for all kinds, whatever the page's length."""
    named = ask(
        session,
        {
            kind: [
                (question, {"ids": some})
                for some in in_batches([each.id for each in page if each.kind == kind])
            ]
            for kind, question in _NAMES.items()
        },
    )
    names = {(kind, id_): (code, name) for kind, rows in named.items() for id_, code, name in rows}
    counted = _persons(session, [each for each in page if each.metric.additivity is Additivity.DISTINCT])
    described = []
    for each in page:
        code, name = names.get((each.kind, each.id), (None, None))
        is_list = each.metric.additivity is Additivity.DISTINCT
        value = max(each.value, 100 * counted.get(each.id, 0)) if is_list else each.value
        described.append(
            Source(
                metric=each.metric.code,
                kind=each.kind,
                id=each.id,
                code=code,
                name=name,
                day=each.day,
                units=sorted(codes[unit] for unit in each.units),
                value=f"{rounded(hundredths(value), each.metric.decimals):f}",
                place=each.place,
            )
        )
    return described


def _persons(session: Session, page: Sequence[_Behind]) -> Mapping[int, int]:
    """How many persons of each activity count, in the units that the figure covers."""
    counted: dict[int, int] = {}
    for some in in_batches(page):
        units = {unit for each in some for unit in each.units}
        rows = session.execute(
            select(Attendance.activity_id, func.count())
            .where(
                Attendance.activity_id.in_([each.id for each in some]),
                Attendance.unit_id.in_(sorted(units)),
                attendances_of(some[0].metric.basis),
            )
            .group_by(Attendance.activity_id)
        )
        counted |= dict(rows.all())
    return counted


_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
_NAMELESS = cast(null(), String)
_NAMES: Mapping[str, Statement] = {
    "activity": select(Activity.id, Campaign.code, Campaign.name)
    .join(Campaign, Campaign.id == Activity.campaign_id)
    .where(Activity.id.in_(_IDS)),
    "entry": select(LedgerEntry.id, Person.code, LedgerEntry.item)
    .outerjoin(Person, Person.id == LedgerEntry.person_id)
    .where(LedgerEntry.id.in_(_IDS)),
    "suggestion": select(Matter.id, Matter.code, _NAMELESS).where(Matter.id.in_(_IDS)),
    "pairing": select(Tie.id, Tie.code, Tie.sort).where(Tie.id.in_(_IDS)),
    "person": select(Person.id, Person.code, Person.name).where(Person.id.in_(_IDS)),
    "team": select(Team.id, Team.code, Team.name).where(Team.id.in_(_IDS)),
    "unit": select(Unit.id, Unit.code, Unit.name).where(Unit.id.in_(_IDS)),
    "adjustment": select(TallyLine.id, _NAMELESS, TallyLine.reason).where(TallyLine.id.in_(_IDS)),
}
"""For each kind of source, the question for its code and its name."""
