"""ClockworkRun: that a job was done for its slot, once, whoever did it. ClockworkRunner: who was last seen running."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, RunId, Words, one_of
from models.enums import RunState
from models.types import TextEnum


class ClockworkRun(Base):
    __tablename__ = "clockwork_runs"
    __table_args__ = (
        one_of("state", RunState),
        UniqueConstraint("job", "slot"),
        Index(None, "job", "started_at"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[RunId] = mapped_column(primary_key=True)
    job: Mapped[str] = mapped_column(String(64))
    slot: Mapped[datetime]
    """The instant that the job was due for, not when somebody came round to it."""
    state: Mapped[RunState] = mapped_column(TextEnum(RunState))
    runner: Mapped[str]
    lease_until: Mapped[datetime]
    """When it may be taken over from a runner that died; the machine's own time."""
    attempts: Mapped[int] = mapped_column(default=1)
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    changed: Mapped[Words | None]
    """What it did, as `word=count` for `wording` to say, or why it failed."""
    troubles: Mapped[list[dict[str, Any]] | None] = mapped_column(JSON(none_as_null=True))
    """What failed although the job went on: `{"key": …, "values": {…}}`, said by `wording`."""
    asked_by: Mapped[str | None]
    """Who wanted it now; none for what came due by itself."""


class ClockworkRunner(Base):
    """One row for each process that does the jobs; the instant is the machine's own, not that of a rehearsal."""

    __tablename__ = "clockwork_runners"

    name: Mapped[str] = mapped_column(primary_key=True)
    seen_at: Mapped[datetime]
