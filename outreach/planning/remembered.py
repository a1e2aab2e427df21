"""What takes long to find out about the plan, kept while nothing of the plan changes.

A year of a large county is counted from tens of thousands of rows, and looked at by many who change nothing. The
answer is kept in the process with a stamp of the plan; another stamp is another answer. Nothing is kept of what a
transaction that may write has seen: it could be undone, and its stamp come again with something else behind it.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, Final, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import Pool, func, or_, select
from sqlalchemy.orm import Session

from models import Activity, Assignment, AuditEntry, FeedVersion
from models.database import only_reads
from models.enums import AuditAction
from outreach.feed_versions import TREE

MOST: Final = 16
"""So many answers are kept of one database, the latest asked for."""
Answer = TypeVar("Answer")
_ANSWERS: WeakKeyDictionary[Pool, OrderedDict[Hashable, Any]] = WeakKeyDictionary()
_LOCK: Final = Lock()


def remembered(session: Session, question: Hashable, answer: Callable[[], Answer]) -> Answer:
    """The answer to a question about the plan, found out only if it is not known as of now."""
    if not only_reads(session):
        return answer()
    pool = session.connection().engine.pool
    asked = (question, plan_stamp(session))
    with _LOCK:
        known = _ANSWERS.setdefault(pool, OrderedDict())
        if asked in known:
            known.move_to_end(asked)
            kept: Answer = known[asked]
            return kept
    found = answer()
    with _LOCK:
        known[asked] = found
        while len(known) > MOST:
            known.popitem(last=False)
    return found


def plan_stamp(session: Session) -> tuple[int | None, ...]:
    """What differs whenever anything of the plan does: what was made last, what was last put on record (looking
    aside), and the counters of all units' feeds, which every change of an activity or of its people raises."""
    newest = select(AuditEntry.id).where(AuditEntry.action != AuditAction.READ)
    raised = select(func.sum(FeedVersion.version)).where(
        or_(FeedVersion.scope.between("unit:", "unit;"), FeedVersion.scope == TREE)
    )
    row = session.execute(
        select(
            select(func.max(Activity.id)).scalar_subquery(),
            select(func.max(Assignment.id)).scalar_subquery(),
            newest.order_by(AuditEntry.id.desc()).limit(1).scalar_subquery(),
            raised.scalar_subquery(),
        )
    ).one()
    return tuple(None if each is None else int(each) for each in row)
