"""What was told, as it is shown again: the present outcome of an activity, and every telling before it. In codes."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session

from models import Campaign, Outcome, Person, Unit
from models.base import ActivityId, CampaignId, PersonId, UnitId
from models.database import in_batches
from models.enums import (
    ActivityStatus,
    AttendanceState,
    Condition,
    LedgerKind,
    OutcomeScope,
    Qualifier,
    VisitResult,
)
from outreach import ledger, matters
from outreach.metrics import definitions, dimensions_of, rounded
from outreach.outcomes.counting import Remark
from outreach.outcomes.settling import remarks_of
from outreach.outcomes.tellings import Told, from_document


@dataclass(frozen=True, slots=True)
class AttendanceView:
    person: str
    minutes: int | None
    role: str
    state: AttendanceState


@dataclass(frozen=True, slots=True)
class VisitView:
    person: str
    result: VisitResult
    condition: Condition | None
    note: str | None


@dataclass(frozen=True, slots=True)
class MeasureView:
    metric: str
    value: Decimal
    """With the metric's decimals."""
    qualifier: Qualifier
    dimensions: Mapping[str, str]
    unit_code: str


@dataclass(frozen=True, slots=True)
class PaymentView:
    paid_on: date
    kind: LedgerKind
    amount: Decimal
    qualifier: Qualifier
    person_code: str | None
    campaign_code: str | None
    unit_code: str | None
    item: str | None
    handed_by: str | None
    received_by: str | None


@dataclass(frozen=True, slots=True)
class SuggestionView:
    code: str | None
    raised_on: date
    text: str
    person_code: str | None
    unit_code: str | None
    sent_to: str | None
    sent_on: date | None
    due_on: date | None
    answered_on: date | None
    answer: str | None
    fed_back_on: date | None


@dataclass(frozen=True, slots=True)
class OutcomeView:
    """What is told of an activity, whole or in part."""

    status: ActivityStatus
    held_on: date | None
    attendance: tuple[AttendanceView, ...]
    visits: tuple[VisitView, ...]
    measures: tuple[MeasureView, ...]
    ledger: tuple[PaymentView, ...]
    suggestions: tuple[SuggestionView, ...]
    narrative: str | None


@dataclass(frozen=True, slots=True)
class PresentView:
    """The present truth of an activity after a revision, with what its teller was answered."""

    activity_id: ActivityId
    revision: int
    version: int
    outcome: OutcomeView
    remarks: tuple[Remark, ...]


@dataclass(frozen=True, slots=True)
class RevisionView:
    """One telling, and the present truth after it."""

    revision: int
    scope: OutcomeScope
    teller: str
    told_at: datetime
    told: OutcomeView
    present: OutcomeView


def present_outcome(
    session: Session, activity_id: ActivityId, *, revision: int | None = None
) -> PresentView | None:
    """The present outcome, or the one that stood after a revision; None when nothing was told (by then)."""
    tellings = _tellings(session, activity_id)
    if revision is not None:
        tellings = [telling for telling in tellings if telling.revision <= revision]
    if not tellings:
        return None
    last = tellings[-1]
    document = _present(tellings, len(tellings) - 1)
    told = from_document(document)
    view = _View(session, [told])
    return PresentView(
        activity_id=activity_id,
        revision=last.revision,
        version=document["version"],
        outcome=view.of(told),
        remarks=remarks_of(document),
    )


def revisions(session: Session, activity_id: ActivityId) -> list[RevisionView]:
    """Every telling of an activity, the first one first."""
    tellings = _tellings(session, activity_id)
    told = [from_document(telling.told) for telling in tellings]
    presents = [from_document(_present(tellings, number)) for number in range(len(tellings))]
    view = _View(session, [*told, *presents])
    return [
        RevisionView(
            revision=telling.revision,
            scope=telling.scope,
            teller=telling.teller,
            told_at=telling.told_at,
            told=view.of(said),
            present=view.of(present),
        )
        for telling, said, present in zip(tellings, told, presents, strict=True)
    ]


def _tellings(session: Session, activity_id: ActivityId) -> list[Outcome]:
    return list(
        session.scalars(select(Outcome).where(Outcome.activity_id == activity_id).order_by(Outcome.revision))
    )


def _present(tellings: Sequence[Outcome], number: int) -> Mapping[str, Any]:  # Any: JSON
    """The present after a telling. What was told at once has one, kept with the last of it."""
    return next(telling.present for telling in tellings[number:] if telling.present)


class _View:
    """Ids into codes, looked up once for all that is shown."""

    def __init__(self, session: Session, told: Iterable[Told]) -> None:
        people: set[PersonId | None] = set()
        units: set[UnitId | None] = set()
        campaigns: set[CampaignId | None] = set()
        for each in told:
            people |= {listed.person_id for listed in each.attendance}
            people |= {listed.person_id for listed in each.visits}
            units |= {value.unit_id for value in each.measures}
            for handover in each.ledger:
                people.add(handover.person_id)
                units.add(handover.unit_id)
                campaigns.add(handover.campaign_id)
            for suggestion in each.suggestions:
                people.add(suggestion.person_id)
                units.add(suggestion.unit_id)
        self._people = _codes(session, Person.id, Person.code, people)
        self._units = _codes(session, Unit.id, Unit.code, units)
        self._campaigns = _codes(session, Campaign.id, Campaign.code, campaigns)

    def of(self, told: Told) -> OutcomeView:
        return OutcomeView(
            status=told.status,
            held_on=told.held_on,
            attendance=tuple(
                AttendanceView(self._people[each.person_id], each.minutes, each.role, each.state)
                for each in told.attendance
            ),
            visits=tuple(
                VisitView(self._people[each.person_id], each.result, each.condition, each.note)
                for each in told.visits
            ),
            measures=tuple(
                MeasureView(
                    metric=each.metric,
                    value=rounded(each.value, definitions()[each.metric].decimals),
                    qualifier=each.qualifier,
                    dimensions=dimensions_of(each.combination),
                    unit_code=self._units[each.unit_id],
                )
                for each in told.measures
            ),
            ledger=tuple(self._payment(each) for each in told.ledger),
            suggestions=tuple(self._suggestion(each) for each in told.suggestions),
            narrative=told.narrative,
        )

    def _payment(self, handover: ledger.Handover) -> PaymentView:
        return PaymentView(
            paid_on=handover.paid_on,
            kind=handover.kind,
            amount=handover.amount,
            qualifier=handover.qualifier,
            person_code=self._people.get(handover.person_id),
            campaign_code=self._campaigns.get(handover.campaign_id),
            unit_code=self._units.get(handover.unit_id),
            item=handover.item,
            handed_by=handover.handed_by,
            received_by=handover.received_by,
        )

    def _suggestion(self, suggestion: matters.Suggestion) -> SuggestionView:
        return SuggestionView(
            code=suggestion.code,
            raised_on=suggestion.raised_on,
            text=suggestion.text,
            person_code=self._people.get(suggestion.person_id),
            unit_code=self._units.get(suggestion.unit_id),
            sent_to=suggestion.sent_to,
            sent_on=suggestion.sent_on,
            due_on=suggestion.due_on,
            answered_on=suggestion.answered_on,
            answer=suggestion.answer,
            fed_back_on=suggestion.fed_back_on,
        )


def _codes(
    session: Session,
    id_column: Any,  # Any: each table has ids of its own type
    code_column: InstrumentedAttribute[str],
    ids: Collection[Any],
) -> dict[Any, str]:
    found: dict[Any, str] = {}
    for some in in_batches([each for each in ids if each is not None]):
        found.update(session.execute(select(id_column, code_column).where(id_column.in_(some))).all())
    return found
