"""The morning digest: what needs a coordinator today, in the units where they plan. No names of people, no cause."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from calendars.timezones import at, local_day
from models import Account, Grant, Notice
from models.base import PersonId
from models.database import in_batches
from models.enums import NoticeKind
from outreach.agenda import agenda, owed_outcomes
from outreach.house_rules import NoticeRules
from outreach.matters import Waiting, cases_waiting, suggestions_waiting
from outreach.notices.owing import Owed, owe
from outreach.notices.reading import calls_to_make
from outreach.permissions import ROLES, Actor, Deed, Reach, Right, reach

DAYS_AHEAD: Final = 7
LATEST_AFTER: Final = timedelta(hours=4)
"""How long after its time a digest is still one of the morning, when the machine was off."""
NAMED: Final = 5
"""How many of each are named; the rest is counted."""


def owe_digests(session: Session, rules: NoticeRules, *, now: datetime, zone: ZoneInfo) -> int:
    """Owe every coordinator the morning's digest, once a day, unless nothing waits; how many."""
    today = local_day(now, zone)
    due_at = at(today, rules.digest_at, zone)
    if not due_at <= now < due_at + LATEST_AFTER:
        return 0
    return owe(
        session, _digests(session, today=today, now=now, zone=zone, expires_at=due_at + LATEST_AFTER), now=now
    )


def _digests(
    session: Session, *, today: date, now: datetime, zone: ZoneInfo, expires_at: datetime
) -> Iterator[Owed]:
    coordinators = _coordinators(session)
    keys = {person_id: f"{NoticeKind.DIGEST.value}/{today}/p{person_id}" for person_id in coordinators}
    owed = {
        key
        for some in in_batches(list(keys.values()))
        for key in session.scalars(select(Notice.dedupe_key).where(Notice.dedupe_key.in_(some)))
    }
    told: dict[Reach, Mapping[str, Any]] = {}
    for person_id, rights in coordinators.items():
        if keys[person_id] in owed:
            continue
        within = reach(session, Actor("", rights=tuple(rights)), Deed.PLAN, on=today)
        if within not in told:
            told[within] = what_waits(session, within, today=today, now=now, zone=zone)
        if told[within]:
            words = {"day": today.isoformat(), **told[within]}
            yield Owed(keys[person_id], person_id, NoticeKind.DIGEST, now, expires_at, words=words)


def what_waits(
    session: Session, within: Reach, *, today: date, now: datetime, zone: ZoneInfo
) -> dict[str, Any]:  # Any: JSON
    """What needs a person in these units, by `composing.DIGEST_PARTS`: how many, and the first of them with their day.
    What nothing is missing of is left out."""
    week = agenda(
        session, within, first=today, last=today + timedelta(days=DAYS_AHEAD - 1), today=today, now=now
    )
    short = [item for day in week.days for item in day.items if item.short]
    owed = owed_outcomes(session, within, today=today, now=now, limit=NAMED)
    waits = {
        "short": _part(week.short, [(item.day, item.title) for item in short[:NAMED]]),
        "outcomes": _part(owed.count, [(item.day, item.title) for item in owed.items]),
        "suggestions": _waiting(suggestions_waiting(session, within, now=now, limit=NAMED), zone),
        "cases": _waiting(cases_waiting(session, within, now=now, limit=NAMED), zone),
        "calls": _part(calls_to_make(session, within=within, today=today, now=now), []),
    }
    return {part: told for part, told in waits.items() if told["count"]}


def _coordinators(session: Session) -> Mapping[PersonId, list[Right]]:
    """Who may plan somewhere, with the rights to it."""
    rows = session.execute(
        select(Account.person_id, Grant.role, Grant.unit_id)
        .join(Grant, Grant.account_id == Account.id)
        .where(Account.active, Account.person_id.is_not(None), Grant.role.in_(sorted(ROLES[Deed.PLAN])))
        .order_by(Account.id, Grant.id)
    )
    found: defaultdict[PersonId, list[Right]] = defaultdict(list)
    for person_id, role, unit_id in rows:
        if person_id is not None:
            found[person_id].append(Right(role, unit_id))
    return found


def _waiting(waiting: Waiting, zone: ZoneInfo) -> dict[str, Any]:  # Any: JSON
    """Matters past their time, by their codes alone."""
    return _part(waiting.count, [(local_day(each.due_at, zone), each.code) for each in waiting.first])


def _part(count: int, first: Sequence[tuple[date, str]]) -> dict[str, Any]:  # Any: JSON
    return {"count": count, "first": [{"day": day.isoformat(), "title": title} for day, title in first]}
