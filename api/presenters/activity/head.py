"""The head of an activity's pages: what, when, where, for whom, how far it is; and the pages themselves."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal
from zoneinfo import ZoneInfo

from api.presenters.cards import ActivityCard, activity_card
from calendars.lunar import lunar_text
from models.enums import TAKING_PART
from outreach.activities.head import ActivityHead
from outreach.activities.served import Served
from wording.numbers import figure
from wording.sentences import say

Tab = Literal["places", "attendance", "outcome", "ledger", "suggestions", "photos", "history"]

_ADDRESSES: dict[Tab, str] = {
    "places": "",
    "attendance": "/attendance",
    "outcome": "/outcome",
    "ledger": "/ledger",
    "suggestions": "/suggestions",
    "photos": "/photos",
    "history": "/history",
}
MOST_BARS = 12
"""So many places are drawn one by one; more are told by their number alone."""


@dataclass(frozen=True, slots=True)
class TabLink:
    address: str
    words: str
    count: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class HeadShown:
    id: int
    version: int
    tab: Tab
    title: str
    """Of the page: what it shows, and of which activity."""
    card: ActivityCard
    campaign: str
    campaign_at: str
    lunar: str
    bars: Sequence[bool]
    """A place each, whether it is taken; empty for none or very many."""
    fill: str
    """4/6; empty where nobody is needed."""
    whom: str
    money: str
    tabs: Sequence[TabLink]
    may_record: bool
    may_plan: bool
    may_move: bool
    is_told: bool
    is_cancelled: bool
    records_now: bool
    """Whether telling what came of it is what comes next."""


def head_shown(
    head: ActivityHead,
    tab: Tab,
    *,
    served: Served | None,
    has_come: bool,
    may_record: bool,
    may_plan: bool,
    today: date,
    zone: ZoneInfo,
    language: str,
) -> HeadShown:
    """The head above one of the pages."""
    card = activity_card(head.item, today, zone, language, names_shown=None)
    taken = sum(each.state in TAKING_PART for each in head.item.people)
    needed = head.item.needed
    is_told = head.revision > 0
    counts = {
        "places": f"{taken}/{needed}" if needed else str(taken or ""),
        "attendance": str(head.came or ""),
        "outcome": f"{head.seen}/{head.to_see}" if head.to_see else "",
        "ledger": str(head.entries or ""),
        "suggestions": str(head.suggestions or ""),
        "photos": str(head.photos or ""),
        "history": "",
    }
    return HeadShown(
        id=head.item.id,
        version=head.version,
        tab=tab,
        title=f"{say(f'activity.tab_{tab}', language=language)}·{card.title}",
        card=card,
        campaign=head.item.title,
        campaign_at=f"/campaigns/{head.campaign_code}",
        lunar=lunar_text(head.item.day),
        bars=[number < taken for number in range(needed)] if needed <= MOST_BARS else [],
        fill=f"{taken}/{needed}" if needed else "",
        whom=_whom(served, language),
        money=_money(head, language),
        tabs=[
            TabLink(
                f"/a/{head.item.id}{end}",
                say(f"activity.tab_{name}", language=language),
                counts[name],
                name == tab,
            )
            for name, end in _ADDRESSES.items()
        ],
        may_record=may_record,
        may_plan=may_plan,
        may_move=may_plan and not is_told,
        is_told=is_told,
        is_cancelled=head.is_cancelled,
        records_now=may_record and has_come and not is_told and not head.is_cancelled,
    )


def _whom(served: Served | None, language: str) -> str:
    if served is None or not served.count:
        return ""
    first = served.people[0].name if served.people else ""
    if served.count == 1:
        return first
    return say("activity.whom", language=language, name=first, count=figure(served.count))


def _money(head: ActivityHead, language: str) -> str:
    if not head.entries:
        return ""
    return say("activity.money", language=language, count=head.entries, amount=figure(head.money, decimals=2))
