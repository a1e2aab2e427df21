"""The codes that rows may refer to: those of the database, and those that come with the import."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Campaign, Matter, Person, Team, Tie, Unit
from models.base import CampaignId, PersonId, TeamId, UnitId
from models.enums import MatterFace, TieKind
from outreach import metrics
from outreach.campaigns import known_kinds

Service = tuple[date | None, date | None]
"""The first and the last day of somebody's service; None where it is open."""


@dataclass(slots=True)
class Known:
    """What is there. An id of None belongs to a row that comes with this import and is not written yet."""

    ids: dict[str, dict[str, int | None]]
    """By table (and `metrics`), by code."""
    service: dict[str, Service]
    """By the person's code."""
    erased: frozenset[str]
    merged: frozenset[str]
    """Codes that lead to another person: rows may refer to somebody by one, and none is theirs to change."""
    campaign_kinds: frozenset[str]

    def has(self, table: str, code: str) -> bool:
        """Whether there is, or will be, a row of this code."""
        return code in self.ids[table]

    def id_of(self, table: str, code: str) -> int:
        """The id of a row that is there; KeyError otherwise."""
        found = self.ids[table][code]
        if found is None:
            raise KeyError(code)
        return found

    def unit(self, code: str | None) -> UnitId | None:
        """The unit of a code; None for no code. The others here answer alike."""
        return None if code is None else UnitId(self.id_of("units", code))

    def person(self, code: str | None) -> PersonId | None:
        """The person of a code."""
        return None if code is None else PersonId(self.id_of("people", code))

    def team(self, code: str | None) -> TeamId | None:
        """The team of a code."""
        return None if code is None else TeamId(self.id_of("teams", code))

    def campaign(self, code: str | None) -> CampaignId | None:
        """The campaign of a code."""
        return None if code is None else CampaignId(self.id_of("campaigns", code))

    def ids_of(self, table: str, codes: Iterable[str]) -> tuple[int, ...]:
        """The ids of several, in their order."""
        return tuple(self.id_of(table, code) for code in codes)


def known(session: Session) -> Known:
    """Everything that has a code in the database, read once: even a hundred thousand people are a few megabytes."""
    people = session.execute(
        select(Person.code, Person.id, Person.since, Person.until, Person.erased_at, Person.merged_into_id)
    ).all()
    by_id = {person.id: person for person in people}
    stays = {person.code: by_id[person.merged_into_id or person.id] for person in people}
    suggestions = select(Matter.code, Matter.id).where(Matter.face == MatterFace.SUGGESTION)
    pairings = select(Tie.code, Tie.id).where(Tie.kind == TieKind.PAIRING, Tie.code.is_not(None))
    return Known(
        ids={
            "units": dict(session.execute(select(Unit.code, Unit.id)).all()),
            "people": {code: person.id for code, person in stays.items()},
            "teams": dict(session.execute(select(Team.code, Team.id)).all()),
            "pairings": {code: tie_id for code, tie_id in session.execute(pairings) if code},
            "campaigns": dict(session.execute(select(Campaign.code, Campaign.id)).all()),
            "suggestions": dict(session.execute(suggestions).all()),
            "metrics": dict(metrics.metric_ids(session)),
        },
        service={code: (person.since, person.until) for code, person in stays.items()},
        erased=frozenset(person.code for person in people if person.erased_at),
        merged=frozenset(person.code for person in people if person.merged_into_id),
        campaign_kinds=known_kinds(session),
    )
