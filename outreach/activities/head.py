"""What stands above every page of an activity: what it is, who goes, and how much there is on each of its pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, String, cast, func, select
from sqlalchemy.orm import Session

from models import (
    Activity,
    Attendance,
    Campaign,
    CampaignMetric,
    HeardSuggestion,
    LedgerEntry,
    Matter,
    Metric,
    Photo,
    Unit,
)
from models.base import ActivityId, PersonId
from models.enums import ActivityStatus, MatterStatus, ScheduleForm, SplitBy, VisitResult
from outreach.agenda import AgendaItem, PersonOn, activity_item
from outreach.metrics import PRESENT_STATES
from outreach.permissions import Reach


@dataclass(frozen=True, slots=True)
class ActivityHead:
    """An activity and its figures: `money` in yuan, of goods their value, what was taken back left out."""

    item: AgendaItem
    needed: dict[str, int]
    """Its places by role."""
    campaign_code: str
    subject_id: PersonId | None
    """The one whom it is for; of others the campaign says whom."""
    unit_code: str
    form: ScheduleForm
    split_by: SplitBy | None
    metrics: Sequence[str]
    """The codes of the figures that its campaign asks for, in their order."""
    version: int
    revision: int
    """How often its outcome was told; 0 while nothing was."""
    held_on: date | None
    narrative: str | None
    came: int
    seen: int
    """Of those visited, how many were found."""
    to_see: int
    """How many were visited or were to be, as told."""
    entries: int
    money: Decimal
    suggestions: int
    photos: int

    @property
    def is_planned(self) -> bool:
        return self.item.status is ActivityStatus.PLANNED

    @property
    def is_cancelled(self) -> bool:
        return self.item.status is ActivityStatus.CANCELLED


def activity_head(
    session: Session,
    activity_id: ActivityId,
    within: Reach,
    *,
    today: date,
    now: datetime,
    people: Sequence[PersonOn] | None = None,
) -> ActivityHead:
    """The head of an activity; `people` spares asking for them, where they are known. Raises NotFound."""
    item, needed, row = activity_item(
        session, activity_id, within, today=today, now=now, people=people, also=_FIGURES
    )
    return ActivityHead(
        item=item,
        needed=dict(needed),
        campaign_code=row.campaign_code,
        subject_id=row.subject_person_id,
        unit_code=row.unit_code,
        form=row.form,
        split_by=row.split_by,
        metrics=_in_order(row.metrics),
        version=row.version,
        revision=row.revision,
        held_on=row.held_on,
        narrative=row.narrative,
        came=row.came,
        seen=row.seen,
        to_see=row.to_see,
        entries=row.entries - 2 * row.taken_back,
        money=row.money or Decimal(0),
        suggestions=row.suggestions,
        photos=row.photos,
    )


def _count(*wanted: ColumnElement[bool]) -> ScalarSelect[int]:
    return select(func.count()).where(*wanted).correlate(Activity).scalar_subquery()


def _in_order(listed: str | None) -> list[str]:
    """The codes of figures, each of which came with its position."""
    placed = [each.split(_AT, 1) for each in (listed or "").split(_BETWEEN) if each]
    return [code for _, code in sorted((int(position), code) for position, code in placed)]


_AT, _BETWEEN = ":", " "
_OURS = Attendance.activity_id == Activity.id
_PAID = LedgerEntry.activity_id == Activity.id
_FIGURES: tuple[ColumnElement[Any], ...] = (  # Any: each has its own type
    Campaign.code.label("campaign_code"),
    Campaign.form.label("form"),
    Unit.code.label("unit_code"),
    select(func.aggregate_strings(cast(CampaignMetric.position, String) + _AT + Metric.code, _BETWEEN))
    .select_from(CampaignMetric)
    .join(Metric, Metric.id == CampaignMetric.metric_id)
    .where(CampaignMetric.campaign_id == Activity.campaign_id)
    .correlate(Activity)
    .scalar_subquery()
    .label("metrics"),
    Activity.version.label("version"),
    Activity.revision.label("revision"),
    Activity.held_on.label("held_on"),
    Activity.narrative.label("narrative"),
    _count(_OURS, Attendance.state.in_(PRESENT_STATES)).label("came"),
    _count(_OURS, Attendance.visit == VisitResult.SEEN).label("seen"),
    _count(_OURS, Attendance.visit.is_not(None)).label("to_see"),
    _count(_PAID).label("entries"),
    _count(_PAID, LedgerEntry.reverses_id.is_not(None)).label("taken_back"),
    select(func.sum(LedgerEntry.amount)).where(_PAID).correlate(Activity).scalar_subquery().label("money"),
    _count(
        HeardSuggestion.activity_id == Activity.id,
        Matter.id == HeardSuggestion.matter_id,
        Matter.status != MatterStatus.IN_ERROR,
    ).label("suggestions"),
    _count(Photo.activity_id == Activity.id, Photo.removed_at.is_(None)).label("photos"),
)
