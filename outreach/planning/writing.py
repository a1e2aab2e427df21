"""Writing the difference, in bulk. What somebody touched since it was read is left as they made it."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any, TypeVar, cast
from uuid import uuid4

from sqlalchemy import Insert, Table, Update, bindparam, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from models import Activity, AuditEntry
from models.base import ActivityId, CampaignId
from models.enums import ActivityStatus, AuditAction
from outreach.feed_versions import activities_changed
from outreach.notices import activities_cancelled, activities_moved, activities_restored
from outreach.permissions import Actor
from outreach.planning.difference import Difference
from outreach.planning.existing import Existing
from outreach.planning.keys import closed_key
from outreach.planning.wanted import Wanted

_TABLE = cast(Table, Activity.__table__)
_AT_ONCE = 2_000
T = TypeVar("T")


def write(session: Session, difference: Difference, *, by: Actor, now: datetime) -> int:
    """Write it, raise the versions of the feeds that show it, and answer how many activities are new."""
    session.flush()
    _lock(session, difference)
    _release(session, difference.release)
    created = _create(session, difference.create, now)
    _change(session, difference.restore, _RESTORE, now)
    _change(session, difference.move, _MOVE, now)
    _change(session, difference.refresh, _REFRESH, now)
    _cancel(session, difference, now)
    _audit(session, difference, by, now)
    changed = [each.id for each, _ in difference.restore + difference.move]
    changed += [each.id for each, _ in difference.cancel]
    # What the session knows of these rows is no longer so.
    session.expire_all()
    activities_changed(session, created + changed, now=now)
    _tell(session, difference, now)
    return len(created)


def _tell(session: Session, difference: Difference, now: datetime) -> None:
    """Let those who take part know. The planner changes what it proposed itself, so they were only asked."""
    restored = [each for each, _ in difference.restore if each.people]
    moved = [each for each, _ in difference.move if each.people] + restored
    activities_cancelled(session, [each.id for each, _ in difference.cancel if each.people], now=now)
    activities_restored(session, [each.id for each in restored], now=now)
    activities_moved(session, {each.id: (each.day, each.starts_at) for each in moved}, now=now)


def _lock(session: Session, difference: Difference) -> None:
    """Take the rows in the order of their ids, as others do who take several, so that nobody waits crosswise."""
    for some in _in_batches(sorted(difference.standing)):
        session.execute(
            select(_TABLE.c.id).where(_TABLE.c.id.in_(some)).order_by(_TABLE.c.id).with_for_update()
        )


def leave_those_in_use(session: Session, difference: Difference) -> None:
    """Take the rows that nobody else holds, and leave the others as they are: who has some already waits for none."""
    free: set[ActivityId] = set()
    for some in _in_batches(sorted(difference.standing)):
        ours = select(_TABLE.c.id).where(_TABLE.c.id.in_(some)).order_by(_TABLE.c.id)
        free.update(session.scalars(ours.with_for_update(skip_locked=True)))
    difference.restore = [pair for pair in difference.restore if pair[0].id in free]
    difference.move = [pair for pair in difference.move if pair[0].id in free]
    difference.refresh = [pair for pair in difference.refresh if pair[0].id in free]
    difference.cancel = [pair for pair in difference.cancel if pair[0].id in free]
    difference.release = [each for each in difference.release if each.id in free]


def _create(session: Session, wanted: Sequence[Wanted], now: datetime) -> list[ActivityId]:
    created: list[ActivityId] = []
    for some in _in_batches(wanted):
        rows = [_row(each, now) for each in some]
        created.extend(session.execute(_insert(session), rows).scalars())
    return created


def _insert(session: Session) -> Any:  # Any: the two dialects' inserts share no type that knows on_conflict
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    statement = dialect.insert(_TABLE).on_conflict_do_nothing(index_elements=["campaign_id", "plan_key"])
    return statement.returning(_TABLE.c.id)


def _row(wanted: Wanted, now: datetime) -> dict[str, Any]:
    return {
        "uid": uuid4(),
        "campaign_id": wanted.campaign_id,
        "plan_key": wanted.key,
        "pairing_id": wanted.pairing_id,
        "matter_id": wanted.matter_id,
        "changed_at": now,
        "people_changed_at": now,
        **_place_in_time(wanted),
    }


def _place_in_time(wanted: Wanted) -> dict[str, Any]:
    return {
        "unit_id": wanted.unit_id,
        "nominal_on": wanted.nominal_on,
        "subject_person_id": wanted.subject_person_id,
        "day": wanted.day,
        "last_day": wanted.last_day,
        "starts_at": wanted.starts_at,
        "ends_at": wanted.ends_at,
        "forecast": wanted.forecast,
    }


def _as_read() -> Update:
    """An update of one activity that holds only when nobody changed it since it was read."""
    return update(_TABLE).where(
        _TABLE.c.id == bindparam("as_id"),
        _TABLE.c.version == bindparam("as_version"),
        _TABLE.c.by_hand.is_(False),
        _TABLE.c.revision == 0,
    )


_NEW_PLACE = {
    name: bindparam(f"to_{name}", type_=_TABLE.c[name].type)
    for name in (
        "unit_id",
        "nominal_on",
        "subject_person_id",
        "day",
        "last_day",
        "starts_at",
        "ends_at",
        "forecast",
    )
}
_SHOWN_ANEW = {
    "version": _TABLE.c.version + 1,
    "sequence": _TABLE.c.sequence + 1,
    "changed_at": bindparam("to_changed_at", type_=_TABLE.c.changed_at.type),
}
_REFRESH = _as_read().values(**_NEW_PLACE, version=_TABLE.c.version + 1)
_MOVE = _as_read().where(_TABLE.c.status == ActivityStatus.PLANNED).values(**_NEW_PLACE, **_SHOWN_ANEW)
_RESTORE = (
    _as_read()
    .where(_TABLE.c.status == ActivityStatus.CANCELLED)
    .values(**_NEW_PLACE, **_SHOWN_ANEW, status=ActivityStatus.PLANNED, reason=None)
)
_CANCEL = (
    _as_read()
    .where(_TABLE.c.status == ActivityStatus.PLANNED)
    .values(**_SHOWN_ANEW, status=ActivityStatus.CANCELLED, reason=bindparam("to_reason"))
)


def _change(
    session: Session, pairs: Sequence[tuple[Existing, Wanted]], statement: Update, now: datetime
) -> None:
    shows = statement is not _REFRESH
    for some in _in_batches(pairs):
        rows = [
            {
                "as_id": standing.id,
                "as_version": standing.version,
                **{f"to_{name}": value for name, value in _place_in_time(wanted).items()},
                **({"to_changed_at": now} if shows else {}),
            }
            for standing, wanted in some
        ]
        session.connection().execute(statement, rows)


def _cancel(session: Session, difference: Difference, now: datetime) -> None:
    for some in _in_batches(difference.cancel):
        rows = [
            {
                "as_id": standing.id,
                "as_version": standing.version,
                "to_changed_at": now,
                "to_reason": why.value,
            }
            for standing, why in some
        ]
        session.connection().execute(_CANCEL, rows)


def _release(session: Session, over: Sequence[Existing]) -> None:
    """Open visits that are over give up their key. Whatever was done to them meanwhile, they are over."""
    statement = (
        update(_TABLE)
        .where(_TABLE.c.id == bindparam("as_id"))
        .values(plan_key=bindparam("to_key", type_=_TABLE.c.plan_key.type))
    )
    for some in _in_batches(over):
        rows = [
            {"as_id": each.id, "to_key": closed_key(each.key, each.day, each.id)} for each in some if each.key
        ]
        session.connection().execute(statement, rows)


def _audit(session: Session, difference: Difference, by: Actor, now: datetime) -> None:
    """What was moved, withdrawn and brought back; what is new speaks for itself."""
    rows: list[dict[str, Any]] = []
    for standing, wanted in difference.move + difference.restore:
        before, after = {"day": standing.day.isoformat()}, {"day": wanted.day.isoformat()}
        rows.append({"row_id": standing.id, "reason": None, "before": before, "after": after})
    for standing, why in difference.cancel:
        before, after = {"status": ActivityStatus.PLANNED.value}, {"status": ActivityStatus.CANCELLED.value}
        rows.append({"row_id": standing.id, "reason": why.value, "before": before, "after": after})
    entry: Insert = insert(AuditEntry)
    for some in _in_batches(rows):
        common = {
            "at": now,
            "account_id": by.account_id,
            "via": by.via,
            "action": AuditAction.CHANGED,
            "table_name": "activities",
        }
        session.execute(entry, [{**common, **row} for row in some])


def _in_batches(things: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(things), _AT_ONCE):
        yield things[start : start + _AT_ONCE]


def place_changed(
    session: Session, campaign_id: CampaignId, *, today: date, now: datetime, was: str | None = None
) -> None:
    """The campaign has another place: its coming activities without a place of their own show it from now on, and who
    takes part is told. `was`: the place that it had.
    """
    session.flush()
    coming = (
        update(_TABLE)
        .where(
            _TABLE.c.campaign_id == campaign_id,
            _TABLE.c.day >= today,
            _TABLE.c.place.is_(None),
            _TABLE.c.status == ActivityStatus.PLANNED,
        )
        .values(version=_TABLE.c.version + 1, sequence=_TABLE.c.sequence + 1, changed_at=now)
        .returning(_TABLE.c.id)
    )
    changed = session.execute(coming).scalars().all()
    session.expire_all()
    activities_changed(session, changed, now=now)
    activities_moved(session, {}, places=dict.fromkeys(changed, was), now=now)
