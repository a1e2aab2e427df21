"""What people are told when they are asked, and when what they were asked to changes.

Whoever has not been told yet is told once, as it stands when the words are made: nobody hears that something moved of
which they never heard. All of it works on many at once, and writes nothing where nobody takes part.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final, cast

from sqlalchemy import ColumnElement, Table, bindparam, func, select, update
from sqlalchemy.orm import Session

from models import Activity, Assignment, Campaign, Delivery, Notice
from models.base import ActivityId, AssignmentId, PersonId
from models.database import in_batches
from models.enums import TAKING_PART, ActivityStatus, AssignmentState, DeliveryResult, NoticeKind, NoticeState
from outreach.notices.owing import OPEN, TOLD, Owed, let_go, owe

_FIRST: Final = (NoticeKind.ASKED, NoticeKind.CONFIRMED)
"""How somebody hears of an activity."""
_COMING: Final = (
    *_FIRST,
    NoticeKind.MOVED,
    NoticeKind.REMIND_WEEK,
    NoticeKind.REMIND_DAY,
    NoticeKind.REMIND_HOURS,
)
"""What somebody is told who takes part."""

QUESTIONS: Final = (NoticeKind.RECORD_OUTCOME, NoticeKind.RECORD_OUTCOME_AGAIN, NoticeKind.OUTCOME_MISSED)
"""What is said of an activity of which nothing was told."""

_NOTICES: Final = cast(Table, Notice.__table__)
_ASK_UNTIL: Final = (
    update(_NOTICES)
    .where(
        _NOTICES.c.activity_id == bindparam("moved"),
        _NOTICES.c.kind.in_(_FIRST),
        _NOTICES.c.state.in_(OPEN),
    )
    .values(expires_at=bindparam("begins", type_=_NOTICES.c.expires_at.type))
)

Pair = tuple[ActivityId, PersonId]


@dataclass(frozen=True, slots=True)
class _Taken:
    """Somebody on an activity that may still be told of."""

    assignment_id: AssignmentId
    activity_id: ActivityId
    person_id: PersonId
    asked: int
    """How often the assignment's state has changed."""
    sequence: int
    day: date
    starts_at: datetime | None
    place: str | None
    """As it is shown: its own, else its campaign's."""
    until: datetime

    @property
    def pair(self) -> Pair:
        return (self.activity_id, self.person_id)


def people_asked(session: Session, assignment_ids: Collection[AssignmentId], *, now: datetime) -> int:
    """These people were proposed; they are asked whether they come. How many notices are new, here and below."""
    proposed = (AssignmentState.PROPOSED,)
    return _tell_first(session, assignment_ids, NoticeKind.ASKED, proposed, now=now)


def people_confirmed(session: Session, assignment_ids: Collection[AssignmentId], *, now: datetime) -> int:
    """These people are counted on without being asked; they are told so. Not for those who said yes themselves."""
    return _tell_first(session, assignment_ids, NoticeKind.CONFIRMED, TAKING_PART, now=now)


def people_withdrawn(session: Session, assignment_ids: Collection[AssignmentId], *, now: datetime) -> int:
    """These people are not needed any more. Who was told of it is told so; who was not hears nothing at all."""
    new = 0
    for some in in_batches(assignment_ids):
        withdrawn = _taken(session, now, Assignment.id.in_(some), (AssignmentState.WITHDRAWN,))
        pairs = {each.pair for each in withdrawn}
        unheard = {note.pair for note in _take_back(session, pairs) if note.kind in _FIRST}
        heard = _heard(session, pairs, _COMING) - unheard
        new += owe(
            session,
            (
                _owed(each, NoticeKind.WITHDRAWN, _change_of(each), now)
                for each in withdrawn
                if each.pair in heard
            ),
            now=now,
        )
    return new


def people_declined(session: Session, assignment_ids: Collection[AssignmentId], *, now: datetime) -> int:
    """These people said that they do not come: nothing that is still open about it is told to them. How many."""
    gone = 0
    for some in in_batches(assignment_ids):
        declined = _taken(session, now, Assignment.id.in_(some), (AssignmentState.DECLINED,))
        gone += len(_take_back(session, {each.pair for each in declined}, kinds=_COMING))
    return gone


def activities_moved(
    session: Session,
    was: Mapping[ActivityId, tuple[date, datetime | None]],
    *,
    now: datetime,
    places: Mapping[ActivityId, str | None] | None = None,
) -> int:
    """These activities take place at another time than they did: their old day, and their old start if they had one.

    `places`: of those that take place elsewhere, where they would have. Who takes part is told, once however often an
    activity moves before they are; reminders of the old time are let go.
    """
    elsewhere = places or {}
    new = 0
    for some in in_batches(sorted(was.keys() | elsewhere.keys())):
        taken = _taken(session, now, _planned(some), TAKING_PART)
        taken_back = _take_back(session, {each.pair for each in taken}, kinds=set(_COMING) - set(_FIRST))
        before = {note.pair: note.words for note in taken_back if note.kind is NoticeKind.MOVED}
        unheard = _unheard(session, {each.pair for each in taken})
        _ask_until(session, {each.activity_id: each.until for each in taken if each.pair in unheard})
        new += owe(
            session,
            (
                _owed(each, NoticeKind.MOVED, f"{_of(each)}/{each.sequence}", now, words)
                for each in taken
                if each.pair not in unheard
                and (words := _moved(each, was, elsewhere, before.get(each.pair, {})))
            ),
            now=now,
        )
    return new


def activities_cancelled(session: Session, activity_ids: Collection[ActivityId], *, now: datetime) -> int:
    """These activities do not take place. Who takes part and knows of it is told; nothing else is told of them."""
    new = 0
    for some in in_batches(activity_ids):
        # Of those that the planner meant to cancel somebody may have made one theirs.
        cancelled = Activity.id.in_(some) & (Activity.status == ActivityStatus.CANCELLED)
        taken = _taken(session, now, cancelled, TAKING_PART)
        taken_back = _take_back(session, {each.pair for each in taken})
        unheard = {note.pair for note in taken_back if note.kind in _FIRST}
        before = {note.pair: note.words for note in taken_back if note.kind is NoticeKind.MOVED}
        new += owe(
            session,
            (
                _owed(
                    each,
                    NoticeKind.CANCELLED,
                    f"{_of(each)}/{each.sequence}",
                    now,
                    before.get(each.pair, {}),
                )
                for each in taken
                if each.pair not in unheard
            ),
            now=now,
        )
    return new


def activities_restored(session: Session, activity_ids: Collection[ActivityId], *, now: datetime) -> int:
    """These activities take place after all. Who was told that they do not is told so; who never heard of them is
    asked, or told to be counted on; who never heard that they were cancelled hears nothing."""
    new = 0
    for some in in_batches(activity_ids):
        taken = _taken(session, now, _planned(some), TAKING_PART)
        pairs = {each.pair for each in taken}
        _take_back(session, pairs, kinds={NoticeKind.CANCELLED})
        heard = _heard(session, pairs, (NoticeKind.CANCELLED,))
        new += owe(
            session,
            (
                _owed(each, NoticeKind.MOVED, f"{_of(each)}/{each.sequence}", now, {"restored": True})
                for each in taken
                if each.pair in heard
            ),
            now=now,
        )
        new += people_asked(session, [each.assignment_id for each in taken], now=now)
        new += people_confirmed(session, _confirmed_unheard(session, taken), now=now)
    return new


def outcomes_told(session: Session, activity_ids: Collection[ActivityId]) -> int:
    """Something was told of these activities: nobody is asked for it any more, nor hears that it was missed."""
    return sum(
        let_go(
            session,
            Notice.activity_id.in_(some) & Notice.kind.in_(QUESTIONS) & Notice.state.in_(OPEN),
        )
        for some in in_batches(activity_ids)
    )


def last_instant(starts_at: datetime | None, last_day: date) -> datetime:
    """Until when it makes sense to speak of an activity to come: its start; of whole days, the end of the last one
    wherever the office is. What its own zone says is asked again when something is sent."""
    if starts_at is not None:
        return starts_at
    return datetime.combine(last_day, time(12), UTC) + timedelta(days=1)


def _tell_first(
    session: Session,
    assignment_ids: Collection[AssignmentId],
    kind: NoticeKind,
    states: Collection[AssignmentState],
    *,
    now: datetime,
) -> int:
    new = 0
    for some in in_batches(assignment_ids):
        taken = _taken(session, now, Assignment.id.in_(some), states)
        # Whoever was withdrawn and is asked again need not hear of the withdrawal first.
        _take_back(session, {each.pair for each in taken}, kinds={NoticeKind.WITHDRAWN})
        owed = (_owed(each, kind, _change_of(each), now) for each in taken)
        new += owe(session, owed, now=now)
    return new


def _confirmed_unheard(session: Session, taken: Collection[_Taken]) -> list[AssignmentId]:
    """Of these, those who were to be told that they are counted on, as they stand now, and were not. Others may have
    said yes themselves."""
    rows = session.scalars(
        select(Notice.dedupe_key).where(
            Notice.activity_id.in_({each.activity_id for each in taken}),
            Notice.kind == NoticeKind.CONFIRMED,
            Notice.state == NoticeState.EXPIRED,
        )
    )
    # What was let go has given up its key, and kept it as the beginning of another.
    given_up = {key.rpartition("/")[0] for key in rows}
    return [
        each.assignment_id for each in taken if f"{NoticeKind.CONFIRMED.value}/{_change_of(each)}" in given_up
    ]


def _planned(activity_ids: Collection[ActivityId]) -> ColumnElement[bool]:
    return Activity.id.in_(activity_ids) & (Activity.status == ActivityStatus.PLANNED)


def _taken(
    session: Session, now: datetime, which: ColumnElement[bool], states: Collection[AssignmentState]
) -> list[_Taken]:
    """Those on activities that are not over, in one of these states."""
    session.flush()
    rows = session.execute(
        select(
            Assignment.id,
            Assignment.activity_id,
            Assignment.person_id,
            Assignment.sequence,
            Activity.sequence,
            Activity.day,
            Activity.starts_at,
            func.coalesce(Activity.place, Campaign.place),
            Activity.last_day,
        )
        .join(Activity, Activity.id == Assignment.activity_id)
        .join(Campaign, Campaign.id == Activity.campaign_id)
        .where(
            which,
            Assignment.state.in_(states),
            Activity.revision == 0,
            Activity.status.in_((ActivityStatus.PLANNED, ActivityStatus.CANCELLED)),
            Activity.last_day >= (now - timedelta(days=2)).date(),
        )
        .order_by(Assignment.id)
    )
    found = (_Taken(*row[:-1], last_instant(row[-3], row[-1])) for row in rows)
    return [each for each in found if each.until > now]


@dataclass(frozen=True, slots=True)
class _TakenBack:
    pair: Pair
    kind: NoticeKind
    words: Mapping[str, Any]  # Any: JSON


def _take_back(
    session: Session, pairs: Collection[Pair], *, kinds: Collection[NoticeKind] | None = None
) -> list[_TakenBack]:
    """Let go what is not told yet of these people and activities, and say what it was."""
    activity_ids = {activity_id for activity_id, _ in pairs}
    return [
        note for some in in_batches(sorted(activity_ids)) for note in _let_go(session, some, pairs, kinds)
    ]


def _let_go(
    session: Session,
    activity_ids: Iterable[ActivityId],
    pairs: Collection[Pair],
    kinds: Collection[NoticeKind] | None,
) -> list[_TakenBack]:
    # Locked in the order of their ids. Whoever is sending one of them meanwhile is waited for: then it was told.
    rows = session.execute(
        select(Notice.id, Notice.activity_id, Notice.person_id, Notice.kind, Notice.words)
        .where(Notice.activity_id.in_(list(activity_ids)), Notice.state.in_(OPEN))
        .order_by(Notice.id)
        .with_for_update()
    ).all()
    gone = [
        row
        for row in rows
        if (row.activity_id, row.person_id) in pairs and (kinds is None or row.kind in kinds)
    ]
    for some in in_batches([row.id for row in gone]):
        let_go(session, Notice.id.in_(some))
    return [_TakenBack((row.activity_id, row.person_id), row.kind, row.words) for row in gone]


def _unheard(session: Session, pairs: Collection[Pair]) -> set[Pair]:
    """Of these, those who have not been told yet that they are asked at all."""
    return _pairs(session, pairs, _FIRST, Notice.state.in_(OPEN))


def _ask_until(session: Session, until: Mapping[ActivityId, datetime]) -> None:
    """Who is still to be asked to these activities may be asked until they begin, which is at another time now."""
    rows = [{"moved": activity_id, "begins": begins} for activity_id, begins in until.items()]
    if rows:
        session.connection().execute(_ASK_UNTIL, rows)


def _heard(session: Session, pairs: Collection[Pair], kinds: Collection[NoticeKind]) -> set[Pair]:
    """Of these, those who were told something of these kinds, or perhaps told before it was called off the list."""
    perhaps = (
        select(Delivery.id)
        .where(Delivery.notice_id == Notice.id, Delivery.result == DeliveryResult.UNCERTAIN)
        .exists()
    )
    was_told = Notice.state.in_(TOLD) | (Notice.state == NoticeState.EXPIRED) & perhaps
    return _pairs(session, pairs, kinds, was_told)


def _pairs(
    session: Session, pairs: Collection[Pair], kinds: Collection[NoticeKind], which: ColumnElement[bool]
) -> set[Pair]:
    found: set[Pair] = set()
    for some in in_batches(sorted({activity_id for activity_id, _ in pairs})):
        rows = session.execute(
            select(Notice.activity_id, Notice.person_id)
            .where(Notice.activity_id.in_(some), Notice.kind.in_(kinds), which)
            .distinct()
        )
        found.update((activity_id, person_id) for activity_id, person_id in rows if activity_id is not None)
    return found & set(pairs)


def _moved(
    taken: _Taken,
    was: Mapping[ActivityId, tuple[date, datetime | None]],
    elsewhere: Mapping[ActivityId, str | None],
    before: Mapping[str, Any],
) -> dict[str, Any]:
    """The words of a move: what was last told of time and place. Empty when it is so again, and nothing is to tell."""
    words = dict(before)
    if taken.activity_id in was and "was_day" not in words:
        day, starts_at = was[taken.activity_id]
        words["was_day"] = day.isoformat()
        words["was_at"] = None if starts_at is None else starts_at.astimezone(UTC).isoformat()
    if taken.activity_id in elsewhere and "was_place" not in words:
        words["was_place"] = elsewhere[taken.activity_id]
    starts_at_now = None if taken.starts_at is None else taken.starts_at.isoformat()
    if words.get("was_day") == taken.day.isoformat() and words.get("was_at") == starts_at_now:
        words.pop("was_day")
        words.pop("was_at")
    if "was_place" in words and words["was_place"] == taken.place:
        words.pop("was_place")
    return words


def _owed(
    taken: _Taken, kind: NoticeKind, about: str, now: datetime, words: Mapping[str, Any] | None = None
) -> Owed:
    return Owed(
        key=f"{kind.value}/{about}",
        person_id=taken.person_id,
        kind=kind,
        due_at=now,
        expires_at=taken.until,
        activity_id=taken.activity_id,
        words=words or {},
    )


def _change_of(taken: _Taken) -> str:
    return f"{taken.assignment_id}/{taken.asked}"


def _of(taken: _Taken) -> str:
    return f"a{taken.activity_id}/p{taken.person_id}"
