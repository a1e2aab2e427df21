"""Runs 运行: what the clockwork did."""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from pydantic import BaseModel, Field

from api.pagination import Listing
from models.enums import RunState
from outreach import runs
from outreach.clockwork import Changed, ClockworkState
from outreach.runs import JobState, JobView, Run


class RunOut(BaseModel):
    """One slot of one job."""

    id: int
    job: str = Field(examples=["plan_horizon"])
    slot: datetime = Field(description="The instant it was due for.")
    state: RunState
    started_at: datetime
    finished_at: datetime | None
    seconds: float | None = Field(description="How long it took; null while it runs.")
    attempts: int
    asked_by: str | None = Field(description="Who wanted it; null for what came due by itself.")
    changed: dict[str, str] = Field(examples=[{"created": "12", "moved": "0"}])
    said: str = Field(description="What became of it, in a sentence.")
    troubles: list[str] = Field(description="What went wrong although the job went on.")

    @classmethod
    def of(cls, run: Run, zone: ZoneInfo, language: str) -> "RunOut":
        """A run with its instants in the organisation's zone."""
        waits = run.state is RunState.ASKED
        return cls(
            id=run.id,
            job=run.job,
            slot=run.slot.astimezone(zone),
            state=run.state,
            started_at=run.started_at.astimezone(zone),
            finished_at=None if run.finished_at is None else run.finished_at.astimezone(zone),
            seconds=None if waits or run.duration is None else run.duration.total_seconds(),
            attempts=run.attempts,
            asked_by=run.asked_by,
            changed=dict(run.counts),
            said=runs.say_run(run, language=language),
            troubles=[runs.say_trouble(each, language=language) for each in run.troubles],
        )


class JobOut(BaseModel):
    """A job as it stands."""

    job: str = Field(examples=["plan_horizon"])
    name: str = Field(examples=["生成活动"])
    state: JobState
    last: RunOut | None
    next_slot: datetime
    asked: bool = Field(description="Somebody wants it now, and it has not begun.")
    late_since: datetime | None = Field(description="The earliest slot that is due and not done for long.")
    failing_since: datetime | None
    effect: str | None = Field(description="What follows while it does not run.")

    @classmethod
    def of(cls, job: JobView, zone: ZoneInfo, language: str) -> "JobOut":
        """A job with its instants in the organisation's zone."""
        return cls(
            job=job.job,
            name=runs.say_job(job.job, language=language),
            state=job.state,
            last=None if job.last is None else RunOut.of(job.last, zone, language),
            next_slot=job.next_slot.astimezone(zone),
            asked=job.is_asked,
            late_since=None if job.late_since is None else job.late_since.astimezone(zone),
            failing_since=None if job.failing_since is None else job.failing_since.astimezone(zone),
            effect=None if job.effect is None else runs.say_effect(job.effect, language=language),
        )


class JobsOut(Listing[JobOut]):
    """The jobs in the order in which they are done when several are due."""

    clockwork: ClockworkState


class RehearsalOut(BaseModel):
    """What a run would do; nothing of it was kept."""

    job: str
    changed: dict[str, str]
    said: str = Field(examples=["将会：新增 12"])
    troubles: list[str]

    @classmethod
    def of(cls, job: str, foreseen: Changed, language: str) -> "RehearsalOut":
        """In the language of the request."""
        counts: Mapping[str, int | str] = foreseen.counts
        return cls(
            job=job,
            changed={word: str(count) for word, count in counts.items()},
            said=runs.say_foreseen(foreseen, language=language),
            troubles=[runs.say_trouble(each, language=language) for each in foreseen.troubles],
        )


class AskedOut(BaseModel):
    """A run that the clockwork takes up; while that is stopped, it waits."""

    run: RunOut
    clockwork: ClockworkState
    said: str
