"""What a feed is to be about, by the words of a person: a kind, and a name or a code."""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from models import Campaign, Person, Team, Unit
from outreach.errors import invalid
from outreach.fields import shown
from outreach.permissions import Reach
from outreach.subscriptions import PUBLIC


class ScopeKind(StrEnum):
    """What a feed may be about; the words of a subscription's scope."""

    PERSON = "person"
    TEAM = "team"
    UNIT = "unit"
    CAMPAIGN = "campaign"
    PUBLIC = PUBLIC


def scope_of_words(session: Session, kind: ScopeKind, words: str, *, within: Reach, today: date) -> str:
    """The scope that these words name, `person:V162`; of the public without any.

    Raises Invalid in the field `who` for a name that nobody has within the reach, or several have: then their codes
    are told.
    """
    if kind is ScopeKind.PUBLIC:
        return PUBLIC
    wanted = words.strip()
    codes = _codes(session, kind, wanted, within, today)
    if not codes:
        raise invalid("who", "feeds.unknown", name=shown(wanted))
    if len(codes) > 1 and wanted not in codes:
        raise invalid("who", "feeds.several", name=shown(wanted), codes=", ".join(codes[:8]))
    return f"{kind.value}:{wanted if wanted in codes else codes[0]}"


def _codes(session: Session, kind: ScopeKind, words: str, within: Reach, today: date) -> Sequence[str]:
    match kind:
        case ScopeKind.PERSON:
            query = select(Person.code).where(
                or_(Person.code == words, Person.name == words),
                Person.erased_at.is_(None),
                within.of_person(Person.id, on=today),
            )
        case ScopeKind.TEAM:
            query = select(Team.code).where(
                or_(Team.code == words, Team.name == words), within.of(Team.unit_id)
            )
        case ScopeKind.UNIT:
            query = select(Unit.code).where(or_(Unit.code == words, Unit.name == words), within.of(Unit.id))
        case _:
            query = select(Campaign.code).where(
                or_(Campaign.code == words, Campaign.name == words), within.of(Campaign.unit_id)
            )
    return session.scalars(query.limit(20)).all()
