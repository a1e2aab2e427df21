"""Who could come to one activity, in the order in which they would be asked, and who was passed over and why."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Activity, Person
from models.base import ActivityId, PersonId
from models.database import in_batches
from outreach.assignment.board import Board, Cause, People, bits
from outreach.assignment.facts import Near
from outreach.assignment.gathering import Planned, Scene, Site, When, gather_one, near, planned_activity
from outreach.assignment.memory import Remembered, remember
from outreach.assignment.needs import places_needed
from outreach.assignment.places import ANY_ROLE
from outreach.assignment.reasons import reasons_for
from outreach.assignment.shortlist import shortlist
from outreach.errors import Conflict, NotFound
from outreach.house_rules import AssignmentRules, house_rules
from outreach.permissions import Actor, Deed, Reach, expect, seen
from outreach.remembered import remembered

MADE_OF = frozenset(
    {
        *("activities", "assignments", "attendances", "beneficiaries", "campaigns"),
        *("people", "places", "teams", "ties", "units"),
    }
)
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
_FIRST_AT_LEAST = 32
_FIRST_FOR_EACH = 8
"""Of those for whom nothing speaks so many are looked at for each who is shown: many have no time."""


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
    when: When | None = None,
    rules: AssignmentRules | None = None,
    needed: Mapping[str, int] | None = None,
    served: Collection[PersonId] | None = None,
) -> Ranking:
    """The people who could take one more place of an activity, whether one is open or not; at most `limit` of each.

    Without a role that of the first open place; with `when` as if it took place then. Only people whom the actor sees.
    `rules`, the places `needed`, and `served`, all whom it is for, spare asking for them, where they are known. Raises
    NotFound, Forbidden, and Conflict for an activity that people are not proposed for: not planned, begun, or of a
    campaign that is not active.
    """
    planned = planned_activity(session, activity_id, now=now, when=when)
    activity = planned.activity if planned is not None else session.get(Activity, activity_id)
    if activity is None:
        raise NotFound("activities.no_such_activity", id=activity_id)
    expect(session, by, Deed.PLAN, activity.unit_id, on=today)
    if planned is None:
        raise Conflict("assignment.not_proposed_for")
    rules = rules or house_rules(session).assignment
    if needed is None:
        needed = places_needed(session, {activity.id: activity.campaign_id}).get(activity.id, {})
    within = seen(session, by, on=today)
    search = _Search(session, planned, role, within, today, zone, limit, rules, needed, served)
    places = tuple(sorted(needed.items()))
    question = ("ranked", activity_id, when, role, within, today, zone, limit, rules, places)
    return remembered(session, question, search.ranking, made_of=MADE_OF)


@dataclass(frozen=True, slots=True)
class _Search:
    """Who is looked for, for which activity, among whom."""

    session: Session
    planned: Planned
    role: str | None
    within: Reach
    today: date
    zone: ZoneInfo
    limit: int
    rules: AssignmentRules
    needed: Mapping[str, int]
    served: Collection[PersonId] | None

    def ranking(self) -> Ranking:
        """A few are looked at first; everybody near only if somebody of the rest could belong there."""
        planned, roles = self.planned, self.needed.keys() - {ANY_ROLE}
        memory = remember(self.session, [(planned.activity, planned.campaign)], roles, today=self.today)
        first = _FIRST_AT_LEAST + _FIRST_FOR_EACH * self.limit
        all_near = near([planned], only=True, all_minors=False)
        short = shortlist(
            self.session, planned, all_near, roles, memory.people(), zone=self.zone, first=first
        )
        if short is not None:
            found = self._looked_at(near([planned], among=short.people, all_minors=False), memory)
            if found.is_enough(short.first_of):
                return found.ranking()
        return self._looked_at(all_near, memory).ranking()

    def _looked_at(self, near: Near, memory: Remembered) -> "_Looked":
        scene = gather_one(
            self.session,
            self.planned,
            self.needed,
            near,
            today=self.today,
            zone=self.zone,
            rules=self.rules,
            remembered=memory,
            served=self.served,
        )
        board = Board(scene.crowd, scene.works, scene.bookings, self.rules)
        visible = _visible(self.session, scene, self.within, self.today)
        site = scene.sites[self.planned.activity.id]
        return _Looked(scene, board, site, self.role, visible, self.limit)


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
    planned = planned_activity(session, activity_id, now=now)
    if planned is None:
        return []
    activity = planned.activity
    person_id = session.scalars(select(Person.id).where(Person.code == person_code)).one()
    rules = house_rules(session).assignment
    scene = gather_one(
        session,
        planned,
        places_needed(session, {activity.id: activity.campaign_id}).get(activity.id, {}),
        near([planned], among=frozenset({person_id})),
        today=today,
        zone=zone,
        rules=rules,
        is_on_it_already=True,
    )
    board = Board(scene.crowd, scene.works, scene.bookings, rules)
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


def _visible(session: Session, scene: Scene, within: Reach, today: date) -> People:
    """Whom of the crowd somebody sees."""
    ids = [each.id for each in scene.crowd.volunteers]
    if within.is_everywhere:
        return (1 << len(ids)) - 1
    seen_of_them: set[PersonId] = set()
    for some in in_batches(ids):
        seen_of_them.update(
            session.scalars(
                select(Person.id).where(Person.id.in_(some), within.of_person(Person.id, on=today))
            )
        )
    return scene.crowd.set_of(seen_of_them)


class _Looked:
    """One activity with some of those near: who of them comes first, and who was passed over."""

    def __init__(
        self, scene: Scene, board: Board, site: Site, role: str | None, visible: People, limit: int
    ) -> None:
        self._scene, self._board, self._site, self._limit = scene, board, site, limit
        self._role = role or next(iter(site.work.open), ANY_ROLE)
        free = board.free(ONE_ACTIVITY) & visible
        self._best = list(islice(board.in_order(ONE_ACTIVITY, self._role, free), limit))
        met = dict(site.conditions)
        passed = sorted(self._causes(met[Cause.FAR] & met[Cause.ON_IT] & ~free & visible))
        self._passed = passed[:limit]

    def is_enough(self, first_of: Mapping[Cause, frozenset[PersonId]]) -> bool:
        """Whether nobody who was left out belongs here: nothing speaks for them, and they stand after all of these."""
        if not first_of:
            return True
        if min(len(self._best), len(self._passed)) < self._limit:
            return False
        bit_of = {each.id: bit for bit, each in enumerate(self._scene.crowd.volunteers)}
        last = {
            cause: max((bit_of.get(each, 0) for each in of_it), default=0)
            for cause, of_it in first_of.items()
        }
        best = self._board.standing(ONE_ACTIVITY, self._role, self._best[-1])
        return best <= self._board.standing_with_nothing(last[Cause.AWAY]) and all(
            self._passed[-1] <= (_PASSED_OVER_ORDER.index(cause), bit) for cause, bit in last.items()
        )

    def ranking(self) -> Ranking:
        crowd = self._scene.crowd.volunteers
        return Ranking(
            role=self._role,
            candidates=[Ranked(crowd[bit].code, crowd[bit].name, self._reasons(bit)) for bit in self._best],
            passed_over=[
                PassedOver(crowd[bit].code, crowd[bit].name, _PASSED_OVER_ORDER[place])
                for place, bit in self._passed
            ],
        )

    def _reasons(self, bit: int) -> str:
        return reasons_for(self._board, self._scene, self._site, ONE_ACTIVITY, self._role, bit)

    def _causes(self, people: People) -> Iterator[tuple[int, int]]:
        """The place of each one's cause in the order of causes, and who it is."""
        full = self._board.load(self._site.work.month).full
        for bit in bits(people):
            cause = self._site.passed_over_because(bit)
            yield _PASSED_OVER_ORDER.index(cause or (Cause.LIMIT if full >> bit & 1 else Cause.OVERLAP)), bit
