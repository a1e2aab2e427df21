"""Suggestions heard at an activity, a row each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from outreach.activities.hearing import SuggestionHere
from wording import days as day_words
from wording.sentences import say


@dataclass(frozen=True, slots=True)
class SuggestionRow:
    code: str
    text: str
    day: str
    who: str
    person_code: str
    named: str
    status: str


def suggestion_rows(found: Sequence[SuggestionHere], *, today: date, language: str) -> list[SuggestionRow]:
    """Each with who said it, whether the name may be told, and how far it is."""
    return [
        SuggestionRow(
            code=each.code,
            text=each.text,
            day=day_words.day(each.raised_on, today=today, language=language),
            who=each.person_name or "",
            person_code=each.person_code or "",
            named=""
            if each.may_be_named is None or each.person_name is None
            else say(f"activity.named_{'yes' if each.may_be_named else 'no'}", language=language),
            status=say(f"activity.heard_{each.status}", language=language),
        )
        for each in found
    ]
