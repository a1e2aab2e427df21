"""A dossier as a page: who it is, what to mind, what comes, what happened."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from api.presenters.people.availability import week_words
from api.presenters.people.register import due_words
from api.presenters.people.words import (
    DayShown,
    Link,
    age_on,
    birthday_words,
    day_shown,
    links,
    next_decade,
    pairing_word,
    role_words,
)
from api.presenters.words import address
from models.enums import Channel, Condition
from models.types import LAST_DAY
from outreach.dossiers import Bond, Coming, Dossier, Event, EventKind, Story
from wording.numbers import figure
from wording.sentences import is_known, say

ROUND_BIRTHDAYS_FROM: Final = 50
"""The age from which the next round birthday, 60 at the earliest, is near enough to be told."""


@dataclass(frozen=True, slots=True)
class Heed:
    """Something to mind before one goes there; `tone` is late, warn or empty."""

    words: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    label: str
    words: str


@dataclass(frozen=True, slots=True)
class EventShown:
    """An entry of the story: `drawing` and `kind` say what it is."""

    day: DayShown
    drawing: str
    kind: str
    title: str
    address: str
    details: Sequence[str]
    tone: str


@dataclass(frozen=True, slots=True)
class ComingShown:
    day: DayShown
    title: str
    address: str
    words: str
    is_late: bool


@dataclass(frozen=True, slots=True)
class BondShown:
    kind: str
    other: Link
    words: str
    is_over: bool


@dataclass(frozen=True, slots=True)
class DossierShown:
    """The whole page, but for what somebody may do there."""

    code: str
    name: str
    facts: Sequence[str]
    heeds: Sequence[Heed]
    coming: Sequence[ComingShown]
    events: Sequence[EventShown]
    more: str | None
    bonds: Sequence[BondShown]
    belongs: Sequence[Link]
    known: Sequence[Fact]
    times: Sequence[str]
    is_minor: bool
    is_erased: bool
    is_frozen: bool
    has_left: bool
    has_phone: bool
    feeds: int


_DRAWINGS = {
    EventKind.VISIT: "house",
    EventKind.ACTIVITY: "calendar-check",
    EventKind.CASE: "heart-pulse",
    EventKind.SUGGESTION: "message-square",
    EventKind.MONEY: "hand-coins",
}


def dossier_page(
    found: Dossier, comes: Sequence[Coming], told: Story, *, today: date, language: str
) -> DossierShown:
    person = found.person
    return DossierShown(
        code=person.code,
        name=person.name,
        facts=list(_facts(found, today, language)),
        heeds=list(_heeds(found, comes, told, today, language)),
        coming=[_coming(each, today, language) for each in comes],
        events=[_event(each, today, language) for each in told.events],
        more=None
        if told.before is None
        else address(f"/people/{person.code}", before=told.before.isoformat()) + "#story",
        bonds=[_bond(each, today, language) for each in found.bonds],
        belongs=_belongs(found, language),
        known=list(_known(found, language)),
        times=week_words(person.available, language=language),
        is_minor=found.is_minor,
        is_erased=person.erased_at is not None,
        is_frozen=person.frozen_on is not None,
        has_left=(person.until or LAST_DAY) < today,
        has_phone=bool(person.mobile),
        feeds=found.feeds,
    )


def _facts(found: Dossier, today: date, language: str) -> Iterator[str]:
    person = found.person
    if found.roles:
        yield role_words(found.roles, language=language)
    age = age_on(person.birth_date, person.lunar_birthday, today)
    if age is not None:
        yield say("people.years_old", language=language, age=age)
    decade = next_decade(person.birth_date, person.lunar_birthday, today)
    if decade is not None and age is not None and age >= ROUND_BIRTHDAYS_FROM and person.frozen_on is None:
        day = day_shown(decade.day, today=today, language=language).words
        yield say("people.turns", language=language, day=day, age=decade.age)
    if found.unit:
        yield found.unit.name
    yield person.code
    if found.former_codes:
        codes = say("names.separator", language=language).join(found.former_codes)
        yield say("people.also_known_as", language=language, codes=codes)


def _heeds(
    found: Dossier, comes: Sequence[Coming], told: Story, today: date, language: str
) -> Iterator[Heed]:
    """What is out of the ordinary first, then what was noted of them."""
    person = found.person
    if person.frozen_on is not None and person.erased_at is None:
        day = day_shown(person.frozen_on, today=today, language=language).words
        yield Heed(say("people.frozen_since", language=language, day=day), "late")
    if person.until is not None and person.until < today:
        day = day_shown(person.until, today=today, language=language).words
        yield Heed(say("people.left_on", language=language, day=day), "warn")
    for each in comes:
        if each.due_on is not None and each.due_on < today:
            late = due_words(each.due_on, today=today, language=language)
            yield Heed(say("people.visit_late", language=language, title=each.title, late=late), "late")
    last_visit = next((event for event in told.events if event.kind is EventKind.VISIT), None)
    if last_visit is not None and last_visit.condition is Condition.ATTENTION:
        yield Heed(say("people.attention_last_time", language=language), "warn")
    for event in told.events:
        if event.kind is EventKind.CASE and event.is_open:
            kind = _case_word(event.sort, language)
            yield Heed(say("people.open_case", language=language, kind=kind, code=event.ref), "warn")
    for line in (person.notes or "").splitlines():
        if line.strip():
            yield Heed(line.strip())


def _coming(each: Coming, today: date, language: str) -> ComingShown:
    is_late = each.due_on is not None and each.due_on < today
    if each.due_on is not None:
        words = due_words(each.due_on, today=today, language=language)
    elif each.state is not None:
        words = (
            say(f"pages.person_{each.state.value}", language=language)
            if is_known(f"pages.person_{each.state.value}")
            else say("people.confirmed", language=language)
        )
    else:
        words = say("people.is_visited", language=language)
    return ComingShown(
        day_shown(each.day, today=today, language=language), each.title, f"/a/{each.id}", words, is_late
    )


def _event(event: Event, today: date, language: str) -> EventShown:
    titles = {
        EventKind.CASE: lambda: _case_word(event.sort, language),
        EventKind.SUGGESTION: lambda: say("people.suggestion", language=language, code=event.ref),
        EventKind.MONEY: lambda: event.title or say(f"people.money_{event.sort}", language=language),
    }
    rooms = {EventKind.CASE: "cases", EventKind.SUGGESTION: "suggestions", EventKind.MONEY: "ledger"}
    return EventShown(
        day=day_shown(event.day, today=today, language=language),
        drawing=_DRAWINGS[event.kind],
        kind=say(f"people.event_{event.kind.value}", language=language),
        title=titles[event.kind]() if event.kind in titles else event.title,
        address=f"/{rooms.get(event.kind, 'a')}/{event.ref}",
        details=list(_details(event, language)),
        tone="warn" if event.condition is Condition.ATTENTION else "",
    )


def _details(event: Event, language: str) -> Iterator[str]:
    if event.visit is not None:
        yield say(f"people.visit_{event.visit.value}", language=language)
    if event.condition is not None:
        yield say(f"people.condition_{event.condition.value}", language=language)
    if event.kind is EventKind.ACTIVITY and event.minutes:
        yield say("people.minutes", language=language, count=event.minutes)
    if event.amount is not None:
        yield say("people.yuan", language=language, amount=figure(event.amount, decimals=2))
    if event.status is not None:
        yield say(f"people.matter_{event.status.value}", language=language)
    if event.note:
        yield event.note


def _case_word(kind: str, language: str) -> str:
    key = f"people.case_{kind}"
    return say(key, language=language) if is_known(key) else kind


def _bond(bond: Bond, today: date, language: str) -> BondShown:
    said = []
    if bond.visit_every:
        said.append(
            say("people.visit_every", language=language, interval=interval_words(bond.visit_every, language))
        )
    if bond.is_over and bond.until is not None:
        said.append(
            say(
                "people.until",
                language=language,
                day=day_shown(bond.until, today=today, language=language).words,
            )
        )
    elif bond.since is not None:
        said.append(
            say(
                "people.since",
                language=language,
                day=day_shown(bond.since, today=today, language=language).words,
            )
        )
    side = "people.looks_after" if bond.supports else "people.is_looked_after_by"
    return BondShown(
        say(side, language=language, kind=pairing_word(bond.kind, language=language)),
        Link(f"/people/{bond.other.code}", bond.other.name),
        say("people.comma", language=language).join(said),
        bond.is_over,
    )


def interval_words(interval: str, language: str) -> str:
    """30 天 for `P30D`."""
    unit = {"D": "days", "W": "weeks", "M": "months", "Y": "years"}.get(interval[-1:], "")
    return say(f"people.interval_{unit}", language=language, count=interval[1:-1]) if unit else interval


def _belongs(found: Dossier, language: str) -> Sequence[Link]:
    """Teams, then posts and teams led."""
    said = list(links(found.teams, "teams"))
    for duty in found.duties:
        room = "teams" if duty.of_team else "units"
        post = duty.kind or say("people.leads", language=language)
        words = say("people.post_at", language=language, post=post, where=duty.where.name)
        said.append(Link(f"/{room}/{duty.where.code}", words))
    return said


def _known(found: Dossier, language: str) -> Iterator[Fact]:
    """What the office knows beside the head; the phone is behind its own button."""
    person = found.person

    def fact(key: str, words: str) -> Fact:
        return Fact(say(f"people.{key}", language=language), words)

    birthday = birthday_words(person.birth_date, person.lunar_birthday, language=language)
    if birthday:
        yield fact("birthday", birthday)
    if person.address:
        yield fact("address", person.address)
    if found.skills:
        yield fact("skills", say("names.separator", language=language).join(found.skills))
    if person.max_per_month is not None:
        yield fact("max_per_month", figure(person.max_per_month))
    channels = [Channel(word) for word in person.contact_by.split(";") if word]
    if channels:
        said = [say(f"people.channel_{channel.value}", language=language) for channel in channels]
        yield fact("contact_by", say("names.separator", language=language).join(said))
    else:
        yield fact("contact_by", say("people.contact_not_said", language=language))
