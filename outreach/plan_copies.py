"""Copying a year's plan into the next: what would come of it, doing it, and taking it back while nobody touched it."""

import hashlib
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from calendars.schedules import write_schedule
from calendars.workdays import Workdays
from models import Campaign, PlanCopy
from models.base import CampaignId
from models.enums import AuditAction, CampaignStatus
from outreach.audit import note
from outreach.campaigns import CampaignColumns, campaign, change_campaign, draft_campaign
from outreach.errors import Conflict, Invalid, NotFound, Stale
from outreach.fields import LONGEST_CODE
from outreach.permissions import EVERYWHERE, Actor, Deed, Reach, expect, reach
from outreach.planning.copying import Fate, NextYear, next_year
from outreach.planning.existing import existing_activities
from outreach.planning.records import courses
from outreach.planning.wanted import Course

SHOWN: Final = 50
"""So many campaigns are looked at, and copied, at a time."""
_COPIED: Final = (CampaignStatus.ACTIVE, CampaignStatus.PAUSED)
_YEAR = re.compile(r"-\d{4}$", re.ASCII)


@dataclass(frozen=True, slots=True)
class CopyLine:
    """What copying makes of one campaign. `new_code` is that of the campaign that would be made for it."""

    campaign_id: CampaignId
    code: str
    name: str
    kind: str
    version: int
    course: Course
    next: NextYear
    new_code: str | None = None


@dataclass(frozen=True, slots=True)
class CopyProposal:
    """The campaigns of a year, some of them, with all that would be written; `facts` stands for exactly this."""

    year: int
    lines: Sequence[CopyLine]
    count: int
    facts: str

    @property
    def into(self) -> int:
        return self.year + 1


@dataclass(frozen=True, slots=True)
class Copied:
    """What was written: the copy's number, how many campaigns changed, and how many of them were made."""

    id: int
    changed: int
    made: int


@dataclass(frozen=True, slots=True)
class TakenBack:
    """How many campaigns are as they were before a copy, and how many stay since somebody has touched them."""

    year: int
    back: int
    stay: int


def copy_proposal(
    session: Session,
    within: Reach,
    year: int,
    *,
    by: Actor,
    today: date,
    workdays: Workdays,
    page: int = 1,
) -> CopyProposal:
    """What copying a year would write, of a page of its campaigns by kind and name, as far as the actor may plan.

    Drafts and ended ones stay out.
    """
    runs = (
        within.of(Campaign.unit_id),
        reach(session, by, Deed.PLAN, on=today).of(Campaign.unit_id),
        Campaign.status.in_(_COPIED),
        Campaign.starts_on <= date(year, 12, 31),
        Campaign.ends_on >= date(year, 1, 1),
    )
    count = session.scalar(select(func.count()).select_from(Campaign).where(*runs)) or 0
    rows = session.execute(
        select(Campaign.id, Campaign.code, Campaign.name, Campaign.kind, Campaign.version)
        .where(*runs)
        .order_by(Campaign.kind, Campaign.name, Campaign.id)
        .offset((page - 1) * SHOWN)
        .limit(SHOWN)
    ).all()
    readable, _ = courses(session, [row.id for row in rows])
    by_id = {each.id: each for each in readable}
    codes = {row.id: code_in(row.code, year + 1) for row in rows}
    there = _statuses(session, codes.values())
    lines: list[CopyLine] = []
    for row in rows:
        course = by_id.get(row.id)
        if course is None:
            continue
        code = codes[row.id]
        is_copied = there.get(code, CampaignStatus.ENDED) is not CampaignStatus.ENDED
        made = next_year(course, year, workdays=workdays, is_copied=is_copied)
        new_code = code if made.fate is Fate.ANEW else None
        lines.append(CopyLine(row.id, row.code, row.name, row.kind, row.version, course, made, new_code))
    return CopyProposal(year, lines, count, _facts(lines))


def code_in(code: str, year: int) -> str:
    """The code of a campaign's successor in a year: FH-2026 becomes FH-2027."""
    suffix = f"-{year}"
    return _YEAR.sub("", code)[: LONGEST_CODE - len(suffix)] + suffix


def copy_year(
    session: Session,
    within: Reach,
    year: int,
    codes: Collection[str],
    *,
    facts: str,
    page: int = 1,
    by: Actor,
    today: date,
    now: datetime,
    zone: ZoneInfo,
    workdays: Workdays,
) -> Copied:
    """Write what was proposed for the campaigns of these codes; their plan follows at once.

    Raises Stale when it would no longer be what was seen, Conflict when nothing of it is to be written, Forbidden, and
    Conflict naming the campaign that cannot be copied.
    """
    proposal = copy_proposal(session, within, year, by=by, today=today, workdays=workdays, page=page)
    if proposal.facts != facts:
        raise Stale
    chosen = [each for each in proposal.lines if each.code in set(codes) and each.next.writes]
    if not chosen:
        raise Conflict("year.nothing_to_copy")
    steps = [_copy(session, each, proposal.into, by=by, today=today, now=now, zone=zone) for each in chosen]
    kept = PlanCopy(into_year=proposal.into, by=by.name, made_at=now, steps=steps)
    session.add(kept)
    session.flush()
    told = {"into": proposal.into, "campaigns": [each.code for each in chosen]}
    note(session, by, AuditAction.CREATED, PlanCopy.__tablename__, kept.id, now=now, after=told)
    return Copied(kept.id, len(chosen), sum(each.next.fate is Fate.ANEW for each in chosen))


def take_back_copy(
    session: Session, copy_id: int, *, by: Actor, today: date, now: datetime, zone: ZoneInfo
) -> TakenBack:
    """Make campaigns again what they were before a copy, but for those that somebody has touched since.

    Raises NotFound for an unknown copy, Conflict for one that was taken back already, Forbidden.
    """
    kept = session.get(PlanCopy, copy_id, with_for_update=True, populate_existing=True)
    if kept is None:
        raise NotFound
    steps = {CampaignId(step["campaign"]): step for step in kept.steps}
    rows = session.execute(
        select(Campaign.id, Campaign.code, Campaign.unit_id, Campaign.version).where(Campaign.id.in_(steps))
    ).all()
    planned = reach(session, by, Deed.PLAN, on=today)
    for row in rows:
        if row.unit_id not in planned:
            expect(session, by, Deed.PLAN, row.unit_id, on=today)
    if kept.undone_at is not None:
        raise Conflict("year.copy_taken_back")
    touched = {
        each.campaign_id
        for each in existing_activities(session, today=today, campaign_ids=list(steps))
        if each.touched and each.day.year >= kept.into_year
    }
    back = [row for row in rows if row.id not in touched and row.version == steps[row.id]["version"]]
    for row in back:
        change_campaign(
            session,
            row.code,
            _before(steps[row.id]),
            by=by,
            today=today,
            now=now,
            zone=zone,
            version=row.version,
        )
    kept = session.get_one(PlanCopy, copy_id)
    kept.undone_at = now
    session.flush()
    note(
        session,
        by,
        AuditAction.REMOVED,
        PlanCopy.__tablename__,
        copy_id,
        now=now,
        before={"campaigns": [row.code for row in back]},
    )
    return TakenBack(kept.into_year, len(back), len(steps) - len(back))


def _copy(
    session: Session,
    line: CopyLine,
    into: int,
    *,
    by: Actor,
    today: date,
    now: datetime,
    zone: ZoneInfo,
) -> dict[str, Any]:
    """Write one campaign, and answer what is needed to take it back."""
    made = line.next
    columns: CampaignColumns = {
        "schedule": write_schedule(made.schedule),
        "starts_on": made.starts_on,
        "ends_on": made.ends_on,
    }
    try:
        if line.new_code is None:
            before = {
                "schedule": write_schedule(line.course.schedule),
                "ends_on": line.course.ends_on.isoformat(),
            }
            view = change_campaign(
                session, line.code, columns, by=by, today=today, now=now, zone=zone, version=line.version
            )
            return {"campaign": view.id, "version": view.version, "before": before}
        if _statuses(session, [line.new_code]):
            again: CampaignColumns = {**columns, "status": CampaignStatus.ACTIVE}
            view = change_campaign(session, line.new_code, again, by=by, today=today, now=now, zone=zone)
        else:
            fresh = _successor(session, line, columns, into)
            view = draft_campaign(session, fresh, by=by, today=today, now=now, zone=zone)
    except Invalid as invalid:
        fault = invalid.faults[0]
        raise Conflict("year.cannot_copy", campaign=line.name, code=fault.values.get("code", "")) from invalid
    return {"campaign": view.id, "version": view.version, "before": None}


def _successor(session: Session, line: CopyLine, columns: CampaignColumns, into: int) -> CampaignColumns:
    """The columns of the campaign that follows one in the next year."""
    assert line.new_code is not None
    view = campaign(session, line.code, within=EVERYWHERE)
    return {
        "code": line.new_code,
        "name": view.name.replace(str(into - 1), str(into)),
        "kind": view.kind,
        "unit_code": view.unit_code,
        "status": view.status,
        "team_code": view.team_code,
        "start_time": view.start_time,
        "duration_minutes": view.duration_minutes,
        "place": view.place,
        "places_needed": view.places_needed,
        "skills": view.skills,
        "split_by": view.split_by,
        "public": view.public,
        "on_holiday": view.on_holiday,
        "beneficiaries": view.beneficiaries,
        "metrics": view.metrics,
        "notes": view.notes,
        **columns,
    }


def _before(step: Mapping[str, Any]) -> CampaignColumns:
    """A campaign that was made is ended; any other gets back what it had."""
    before = step["before"]
    if before is None:
        return {"status": CampaignStatus.ENDED}
    return {"schedule": before["schedule"], "ends_on": date.fromisoformat(before["ends_on"])}


def _statuses(session: Session, codes: Iterable[str]) -> dict[str, CampaignStatus]:
    query = select(Campaign.code, Campaign.status).where(Campaign.code.in_(set(codes)))
    return dict(session.execute(query).all())


def _facts(lines: Sequence[CopyLine]) -> str:
    """A digest of all that was listed."""
    told = [
        (
            each.code,
            each.version,
            each.next.fate,
            write_schedule(each.next.schedule),
            each.next.starts_on,
            each.next.ends_on,
            each.new_code,
            [day.after and day.after.day for day in each.next.days],
        )
        for each in lines
    ]
    return hashlib.sha256(repr(told).encode()).hexdigest()
