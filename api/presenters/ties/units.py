"""Units in words: the tree with one of them looked at, and what is known of that one."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from outreach.unit_register import Standing, UnitFacts, UnitNode
from wording import days as day_words
from wording.sentences import is_known, say


@dataclass(frozen=True, slots=True)
class Branch:
    """A unit in the tree; open when the one looked at stands below it."""

    code: str
    name: str
    teams: int
    is_closed: bool
    is_chosen: bool
    is_open: bool
    below: Sequence["Branch"]


@dataclass(frozen=True, slots=True)
class StandingRow:
    parent: str
    parent_code: str
    span: str
    is_to_come: bool
    from_iso: str


def branches(nodes: Sequence[UnitNode], chosen: str, way: Collection[str]) -> Sequence[Branch]:
    """The tree; `way` are the codes on the way down to the one that is looked at."""
    return [
        Branch(
            code=each.code,
            name=each.name,
            teams=each.teams,
            is_closed=each.is_closed,
            is_chosen=each.code == chosen,
            is_open=each.code in way,
            below=branches(each.below, chosen, way),
        )
        for each in nodes
    ]


def way_to(nodes: Sequence[UnitNode], code: str) -> list[str]:
    """The codes from a root down to a unit, itself included; nothing when it is not there."""
    for each in nodes:
        if each.code == code:
            return [code]
        if below := way_to(each.below, code):
            return [each.code, *below]
    return []


def kind_word(kind: str, language: str) -> str:
    """The word for a kind of units; one of the office's own stands as it is."""
    key = f"ties.unit_kind_{kind}"
    return say(key, language=language) if is_known(key) else kind


def standing_rows(unit: UnitFacts, *, today: date, language: str) -> Sequence[StandingRow]:
    """Where it stood, stands and will stand; nothing for a unit that never stood anywhere else."""
    if len(unit.standings) < 2:
        return []
    return [_standing(each, today, language) for each in unit.standings]


def _standing(standing: Standing, today: date, language: str) -> StandingRow:
    since = "" if standing.since is None else day_words.day(standing.since, today=today, language=language)
    until = "" if standing.until is None else day_words.day(standing.until, today=today, language=language)
    if since and until:
        span = say("ties.term", language=language, first=since, last=until)
    elif since:
        span = say("ties.since_day", language=language, day=since)
    else:
        span = say("ties.until_day", language=language, day=until) if until else ""
    return StandingRow(
        parent=standing.parent_name,
        parent_code=standing.parent_code,
        span=span,
        is_to_come=standing.since is not None and standing.since > today,
        from_iso="" if standing.since is None else standing.since.isoformat(),
    )
