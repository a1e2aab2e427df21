"""Suggestions side by side: how many stand at each stage, which of them are due first, how well they are answered.

Every figure here and the list behind it come from the same conditions, so that they cannot differ.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, case, extract, func, or_, select, union_all
from sqlalchemy.orm import Session

from calendars.workdays import Workdays
from models import HeardSuggestion, Matter, Person, Unit
from models.base import ActivityId, MatterId, UnitId
from models.enums import AWAITING_ANSWER, AnswerKind, MatterFace, MatterStatus
from outreach import matters
from outreach.holidays import workdays
from outreach.house_rules import SuggestionRules, house_rules
from outreach.matters.waiting import answer_is_late
from outreach.permissions import Reach
from outreach.remembered import minute_begun, remembered
from outreach.suggestions import chased_of

RECENTLY: Final = timedelta(days=30)
"""How long those that are finished stay in sight."""
MOST_OFFICES: Final = 100
MADE_OF: Final = frozenset({"matters", "matter_steps", "people", "units"})
_DAY: Final = 86_400
_HALF_A_DAY: Final = 43_200


class Stage(StrEnum):
    """The columns of the board, in the order in which a suggestion goes through them."""

    COLLECTED = "collected"
    SENT = "sent"
    CHASED = "chased"
    ANSWERED = "answered"
    FED_BACK = "fed_back"


STATUSES: Final[Mapping[Stage, Sequence[MatterStatus]]] = {
    Stage.COLLECTED: (MatterStatus.COLLECTED,),
    Stage.SENT: (MatterStatus.SENT,),
    Stage.CHASED: (MatterStatus.CHASED,),
    Stage.ANSWERED: (MatterStatus.ANSWERED, MatterStatus.DECLINED),
    Stage.FED_BACK: (MatterStatus.FED_BACK,),
}
_STAGE_OF: Final = {status: stage for stage, statuses in STATUSES.items() for status in statuses}


class Reply(StrEnum):
    """Which answers a list asks for."""

    ADOPTED = "adopted"
    """Adopted, or adopted in part."""
    IN_TIME = "in_time"
    TOO_LATE = "too_late"


@dataclass(frozen=True, slots=True)
class Sought:
    """Which suggestions are looked for; None asks for all."""

    office: str | None = None
    person_code: str | None = None
    words: str | None = None
    """A part of what was said, or the code."""
    stage: Stage | None = None
    is_late: bool = False
    """Only those whose answer should have come by now."""
    answered_in: int | None = None
    """Answered in this year."""
    reply: Reply | None = None
    fed_back_since: date | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """A suggestion as boards and lists show it. `told` is what its author said to the answer."""

    id: MatterId
    code: str
    text: str
    raised_on: date
    person_code: str | None
    person_name: str | None
    unit_id: UnitId | None
    unit_name: str | None
    sent_to: str | None
    sent_on: date | None
    due_on: date | None
    answered_on: date | None
    answer_kind: AnswerKind | None
    fed_back_on: date | None
    status: MatterStatus
    version: int
    may_be_named: bool | None
    is_late: bool
    """Whether its answer should have come by now: as the menu and the digest count it."""
    chased: int = 0
    chased_on: date | None = None
    limit_on: date | None = None
    """Until when it should have left its stage; None where no clock runs."""

    @property
    def stage(self) -> Stage | None:
        """None for one that was recorded in error."""
        return _STAGE_OF.get(self.status)

    @property
    def since(self) -> date:
        """The day its stage began, as far as its days tell."""
        if self.fed_back_on is not None:
            return self.fed_back_on
        return self.answered_on or self.sent_on or self.raised_on


@dataclass(frozen=True, slots=True)
class Column:
    """A stage: how many there are, the first of them, and the house's time for it in working days."""

    stage: Stage
    count: int
    cards: Sequence[Card]
    workdays: int | None


@dataclass(frozen=True, slots=True)
class Board:
    """What stands where. `open` counts all that are not finished, `finished` those told back this year."""

    columns: Sequence[Column]
    open: int
    finished: int


@dataclass(frozen=True, slots=True)
class Answers:
    """How the suggestions that were answered within a year fared. Days are whole days from raising to answering."""

    count: int
    mean_days: Decimal | None
    with_limit: int
    in_time: int
    adopted: int
    untold: int
    """Of which nobody noted whether they were adopted."""


def board(
    session: Session,
    sought: Sought,
    *,
    within: Reach,
    today: date,
    now: datetime,
    zone: ZoneInfo,
    limit: int,
) -> Board:
    """The first `limit` suggestions of every stage with how many there are, as of the minute that has begun.

    Due soonest first; those told back are the latest first, and only of the last thirty days.
    """
    rules, calendar = house_rules(session).suggestions, workdays(session)
    minute = minute_begun(now)
    counts, finished, cards = remembered(
        session,
        ("suggestions", sought, within, today, minute, zone, limit),
        lambda: _standing(session, sought, within, today=today, now=minute, zone=zone, limit=limit),
        made_of=MADE_OF,
    )
    by_stage = {stage: [card for card in cards if card.stage is stage] for stage in Stage}
    return Board(
        columns=[
            Column(
                stage=stage,
                count=counts[stage],
                cards=[
                    replace(card, limit_on=_limit(card, rules, calendar))
                    for card in sorted(by_stage[stage], key=_due_soonest)
                ],
                workdays=_workdays_of(stage, rules),
            )
            for stage in Stage
        ],
        open=sum(count for stage, count in counts.items() if stage is not Stage.FED_BACK),
        finished=finished,
    )


def _standing(
    session: Session,
    sought: Sought,
    within: Reach,
    *,
    today: date,
    now: datetime,
    zone: ZoneInfo,
    limit: int,
) -> tuple[Mapping[Stage, int], int, Sequence[Card]]:
    """How many stand at each stage, how many were told back this year, and the first cards of all stages."""
    counts, finished = _counts(session, sought, within, today=today, now=now)
    firsts = [
        _of_stage(stage, sought, within, today=today, now=now).limit(limit).subquery()
        for stage in Stage
        if counts[stage]
    ]
    if not firsts:
        return counts, finished, ()
    which = Matter.id.in_(union_all(*(select(first.c.id) for first in firsts)))
    return counts, finished, _cards(session, _rows(which), now=now, zone=zone)


def answers(session: Session, sought: Sought, *, year: int, within: Reach, zone: ZoneInfo) -> Answers:
    """How those that were answered in a year fared, by one statement; remembered while no suggestion changes."""
    return remembered(
        session,
        ("answers", sought, year, within, zone),
        lambda: _answers(session, sought, year=year, within=within, zone=zone),
        made_of=frozenset({"matters", "people"}),
    )


def _answers(session: Session, sought: Sought, *, year: int, within: Reach, zone: ZoneInfo) -> Answers:
    row = session.execute(
        select(
            func.count(),
            func.sum(extract("epoch", Matter.answered_on) - extract("epoch", Matter.opened_on)),
            func.count(Matter.due_at),
            _how_many(_in_time(zone, year)),
            _how_many(_is_adopted()),
            _how_many(Matter.answer_kind.is_(None)),
        ).where(
            *_conditions(replace(sought, answered_in=year), within, now=None, zone=zone),
        )
    ).one()
    count, seconds, with_limit, in_time, adopted, untold = row
    mean = None
    if count:
        mean = (Decimal(int(seconds)) / _DAY / count).quantize(Decimal("0.1"), ROUND_HALF_UP)
    return Answers(count, mean, with_limit, in_time or 0, adopted or 0, untold or 0)


def found(
    session: Session,
    sought: Sought,
    *,
    within: Reach,
    now: datetime,
    zone: ZoneInfo,
    after: int = 0,
    limit: int,
) -> tuple[int, Sequence[Card]]:
    """How many suggestions are looked for, and of these, due soonest first, those after so many."""
    which = _conditions(sought, within, now=now, zone=zone)
    count = session.scalar(select(func.count()).select_from(Matter).where(*which)) or 0
    ids = select(Matter.id).where(*which).order_by(*_order(sought.stage)).offset(after).limit(limit)
    cards = _cards(session, _rows(Matter.id.in_(select(ids.subquery().c.id))), now=now, zone=zone)
    rules, calendar = house_rules(session).suggestions, workdays(session)
    ordered = sorted(cards, key=_due_soonest if sought.stage else _open_first)
    return count, [replace(card, limit_on=_limit(card, rules, calendar)) for card in ordered]


def card(session: Session, matter_id: MatterId, *, now: datetime, zone: ZoneInfo) -> Card:
    """One suggestion as boards show it, whose right to be seen was looked at before."""
    (one,) = _cards(session, _rows(Matter.id == matter_id), now=now, zone=zone)
    return replace(one, limit_on=_limit(one, house_rules(session).suggestions, workdays(session)))


def offices(session: Session, *, within: Reach) -> Sequence[str]:
    """To whom open suggestions were sent, the most frequent first; remembered while no suggestion changes."""
    asked = (
        select(Matter.office)
        .where(
            Matter.face == MatterFace.SUGGESTION,
            Matter.office.is_not(None),
            Matter.closed_on.is_(None),
            within.of(Matter.unit_id),
        )
        .group_by(Matter.office)
        .order_by(func.count().desc(), Matter.office)
        .limit(MOST_OFFICES)
    )
    return remembered(
        session,
        ("offices", within),
        lambda: [office for office in session.scalars(asked) if office],
        made_of=frozenset({"matters"}),
    )


def heard_at(session: Session, matter_id: MatterId) -> ActivityId | None:
    """The activity at which a suggestion was heard."""
    return session.scalar(select(HeardSuggestion.activity_id).where(HeardSuggestion.matter_id == matter_id))


# Conditions


def _conditions(
    sought: Sought, within: Reach, *, now: datetime | None, zone: ZoneInfo | None
) -> list[ColumnElement[bool]]:
    which: list[ColumnElement[bool]] = [
        Matter.face == MatterFace.SUGGESTION,
        Matter.status != MatterStatus.IN_ERROR,
        within.of(Matter.unit_id),
    ]
    if sought.office is not None:
        which.append(Matter.office == sought.office)
    if sought.person_code is not None:
        which.append(Matter.person_id.in_(select(Person.id).where(Person.code == sought.person_code)))
    if sought.words:
        which.append(
            or_(Matter.text.contains(sought.words, autoescape=True), Matter.code == sought.words.strip())
        )
    if sought.stage is not None:
        which.append(Matter.status.in_(STATUSES[sought.stage]))
    if sought.is_late and now is not None:
        which.append(answer_is_late(now))
    if sought.answered_in is not None:
        first, last = date(sought.answered_in, 1, 1), date(sought.answered_in, 12, 31)
        which += [Matter.answered_on >= first, Matter.answered_on <= last]
    if sought.fed_back_since is not None:
        which.append(Matter.told_on >= sought.fed_back_since)
    if sought.reply is Reply.ADOPTED:
        which.append(_is_adopted())
    elif sought.reply is not None and zone is not None:
        in_time = _in_time(zone, sought.answered_in)
        wanted = in_time if sought.reply is Reply.IN_TIME else ~in_time
        which += [Matter.due_at.is_not(None), Matter.answered_on.is_not(None), wanted]
    return which


def _is_adopted() -> ColumnElement[bool]:
    return Matter.answer_kind.in_((AnswerKind.ADOPTED, AnswerKind.PARTLY))


def _in_time(zone: ZoneInfo, year: int | None) -> ColumnElement[bool]:
    """Answered on the last day or before: a time is due at its day's end, which is the next midnight of the zone.

    Half a day is room enough for a zone whose clocks change within the year.
    """
    offset = datetime(year or 2000, 7, 1, tzinfo=zone).utcoffset() or timedelta()
    last_midnight = extract("epoch", Matter.due_at) + int(offset.total_seconds()) - _HALF_A_DAY
    return and_(Matter.due_at.is_not(None), extract("epoch", Matter.answered_on) < last_midnight)


def _how_many(condition: ColumnElement[bool]) -> ColumnElement[Any]:  # Any: None over no row
    return func.sum(case((condition, 1), else_=0))


# Counting and choosing


def _counts(
    session: Session, sought: Sought, within: Reach, *, today: date, now: datetime
) -> tuple[dict[Stage, int], int]:
    """How many stand at each stage, and how many were told back this year."""
    is_told = Matter.status == MatterStatus.FED_BACK
    is_of_old = func.coalesce(and_(is_told, Matter.told_on < today - RECENTLY), False)
    rows = session.execute(
        select(
            Matter.status,
            _how_many(~is_of_old),
            _how_many(and_(is_told, Matter.told_on >= date(today.year, 1, 1))),
        )
        .where(*_conditions(sought, within, now=now, zone=None))
        .group_by(Matter.status)
    )
    counts, finished = dict.fromkeys(Stage, 0), 0
    for status, count, told in rows:
        counts[_STAGE_OF[status]] += count
        finished += told
    return counts, finished


def _of_stage(stage: Stage, sought: Sought, within: Reach, *, today: date, now: datetime) -> Select[MatterId]:
    since = today - RECENTLY if stage is Stage.FED_BACK else None
    which = _conditions(replace(sought, stage=stage, fed_back_since=since), within, now=now, zone=None)
    return select(Matter.id).where(*which).order_by(*_order(stage))


def _order(stage: Stage | None) -> Sequence[Any]:  # Any: columns of days, instants and numbers
    """As `_due_soonest` in SQL."""
    if stage is Stage.FED_BACK:
        return (Matter.told_on.desc(), Matter.id.desc())
    if stage is Stage.ANSWERED:
        return (Matter.answered_on.asc().nulls_first(), Matter.id)
    due = (Matter.due_at.asc().nulls_last(), Matter.opened_on, Matter.id)
    if stage is None:
        return (case((Matter.status.in_(AWAITING_ANSWER), 0), else_=1), *due)
    return due


def _due_soonest(card: Card) -> tuple[Any, ...]:  # Any: days and numbers
    if card.stage is Stage.FED_BACK:
        return (-card.since.toordinal(), -card.id)
    if card.stage is Stage.ANSWERED:
        return (card.answered_on or date.min, card.id)
    return (card.due_on or date.max, card.raised_on, card.id)


def _open_first(card: Card) -> tuple[Any, ...]:  # Any: as above
    return (card.status not in AWAITING_ANSWER, card.due_on or date.max, card.raised_on, card.id)


def _rows(
    which: ColumnElement[bool],
) -> Select[Matter, str | None, str | None, str | None]:
    return (
        select(Matter, Person.code, Person.name, Unit.name)
        .join(Person, Person.id == Matter.person_id, isouter=True)
        .join(Unit, Unit.id == Matter.unit_id, isouter=True)
        .where(which)
    )


def _cards(
    session: Session,
    rows: Select[Matter, str | None, str | None, str | None],
    *,
    now: datetime,
    zone: ZoneInfo,
) -> list[Card]:
    told = session.execute(rows).all()
    chased = chased_of(session, [matter.id for matter, *_ in told])
    return [
        _card(matter, person_code, person_name, unit_name, chased.get(matter.id, (0, None)), now, zone)
        for matter, person_code, person_name, unit_name in told
    ]


def _card(
    matter: Matter,
    person_code: str | None,
    person_name: str | None,
    unit_name: str | None,
    chased: tuple[int, date | None],
    now: datetime,
    zone: ZoneInfo,
) -> Card:
    return Card(
        id=matter.id,
        code=matter.code,
        text=matter.text or "",
        raised_on=matter.opened_on,
        person_code=person_code,
        person_name=person_name,
        unit_id=matter.unit_id,
        unit_name=unit_name,
        sent_to=matter.office,
        sent_on=matter.sent_on,
        due_on=matters.suggestion_of(matter, zone).due_on,
        answered_on=matter.answered_on,
        answer_kind=matter.answer_kind,
        fed_back_on=matter.told_on,
        status=matter.status,
        version=matter.version,
        may_be_named=matter.may_be_named,
        is_late=matter.status in AWAITING_ANSWER and matter.due_at is not None and matter.due_at <= now,
        chased=chased[0],
        chased_on=chased[1],
    )


def _limit(card: Card, rules: SuggestionRules, calendar: Workdays) -> date | None:
    match card.stage:
        case Stage.COLLECTED:
            return card.due_on or calendar.shift_workdays(card.raised_on, rules.send_within_workdays)
        case Stage.SENT | Stage.CHASED:
            return card.due_on
        case Stage.ANSWERED:
            return calendar.shift_workdays(card.since, rules.feed_back_within_workdays)
    return None


def _workdays_of(stage: Stage, rules: SuggestionRules) -> int | None:
    return {
        Stage.COLLECTED: rules.send_within_workdays,
        Stage.SENT: rules.answer_within_workdays,
        Stage.CHASED: rules.chase_every_workdays,
        Stage.ANSWERED: rules.feed_back_within_workdays,
    }.get(stage)
