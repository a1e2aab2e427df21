"""Words that several pages share: addresses, moments, who did something, parts of figures."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from outreach.permissions import CLOCKWORK, CONSOLE
from wording import days as day_words
from wording.numbers import figure as figure_words
from wording.sentences import is_known, say


def address(path: str, **query: str | None) -> str:
    """An address of ours with what it asks for; what is None or empty is left out."""
    asked = urlencode({name: value for name, value in query.items() if value})
    return f"{path}?{asked}" if asked else path


def moment(at: datetime, *, today: date, zone: ZoneInfo, language: str) -> str:
    """11月2日 周一 9:00."""
    return day_words.moment(at, zone=zone, today=today, language=language)


def actor_word(name: str, language: str) -> str:
    """Who did something: an account by its name, the program's own hands by a word."""
    if name not in (CONSOLE.name, CLOCKWORK.name):
        return name
    return say(f"pages.actor_{name}", language=language)


def dimension_words(pairs: Sequence[str], language: str) -> str:
    return say("names.separator", language=language).join(
        dimension_word(pair, language) for pair in pairs if pair
    )


def dimension_word(pair: str, language: str) -> str:
    """The word for `kind=leaflet`; a value of the office's own stands as it is."""
    value = pair.partition("=")[2] or pair
    if not is_known(f"pages.dimension_{value}"):
        return value
    return say(f"pages.dimension_{value}", language=language)


def plain(value: str) -> str:
    return figure_words(Decimal(value), decimals=decimals_of(value))


def decimals_of(value: str) -> int:
    return len(value.partition(".")[2])


def month_word(day: date, language: str) -> str:
    return say(f"days.month_{day.month}", language=language)
