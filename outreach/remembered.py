"""What takes long to find out, kept while no row changes that it is made of.

A year of a large county is counted from tens of thousands of rows, and looked at by many who change nothing. The
answer is kept in the process together with the stamps of the tables it is made of; other stamps, another answer.
Nothing is kept of what a transaction that may write has seen: it could be undone, while its answer stayed.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from datetime import datetime
from threading import Lock
from typing import Any, Final, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import Pool, select
from sqlalchemy.orm import Session

from models import Stamp
from models.database import asked_once, only_reads
from models.stamps import WATCHED

MOST: Final = 128
"""So many answers are kept of one database, the latest asked for."""
Answer = TypeVar("Answer")
_ANSWERS: WeakKeyDictionary[Pool, OrderedDict[Hashable, Any]] = WeakKeyDictionary()
_LOCK: Final = Lock()
_STAMPS = select(Stamp.table_name, Stamp.value).order_by(Stamp.table_name)


def remembered(
    session: Session, question: Hashable, answer: Callable[[], Answer], *, made_of: frozenset[str]
) -> Answer:
    """The answer to a question, found out only if it is not known as of now; nobody may change it.

    `made_of` names every table that the answer reads; all are watched (`models.stamps`). It holds nothing that belongs
    to the session.
    """
    if not only_reads(session):
        return answer()
    pool = session.connection().engine.pool
    asked = (question, stamps(session, made_of))
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


def minute_begun(now: datetime) -> datetime:
    """The minute in which an instant lies: what depends on the time as well is remembered for as long."""
    return now.replace(second=0, microsecond=0)


def stamps(session: Session, tables: frozenset[str]) -> tuple[tuple[str, str], ...]:
    """The stamps of these tables; one that was never written has none yet. Of others nothing could be remembered."""
    if not tables <= WATCHED:
        raise ValueError(f"not watched: {', '.join(sorted(tables - WATCHED))}")
    known = asked_once(session, "stamps", lambda: session.execute(_STAMPS).all())
    return tuple((name, value) for name, value in known if name in tables)
