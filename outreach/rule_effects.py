"""What would follow from other rules: the clockwork's own next runs, tried as it stands and as it would be.

Everything here writes while it tries, so it wants a transaction of which nothing is kept.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import Person, Tie
from models.enums import TieKind
from outreach import runs
from outreach.clockwork import Changed, Job, Moment
from outreach.house_rules import house_rules
from outreach.pairings import LIAISON
from outreach.permissions import Actor

LIAISONS: Final = "liaisons"


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What the next run of each job would do, by the job's name, and how many liaisons have too few or too many."""

    runs: Mapping[str, Changed]
    liaisons: int | None


def foresee(
    session: Session, jobs: Iterable[Job], *, by: Actor, moment: Moment, counts_liaisons: bool
) -> Foreseen:
    """What would follow from the rules as this transaction has them; nothing that was tried stays in it.

    Raises Forbidden for everybody but administrators of everything.
    """
    found: dict[str, Changed] = {}
    for job in jobs:
        tried = session.begin_nested()
        try:
            found[job.name] = runs.rehearse(session, job, by=by, moment=moment)
        finally:
            tried.rollback()
            session.expire_all()
    return Foreseen(found, _liaisons_beyond(session, on=moment.today) if counts_liaisons else None)


def jobs_named(jobs: Sequence[Job], names: Iterable[str]) -> Sequence[Job]:
    """The jobs of these names, in this order."""
    return [runs.job_of(jobs, name) for name in names]


def _liaisons_beyond(session: Session, *, on: date) -> int:
    """Liaisons in force who look after fewer or more people than the house rules say."""
    rules = house_rules(session).pairings
    loads = (
        select(func.count().label("load"))
        .select_from(Tie)
        .join(Person, Person.id == Tie.subject_person_id)
        .where(Tie.kind == TieKind.PAIRING, Tie.sort == LIAISON, Tie.since <= on, Tie.until >= on)
        .where(Person.until >= on, Person.frozen_on.is_(None) | (Person.frozen_on > on))
        .group_by(Tie.subject_person_id)
        .subquery()
    )
    beyond = (loads.c.load < rules.liaison_least) | (loads.c.load > rules.liaison_most)
    return session.scalar(select(func.count()).select_from(loads).where(beyond)) or 0
