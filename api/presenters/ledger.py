"""The ledger in words: its sums, its rows, one entry."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from api.presenters.suggestions import short_day
from api.presenters.words import actor_word
from models.enums import Qualifier
from outreach.documents.sheet import Sheet
from outreach.drawings import DrawingView
from outreach.ledger_book import Row, Sums
from wording import days as day_words
from wording.numbers import figure, qualified
from wording.sentences import say

_COLUMNS = (
    "paid_on",
    "person_code",
    "campaign_code",
    "kind",
    "item",
    "amount",
    "unit_code",
    "handed_by",
    "received_by",
    "state",
    "reason",
)


@dataclass(frozen=True, slots=True)
class SumShown:
    """One of the three sums. `tone` is late where more was given than drawn."""

    label: str
    value: str
    words: str
    address: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class RowShown:
    """An entry in a row. `state` is unsigned, signed, reversed or counter."""

    id: int
    address: str
    day: str
    iso: str
    name: str
    person_address: str
    activity: str
    activity_address: str
    kind: str
    amount: str
    handed_by: str
    state: str
    signed: str
    reason: str


@dataclass(frozen=True, slots=True)
class DrawingShown:
    id: int
    day: str
    iso: str
    amount: str
    about: str
    drawn_by: str
    state: str
    may_reverse: bool


@dataclass(frozen=True, slots=True)
class Teller:
    """Says the ledger in the words of one reader."""

    today: date
    language: str

    def sums(self, sums: Sums, query: str) -> list[SumShown]:
        uncounted = "ledger_page.left_of_all_only" if sums.drawn else "ledger_page.none_drawn"
        left, words, tone = "–", self._say(uncounted), ""
        if sums.left is not None:
            left, words = yuan(sums.left), self._say("ledger_page.yuan_left")
            if sums.left < 0:
                words, tone = self._say("ledger_page.more_given"), "late"
        return [
            SumShown(
                self._say("ledger_page.drawn"),
                yuan(sums.drawn) if sums.drawn or sums.left is not None else "–",
                self._say("ledger_page.yuan"),
                "#drawn",
            ),
            SumShown(
                self._say("ledger_page.given"),
                yuan(sums.given),
                self._given(sums),
                f"{query}#entries",
            ),
            SumShown(self._say("ledger_page.left"), left, words, "#drawn", tone),
            SumShown(
                self._say("ledger_page.unsigned"),
                figure(sums.unsigned),
                self._say("ledger_page.of_entries", count=sums.entries),
                f"{query}&unsigned=yes#entries",
                "warn" if sums.unsigned else "",
            ),
        ]

    def _given(self, sums: Sums) -> str:
        """What the sum holds, and what stands in the list and is not in it."""
        goods = yuan(sums.goods)
        words = (
            self._say("ledger_page.goods_among", amount=goods)
            if sums.goods
            else self._say("ledger_page.yuan")
        )
        if not sums.besides:
            return words
        return self._say("ledger_page.given_without", words=words, count=figure(sums.besides))

    def row(self, row: Row) -> RowShown:
        return RowShown(
            id=row.id,
            address=f"/ledger/{row.id}",
            day=short_day(row.paid_on, today=self.today, language=self.language),
            iso=row.paid_on.isoformat(),
            name=row.person_name or self._say("ledger_page.nobody"),
            person_address=f"/people/{row.person_code}" if row.person_code else "",
            activity=row.campaign_name or row.unit_name or "",
            activity_address=self._about(row),
            kind=self._joined(self.kind(row), row.item),
            amount=self.amount(row),
            handed_by=row.handed_by or "–",
            state=self.state(row),
            signed=row.received_by or "",
            reason=row.reason or "",
        )

    def drawing(self, drawing: DrawingView, *, may_reverse: bool) -> DrawingShown:
        is_counter = drawing.reverses is not None
        is_reversed = drawing.reversed_by is not None
        return DrawingShown(
            id=drawing.id,
            day=self.day(drawing.drawn_on),
            iso=drawing.drawn_on.isoformat(),
            amount=yuan(drawing.amount),
            about=self._joined(drawing.campaign_name, drawing.unit_name, drawing.reason),
            drawn_by=drawing.drawn_by,
            state="counter" if is_counter else "reversed" if is_reversed else "",
            may_reverse=may_reverse and not is_counter and not is_reversed,
        )

    def sheet(self, rows: Sequence[Row], title: str) -> Sheet:
        """The rows as a file: amounts are numbers, what takes back has its minus."""
        return Sheet(
            title=title,
            header=[self._say(f"ledger_page.field_{name}") for name in _COLUMNS],
            rows=[
                (
                    row.paid_on,
                    row.person_name,
                    row.campaign_name,
                    self.kind(row),
                    row.item,
                    row.amount,
                    row.unit_name,
                    row.handed_by,
                    row.received_by,
                    self._say(f"ledger_page.state_{self.state(row)}"),
                    row.reason,
                )
                for row in rows
            ],
        )

    def state(self, row: Row) -> str:
        if row.reverses is not None:
            return "counter"
        if row.reversed_by is not None:
            return "reversed"
        if row.received_by:
            return "signed"
        return "unsigned" if row.is_unsigned else "none"

    def kind(self, row: Row) -> str:
        return self._say(f"ledger_page.kind_{row.kind}")

    def amount(self, row: Row) -> str:
        if row.qualifier is Qualifier.EXACT:
            return yuan(row.amount)
        return qualified(row.amount, qualifier=row.qualifier, decimals=2, language=self.language)

    def by(self, name: str) -> str:
        return actor_word(name, self.language)

    def day(self, on: date) -> str:
        return day_words.day(on, today=self.today, language=self.language)

    def _about(self, row: Row) -> str:
        if row.activity_id is not None:
            return f"/a/{row.activity_id}"
        return f"/campaigns/{row.campaign_code}" if row.campaign_code else ""

    def _joined(self, *words: str | None) -> str:
        return self._say("suggestions.between").join(word for word in words if word)

    def _say(self, key: str, **values: object) -> str:
        return say(key, language=self.language, **values)


def yuan(amount: Decimal) -> str:
    """An amount with two decimals."""
    return figure(amount, decimals=2)
