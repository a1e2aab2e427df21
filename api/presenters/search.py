"""What a search found, in groups; each line leads to its page."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import quote

from api.presenters.cards import kind_mark
from models.enums import MatterFace
from outreach.finding import ActivityFound, CampaignFound, Found, MatterFound, PlaceFound
from outreach.people_search import PersonFound
from wording import days as day_words
from wording.sentences import say

LONGEST_WORDS = 60


@dataclass(frozen=True, slots=True)
class Hit:
    """A line: where it leads, its words, and what tells it from others of the same name."""

    address: str
    words: str
    note: str


@dataclass(frozen=True, slots=True)
class Group:
    """The lines of one sort; `name` is said by `search.group_…`."""

    name: str
    hits: Sequence[Hit]


def groups(found: Found, *, today: date, language: str) -> list[Group]:
    """The sorts of which something was found."""
    teller = _Teller(today, language)
    everything = (
        ("people", [teller.person(each) for each in found.people]),
        ("campaigns", [teller.campaign(each) for each in found.campaigns]),
        ("activities", [teller.activity(each) for each in found.activities]),
        ("matters", [teller.matter(each) for each in found.matters]),
        ("teams", list(_places("/teams", found.teams))),
        ("units", list(_places("/units", found.units))),
    )
    return [Group(name, hits) for name, hits in everything if hits]


@dataclass(frozen=True, slots=True)
class _Teller:
    today: date
    language: str

    def person(self, found: PersonFound) -> Hit:
        notes = [found.unit or "", found.code]
        if found.has_left:
            notes.append(say("search.has_left", language=self.language))
        return Hit(f"/people/{quote(found.code)}", found.name, "·".join(note for note in notes if note))

    def campaign(self, found: CampaignFound) -> Hit:
        _, _, kind = kind_mark(found.kind, found.name, self.language)
        return Hit(f"/campaigns/{quote(found.code)}", found.name, f"{kind}·{found.code}")

    def activity(self, found: ActivityFound) -> Hit:
        title = found.title if found.subject is None else f"{found.title}·{found.subject}"
        day = day_words.day(found.day, today=self.today, language=self.language)
        return Hit(f"/a/{found.id}", title, f"{day}·{found.unit}")

    def matter(self, found: MatterFound) -> Hit:
        page = "suggestions" if found.face is MatterFace.SUGGESTION else "cases"
        sort = say(f"pages.menu_{page}", language=self.language)
        text = (found.text or "").replace("\n", " ")
        words = text if len(text) <= LONGEST_WORDS else f"{text[:LONGEST_WORDS]}…"
        day = day_words.day(found.opened_on, today=self.today, language=self.language)
        return Hit(f"/{page}/{quote(found.code)}", words or found.code, f"{sort}·{found.code}·{day}")


def _places(page: str, found: Sequence[PlaceFound]) -> Iterator[Hit]:
    return (Hit(f"{page}/{quote(each.code)}", each.name, each.code) for each in found)
