"""The register as a page: lines of people, and the filters as links."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from api.presenters.people.words import (
    DayShown,
    Link,
    age_on,
    day_shown,
    links,
    role_words,
)
from api.presenters.words import address
from models.enums import PersonRole
from outreach.people_register import MOST_COUNTED, Line, Order, Register, RegisterAsked, Standing
from wording.numbers import figure
from wording.sentences import say


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the list; `tone` and `standing` say what is unusual."""

    code: str
    name: str
    address: str
    roles: str
    age: str
    unit: str
    teams: Sequence[Link]
    partners: Sequence[Link]
    last_visit: DayShown | None
    due: DayShown | None
    due_words: str
    is_late: bool
    standing: str


@dataclass(frozen=True, slots=True)
class Filter:
    """A choice of a filter, as a link."""

    address: str
    words: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class FilterGroup:
    words: str
    choices: Sequence[Filter]


@dataclass(frozen=True, slots=True)
class RegisterShown:
    """The whole page."""

    count: str
    rows: Sequence[Row]
    more: str | None
    groups: Sequence[FilterGroup]
    sorts: dict[str, Filter]
    hidden: dict[str, str]
    """What a form has to bring along so that it asks for the same people."""
    is_filtered: bool


def asked_fields(asked: RegisterAsked) -> dict[str, str]:
    """What stands in an address that asks for the same people; what is usual is left out."""
    fields = {
        "q": asked.words,
        "role": asked.role.value if asked.role else "",
        "team": asked.team_code or "",
        "standing": "" if asked.standing is Standing.HERE else asked.standing.value,
        "due": "yes" if asked.is_due else "",
        "sort": "" if asked.order is Order.NAME else asked.order.value,
    }
    return {name: value for name, value in fields.items() if value}


def register_page(found: Register, asked: RegisterAsked, *, today: date, language: str) -> RegisterShown:
    return RegisterShown(
        count=_count(found.count, language),
        rows=[row(line, today=today, language=language) for line in found.lines],
        more=None if found.next is None else address("/people", **asked_fields(asked), after=found.next),
        groups=_groups(asked, language),
        sorts={
            order.value: Filter(
                address("/people", **asked_fields(replace(asked, order=order))),
                say(f"people.sort_{order.value}", language=language),
                asked.order is order,
            )
            for order in Order
        },
        hidden=asked_fields(asked),
        is_filtered=bool(asked_fields(replace(asked, order=Order.NAME))),
    )


def row(line: Line, *, today: date, language: str) -> Row:
    age = age_on(line.birth_date, line.lunar_birthday, today)
    standing = "frozen" if line.is_frozen else "left" if line.has_left else ""
    return Row(
        code=line.code,
        name=line.name,
        address=f"/people/{line.code}",
        roles=role_words(line.roles, language=language),
        age=figure(age),
        unit=line.unit.name if line.unit else "",
        teams=links(line.teams, "teams"),
        partners=links(line.partners, "people"),
        last_visit=_day(line.last_visit_on, today, language),
        due=_day(line.due_on, today, language),
        due_words=due_words(line.due_on, today=today, language=language),
        is_late=line.due_on is not None and line.due_on < today,
        standing=say(f"people.is_{standing}", language=language) if standing else "",
    )


def _day(day: date | None, today: date, language: str) -> DayShown | None:
    return None if day is None else day_shown(day, today=today, language=language)


def due_words(due_on: date | None, *, today: date, language: str) -> str:
    """过期 3 天, 今天到期, 还有 12 天."""
    if due_on is None:
        return ""
    days = (due_on - today).days
    if days < 0:
        return say("people.due_late", language=language, count=-days)
    if days == 0:
        return say("people.due_today", language=language)
    return say("people.due_in", language=language, count=days)


def _count(count: int, language: str) -> str:
    if count > MOST_COUNTED:
        return say("people.count_above", language=language, count=figure(MOST_COUNTED))
    return say("people.count", language=language, count=figure(count))


def _groups(asked: RegisterAsked, language: str) -> Sequence[FilterGroup]:
    def choice(wanted: RegisterAsked, key: str) -> Filter:
        return Filter(
            address("/people", **asked_fields(wanted)), say(key, language=language), wanted == asked
        )

    roles = [choice(replace(asked, role=None), "people.any_role")]
    roles += [choice(replace(asked, role=role), f"people.role_{role.value}") for role in PersonRole]
    standings = [
        choice(replace(asked, standing=standing), f"people.standing_{standing.value}")
        for standing in Standing
    ]
    dues = [
        choice(replace(asked, is_due=False), "people.due_any"),
        choice(replace(asked, is_due=True), "people.due_only"),
    ]
    return [
        FilterGroup(say("people.roles", language=language), roles),
        FilterGroup(say("people.standing", language=language), standings),
        FilterGroup(say("people.due", language=language), dues),
    ]
