"""Cases in words: the rows of the lanes, and one with its tasks, visits, money and story."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from api.forms.cases import due_day
from api.presenters.forms import Option
from api.presenters.suggestions import short_day
from api.presenters.words import actor_word
from models.enums import CaseKind, MatterStatus
from outreach.case_board import CaseRow, Given, LaneShown, Visit
from outreach.cases import CaseView
from outreach.matters import Task
from outreach.registers import Step
from wording import days as day_words
from wording.numbers import figure
from wording.sentences import is_known, say


@dataclass(frozen=True, slots=True)
class RowShown:
    """A case in a row. `tone` is late, warn or empty."""

    code: str
    address: str
    name: str
    person_address: str
    unit: str
    kind: str
    state: str
    since: str
    days: str
    last: str
    due: str
    due_iso: str
    tone: str
    step: str
    by: str


@dataclass(frozen=True, slots=True)
class LaneWords:
    lane: str
    name: str
    open: int
    facts: str
    late: str
    rows: Sequence[RowShown]
    more: int
    nothing: str


@dataclass(frozen=True, slots=True)
class TaskShown:
    """A task; `state` is done, late or open."""

    task: str
    name: str
    state: str
    due: str
    due_iso: str
    done: str
    note: str


@dataclass(frozen=True, slots=True)
class LineShown:
    """A visit, a payment or a step in a line."""

    day: str
    iso: str
    words: str
    note: str
    address: str = ""


@dataclass(frozen=True, slots=True)
class Teller:
    """Says cases in the words of one reader."""

    today: date
    now: datetime
    zone: ZoneInfo
    language: str

    def lane(self, lane: LaneShown) -> LaneWords:
        states = [
            self._say(f"cases.count_{state}", count=count) for state, count in lane.counts.items() if count
        ]
        return LaneWords(
            lane=lane.lane,
            name=self._say(f"cases.lane_{lane.lane}"),
            open=lane.open,
            facts=self._joined(*states),
            late=self._say("cases.count_late", count=lane.late) if lane.late else "",
            rows=[self.row(row) for row in lane.rows],
            more=lane.open - len(lane.rows),
            nothing=self._say(f"cases.none_{lane.lane}"),
        )

    def row(self, row: CaseRow) -> RowShown:
        due, tone = self._due(row.owed_at)
        return RowShown(
            code=row.code,
            address=f"/cases/{row.code}",
            name=row.person_name or row.code,
            person_address="" if row.person_code is None else f"/people/{row.person_code}",
            unit=row.unit_name or "",
            kind=self.kind(row.kind),
            state=self.status(row.status),
            since=self.short_day(row.opened_on),
            days=self._say("cases.day_number", count=max((self.today - row.opened_on).days, 0) + 1),
            last="" if row.last_contact is None else self.short_day(row.last_contact),
            due=self.short_day(row.closed_on) if row.closed_on else due,
            due_iso="" if row.owed_at is None else due_day(row.owed_at, self.zone).isoformat(),
            tone="" if row.closed_on else tone,
            step=self.task_name(row.task) if row.task else self._say("cases.to_close"),
            by="" if row.cared_for_by is None else actor_word(row.cared_for_by, self.language),
        )

    def tasks(self, tasks: Sequence[Task]) -> list[TaskShown]:
        return [self._task(task) for task in tasks]

    def next_step(self, view: CaseView) -> tuple[str, str, str]:
        """What comes next, until when, and the tone of it."""
        open_tasks = [task for task in view.tasks if task.done_on is None]
        if not open_tasks:
            due, tone = self._due(view.told_due_at)
            return self._say("cases.to_close"), due if view.told_due_at else "", tone
        far = datetime.max.replace(tzinfo=self.zone)
        first = min(open_tasks, key=lambda task: task.due_at or far)
        due, tone = self._due(first.due_at)
        return self.task_name(first.task), due, tone

    def visits(self, visits: Sequence[Visit]) -> list[LineShown]:
        return [
            LineShown(
                self.day(visit.day),
                visit.day.isoformat(),
                visit.campaign,
                self._say(f"cases.visit_{visit.status}"),
                f"/a/{visit.activity_id}",
            )
            for visit in visits
        ]

    def given(self, given: Sequence[Given]) -> list[LineShown]:
        return [
            LineShown(
                self.day(entry.paid_on),
                entry.paid_on.isoformat(),
                self._say("cases.yuan", amount=figure(entry.amount, decimals=2)),
                self._joined(
                    self._say(f"ledger_page.kind_{entry.kind}"),
                    entry.item,
                    entry.campaign,
                    self._say("ledger_page.was_reversed") if entry.is_reversed else None,
                ),
                f"/ledger/{entry.id}",
            )
            for entry in given
        ]

    def story(self, steps: Sequence[Step]) -> list[LineShown]:
        """What became of it, the latest first."""
        return [
            LineShown(
                self.day(step.on),
                step.on.isoformat(),
                self._joined(self._say(f"cases.step_{step.step}"), actor_word(step.by, self.language)),
                step.note or "",
            )
            for step in reversed(steps)
        ]

    def kinds(self, used: Sequence[str]) -> list[Option]:
        """The kinds to choose from: those the program knows, then words of the office's own."""
        known = [kind.value for kind in CaseKind]
        return [
            Option(kind, self.kind(kind)) for kind in [*known, *(each for each in used if each not in known)]
        ]

    def kind(self, kind: str) -> str:
        key = f"cases.kind_{kind}"
        return self._say(key) if is_known(key) else kind

    def task_name(self, task: str) -> str:
        key = f"cases.task_{task}"
        return self._say(key) if is_known(key) else task

    def status(self, status: MatterStatus) -> str:
        return self._say(f"cases.status_{status}")

    def state(self, state: str) -> str:
        return self._say(f"cases.state_{state}")

    def day(self, on: date | None) -> str:
        return "" if on is None else day_words.day(on, today=self.today, language=self.language)

    def short_day(self, on: date) -> str:
        return short_day(on, today=self.today, language=self.language)

    def _task(self, task: Task) -> TaskShown:
        if task.done_on is not None:
            by = "" if task.by is None else actor_word(task.by, self.language)
            done = self._joined(self._say("cases.done_on", day=self.day(task.done_on)), by)
            return TaskShown(task.task, self.task_name(task.task), "done", "", "", done, task.note or "")
        due, tone = self._due(task.due_at)
        iso = "" if task.due_at is None else due_day(task.due_at, self.zone).isoformat()
        state = "late" if tone == "late" else "open"
        return TaskShown(
            task.task, self.task_name(task.task), state, due if task.due_at else "", iso, "", task.note or ""
        )

    def _due(self, due_at: datetime | None) -> tuple[str, str]:
        """Until when, in words, and their tone."""
        if due_at is None:
            return self._say("cases.no_due"), ""
        day = due_day(due_at, self.zone)
        left = (day - self.today).days
        if due_at <= self.now:
            return self._say("cases.late_by", count=max(-left, 1)), "late"
        if left <= 1:
            return self._say(f"cases.due_in_{max(left, 0)}"), "warn"
        return self._say("cases.due_on", day=self.short_day(day)), ""

    def _joined(self, *words: str | None) -> str:
        return self._say("suggestions.between").join(word for word in words if word)

    def _say(self, key: str, **values: object) -> str:
        return say(key, language=self.language, **values)
