"""How much waits behind each page of the menu: one statement, made of the questions that the pages themselves ask."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Final

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from outreach.agenda import untold
from outreach.due_visits import late_visits
from outreach.matters import late_cases, late_suggestions
from outreach.notices.reading import calls
from outreach.permissions import Reach
from outreach.remembered import minute_begun, remembered

LATE_AFTER: Final = timedelta(days=3)
"""From when on an outcome that nobody told is called late: until then it is only due."""


MADE_OF: Final = frozenset(
    {"activities", "campaigns", "ledger_entries", "matters", "matter_tasks", "notices", "ties"}
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """Counts within a reach: what is owed and how much of it late, and what is past its time elsewhere."""

    outcomes: int
    late_outcomes: int
    late_visits: int
    late_cases: int
    late_suggestions: int
    calls: int


def what_waits(session: Session, within: Reach, *, today: date, now: datetime) -> Waiting:
    """What waits for a person in these units, as of the minute that has begun.

    It stands on every page: so it is remembered while nothing of it changes, and the question, which takes longer to
    put together than to answer, is put together once a minute for each reach.
    """
    minute = minute_begun(now)
    question = _question(within, today, minute)
    return remembered(
        session,
        ("waiting", within, today, minute),
        lambda: Waiting(*session.execute(question).one()),
        made_of=MADE_OF,
    )


@lru_cache(maxsize=512)
def _question(within: Reach, today: date, now: datetime) -> Select[*tuple[int, ...]]:
    late_through = today - LATE_AFTER - timedelta(days=1)
    outcomes = untold(within, today=today, now=now, late_through=late_through).subquery()
    others = (
        late_visits(within, today),
        late_cases(within, now),
        late_suggestions(within, now),
        calls(within, today=today, now=now),
    )
    return select(*outcomes.c, *(each.scalar_subquery() for each in others))
