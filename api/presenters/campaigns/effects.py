"""What a change would do to what is planned, in lists of words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from outreach.campaign_effects import Effects, Stands
from outreach.planning import say_conflict
from wording import days as day_words
from wording.numbers import figure
from wording.sentences import say

SHOWN = 40


@dataclass(frozen=True, slots=True)
class EffectRow:
    words: str
    note: str
    address: str


@dataclass(frozen=True, slots=True)
class EffectList:
    """One kind of effect: the first of them, and how many there are."""

    key: str
    heading: str
    rows: Sequence[EffectRow]
    more: str


@dataclass(frozen=True, slots=True)
class EffectsShown:
    mark: str
    summary: str
    lists: Sequence[EffectList]


def effects_shown(effects: Effects, *, today: date, zone: ZoneInfo, language: str) -> EffectsShown:
    """First what goes, then what moves, what stays though it should not, and what is new."""
    everywhere = [*effects.added, *effects.gone, *(each.before for each in effects.moved)]
    tell = _Teller(today, zone, language, names_units=len({each.unit_name for each in everywhere}) > 1)
    return EffectsShown(
        mark=effects.mark,
        summary=summary_words(effects, language=language),
        lists=[
            each
            for each in (
                tell.list("gone", [tell.gone(stands) for stands in effects.gone]),
                tell.list("moved", [tell.moved(each.before, each.after) for each in effects.moved]),
                tell.list(
                    "kept",
                    [
                        EffectRow(
                            say_conflict(each, today=today, language=language),
                            "",
                            f"/a/{each.activity_ids[0]}",
                        )
                        for each in effects.kept
                    ],
                ),
                tell.list("added", [EffectRow(tell.when(stands), "", "") for stands in effects.added]),
            )
            if each.rows
        ],
    )


def summary_words(effects: Effects, *, language: str) -> str:
    """撤下 3 场，改期 2 场，新增 1 场，4 场不动."""
    counts = {
        "gone": len(effects.gone),
        "moved": len(effects.moved),
        "added": len(effects.added),
        "kept": len(effects.kept),
        "unchanged": effects.unchanged - len(effects.kept),
    }
    words = [
        say(f"campaigns.effect_{key}_count", language=language, count=figure(count))
        for key, count in counts.items()
        if count > 0
    ]
    if not words:
        return say("campaigns.effect_none", language=language)
    return say("campaigns.effect_separator", language=language).join(words)


class _Teller:
    def __init__(self, today: date, zone: ZoneInfo, language: str, *, names_units: bool) -> None:
        self._today, self._zone, self._language = today, zone, language
        self._names_units = names_units

    def list(self, key: str, rows: Sequence[EffectRow]) -> EffectList:
        more = len(rows) - SHOWN
        return EffectList(
            key,
            say(f"campaigns.effect_{key}", language=self._language, count=figure(len(rows))),
            rows[:SHOWN],
            say("campaigns.effect_more", language=self._language, count=figure(more)) if more > 0 else "",
        )

    def gone(self, stands: Stands) -> EffectRow:
        return EffectRow(self.when(stands), self._people(stands), f"/a/{stands.id}")

    def moved(self, before: Stands, after: Stands) -> EffectRow:
        words = say(
            "campaigns.effect_from_to",
            language=self._language,
            before=self.when(before),
            after=self.when(after),
        )
        return EffectRow(words, self._people(before), f"/a/{before.id}")

    def when(self, stands: Stands) -> str:
        if stands.starts_at is None:
            words = day_words.day(stands.day, today=self._today, language=self._language)
        else:
            words = day_words.moment(
                stands.starts_at, zone=self._zone, today=self._today, language=self._language
            )
        where = stands.subject or (stands.unit_name if self._names_units else "")
        return f"{words}·{where}" if where else words

    def _people(self, stands: Stands) -> str:
        if not stands.people:
            return ""
        return say("campaigns.effect_people", language=self._language, count=figure(stands.people))
