"""Cases that one closes while another records their visits, and that freeze somebody while the planner plans."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from sqlalchemy import Engine, select

from calendars.workdays import Workdays
from models import Activity, Matter, Person
from models.database import reading, transaction
from models.enums import ActivityStatus, CaseKind, MatterFace
from outreach import cases, matters
from outreach.metrics import keep_dictionary
from outreach.outcomes import record_outcome
from outreach.outcomes.tellings import Attended, Telling
from outreach.permissions import CLOCKWORK, CONSOLE
from outreach.planning import horizon_end, plan
from tests.outreach.county import NOW, TODAY, ZONE, County

TIMES = 8


def at_once(*deeds: Callable[[], object]) -> None:
    """Let these begin in the same instant, and end without an error."""
    barrier = Barrier(len(deeds))

    def after_all_are_there(deed: Callable[[], object]) -> None:
        barrier.wait(10)
        deed()

    with ThreadPoolExecutor(len(deeds)) as pool:
        for future in [pool.submit(after_all_are_there, deed) for deed in deeds]:
            future.result(60)


def opened(engine: Engine, code: str, person_code: str, kind: str = CaseKind.HOSPITAL) -> None:
    with transaction(engine) as session:
        told: cases.CaseColumns = {"code": code, "kind": kind, "person_code": person_code}
        cases.open_case(session, told, by=CONSOLE, today=TODAY, now=NOW, zone=ZONE)


def changed(engine: Engine, code: str, **columns: object) -> None:
    with transaction(engine) as session:
        told = cases.CaseColumns(**columns)  # type: ignore[typeddict-item]  # a test's own words
        cases.change_case(session, code, told, by=CONSOLE, today=TODAY, now=NOW, zone=ZONE)


def recorded(engine: Engine, code: str, *people: str) -> None:
    """The visit of a case is told of, with these people on its list."""
    with transaction(engine) as session:
        activity_id = session.scalars(
            select(Activity.id).join(Matter, Matter.id == Activity.matter_id).where(Matter.code == code)
        ).one()
        telling = Telling(ActivityStatus.HELD, attendance=tuple(Attended(person) for person in people))
        record_outcome(session, activity_id, telling, by=CONSOLE, now=NOW, zone=ZONE)


def a_county(engine: Engine, people: int) -> list[str]:
    with transaction(engine) as session:
        keep_dictionary(session)
        county = County(session)
        county.campaign("CASE:hospital;within=P2D", kind="hospital")
        county.campaign("BIRTHDAY:all", kind="birthday", serves=["retiree"])
        return [county.person("retiree", lunar_birthday="8-15", birth_date=None).code for _ in range(people)]


def test_a_case_is_closed_while_its_visit_is_recorded_along_with_another_s(fresh_database: Engine) -> None:
    people = a_county(fresh_database, 2 * TIMES)
    for turn in range(TIMES):
        one, other = people[2 * turn : 2 * turn + 2]
        opened(fresh_database, f"A{turn}", one)
        opened(fresh_database, f"B{turn}", other)
        at_once(
            lambda turn=turn, one=one, other=other: recorded(fresh_database, f"A{turn}", one, other),  # type: ignore[misc]
            lambda turn=turn: changed(fresh_database, f"B{turn}", closed_on=TODAY),  # type: ignore[misc]
        )
        with reading(fresh_database) as session:
            (closed_on,) = session.scalars(select(Matter.closed_on).where(Matter.code == f"B{turn}"))
        assert closed_on == TODAY


def test_who_waits_for_a_case_that_is_closed_does_not_keep_its_closer_waiting(fresh_database: Engine) -> None:
    """The order that once made a circle: the closer holds the case, then comes to the visit."""
    if fresh_database.dialect.name == "sqlite":
        return  # One writer at a time: there the recorder waits before it holds anything.
    one, other = a_county(fresh_database, 2)
    opened(fresh_database, "A", one)
    opened(fresh_database, "B", other)
    with ThreadPoolExecutor(1) as pool, transaction(fresh_database) as closer:
        matters.locked(closer, MatterFace.CASE, "B")
        pool.submit(recorded, fresh_database, "A", one, other).result(30)
        told: cases.CaseColumns = {"closed_on": TODAY}
        cases.change_case(closer, "B", told, by=CONSOLE, today=TODAY, now=NOW, zone=ZONE)
    with reading(fresh_database) as session:
        states = dict(
            session.execute(
                select(Matter.code, Activity.status).join(Activity, Activity.matter_id == Matter.id)
            ).all()
        )
    assert states == {"A": ActivityStatus.HELD, "B": ActivityStatus.CANCELLED}


def test_somebody_is_frozen_while_the_planner_plans(fresh_database: Engine) -> None:
    people = a_county(fresh_database, TIMES)

    def planner() -> None:
        with transaction(fresh_database) as session:
            plan(
                session,
                today=TODAY,
                through=horizon_end(TODAY),
                zone=ZONE,
                workdays=Workdays.of(),
                by=CLOCKWORK,
                now=NOW,
            )

    for turn, person in enumerate(people):
        at_once(
            planner,
            lambda turn=turn, person=person: opened(fresh_database, f"T{turn}", person, CaseKind.BEREAVEMENT),  # type: ignore[misc]
        )
    planner()
    with reading(fresh_database) as session:
        standing = session.scalars(
            select(Person.code)
            .join(Activity, Activity.subject_person_id == Person.id)
            .where(Activity.status == ActivityStatus.PLANNED)
        ).all()
        frozen = session.scalars(select(Person.frozen_on)).all()
    assert standing == []
    assert frozen == [TODAY] * TIMES
