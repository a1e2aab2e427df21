"""What was told, as it is shown again: the present outcome of an activity, and every telling before it. In codes."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import literal, select, union_all
from sqlalchemy.orm import Session

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
class Codes:
    """Codes that are known already, by id: the others are looked up."""

    people: Mapping[PersonId, str] = field(default_factory=dict)
    units: Mapping[UnitId, str] = field(default_factory=dict)
    campaigns: Mapping[CampaignId, str] = field(default_factory=dict)


_NOTHING_KNOWN = Codes()


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands of an activity after a revision, in ids."""

    activity_id: ActivityId
    revision: int
    version: int
    told: Told
    remarks: tuple[Remark, ...]

    def people(self) -> set[PersonId]:
        """Those who were there or were visited."""
        there = {each.person_id for each in self.told.attendance}
        return there | {each.person_id for each in self.told.visits}


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
    found = standing(session, activity_id, revision=revision)
    return None if found is None else in_codes(session, found)


def standing(session: Session, activity_id: ActivityId, *, revision: int | None = None) -> Standing | None:
    """As `present_outcome`, in ids."""
    tellings = _tellings(session, activity_id)
    if revision is not None:
        tellings = [telling for telling in tellings if telling.revision <= revision]
    if not tellings:
        return None
    document = _present(tellings, len(tellings) - 1)
    return Standing(
        activity_id=activity_id,
        revision=tellings[-1].revision,
        version=document["version"],
        told=from_document(document),
        remarks=remarks_of(document),
    )


def in_codes(session: Session, found: Standing, *, known: Codes = _NOTHING_KNOWN) -> PresentView:
    """The same in codes, as far as they are not `known` looked up."""
    return PresentView(
        activity_id=found.activity_id,
        revision=found.revision,
        version=found.version,
        outcome=_View(session, [found.told], known).of(found.told),
        remarks=found.remarks,
    )


def revisions(session: Session, activity_id: ActivityId) -> list[RevisionView]:
    """Every telling of an activity, the first one first."""
    tellings = _tellings(session, activity_id)
    told = [from_document(telling.told) for telling in tellings]
    presents = [from_document(_present(tellings, number)) for number in range(len(tellings))]
    view = _View(session, [*told, *presents], _NOTHING_KNOWN)
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

    def __init__(self, session: Session, told: Iterable[Told], known: Codes) -> None:
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
        wanted: list[tuple[_Coded, int]] = [
            *((Person, each) for each in people - known.people.keys() if each is not None),
            *((Unit, each) for each in units - known.units.keys() if each is not None),
            *((Campaign, each) for each in campaigns - known.campaigns.keys() if each is not None),
        ]
        codes = _codes(session, wanted)
        # Any: each has ids of its own type, or none.
        self._people: dict[Any, str] = {**known.people, **codes.get(Person, {})}
        self._units: dict[Any, str] = {**known.units, **codes.get(Unit, {})}
        self._campaigns: dict[Any, str] = {**known.campaigns, **codes.get(Campaign, {})}

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


_Coded = type[Person] | type[Unit] | type[Campaign]


def _codes(session: Session, named: Collection[tuple[_Coded, int]]) -> Mapping[_Coded, Mapping[Any, str]]:
    """The codes of people, units and campaigns, by their ids: one statement, whatever there is of each."""
    found: dict[_Coded, dict[Any, str]] = defaultdict(dict)  # Any: each table has ids of its own type
    by_name = {table.__tablename__: table for table, _ in named}
    for some in in_batches(named):
        questions = [
            select(literal(name), table.id, table.code).where(
                table.id.in_([each for of, each in some if of is table])
            )
            for name, table in by_name.items()
        ]
        for name, each, code in session.execute(union_all(*questions)):
            found[by_name[name]][each] = code
    return found
