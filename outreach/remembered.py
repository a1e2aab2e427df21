"""What takes long to find out, kept while no row changes that it is made of.

A year of a large county is counted from tens of thousands of rows, and looked at by many who change nothing. The
answer is kept in the process together with the stamps of the tables it is made of; other stamps, another answer.
Nothing is kept of what a transaction that may write has seen: it could be undone, while its answer stayed.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
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
Stamps = tuple[tuple[str, str], ...]
"""The tables in order, each with its stamp; one that was never written has none yet."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """An answer, and the stamps of the tables it was made of."""

    made_of: frozenset[str]
    stamps: Stamps
    answer: Any  # Any: whatever was asked for


_ANSWERS: WeakKeyDictionary[Pool, OrderedDict[Hashable, _Kept]] = WeakKeyDictionary()
_LOCK: Final = Lock()
_STAMPS = select(Stamp.table_name, Stamp.value).order_by(Stamp.table_name)


def remembered(
    session: Session, question: Hashable, answer: Callable[[], Answer], *, made_of: frozenset[str]
) -> Answer:
    """The answer to a question, found out only if it is not known as of now; nobody may change it.

    `made_of` names every table that the answer reads; all are watched (`models.stamps`). It holds nothing that belongs
    to the session.
    """
    if not made_of <= WATCHED:
        raise ValueError(f"not watched: {', '.join(sorted(made_of - WATCHED))}")
    if not only_reads(session):
        return answer()
    pool = session.connection().engine.pool
    present = _stamps(session)
    stamps = _of(present, made_of)
    with _LOCK:
        known = _ANSWERS.setdefault(pool, OrderedDict())
        kept = known.get(question)
        if kept is not None and kept.stamps == stamps:
            known.move_to_end(question)
            old: Answer = kept.answer
            return old
    found = answer()
    with _LOCK:
        _forget_superseded(known, present)
        known[question] = _Kept(made_of, stamps, found)
        while len(known) > MOST:
            known.popitem(last=False)
    return found


def _forget_superseded(known: OrderedDict[Hashable, _Kept], present: Stamps) -> None:
    """Drop what is no longer so: it takes up room, and could name somebody who was erased."""
    for question in [each for each, kept in known.items() if _of(present, kept.made_of) != kept.stamps]:
        del known[question]


def minute_begun(now: datetime) -> datetime:
    """The minute in which an instant lies: what depends on the time as well is remembered for as long."""
    return now.replace(second=0, microsecond=0)


def _stamps(session: Session) -> Stamps:
    return asked_once(
        session, "stamps", lambda: tuple((name, value) for name, value in session.execute(_STAMPS))
    )


def _of(stamps: Stamps, tables: frozenset[str]) -> Stamps:
    return tuple(each for each in stamps if each[0] in tables)
