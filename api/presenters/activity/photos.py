"""Photos of an activity, a card each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from api.presenters.words import actor_word, moment
from outreach.photos import PhotoView
from wording.sentences import say


@dataclass(frozen=True, slots=True)
class PhotoCard:
    id: int
    width: int
    height: int
    caption: str
    consent: str
    how: str
    """Who added it, and when."""
    spoken: str
    """What stands for the picture where it is not seen."""


def photo_cards(found: Sequence[PhotoView], *, today: date, zone: ZoneInfo, language: str) -> list[PhotoCard]:
    """Each with what was written below it."""
    cards = []
    for each in found:
        at = moment(each.added_at, today=today, zone=zone, language=language)
        spoken = each.caption or say("photos.photo_of_moment", language=language, moment=at)
        cards.append(
            PhotoCard(
                id=each.id,
                width=each.width,
                height=each.height,
                caption=each.caption or "",
                consent=each.consent or "",
                how=f"{at} {actor_word(each.added_by, language)}",
                spoken=spoken,
            )
        )
    return cards
