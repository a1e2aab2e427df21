"""Who goes to an activity: a row for each place, open ones among them, and the candidates for one."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import repeat

from models.enums import TAKING_PART, AssignmentState
from outreach.activities import ActivityView
from outreach.activities.views import Asked
from outreach.assignment import Ranking, say_passed_over, say_reason
from outreach.assignment.places import ANY_ROLE, open_places
from wording import days as day_words


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """A person on a place, or (without one) an open place."""

    role: str
    code: str
    name: str
    state: str
    reason: str


@dataclass(frozen=True, slots=True)
class CandidateRow:
    code: str
    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class StaffingPage:
    activity_id: int
    version: int
    title: str
    day: str
    places: Sequence[PlaceRow]
    gone: Sequence[PlaceRow]
    """Who declined or was withdrawn."""
    needed: int
    taken: int
    short: int
    role: str
    """The role that candidates are shown for; empty for none in particular."""
    instead_of: str
    """Whose place they would take, by name; empty when it is an open one."""
    instead_of_code: str
    candidates: Sequence[CandidateRow]
    passed_over: Sequence[CandidateRow]
    has_ranking: bool


def staffing_page(
    view: ActivityView, ranking: Ranking | None, *, instead_of: str | None, today: date, language: str
) -> StaffingPage:
    """The page of one activity's people."""
    on_it = [each for each in view.people if each.state in TAKING_PART]
    taken: dict[str, int] = {}
    for each in on_it:
        taken[each.role] = taken.get(each.role, 0) + 1
    missing = open_places(view.places_needed, taken)
    leaves = next((each for each in on_it if each.code == instead_of), None)
    return StaffingPage(
        activity_id=view.id,
        version=view.version,
        title=view.campaign_name,
        day=day_words.day(view.day, today=today, language=language),
        places=[_row(each, today, language) for each in on_it] + list(_open(missing)),
        gone=[_row(each, today, language) for each in view.people if each.state not in TAKING_PART],
        needed=sum(view.places_needed.values()),
        taken=len(on_it),
        short=sum(missing.values()),
        role="" if ranking is None or ranking.role == ANY_ROLE else ranking.role,
        instead_of="" if leaves is None else leaves.name,
        instead_of_code="" if leaves is None else leaves.code,
        candidates=[
            CandidateRow(each.code, each.name, say_reason(each.reason, today=today, language=language) or "")
            for each in (ranking.candidates if ranking else ())
        ],
        passed_over=[
            CandidateRow(each.code, each.name, say_passed_over(each.cause, language=language))
            for each in (ranking.passed_over if ranking else ())
        ],
        has_ranking=ranking is not None,
    )


def _row(asked: Asked, today: date, language: str) -> PlaceRow:
    reason = say_reason(asked.reason, today=today, language=language) or ""
    role = "" if asked.role == ANY_ROLE else asked.role
    return PlaceRow(role, asked.code, asked.name, asked.state.value, reason)


def _open(missing: Mapping[str, int]) -> Iterator[PlaceRow]:
    """One row for each open place."""
    for role, count in missing.items():
        word = "" if role == ANY_ROLE else role
        yield from repeat(PlaceRow(word, "", "", AssignmentState.PROPOSED.value, ""), count)
