"""Finding something by what somebody types: people, campaigns, activities, suggestions and cases within a reach."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import ColumnElement, Select, and_, case, or_, select, union_all
from sqlalchemy.orm import Session

from models import Activity, Campaign, Matter, Person, Team, Unit
from models.base import ActivityId
from models.enums import ActivityStatus, CampaignStatus, MatterFace, MatterStatus
from outreach.campaign_register import named
from outreach.fields import LONGEST_NAME
from outreach.people_search import PersonFound, placed, search_people, with_in_name
from outreach.permissions import Reach

FEWEST_OF_WORDS: Final = 4
"""From how many octets on the words of suggestions are looked through: two characters, or four letters.

A single character stands everywhere, and a few letters are somebody's initials.
"""
MOST_MEANT: Final = 500
"""Of a name that more people bear, as a family name is borne, the activities for so many of them are looked at."""


@dataclass(frozen=True, slots=True)
class CampaignFound:
    code: str
    name: str
    kind: str
    status: CampaignStatus


@dataclass(frozen=True, slots=True)
class ActivityFound:
    """The next activity of a campaign, or the last one where none is to come."""

    id: ActivityId
    title: str
    kind: str
    subject: str | None
    day: date
    unit: str


@dataclass(frozen=True, slots=True)
class MatterFound:
    """A suggestion with its words, a case by its code alone: what a case is about is shown on its own page."""

    code: str
    face: MatterFace
    status: MatterStatus
    opened_on: date
    text: str | None


@dataclass(frozen=True, slots=True)
class PlaceFound:
    """A unit or a team."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Found:
    """What was found of each sort, the likeliest first and at most as many as asked for."""

    people: Sequence[PersonFound]
    campaigns: Sequence[CampaignFound]
    activities: Sequence[ActivityFound]
    matters: Sequence[MatterFound]
    teams: Sequence[PlaceFound]
    units: Sequence[PlaceFound]

    def __bool__(self) -> bool:
        return any((self.people, self.campaigns, self.activities, self.matters, self.teams, self.units))


def find(session: Session, within: Reach, words: str, *, today: date, limit: int) -> Found:
    """What these words name: a part of a name, its pinyin or initials, a code, the number of an activity.

    Nothing for no words. A statement or two for each sort, whatever there is.
    """
    words = " ".join(words.split())[:LONGEST_NAME]
    if not words:
        return Found((), (), (), (), (), ())
    return Found(
        people=search_people(session, within, words, today=today, limit=limit),
        campaigns=_campaigns(session, within, words, limit),
        activities=_activities(session, within, words, today, limit),
        matters=_matters(session, within, words, limit),
        teams=_teams(session, within, words, limit),
        units=_units(session, within, words, limit),
    )


def _campaigns(session: Session, within: Reach, words: str, limit: int) -> list[CampaignFound]:
    runs = case((Campaign.status == CampaignStatus.ENDED, 1), else_=0)
    rows = session.execute(
        select(Campaign.code, Campaign.name, Campaign.kind, Campaign.status)
        .where(named(session, words, within), within.of(Campaign.unit_id))
        .order_by(runs, Campaign.name, Campaign.id)
        .limit(limit)
    )
    return [CampaignFound(*row) for row in rows]


def _activities(session: Session, within: Reach, words: str, today: date, limit: int) -> list[ActivityFound]:
    """The nearest to come by title or by whom they are for; and the one of a number."""
    rows = session.execute(
        select(Activity.id, Campaign.name, Campaign.kind, Person.name, Activity.day, Unit.name)
        .join(Campaign, Campaign.id == Activity.campaign_id)
        .join(Unit, Unit.id == Activity.unit_id)
        .join(Person, Person.id == Activity.subject_person_id, isouter=True)
        .where(Activity.id.in_(union_all(*_nearest(session, within, words, today, limit))))
        .order_by(Activity.day, Activity.id)
        .limit(limit)
    )
    return [ActivityFound(*row) for row in rows]


def _nearest(
    session: Session, within: Reach, words: str, today: date, limit: int
) -> Iterator[Select[ActivityId]]:
    """Each way to find an activity: they have indexes of their own, which no database finds behind an OR."""
    if words.isdecimal() and len(words) < 19:
        yield _shown(within, limit, Activity.id == int(words))
        return
    titled = select(Campaign.id).where(Campaign.name.contains(words, autoescape=True))
    yield _shown(within, limit, Activity.campaign_id.in_(titled), Activity.day >= today)
    bearing = select(Person.id).where(Person.id.in_(with_in_name(words)), placed(within, today))
    meant = session.scalars(bearing.limit(MOST_MEANT)).all()
    if meant:
        yield _shown(within, limit, Activity.subject_person_id.in_(meant), Activity.day >= today)


def _shown(within: Reach, limit: int, *conditions: ColumnElement[bool]) -> Select[ActivityId]:
    """The nearest of some activities that are shown to whoever searches."""
    nearest = (
        select(Activity.id)
        .join(Campaign, Campaign.id == Activity.campaign_id)
        .where(
            *conditions,
            Activity.status != ActivityStatus.CANCELLED,
            Campaign.status != CampaignStatus.DRAFT,
            within.of(Activity.unit_id),
        )
        .order_by(Activity.day, Activity.id)
        .limit(limit)
        .subquery()
    )
    return select(nearest.c.id)


def _matters(session: Session, within: Reach, words: str, limit: int) -> list[MatterFound]:
    """Suggestions by their words or their code, cases by their code; the open ones first."""
    of_code = and_(Matter.face.in_(MatterFace), Matter.code.in_({words, words.upper(), words.lower()}))
    ways = [select(Matter.id).where(of_code)]
    if len(words.encode()) >= FEWEST_OF_WORDS:
        is_suggestion = Matter.face == MatterFace.SUGGESTION
        ways.append(select(Matter.id).where(is_suggestion, Matter.text.contains(words, autoescape=True)))
    text = case((Matter.face == MatterFace.SUGGESTION, Matter.text), else_=None)
    rows = session.execute(
        select(Matter.code, Matter.face, Matter.status, Matter.opened_on, text)
        .where(Matter.id.in_(union_all(*ways)), within.of(Matter.unit_id))
        .order_by(Matter.closed_on.is_not(None), Matter.opened_on.desc(), Matter.id.desc())
        .limit(limit)
    )
    return [MatterFound(*row) for row in rows]


def _teams(session: Session, within: Reach, words: str, limit: int) -> list[PlaceFound]:
    rows = session.execute(
        select(Team.code, Team.name)
        .where(or_(Team.name.contains(words, autoescape=True), Team.code == words), within.of(Team.unit_id))
        .order_by(Team.name, Team.id)
        .limit(limit)
    )
    return [PlaceFound(*row) for row in rows]


def _units(session: Session, within: Reach, words: str, limit: int) -> list[PlaceFound]:
    rows = session.execute(
        select(Unit.code, Unit.name)
        .where(or_(Unit.name.contains(words, autoescape=True), Unit.code == words), within.of(Unit.id))
        .order_by(Unit.id)
        .limit(limit)
    )
    return [PlaceFound(*row) for row in rows]
