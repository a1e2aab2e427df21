"""Who may be told something, and how: by the channels somebody wants, among those the office has."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Account, Grant, Person
from models.base import PersonId, UnitId
from models.database import in_batches
from models.enums import AccountRole, Channel, NoticeKind
from outreach.permissions import ROLES, Deed
from outreach.units import parents

WORTH_A_CALL = frozenset(
    {
        NoticeKind.ASKED,
        NoticeKind.CONFIRMED,
        NoticeKind.WITHDRAWN,
        NoticeKind.MOVED,
        NoticeKind.CANCELLED,
        NoticeKind.REMIND_DAY,
        NoticeKind.RECORD_OUTCOME_AGAIN,
        NoticeKind.SUGGESTION_ANSWERED,
    }
)
"""What somebody is telephoned for who can be told in no other way: a coordinator's morning is short, so of three
reminders one, and nothing that the person sees in the program anyway."""

_WEST, _EAST = timedelta(hours=-12), timedelta(hours=14)
"""How far local days may be from those of UTC. Whoever writes a notice does not know the zone; who sends it does."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """How somebody is told: by mail to an address, or by telephone (None)."""

    address: str | None

    def wants_to_hear(self, kind: NoticeKind) -> bool:
        """Whether this is told to them at all."""
        return self.address is not None or kind in WORTH_A_CALL


def recipient(contact_by: str, email: str | None) -> Recipient | None:
    """How to tell somebody with these wishes: the first that the office has, then mail, then a call.

    None for who does not want to be told anything. Messages by SMS and the two robots are not served yet.
    """
    address = (email or "").strip() or None
    wanted = [each for each in contact_by.split(";") if each]
    if Channel.NONE in wanted:
        return None
    for channel in wanted:
        if channel == Channel.PHONE:
            return Recipient(None)
        if channel == Channel.EMAIL and address is not None:
            return Recipient(address)
    return Recipient(address)


def recipients(
    session: Session, person_ids: Collection[PersonId], *, now: datetime
) -> Mapping[PersonId, Recipient]:
    """How each of these people is told; those who are not told anything are left out.

    Nobody writes to the dead, the frozen, the erased, and to those who left.
    """
    earliest, latest = (now + _WEST).date(), (now + _EAST).date()
    found: dict[PersonId, Recipient] = {}
    for some in in_batches(sorted(person_ids)):
        rows = session.execute(
            select(Person.id, Person.contact_by, Person.email).where(
                Person.id.in_(some),
                Person.erased_at.is_(None),
                Person.frozen_on.is_(None) | (Person.frozen_on > latest),
                Person.until >= earliest,
            )
        )
        for person_id, contact_by, email in rows:
            if (how := recipient(contact_by, email)) is not None:
                found[person_id] = how
    return found


def coordinators_of(
    session: Session, unit_ids: Collection[UnitId], *, on: date
) -> dict[UnitId, list[PersonId]]:
    """Those whose account may plan in each of these units, by the tree of a day: the unit's own, else those of the next
    unit above that has any, at last those who may plan everywhere.

    Whoever coordinates a county is not written to about each of its villages. A unit that nobody coordinates has an
    empty list.
    """
    granted: dict[UnitId | None, list[PersonId]] = defaultdict(list)
    for unit_id, person_id in session.execute(
        select(Grant.unit_id, Account.person_id)
        .join(Account, Account.id == Grant.account_id)
        .join(Person, Person.id == Account.person_id)
        .where(
            Account.active,
            Grant.role.in_(_PLANNERS),
            Person.erased_at.is_(None),
            Person.frozen_on.is_(None) | (Person.frozen_on > on),
            Person.until >= on,
        )
        .order_by(Account.id, Grant.id)
    ):
        if person_id is not None:
            granted[unit_id].append(person_id)
    above = parents(session, on=on) if granted and unit_ids else {}
    return {unit_id: _nearest(unit_id, granted, above) for unit_id in unit_ids}


_PLANNERS: tuple[AccountRole, ...] = tuple(sorted(ROLES[Deed.PLAN]))


def _nearest(
    unit_id: UnitId,
    granted: Mapping[UnitId | None, list[PersonId]],
    above: Mapping[UnitId, UnitId | None],
) -> list[PersonId]:
    at: UnitId | None = unit_id
    while at is not None and at not in granted:
        at = above.get(at)
    return list(dict.fromkeys(granted.get(at, [])))
