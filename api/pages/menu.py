"""The menu: where the pages are, in the groups in which an office thinks of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from outreach.permissions import Actor, Deed, may
from outreach.waiting import Waiting

Current = Literal[
    "today",
    "plan",
    "month",
    "week",
    "campaigns",
    "people",
    "pairings",
    "due",
    "teams",
    "cases",
    "suggestions",
    "ledger",
    "tally",
    "feeds",
    "outbox",
    "imports",
    "runs",
    "audit",
    "settings",
    "",
]
"""Which entry a page belongs to; empty for none. `pages.menu_…` in the catalogues says it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the menu: where it leads, its drawing, and what one has to be allowed to see it."""

    name: Current
    address: str
    drawing: str
    needs: Deed = Deed.SEE


@dataclass(frozen=True, slots=True)
class Badge:
    """How much waits behind an entry; late is said in red and in words."""

    count: int
    is_late: bool = False


@dataclass(frozen=True, slots=True)
class MenuLine:
    entry: Entry
    badge: Badge | None


_GROUPS: Final[Mapping[str, Sequence[Entry]]] = {
    "plan": (
        Entry("today", "/", "sun"),
        Entry("plan", "/plan", "calendar-range"),
        Entry("month", "/calendar", "calendar-days"),
        Entry("week", "/week", "calendar"),
        Entry("campaigns", "/campaigns", "list-checks"),
    ),
    "people": (
        Entry("people", "/people", "users"),
        Entry("due", "/people/due", "house"),
        Entry("pairings", "/pairings", "link"),
        Entry("teams", "/teams", "flag"),
    ),
    "work": (
        Entry("cases", "/cases", "heart-pulse"),
        Entry("suggestions", "/suggestions", "message-square-text"),
        Entry("ledger", "/ledger", "wallet"),
    ),
    "count": (Entry("tally", "/tally", "table-2"),),
    "system": (
        Entry("feeds", "/feeds", "rss"),
        Entry("outbox", "/outbox", "bell"),
        Entry("imports", "/imports", "upload", Deed.ADMINISTER),
        Entry("runs", "/runs", "clock", Deed.PLAN),
        Entry("audit", "/audit", "eye", Deed.SEE_TRAIL),
        Entry("settings", "/settings", "settings", Deed.PLAN),
    ),
}


def menu_of(actor: Actor, waiting: Mapping[str, Badge]) -> Mapping[str, Sequence[MenuLine]]:
    """The groups with what somebody may see; `waiting` has the badges by the entry's name."""
    seen = {
        group: [MenuLine(each, waiting.get(each.name)) for each in entries if may(actor, each.needs)]
        for group, entries in _GROUPS.items()
    }
    return {group: lines for group, lines in seen.items() if lines}


def badges(waiting: Waiting) -> Mapping[str, Badge]:
    """What the menu says of each entry that something waits behind."""
    return {
        "today": Badge(waiting.outcomes, is_late=waiting.late_outcomes > 0),
        "due": Badge(waiting.late_visits, is_late=True),
        "cases": Badge(waiting.late_cases, is_late=True),
        "suggestions": Badge(waiting.late_suggestions, is_late=True),
        "outbox": Badge(waiting.calls),
    }
