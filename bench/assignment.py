"""Proposing 2,000 volunteers for 10,000 places of a month, beside the most that could be filled at all.

The bound is a maximum flow with everything that binds people but skills that have to come together: who fits, one thing
at a time, so many a month. It starts from what was proposed and looks for any place that could still be filled.
"""

import random
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, cast
from uuid import uuid4

from sqlalchemy import Engine, Table, delete, insert, select
from sqlalchemy.orm import Session

from bench.measuring import Measurement, seconds
from bench.office import NOW, TODAY, ZONE, empty_office
from models import Activity, Assignment, Campaign, Person, Place, Team, Tie, Unit
from models.base import ActivityId, PersonId
from models.database import in_batches, look_at_tables, reading, transaction
from models.enums import CampaignStatus, PersonRole, ScheduleForm, TieKind
from outreach.assignment import ProposalReport, propose_people
from outreach.assignment.board import bits
from outreach.assignment.choosing import filled_board
from outreach.assignment.gathering import Scene, gather
from outreach.house_rules import AssignmentRules
from outreach.permissions import CONSOLE

VOLUNTEERS = 2_000
PLACES = 10_000
TOWNSHIPS = 20
TEAMS = 40
CAMPAIGNS = 240
LAST = TODAY + timedelta(days=27)
"""The rest of the month: 28 days from its fourth."""
SKILLS = ("农技", "书法", "医护", "法律", "文艺")
HOURS = ("Mon-Fri 08:00-12:00", "Mon-Fri 13:00-18:00", "Mon-Sun 08:00-18:00", *(None,) * 5)
LIMITS = {"roomy": (6, 12), "tight": (2, 8)}


def measure(*, full: bool) -> Iterator[Measurement]:
    del full  # the size is what the measurement is about
    for name, limits in LIMITS.items():
        with empty_office() as engine:
            with transaction(engine) as session:
                _fill(session, limits)
            with transaction(engine) as session:
                look_at_tables(session)
            yield from _measured(engine, name)


def _measured(engine: Engine, name: str) -> Iterator[Measurement]:
    with reading(engine) as session:
        scene = gather(
            session, first=TODAY, last=LAST, today=TODAY, zone=ZONE, now=NOW, rules=AssignmentRules()
        )
    choosing = seconds(lambda: _jain_of_choice(scene, AssignmentRules()))
    even = _jain_of_choice(scene, AssignmentRules(weight_team=0))
    reports: list[ProposalReport] = []

    def proposed() -> None:
        with transaction(engine) as session:
            reports.append(propose_people(session, today=TODAY, through=LAST, zone=ZONE, by=CONSOLE, now=NOW))

    whole = seconds(proposed)
    with reading(engine) as session:
        rows = [dict(row) for row in session.execute(select(Assignment.__table__)).mappings()]
    bound = len(rows) + _could_still_be_filled(scene, rows)
    jain = _jain(scene, Counter(row["person_id"] for row in rows))
    note = (
        f"of {reports[0].places:,}; Jain {jain:.3f}, {even:.3f} when no team comes first; "
        f"choosing {choosing:.2f} s, in all {whole:.2f} s"
    )
    yield Measurement(f"assignment: places filled in a {name} month", len(rows), bound, "places", note)
    with transaction(engine) as session:
        session.execute(delete(Assignment))

    def bare() -> None:
        with transaction(engine) as session:
            for some in in_batches(rows):
                session.execute(insert(Assignment), some)

    yield Measurement(
        f"assignment: proposals in a {name} month",
        len(rows) / whole,
        len(rows) / seconds(bare),
        "proposals/s",
    )


def _jain_of_choice(scene: Scene, rules: AssignmentRules) -> float:
    choice = filled_board(scene.crowd, scene.works, scene.bookings, rules=rules).choice()
    return _jain(scene, Counter(pick.person_id for pick in choice.picks))


def _jain(scene: Scene, count: Mapping[PersonId, int]) -> float:
    """Jain's index of how often each is asked: 1 when everybody is asked as often as everybody else."""
    loads = [count.get(each.id, 0) for each in scene.crowd.volunteers]
    return sum(loads) ** 2 / (len(loads) * sum(load * load for load in loads))


# The bound


@dataclass(frozen=True, slots=True)
class _Step:
    """A work that would need somebody else, since `person` would leave it for the work of the step before."""

    work: int
    person: int = -1
    before: "_Step | None" = None


class _Flow:
    """Who is on what, as a flow from people by their month and their half days to the places."""

    def __init__(self, scene: Scene, rows: list[dict[str, Any]]) -> None:
        self.works = scene.works
        self.room = [each.limit or 0 for each in scene.crowd.volunteers]
        # Whatever is at one time begins at one instant here, so that two things overlap when they share it.
        self.at: list[dict[datetime | None, int]] = [{} for _ in self.room]
        self.on = [0] * len(self.works)
        bit_of: Mapping[PersonId, int] = {each.id: bit for bit, each in enumerate(scene.crowd.volunteers)}
        place_of: Mapping[ActivityId, int] = {work.id: place for place, work in enumerate(self.works)}
        for row in rows:
            self.put(place_of[row["activity_id"]], bit_of[row["person_id"]])

    def put(self, work: int, person: int) -> None:
        self.at[person][self.works[work].starts_at] = work
        self.on[work] |= 1 << person
        self.room[person] -= 1

    def take(self, work: int, person: int) -> None:
        del self.at[person][self.works[work].starts_at]
        self.on[work] &= ~(1 << person)
        self.room[person] += 1

    def fill(self, work: int, seen: set[int], times: set[tuple[int, Any]], months: int) -> tuple[bool, int]:
        """Fill one more place, if there is a way at all; what was looked at in vain is never looked at again."""
        steps, looked, spent = deque([_Step(work)]), {work}, set()
        while steps:
            step = steps.popleft()
            starts_at = self.works[step.work].starts_at
            for person in bits(self.works[step.work].fit & ~self.on[step.work]):
                if (person, starts_at) in times or (person, starts_at) in spent:
                    continue
                spent.add((person, starts_at))
                here = self.at[person]
                if starts_at in here:
                    others = [here[starts_at]]
                elif self.room[person]:
                    self._move(step, person)
                    return True, months
                elif months >> person & 1:
                    continue
                else:
                    months |= 1 << person
                    others = list(here.values())
                for other in others:
                    if other not in looked and other not in seen:
                        looked.add(other)
                        steps.append(_Step(other, person, step))
        seen |= looked
        times |= spent
        return False, months

    def _move(self, last: _Step, comes: int) -> None:
        step: _Step | None = last
        moves: list[tuple[int, int]] = []
        while step is not None:
            moves.append((step.work, comes))
            if step.before is not None:
                self.take(step.work, step.person)
            comes = step.person
            step = step.before
        for work, person in moves:
            self.put(work, person)


def _could_still_be_filled(scene: Scene, rows: list[dict[str, Any]]) -> int:
    flow = _Flow(scene, rows)
    seen: set[int] = set()
    times: set[tuple[int, Any]] = set()
    months, more = 0, 0
    for number, work in enumerate(flow.works):
        for _ in range(sum(work.open.values()) - flow.on[number].bit_count()):
            if number in seen:
                break
            filled, looked = flow.fill(number, seen, times, months)
            if not filled:
                months = looked
                break
            more += 1
    return more


# The county


def _fill(session: Session, limits: tuple[int, int]) -> None:
    """Townships with their volunteers, teams and campaigns, and the activities of a month that need 10,000 people."""
    chance = random.Random(7)
    session.add_all(
        Unit(id=1 + number, code=f"U{number:02}", name=f"乡{number}") for number in range(TOWNSHIPS + 1)
    )
    session.flush()
    session.add_all(
        Team(id=1 + team, code=f"T{team:02}", name=f"队{team}", unit_id=2 + team % TOWNSHIPS)
        for team in range(TEAMS)
    )
    session.add_all(
        Person(
            id=1 + number,
            code=f"V{number:04}",
            name=f"志愿者{number}",
            max_per_month=chance.randint(*limits),
            available=chance.choice(HOURS),
        )
        for number in range(VOLUNTEERS)
    )
    session.flush()
    session.execute(insert(cast(Table, Tie.__table__)), _ties(chance))
    campaigns = [_campaign(number, chance) for number in range(CAMPAIGNS)]
    needs = [chance.randint(2, 5) for _ in campaigns]
    session.execute(insert(Campaign), campaigns)
    session.add_all(Place(campaign_id=1 + number, needed=needed) for number, needed in enumerate(needs))
    activities: list[dict[str, Any]] = []
    open_places, last = PLACES, None
    while open_places > 0:
        number = len(activities) % CAMPAIGNS
        day = TODAY + timedelta(days=1 + (number * 7 + len(activities) // CAMPAIGNS * 2) % 27)
        activities.append({"id": 1 + len(activities)} | _activity(number, campaigns[number], day))
        if needs[number] > open_places:
            last = Place(activity_id=len(activities), needed=open_places)
        open_places -= needs[number]
    session.execute(insert(Activity), activities)
    if last is not None:
        session.add(last)


def _ties(chance: random.Random) -> list[dict[str, Any]]:
    def tie(kind: TieKind, **sides: Any) -> dict[str, Any]:  # Any: ids and words
        nothing = dict.fromkeys(
            ("subject_person_id", "subject_unit_id", "object_unit_id", "object_team_id", "object_word")
        )
        return {"kind": kind, "sort": "", "since": None, "until": None} | nothing | sides

    ties = [tie(TieKind.PARENT, subject_unit_id=2 + number, object_unit_id=1) for number in range(TOWNSHIPS)]
    for number in range(VOLUNTEERS):
        person, team = 1 + number, number % TEAMS
        ties.append(tie(TieKind.ROLE, subject_person_id=person, object_word=PersonRole.VOLUNTEER.value))
        ties.append(tie(TieKind.PLACEMENT, subject_person_id=person, object_unit_id=2 + team % TOWNSHIPS))
        ties.append(tie(TieKind.MEMBERSHIP, subject_person_id=person, object_team_id=1 + team))
        ties += [
            tie(TieKind.SKILL, subject_person_id=person, object_word=skill)
            for skill in chance.sample(SKILLS, chance.choice((1, 1, 2)))
        ]
    return ties


def _campaign(number: int, chance: random.Random) -> dict[str, Any]:
    team = number % TEAMS
    return {
        "id": 1 + number,
        "code": f"C{number:03}",
        "name": f"活动{number}",
        "kind": "community",
        "unit_id": 2 + team % TOWNSHIPS,
        "team_id": 1 + team,
        "status": CampaignStatus.ACTIVE,
        "schedule": "RRULE:FREQ=DAILY",
        "form": ScheduleForm.RRULE,
        "starts_on": date(2026, 1, 1),
        "ends_on": date(2027, 12, 31),
        "skills": ";".join(chance.sample(SKILLS, chance.choice((0, 0, 0, 1, 2)))),
        "public": False,
    }


def _activity(number: int, campaign: Mapping[str, Any], day: date) -> dict[str, Any]:
    starts_at = datetime(day.year, day.month, day.day, 9 if number // TEAMS % 2 else 14, tzinfo=ZONE)
    return {
        "uid": uuid4(),
        "campaign_id": campaign["id"],
        "unit_id": campaign["unit_id"],
        "day": day,
        "last_day": day,
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(hours=2),
        "changed_at": NOW,
        "people_changed_at": NOW,
    }
