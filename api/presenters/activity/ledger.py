"""What was handed out at an activity, an entry a row."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from api.presenters.words import actor_word, moment
from outreach.activities.head import ActivityHead
from outreach.handovers import EntryView
from wording import days as day_words
from wording.numbers import figure, qualified
from wording.sentences import say


@dataclass(frozen=True, slots=True)
class EntryRow:
    id: int
    day: str
    kind: str
    amount: str
    code: str
    name: str
    item: str
    handed_by: str
    received_by: str
    how: str
    """Who entered it, and when."""
    state: str
    """What became of it; empty for one that stands."""
    stands: bool
    may_reverse: bool


@dataclass(frozen=True, slots=True)
class LedgerPage:
    rows: Sequence[EntryRow]
    count: int
    total: str
    has_more: bool


def ledger_page(
    entries: Sequence[EntryView],
    head: ActivityHead,
    *,
    may_reverse: bool,
    has_more: bool,
    today: date,
    zone: ZoneInfo,
    language: str,
) -> LedgerPage:
    """The entries with what they come to: the figures of the head, so both pages say the same."""
    return LedgerPage(
        rows=[
            _row(each, may_reverse=may_reverse, today=today, zone=zone, language=language) for each in entries
        ],
        count=head.entries,
        total=figure(head.money, decimals=2),
        has_more=has_more,
    )


def _row(entry: EntryView, *, may_reverse: bool, today: date, zone: ZoneInfo, language: str) -> EntryRow:
    state = ""
    if entry.reversed_by is not None:
        state = say("activity.was_taken_back", language=language)
    elif entry.reverses is not None:
        state = say("activity.takes_back", language=language, reason=entry.reason or "–")
    stands = entry.reversed_by is None and entry.reverses is None
    at = moment(entry.recorded_at, today=today, zone=zone, language=language)
    return EntryRow(
        id=entry.id,
        day=day_words.day(entry.paid_on, today=today, language=language),
        kind=say(f"activity.kind_{entry.kind}", language=language),
        amount=qualified(entry.amount, qualifier=entry.qualifier, decimals=2, language=language),
        code=entry.person_code or "",
        name=entry.person_name or "",
        item=entry.item or "",
        handed_by=entry.handed_by or "",
        received_by=entry.received_by or "",
        how=f"{at} {actor_word(entry.recorded_by, language)}",
        state=state,
        stands=stands,
        may_reverse=may_reverse and stands,
    )
