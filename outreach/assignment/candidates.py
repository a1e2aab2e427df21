"""Who could come to one activity, in the order in which they would be asked, and who was passed over and why."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Activity, Person
from models.base import ActivityId, PersonId
from models.database import in_batches
from outreach.assignment.board import NOBODY, Board, Cause, bits
from outreach.assignment.gathering import Scene, gather
from outreach.assignment.places import ANY_ROLE
from outreach.assignment.reasons import reasons_for
from outreach.errors import Conflict, NotFound
from outreach.house_rules import AssignmentRules, house_rules
from outreach.permissions import Actor, Deed, Reach, expect, seen

ONE_ACTIVITY = 0
"""Its place on a board of its own."""
_PASSED_OVER_ORDER = (
    Cause.LIMIT,
    Cause.OVERLAP,
    Cause.DECLINED,
    Cause.AWAY,
    Cause.SKILL,
    Cause.SERVED,
    Cause.NOT_THERE,
    Cause.FAR,
    Cause.ON_IT,
    Cause.ADULTS,
)
"""Who could come but for this month or hour stands before who could not come at all."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """Somebody who could be asked; `reason` for `say_reason`."""

    code: str
    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class PassedOver:
    """Somebody near who would not be asked."""

    code: str
    name: str
    cause: Cause


@dataclass(frozen=True, slots=True)
class Ranking:
    """Who could take a place of a role, the best first, and who of those near was passed over."""

    role: str
    candidates: Sequence[Ranked]
    passed_over: Sequence[PassedOver]


@dataclass(frozen=True, slots=True)
class Warned:
    """Something that speaks against somebody who is asked by hand; `count` is how many adults are still missing."""

    cause: Cause
    count: int = 0


def ranked(
    session: Session,
    activity_id: ActivityId,
    role: str | None = None,
    *,
    by: Actor,
    today: date,
    zone: ZoneInfo,
    now: datetime,
    limit: int,
    rules: AssignmentRules | None = None,
) -> Ranking:
    """The people who could take one more place of an activity, whether one is open or not; at most `limit` of each.

    Without a role that of the first open place. Only people whom the actor sees. `rules` spares asking for them, where
    they are known. Raises NotFound, Forbidden, and
    Conflict for an activity that people are not proposed for: not planned, begun, or of a campaign that is not active.
    """
    activity = session.get(Activity, activity_id)
    if activity is None:
        raise NotFound("activities.no_such_activity", id=activity_id)
    expect(session, by, Deed.PLAN, activity.unit_id, on=today)
    rules = rules or house_rules(session).assignment
    scene, board = _set(session, activity, rules, today=today, zone=zone, now=now)
    if activity_id not in scene.sites:
        raise Conflict("assignment.not_proposed_for")
    site = scene.sites[activity_id]
    wanted = role or next(iter(site.work.open), ANY_ROLE)
    within = seen(session, by, on=today)
    names = _Names(session, scene, within, today)
    free = board.free(ONE_ACTIVITY) & names.known
    best = islice(board.in_order(ONE_ACTIVITY, wanted, free), limit)
    near = dict(site.conditions)[Cause.FAR] & dict(site.conditions)[Cause.ON_IT] & ~free & names.known
    causes = sorted(
        (_PASSED_OVER_ORDER.index(cause), bit, cause)
        for bit, cause in _causes(board, scene, activity_id, bits(near))
    )
    return Ranking(
        role=wanted,
        candidates=[
            Ranked(*names.of(bit), reasons_for(board, scene, site, ONE_ACTIVITY, wanted, bit)) for bit in best
        ],
        passed_over=[PassedOver(*names.of(bit), cause) for _, bit, cause in causes[:limit]],
    )


def warnings_about(
    session: Session,
    activity_id: ActivityId,
    person_code: str,
    *,
    today: date,
    zone: ZoneInfo,
    now: datetime,
) -> Sequence[Warned]:
    """What speaks against somebody who was asked by hand. Nothing where the program proposes nobody."""
    activity = session.get_one(Activity, activity_id)
    person_id = session.scalars(select(Person.id).where(Person.code == person_code)).one()
    rules = house_rules(session).assignment
    scene, board = _set(
        session, activity, rules, today=today, zone=zone, now=now, people=[person_id], apart=True
    )
    if activity_id not in scene.sites:
        return []
    site, one = scene.sites[activity_id], scene.crowd.set_of([person_id])
    told = [
        Warned(cause) for cause, people in site.conditions if cause is not Cause.ON_IT and not people & one
    ]
    if board.busy(ONE_ACTIVITY) & one:
        told.append(Warned(Cause.OVERLAP))
    if board.load(site.work.month).full & one:
        told.append(Warned(Cause.LIMIT))
    if site.work.least:
        told.append(Warned(Cause.ADULTS, site.work.least))
    return told


def _set(
    session: Session,
    activity: Activity,
    rules: AssignmentRules,
    *,
    today: date,
    zone: ZoneInfo,
    now: datetime,
    people: Sequence[PersonId] = (),
    apart: bool = False,
) -> tuple[Scene, Board]:
    """The one activity and everybody who might come; `apart`, as if it were not counted itself."""
    scene = gather(
        session,
        first=activity.day,
        last=activity.day,
        today=today,
        zone=zone,
        now=now,
        rules=rules,
        activity_ids=[activity.id],
        even_full=True,
        people=people,
        apart_from=activity.id if apart else None,
    )
    return scene, Board(scene.crowd, scene.works, scene.bookings, rules)


def _causes(
    board: Board, scene: Scene, activity_id: ActivityId, people: Iterable[int]
) -> Iterable[tuple[int, Cause]]:
    site = scene.sites[activity_id]
    full = board.load(site.work.month).full
    for bit in people:
        cause = site.passed_over_because(bit)
        yield bit, cause or (Cause.LIMIT if full >> bit & 1 else Cause.OVERLAP)


class _Names:
    """Codes and names of those of the crowd whom somebody sees."""

    def __init__(self, session: Session, scene: Scene, within: Reach, today: date) -> None:
        self._people: dict[int, tuple[str, str]] = {}
        bit_of: Mapping[PersonId, int] = {each.id: bit for bit, each in enumerate(scene.crowd.volunteers)}
        for some in in_batches(bit_of.keys()):
            rows = session.execute(
                select(Person.id, Person.code, Person.name).where(
                    Person.id.in_(some), within.of_person(Person.id, on=today)
                )
            )
            self._people.update({bit_of[person]: (code, name) for person, code, name in rows})
        self.known = NOBODY
        for bit in self._people:
            self.known |= 1 << bit

    def of(self, bit: int) -> tuple[str, str]:
        return self._people[bit]
