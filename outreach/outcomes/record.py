"""Recording an outcome: the whole of it, or one reporter's part."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from calendars.timezones import local_day
from models import Activity, Matter, Outcome
from models.base import ActivityId, EntryId
from models.database import hold
from models.enums import ActivityStatus, MatterStatus, OutcomeScope, ScheduleForm
from outreach import feed_versions, ledger, matters, notices, recording
from outreach.errors import NotFound, Stale, invalid
from outreach.holidays import workdays
from outreach.ledger import Brought, Handover
from outreach.matters import Suggestion
from outreach.outcomes.checking import checked
from outreach.outcomes.counting import Remark
from outreach.outcomes.settling import TOOK_PLACE, Change, NewTelling, remarks_of, settle
from outreach.outcomes.tellings import Telling
from outreach.permissions import Actor
from outreach.planning import plan_next_visits
from outreach.recording import Part, Record

KEYS_ARE_KEPT = timedelta(days=30)
LONGEST_KEY = 255


@dataclass(frozen=True, slots=True)
class Recorded:
    """What came of a telling."""

    activity_id: ActivityId
    revision: int
    status: ActivityStatus
    held_on: date
    version: int
    """The activity's version then; for the ETag."""
    remarks: tuple[Remark, ...] = ()
    repeated: bool = False
    """Whether this is the first answer to the same request, given again; nothing was written."""


def record_outcome(
    session: Session,
    activity_id: ActivityId,
    telling: Telling,
    *,
    by: Actor,
    now: datetime,
    zone: ZoneInfo,
    idempotency_key: str | None = None,
    request_hash: str | None = None,
    expected_version: int | None = None,
) -> Recorded:
    """Tell the whole of an activity; it takes the place of everything told before (rule 46).

    The same request (key and hash) within 30 days is answered as the first time. Raises NotFound, Stale when the
    activity has another version than expected, and Invalid with every fault, also for a key used for something else.
    """
    request = _Request(OutcomeScope.WHOLE, idempotency_key, request_hash, expected_version)
    return _record(session, activity_id, telling, request, by=by, now=now, zone=zone)


def report_part(
    session: Session,
    activity_id: ActivityId,
    telling: Telling,
    *,
    by: Actor,
    now: datetime,
    zone: ZoneInfo,
    idempotency_key: str | None = None,
    request_hash: str | None = None,
) -> Recorded:
    """Tell one reporter's part of an activity; it joins what others told, and replaces this reporter's earlier part.

    Keys and errors as for `record_outcome`.
    """
    request = _Request(OutcomeScope.PART, idempotency_key, request_hash, None)
    return _record(session, activity_id, telling, request, by=by, now=now, zone=zone)


@dataclass(frozen=True, slots=True)
class _Request:
    scope: OutcomeScope
    idempotency_key: str | None
    request_hash: str | None
    expected_version: int | None


def _record(
    session: Session,
    activity_id: ActivityId,
    telling: Telling,
    request: _Request,
    *,
    by: Actor,
    now: datetime,
    zone: ZoneInfo,
) -> Recorded:
    answered = _answered_before(session, activity_id, request, by, now)
    activity = locked(session, activity_id)
    if answered is not None:
        return answered
    if request.expected_version is not None and activity.version != request.expected_version:
        raise Stale
    today = local_day(now, zone)
    is_part = request.scope is OutcomeScope.PART
    default_day = activity.held_on or activity.day if is_part else activity.day
    told = checked(session, activity, telling, default_day=default_day, today=today)
    change = Change(
        activity,
        [NewTelling(request.scope, told, request.idempotency_key, request.request_hash)],
        remarks=list(_remarks_on_day(telling, telling.held_on or default_day, today)),
    )
    companions = settle(session, [change], by=by, now=now)
    if change.form is ScheduleForm.CADENCE:
        _plan_next_visits(session, [activity, *companions], today=today, by=by, now=now, zone=zone)
    measures: dict[Record, Sequence[Part]] = {recording.activity(activity.id): change.account.parts}
    present = change.present
    if present.ledger or not change.is_first:
        measures |= _settle_entries(session, activity.id, present.ledger, on=today, by=by, now=now)
    if present.suggestions or not change.is_first:
        measures |= _settle_suggestions(session, activity.id, present.suggestions, on=today, by=by, zone=zone)
    recording.replace_measures(session, measures, by=by, now=now)
    note_visits(session, [change.activity, *companions], by=by)
    notices.outcomes_told(session, [activity.id, *(each.id for each in companions)])
    shown = [each.id for each in companions] + ([activity.id] if change.shown_otherwise else [])
    if shown:
        feed_versions.activities_changed(session, shown, now=now)
    return Recorded(
        activity_id=activity.id,
        revision=activity.revision,
        status=activity.status,
        held_on=change.day,
        version=activity.version,
        remarks=tuple(change.remarks),
    )


def locked(session: Session, activity_id: ActivityId) -> Activity:
    """The activity, which nobody else changes until the transaction ends; raises NotFound.

    A case is locked before its visit, by whoever closes it as well: neither then waits for the other in a circle.
    """
    session.execute(
        select(Matter.id)
        .join(Activity, Activity.matter_id == Matter.id)
        .where(Activity.id == activity_id)
        .with_for_update(of=Matter, key_share=True)
    )
    statement = select(Activity).where(Activity.id == activity_id).with_for_update()
    activity = session.scalar(statement.execution_options(populate_existing=True))
    if activity is None:
        raise NotFound("outcomes.no_such_activity", id=activity_id)
    return activity


def note_visits(session: Session, activities: Sequence[Activity], *, by: Actor) -> None:
    """Tell the cases whose visits these are."""
    visited = {
        activity.matter_id: activity.held_on if activity.status in TOOK_PLACE else None
        for activity in activities
        if activity.matter_id is not None
    }
    if visited:
        matters.note_visits(session, visited, by=by)


def _plan_next_visits(
    session: Session, told: Sequence[Activity], *, today: date, by: Actor, now: datetime, zone: ZoneInfo
) -> None:
    """Let those whom these visits were to have their next one at once: who was not seen is due on (rules 19 and 20).

    The visit of a case is made once, and none follows.
    """
    people = {each.subject_person_id for each in told if each.subject_person_id is not None}
    if not people:
        return
    campaign_ids, told_ids = {each.campaign_id for each in told}, [each.id for each in told]
    holidays = workdays(session)
    plan_next_visits(session, campaign_ids, people, today=today, zone=zone, workdays=holidays, by=by, now=now)
    # Planning forgets what the session knew: read all of them again at once.
    session.scalars(select(Activity).where(Activity.id.in_(told_ids))).all()


# --- the same request again -------------------------------------------------------------------------------------------


def _answered_before(
    session: Session, activity_id: ActivityId, request: _Request, by: Actor, now: datetime
) -> Recorded | None:
    """The first answer to the same request; None when it is new."""
    key = request.idempotency_key
    if key is None:
        return None
    if not 0 < len(key) <= LONGEST_KEY:
        raise invalid("idempotency_key", "outcomes.idempotency_key_too_long", limit=LONGEST_KEY)
    hold(session, f"idempotency {by.name} {key}")
    first = session.scalar(select(Outcome).where(Outcome.teller == by.name, Outcome.idempotency_key == key))
    if first is None:
        return None
    if now - first.told_at > KEYS_ARE_KEPT:
        first.idempotency_key = first.request_hash = None
        session.flush()
        return None
    same = (first.activity_id, first.scope, first.request_hash)
    if same != (activity_id, request.scope, request.request_hash):
        raise invalid("idempotency_key", "outcomes.idempotency_key_reused")
    return Recorded(
        activity_id=first.activity_id,
        revision=first.revision,
        status=ActivityStatus(first.present["status"]),
        held_on=date.fromisoformat(first.present["held_on"]),
        version=first.present["version"],
        remarks=remarks_of(first.present),
        repeated=True,
    )


def _remarks_on_day(telling: Telling, day: date, today: date) -> Iterator[Remark]:
    if day > today and telling.status in TOOK_PLACE:
        yield Remark("outcomes.recorded_ahead", {"day": day})


# --- money, goods and suggestions (rule 48) ---------------------------------------------------------------------------


def _settle_entries(
    session: Session,
    activity_id: ActivityId,
    told: Sequence[Handover],
    *,
    on: date,
    by: Actor,
    now: datetime,
) -> dict[Record, Sequence[Part]]:
    """Enter what is newly told, counter what is told no more, leave what is equal."""
    standing = ledger.standing_of_activity(session, activity_id)
    wanted = Counter(told)
    untold: list[EntryId] = []
    for entry_id, handover in standing.items():
        if wanted[handover] > 0:
            wanted[handover] -= 1
        else:
            untold.append(entry_id)
    measures: dict[Record, Sequence[Part]] = {}
    if untold:
        measures |= ledger.counter(session, untold, on=on, by=by, now=now)[1]
    brought = [Brought(handover, activity_id) for handover in wanted.elements()]
    if brought:
        measures |= ledger.enter(session, brought, by=by, now=now)[1]
    return measures


def _settle_suggestions(
    session: Session,
    activity_id: ActivityId,
    told: Sequence[Suggestion],
    *,
    on: date,
    by: Actor,
    zone: ZoneInfo,
) -> dict[Record, Sequence[Part]]:
    """Take down what is newly told, close what is told no more as recorded in error, leave what is equal."""
    heard = matters.heard_at(session, activity_id)
    wanted = {suggestion.code: suggestion for suggestion in told}
    kept = {matter: wanted.pop(matter.code) for matter in heard if matter.code in wanted}
    new = list(wanted.values())
    untold = [m for m in heard if m not in kept and m.status is not MatterStatus.IN_ERROR]
    again = [matter for matter in kept if matter.status is MatterStatus.IN_ERROR]
    measures = matters.close_in_error(session, untold, on=on, by=by)
    measures |= matters.reopen(session, again, on=on, by=by, zone=zone)
    measures |= matters.follow(session, kept, by=by, zone=zone)
    if new:
        matter_ids, more = matters.enter_suggestions(session, new, by=by, zone=zone)
        matters.keep_heard(session, activity_id, matter_ids)
        measures |= more
    return measures
