"""Every night: what has been kept long enough goes."""

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.orm import Session

from outreach.clockwork import Changed, Moment, Trouble
from outreach.house_rules import house_rules
from outreach.retention import KINDS, Batch, Periods, messages


def forget(session: Session, moment: Moment) -> Changed:
    """All of it in one transaction; to foresee it, and where there is little."""
    return summed((what, batch) for what in KINDS for batch in _all(session, what, moment))


def forget_some(session: Session, what: str, after: int, moment: Moment) -> Batch:
    """Forget some of a kind, in the order of their ids. That the database refuses is told as trouble."""
    periods = Periods(house_rules(session).retention, moment.now, moment.zone)
    try:
        with session.begin_nested():
            return KINDS[what](session, periods, after)
    except DBAPIError as error:
        return refused(what, error)


def refused(what: str, error: SQLAlchemyError) -> Batch:
    """A kind that cannot go on tonight: those behind it have their turn, and itself the next time."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    trouble = Trouble("clockwork.trouble_not_forgotten", {"what": what, "why": type(cause).__name__})
    return Batch(0, None, [trouble])


def forget_messages(session: Session, folder: Path, moment: Moment) -> Batch:
    """The files of messages; that one cannot be removed is told as trouble."""
    periods = Periods(house_rules(session).retention, moment.now, moment.zone)
    try:
        return Batch(messages(session, folder, periods), None)
    except OSError as error:
        why = error.strerror or str(error)
        return Batch(0, None, [Trouble("clockwork.trouble_not_forgotten", {"what": folder.name, "why": why})])


def summed(batches: Iterable[tuple[str, Batch]]) -> Changed:
    """How much of each kind is gone, and what could not go."""
    counts: Counter[str] = Counter()
    troubles: list[Trouble] = []
    for what, batch in batches:
        if batch.forgotten:
            counts[f"forgot_{what}"] += batch.forgotten
        troubles += batch.troubles
    return Changed(counts, troubles)


def _all(session: Session, what: str, moment: Moment) -> Iterator[Batch]:
    after: int | None = 0
    while after is not None:
        batch = forget_some(session, what, after, moment)
        yield batch
        after = batch.last
