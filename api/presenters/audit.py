"""Entries of the audit trail in words: when, who, from where, did what, old and new."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from urllib.parse import quote
from zoneinfo import ZoneInfo

from api.presenters.forms import Option
from api.presenters.words import moment
from models.enums import AuditAction, Via
from outreach.audit_trail import TrailEntry
from outreach.house_rules import HouseRules, listed
from wording import days as day_words
from wording.names import joined
from wording.sentences import is_known, keys, say

_LONGEST_VALUE: Final = 200
_RULES: Final = frozenset(rule.name for rule in listed(HouseRules()))
_ADDRESSES: Final[Mapping[str, Callable[[TrailEntry], str]]] = {
    "people": lambda entry: f"/people/{_code(entry)}",
    "campaigns": lambda entry: f"/campaigns/{_code(entry)}",
    "units": lambda entry: f"/units/{_code(entry)}",
    "teams": lambda entry: f"/teams/{_code(entry)}",
    "matters": lambda entry: f"/{'cases' if _kind(entry) == 'case' else 'suggestions'}/{_code(entry)}",
    "activities": lambda entry: f"/a/{entry.row_id}",
    "assignments": lambda entry: f"/a/{_kind(entry)}/people",
    "accounts": lambda entry: f"/settings/accounts/{entry.row_id}",
}


@dataclass(frozen=True, slots=True)
class TrailRow:
    """One entry. `account` and `person` are what a link asks for to see only theirs."""

    id: int
    iso: str
    when: str
    who: str
    account: str
    via: str
    did: str
    address: str
    person: str
    person_code: str
    record: str
    reason: str
    changes: Sequence[str]
    is_read: bool


@dataclass(frozen=True, slots=True)
class Teller:
    """Says entries in the words of one reader."""

    today: date
    zone: ZoneInfo
    language: str

    def row(self, entry: TrailEntry) -> TrailRow:
        account = entry.by or (entry.via.value if entry.via in (Via.CONSOLE, Via.CLOCKWORK) else "")
        address = _ADDRESSES.get(entry.table)
        return TrailRow(
            id=entry.id,
            iso=entry.at.astimezone(self.zone).isoformat(timespec="seconds"),
            when=moment(entry.at, today=self.today, zone=self.zone, language=self.language),
            who=entry.by or self._program(entry.via),
            account=account,
            via="" if entry.via is None or entry.by is None else self._say(f"via_{entry.via}"),
            did=self._say(f"did_{entry.action}", what=self._what(entry)),
            address=address(entry) if address is not None and entry.about is not None else "",
            person="" if entry.table == "people" else entry.person_name,
            person_code=entry.person_code,
            record=f"{entry.table}:{entry.row_id}",
            reason=self._say("reason", reason=entry.reason) if entry.reason else "",
            changes=list(self._changes(entry)),
            is_read=entry.action is AuditAction.READ,
        )

    def _program(self, via: Via | None) -> str:
        if via is Via.CONSOLE:
            return self._say("by_console")
        return self._say("by_clockwork" if via is Via.CLOCKWORK else "by_program")

    def _what(self, entry: TrailEntry) -> str:
        table = table_word(entry.table, self.language)
        if entry.about is None:
            if entry.row_id == 0 or entry.table == "settings":
                return self._say("what_only", table=table)
            return self._say("what_numbered", table=table, number=entry.row_id)
        if entry.table == "matters" and entry.about.kind:
            table = self._say(f"matter_{entry.about.kind}")
        name = entry.about.name
        if entry.about.day is not None:
            name = f"{day_words.day(entry.about.day, today=self.today, language=self.language)} {name}"
        return self._say("what_named", table=table, name=name)

    def _changes(self, entry: TrailEntry) -> Iterator[str]:
        before, after = dict(entry.before or {}), dict(entry.after or {})
        if entry.import_id is not None:
            yield self._say("imported", number=entry.import_id)
        if isinstance(names := after.pop("columns", None), list):
            said = [self._label(str(name)) for name in names]
            yield self._say("columns", columns=joined(said, language=self.language))
        for name in dict.fromkeys((*before, *after)):
            old, new = self._value(before.get(name)), self._value(after.get(name))
            label = self._label(name)
            if name in before and name in after:
                if old != new:
                    yield self._say("from_to", label=label, before=old, after=new)
            elif name in after:
                yield self._say("now_only", label=label, after=new)
            else:
                yield self._say("was_only", label=label, before=old)

    def _label(self, name: str) -> str:
        if name in _RULES:
            return say(f"settings.{name}", language=self.language)
        key = f"audit.column_{name}"
        return say(key, language=self.language) if is_known(key) else name

    def _value(self, value: Any) -> str:  # Any: whatever JSON can say
        if value is None or value == "" or value == [] or value == {}:
            return self._say("nothing")
        if isinstance(value, bool):
            return self._say("yes" if value else "no")
        if isinstance(value, list):
            return self._cut(joined([self._value(each) for each in value], language=self.language))
        if isinstance(value, dict):
            pairs = [f"{self._label(str(name))}={self._value(each)}" for name, each in value.items()]
            return self._cut(joined(pairs, language=self.language))
        return self._cut(self._text(str(value)))

    def _text(self, text: str) -> str:
        """A day, an instant or a known word in words; anything else as it stands."""
        if len(text) == 10 and text[4:5] == text[7:8] == "-" and (day := _day(text)) is not None:
            return day_words.day(day, today=self.today, language=self.language)
        if len(text) > 16 and "T" in text and (at := _instant(text)) is not None and at.tzinfo is not None:
            return moment(at, today=self.today, zone=self.zone, language=self.language)
        key = f"audit.value_{text}"
        return say(key, language=self.language) if is_known(key) else text

    def _cut(self, text: str) -> str:
        return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"

    def _say(self, key: str, **values: object) -> str:
        return say(f"audit.{key}", language=self.language, **values)


def table_word(table: str, language: str) -> str:
    """What a kind of record is called; one without a word stands as it is."""
    key = f"audit.table_{table}"
    return say(key, language=language) if is_known(key) else table


def action_options(language: str) -> Sequence[Option]:
    return [Option(each.value, say(f"audit.action_{each}", language=language)) for each in AuditAction]


def table_options(language: str) -> Sequence[Option]:
    """Every kind of record that has a word, in the order of the words."""
    prefix = "audit.table_"
    named = (key.removeprefix(prefix) for key in keys("audit") if key.startswith(prefix))
    return sorted(
        (Option(table, table_word(table, language)) for table in named), key=lambda each: each.words
    )


def _code(entry: TrailEntry) -> str:
    return "" if entry.about is None else quote(entry.about.code, safe="")


def _kind(entry: TrailEntry) -> str:
    return "" if entry.about is None else entry.about.kind


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _instant(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
