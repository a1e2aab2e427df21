"""The steps of an activity in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from api.presenters.words import actor_word, moment
from outreach.activities.story import (
    ActivityStep,
    Changed,
    HeardStep,
    PaidStep,
    PersonStep,
    PersonTold,
    PhotoStep,
    Step,
    ToldStep,
)
from outreach.assignment.places import ANY_ROLE
from outreach.metrics import definitions
from wording import days as day_words
from wording.numbers import figure
from wording.sentences import is_known, say


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """One thing before and after; either may be empty."""

    what: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class StoryLine:
    at: str
    iso: str
    by: str
    via: str
    words: str
    changes: Sequence[ChangeLine]


def story_lines(steps: Sequence[Step], *, today: date, zone: ZoneInfo, language: str) -> list[StoryLine]:
    """Each step with who took it, and what is another than before."""
    teller = _Teller(today, zone, language)
    return [teller.line(step) for step in steps]


@dataclass(frozen=True, slots=True)
class _Teller:
    today: date
    zone: ZoneInfo
    language: str

    def line(self, step: Step) -> StoryLine:
        words, changes = self._told(step)
        by = step.by or ("" if step.via is None else step.via.value)
        return StoryLine(
            at=moment(step.at, today=self.today, zone=self.zone, language=self.language),
            iso=step.at.astimezone(self.zone).isoformat(),
            by=actor_word(by, self.language) if by else self._say("activity.by_program"),
            via="" if step.via is None or step.by is None else self._say(f"activity.via_{step.via}"),
            words=words,
            changes=changes,
        )

    def _told(self, step: Step) -> tuple[str, Sequence[ChangeLine]]:
        match step.what:
            case ActivityStep(is_new=True):
                return self._say("activity.story_made"), []
            case ActivityStep(changes=changes):
                return self._say("activity.story_changed"), self._changes(changes)
            case PersonStep(name=name, role=role, state=state):
                key = f"activity.story_{state}" if role == ANY_ROLE else f"activity.story_{state}_as"
                return self._say(key, name=name, role=role), []
            case ToldStep(revision=revision):
                key = "activity.story_told" if revision == 1 else "activity.story_told_again"
                return self._say(key, number=revision), self._telling(step.what)
            case PaidStep(kind=kind, amount=amount, name=name, is_taken_back=taken_back, reason=reason):
                key = "activity.story_taken_back" if taken_back else "activity.story_paid"
                return self._say(
                    key,
                    name=name or "–",
                    kind=self._say(f"activity.kind_{kind}"),
                    amount=figure(amount, decimals=2),
                    reason=reason or "–",
                ), []
            case HeardStep():
                return self._say("activity.story_heard"), []
            case PhotoStep(is_removed=is_removed, reason=reason):
                key = "activity.story_photo_removed" if is_removed else "activity.story_photo"
                return self._say(key, reason=reason or "–"), []

    def _telling(self, told: ToldStep) -> list[ChangeLine]:
        lines = self._changes(told.changes)
        lines += [ChangeLine(each.name, "", self._person(each)) for each in told.people]
        more = told.people_count - len(told.people)
        if more > 0:
            lines.append(ChangeLine("", "", self._say("pages.and_more_people", count=figure(more))))
        return lines

    def _person(self, person: PersonTold) -> str:
        words = []
        if person.there is not None:
            words.append(self._say(f"recording.there_{person.there}"))
        if person.minutes:
            words.append(self._say("activity.so_many_minutes", count=person.minutes))
        if person.seen is not None:
            words.append(self._say(f"recording.seen_{person.seen}"))
        return self._say("names.separator").join(words) or self._say("activity.not_listed_any_more")

    def _changes(self, changes: Sequence[Changed]) -> list[ChangeLine]:
        lines = [
            ChangeLine(
                self._what(each.what), self._value(each.what, each.before), self._value(each.what, each.after)
            )
            for each in changes
        ]
        return [line for line in lines if line.before != line.after]

    def _what(self, what: str) -> str:
        kind, _, metric = what.partition(":")
        if kind == "measure":
            return definitions()[metric].names[self.language] if metric in definitions() else metric
        return self._say(f"activity.field_{what}") if is_known(f"activity.field_{what}") else what

    def _value(self, what: str, value: object) -> str:
        if value is None:
            return ""
        if isinstance(value, Decimal):
            return figure(value)
        text = str(value)
        try:
            if what in ("day", "last_day", "held_on"):
                return day_words.day(date.fromisoformat(text), today=self.today, language=self.language)
            if what in ("starts_at", "ends_at"):
                at = datetime.fromisoformat(text)
                return moment(at, today=self.today, zone=self.zone, language=self.language)
        except (ValueError, TypeError):
            return text
        if what == "status":
            return self._say(f"activity.status_{text}") if is_known(f"activity.status_{text}") else text
        if what == "forecast":
            return self._say("activity.yes" if value else "activity.no")
        return text

    def _say(self, key: str, **values: object) -> str:
        return say(key, language=self.language, **values)
