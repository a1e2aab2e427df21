"""People over HTTP."""

from sqlalchemy import select

from models import AuditEntry, Person
from models.database import reading, transaction
from models.enums import AuditAction

PEOPLE = "/api/v1/people"
WANG = {
    "code": "V001",
    "name": "王秀英",
    "unit_code": "Z01",
    "roles": ["volunteer", "retiree"],
    "gender": "女",
    "birth_date": "1956-03-08",
    "contact_by": ["sms", "phone"],
    "skills": ["农技", "书法"],
    "available": "Mon-Fri 09:00-12:00",
    "max_per_month": 4,
}
CHILD = {
    "code": "M001",
    "name": "小明",
    "unit_code": "Z01",
    "roles": ["minor"],
    "birth_date": "2015-06-01",
    "mobile": "19900000001",
    "address": "白果乡",
}


def _fields(answer):
    assert answer.status_code == 422, answer.text
    return {fault["field"]: fault["message"] for fault in answer.json()["errors"]}


def test_somebody_enrolled_is_answered_with_every_column_and_can_be_read_again(office):
    answer = office.post(PEOPLE, json=WANG)
    assert answer.status_code == 201, answer.text
    assert answer.json() == {
        **WANG,
        "gender": "female",
        "lunar_birthday": None,
        "mobile": None,
        "email": None,
        "address": None,
        "since": None,
        "until": None,
        "notes": None,
    }
    assert office.get(f"{PEOPLE}/V001").json() == answer.json()


def test_every_fault_of_a_body_is_told_at_once_by_its_field(office):
    wrong = {
        "birth_date": "2026-02-30",
        "email": "nobody",
        "roles": [],
        "contact_by": ["none", "sms"],
        "x": 1,
    }
    answer = office.post(PEOPLE, json=WANG | wrong)
    assert answer.headers["content-type"] == "application/problem+json"
    assert _fields(answer) == {
        "birth_date": "“2026-02-30” is not a day of the calendar.",
        "email": "“nobody” is not an e-mail address.",
        "roles": "This cannot be empty.",
        "contact_by": "The way of contact “none” stands alone.",
        "x": "There is no such field, or it cannot be changed.",
    }


def test_what_a_file_refuses_is_refused_here_too(office):
    for column, value in (
        ("code", "a;b"),
        ("name", ""),
        ("unit_code", "nowhere"),
        ("roles", ["king"]),
        ("gender", "other"),
        ("lunar_birthday", "13-1"),
        ("available", "Monday morning"),
        ("max_per_month", -1),
        ("max_per_month", 2**70),
        ("max_per_month", "4"),
        ("since", "2026/1/1"),
        ("notes", "x" * 20_001),
        ("skills", ["a;b"]),
    ):
        answer = office.post(PEOPLE, json=WANG | {column: value})
        assert list(_fields(answer)) == [column], (column, value)
    answer = office.post(PEOPLE, json=WANG | {"since": "2026-02-01", "until": "2026-01-31"})
    assert list(_fields(answer)) == ["until"]


def test_a_change_leaves_the_rest_as_it_was_and_null_empties(office):
    office.post(PEOPLE, json=WANG)
    changed = office.patch(f"{PEOPLE}/V001", json={"email": "wang@example.com", "birth_date": None}).json()
    assert (changed["email"], changed["birth_date"], changed["skills"]) == (
        "wang@example.com",
        None,
        WANG["skills"],
    )
    assert office.patch(f"{PEOPLE}/V001", json={"roles": ["staff"], "unit_code": "Z02"}).status_code == 200
    moved = office.get(f"{PEOPLE}/V001").json()
    assert (moved["roles"], moved["unit_code"]) == (["staff"], "Z02")
    assert _fields(office.patch(f"{PEOPLE}/V001", json={"roles": None, "name": None})).keys() == {
        "roles",
        "name",
    }


def test_who_moves_away_is_seen_by_the_new_unit_and_no_longer_by_the_old_one(office, as_role):
    old, new = as_role("viewer", unit="Z01"), as_role("viewer", unit="Z02")
    office.patch(f"{PEOPLE}/V1", json={"unit_code": "Z02"})
    assert old.get(f"{PEOPLE}/V1").status_code == 404
    assert new.get(f"{PEOPLE}/V1").status_code == 200


def test_people_are_found_by_unit_role_team_words_and_service(office):
    office.post("/api/v1/teams", json={"code": "T", "name": "队", "unit_code": "BJ", "members": ["V2"]})
    office.patch(f"{PEOPLE}/R1", json={"until": "2026-09-14"})

    def codes(**asked):
        answer = office.get(PEOPLE, params=asked)
        assert answer.status_code == 200, answer.text
        return [person["code"] for person in answer.json()["items"]]

    assert codes(unit="Z01") == ["V1", "R1"]
    assert codes(unit="BJ") == ["V1", "V2", "R1"]
    assert codes(role="retiree") == ["V2", "R1"]
    assert codes(team="T") == ["V2"]
    assert codes(q="国") == ["V2"]
    assert codes(q="shan") == ["V2"]
    assert codes(q="V1") == ["V1"]
    assert codes(active="true") == ["V1", "V2"]
    assert codes(active="false") == ["R1"]
    assert office.get(PEOPLE, params={"role": "king"}).status_code == 422
    assert office.get(PEOPLE, params={"team": "nowhere"}).status_code == 404


def test_a_minors_record_is_opened_with_a_note_in_the_trail_and_lists_withhold_it(office, fresh_database):
    office.post(PEOPLE, json=CHILD)
    (listed,) = office.get(PEOPLE, params={"role": "minor"}).json()["items"]
    assert (listed["code"], listed["birth_date"], listed["mobile"], listed["address"]) == (
        "M001",
        None,
        None,
        None,
    )
    opened = office.get(f"{PEOPLE}/M001", params={"reason": "家访"}).json()
    assert opened["birth_date"] == "2015-06-01"
    office.get(f"{PEOPLE}/V1")
    with reading(fresh_database) as session:
        trail = session.scalars(select(AuditEntry).where(AuditEntry.action == AuditAction.READ)).all()
    assert [(entry.table_name, entry.reason) for entry in trail] == [("people", "家访"), ("people", None)]


def test_the_trail_names_the_columns_changed_and_never_their_values(office, fresh_database):
    office.patch(f"{PEOPLE}/V1", json={"mobile": "19900000002", "notes": "高血压"})
    office.patch(f"{PEOPLE}/V1", json={"mobile": "19900000002"})
    with reading(fresh_database) as session:
        person_id = session.scalars(select(Person.id).where(Person.code == "V1")).one()
        trail = session.scalars(select(AuditEntry).where(AuditEntry.person_id == person_id)).all()
    assert [(entry.action, entry.after) for entry in trail] == [
        (AuditAction.CREATED, {"columns": ["code", "name", "roles", "unit_code"]}),
        (AuditAction.CHANGED, {"columns": ["mobile", "notes"]}),
    ]
    assert all(entry.account_id is not None for entry in trail)


def test_somebody_erased_cannot_be_changed(office, fresh_database, now):
    with transaction(fresh_database) as session:
        session.scalars(select(Person).where(Person.code == "V1")).one().erased_at = now
    assert office.patch(f"{PEOPLE}/V1", json={"name": "又"}).status_code == 409


def test_a_list_asks_the_database_as_often_for_three_people_as_for_one(office, fresh_database):
    from sqlalchemy import event

    counts = []
    for limit in (1, 3):
        statements = []
        listener = lambda *args, kept=statements: kept.append(args[2])  # noqa: E731
        event.listen(fresh_database, "before_cursor_execute", listener)
        office.get(PEOPLE, params={"limit": limit})
        event.remove(fresh_database, "before_cursor_execute", listener)
        counts.append(len([each for each in statements if each.startswith("SELECT")]))
    assert counts[0] == counts[1]
