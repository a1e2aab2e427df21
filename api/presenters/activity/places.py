"""Who goes to an activity: a row for each place, open ones among them, the candidates for one, and who is visited."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from api.presenters.words import actor_word, moment
from models.enums import TAKING_PART, AssignmentState
from outreach.activities.asked import PersonAsked
from outreach.activities.head import ActivityHead
from outreach.activities.served import PersonServed, Served
from outreach.assignment import Ranking, say_passed_over, say_reason
from outreach.assignment.places import ANY_ROLE, open_places
from wording import days as day_words
from wording.sentences import say


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """A person on a place, or (without one) an open place. `how` says when this was last changed, and by whom."""

    role: str
    code: str
    name: str
    unit: str
    state: str
    reason: str
    how: str
    call: str
    """What to do about a message that did not arrive; empty where all did."""
    mobile: str
    is_looked_for: bool


@dataclass(frozen=True, slots=True)
class CandidateRow:
    code: str
    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class ServedRow:
    number: int
    code: str
    name: str
    age: str
    notes: str
    address: str
    last_seen: str
    supporters: str


@dataclass(frozen=True, slots=True)
class PlacesPage:
    places: Sequence[PlaceRow]
    gone: Sequence[PlaceRow]
    """Who declined or was withdrawn."""
    last_change: str
    """What last opened a place."""
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
    served: Sequence[ServedRow]
    served_count: int
    served_more: int
    """From which of those served on the next part begins; 0 where this is the last."""


def places_page(
    head: ActivityHead,
    asked: Sequence[PersonAsked],
    served: Served,
    ranking: Ranking | None,
    *,
    start: int,
    with_care: bool,
    instead_of: str | None,
    role: str | None,
    today: date,
    zone: ZoneInfo,
    language: str,
) -> PlacesPage:
    """The page of one activity's people; `with_care` for who may see where and how those visited live."""
    say_of = _Sayer(today, zone, language)
    on_it = [each for each in asked if each.state in TAKING_PART]
    gone = [each for each in asked if each.state not in TAKING_PART]
    taken: dict[str, int] = {}
    for each in on_it:
        taken[each.role] = taken.get(each.role, 0) + 1
    missing = open_places(head.needed, taken) if head.is_planned else {}
    leaves = next((each for each in on_it if each.code == instead_of), None)
    wanted = role if ranking is None else ranking.role
    shown = start + len(served.people)
    return PlacesPage(
        places=[say_of.place(each) for each in on_it]
        + list(_open(missing, None if leaves is not None else wanted)),
        gone=[say_of.place(each) for each in gone],
        last_change=say_of.last_change(gone),
        needed=sum(head.needed.values()),
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
        served=[
            say_of.served(number, each, head.item.day, with_care=with_care)
            for number, each in enumerate(served.people, start=start + 1)
        ],
        served_count=served.count,
        served_more=shown if shown < served.count else 0,
    )


@dataclass(frozen=True, slots=True)
class _Sayer:
    """Says rows in one language, as of one day."""

    today: date
    zone: ZoneInfo
    language: str

    def place(self, asked: PersonAsked) -> PlaceRow:
        reason = say_reason(asked.reason, today=self.today, language=self.language) or ""
        call = ""
        if asked.must_be_called:
            key = "activity.call_by_number" if asked.mobile else "activity.call"
            call = say(key, language=self.language)
        return PlaceRow(
            role="" if asked.role == ANY_ROLE else asked.role,
            code=asked.code,
            name=asked.name,
            unit=asked.unit or "",
            state=asked.state.value,
            reason=reason,
            how=self._how(asked),
            call=call,
            mobile=(asked.mobile or "") if asked.must_be_called else "",
            is_looked_for=False,
        )

    def last_change(self, gone: Sequence[PersonAsked]) -> str:
        if not gone:
            return ""
        last = max(gone, key=lambda each: each.changed_at)
        return say(
            f"activity.last_{last.state.value}",
            language=self.language,
            moment=self._moment(last),
            name=last.name,
        )

    def served(self, number: int, person: PersonServed, day: date, *, with_care: bool) -> ServedRow:
        age = ""
        if person.birth_date is not None:
            years = day.year - person.birth_date.year
            years -= (day.month, day.day) < (person.birth_date.month, person.birth_date.day)
            age = say("activity.age", language=self.language, years=years)
        last = person.last_seen_on
        return ServedRow(
            number=number,
            code=person.code,
            name=person.name,
            age=age,
            notes=(person.notes or "") if with_care else "",
            address=(person.address or "") if with_care else "",
            last_seen="" if last is None else day_words.day(last, today=self.today, language=self.language),
            supporters=person.supporters or "",
        )

    def _how(self, asked: PersonAsked) -> str:
        by = asked.changed_by
        if by is None:
            by = "" if asked.via is None else actor_word(asked.via.value, self.language)
        return " ".join(word for word in (self._moment(asked), by) if word)

    def _moment(self, asked: PersonAsked) -> str:
        return moment(asked.changed_at, today=self.today, zone=self.zone, language=self.language)


def _open(missing: Mapping[str, int], looked_for: str | None) -> Iterator[PlaceRow]:
    """One row for each open place; that which candidates are shown for is marked."""
    for role, count in missing.items():
        word = "" if role == ANY_ROLE else role
        for number in range(count):
            yield PlaceRow(
                role=word,
                code="",
                name="",
                unit="",
                state=AssignmentState.PROPOSED.value,
                reason="",
                how="",
                call="",
                mobile="",
                is_looked_for=role == looked_for and number == 0,
            )
