"""Teams in words: who is in one, how often each went, and who carries too much."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from outreach.posts import PostView
from outreach.team_register import ComingPlace, MemberLine, TeamAtWork
from wording import days as day_words
from wording.names import joined
from wording.numbers import figure
from wording.sentences import say

MINUTES_AN_HOUR = 60


@dataclass(frozen=True, slots=True)
class MemberRow:
    """Somebody in a team. `bar` is how long the line beside their times is, in tenths of the longest."""

    code: str
    name: str
    unit: str
    roles: str
    skills: str
    term: str
    month_times: str
    month_hours: str
    year_times: str
    year_hours: str
    bar: int
    coming: str
    pairings: str
    liaisons: str
    """How many they look after as a liaison, of how many they may; empty for who is none."""
    is_full: bool
    """Whether a liaison may not look after one more."""
    mark: str
    """much, none, or empty."""


@dataclass(frozen=True, slots=True)
class Means:
    month: str
    year: str
    bar: int


@dataclass(frozen=True, slots=True)
class PostRow:
    code: str
    post: str
    person: str
    person_code: str
    term: str
    is_over_soon: bool


@dataclass(frozen=True, slots=True)
class PlaceRow:
    activity_id: int
    title: str
    day: str
    is_confirmed: bool


def member_rows(team: TeamAtWork, *, today: date, language: str, limit: int) -> Sequence[MemberRow]:
    """So many of those in the team, who went most first."""
    most = max((each.load.year_times for each in team.members), default=0)
    return [_row(each, most, team.liaison_most, today, language) for each in team.members[:limit]]


def means(team: TeamAtWork) -> Means:
    """The means over everybody in the team, and where the mean of the year stands beside the lines."""
    most = max((each.load.year_times for each in team.members), default=0)
    return Means(_rounded(team.mean_month), _rounded(team.mean_year), _tenths(team.mean_year, most))


def post_rows(found: Sequence[PostView], *, today: date, language: str) -> Sequence[PostRow]:
    return [
        PostRow(
            each.code,
            each.post,
            each.person_name,
            each.person_code,
            _term(each.since, each.until, today, language),
            each.until is not None and (each.until - today).days <= 90,
        )
        for each in found
    ]


def place_rows(found: Sequence[ComingPlace], *, today: date, language: str) -> Sequence[PlaceRow]:
    return [
        PlaceRow(
            each.activity_id,
            each.title if each.subject is None else f"{each.title}·{each.subject}",
            day_words.day(each.day, today=today, language=language),
            each.is_confirmed,
        )
        for each in found
    ]


def _row(member: MemberLine, most: int, liaison_most: int, today: date, language: str) -> MemberRow:
    load = member.load
    leader = [say("ties.leader", language=language)] if member.is_leader else []
    return MemberRow(
        code=member.code,
        name=member.name,
        unit=member.unit_name or "",
        roles=joined([*leader, *member.posts], language=language),
        skills=joined(member.skills, language=language),
        term="" if member.until is None else _term(member.since, member.until, today, language),
        month_times=figure(load.month_times),
        month_hours=_hours(load.month_minutes),
        year_times=figure(load.year_times),
        year_hours=_hours(load.year_minutes),
        bar=_tenths(load.year_times, most),
        coming=figure(member.coming or None),
        pairings=figure(member.pairings or None),
        liaisons=say("ties.liaison_of", language=language, count=member.liaisons, most=liaison_most)
        if member.liaisons
        else "",
        is_full=member.liaisons >= liaison_most,
        mark="much" if member.carries_too_much else "" if load.year_times else "none",
    )


def _term(since: date | None, until: date | None, today: date, language: str) -> str:
    first = "" if since is None else day_words.day(since, today=today, language=language)
    last = "" if until is None else day_words.day(until, today=today, language=language)
    if first and last:
        return say("ties.term", language=language, first=first, last=last)
    if last:
        return say("ties.until_day", language=language, day=last)
    return say("ties.since_day", language=language, day=first) if first else ""


def _hours(minutes: int) -> str:
    return _rounded(minutes / MINUTES_AN_HOUR)


def _rounded(number: float) -> str:
    return f"{number:,.1f}".removesuffix(".0")


def _tenths(number: float, most: int) -> int:
    return round(10 * number / most) if most else 0
