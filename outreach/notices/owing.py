"""The outbox: what is owed to whom, once however often it is thought of."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, cast

from sqlalchemy import ColumnElement, String, Table, func, update
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from models import Notice
from models.base import ActivityId, MatterId, PersonId
from models.database import in_batches
from models.enums import NoticeKind, NoticeState
from outreach.notices.recipients import recipients

OPEN: Final = (NoticeState.DUE, NoticeState.TO_CALL, NoticeState.FAILED)
"""Not told yet: what changes meanwhile stands in the words when they are made, or makes it needless."""
TOLD: Final = (NoticeState.SENDING, NoticeState.SENT, NoticeState.CALLED, NoticeState.UNCERTAIN)
"""Told, or perhaps told: what changes afterwards has to be told too."""

# A plain table: a reminder of a hundred thousand people is a hundred thousand rows.
_NOTICES: Final = cast(Table, Notice.__table__)


@dataclass(frozen=True, slots=True)
class Owed:
    """Something that somebody has to be told. Instants are aware.

    `key` says what it is about (`case_opened/m12/p7`): a second one of the same key is not owed. `words` are what the
    kind's sentence needs beside the rows it is about, see `outreach.notices.composing`; they never hold a person's
    name, a number to reach them by, a health fact or an amount.
    """

    key: str
    person_id: PersonId
    kind: NoticeKind
    due_at: datetime
    expires_at: datetime
    """From this instant on it is not told any more."""
    activity_id: ActivityId | None = None
    matter_id: MatterId | None = None
    words: Mapping[str, Any] = field(default_factory=dict)  # Any: JSON


def owe(session: Session, owed: Iterable[Owed], *, now: datetime) -> int:
    """Write down what is owed, and say how many of it are new: a known key is left as it is.

    Left out is what would come too late already, and whoever is not to be told it (`recipients`).
    """
    in_time = [each for each in owed if each.due_at <= each.expires_at and each.expires_at > now]
    if not in_time:
        return 0
    session.flush()
    told = recipients(session, {each.person_id for each in in_time}, now=now)
    rows = [
        _row(each, now)
        for each in in_time
        if each.person_id in told and told[each.person_id].wants_to_hear(each.kind)
    ]
    return _insert(session, rows)


def silence(session: Session, person_ids: Collection[PersonId], *, now: datetime) -> int:
    """Whatever these people could still be told is not told any more; how much that was.

    For somebody who was frozen or erased, in the transaction that does so.
    """
    still_open = Notice.state.in_(OPEN) & (Notice.expires_at > now)
    return sum(
        let_go(session, Notice.person_id.in_(some) & still_open) for some in in_batches(sorted(person_ids))
    )


def let_go(session: Session, which: ColumnElement[bool]) -> int:
    """Notices that nobody needs any more, and how many. They give up their keys: should the reason pass, they are
    owed anew."""
    session.flush()
    gone = session.execute(
        update(Notice)
        .where(which)
        .values(
            state=NoticeState.EXPIRED,
            lease_until=None,
            claimed_by=None,
            dedupe_key=func.substr(Notice.dedupe_key, 1, 140) + "/" + sql_cast(Notice.id, String),
        )
        .returning(Notice.id)
        .execution_options(synchronize_session=False)
    )
    return len(gone.all())


def _row(owed: Owed, now: datetime) -> dict[str, Any]:
    return {
        "dedupe_key": owed.key,
        "person_id": owed.person_id,
        "kind": owed.kind,
        "activity_id": owed.activity_id,
        "matter_id": owed.matter_id,
        "words": dict(owed.words),
        "created_at": now,
        "due_at": owed.due_at,
        "expires_at": owed.expires_at,
        "state": NoticeState.DUE,
        "next_try_at": owed.due_at,
        "attempts": 0,
    }


def _insert(session: Session, rows: Sequence[dict[str, Any]]) -> int:
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    statement = dialect.insert(_NOTICES).on_conflict_do_nothing(index_elements=["dedupe_key"])
    returning = statement.returning(_NOTICES.c.id)
    # In the order of their keys, so that two who owe the same never wait for each other crosswise.
    in_order = sorted(rows, key=lambda row: str(row["dedupe_key"]))
    return sum(len(session.scalars(returning, some).all()) for some in in_batches(in_order))
