"""Checked rows into the database, thousands with each statement: new ones are made, others changed where they differ.

A column that the file lacks stays as it was; an empty cell empties (rule 24). A row that already says all this is not
touched, so that the same file twice changes nothing.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Final, cast
from zoneinfo import ZoneInfo

from sqlalchemy import RowMapping, Table, bindparam, delete, insert, select, update
from sqlalchemy.orm import Session

from models import AuditEntry, Beneficiary, Campaign, CampaignMetric, Person, Place, Team, Tie, Unit
from models.base import ImportId
from models.database import in_batches
from models.enums import AuditAction, CampaignStatus, TieKind
from outreach import ties
from outreach.campaigns import PUBLIC_KINDS
from outreach.fields import BeneficiaryEntry, EntryOf
from outreach.house_rules import house_rules
from outreach.imports.checking import CheckedRow, Values
from outreach.imports.columns import PAIRINGS, PEOPLE
from outreach.imports.faults import Findings
from outreach.imports.journal import Journal
from outreach.imports.known import Known
from outreach.pairings import LIAISON, liaisons_above
from outreach.people_search import spellings
from outreach.permissions import Actor

Row = dict[str, Any]  # Any: whatever a table's columns hold

_AUDIT: Final = cast(Table, AuditEntry.__table__)
_UNITS: Final = cast(Table, Unit.__table__)
_PEOPLE: Final = cast(Table, Person.__table__)
_TEAMS: Final = cast(Table, Team.__table__)
_TIES: Final = cast(Table, Tie.__table__)
_CAMPAIGNS: Final = cast(Table, Campaign.__table__)

_PEOPLE_AS_TOLD: Final = (
    "name",
    "gender",
    "birth_date",
    "lunar_birthday",
    "mobile",
    "email",
    "contact_by",
    "address",
    "available",
    "max_per_month",
    "since",
    "until",
    "notes",
)
_CAMPAIGN_AS_TOLD: Final = (
    "name",
    "kind",
    "starts_on",
    "ends_on",
    "start_time",
    "duration_minutes",
    "place",
    "split_by",
    "on_holiday",
    "notes",
)


@dataclass(slots=True)
class Count:
    """What became of a table's rows."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0


@dataclass(slots=True)
class Writing:
    """An import while it writes."""

    session: Session
    known: Known
    by: Actor
    now: datetime
    as_of: date
    zone: ZoneInfo
    import_id: ImportId
    findings: Findings
    journal: Journal = field(default_factory=Journal)
    counts: dict[str, Count] = field(default_factory=lambda: defaultdict(Count))
    marks: dict[str, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))
    """By table: how often a row of this fingerprint was there before this import, and is not matched yet."""


@dataclass(slots=True)
class Upserted:
    """What became of some rows: the ids of all, which are new, and which columns of the others changed."""

    ids: dict[str, int] = field(default_factory=dict)
    """By code."""
    created: set[int] = field(default_factory=set)
    changed: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))


def write_units(writing: Writing, rows: Sequence[CheckedRow], given: Collection[str]) -> None:
    """Units, and the tree above them. A parent may stand further down in the file: all units are written first."""
    done = _upsert(writing, "units", _UNITS, [_picked(row.values, ("name", "kind")) for row in rows])
    if "parent_code" in given:
        wanted = {
            done.ids[row.values["code"]]: _ids(writing, "units", row.values["parent_code"]) for row in rows
        }
        _set_facts(writing, ties.PARENT, wanted, "parent_code", done)
    _finish(writing, "units", "units", done)


def write_people(writing: Writing, rows: Sequence[CheckedRow], given: Collection[str]) -> None:
    """People, and their unit, roles and skills. What a file says under a code that leads to another person is left out:
    that one has a row of their own, or none."""
    for row in rows:
        if row.values["code"] in writing.known.merged:
            writing.counts["people"].unchanged += 1
            writing.findings.warn(PEOPLE.file, row.row, "merging.row_left_out", code=row.values["code"])
    rows = [row for row in rows if row.values["code"] not in writing.known.merged]
    told = [_picked(row.values, _PEOPLE_AS_TOLD) for row in rows]
    done = _upsert(writing, "people", _PEOPLE, told, complete=_spell)
    for column, fact, values_of in (
        ("unit_code", ties.PLACEMENT, lambda told: _ids(writing, "units", told)),
        ("roles", ties.ROLES, lambda told: tuple(role.value for role in told)),
        ("skills", ties.SKILLS, tuple),
    ):
        if column in given:
            wanted = {done.ids[row.values["code"]]: values_of(row.values[column]) for row in rows}
            _set_facts(writing, fact, wanted, column, done)
    _finish(writing, "people", "people", done)


def write_teams(writing: Writing, rows: Sequence[CheckedRow], given: Collection[str]) -> None:
    """Teams, their leader and members."""
    told = [
        _picked(row.values, ("name", "kind"))
        | {"unit_id": writing.known.id_of("units", row.values["unit_code"])}
        for row in rows
    ]
    done = _upsert(writing, "teams", _TEAMS, told)
    for column, fact in (("leader_code", ties.LEADER), ("members", ties.MEMBERS)):
        if column in given:
            wanted = {
                done.ids[row.values["code"]]: _ids(writing, "people", row.values[column]) for row in rows
            }
            _set_facts(writing, fact, wanted, column, done)
    _finish(writing, "teams", "teams", done)


def write_pairings(writing: Writing, rows: Sequence[CheckedRow], _given: Collection[str]) -> None:
    """Pairings; the file says their days itself. All rows at once, since they may exchange their people."""
    told = [
        _picked(row.values, ("since", "until", "visit_every"))
        | {
            "kind": TieKind.PAIRING,
            "sort": row.values["kind"],
            "subject_person_id": writing.known.id_of("people", row.values["supporter_code"]),
            "object_person_id": writing.known.id_of("people", row.values["beneficiary_code"]),
        }
        for row in rows
    ]
    done = _upsert(writing, "pairings", _TIES, told, before_changing=_let_go_of)
    _finish(writing, "pairings", "ties", done)
    # What stands in an office's own sheet is taken as it is; that somebody has too many is worth saying.
    liaisons = {row["subject_person_id"] for row in told if row["sort"] == LIAISON}
    most = house_rules(writing.session).pairings.liaison_most
    for person, count in liaisons_above(writing.session, liaisons, on=writing.as_of).items():
        writing.findings.warn(
            PAIRINGS.file, None, "pairings.liaison_has_too_many", person=person, count=count, most=most
        )


def write_campaigns(writing: Writing, rows: Sequence[CheckedRow], given: Collection[str]) -> None:
    """Campaigns with their lists. New ones are active (rule 27); for others the status stays."""
    done = _upsert(writing, "campaigns", _CAMPAIGNS, [_campaign(writing.known, row.values) for row in rows])
    by_id = {done.ids[row.values["code"]]: row.values for row in rows}
    for column, table, columns, entries_of in _lists(writing.known):
        if column in given:
            wanted = {campaign_id: entries_of(values[column]) for campaign_id, values in by_id.items()}
            _set_list(writing, table, columns, wanted, column, done)
    _raise_versions(writing, done)
    _finish(writing, "campaigns", "campaigns", done)


def _spell(told: Row) -> None:
    """Keep the name as it sounds beside a new name."""
    if "name" in told:
        told.update(spellings(told["name"]))


def _campaign(known: Known, values: Values) -> Row:
    told = _picked(values, _CAMPAIGN_AS_TOLD)
    told |= {
        "unit_id": known.id_of("units", values["unit_code"]),
        "schedule": values["schedule"].text,
        "form": values["schedule"].form,
    }
    if "team_code" in values:
        told["team_id"] = known.team(values["team_code"])
    if "skills" in values:
        told["skills"] = ";".join(values["skills"])
    if "public" in values or known.ids["campaigns"].get(values["code"]) is None:
        public = values.get("public")
        told["public"] = values["kind"] in PUBLIC_KINDS if public is None else public
    if known.ids["campaigns"].get(values["code"]) is None:
        told["status"] = CampaignStatus.ACTIVE
    return told


def _picked(values: Values, columns: Iterable[str]) -> Row:
    """The code, and of these columns those that the file has."""
    return {"code": values["code"]} | {column: values[column] for column in columns if column in values}


def _ids(writing: Writing, table: str, told: Any) -> tuple[int, ...]:  # Any: one code, some, or None
    codes = told if isinstance(told, tuple) else () if told is None else (told,)
    return writing.known.ids_of(table, codes)


# Rows by their code


def _upsert(
    writing: Writing,
    name: str,
    table: Table,
    rows: Sequence[Row],
    *,
    complete: Callable[[Row], None] | None = None,
    before_changing: Callable[[Writing, Mapping[int, Row]], None] | None = None,
) -> Upserted:
    """Make the rows whose code is new, and change those that differ. `name` is what `Known` calls the table.

    `complete` adds to a new row, or to what changes in another, the columns that follow from what is told.
    """
    ids = writing.known.ids[name]
    done = Upserted()
    # What says nothing of a first or last day has always been, and has no end.
    always: Row = {column: None for column in ("since", "until") if column in table.c}
    fresh: list[Row] = []
    others: dict[int, Row] = {}
    for row in rows:
        row_id = ids[row["code"]]
        if row_id is None:
            fresh.append(always | row)
        else:
            others[row_id] = row
    differing = _differing(writing, table, others, done, complete or _nothing)
    if before_changing and differing:
        before_changing(writing, differing)
    change_rows(writing.session, table, differing)
    for row in fresh:
        (complete or _nothing)(row)
    for some in in_batches(fresh):
        made = writing.session.execute(insert(table).returning(table.c.id, table.c.code), some)
        for row_id, code in made:
            ids[code] = row_id
            done.created.add(row_id)
    writing.journal.create(table.name, done.created)
    done.ids = {row["code"]: cast(int, ids[row["code"]]) for row in rows}
    return done


def _nothing(_told: Row) -> None:
    """Nothing follows."""


def _differing(
    writing: Writing,
    table: Table,
    rows: Mapping[int, Row],
    done: Upserted,
    complete: Callable[[Row], None],
) -> dict[int, Row]:
    """Those rows that say something else than the database, with what they say."""
    found: dict[int, Row] = {}
    for some in in_batches(list(rows)):
        for stored in writing.session.execute(select(table).where(table.c.id.in_(some))).mappings():
            row_id = stored["id"]
            said = {column: value for column, value in rows[row_id].items() if stored[column] != value}
            if said:
                found[row_id] = said
                done.changed[row_id].update(said)
                complete(said)
                writing.journal.change(table.name, row_id, {column: stored[column] for column in said})
    return found


def change_rows(session: Session, table: Table, rows: Mapping[int, Row]) -> None:
    """One statement for all rows in which the same columns change."""
    alike: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    for row_id, said in rows.items():
        alike[tuple(sorted(said))].append({"row_id": row_id} | {f"new_{c}": v for c, v in said.items()})
    for columns, some in alike.items():
        session.execute(
            update(table)
            .where(table.c.id == bindparam("row_id"))
            .values({column: bindparam(f"new_{column}", type_=table.c[column].type) for column in columns}),
            some,
            execution_options={"synchronize_session": None},
        )


def _let_go_of(writing: Writing, rows: Mapping[int, Row]) -> None:
    for tie in _ties(writing.session, list(rows)):
        writing.journal.change("ties", tie["id"], {"until": tie["until"]})
        rows[tie["id"]].setdefault("until", tie["until"])
    let_go(writing.session, list(rows))


def let_go(session: Session, ids: Sequence[int]) -> None:
    """End ties that are about to change, lest two be in force between the same people meanwhile."""
    for some in in_batches(ids):
        session.execute(update(_TIES).where(_TIES.c.id.in_(some)).values(until=_TIES.c.since))


# Dated facts


def _set_facts(
    writing: Writing, fact: ties.FactKind, wanted: ties.Wanted, column: str, done: Upserted
) -> None:
    """Let these facts be in force from the day of the import."""
    found = ties.changes(writing.session, fact, wanted, as_of=writing.as_of)
    assert not found.refused, "checked before"
    for tie in _ties(writing.session, [*found.end, *found.resume]):
        writing.journal.change("ties", tie["id"], {"until": tie["until"]})
    for tie in _ties(writing.session, found.forget):
        writing.journal.remove("ties", dict(tie))
    writing.journal.create("ties", ties.write(writing.session, fact, found, as_of=writing.as_of))
    for owner_id in found.owners - done.created:
        done.changed[owner_id].add(column)


def _ties(session: Session, ids: Sequence[int]) -> Iterator[RowMapping]:
    for some in in_batches(ids):
        yield from session.execute(select(_TIES).where(_TIES.c.id.in_(some))).mappings()


# The lists of a campaign

Entries = list[Row]
"""The rows of one campaign's list, in their order, without their ids."""


def _lists(
    known: Known,
) -> tuple[tuple[str, Table, tuple[str, ...], Callable[[Any], Entries]], ...]:  # Any: what the column holds
    """Column, table, what an entry says, and how the column's value becomes entries."""
    return (
        (
            "metrics",
            cast(Table, CampaignMetric.__table__),
            ("position", "metric_id"),
            lambda codes: [
                {"position": at, "metric_id": known.id_of("metrics", code)} for at, code in enumerate(codes)
            ],
        ),
        (
            "places_needed",
            cast(Table, Place.__table__),
            ("position", "role", "needed"),
            lambda places: [
                {"position": at, "role": role, "needed": needed}
                for at, (role, needed) in enumerate(places.items())
            ],
        ),
        (
            "beneficiaries",
            cast(Table, Beneficiary.__table__),
            ("position", "person_id", "unit_id", "team_id", "role"),
            lambda entries: [
                {"position": at} | _beneficiary(known, entry) for at, entry in enumerate(entries)
            ],
        ),
    )


def _beneficiary(known: Known, entry: BeneficiaryEntry) -> Row:
    return {
        "person_id": known.id_of("people", entry.word) if entry.of is EntryOf.PERSON else None,
        "unit_id": known.id_of("units", entry.word) if entry.of is EntryOf.UNIT else None,
        "team_id": known.id_of("teams", entry.word) if entry.of is EntryOf.TEAM else None,
        "role": entry.word if entry.of is EntryOf.ROLE else None,
    }


def _set_list(
    writing: Writing,
    table: Table,
    columns: Sequence[str],
    wanted: Mapping[int, Entries],
    column: str,
    done: Upserted,
) -> None:
    """Let the lists of these campaigns hold just these entries."""
    stored: dict[int, list[Row]] = defaultdict(list)
    for some in in_batches(list(wanted)):
        rows = select(table).where(table.c.campaign_id.in_(some)).order_by(table.c.position)
        for row in writing.session.execute(rows).mappings():
            stored[row["campaign_id"]].append(dict(row))
    differing = {
        campaign_id
        for campaign_id, entries in wanted.items()
        if [{each: row[each] for each in columns} for row in stored[campaign_id]] != entries
    }
    for ids in in_batches(sorted(differing)):
        writing.session.execute(delete(table).where(table.c.campaign_id.in_(ids)))
    for campaign_id in differing:
        for former in stored[campaign_id]:
            writing.journal.remove(table.name, former)
    fresh: list[Row] = [
        {"campaign_id": campaign_id} | entry
        for campaign_id in sorted(differing)
        for entry in wanted[campaign_id]
    ]
    for batch in in_batches(fresh):
        if "id" in table.c:
            made = writing.session.scalars(insert(table).returning(table.c.id), batch)
            writing.journal.create(table.name, made)
        else:
            writing.session.execute(insert(table), batch)
            writing.journal.create(table.name, {entry["campaign_id"] for entry in batch})
    for campaign_id in differing - done.created:
        done.changed[campaign_id].add(column)


def _raise_versions(writing: Writing, done: Upserted) -> None:
    """Who reads a campaign to change it must see that it was changed meanwhile."""
    for some in in_batches(sorted(done.changed)):
        chosen = _CAMPAIGNS.c.id.in_(some)
        former = select(_CAMPAIGNS.c.id, _CAMPAIGNS.c.version).where(chosen)
        for campaign_id, version in writing.session.execute(former):
            writing.journal.change("campaigns", campaign_id, {"version": version})
        writing.session.execute(update(_CAMPAIGNS).where(chosen).values(version=_CAMPAIGNS.c.version + 1))


# Afterwards


def _finish(writing: Writing, name: str, table: str, done: Upserted) -> None:
    """Count the rows and write the audit trail: of people only which columns changed (rule 54)."""
    count = writing.counts[name]
    count.created += len(done.created)
    count.updated += len(done.changed)
    count.unchanged += len(done.ids) - len(done.created) - len(done.changed)
    note_rows(writing, table, AuditAction.CREATED, sorted(done.created))
    note_rows(writing, table, AuditAction.CHANGED, sorted(done.changed), done.changed)


def note_rows(
    writing: Writing,
    table: str,
    action: AuditAction,
    ids: Sequence[int],
    columns: Mapping[int, Collection[str]] = MappingProxyType({}),
) -> None:
    """Write the audit trail of some rows, perhaps with the columns that changed."""
    for some in in_batches(ids):
        entries = [
            {
                "at": writing.now,
                "account_id": writing.by.account_id,
                "via": writing.by.via,
                "action": action,
                "table_name": table,
                "row_id": row_id,
                "person_id": row_id if table == "people" else None,
                "import_id": writing.import_id,
                "after": {"columns": sorted(columns[row_id])} if row_id in columns else None,
            }
            for row_id in some
        ]
        writing.session.execute(insert(_AUDIT), entries)
