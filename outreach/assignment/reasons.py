"""Why somebody is proposed, passed over, or nobody found: a few facts as codes with values, and the words for them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from models.base import PersonId
from outreach.assignment.board import Board, Cause
from outreach.assignment.gathering import Scene, Site
from outreach.assignment.places import ANY_ROLE
from wording.days import day as say_day
from wording.sentences import SOURCE_LANGUAGE, say

_SKILLS_SAID = 2


class Fact(StrEnum):
    """What is said of somebody; `assignment.reason_…` in the catalogues says it."""

    SUPPORTER = "supporter"
    LAST = "last"
    """Was there last on a day."""
    SKILL = "skill"
    ROLE = "role"
    TEAM = "team"
    OTHER_TEAM = "other_team"
    """Not of the campaign's own team, which speaks against somebody."""
    LOAD = "load"
    LOAD_FULL = "load_full"
    """With this the month is as full as they want it: speaks against somebody."""
    LOAD_UNBOUND = "load_unbound"


_NAMED = ("skill", "role", "count", "limit")
_AGAINST = frozenset({Fact.OTHER_TEAM, Fact.LOAD_FULL})


@dataclass(frozen=True, slots=True)
class Reason:
    """One fact with what it names."""

    fact: Fact
    skill: str | None = None
    role: str | None = None
    on: date | None = None
    count: int | None = None
    limit: int | None = None

    @property
    def speaks_against(self) -> bool:
        return self.fact in _AGAINST


def reasons_for(board: Board, scene: Scene, site: Site, work: int, role: str, bit: int) -> str:
    """What speaks for somebody, and what against, as `assignments.reason` keeps it."""
    one, person_id = 1 << bit, scene.crowd.volunteers[bit].id
    reasons: list[Reason] = []
    if site.supporters & one:
        reasons.append(Reason(Fact.SUPPORTER))
    if last := site.last_there.get(person_id):
        reasons.append(Reason(Fact.LAST, on=last))
    reasons += [Reason(Fact.SKILL, skill=skill) for skill in _skills(scene, site, person_id)[:_SKILLS_SAID]]
    if role != ANY_ROLE and site.work.suited.get(role, 0) & one:
        reasons.append(Reason(Fact.ROLE, role=role))
    if site.team_id is not None:
        reasons.append(Reason(Fact.TEAM if site.team & one else Fact.OTHER_TEAM))
    reasons.append(_load(board, work, bit))
    return _written(reasons)


def say_reason(kept: str | None, *, today: date, language: str = SOURCE_LANGUAGE) -> str | None:
    """The facts in a sentence, what speaks against somebody at its end; None where nothing is kept.

    What somebody wrote by another hand is given as it stands.
    """
    if kept is None:
        return None
    read = _read(kept)
    if read is None:
        return kept
    said = [_said(each, today, language) for each in read if not each.speaks_against]
    against = [_said(each, today, language) for each in read if each.speaks_against]
    between = say("assignment.between", language=language)
    sentence = between.join(said)
    if not against:
        return sentence
    both = {"reasons": sentence, "against": between.join(against)}
    return say("assignment.but", language=language, **both) if sentence else both["against"]


def say_unfilled(cause: Cause, *, count: int, language: str = SOURCE_LANGUAGE) -> str:
    """Why a place stays open; `count` is how many people the cause keeps away."""
    return say(f"assignment.unfilled_{cause}", language=language, count=count)


def say_passed_over(cause: Cause, *, language: str = SOURCE_LANGUAGE) -> str:
    """Why somebody is not among those who could come."""
    return say(f"assignment.passed_{cause}", language=language)


def say_warning(cause: Cause, *, count: int, language: str = SOURCE_LANGUAGE) -> str:
    """What is worth a second look when somebody is asked by hand; `count` is how many adults are still missing."""
    if cause is Cause.ADULTS:
        return say("assignment.warning_adults", language=language, count=count)
    return say(f"assignment.passed_{cause}", language=language)


def _skills(scene: Scene, site: Site, person_id: PersonId) -> Sequence[str]:
    theirs = scene.skills_of.get(person_id, frozenset())
    return [skill for skill in site.skills if skill in theirs]


def _load(board: Board, work: int, bit: int) -> Reason:
    """The month with this activity in it."""
    count = board.load(board.works[work].month).count(bit) + (0 if bit in board.picks[work] else 1)
    limit = board.crowd.volunteers[bit].limit
    if limit is None:
        return Reason(Fact.LOAD_UNBOUND, count=count)
    return Reason(Fact.LOAD_FULL if count >= limit else Fact.LOAD, count=count, limit=limit)


def _written(reasons: Sequence[Reason]) -> str:
    return json.dumps([_kept(each) for each in reasons], ensure_ascii=False, separators=(",", ":"))


def _kept(reason: Reason) -> dict[str, str | int | bool]:
    """A fact with what it names; what speaks against somebody is marked, for whoever reads it by other means."""
    kept: dict[str, str | int | bool] = {"fact": reason.fact.value}
    for name in _NAMED:
        value = getattr(reason, name)
        if value is not None:
            kept[name] = value
    if reason.on is not None:
        kept["on"] = reason.on.isoformat()
    if reason.speaks_against:
        kept["against"] = True
    return kept


def _read(kept: str) -> list[Reason] | None:
    """The facts as they were written; None for a text that is none of ours."""
    try:
        return [_fact(each) for each in json.loads(kept)]
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def _fact(told: Any) -> Reason:  # Any: whatever stands there
    on = told.get("on")
    return Reason(
        Fact(told["fact"]),
        on=None if on is None else date.fromisoformat(on),
        **{name: told[name] for name in _NAMED if name in told},
    )


def _said(reason: Reason, today: date, language: str) -> str:
    on = "" if reason.on is None else say_day(reason.on, today=today, language=language)
    return say(
        f"assignment.reason_{reason.fact}",
        language=language,
        skill=reason.skill or "",
        role=reason.role or "",
        day=on,
        count=reason.count or 0,
        limit=reason.limit or 0,
    )
