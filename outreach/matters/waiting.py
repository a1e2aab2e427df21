"""What waits for somebody: suggestions without their answer and cases without their next step, past their time.

The one place that counts them: boards, the menu, the first page and the morning's digest all ask here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, and_, case, func, null, or_, select
from sqlalchemy.orm import Session

from models import Matter, MatterTask
from models.enums import AWAITING_ANSWER, MatterFace
from outreach.matters.tasks import is_owed
from outreach.permissions import Reach
from outreach.remembered import minute_begun, remembered

MADE_OF: Final = frozenset({"activities", "campaigns", "ledger_entries", "matters", "matter_tasks"})


@dataclass(frozen=True, slots=True)
class WaitingMatter:
    """A matter by its code, a suggestion with its words too; `due_at` is the instant by which something was owed."""

    code: str
    due_at: datetime
    words: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many matters wait, and the first of them, the longest waiting first."""

    count: int
    first: Sequence[WaitingMatter]


def suggestions_waiting(session: Session, within: Reach, *, now: datetime, limit: int = 1) -> Waiting:
    """Suggestions of these units whose answer should have come by the minute that has begun, by one statement."""
    minute = minute_begun(now)

    def found() -> Waiting:
        return _waiting(
            session,
            select(Matter.code, Matter.due_at, func.count().over(), Matter.text)
            .where(answer_is_late(minute), within.of(Matter.unit_id))
            .order_by(Matter.due_at, Matter.id),
            limit,
        )

    return remembered(session, ("suggestions_waiting", within, minute, limit), found, made_of=MADE_OF)


def cases_waiting(session: Session, within: Reach, *, now: datetime, limit: int = 1) -> Waiting:
    """Open cases of these units of which something is past its time in the minute that has begun, each once, by one
    statement."""
    minute = minute_begun(now)

    def found() -> Waiting:
        late = late_tasks(minute).subquery()
        due_at = earlier(case((Matter.due_at <= minute, Matter.due_at)), late.c.due_at)
        return _waiting(
            session,
            select(Matter.code, due_at, func.count().over(), null())
            .join(late, late.c.matter_id == Matter.id, isouter=True)
            .where(_is_late(late.c.due_at.is_not(None), minute), within.of(Matter.unit_id))
            .order_by(due_at, Matter.id),
            limit,
        )

    return remembered(session, ("cases_waiting", within, minute, limit), found, made_of=MADE_OF)


def late_suggestions(within: Reach, now: datetime) -> Select[int]:
    """How many `suggestions_waiting` counts, as a question for the menu."""
    return select(func.count()).select_from(Matter).where(answer_is_late(now), within.of(Matter.unit_id))


def late_cases(within: Reach, now: datetime) -> Select[int]:
    """How many `cases_waiting` counts, as a question for the menu."""
    return select(func.count()).select_from(Matter).where(is_late_case(now), within.of(Matter.unit_id))


def is_late_case(now: datetime) -> ColumnElement[bool]:
    """The WHERE clause for open cases of which something is past its time."""
    late = select(MatterTask.id).where(MatterTask.matter_id == Matter.id, MatterTask.due_at <= now, is_owed())
    return _is_late(late.exists(), now)


def _is_late(has_late_task: ColumnElement[bool], now: datetime) -> ColumnElement[bool]:
    return and_(
        Matter.face == MatterFace.CASE,
        Matter.closed_on.is_(None),
        or_(Matter.due_at <= now, has_late_task),
    )


def answer_is_late(now: datetime) -> ColumnElement[bool]:
    """The WHERE clause for suggestions that nobody has answered in time."""
    return and_(
        Matter.face == MatterFace.SUGGESTION,
        Matter.closed_on.is_(None),
        Matter.status.in_(AWAITING_ANSWER),
        Matter.due_at <= now,
    )


def late_tasks(now: datetime) -> Select[int, datetime | None]:
    """Each case with tasks past their time, and since when the first of them is."""
    return (
        select(MatterTask.matter_id, func.min(MatterTask.due_at).label("due_at"))
        .join(Matter, Matter.id == MatterTask.matter_id)
        .where(MatterTask.due_at <= now, Matter.closed_on.is_(None), is_owed())
        .group_by(MatterTask.matter_id)
    )


def earlier(
    one: SQLColumnExpression[datetime | None], other: SQLColumnExpression[datetime | None]
) -> ColumnElement[datetime | None]:
    """The earlier of two instants, either of which may be NULL: databases disagree about `least` and NULL."""
    return case((or_(one.is_(None), other < one), other), else_=one)


def _waiting(
    session: Session, query: Select[*tuple[Any, ...]], limit: int
) -> Waiting:  # Any: a code, an instant, how many in all, and words or none
    rows = session.execute(query.limit(max(limit, 1))).all()
    return Waiting(
        count=rows[0][2] if rows else 0,
        first=[
            WaitingMatter(code, due_at, text or "")
            for code, due_at, _, text in rows[:limit]
            if due_at is not None
        ],
    )
