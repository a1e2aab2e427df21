"""What the clockwork did: a row for each job, and the runs of one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from api.presenters.words import actor_word
from models.enums import RunState
from outreach import runs
from outreach.clockwork import Changed, ClockworkState
from outreach.runs import JobState, JobView, Overview, Run
from wording import days as day_words
from wording.sentences import say


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run. `said` is what became of it; `tone` one of ok, warn, late, quiet."""

    slot: str
    state: str
    tone: str
    said: str
    took: str
    asked_by: str
    troubles: list[str]


@dataclass(frozen=True, slots=True)
class JobRow:
    """One job as it stands."""

    job: str
    name: str
    state: str
    tone: str
    said: str
    last: str
    next: str
    took: str
    since: str
    effect: str
    troubles: list[str]
    is_asked: bool


@dataclass(frozen=True, slots=True)
class RunsPage:
    """The clockwork in a sentence, and its jobs, what failed first."""

    clockwork: str
    tone: str
    jobs: list[JobRow]


@dataclass(frozen=True, slots=True)
class Teller:
    """Says runs in the words of one reader."""

    today: date
    zone: ZoneInfo
    language: str

    def overview(self, found: Overview) -> RunsPage:
        tones = {ClockworkState.OK: "ok", ClockworkState.BEHIND: "warn", ClockworkState.STOPPED: "late"}
        return RunsPage(
            clockwork=self._say(f"pages.clockwork_{found.clockwork}"),
            tone=tones[found.clockwork],
            jobs=[self.job(view) for view in found.jobs],
        )

    def job(self, view: JobView) -> JobRow:
        last = None if view.last is None else self.run(view.last)
        since = view.failing_since or view.late_since
        return JobRow(
            job=view.job,
            name=runs.say_job(view.job, language=self.language),
            state=self._say(f"clockwork.state_{view.state}"),
            tone=_tone(view),
            said=self._first(view) if last is None else last.said,
            last="" if last is None else last.slot,
            next=self._moment(view.next_slot),
            took="" if last is None else last.took,
            since="" if since is None else self._say("pages.run_since", moment=self._moment(since)),
            effect="" if view.effect is None else runs.say_effect(view.effect, language=self.language),
            troubles=[] if last is None else last.troubles,
            is_asked=view.is_asked,
        )

    def history(self, found: Sequence[Run]) -> list[RunRow]:
        return [self.run(run) for run in found]

    def run(self, run: Run) -> RunRow:
        asked = run.asked_by is not None and run.state is not RunState.ASKED
        by = actor_word(run.asked_by or "", self.language) if asked else ""
        waits = run.state in (RunState.ASKED, RunState.RUNNING)
        return RunRow(
            slot=self._moment(run.slot),
            state=self._say(f"clockwork.state_{run.state}"),
            tone="late" if run.has_failed else "warn" if run.troubles else "quiet" if waits else "ok",
            said=runs.say_run(run, language=self.language),
            took="" if waits or run.duration is None else self._took(run.duration),
            asked_by=self._say("pages.run_asked_by", name=by) if by else "",
            troubles=[runs.say_trouble(each, language=self.language) for each in run.troubles],
        )

    def foreseen(self, changed: Changed) -> tuple[str, list[str]]:
        """What a run would do, and what would go wrong."""
        troubles = [runs.say_trouble(each, language=self.language) for each in changed.troubles]
        return runs.say_foreseen(changed, language=self.language), troubles

    def _first(self, view: JobView) -> str:
        return self._say("pages.first_run", moment=self._moment(view.next_slot))

    def _took(self, duration: timedelta) -> str:
        seconds = round(duration.total_seconds())
        if seconds < 120:
            return self._say("pages.seconds", count=seconds)
        return self._say("pages.minutes", count=seconds // 60)

    def _moment(self, at: datetime) -> str:
        return day_words.moment(at, zone=self.zone, today=self.today, language=self.language)

    def _say(self, key: str, **values: object) -> str:
        return say(key, language=self.language, **values)


def _tone(view: JobView) -> str:
    if view.state in (JobState.FAILED, JobState.LATE):
        return "late"
    if view.state is not JobState.DONE:
        return "quiet"
    return "warn" if view.last is not None and view.last.troubles else "ok"
