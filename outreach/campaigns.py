"""Campaigns 活动计划: drafting, activating, changing, pausing and ending them. Their dates follow at once."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from types import MappingProxyType
from typing import Any, Final, TypedDict, cast
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    String,
    case,
    delete,
    insert,
    literal,
    select,
    type_coerce,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute, Session

from calendars.schedules import parse_schedule, write_schedule
from models import Beneficiary, Campaign, CampaignMetric, Metric, Person, Place, Team, Unit
from models.base import CampaignId, PersonId, TeamId, UnitId
from models.enums import AuditAction, CampaignStatus, OnHoliday, PersonRole, ScheduleForm, SplitBy
from outreach import feed_versions, metrics, organisation, people, previews
from outreach.audit import note
from outreach.beneficiaries import ListEntry
from outreach.campaign_kinds import KINDS, own_kinds
from outreach.errors import Conflict, Fault, Invalid, NotFound, Stale
from outreach.fields import BeneficiaryEntry, EntryOf, beneficiary, is_code
from outreach.holidays import workdays
from outreach.permissions import EVERYWHERE, Actor, Deed, Reach, expect, expect_somewhere, seen
from outreach.planning import horizon_end, place_changed, plan

PUBLIC_KINDS: Final = frozenset({"culture", "community"})
"""Campaigns of these kinds are public unless told otherwise."""

STEPS: Final[Mapping[CampaignStatus, frozenset[CampaignStatus]]] = MappingProxyType(
    {
        CampaignStatus.DRAFT: frozenset({CampaignStatus.ACTIVE, CampaignStatus.ENDED}),
        CampaignStatus.ACTIVE: frozenset({CampaignStatus.PAUSED, CampaignStatus.ENDED}),
        CampaignStatus.PAUSED: frozenset({CampaignStatus.ACTIVE, CampaignStatus.ENDED}),
        # Ended by mistake: taken up again, and its dates come back.
        CampaignStatus.ENDED: frozenset({CampaignStatus.ACTIVE}),
    }
)
"""From each status, those that may follow it."""


class CampaignColumns(TypedDict, total=False):
    """The columns of a campaign; those left out stay as they were, None empties one."""

    code: str
    name: str
    kind: str
    unit_code: str
    status: CampaignStatus
    schedule: str
    starts_on: date
    ends_on: date
    team_code: str | None
    start_time: time | None
    duration_minutes: int | None
    place: str | None
    places_needed: Mapping[str, int] | None
    skills: Sequence[str]
    split_by: SplitBy | None
    public: bool | None
    on_holiday: OnHoliday | None
    beneficiaries: Sequence[str]
    metrics: Sequence[str]
    notes: str | None


@dataclass(frozen=True, slots=True)
class CampaignView:
    """A campaign as it stands. `version` rises with every change."""

    id: CampaignId
    code: str
    name: str
    kind: str
    unit_id: UnitId
    unit_code: str
    unit_name: str
    status: CampaignStatus
    schedule: str
    starts_on: date
    ends_on: date
    team_id: TeamId | None
    team_code: str | None
    team_name: str | None
    start_time: time | None
    duration_minutes: int | None
    place: str | None
    places_needed: Mapping[str, int]
    skills: Sequence[str]
    split_by: SplitBy | None
    public: bool
    on_holiday: OnHoliday
    beneficiaries: Sequence[str]
    metrics: Sequence[str]
    notes: str | None
    version: int


@dataclass(frozen=True, slots=True)
class CampaignsAsked:
    """Which campaigns a list is about; None asks for all."""

    unit_code: str | None = None
    """Those of this unit and below it."""
    team_code: str | None = None
    kind: str | None = None
    status: CampaignStatus | None = None
    words: str | None = None


_PLANNED_BY: Final = frozenset(
    {
        "status",
        "unit_code",
        "team_code",
        "schedule",
        "starts_on",
        "ends_on",
        "start_time",
        "duration_minutes",
        "split_by",
        "on_holiday",
        "beneficiaries",
    }
)
"""The columns from which a campaign's dates follow."""

_AS_TOLD: Final = (
    "name",
    "kind",
    "schedule",
    "starts_on",
    "ends_on",
    "start_time",
    "duration_minutes",
    "place",
    "split_by",
    "notes",
)


# Asking


def known_kinds(session: Session) -> frozenset[str]:
    """The kinds a campaign may have: the program's own, and those that the office has added in its settings."""
    return frozenset(KINDS) | {kind.code for kind in own_kinds(session)}


def campaigns(
    session: Session, asked: CampaignsAsked, *, within: Reach, today: date, after: int = 0, limit: int
) -> Sequence[CampaignView]:
    """Campaigns in the order of their ids, after one; raises NotFound for a unit or team that is not seen."""
    query = (
        _shown().where(Campaign.id > after, within.of(Campaign.unit_id)).order_by(Campaign.id).limit(limit)
    )
    if asked.unit_code is not None:
        units = organisation.reach_of_unit(session, asked.unit_code, within=within, today=today)
        query = query.where(units.of(Campaign.unit_id))
    if asked.team_code is not None:
        query = query.where(
            Campaign.team_id == organisation.team_id_of(session, asked.team_code, within=within)
        )
    if asked.kind is not None:
        query = query.where(Campaign.kind == asked.kind)
    if asked.status is not None:
        query = query.where(Campaign.status == asked.status)
    if asked.words is not None:
        query = query.where(
            Campaign.name.contains(asked.words, autoescape=True) | (Campaign.code == asked.words)
        )
    return _views(session, session.execute(query).all())


def campaign(session: Session, code: str, *, within: Reach) -> CampaignView:
    """One campaign; raises NotFound for one that is unknown or out of reach."""
    query = _shown().where(Campaign.code == code, within.of(Campaign.unit_id))
    found = session.execute(query).all() if is_code(code) else []
    if not found:
        raise NotFound
    return _views(session, found)[0]


def find_campaigns(session: Session, codes: Iterable[str], *, within: Reach) -> dict[str, CampaignId]:
    """The ids of those codes that are known within a reach; the rest has no entry."""
    asked = sorted({code for code in codes if is_code(code)})
    query = select(Campaign.code, Campaign.id).where(Campaign.code.in_(asked), within.of(Campaign.unit_id))
    return dict(session.execute(query).all())


def codes_of(session: Session, campaign_ids: Iterable[CampaignId]) -> dict[CampaignId, str]:
    """The code of each campaign."""
    return dict(
        session.execute(select(Campaign.id, Campaign.code).where(Campaign.id.in_(set(campaign_ids)))).all()
    )


def campaign_id_of(session: Session, code: str, *, within: Reach) -> CampaignId:
    """The campaign of a code in a path or query; raises NotFound for one that is unknown or out of reach."""
    return _campaign_of(session, code, within=within).id


def preview(
    session: Session, columns: CampaignColumns, *, by: Actor, today: date, zone: ZoneInfo
) -> previews.Preview:
    """The dates a campaign of these columns would have, and its conflicts; nothing is stored.

    With the code of a campaign that is there it is seen as a change of that one. Raises Invalid with every fault,
    Forbidden for those who could not make it.
    """
    within = seen(session, by, on=today)
    faults: list[Fault] = []
    unit_id, team_id = _unit_and_team(session, columns, within=within, faults=faults)
    if unit_id is not None:
        expect(session, by, Deed.PLAN, unit_id, on=today)
    else:
        expect_somewhere(by, Deed.PLAN)
    known = _known(session, columns.get("code"), within=within)
    entries = _entries(
        session,
        columns.get("beneficiaries", ()),
        within=within,
        today=today,
        faults=faults,
        present=() if known is None else known.beneficiaries,
    )
    if columns["starts_on"] > columns["ends_on"]:
        faults.append(Fault("ends_on", "errors.ends_before_it_starts"))
    if faults:
        raise Invalid(faults)
    draft = previews.Draft(
        schedule=parse_schedule(columns["schedule"]),
        starts_on=columns["starts_on"],
        ends_on=columns["ends_on"],
        on_holiday=columns.get("on_holiday") or OnHoliday.KEEP,
        kind=columns.get("kind") or "other",
        unit_id=unit_id,
        team_id=team_id,
        start_time=columns.get("start_time"),
        duration_minutes=columns.get("duration_minutes"),
        split_by=columns.get("split_by"),
        beneficiaries=tuple(entries),
        campaign_id=None if known is None else known.id,
        name=columns.get("name") or "",
    )
    return previews.preview(session, draft, today=today, zone=zone, workdays=workdays(session))


def _known(session: Session, code: str | None, *, within: Reach) -> CampaignView | None:
    """The campaign that a preview is a change of; None for one that is not there yet."""
    if code is None:
        return None
    try:
        return campaign(session, code, within=within)
    except NotFound:
        return None


# Changing


def draft_campaign(
    session: Session, columns: CampaignColumns, *, by: Actor, today: date, now: datetime, zone: ZoneInfo
) -> CampaignView:
    """Add a campaign, as a draft unless another status is told; an active one is planned at once.

    Raises Conflict for a code that is taken, Invalid with every fault, Forbidden.
    """
    within = seen(session, by, on=today)
    unit_id = organisation.unit_told(session, columns["unit_code"], "unit_code", within=within, on=today)
    expect(session, by, Deed.PLAN, unit_id, on=today)
    if session.scalar(select(Campaign.id).where(Campaign.code == columns["code"])) is not None:
        raise Conflict("errors.code_taken", code=columns["code"])
    drafted = Campaign(
        code=columns["code"],
        unit_id=unit_id,
        status=columns.get("status", CampaignStatus.DRAFT),
        public=columns["kind"] in PUBLIC_KINDS,
    )
    faults: list[Fault] = []
    refers = _read(session, columns, within=within, today=today, faults=faults)
    if columns["starts_on"] > columns["ends_on"]:
        faults.append(Fault("ends_on", "errors.ends_before_it_starts"))
    if faults:
        raise Invalid(faults)
    _tell(drafted, columns, refers)
    session.add(drafted)
    session.flush()
    refers.lists.write(session, drafted.id)
    note(session, by, AuditAction.CREATED, "campaigns", drafted.id, now=now, after=_told(columns))
    if drafted.status is CampaignStatus.ACTIVE:
        _plan(session, drafted.id, by=by, today=today, now=now, zone=zone)
    return _view(session, drafted.id)


def change_campaign(
    session: Session,
    code: str,
    columns: CampaignColumns,
    *,
    by: Actor,
    today: date,
    now: datetime,
    zone: ZoneInfo,
    version: int | None = None,
) -> CampaignView:
    """Change a campaign; what nobody touched of its plan follows at once, what people made theirs stays.

    Raises NotFound, Forbidden, Invalid with every fault, Conflict for a status that cannot follow the present one, and
    Stale when it has another version than the change was made from.
    """
    within = seen(session, by, on=today)
    changed = session.get_one(
        Campaign, campaign_id_of(session, code, within=within), with_for_update=True, populate_existing=True
    )
    expect(session, by, Deed.PLAN, changed.unit_id, on=today)
    if version is not None and version != changed.version:
        raise Stale
    before = _view(session, changed.id)
    status = columns.get("status", changed.status)
    expect_step(changed.status, status)
    faults: list[Fault] = []
    refers = _read(session, columns, within=within, today=today, faults=faults, present=before.beneficiaries)
    if columns.get("starts_on", changed.starts_on) > columns.get("ends_on", changed.ends_on):
        faults.append(Fault("ends_on", "errors.ends_before_it_starts"))
    if faults:
        raise Invalid(faults)
    if refers.unit_id is not None:
        expect(session, by, Deed.PLAN, refers.unit_id, on=today)
    _tell(changed, columns, refers)
    changed.status = status
    session.flush()
    refers.lists.write(session, changed.id)
    after = _view(session, changed.id)
    differing = {name for name in columns if getattr(before, name) != getattr(after, name)}
    if not differing:
        return after
    changed.version += 1
    session.flush()
    told = _told(columns)
    past = {name: _plain(getattr(before, name)) for name in told}
    note(session, by, AuditAction.CHANGED, "campaigns", changed.id, now=now, before=past, after=told)
    if "place" in differing:
        place_changed(session, changed.id, was=before.place, today=today, now=now)
    if differing & _PLANNED_BY:
        _plan(session, changed.id, by=by, today=today, now=now, zone=zone)
    feed_versions.everything_changed(session, now=now)
    return campaign(session, code, within=EVERYWHERE)


def expect_step(present: CampaignStatus, status: CampaignStatus) -> None:
    """Raise Conflict for a status that cannot follow the present one."""
    if status is not present and status not in STEPS[present]:
        raise Conflict("errors.campaign_status_step", before=present.value, after=status.value)


@dataclass(frozen=True, slots=True)
class _Lists:
    """What stands in tables of its own; None is a list that stays as it is."""

    entries: Sequence[ListEntry] | None
    metric_ids: Sequence[int] | None
    places: Mapping[str, int] | None

    def write(self, session: Session, campaign_id: CampaignId) -> None:
        if self.entries is not None:
            session.execute(delete(Beneficiary).where(Beneficiary.campaign_id == campaign_id))
            _insert(
                session,
                Beneficiary,
                [
                    {
                        "campaign_id": campaign_id,
                        "position": position,
                        "person_id": entry.person_id,
                        "unit_id": entry.unit_id,
                        "team_id": entry.team_id,
                        "role": entry.role,
                    }
                    for position, entry in enumerate(self.entries)
                ],
            )
        if self.metric_ids is not None:
            session.execute(delete(CampaignMetric).where(CampaignMetric.campaign_id == campaign_id))
            _insert(
                session,
                CampaignMetric,
                [
                    {"campaign_id": campaign_id, "metric_id": metric_id, "position": position}
                    for position, metric_id in enumerate(self.metric_ids)
                ],
            )
        if self.places is not None:
            session.execute(delete(Place).where(Place.campaign_id == campaign_id))
            _insert(
                session,
                Place,
                [
                    {"campaign_id": campaign_id, "role": role, "needed": needed, "position": position}
                    for position, (role, needed) in enumerate(self.places.items())
                ],
            )


def _insert(
    session: Session,
    table: type[Beneficiary | CampaignMetric | Place],
    rows: Sequence[Mapping[str, object]],
) -> None:
    if rows:
        session.execute(insert(table), rows)


@dataclass(frozen=True, slots=True)
class _Refers:
    """What the columns refer to, in ids: None for what was not told."""

    unit_id: UnitId | None
    team_id: TeamId | None
    lists: _Lists


def _read(
    session: Session,
    columns: CampaignColumns,
    *,
    within: Reach,
    today: date,
    faults: list[Fault],
    present: Iterable[str] = (),
) -> _Refers:
    """Find what the columns refer to, within what the actor sees; what is not found goes on the list of faults."""
    unit_id, team_id = _unit_and_team(session, columns, within=within, faults=faults)
    if "kind" in columns and columns["kind"] not in known_kinds(session):
        faults.append(Fault("kind", "errors.campaign_kind_unknown", {"kind": columns["kind"]}))
    entries = metric_ids = places = None
    if "beneficiaries" in columns:
        told = columns["beneficiaries"] or ()
        entries = _entries(session, told, within=within, today=today, faults=faults, present=present)
    if "metrics" in columns:
        metric_ids = _metric_ids(session, columns["metrics"] or (), faults)
    if "places_needed" in columns:
        places = columns["places_needed"] or {}
    return _Refers(unit_id, team_id, _Lists(entries, metric_ids, places))


def _tell(told: Campaign, columns: CampaignColumns, refers: _Refers) -> None:
    """Set the columns that stand in the campaign's own row."""
    for name in _AS_TOLD:
        if name in columns:
            value = columns[name]
            setattr(told, name, None if value == "" else value)
    if "schedule" in columns:
        told.form = _form(columns["schedule"])
    if refers.unit_id is not None:
        told.unit_id = refers.unit_id
    if "team_code" in columns:
        told.team_id = refers.team_id
    if "skills" in columns:
        told.skills = ";".join(columns["skills"] or ())
    if "public" in columns:
        public = columns["public"]
        told.public = told.kind in PUBLIC_KINDS if public is None else public
    if "on_holiday" in columns:
        told.on_holiday = columns["on_holiday"] or OnHoliday.KEEP


def _form(schedule: str) -> ScheduleForm:
    """The first word of a schedule, in its normal spelling."""
    return ScheduleForm(write_schedule(parse_schedule(schedule)).partition(":")[0])


def _unit_and_team(
    session: Session, columns: CampaignColumns, *, within: Reach, faults: list[Fault]
) -> tuple[UnitId | None, TeamId | None]:
    unit_code, team_code = columns.get("unit_code"), columns.get("team_code")
    units = organisation.find_units(session, [unit_code], within=within) if unit_code else {}
    teams = organisation.find_teams(session, [team_code], within=within) if team_code else {}
    if unit_code and unit_code not in units:
        faults.append(Fault("unit_code", "errors.no_such_unit", {"code": unit_code}))
    if team_code and team_code not in teams:
        faults.append(Fault("team_code", "errors.no_such_team", {"code": team_code}))
    return units.get(unit_code or ""), teams.get(team_code or "")


def _entries(
    session: Session,
    told: Sequence[str],
    *,
    within: Reach,
    today: date,
    faults: list[Fault],
    present: Iterable[str] = (),
) -> list[ListEntry]:
    """The list in ids. What stands on it already may stay, though the actor does not see it."""
    entries = [beneficiary(text) for text in told]
    staying = set(present)
    seen_ids = _ids_of(session, entries, within=within, today=today)
    other_ids = _ids_of(session, [e for e in entries if str(e) in staying], within=EVERYWHERE, today=today)
    found: list[ListEntry] = []
    for place, entry in enumerate(entries):
        if entry.of is EntryOf.ROLE:
            found.append(ListEntry(role=PersonRole(entry.word)))
            continue
        row_id = seen_ids[entry.of].get(entry.word) or other_ids[entry.of].get(entry.word)
        if row_id is None:
            faults.append(Fault(f"beneficiaries.{place}", f"errors.no_such_{entry.of}", {"code": entry.word}))
        elif entry.of is EntryOf.PERSON:
            found.append(ListEntry(person_id=PersonId(row_id)))
        elif entry.of is EntryOf.UNIT:
            found.append(ListEntry(unit_id=UnitId(row_id)))
        else:
            found.append(ListEntry(team_id=TeamId(row_id)))
    return found


def _ids_of(
    session: Session, entries: Sequence[BeneficiaryEntry], *, within: Reach, today: date
) -> dict[EntryOf, dict[str, int]]:
    words: dict[EntryOf, list[str]] = defaultdict(list)
    for entry in entries:
        words[entry.of].append(entry.word)
    found: dict[EntryOf, dict[str, int]] = {of: {} for of in EntryOf}
    if codes := words[EntryOf.PERSON]:
        known = people.find_people(session, codes, within=within, today=today)
        found[EntryOf.PERSON] = cast(dict[str, int], known)
    if codes := words[EntryOf.UNIT]:
        found[EntryOf.UNIT] = cast(dict[str, int], organisation.find_units(session, codes, within=within))
    if codes := words[EntryOf.TEAM]:
        found[EntryOf.TEAM] = cast(dict[str, int], organisation.find_teams(session, codes, within=within))
    return found


def _metric_ids(session: Session, codes: Sequence[str], faults: list[Fault]) -> list[int]:
    known = metrics.metric_ids(session)
    faults += [
        Fault(f"metrics.{place}", "errors.no_such_metric", {"code": code})
        for place, code in enumerate(codes)
        if code not in known
    ]
    return [known[code] for code in codes if code in known]


def _plan(
    session: Session, campaign_id: CampaignId, *, by: Actor, today: date, now: datetime, zone: ZoneInfo
) -> None:
    plan(
        session,
        today=today,
        through=horizon_end(today),
        zone=zone,
        workdays=workdays(session),
        by=by,
        now=now,
        campaign_ids=[campaign_id],
        seek_conflicts=False,
    )


def _campaign_of(session: Session, code: str, *, within: Reach) -> Campaign:
    query = select(Campaign).where(Campaign.code == code, within.of(Campaign.unit_id))
    found = session.scalar(query) if is_code(code) else None
    if found is None:
        raise NotFound
    return found


def _told(columns: CampaignColumns) -> dict[str, object]:
    return {name: _plain(value) for name, value in columns.items()}


def _plain(value: object) -> object:
    """As JSON keeps it."""
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, tuple):
        return list(value)
    return dict(value) if isinstance(value, Mapping) else value


def _shown() -> Select[Campaign, str, str, str, str]:
    """Campaigns with code and name of their unit and team."""
    return (
        select(Campaign, Unit.code, Unit.name, Team.code, Team.name)
        .join(Unit, Unit.id == Campaign.unit_id)
        .outerjoin(Team, Team.id == Campaign.team_id)
    )


def _view(session: Session, campaign_id: CampaignId) -> CampaignView:
    return _views(session, session.execute(_shown().where(Campaign.id == campaign_id)).all())[0]


def _views(session: Session, found: Sequence[Row[Campaign, str, str, str, str]]) -> Sequence[CampaignView]:
    listed = _listed(session, [row[0].id for row in found])
    return [
        CampaignView(
            id=each.id,
            code=each.code,
            name=each.name,
            kind=each.kind,
            unit_id=each.unit_id,
            unit_code=unit_code,
            unit_name=unit_name,
            status=each.status,
            schedule=each.schedule,
            starts_on=each.starts_on,
            ends_on=each.ends_on,
            team_id=each.team_id,
            team_code=team_code,
            team_name=team_name,
            start_time=each.start_time,
            duration_minutes=each.duration_minutes,
            place=each.place,
            places_needed=dict(listed[each.id, _PLACES]),
            skills=tuple(word for word in each.skills.split(";") if word),
            split_by=each.split_by,
            public=each.public,
            on_holiday=each.on_holiday,
            beneficiaries=tuple(word for word, _ in listed[each.id, _BENEFICIARIES]),
            metrics=tuple(word for word, _ in listed[each.id, _METRICS]),
            notes=each.notes,
            version=each.version,
        )
        for each, unit_code, unit_name, team_code, team_name in found
    ]


_BENEFICIARIES, _METRICS, _PLACES = "beneficiaries", "metrics", "places"


def _listed(
    session: Session, ids: Sequence[CampaignId]
) -> Mapping[tuple[CampaignId, str], Sequence[tuple[str, int]]]:
    """What stands in the lists of campaigns, each in its order: words, and how many where people are needed."""
    if not ids:
        return {}
    entry = case(
        (Beneficiary.role.is_not(None), f"{EntryOf.ROLE}:" + type_coerce(Beneficiary.role, String)),
        (Beneficiary.unit_id.is_not(None), f"{EntryOf.UNIT}:" + Unit.code),
        (Beneficiary.team_id.is_not(None), f"{EntryOf.TEAM}:" + Team.code),
        else_=Person.code,
    )
    listed = union_all(
        _list(_BENEFICIARIES, Beneficiary, Beneficiary.id, entry)
        .outerjoin(Person, Person.id == Beneficiary.person_id)
        .outerjoin(Unit, Unit.id == Beneficiary.unit_id)
        .outerjoin(Team, Team.id == Beneficiary.team_id)
        .where(Beneficiary.campaign_id.in_(ids)),
        _list(_METRICS, CampaignMetric, CampaignMetric.metric_id, Metric.code)
        .join(Metric, Metric.id == CampaignMetric.metric_id)
        .where(CampaignMetric.campaign_id.in_(ids)),
        _list(_PLACES, Place, Place.id, Place.role, Place.needed).where(Place.campaign_id.in_(ids)),
    ).subquery()
    rows = session.execute(select(listed).order_by(listed.c.position, listed.c.row))
    found: dict[tuple[CampaignId, str], list[tuple[str, int]]] = defaultdict(list)
    for row in rows:
        found[row.campaign_id, row.of].append((row.word, row.number))
    return found


def _list(
    of: str,
    table: type[Beneficiary | CampaignMetric | Place],
    row: Any,  # Any: a column, of ids of its own type
    word: ColumnElement[Any] | InstrumentedAttribute[str],
    number: InstrumentedAttribute[int] | None = None,
) -> Select[Any]:
    return select(
        literal(of).label("of"),
        table.campaign_id.label("campaign_id"),
        table.position.label("position"),
        row.label("row"),
        word.label("word"),
        (literal(0) if number is None else number).label("number"),
    ).select_from(table)
