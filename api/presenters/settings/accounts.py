"""Accounts in words: a row each, and one with all that can be changed of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from api.presenters.forms import Option
from api.presenters.words import moment
from models.enums import AccountRole
from outreach.account_register import AccountRow, Granted, TokenRow
from outreach.accounts import version_of_rights
from wording.names import joined
from wording.sentences import say


@dataclass(frozen=True, slots=True)
class AccountLine:
    """`tone`: ok, warn or quiet, with the word in `state`."""

    id: int
    name: str
    rights: str
    person_code: str
    person: str
    last_seen: str
    sessions: str
    tokens: int
    state: str
    tone: str
    is_active: bool


@dataclass(frozen=True, slots=True)
class TokenLine:
    id: int
    right: str
    began: str
    seen: str
    is_this: bool


@dataclass(frozen=True, slots=True)
class Teller:
    """Says accounts in the words of one reader."""

    today: date
    zone: ZoneInfo
    language: str

    def line(self, row: AccountRow) -> AccountLine:
        state, tone = self._state(row)
        rights = [self.right(each) for each in row.rights]
        return AccountLine(
            id=row.id,
            name=row.name,
            rights=joined(rights, language=self.language) if rights else self._say("no_rights"),
            person_code=row.person_code,
            person=row.person_name,
            last_seen=self._moment(row.last_seen_at) or self._say("never"),
            sessions=self._say("open_count", count=row.sessions) if row.sessions else "",
            tokens=row.tokens,
            state=state,
            tone=tone,
            is_active=row.is_active,
        )

    def token(self, row: TokenRow) -> TokenLine:
        return TokenLine(
            row.id,
            "" if row.granted is None else self.right(row.granted),
            self._moment(row.created_at),
            self._moment(row.last_seen_at) or self._say("never"),
            row.is_this,
        )

    def right(self, granted: Granted) -> str:
        role = say(f"pages.role_{granted.role}", language=self.language)
        if granted.unit_id is None:
            return self._say("right_everywhere", role=role)
        return self._say("right_in", role=role, unit=granted.unit_name)

    def _state(self, row: AccountRow) -> tuple[str, str]:
        if not row.is_active:
            return self._say("closed"), "quiet"
        if row.has_password:
            return self._say("in_use"), "ok"
        if row.links:
            return self._say("waiting"), "warn"
        return self._say("no_password"), "warn" if not row.tokens else "quiet"

    def _moment(self, at: datetime | None) -> str:
        return "" if at is None else moment(at, today=self.today, zone=self.zone, language=self.language)

    def _say(self, key: str, **values: object) -> str:
        return say(f"accounts.{key}", language=self.language, **values)


def typed_rights(granted: Sequence[Granted]) -> Mapping[str, str]:
    """The lines of the form as the rights stand."""
    typed = {"version": str(version_of_rights(each.right for each in granted))}
    for number, each in enumerate(granted):
        typed[f"role.{number}"] = each.role.value
        typed[f"unit.{number}"] = each.unit_code
    return typed


def right_labels(lines: int, language: str) -> Mapping[str, str]:
    """What each field is called, for the comparison of two versions."""
    return {
        f"{part}.{number}": say(f"accounts.{part}_of", language=language, number=number + 1)
        for number in range(lines)
        for part in ("role", "unit")
    }


def role_options(language: str) -> Sequence[Option]:
    return [Option(role.value, say(f"pages.role_{role}", language=language)) for role in AccountRole]
