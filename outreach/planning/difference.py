"""What should be against what is: a set difference by (campaign, key). Pure: others read before and write after."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from models.base import ActivityId, CampaignId, PersonId, TieId, UnitId
from models.enums import ActivityStatus, ScheduleForm
from outreach.planning.existing import Existing
from outreach.planning.wanted import Wanted

_OPEN_FORMS = (ScheduleForm.CADENCE, ScheduleForm.CASE)


class Why(StrEnum):
    """Why an activity should be no more. Stored as its reason: `planning.withdrawn_…` in the catalogues says it."""

    NOT_ACTIVE = "planning.withdrawn_not_active"
    ENDED = "planning.withdrawn_ended"
    NOT_SCHEDULED = "planning.withdrawn_not_scheduled"
    NOT_SERVED = "planning.withdrawn_not_served"
    PAIRING_ENDED = "planning.withdrawn_pairing_ended"
    CASE_CLOSED = "planning.withdrawn_case_closed"
    NOBODY_THERE = "planning.withdrawn_nobody_there"
    OTHER_VISIT = "planning.withdrawn_other_visit"
    FROZEN = "planning.withdrawn_frozen"
    """Never told apart from the others in a calendar: nobody learns of a death from one."""


@dataclass(frozen=True, slots=True)
class Spared:
    """An activity that people have made theirs and that the planner would otherwise have changed."""

    activity: Existing
    wanted: Wanted | None
    """What it would be now; None when it would be no more."""
    why: Why | None = None


@dataclass(slots=True)
class Difference:
    """What has to be written so that what is becomes what should be."""

    create: list[Wanted] = field(default_factory=list)
    restore: list[tuple[Existing, Wanted]] = field(default_factory=list)
    move: list[tuple[Existing, Wanted]] = field(default_factory=list)
    refresh: list[tuple[Existing, Wanted]] = field(default_factory=list)
    """Only where it comes from has changed, or whether it is a forecast: no calendar shows that."""
    cancel: list[tuple[Existing, Why]] = field(default_factory=list)
    release: list[Existing] = field(default_factory=list)
    """Open visits that are over: they give their key to the next one."""
    spared: list[Spared] = field(default_factory=list)
    unchanged: int = 0

    @property
    def standing(self) -> set[ActivityId]:
        """Which activities that are there have to be changed."""
        pairs = self.restore + self.move + self.refresh
        changed = {each.id for each, _ in pairs} | {each.id for each, _ in self.cancel}
        return changed | {each.id for each in self.release}

    @property
    def changes_anything(self) -> bool:
        """Whether there is anything to write."""
        return bool(self.create or self.standing)


def difference(
    wanted: Iterable[Wanted],
    existing: Sequence[Existing],
    *,
    forms: Mapping[CampaignId, ScheduleForm],
    today: date,
    through: date,
    given_up: date,
    why: Callable[[Existing], Why],
) -> Difference:
    """Compare the two sets. Nothing new is made beyond `through`; `why` says why an activity should be no more.

    An open visit that people were asked to and of which nothing is known waits for its record, until its day is before
    `given_up`: then it is missed, and the next one is due. One that nobody was asked to is simply still to be made: it
    moves on to today.
    """
    return _Comparison(existing, forms, today, through, given_up).with_wanted(wanted, why)


class _Comparison:
    """One comparison under way."""

    def __init__(
        self,
        existing: Sequence[Existing],
        forms: Mapping[CampaignId, ScheduleForm],
        today: date,
        through: date,
        given_up: date,
    ) -> None:
        self.result = Difference()
        self._forms = forms
        self._today, self._through, self._given_up = today, through, given_up
        self._left = {(each.campaign_id, each.key): each for each in existing if each.key is not None}
        self._other_visits = {_subject(each) for each in existing if self._is_other_visit(each)}
        self._recorded = {_occasion(each) for each in existing if each.key is None and each.revision > 0}
        self._superseded: set[tuple[CampaignId, str | None]] = set()

    def with_wanted(self, wanted: Iterable[Wanted], why: Callable[[Existing], Why]) -> Difference:
        for each in wanted:
            if self._is_visited_otherwise(each):
                self._superseded.add((each.campaign_id, each.key))
                continue
            standing = self._left.pop((each.campaign_id, each.key), None)
            if standing is None:
                self._create(each)
            else:
                self._settle(standing, each)
        for gone in self._left.values():
            superseded = (gone.campaign_id, gone.key) in self._superseded
            self._withdraw(gone, Why.OTHER_VISIT if superseded else why(gone))
        return self.result

    def _create(self, wanted: Wanted) -> None:
        # What was held today without a plan is what the schedule asks for today.
        if wanted.day <= self._through and _occasion(wanted) not in self._recorded:
            self.result.create.append(wanted)

    def _settle(self, standing: Existing, wanted: Wanted) -> None:
        if self._is_over(standing):
            self.result.release.append(standing)
            self._create(wanted)
        elif standing.withdrawn:
            if wanted.day <= self._through:
                self.result.restore.append((standing, wanted))
        elif standing.status is ActivityStatus.PLANNED and not standing.by_hand:
            self._adjust(standing, wanted)
        else:
            self.result.unchanged += 1

    def _adjust(self, standing: Existing, wanted: Wanted) -> None:
        """Bring an activity that is planned, and that nobody moved, to where it should be."""
        past = standing.day < self._today
        if past and (standing.people > 0 or not self._is_open(standing.campaign_id)):
            self.result.unchanged += 1
        elif _shown(standing) == _shown(wanted):
            self.result.unchanged += 1
            if _origin(standing) != _origin(wanted):
                self.result.refresh.append((standing, wanted))
        elif standing.touched:
            self.result.unchanged += 1
            self.result.spared.append(Spared(standing, wanted))
        else:
            self.result.move.append((standing, wanted))

    def _withdraw(self, standing: Existing, why: Why) -> None:
        if standing.status is not ActivityStatus.PLANNED or standing.day < self._today:
            return
        if standing.touched:
            self.result.unchanged += 1
            self.result.spared.append(Spared(standing, None, why))
        else:
            self.result.cancel.append((standing, why))

    def _is_over(self, standing: Existing) -> bool:
        """Whether an open visit has had its day, so that the next one is due."""
        if not self._is_open(standing.campaign_id):
            return False
        match standing.status:
            case ActivityStatus.HELD | ActivityStatus.PARTLY:
                return self._forms[standing.campaign_id] is ScheduleForm.CADENCE
            case ActivityStatus.MISSED:
                return True
            case ActivityStatus.CANCELLED:
                # What somebody called off stands until its day is over; then the visit is owed again.
                return not standing.withdrawn and standing.day < self._today
            case ActivityStatus.PLANNED:
                return (standing.people > 0 or standing.by_hand) and standing.day < self._given_up

    def _is_visited_otherwise(self, wanted: Wanted) -> bool:
        """Whether somebody made a visit of the same subject: there is never a second one beside it (rule 19)."""
        if not self._is_open(wanted.campaign_id):
            return False
        by_person = (wanted.campaign_id, wanted.subject_person_id, None, None)
        return not self._other_visits.isdisjoint((_subject(wanted), by_person))

    def _is_other_visit(self, activity: Existing) -> bool:
        """Whether it is an open visit made by somebody, beside the one that the planner keeps."""
        return (
            self._is_open(activity.campaign_id)
            and (activity.key is None or "@" in activity.key)
            and activity.status is ActivityStatus.PLANNED
            and activity.day >= self._today
            and (activity.subject_person_id is not None or activity.pairing_id is not None)
        )

    def _is_open(self, campaign_id: CampaignId) -> bool:
        return self._forms[campaign_id] in _OPEN_FORMS


def _subject(activity: Existing | Wanted) -> tuple[object, ...]:
    return (activity.campaign_id, activity.subject_person_id, activity.pairing_id, activity.matter_id)


def _occasion(activity: Existing | Wanted) -> tuple[CampaignId, date, UnitId, PersonId | None, TieId | None]:
    return (
        activity.campaign_id,
        activity.day,
        activity.unit_id,
        activity.subject_person_id,
        activity.pairing_id,
    )


def _shown(activity: Existing | Wanted) -> tuple[object, ...]:
    """What a calendar shows of it."""
    return (activity.unit_id, activity.day, activity.last_day, activity.starts_at, activity.ends_at)


def _origin(activity: Existing | Wanted) -> tuple[object, ...]:
    return (activity.nominal_on, activity.forecast, activity.subject_person_id)
