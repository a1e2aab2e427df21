"""Records and figures: what a record adds to the figures is replaced here, and nowhere else.

A record is an activity, a ledger entry or a matter. Its measures say what it adds; `rollups` are their sums by month,
unit, metric and combination. Both change in one step, so that at any time

    rollup.value    = Σ value                       over the measures of origin entered or counted,
    rollup.sources  = Σ source (0 or 1),
    rollup.at_least = Σ sign where at_least (nearly and about likewise),

and where a month is closed for a unit, the same difference is written down as a signed correction that counts in the
first month still open. Late and revised records therefore need no path of their own.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from operator import itemgetter
from typing import Literal, NamedTuple, cast
from zlib import crc32

from sqlalchemy import Table, delete, exists, extract, func, insert, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from calendars.periods import last_day, next_month
from models import Measure, Rollup, Tally, TallyLine
from models.base import ActivityId, EntryId, MatterId, MetricId, TallyId, UnitId
from models.database import hold, in_batches
from models.enums import LineKind, MonthState, Origin, Qualifier
from outreach.metrics import qualifier_of_counts
from outreach.permissions import Actor
from outreach.units import parents

FIGURES = "figures"
"""What closing a month holds (`models.database.hold`) while it reads rollups: no record may then be half-way."""

SUMMED = (Origin.ENTERED, Origin.COUNTED)
"""The origins that rollups add up; the others are looked up when a figure is asked for."""

FEEDS = (Origin.PERSONS, Origin.FLOOR)
"""The origins that a number of distinct people is counted from."""


RecordKind = Literal["activity", "entry", "matter"]

# Plain tables: thousands of rows go through them at a time.
_MEASURES = cast(Table, Measure.__table__)
_ROLLUPS = cast(Table, Rollup.__table__)


class Record(NamedTuple):
    """One activity, ledger entry or matter."""

    kind: RecordKind
    id: int

    @property
    def column(self) -> str:
        """The column of `measures` and `tally_lines` that points at it."""
        return f"{self.kind}_id"


def activity(activity_id: ActivityId) -> Record:
    return Record("activity", activity_id)


def entry(entry_id: EntryId) -> Record:
    return Record("entry", entry_id)


def matter(matter_id: MatterId) -> Record:
    return Record("matter", matter_id)


@dataclass(frozen=True, slots=True)
class Part:
    """What one record adds to one figure. `source` and `shared` are worked out when it is recorded."""

    metric_id: MetricId
    unit_id: UnitId
    day: date
    value: Decimal
    origin: Origin
    combination: str = ""
    qualifier: Qualifier = Qualifier.EXACT
    sign: int = 1
    """−1 for what a counter-entry takes back; its value is negative too."""
    source: bool = True
    shared: bool = False
    turn: int = field(default=0, compare=False)
    """Of two readings of a stock on one day, the one with the later turn stands (rule 53)."""


class Key(NamedTuple):
    """A row of `rollups`; their order is the order in which everybody locks them."""

    month: date
    unit_id: UnitId
    metric_id: MetricId
    combination: str


@dataclass(slots=True)
class Sums:
    """What is added to one row of `rollups`."""

    value: Decimal = Decimal(0)
    sources: int = 0
    at_least: int = 0
    nearly: int = 0
    about: int = 0

    def add(self, part: Part, times: int = 1) -> None:
        """Add a part, or take it out with `times=-1`."""
        self.value += times * part.value
        self.sources += times * part.source
        if part.qualifier is not Qualifier.EXACT:
            counter = part.qualifier.value
            setattr(self, counter, getattr(self, counter) + times * part.sign)

    def add_all(self, other: "Sums") -> None:
        """Add what another one adds."""
        self.value += other.value
        self.sources += other.sources
        self.at_least += other.at_least
        self.nearly += other.nearly
        self.about += other.about

    def __bool__(self) -> bool:
        """Whether it changes anything."""
        return bool(self.value or self.sources or self.at_least or self.nearly or self.about)


Difference = dict[Key, Sums]
"""What changes in which rows: also nothing, for a row that is there only now, or perhaps no longer."""


def first_of_month(day: date) -> date:
    """The first day of a day's month: what months are called in the tables."""
    return day.replace(day=1)


def replace_measures(
    session: Session,
    records: Mapping[Record, Sequence[Part]],
    *,
    by: Actor,
    now: datetime,
    reason: str | None = None,
) -> None:
    """Let each of these records add just these parts from now on; none take everything back that it added.

    Whoever calls it has locked the records, or made them in this transaction. `by`, `now` and `reason` are written on
    corrections of closed months, if there are any.
    """
    _enter(session)
    session.flush()
    stored = _measures_of(session, records)
    old = {record: list(rows.values()) for record, rows in stored.items()}
    new = {record: _flagged(parts) for record, parts in records.items()}
    changed = [record for record in records if Counter(old[record]) != Counter(new[record])]
    _rewrite(session, {record: stored[record] for record in changed}, new)
    differences = {record: _difference(old[record], new[record]) for record in changed}
    listings = {record: _listing_difference(old[record], new[record]) for record in changed}
    _join_closed_months(session, {key for sums in differences.values() for key in sums}, now=now)
    _add_to_rollups(session, _sum(differences.values()))
    corrections = {record: differences[record] | listings[record] for record in changed}
    _correct_closed_months(session, corrections, by=by, now=now, reason=reason)


def alone(session: Session) -> None:
    """Let no other record be taken until the transaction ends: for imports, which record in more steps than one.

    Each step takes its figures in the order of their keys, but two steps do not; so this comes before the first.
    """
    hold(session, FIGURES)


def first_open_month(month: date, closed: Collection[date]) -> date:
    """The first month from this one on that is not among the closed ones; months are their first days."""
    while month in closed:
        month = next_month(month)
    return month


def _enter(session: Session) -> None:
    """Let recorders pass together, but none while a month is being closed (which takes `hold(session, FIGURES)`)."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock_shared(crc32(FIGURES.encode()))))


def _flagged(parts: Sequence[Part]) -> list[Part]:
    """The parts with `source` on the first of each metric and unit, and `shared` where a metric has several units."""
    units: dict[MetricId, set[UnitId]] = defaultdict(set)
    for part in parts:
        units[part.metric_id].add(part.unit_id)
    seen: set[tuple[MetricId, UnitId]] = set()
    flagged = []
    for part in parts:
        place = (part.metric_id, part.unit_id)
        flagged.append(replace(part, source=place not in seen, shared=len(units[part.metric_id]) > 1))
        seen.add(place)
    return flagged


def _measures_of(session: Session, records: Iterable[Record]) -> dict[Record, dict[int, Part]]:
    """What each record adds so far, by the id of the row that says so."""
    found: dict[Record, dict[int, Part]] = {record: {} for record in records}
    for kind, ids in _by_kind(found):
        record_id = getattr(Measure, f"{kind}_id")
        rows = session.execute(
            select(
                record_id,
                Measure.id,
                Measure.metric_id,
                Measure.unit_id,
                Measure.day,
                Measure.value,
                Measure.origin,
                Measure.combination,
                Measure.qualifier,
                Measure.sign,
                Measure.source,
                Measure.shared,
            )
            .where(record_id.in_(ids))
            .order_by(Measure.id)
        )
        for owner, measure_id, *columns in rows:
            found[Record(kind, owner)][measure_id] = Part(*columns)
    return found


def _by_kind(records: Iterable[Record]) -> Iterator[tuple[RecordKind, list[int]]]:
    ids: dict[RecordKind, list[int]] = defaultdict(list)
    for record in records:
        ids[record.kind].append(record.id)
    for kind, listed in ids.items():
        for some in in_batches(listed):
            yield kind, some


def _rewrite(
    session: Session, stored: Mapping[Record, Mapping[int, Part]], new: Mapping[Record, Sequence[Part]]
) -> None:
    """Remove what is told no more and add what is new; a row that says the same stays the row it was (rule 53)."""
    outdated: list[int] = []
    rows: list[tuple[int, dict[str, object]]] = []
    for record, old in stored.items():
        wanted = Counter(new[record])
        for measure_id, part in old.items():
            if wanted[part] > 0:
                wanted[part] -= 1
            else:
                outdated.append(measure_id)
        rows += [(part.turn, _row(record, part)) for part in wanted.elements()]
    for ids in in_batches(outdated):
        session.execute(delete(_MEASURES).where(_MEASURES.c.id.in_(ids)))
    rows.sort(key=itemgetter(0))
    for some in in_batches(rows):
        session.execute(insert(_MEASURES), [row for _, row in some])


def _row(record: Record, part: Part) -> dict[str, object]:
    return {
        "activity_id": None,
        "entry_id": None,
        "matter_id": None,
        record.column: record.id,
        "metric_id": part.metric_id,
        "unit_id": part.unit_id,
        "day": part.day,
        "combination": part.combination,
        "value": part.value,
        "qualifier": part.qualifier,
        "origin": part.origin,
        "source": part.source,
        "sign": part.sign,
        "shared": part.shared,
    }


def _difference(old: Iterable[Part], new: Iterable[Part]) -> Difference:
    before = [part for part in old if part.origin in SUMMED]
    after = [part for part in new if part.origin in SUMMED]
    difference: Difference = defaultdict(Sums)
    for parts, times in ((before, -1), (after, 1)):
        for part in parts:
            difference[_key(part)].add(part, times)
    come_or_gone = {_key(part) for part in before} ^ {_key(part) for part in after}
    return {key: sums for key, sums in difference.items() if sums or key in come_or_gone}


def _listing_difference(old: Iterable[Part], new: Iterable[Part]) -> Difference:
    """For distinct people, which nobody can add: where the record was a source of the figure, and is one now.

    Only closed months write it down, to be able to list for ever what they were counted from.
    """
    before = {_listing_key(part) for part in old if part.origin in FEEDS}
    after = {_listing_key(part) for part in new if part.origin in FEEDS}
    return {key: Sums(sources=(key in after) - (key in before)) for key in before ^ after}


def _listing_key(part: Part) -> Key:
    return _key(part)._replace(combination="")


def _key(part: Part) -> Key:
    return Key(first_of_month(part.day), part.unit_id, part.metric_id, part.combination)


def _sum(differences: Iterable[Difference]) -> Difference:
    total: Difference = defaultdict(Sums)
    for difference in differences:
        for key, sums in difference.items():
            total[key].add_all(sums)
    return total


def _add_to_rollups(session: Session, difference: Difference) -> None:
    """Row by row in the order of the keys, which is how two recorders never wait for each other crosswise."""
    keys = sorted(difference)
    postgres = session.get_bind().dialect.name == "postgresql"
    adding = postgresql.insert(_ROLLUPS) if postgres else sqlite.insert(_ROLLUPS)
    counters = ("value", "sources", "at_least", "nearly", "about")
    statement = adding.on_conflict_do_update(
        index_elements=list(Key._fields),
        set_={name: _ROLLUPS.c[name] + adding.excluded[name] for name in counters},
    )
    for some in in_batches(keys):
        rows = [
            {**key._asdict(), **{name: getattr(difference[key], name) for name in counters}} for key in some
        ]
        session.execute(statement, rows)
    _drop_unmeasured_rollups(session, [key for key in keys if difference[key].sources <= 0])


def _drop_unmeasured_rollups(session: Session, keys: Sequence[Key]) -> None:
    """A row to which no measure belongs any more goes: a figure without a source has no line (rule 36)."""
    columns = tuple_(Rollup.month, Rollup.unit_id, Rollup.metric_id, Rollup.combination)
    measured = exists().where(
        Measure.metric_id == Rollup.metric_id,
        Measure.unit_id == Rollup.unit_id,
        Measure.day >= Rollup.month,
        extract("year", Measure.day) == extract("year", Rollup.month),
        extract("month", Measure.day) == extract("month", Rollup.month),
        Measure.combination == Rollup.combination,
        Measure.origin.in_(SUMMED),
    )
    for some in in_batches(keys):
        session.execute(
            delete(Rollup)
            .where(columns.in_([tuple(key) for key in some]))
            .where(Rollup.value == 0, Rollup.sources == 0, ~measured)
            .execution_options(synchronize_session=False)
        )


def _join_closed_months(session: Session, keys: Iterable[Key], *, now: datetime) -> None:
    """Close the month, with nothing in it, for a unit that came below a closed one only afterwards.

    Else what is told of it so late would be in no figure of the units above: theirs is closed, and its own is open.
    """
    units: dict[date, set[UnitId]] = defaultdict(set)
    for key in keys:
        units[key.month].add(key.unit_id)
    for month, closed in _closed_units(session, units).items():
        parent_of = parents(session, on=last_day(month))
        for unit_id in sorted(units[month] - closed):
            if closed.isdisjoint(_above(parent_of, unit_id)) or _has_figures(session, month, unit_id):
                continue
            tally = session.scalar(select(Tally).where(Tally.month == month, Tally.unit_id == unit_id))
            if tally is None:
                tally = Tally(month=month, unit_id=unit_id)
                session.add(tally)
            tally.state, tally.closed_at, tally.by_clock = MonthState.CLOSED, now, True
            tally.parent_unit_id = parent_of.get(unit_id)
    session.flush()


def _closed_units(session: Session, months: Collection[date]) -> dict[date, set[UnitId]]:
    """Month → the units for which it is closed, if there are any."""
    closed: dict[date, set[UnitId]] = defaultdict(set)
    for some in in_batches(months):
        for month, unit_id in session.execute(
            select(Tally.month, Tally.unit_id).where(Tally.month.in_(some), Tally.state == MonthState.CLOSED)
        ):
            closed[month].add(unit_id)
    return closed


def _above(parent_of: Mapping[UnitId, UnitId | None], unit_id: UnitId) -> set[UnitId]:
    above: set[UnitId] = set()
    parent = parent_of.get(unit_id)
    while parent is not None and parent not in above:
        above.add(parent)
        parent = parent_of.get(parent)
    return above


def _has_figures(session: Session, month: date, unit_id: UnitId) -> bool:
    rows = exists().where(Rollup.month == month, Rollup.unit_id == unit_id)
    return bool(session.scalar(select(rows)))


def _correct_closed_months(
    session: Session,
    differences: Mapping[Record, Difference],
    *,
    by: Actor,
    now: datetime,
    reason: str | None,
) -> None:
    keys = {key for difference in differences.values() for key in difference}
    closed = _closed_months(session, {key.unit_id for key in keys})
    if not closed:
        return
    lines = [
        _correction(record, key, sums, closed[key.unit_id]) | {"by": by.name, "at": now, "reason": reason}
        for record, difference in differences.items()
        for key, sums in sorted(difference.items())
        if sums and key.month in closed.get(key.unit_id, {})
    ]
    if lines:
        session.execute(insert(TallyLine), lines)


def _closed_months(session: Session, unit_ids: Collection[UnitId]) -> dict[UnitId, dict[date, TallyId]]:
    """Unit → its closed months, each with its tally."""
    closed: dict[UnitId, dict[date, TallyId]] = defaultdict(dict)
    for some in in_batches(unit_ids):
        rows = session.execute(
            select(Tally.unit_id, Tally.month, Tally.id).where(
                Tally.state == MonthState.CLOSED, Tally.unit_id.in_(some)
            )
        )
        for unit_id, month, tally_id in rows:
            closed[unit_id][month] = tally_id
    return closed


def _correction(record: Record, key: Key, sums: Sums, closed: Mapping[date, TallyId]) -> dict[str, object]:
    return {
        "tally_id": closed[key.month],
        "kind": LineKind.ADJUSTMENT,
        "metric_id": key.metric_id,
        "combination": key.combination,
        "value": sums.value,
        "qualifier": qualifier_of_counts(sums.at_least, sums.nearly, sums.about),
        "sources": sums.sources,
        "at_least": sums.at_least,
        "nearly": sums.nearly,
        "about": sums.about,
        "carried_into": first_open_month(key.month, closed.keys()),
        record.column: record.id,
    }
