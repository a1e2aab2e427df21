"""Rules of the house as a form shows them, and what would follow from others."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time

from models.base import ActivityId
from outreach import runs
from outreach.assignment import Ranking, say_reason
from outreach.house_rules import HouseRule, HouseRules, Value, listed
from outreach.rule_effects import Foreseen
from wording.sentences import say


@dataclass(frozen=True, slots=True)
class RuleRow:
    """One rule beside its field. `hint`: its bounds, and what is usual."""

    name: str
    label: str
    kind: str
    unit: str
    least: str
    most: str
    hint: str


@dataclass(frozen=True, slots=True)
class RuleGroup:
    heading: str
    rules: Sequence[RuleRow]


@dataclass(frozen=True, slots=True)
class EffectRow:
    """Something that would be otherwise; `is_same` when it would not."""

    what: str
    now: str
    then: str
    is_same: bool


@dataclass(frozen=True, slots=True)
class RankedRow:
    """Somebody in the order; `moved` says where from, empty for who stays."""

    code: str
    name: str
    reason: str
    moved: str
    tone: str


@dataclass(frozen=True, slots=True)
class Example:
    """The order of the people for one activity, as it stands and as it would be."""

    activity_id: ActivityId
    now: Sequence[RankedRow]
    then: Sequence[RankedRow] | None
    """None while nothing else was typed."""
    is_same: bool


def typed_rules(rules: HouseRules, names: Iterable[str]) -> dict[str, str]:
    """The fields of a form as these rules fill it."""
    wanted = frozenset(names)
    return {rule.name: written(rule.value) for rule in listed(rules) if rule.name in wanted}


def written(value: Value) -> str:
    """A value as it stands in a field: `15`, `08:30`."""
    return value.strftime("%H:%M") if isinstance(value, time) else str(value)


def rule_groups(rules: HouseRules, groups: Mapping[str, Sequence[str]], language: str) -> Sequence[RuleGroup]:
    """The rules of a section under their headings."""
    known = {rule.name: rule for rule in listed(rules)}
    return [
        RuleGroup(
            say(f"settings_page.group_{group}", language=language),
            [_row(known[name], language) for name in names],
        )
        for group, names in groups.items()
    ]


def labels(names: Iterable[str], language: str) -> dict[str, str]:
    """What each rule says, for the comparison of two versions."""
    return {name: say(f"settings.{name}", language=language) for name in names}


def _row(rule: HouseRule, language: str) -> RuleRow:
    usual = say("settings_page.usual", language=language, value=written(rule.default))
    if rule.bounds is None:
        return RuleRow(rule.name, say(f"settings.{rule.name}", language=language), "time", "", "", "", usual)
    least, most = str(rule.bounds.least), str(rule.bounds.most)
    bounds = say("settings_page.bounds", language=language, least=least, most=most)
    return RuleRow(
        name=rule.name,
        label=say(f"settings.{rule.name}", language=language),
        kind="number",
        unit=say(f"settings_page.unit_{rule.bounds.unit}", language=language),
        least=least,
        most=most,
        hint=f"{bounds} · {usual}",
    )


def effect_rows(before: Foreseen, after: Foreseen, language: str) -> Sequence[EffectRow]:
    """What the next runs would do, as it stands and as it would be."""
    rows = []
    for job, changed in before.runs.items():
        now, then = (runs.say_counts(each.counts, language=language) for each in (changed, after.runs[job]))
        name = runs.say_job(job, language=language)
        what = say("settings_page.effect_job", language=language, job=name)
        rows.append(EffectRow(what, now, then, now == then))
    if before.liaisons is not None and after.liaisons is not None:
        now, then = (
            say("settings_page.effect_people", language=language, count=count)
            for count in (before.liaisons, after.liaisons)
        )
        what = say("settings_page.effect_liaisons", language=language)
        rows.append(EffectRow(what, now, then, now == then))
    return rows


def example(
    activity_id: ActivityId, now: Ranking | None, then: Ranking | None, *, today: date, language: str
) -> Example:
    """Two orders beside each other, with who moves."""
    present = [] if now is None else list(now.candidates)
    places = {each.code: place for place, each in enumerate(present)}
    rows_now = [
        RankedRow(each.code, each.name, say_reason(each.reason, today=today, language=language) or "", "", "")
        for each in present
    ]
    if then is None:
        return Example(activity_id, rows_now, None, is_same=True)
    rows_then = []
    for place, each in enumerate(then.candidates):
        words, tone = _moved(places.get(each.code), place, language)
        reason = say_reason(each.reason, today=today, language=language) or ""
        rows_then.append(RankedRow(each.code, each.name, reason, words, tone))
    is_same = [each.code for each in rows_now] == [each.code for each in rows_then]
    return Example(activity_id, rows_now, rows_then, is_same)


def _moved(was: int | None, place: int, language: str) -> tuple[str, str]:
    if was is None:
        return say("settings_page.example_new", language=language), "ok"
    if was > place:
        return say("settings_page.example_up", language=language, count=was - place), "ok"
    if was < place:
        return say("settings_page.example_down", language=language, count=place - was), "warn"
    return "", ""
