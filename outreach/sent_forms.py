"""Forms that were sent and done: one that comes twice is done once, and answered the same both times."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete
from sqlalchemy.orm import Session

from models import SentForm
from models.database import hold

KEPT_FOR: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Answer:
    """Where somebody was led after a form, and what the status line said there."""

    address: str
    status: str


def answer_of(session: Session, digest: str) -> Answer | None:
    """How this very form was answered; None for one that was not done yet.

    Of two that come at once the second waits here until the first is done, or was refused.
    """
    hold(session, f"form {digest}")
    sent = session.get(SentForm, digest)
    return None if sent is None else Answer(sent.address, sent.status)


def keep_answer(session: Session, digest: str, answer: Answer, *, now: datetime) -> None:
    """Keep how a form was answered, in the transaction that does what it asks for."""
    session.add(SentForm(digest=digest, sent_at=now, address=answer.address, status=answer.status))


def forget_answers(session: Session, *, before: datetime) -> None:
    """Forget the answers to forms that were sent earlier."""
    session.execute(delete(SentForm).where(SentForm.sent_at < before))


def forget_all_answers(session: Session) -> None:
    """Forget every answer: the name of anybody may stand in them."""
    session.execute(delete(SentForm))
