"""What a change of a campaign does to its plan, known before it is kept.

A change is really made and planned, and the plan before is compared with the plan after; whoever only wants to know
lets the transaction go again. What a mere step to another status would do is foreseen, and nothing is written.
`Effects.mark` tells whether what is kept in the end is what was shown.
"""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import Activity, Assignment, Person, Unit
from models.base import ActivityId, CampaignId
from models.database import in_batches
from models.enums import TAKING_PART, ActivityStatus, CampaignStatus
from outreach.campaigns import CampaignColumns, CampaignView, campaign_id_of, change_campaign, expect_step
from outreach.holidays import workdays
from outreach.permissions import Actor, seen
from outreach.planning import Conflict, ConflictKind, find_conflicts, foresee, horizon_end, plan
from outreach.planning.difference import Difference
from outreach.planning.existing import Existing
from outreach.planning.wanted import Wanted

_SPARED = (ConflictKind.NO_LONGER_PLANNED, ConflictKind.PLANNED_OTHERWISE)


@dataclass(frozen=True, slots=True)
class Stands:
    """A planned activity: when and where, for whom if for one person, and how many are asked to come."""

    id: ActivityId | None
    """None of one that is only foreseen."""
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
            sorted((each.before.id or 0, _when(each.before), _when(each.after)) for each in self.moved),
            sorted((each.id or 0, _when(each)) for each in self.gone),
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
    return changed, _compared(before, after.values(), kept)


def effects_of_step(
    session: Session, view: CampaignView, status: CampaignStatus, *, today: date, zone: ZoneInfo
) -> Effects:
    """What a step of the campaign to another status would do to its plan: just what `change_with_effects` then tells.

    Raises Conflict for a status that cannot follow the present one.
    """
    expect_step(view.status, status)
    before = standing(session, view.id, today=today)
    calendar, through = workdays(session), horizon_end(today)
    foreseen = foresee(session, view.id, status, today=today, through=through, zone=zone, workdays=calendar)
    kept = find_conflicts(
        session, first=today, last=through, workdays=calendar, campaign_ids=(), spared=foreseen.spared
    )
    after = before.values() if status is view.status else _foreseen(session, before, foreseen, today)
    return _compared(before, after, kept.named)


def _foreseen(
    session: Session, before: Mapping[ActivityId, Stands], foreseen: Difference, today: date
) -> Collection[Stands]:
    """What is planned from today on when the difference is written, in the order of `standing`."""
    changed = [*foreseen.restore, *foreseen.move, *foreseen.refresh]
    wanted = [*(each for _, each in changed), *foreseen.create]
    units = _names(session, Unit, {each.unit_id for each in wanted})
    people = _names(session, Person, {each.subject_person_id for each in wanted})

    def stands(each: Wanted, standing: Existing | None) -> Stands:
        return Stands(
            id=None if standing is None else standing.id,
            day=each.day,
            starts_at=each.starts_at and each.starts_at.astimezone(UTC),
            ends_at=each.ends_at and each.ends_at.astimezone(UTC),
            unit_name=units[each.unit_id],
            subject=None if each.subject_person_id is None else people[each.subject_person_id],
            people=0 if standing is None else standing.people,
        )

    left = before.keys() - {each.id for each, _ in foreseen.cancel}
    after = {each: before[each] for each in sorted(left)}
    after |= {standing.id: stands(each, standing) for standing, each in changed}
    found = [*after.values(), *(stands(each, None) for each in foreseen.create)]
    return sorted(
        (each for each in found if each.day >= today),
        key=lambda each: (
            each.day,
            each.starts_at is not None,
            each.starts_at and each.starts_at.timestamp(),
        ),
    )


def _names(session: Session, of: type[Unit | Person], ids: Collection[int | None]) -> Mapping[int, str]:
    names: dict[int, str] = {}
    for some in in_batches({each for each in ids if each is not None}):
        names |= dict(session.execute(select(of.id, of.name).where(of.id.in_(some))).all())
    return names


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
    before: Mapping[ActivityId, Stands], after: Collection[Stands], kept: Sequence[Conflict]
) -> Effects:
    there = {each.id: each for each in after}
    staying = [(stands, there[each]) for each, stands in before.items() if each in there]
    moved = [Moves(was, now) for was, now in staying if _when(was) != _when(now)]
    return Effects(
        added=[each for each in after if each.id not in before],
        moved=moved,
        gone=[stands for each, stands in before.items() if each not in there],
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
