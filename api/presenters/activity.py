"""One activity with its outcome."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

from api.presenters.cards import ActivityCard, activity_card
from api.presenters.words import actor_word, dimension_words, moment
from calendars.lunar import lunar_text
from outreach.agenda import ActivityOnPage
from outreach.metrics import metric_name, metric_unit
from wording import days as day_words
from wording.numbers import figure as figure_words
from wording.numbers import qualified
from wording.sentences import say


@dataclass(frozen=True, slots=True)
class MeasureCard:
    name: str
    figure: str
    dimensions: str


@dataclass(frozen=True, slots=True)
class OutcomeCard:
    held_on: str
    told: str
    revision: int
    narrative: str
    came: str
    came_names: Sequence[str]
    came_more: int
    hours: str
    seen: str
    measures: Sequence[MeasureCard]


@dataclass(frozen=True, slots=True)
class ActivityPage:
    card: ActivityCard
    lunar: str
    served: Sequence[str]
    served_more: int
    served_count: int
    outcome: OutcomeCard | None


def activity_page(found: ActivityOnPage, *, today: date, zone: ZoneInfo, language: str) -> ActivityPage:
    """The page of one activity."""
    item, outcome = found.item, found.outcome
    return ActivityPage(
        card=activity_card(item, today, zone, language, names_shown=None),
        lunar=lunar_text(item.day),
        served=found.served,
        served_more=found.served_count - len(found.served),
        served_count=found.served_count,
        outcome=None if outcome is None else _outcome(found, today, zone, language),
    )


def _outcome(found: ActivityOnPage, today: date, zone: ZoneInfo, language: str) -> OutcomeCard:
    outcome = found.outcome
    assert outcome is not None
    held_on = outcome.held_on or found.item.day
    return OutcomeCard(
        held_on=day_words.day(held_on, today=today, language=language),
        told=say(
            "pages.told_by",
            language=language,
            name=actor_word(outcome.told_by, language),
            moment=moment(outcome.told_at, today=today, zone=zone, language=language),
        ),
        revision=outcome.revision,
        narrative=outcome.narrative or "",
        came=figure_words(outcome.came),
        came_names=outcome.came_names,
        came_more=outcome.came - len(outcome.came_names),
        hours=figure_words(Decimal(outcome.minutes) / 60, decimals=1),
        seen=figure_words(outcome.seen) if outcome.seen else "",
        measures=[
            MeasureCard(
                name=metric_name(measure.metric, language),
                figure=qualified(
                    measure.value,
                    metric_unit(measure.metric, language),
                    qualifier=measure.qualifier,
                    decimals=measure.metric.decimals,
                    language=language,
                ),
                dimensions=dimension_words(measure.combination.split(";"), language),
            )
            for measure in outcome.measures
        ],
    )
