"""Suggestions in words: the cards of the board, the rows of a list, one with its clock and its story."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from api.forms.suggestions import BROUGHT_BY, Doing, steps_from
from api.presenters.words import actor_word, address, month_word
from models.enums import AnswerKind, MatterStepKind
from outreach.registers import Step
from outreach.suggestion_board import RECENTLY, Answers, Board, Card, Column, Sought, Stage
from outreach.suggestions import SuggestionView
from wording import days as day_words
from wording.numbers import change, figure
from wording.sentences import say

LONGEST_TITLE: Final = 48
_ENDS_A_SENTENCE: Final = "。；;\n"
_HAS_CLOCK: Final = (Stage.COLLECTED, Stage.SENT, Stage.CHASED, Stage.ANSWERED)


@dataclass(frozen=True, slots=True)
class CardShown:
    """A card. `tone` is late, warn or empty; `drops` are the stages it may be dropped on, each with its step."""

    code: str
    address: str
    title: str
    who: str
    about: str
    days: str
    due: str
    due_iso: str
    tone: str
    step: str
    step_address: str
    drops: str


@dataclass(frozen=True, slots=True)
class ColumnShown:
    stage: str
    name: str
    count: int
    limit: str
    cards: Sequence[CardShown]
    more: str
    all_address: str
    nothing: str
    is_shown: bool
    """Whether a phone, which has room for one column, shows this one."""


@dataclass(frozen=True, slots=True)
class FigureShown:
    """A figure that leads to its records. `tone` as above."""

    label: str
    value: str
    words: str
    address: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class StageShown:
    """A stage of one suggestion: `state` is done, now or later."""

    name: str
    state: str
    day: str
    words: str


@dataclass(frozen=True, slots=True)
class StepShown:
    """A step of the story."""

    day: str
    iso: str
    words: str
    by: str
    note: str


@dataclass(frozen=True, slots=True)
class Teller:
    """Says suggestions in the words of one reader."""

    today: date
    language: str

    def card(self, card: Card, *, may_record: bool) -> CardShown:
        due, tone = self._due(card)
        steps = steps_from(card.stage) if may_record else ()
        step, doing = self._next_step(card, steps)
        place = f"/suggestions/{card.code}"
        reached = [(stage, BROUGHT_BY[stage]) for stage in Stage if BROUGHT_BY[stage] in steps]
        back = _stage_before(card.stage)
        drops = [f"{stage}={by}" for stage, by in reached if by is not Doing.BACK]
        if Doing.BACK in steps and back is not None:
            drops.append(f"{back}={Doing.BACK}")
        return CardShown(
            code=card.code,
            address=place,
            title=title_of(card.text),
            who=self._joined(card.person_name, card.unit_name),
            about=self._about(card),
            days=self._days(card),
            due=due,
            due_iso="" if card.limit_on is None else card.limit_on.isoformat(),
            tone=tone,
            step=step,
            step_address=place if doing is None else f"{place}?do={doing}#step",
            drops=" ".join(drops),
        )

    def columns(
        self, board: Board, *, may_record: bool, shown: Stage, query: Mapping[str, str]
    ) -> list[ColumnShown]:
        return [self._column(each, may_record, shown, query) for each in board.columns]

    def figures(
        self, answers: Answers, before: Answers, late: int, longest: date | None, *, year: int, unit: str
    ) -> list[FigureShown]:
        """Four figures, each with the list of what it counts."""
        told = {"unit": unit, "year": str(year)}
        mean = figure(answers.mean_days, decimals=1)
        compared = ""
        if answers.mean_days is not None and before.mean_days is not None:
            difference = change(answers.mean_days - before.mean_days, decimals=1)
            compared = self._say("suggestions.than_last_year", difference=difference)
        share = figure(_percent(answers.in_time, answers.with_limit))
        untold = ""
        if answers.untold and answers.untold == answers.count:
            untold = self._say("suggestions.kind_untold", untold=answers.untold)
        elif answers.count:
            untold = self._say(
                "suggestions.adopted_of",
                percent=figure(_percent(answers.adopted, answers.count)),
                untold=answers.untold,
            )
        return [
            FigureShown(
                self._say("suggestions.mean_days"),
                mean,
                compared or self._say("suggestions.days_to_answer"),
                address("/suggestions/all", **told),
            ),
            FigureShown(
                self._say("suggestions.on_time"),
                f"{share}%" if answers.with_limit else share,
                self._say("suggestions.on_time_of", in_time=answers.in_time, count=answers.with_limit),
                address("/suggestions/all", reply="in_time", **told),
            ),
            FigureShown(
                self._say("suggestions.adopted"),
                figure(answers.adopted),
                untold,
                address("/suggestions/all", reply="adopted", **told),
            ),
            FigureShown(
                self._say("suggestions.late"),
                figure(late),
                ""
                if longest is None
                else self._say("suggestions.longest_late", count=(self.today - longest).days),
                address("/suggestions/all", unit=unit, late="yes"),
                "late" if late else "",
            ),
        ]

    def stages(self, card: Card, view: SuggestionView) -> list[StageShown]:
        """The way of one suggestion, stage by stage."""
        days = {
            Stage.COLLECTED: view.raised_on,
            Stage.SENT: view.sent_on,
            Stage.CHASED: view.chased_on,
            Stage.ANSWERED: view.answered_on,
            Stage.FED_BACK: view.fed_back_on,
        }
        order = list(Stage)
        now = order.index(card.stage) if card.stage is not None else -1
        return [
            StageShown(
                name=self._say(f"suggestions.stage_{stage}"),
                state="now" if number == now else "done" if number < now and days[stage] else "later",
                day=self.day(days[stage]),
                words=self._clock(card) if number == now else "",
            )
            for number, stage in enumerate(order)
            if stage is not Stage.CHASED or view.chased
        ]

    def story(self, steps: Sequence[Step]) -> list[StepShown]:
        """What became of it, the latest first."""
        return [
            StepShown(
                day=self.day(step.on),
                iso=step.on.isoformat(),
                words=self._say(f"suggestions.step_{step.step}"),
                by=actor_word(step.by, self.language),
                note=step.note or "",
            )
            for step in reversed(steps)
        ]

    def chases(self, steps: Sequence[Step]) -> list[StepShown]:
        return [
            shown
            for step, shown in zip(reversed(steps), self.story(steps), strict=True)
            if step.step is MatterStepKind.CHASED
        ]

    def how_told(self, steps: Sequence[Step]) -> str:
        """How the author heard of the answer, and what they said."""
        told = [step.note for step in steps if step.step is MatterStepKind.TOLD and step.note]
        return told[-1] if told else ""

    def day(self, on: date | None) -> str:
        return "" if on is None else day_words.day(on, today=self.today, language=self.language)

    def answer_kind(self, kind: AnswerKind | None) -> str:
        return "" if kind is None else self._say(f"suggestions.kind_{kind}")

    def _column(
        self, column: Column, may_record: bool, shown: Stage, query: Mapping[str, str]
    ) -> ColumnShown:
        more = column.count - len(column.cards)
        limit = ""
        if column.stage is Stage.FED_BACK:
            limit = self._say("suggestions.recently", count=RECENTLY.days)
        elif column.workdays is not None:
            limit = self._say(f"suggestions.limit_{column.stage}", count=column.workdays)
        since = (self.today - RECENTLY).isoformat() if column.stage is Stage.FED_BACK else None
        return ColumnShown(
            stage=column.stage,
            name=self._say(f"suggestions.stage_{column.stage}"),
            count=column.count,
            limit=limit,
            cards=[self.card(card, may_record=may_record) for card in column.cards],
            more=self._say("suggestions.more", count=more) if more > 0 else "",
            all_address=address("/suggestions/all", **{**query, "stage": column.stage.value, "since": since}),
            nothing=self._say(f"suggestions.none_{column.stage}"),
            is_shown=column.stage is shown,
        )

    def _due(self, card: Card) -> tuple[str, str]:
        """When it is due in words, and their tone."""
        if card.stage is Stage.FED_BACK:
            return self._say("suggestions.closed"), ""
        if card.limit_on is None:
            return self._say("suggestions.no_limit"), ""
        left = (card.limit_on - self.today).days
        if card.is_late:
            late = (self.today - (card.due_on or card.limit_on)).days
            return self._say("suggestions.late_by", count=late), "late"
        if left < 0:
            return self._say("suggestions.past_by", count=-left), "warn"
        if left <= 1:
            return self._say(f"suggestions.due_in_{left}"), "warn"
        return self._say("suggestions.due_on", day=self._short_day(card.limit_on)), ""

    def _clock(self, card: Card) -> str:
        if card.stage not in _HAS_CLOCK:
            return self._say("suggestions.closed")
        due, _ = self._due(card)
        return self._joined(self._days(card), due)

    def _days(self, card: Card) -> str:
        if card.stage is Stage.FED_BACK:
            return self._short_day(card.since)
        return self._say("suggestions.day_number", count=max((self.today - card.since).days, 0) + 1)

    def _about(self, card: Card) -> str:
        match card.stage:
            case Stage.COLLECTED:
                raised = self._say("suggestions.raised_on", day=self._short_day(card.raised_on))
                return self._joined(card.sent_to, raised)
            case Stage.CHASED:
                return self._joined(card.sent_to, self._say("suggestions.chased_times", count=card.chased))
            case Stage.ANSWERED | Stage.FED_BACK:
                return self._joined(card.sent_to, self.answer_kind(card.answer_kind))
        return card.sent_to or ""

    def _next_step(self, card: Card, steps: Sequence[Doing]) -> tuple[str, Doing | None]:
        if not steps or card.stage is Stage.FED_BACK:
            return self._say("suggestions.see_all_of_it"), None
        doing = steps[0]
        if card.stage is Stage.CHASED or (card.stage is Stage.SENT and card.is_late):
            doing = Doing.CHASE
        again = doing is Doing.CHASE and card.chased > 0
        return self._say(f"suggestions.do_{doing}{'_again' if again else ''}"), doing

    def _short_day(self, on: date) -> str:
        return short_day(on, today=self.today, language=self.language)

    def _joined(self, *words: str | None) -> str:
        return say("suggestions.between", language=self.language).join(word for word in words if word)

    def _say(self, key: str, **values: object) -> str:
        return say(key, language=self.language, **values)


def short_day(on: date, *, today: date, language: str) -> str:
    """10月16日, without its weekday, for narrow places; 2025年10月16日 when it is not this year."""
    plain = say("days.day", language=language, month=month_word(on, language), day=on.day)
    return plain if on.year == today.year else say("days.of_year", language=language, year=on.year, day=plain)


def title_of(text: str) -> str:
    """The first sentence of what was said, as the title of a card."""
    first = text.strip()
    for sign in _ENDS_A_SENTENCE:
        first = first.partition(sign)[0]
    first = first.strip()
    return first if len(first) <= LONGEST_TITLE else f"{first[: LONGEST_TITLE - 1]}…"


def sought_words(sought: Sought) -> dict[str, str]:
    """What is looked for as an address asks it."""
    told = {
        "office": sought.office,
        "person": sought.person_code,
        "q": sought.words,
        "stage": sought.stage,
        "late": "yes" if sought.is_late else None,
        "year": None if sought.answered_in is None else str(sought.answered_in),
        "reply": sought.reply,
        "since": None if sought.fed_back_since is None else sought.fed_back_since.isoformat(),
    }
    return {name: str(value) for name, value in told.items() if value}


def shown_stage(board: Board, asked: Stage | None) -> Stage:
    """The column for a phone: the one asked for, else the first with something late, else the first with anything."""
    if asked is not None:
        return asked
    late = [column.stage for column in board.columns if any(card.is_late for card in column.cards)]
    full = [column.stage for column in board.columns if column.count]
    return (late or full or [Stage.COLLECTED])[0]


def _stage_before(stage: Stage | None) -> Stage | None:
    match stage:
        case Stage.SENT | Stage.CHASED:
            return Stage.COLLECTED
        case Stage.ANSWERED:
            return Stage.SENT
        case Stage.FED_BACK:
            return Stage.ANSWERED
    return None


def _percent(part: int, whole: int) -> int | None:
    return round(part * 100 / whole) if whole else None
