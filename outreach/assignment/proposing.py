"""Proposing people for open places: read, choose, write, all in the transaction of whoever asks for it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

from sqlalchemy import Table, insert, select, update
from sqlalchemy.orm import Session

from models import Activity, Assignment, AuditEntry
from models.base import ActivityId, AssignmentId
from models.database import hold, in_batches
from models.enums import ActivityStatus, AssignmentState, AuditAction
from outreach import notices
from outreach.assignment.board import Board, Cause
from outreach.assignment.choosing import filled_board
from outreach.assignment.gathering import Scene, gather
from outreach.assignment.reasons import reasons_for
from outreach.feed_versions import activities_changed
from outreach.house_rules import AssignmentRules, house_rules
from outreach.permissions import Actor

_ASSIGNMENTS = cast(Table, Assignment.__table__)


@dataclass(frozen=True, slots=True)
class Unfilled:
    """Places of one role that stay open, and why; `reasons.say_unfilled` says it."""

    activity_id: ActivityId
    role: str
    places: int
    cause: Cause
    count: int
    """How many people the cause keeps away."""


@dataclass(frozen=True, slots=True)
class ProposalReport:
    """What one run found open and what it filled."""

    places: int
    filled: int
    unfilled: tuple[Unfilled, ...] = ()


def window_end(session: Session, today: date) -> date:
    """The day through which people are proposed when nothing else is asked."""
    return today + timedelta(days=house_rules(session).assignment.window_days)


def hold_proposals(session: Session) -> None:
    """Let nobody else propose people until the transaction ends: two at once would ask one person to two things.

    To be called before any activity is locked, since a run holds this first and then the activities.
    """
    hold(session, "propose people")


def propose_people(
    session: Session,
    *,
    today: date,
    through: date,
    zone: ZoneInfo,
    by: Actor,
    now: datetime,
    activity_ids: Collection[ActivityId] | None = None,
) -> ProposalReport:
    """Propose people for every open place of planned activities from today through a local day, all at once.

    Whoever is counted on already stays. Who declined an activity or was withdrawn from it is not asked to it again.
    Members of a team that confirms them come without being asked. Run twice, the second run fills nothing more. With
    `activity_ids` the places of these alone.
    """
    hold_proposals(session)
    session.flush()
    _lock(session, today, through, activity_ids)
    rules = house_rules(session).assignment
    scene = gather(
        session,
        first=today,
        last=through,
        today=today,
        zone=zone,
        now=now,
        rules=rules,
        activity_ids=activity_ids,
    )
    return _propose(session, scene, rules, by, now)


def propose_next(
    session: Session,
    activity_id: ActivityId,
    role: str,
    *,
    today: date,
    zone: ZoneInfo,
    by: Actor,
    now: datetime,
) -> ProposalReport:
    """Propose the next best for one place that came free, if it is open and lies in the days that are proposed for.

    The caller holds the proposals (`hold_proposals`) and the activity.
    """
    rules = house_rules(session).assignment
    session.flush()
    scene = gather(
        session,
        first=today,
        last=today + timedelta(days=rules.window_days),
        today=today,
        zone=zone,
        now=now,
        rules=rules,
        activity_ids=[activity_id],
        only_one=role,
    )
    return _propose(session, scene, rules, by, now)


def _lock(session: Session, first: date, last: date, activity_ids: Collection[ActivityId] | None) -> None:
    """Take the activities in the order of their ids, as everybody does who takes several."""
    planned = (
        select(Activity.id)
        .where(Activity.status == ActivityStatus.PLANNED, Activity.day.between(first, last))
        .order_by(Activity.id)
        .with_for_update()
    )
    if activity_ids is None:
        session.execute(planned).all()
        return
    for some in in_batches(sorted(activity_ids)):
        session.execute(planned.where(Activity.id.in_(some))).all()


def _propose(
    session: Session, scene: Scene, rules: AssignmentRules, by: Actor, now: datetime
) -> ProposalReport:
    places = sum(sum(work.open.values()) for work in scene.works)
    if not places:
        return ProposalReport(0, 0)
    board = filled_board(scene.crowd, scene.works, scene.bookings, rules=rules)
    choice = board.choice()
    _write(session, _rows(board, scene, now), by, now)
    unfilled: list[Unfilled] = []
    for gap in choice.gaps:
        site = scene.sites[gap.activity_id]
        cause, count = site.nobody_because() if gap.cause is None else (gap.cause, gap.count)
        unfilled.append(Unfilled(gap.activity_id, gap.role, gap.places, cause, count))
    return ProposalReport(places, len(choice.picks), tuple(unfilled))


def _rows(board: Board, scene: Scene, now: datetime) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for number, work in enumerate(board.works):
        site = scene.sites[work.id]
        for bit, role in sorted(board.picks[number].items()):
            confirmed = site.confirms and site.team >> bit & 1
            rows.append(
                {
                    "activity_id": work.id,
                    "person_id": scene.crowd.volunteers[bit].id,
                    "role": role,
                    "state": AssignmentState.CONFIRMED if confirmed else AssignmentState.PROPOSED,
                    "reason": reasons_for(board, scene, site, number, role, bit),
                    "sequence": 0,
                    "changed_at": now,
                }
            )
    return rows


def _write(session: Session, rows: Sequence[Mapping[str, Any]], by: Actor, now: datetime) -> None:
    """The assignments, the stamps of their activities, the audit trail, what people are told, and new feeds."""
    if not rows:
        return
    asked: list[AssignmentId] = []
    confirmed: list[AssignmentId] = []
    for some in in_batches(rows):
        made = session.execute(
            insert(_ASSIGNMENTS).returning(
                _ASSIGNMENTS.c.id,
                _ASSIGNMENTS.c.activity_id,
                _ASSIGNMENTS.c.person_id,
                _ASSIGNMENTS.c.role,
                _ASSIGNMENTS.c.state,
            ),
            some,
        )
        entries = []
        for assignment_id, activity_id, person_id, role, state in made:
            (confirmed if state is AssignmentState.CONFIRMED else asked).append(assignment_id)
            after = {"activity_id": activity_id, "role": role, "state": state.value}
            entries.append({"row_id": assignment_id, "person_id": person_id, "after": after})
        common = {
            "at": now,
            "account_id": by.account_id,
            "via": by.via,
            "action": AuditAction.CREATED,
            "table_name": Assignment.__tablename__,
        }
        session.execute(insert(AuditEntry), [common | entry for entry in entries])
    changed = sorted({row["activity_id"] for row in rows})
    for ids in in_batches(changed):
        session.execute(
            update(Activity)
            .where(Activity.id.in_(ids))
            .values(
                version=Activity.version + 1,
                people_sequence=Activity.people_sequence + 1,
                people_changed_at=now,
            )
            .execution_options(synchronize_session=False)
        )
    # What the session holds of them is no longer so.
    session.expire_all()
    notices.people_asked(session, asked, now=now)
    notices.people_confirmed(session, confirmed, now=now)
    activities_changed(session, changed, now=now)
