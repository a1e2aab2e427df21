"""What a change of a campaign does to its plan, known before it is kept.

The change is really made and planned, and the plan before is compared with the plan after. Whoever only wants to know
lets the transaction go again; `Effects.mark` tells whether what is kept in the end is what was shown.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import Activity, Assignment, Person, Unit
from models.base import ActivityId, CampaignId
from models.enums import TAKING_PART, ActivityStatus
from outreach.campaigns import CampaignColumns, CampaignView, campaign_id_of, change_campaign
from outreach.holidays import workdays
from outreach.permissions import Actor, seen
from outreach.planning import Conflict, ConflictKind, horizon_end, plan

_SPARED = (ConflictKind.NO_LONGER_PLANNED, ConflictKind.PLANNED_OTHERWISE)


@dataclass(frozen=True, slots=True)
class Stands:
    """A planned activity: when and where, for whom if for one person, and how many are asked to come."""

    id: ActivityId
    day: date
    starts_at: datetime | None
    ends_at: datetime | None
    unit_name: str
    subject: str | None
    people: int


@dataclass(frozen=True, slots=True)
class Moves:
    """A planned activity that comes to stand elsewhere."""

    before: Stands
    after: Stands


@dataclass(frozen=True, slots=True)
class Effects:
    """How a campaign's plan from today on changes. What people have made theirs stays, and is told in `kept`."""

    added: Sequence[Stands]
    moved: Sequence[Moves]
    gone: Sequence[Stands]
    kept: Sequence[Conflict]
    unchanged: int

    def __bool__(self) -> bool:
        """Whether anything happens to the plan, or should and does not."""
        return bool(self.added or self.moved or self.gone or self.kept)

    @property
    def mark(self) -> str:
        """A text that differs when the effects do; of what is only being tried the ids are not part of it."""
        if not self:
            return ""
        said = (
            sorted(_when(each) for each in self.added),
            sorted((each.before.id, _when(each.before), _when(each.after)) for each in self.moved),
            sorted((each.id, _when(each)) for each in self.gone),
            sorted((each.kind.value, each.activity_ids) for each in self.kept),
        )
        return hashlib.sha256(repr(said).encode()).hexdigest()[:24]


def change_with_effects(
    session: Session,
    code: str,
    columns: CampaignColumns,
    *,
    by: Actor,
    today: date,
    now: datetime,
    zone: ZoneInfo,
    version: int | None = None,
) -> tuple[CampaignView, Effects]:
    """Change a campaign as `change_campaign` does, with the same refusals, and tell what that did to its plan."""
    campaign_id = campaign_id_of(session, code, within=seen(session, by, on=today))
    before = standing(session, campaign_id, today=today)
    changed = change_campaign(session, code, columns, by=by, today=today, now=now, zone=zone, version=version)
    after = standing(session, campaign_id, today=today)
    # Planned once more nothing changes, and the planner says what it left to those who have made it theirs.
    report = plan(
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
    kept = [each for each in report.conflicts if each.kind in _SPARED]
    return changed, _compared(before, after, kept)


def standing(session: Session, campaign_id: CampaignId, *, today: date) -> Mapping[ActivityId, Stands]:
    """What is planned of a campaign from today on, by day."""
    people = (
        select(func.count())
        .where(Assignment.activity_id == Activity.id, Assignment.state.in_(TAKING_PART))
        .correlate(Activity)
        .scalar_subquery()
    )
    rows = session.execute(
        select(
            Activity.id,
            Activity.day,
            Activity.starts_at,
            Activity.ends_at,
            Unit.name,
            Person.name,
            people,
        )
        .join(Unit, Unit.id == Activity.unit_id)
        .outerjoin(Person, Person.id == Activity.subject_person_id)
        .where(
            Activity.campaign_id == campaign_id,
            Activity.day >= today,
            Activity.status == ActivityStatus.PLANNED,
        )
        .order_by(Activity.day, Activity.starts_at.nulls_first(), Activity.id)
    )
    return {row[0]: Stands(*row) for row in rows}


def _compared(
    before: Mapping[ActivityId, Stands], after: Mapping[ActivityId, Stands], kept: Sequence[Conflict]
) -> Effects:
    staying = [(before[each], after[each]) for each in before if each in after]
    moved = [Moves(was, now) for was, now in staying if _when(was) != _when(now)]
    return Effects(
        added=[stands for each, stands in after.items() if each not in before],
        moved=moved,
        gone=[stands for each, stands in before.items() if each not in after],
        kept=kept,
        unchanged=len(staying) - len(moved),
    )


def _when(stands: Stands) -> tuple[str, str, str, str, str]:
    return (
        stands.day.isoformat(),
        _instant(stands.starts_at),
        _instant(stands.ends_at),
        stands.unit_name,
        stands.subject or "",
    )


def _instant(at: datetime | None) -> str:
    return "" if at is None else at.isoformat()
