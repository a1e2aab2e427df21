"""A case from the news to its closing: what it asks for, by when, and by what it is done."""

from typing import Any

import pytest
from sqlalchemy import Engine, select

from models import Account, Grant, Notice, Person, Unit
from models.database import reading, transaction
from models.enums import AccountRole, NoticeKind
from tests.stories.office import Json, Office


def tasks(case: Json) -> dict[str, tuple[str | None, str | None]]:
    """The local day by whose end each task is due, and the day on which it was done."""
    return {task["task"]: (task["due_at"] and task["due_at"][:10], task["done_on"]) for task in case["tasks"]}


def opened(office: Office, kind: str, **columns: object) -> Json:
    told = {"code": "C1", "kind": kind, "person_code": "R1", "opened_on": "2026-03-02", **columns}
    return office.post("cases", told)


@pytest.mark.parametrize(
    ("kind", "asked"),
    [
        ("hospital", {"visit": "2026-03-05", "money": None, "follow_up": "2026-03-17"}),
        (
            "bereavement",
            {
                "notify": "2026-03-03",
                "condole": "2026-03-05",
                "farewell": "2026-03-08",
                "formalities": "2026-04-02",
                "roster": None,
            },
        ),
        ("hardship", {"visit": "2026-03-10", "application": "2026-04-02"}),
        ("disaster", {"visit": "2026-03-04", "money": "2026-03-10"}),
        ("honour", {"visit": "2026-03-10"}),
        ("retirement", {"ceremony": "2026-04-02", "roster": "2026-04-02"}),
        ("失联", {}),
    ],
)
def test_a_case_asks_for_what_its_kind_does_and_the_first_of_it_is_its_clock(
    office: Office, kind: str, asked: dict[str, str | None]
) -> None:
    office.move_to(2026, 3, 2)
    case = opened(office, kind)
    assert {task: due for task, (due, _) in tasks(case).items()} == asked
    first = min((due for due in asked.values() if due), default=None)
    assert (case["due_at"] and case["due_at"][:10]) == first
    (listed,) = office.get("cases")["items"]
    assert (listed["due_at"], listed["steps"]) == (case["due_at"], [])


def test_a_hospital_case_is_done_by_what_is_recorded_and_follows_its_corrections(office: Office) -> None:
    office.campaign(
        "CASE:hospital;within=P2D",
        kind="hospital",
        beneficiaries=["role:retiree"],
        metrics=["hospital.person_times"],
    )
    office.move_to(2026, 3, 2)
    opened(office, "hospital")
    (visit,) = office.activities()
    office.move_to(2026, 3, 4)
    seen = {"status": "held", "visits": [{"person": "R1", "result": "seen"}]}
    office.put(
        f"activities/{visit['id']}/outcome",
        {**seen, "held_on": "2026-03-03", "ledger": [{"kind": "cash", "amount": "300", "person_code": "R1"}]},
    )
    case = office.get("cases/C1")
    assert tasks(case) == {
        "visit": ("2026-03-05", "2026-03-03"),
        "money": (None, "2026-03-03"),
        "follow_up": ("2026-03-17", None),
    }
    assert (case["status"], case["due_at"][:10]) == ("visiting", "2026-03-17")
    assert case["tasks"][0]["by"] == "coordinator"
    office.put(f"activities/{visit['id']}/outcome", {**seen, "held_on": "2026-03-04"})
    assert tasks(office.get("cases/C1"))["visit"] == ("2026-03-05", "2026-03-04")
    assert tasks(office.get("cases/C1"))["money"] == (None, None)
    handed = office.post(
        "ledger",
        {"paid_on": "2026-03-04", "kind": "cash", "amount": "300", "person_code": "R1", "campaign_code": "C"},
    )
    assert tasks(office.get("cases/C1"))["money"] == (None, "2026-03-04")
    office.post(f"ledger/{handed['id']}/reverse", {"reason": "记错人"})
    assert tasks(office.get("cases/C1"))["money"] == (None, None)
    closed = office.patch("cases/C1", {"closed_on": "2026-03-04", "result": "已出院"})
    assert (closed["status"], closed["left_open"]) == ("closed", ["money", "follow_up"])


def test_tasks_are_done_by_hand_undone_and_added(office: Office) -> None:
    office.move_to(2026, 3, 4)
    before = opened(office, "retirement")
    office.patch("cases/C1/tasks/roster", {"done_on": "2026-03-03", "note": "已更新名册"})
    case = office.post("cases/C1/tasks", {"task": "照片", "due_at": "2026-03-06T18:00:00+08:00"})
    assert tasks(case) == {
        "ceremony": ("2026-04-02", None),
        "roster": ("2026-04-02", "2026-03-03"),
        "照片": ("2026-03-06", None),
    }
    assert case["due_at"] == "2026-03-06T18:00:00+08:00"
    assert case["due_at"] != before["due_at"]
    case = office.patch("cases/C1/tasks/roster", {"done_on": None})
    assert tasks(case)["roster"] == ("2026-04-02", None)
    for path, body, code in (
        ("tasks/roster", {"done_on": "2026-03-01"}, 422),
        ("tasks/roster", {"done_on": "2026-03-05"}, 422),
        ("tasks/visit", {"done_on": "2026-03-04"}, 404),
    ):
        assert office.client.patch(f"/api/v1/cases/C1/{path}", json=body).status_code == code
    again = office.client.post("/api/v1/cases/C1/tasks", json={"task": "照片"})
    assert again.status_code == 409


def test_another_kind_or_day_asks_anew_and_keeps_what_was_done(office: Office) -> None:
    office.move_to(2026, 3, 4)
    opened(office, "hospital")
    office.patch("cases/C1/tasks/visit", {"done_on": "2026-03-03"})
    case = office.patch("cases/C1", {"kind": "disaster", "opened_on": "2026-03-03"})
    assert tasks(case) == {"visit": ("2026-03-05", "2026-03-03"), "money": ("2026-03-11", None)}


def test_what_was_added_by_hand_stays_when_the_day_is_corrected(office: Office) -> None:
    opened(office, "honour")
    office.post("cases/C1/tasks", {"task": "money", "due_at": "2026-03-20T18:00:00+08:00"})
    corrected = office.patch("cases/C1", {"opened_on": "2026-03-04"})
    assert tasks(corrected) == {"visit": ("2026-03-12", None), "money": ("2026-03-20", None)}


def test_a_case_told_as_closed_asks_for_its_tasks_once_it_is_open_again(office: Office) -> None:
    assert tasks(opened(office, "disaster", closed_on="2026-03-03")) == {}
    again = office.patch("cases/C1", {"closed_on": None})
    assert set(tasks(again)) == {"visit", "money"}


def test_a_case_opened_in_error_is_closed_for_good(office: Office) -> None:
    office.move_to(2026, 3, 2)
    opened(office, "honour")
    recalled = office.post("cases/C1/recall", {"reason": "同名"})
    assert (recalled["status"], recalled["left_open"]) == ("in_error", [])
    assert recalled["steps"][-1]["note"] == "同名"
    answer = office.client.patch("/api/v1/cases/C1", json={"closed_on": None})
    assert answer.status_code == 409
    assert answer.json()["detail"]


def coordinate(engine: Engine, office: Office, person_code: str, unit_code: str) -> None:
    """Let somebody be a coordinator of a unit, with an address."""
    office.patch(f"people/{person_code}", {"email": f"{person_code}@example.org"})
    with transaction(engine) as session:
        person_id = session.scalars(select(Person.id).where(Person.code == person_code)).one()
        unit_id = session.scalars(select(Unit.id).where(Unit.code == unit_code)).one()
        account = Account(name=f"account of {person_code}", person_id=person_id, created_at=office.now)
        session.add(account)
        session.flush()
        session.add(Grant(account_id=account.id, role=AccountRole.COORDINATOR, unit_id=unit_id))


def told(engine: Engine) -> list[tuple[str, Any]]:
    """Who is owed word of a new case, and what the row says of it."""
    with reading(engine) as session:
        rows = session.execute(
            select(Person.code, Notice.words)
            .join(Notice, Notice.person_id == Person.id)
            .where(Notice.kind == NoticeKind.CASE_OPENED)
            .order_by(Notice.id)
        )
        return [(person, words) for person, words in rows]


def test_who_coordinates_the_unit_nearest_hears_of_a_case_and_nothing_of_its_kind(
    office: Office, fresh_database: Engine
) -> None:
    office.post("units", {"code": "X02", "name": "白杨镇", "parent_code": "BJ"})
    for person, unit in (("S1", "BJ"), ("V1", "X01"), ("V2", "X02")):
        coordinate(fresh_database, office, person, unit)
    opened(office, "hospital")
    opened(office, "hospital", code="C2", closed_on="2026-03-04")
    office.patch("cases/C1", {"result": "好转"})
    assert sorted(told(fresh_database)) == [("V1", {})]
