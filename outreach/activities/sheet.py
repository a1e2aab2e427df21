"""The sheet that an outcome is told on: who is counted on, who is served, which figures the campaign asks for."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Person
from models.base import ActivityId, PersonId
from models.database import in_batches
from models.enums import TAKING_PART, ActivityStatus
from outreach.activities.head import ActivityHead
from outreach.activities.served import whom_it_serves
from outreach.agenda import AgendaItem
from outreach.metrics import Definition, definitions
from outreach.minors import is_minor
from outreach.outcomes.reading import Codes, OutcomeView, in_codes, standing
from outreach.permissions import Reach
from outreach.planning.collisions import VISITING_KINDS


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody on the sheet."""

    code: str
    name: str
    role: str = "any"
    address: str | None = None
    """Where somebody lives whom the activity is for; that of a minor is not shown."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """What the form of an outcome starts from."""

    activity_id: ActivityId
    title: str
    version: int
    day: date
    status: ActivityStatus
    minutes: int | None
    """How long it was planned to last; None for whole days."""
    asked: int
    """How many of the people, the first of them, are counted on."""
    people: Sequence[Named]
    """Those counted on, then those told of already, in the order in which they were; those it is for as well, where
    they come and are not visited."""
    visited: Sequence[Named]
    """Those who are visited, in visiting order, then others who were; none where people come."""
    metrics: Sequence[Definition]
    """Those that the campaign lists and that take an entered value."""
    present: OutcomeView | None
    revision: int
    has_several_units: bool
    """Whether its figures were told for several units: as one whole they cannot be told again."""


def outcome_sheet(session: Session, head: ActivityHead) -> Sheet:
    """The sheet of an activity. Whoever asks sees the activity."""
    item = head.item
    told = standing(session, item.id)
    wanted = whom_it_serves(session, head)
    known = _known(session, {*wanted, *(told.people() if told else ())}, day=item.day)
    codes = Codes(
        people={person_id: each.code for person_id, each in known.items()},
        units={item.unit_id: head.unit_code},
        campaigns={item.campaign_id: head.campaign_code},
    )
    present = None if told is None else in_codes(session, told, known=codes).outcome
    people = [Named(each.code, each.name, each.role) for each in item.people if each.state in TAKING_PART]
    asked = len(people)
    served = [known[person_id] for person_id in wanted]
    is_visit = item.kind in VISITING_KINDS or head.subject_id is not None
    visited = served if is_visit else []
    if not is_visit:
        listed = {person.code for person in people}
        people += [person for person in served if person.code not in listed]
    if present is not None:
        names = {each.code: each.name for each in known.values()}
        people += _others([each.person for each in present.attendance], people, names)
        visited += _others([each.person for each in present.visits], visited, names)
    units = {each.unit_code for each in present.measures} if present else set()
    return Sheet(
        activity_id=item.id,
        title=item.title,
        version=head.version,
        day=head.held_on or item.day,
        status=item.status,
        minutes=_minutes(item),
        asked=asked,
        people=people,
        visited=visited,
        metrics=[definitions()[code] for code in head.metrics if definitions()[code].takes_entries],
        present=present,
        revision=head.revision,
        has_several_units=len(units) > 1,
    )


def people_of_names(
    session: Session, words: Collection[str], *, within: Reach, today: date
) -> Mapping[str, Sequence[Named]]:
    """Whom each word means: the one with this code, else everybody with exactly this name, within a reach."""
    found: dict[str, list[Named]] = {word: [] for word in words}
    for some in in_batches(found):
        rows = session.execute(
            select(Person.code, Person.name)
            .where(
                Person.code.in_(some) | Person.name.in_(some),
                Person.erased_at.is_(None),
                Person.merged_into_id.is_(None),
                within.of_person(Person.id, on=today),
            )
            .order_by(Person.id)
        ).all()
        for code, name in rows:
            for word in {code, name} & found.keys():
                found[word].append(Named(code, name))
    return {word: [each for each in named if each.code == word] or named for word, named in found.items()}


def _known(session: Session, wanted: Collection[PersonId], *, day: date) -> dict[PersonId, Named]:
    """Who these people are, on the day of the activity."""
    found: dict[PersonId, Named] = {}
    for some in in_batches(wanted):
        rows = session.execute(
            select(Person.id, Person.code, Person.name, Person.address, is_minor(Person.id, on=day)).where(
                Person.id.in_(some)
            )
        )
        for person_id, code, name, address, withheld in rows:
            found[person_id] = Named(code, name, address=None if withheld else address)
    return found


def _others(codes: Sequence[str], known: Sequence[Named], names: Mapping[str, str]) -> list[Named]:
    """Those of these codes who are not on the list yet, in the order of the codes."""
    listed = {each.code for each in known}
    return [Named(code, names[code]) for code in codes if code not in listed]


def _minutes(item: AgendaItem) -> int | None:
    if item.starts_at is None or item.ends_at is None:
        return None
    return round((item.ends_at - item.starts_at).total_seconds() / 60)
