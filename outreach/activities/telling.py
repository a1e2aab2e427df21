"""Whose codes somebody may write into an outcome: of what one sees, and of those who are on the activity anyway."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Activity, Assignment, Campaign, Person
from models.base import PersonId
from models.database import in_batches
from outreach import campaigns, organisation, people
from outreach.beneficiaries import circles, served_at
from outreach.errors import Fault, Invalid
from outreach.outcomes import Telling
from outreach.permissions import Actor, seen

Named = tuple[str, str | None]
"""A field, and the code that it names."""


def expect_codes_seen(
    session: Session, activity: Activity, telling: Telling, *, by: Actor, today: date
) -> None:
    """Raise Invalid naming every code that is unknown or not seen, as if it did not exist.

    Visitors and visited may come from other units than the activity's: those who are asked to it, or whom it is for,
    can be told of by whoever records it.
    """
    within = seen(session, by, on=today)
    if within.is_everywhere:
        return
    persons = _named_people(telling)
    known = set(people.find_people(session, _codes(persons), within=within, today=today))
    others = _codes(persons) - known
    if others:
        known |= _on_it(session, activity, others)
    units = [
        *((f"ledger.{number}.unit_code", each.unit_code) for number, each in enumerate(telling.ledger)),
        *(
            (f"suggestions.{number}.unit_code", each.unit_code)
            for number, each in enumerate(telling.suggestions)
        ),
    ]
    of_campaigns = [
        (f"ledger.{number}.campaign_code", each.campaign_code) for number, each in enumerate(telling.ledger)
    ]
    faults = [
        *_unknown(persons, known),
        *_unknown(units, organisation.find_units(session, _codes(units), within=within)),
        *_unknown(of_campaigns, campaigns.find_campaigns(session, _codes(of_campaigns), within=within)),
    ]
    if faults:
        raise Invalid(faults)


def _named_people(telling: Telling) -> list[Named]:
    return [
        *((f"attendance.{number}.person", each.person) for number, each in enumerate(telling.attendance)),
        *((f"visits.{number}.person", each.person) for number, each in enumerate(telling.visits)),
        *((f"ledger.{number}.person_code", each.person_code) for number, each in enumerate(telling.ledger)),
        *(
            (f"suggestions.{number}.person_code", each.person_code)
            for number, each in enumerate(telling.suggestions)
        ),
    ]


def _codes(named: Sequence[Named]) -> set[str]:
    return {code for _, code in named if code}


def _unknown(named: Sequence[Named], known: Collection[str]) -> Iterable[Fault]:
    return (
        Fault(field, "errors.unknown_code", {"code": code})
        for field, code in named
        if code and code not in known
    )


def _on_it(session: Session, activity: Activity, codes: Collection[str]) -> set[str]:
    """Of these codes those of people who are asked to the activity, or whom it is for."""
    ids: dict[PersonId, str] = {}
    for some in in_batches(codes):
        rows = session.execute(select(Person.id, Person.code).where(Person.code.in_(some)))
        ids.update((person_id, code) for person_id, code in rows)
    asked = select(Assignment.person_id).where(Assignment.activity_id == activity.id)
    campaign = session.get_one(Campaign, activity.campaign_id)
    circle = circles(session, [campaign.id], among=ids.keys())[campaign.id]
    on_it = {*session.scalars(asked), *served_at(activity, campaign, circle)}
    return {code for person_id, code in ids.items() if person_id in on_it}
