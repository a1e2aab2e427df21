"""The fold of tellings into the present: pure, and for figures the same in whatever order reporters speak."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.base import PersonId, UnitId
from models.enums import (
    ActivityStatus,
    AttendanceState,
    Condition,
    LedgerKind,
    OutcomeScope,
    Qualifier,
    VisitResult,
)
from outreach.ledger import Handover
from outreach.matters import Suggestion
from outreach.outcomes.tellings import (
    Attendee,
    Spoken,
    Told,
    Value,
    Visit,
    fold,
    from_document,
    join,
    to_document,
)

HELD, PARTLY, CANCELLED = ActivityStatus.HELD, ActivityStatus.PARTLY, ActivityStatus.CANCELLED
WHOLE, PART = OutcomeScope.WHOLE, OutcomeScope.PART
BJ, X1 = UnitId(1), UnitId(2)
CODES = ["materials.issued", "study.participants", "rural.beneficiaries", "incidents.count"]

values = st.builds(
    Value,
    metric=st.sampled_from(CODES),
    unit_id=st.sampled_from([BJ, X1]),
    value=st.integers(0, 9).map(Decimal),
    qualifier=st.sampled_from(Qualifier),
    combination=st.sampled_from(["", "kind=card"]),
)
attendees = st.builds(
    Attendee,
    person_id=st.integers(1, 4).map(PersonId),
    unit_id=st.sampled_from([BJ, X1]),
    minutes=st.none() | st.integers(0, 90),
    state=st.sampled_from(AttendanceState),
)
visits = st.builds(
    Visit,
    person_id=st.integers(1, 4).map(PersonId),
    unit_id=st.just(BJ),
    result=st.sampled_from(VisitResult),
    condition=st.none() | st.sampled_from(Condition),
    note=st.none() | st.text(max_size=5),
)
accounts = st.builds(
    Told,
    status=st.sampled_from([HELD, PARTLY, CANCELLED]),
    held_on=st.none() | st.dates(date(2026, 9, 1), date(2026, 9, 3)),
    units=st.lists(st.sampled_from([BJ, X1]), unique=True).map(tuple),
    attendance=st.lists(attendees, max_size=4, unique_by=lambda each: each.person_id).map(tuple),
    visits=st.lists(visits, max_size=3, unique_by=lambda each: each.person_id).map(tuple),
    measures=st.lists(values, max_size=4).map(tuple),
    narrative=st.none() | st.text(min_size=1, max_size=5),
)
parts = st.lists(st.tuples(st.sampled_from("abc"), accounts), min_size=1, max_size=6)


def part(speaker: str, told: Told) -> Spoken:
    return Spoken(PART, speaker, told)


def whole(told: Told) -> Spoken:
    return Spoken(WHOLE, "a", told)


def told(*measures: Value, status: ActivityStatus = HELD) -> Told:
    return Told(status, measures=measures)


def entered(metric: str, value: int, qualifier: Qualifier = Qualifier.EXACT) -> Value:
    return Value(metric, BJ, Decimal(value), qualifier)


def figures(present: Told) -> set[Value]:
    return set(present.measures)


@given(accounts)
def test_what_is_told_survives_being_kept_as_a_document(account: Told) -> None:
    assert from_document(to_document(account)) == account


def test_money_and_suggestions_survive_being_kept_too() -> None:
    account = Told(
        HELD,
        ledger=(Handover(date(2026, 9, 1), LedgerKind.CASH, Decimal("200.50"), unit_id=BJ),),
        suggestions=(Suggestion("修路灯", date(2026, 9, 1), code="Y1", unit_id=BJ),),
    )
    assert from_document(to_document(account)) == account


@given(parts, st.randoms(use_true_random=False))
def test_the_order_of_reporters_does_not_matter_to_figures_and_status(
    spoken: Sequence[tuple[str, Told]], chance: object
) -> None:
    tellings = [part(speaker, account) for speaker, account in spoken]
    last_of_each = list({telling.speaker: telling for telling in tellings}.values())
    chance.shuffle(last_of_each)  # type: ignore[attr-defined]
    assert figures(fold(tellings)) == figures(fold(last_of_each))
    assert fold(tellings).status is fold(last_of_each).status


@given(parts)
def test_a_part_told_twice_adds_nothing(spoken: Sequence[tuple[str, Told]]) -> None:
    tellings = [part(speaker, account) for speaker, account in spoken]
    assert figures(fold([*tellings, tellings[-1]])) == figures(fold(tellings))


@given(parts, accounts)
def test_a_whole_takes_the_place_of_everything_before_it(
    spoken: Sequence[tuple[str, Told]], account: Told
) -> None:
    tellings = [part(speaker, each) for speaker, each in spoken]
    assert fold([*tellings, whole(account)]) == fold([whole(account)])


@given(accounts, accounts, accounts)
def test_joining_is_the_same_however_it_is_bracketed(one: Told, two: Told, three: Told) -> None:
    left, right = join(join(one, two), three), join(one, join(two, three))
    assert figures(left) == figures(right)
    assert (left.status, left.held_on, left.attendance, left.visits, left.narrative) == (
        right.status,
        right.held_on,
        right.attendance,
        right.visits,
        right.narrative,
    )


@given(parts)
def test_a_person_is_on_each_list_once(spoken: Sequence[tuple[str, Told]]) -> None:
    present = fold([part(speaker, account) for speaker, account in spoken])
    for listed in (present.attendance, present.visits):
        people = [each.person_id for each in listed]
        assert len(people) == len(set(people))


def test_the_latest_says_how_somebody_attended_and_the_first_for_which_unit() -> None:
    early = Attendee(PersonId(1), BJ, 30, "driver", AttendanceState.AS_PLANNED)
    late = Attendee(PersonId(1), X1, 90, "any", AttendanceState.LONGER)
    present = fold([part("a", Told(HELD, attendance=(early,))), part("b", Told(HELD, attendance=(late,)))])
    assert present.attendance == (Attendee(PersonId(1), BJ, 90, "any", AttendanceState.LONGER),)


@pytest.mark.parametrize(
    ("metric", "one", "other", "sum_is"),
    [
        ("materials.issued", (40, Qualifier.EXACT), (60, Qualifier.AT_LEAST), (100, Qualifier.AT_LEAST)),
        ("materials.issued", (60, Qualifier.AT_LEAST), (20, Qualifier.ABOUT), (80, Qualifier.ABOUT)),
        ("rural.beneficiaries", (40, Qualifier.EXACT), (60, Qualifier.AT_LEAST), (100, Qualifier.ABOUT)),
        ("study.participants", (40, Qualifier.EXACT), (60, Qualifier.NEARLY), (60, Qualifier.NEARLY)),
        ("study.participants", (60, Qualifier.ABOUT), (60, Qualifier.EXACT), (60, Qualifier.ABOUT)),
        ("study.subscriptions", (403, Qualifier.EXACT), (370, Qualifier.AT_LEAST), (370, Qualifier.AT_LEAST)),
    ],
)
def test_two_entered_values_join_as_their_metric_adds(
    metric: str,
    one: tuple[int, Qualifier],
    other: tuple[int, Qualifier],
    sum_is: tuple[int, Qualifier],
) -> None:
    present = fold([part("a", told(entered(metric, *one))), part("b", told(entered(metric, *other)))])
    assert present.measures == (entered(metric, *sum_is),)


@pytest.mark.parametrize(
    ("statuses", "status"),
    [([HELD, HELD], HELD), ([HELD, PARTLY], PARTLY), ([PARTLY, CANCELLED], CANCELLED)],
)
def test_cancelled_in_any_account_cancels(statuses: list[ActivityStatus], status: ActivityStatus) -> None:
    present = fold([part(str(number), told(status=each)) for number, each in enumerate(statuses)])
    assert present.status is status


def test_a_suggestion_told_by_two_is_one_and_money_is_never_merged() -> None:
    lamp = Suggestion("修路灯", date(2026, 9, 1), code="Y1")
    cash = Handover(date(2026, 9, 1), LedgerKind.CASH, Decimal(200))
    account = Told(HELD, ledger=(cash,), suggestions=(lamp,))
    present = fold([part("a", account), part("b", account)])
    assert present.suggestions == (lamp,)
    assert present.ledger == (cash, cash)


def test_without_any_telling_there_is_no_present() -> None:
    with pytest.raises(ValueError, match="nothing was told"):
        fold([])
