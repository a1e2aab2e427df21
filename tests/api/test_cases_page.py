"""Cases on pages: who sees what, that every look is noted, and every deed with its way back."""

import base64
import json
import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from models import AuditEntry, Matter, Person
from models.database import reading, transaction
from models.enums import AuditAction, MatterFace, MatterStatus
from outreach import cases
from outreach.permissions import CONSOLE
from tests.api.test_suggestions_page import undo
from tests.outreach.county import NOW, TODAY, ZONE, County


@pytest.fixture
def county(fresh_database):
    with transaction(fresh_database) as session:
        county = County(session)
        county.west = county.unit("W01", county.root)
        county.name = county.person("retiree", unit=county.west, code="R1").name
        county.person("retiree", code="R2")
        open_one(session, "C1", text="县医院内科三病房", opened_on=TODAY - timedelta(5))
    return county


def open_one(session, code, kind="hospital", person="R1", **columns):
    told = {"code": code, "kind": kind, "person_code": person, **columns}
    cases.open_case(session, told, by=CONSOLE, today=TODAY, now=NOW, zone=ZONE)


def row(engine, code="C1"):
    with reading(engine) as session:
        return session.scalars(
            select(Matter).where(Matter.face == MatterFace.CASE, Matter.code == code)
        ).one()


def task_of(engine, task, code="C1"):
    with reading(engine) as session:
        view = cases.case(session, code, within=cases.Reach(None))
        return next(each for each in view.tasks if each.task == task)


def looks(engine):
    with reading(engine) as session:
        return session.scalars(
            select(AuditEntry.row_id).where(
                AuditEntry.action == AuditAction.READ, AuditEntry.table_name == "matters"
            )
        ).all()


def version(engine, code="C1"):
    return str(row(engine, code).version)


def test_lanes_say_who_is_in_need_late_first_and_not_what_of(get_in, county, fresh_database):
    page = get_in("coordinator").get("/cases").text
    assert county.name in page
    assert "县医院" not in page
    assert "超期 3 天" in page
    assert "1 件超期" in page
    assert looks(fresh_database) == []


def test_every_look_at_a_case_is_noted(get_in, county, fresh_database):
    client = get_in("recorder", unit="W01")
    page = client.get("/cases/C1").text
    assert "县医院内科三病房" in page
    assert looks(fresh_database) == [row(fresh_database).id]
    refused = client.post(
        "/cases/C1/close", data={"closed_on": str(TODAY), "version": version(fresh_database)}
    )
    assert (refused.status_code, "县医院" in refused.text) == (422, True)
    client.get("/cases/C1/edit")
    assert len(looks(fresh_database)) == 3


def test_who_only_reads_sees_counts_and_opens_nothing(get_in, county, fresh_database):
    client = get_in("viewer")
    page = client.get("/cases").text
    assert county.name not in page
    assert "1 件超期" in page
    assert "您能看到件数" in page
    for path in ("/cases/C1", "/cases/C1/edit", "/cases/all", "/cases/new"):
        assert client.get(path).status_code == 403, path
    assert client.post("/cases/C1/recall", data={"reason": "x"}).status_code == 403
    assert looks(fresh_database) == []


def test_programs_and_dossiers_tell_who_only_reads_no_more_than_the_lanes(
    get_in, as_role, county, fresh_database
):
    told = {role: as_role(role, unit="W01") for role in ("recorder", "viewer")}
    listed = {role: client.get("/api/v1/cases?unit=W01").json()["items"] for role, client in told.items()}
    assert [each["code"] for each in listed["recorder"]] == ["C1"]
    assert listed["viewer"] == []
    assert told["recorder"].get("/api/v1/cases/C1").status_code == 200
    assert told["viewer"].get("/api/v1/cases/C1").status_code == 403
    assert told["viewer"].get("/api/v1/cases?unit=nowhere").status_code == 404
    assert len(looks(fresh_database)) == 1
    assert "/cases/C1" in get_in("recorder").get("/people/R1").text
    assert "/cases/C1" not in get_in("viewer").get("/people/R1").text


def test_a_case_of_another_unit_is_not_there(get_in, county, fresh_database):
    with transaction(fresh_database) as session:
        open_one(session, "C9", person="R2")
    client = get_in("coordinator", unit="W01")
    assert client.get("/cases/C1").status_code == 200
    assert client.get("/cases/C9").status_code == 404
    assert client.get("/cases/C404").status_code == 404
    assert client.post("/cases/C9/recall", data={"reason": "x"}).status_code == 404


def test_a_task_is_done_by_hand_and_undone(get_in, county, fresh_database):
    client = get_in("recorder")
    typed = {"task": "follow_up", "done_on": str(TODAY), "note": "在家", "version": version(fresh_database)}
    answer = client.post("/cases/C1/task", data=typed)
    assert answer.status_code == 303
    assert (task_of(fresh_database, "follow_up").done_on, task_of(fresh_database, "follow_up").note) == (
        TODAY,
        "在家",
    )
    undo(client, answer)
    assert task_of(fresh_database, "follow_up").done_on is None
    stale = client.post("/cases/C1/task", data=typed)
    assert stale.status_code == 412
    assert "刚才有人先改了这个个案" in stale.text


def test_a_task_of_the_future_is_refused_and_stays_typed(get_in, county, fresh_database):
    tomorrow = str(TODAY + timedelta(1))
    typed = {"task": "visit", "done_on": tomorrow, "note": "明天去", "version": version(fresh_database)}
    refused = get_in("recorder").post("/cases/C1/task", data=typed)
    assert refused.status_code == 422
    assert "办理日期还没有到。" in refused.text
    assert "明天去" in refused.text
    assert tomorrow in refused.text


def test_a_case_asks_for_one_thing_more(get_in, county, fresh_database):
    client = get_in("coordinator")
    typed = {"more": "送轮椅", "more_due_on": str(TODAY + timedelta(3)), "version": version(fresh_database)}
    assert client.post("/cases/C1/tasks", data=typed).status_code == 303
    assert task_of(fresh_database, "送轮椅").due_at is not None
    again = client.post("/cases/C1/tasks", data={**typed, "version": version(fresh_database)})
    assert (again.status_code, "已经有" in again.text) == (422, True)


def test_a_case_is_closed_with_a_reason_opened_again_and_recalled(get_in, county, fresh_database):
    client = get_in("coordinator")
    typed = {"closed_on": str(TODAY), "result": "出院回家", "version": version(fresh_database)}
    answer = client.post("/cases/C1/close", data=typed)
    assert row(fresh_database).status is MatterStatus.CLOSED
    undo(client, answer)
    assert row(fresh_database).closed_on is None
    client.post("/cases/C1/close", data={**typed, "version": version(fresh_database)})
    page = client.get("/cases/C1").text
    assert "出院回家" in page
    assert "结案时没办的" in page
    again = re.search(
        r'<form method="post" action="/cases/C1/close" class="ways">(.*?)</form>', page, re.DOTALL
    )
    client.post("/cases/C1/close", data=dict(re.findall(r'name="(\w+)" value="([^"]*)"', again[1])))
    assert row(fresh_database).closed_on is None
    assert client.post("/cases/C1/recall", data={"reason": " "}).status_code == 422
    assert client.post("/cases/C1/recall", data={"reason": "看错了人"}).status_code == 303
    assert row(fresh_database).status is MatterStatus.IN_ERROR


def test_a_bereavement_says_what_it_froze_and_its_undo_thaws(get_in, county, fresh_database):
    client = get_in("coordinator")
    typed = {"kind": "bereavement", "person_code": county.name, "opened_on": str(TODAY)}
    answer = client.post("/cases/new", data=typed)
    assert answer.status_code == 303
    code = answer.headers["location"].rpartition("/")[2]
    with reading(fresh_database) as session:
        assert session.scalars(select(Person.frozen_on).where(Person.code == "R1")).one() == TODAY
    undo(client, answer)
    with reading(fresh_database) as session:
        assert session.scalars(select(Person.frozen_on).where(Person.code == "R1")).one() is None
    assert row(fresh_database, code).status is MatterStatus.IN_ERROR


def test_the_fixed_steps_of_a_bereavement_are_a_checklist(get_in, county, fresh_database):
    with transaction(fresh_database) as session:
        open_one(session, "C2", kind="bereavement")
    page = get_in("coordinator").get("/cases/C2").text
    steps = ["通知单位和家属", "上门慰问", "送别", "抚恤手续", "改名册"]
    places = [page.index(f"<b>{step}</b>") for step in steps]
    assert places == sorted(places)
    assert "订阅里的条目都停了" in page


def test_wrong_facts_keep_what_was_typed(get_in, county):
    client = get_in("recorder")
    typed = {"kind": "", "person_code": "没有这人", "opened_on": str(TODAY + timedelta(1)), "text": "缺药"}
    refused = client.post("/cases/new", data=typed)
    assert refused.status_code == 422
    for words in ("请选择事由的类别。", "没有这人", "这个日期还没有到。", "缺药"):
        assert words in refused.text


def test_a_kind_without_a_clock_needs_the_next_contact(get_in, county, fresh_database):
    with transaction(fresh_database) as session:
        open_one(session, "C3", kind="法律援助", due_at=NOW)
    client = get_in("recorder")
    typed = {"kind": "法律援助", "person_code": "R1", "opened_on": str(TODAY)}
    refused = client.post("/cases/new", data=typed)
    assert (refused.status_code, "请写下次联系到哪天" in refused.text) == (422, True)
    assert client.post("/cases/new", data={**typed, "due_on": str(TODAY)}).status_code == 303


def test_facts_are_mended_undone_and_stale_shows_both(get_in, county, fresh_database):
    client = get_in("coordinator")
    opened = version(fresh_database)
    typed = {
        "kind": "hospital",
        "person_code": "R1",
        "opened_on": str(TODAY),
        "text": "转到省医院",
        "due_on": "",
    }
    same = {**typed, "text": "县医院内科三病房", "due_on": str(TODAY + timedelta(9)), "version": opened}
    answer = client.post("/cases/C1/edit", data=same)
    assert row(fresh_database).due_at is not None
    undo(client, answer)
    assert (row(fresh_database).due_at, row(fresh_database).text) == (None, "县医院内科三病房")
    before = len(looks(fresh_database))
    stale = client.post("/cases/C1/edit", data={**typed, "version": opened})
    assert stale.status_code == 412
    assert len(looks(fresh_database)) == before + 1
    assert "县医院内科三病房" in stale.text
    assert "转到省医院" in stale.text


def test_what_a_case_tells_never_travels_in_a_cookie(get_in, county, fresh_database):
    client = get_in("coordinator")
    facts = {"kind": "hospital", "person_code": "R1", "opened_on": str(TODAY), "text": "转到省医院"}
    done = {"task": "follow_up", "done_on": str(TODAY)}
    for path, told in (
        ("edit", facts),
        ("task", {**done, "note": "病重"}),
        ("task", {**done, "note": "好些了"}),
        ("close", {"closed_on": str(TODAY), "result": "病故"}),
        ("close", {"closed_on": "", "result": ""}),
    ):
        answer = client.post(f"/cases/C1/{path}", data={**told, "version": version(fresh_database)})
        assert answer.status_code == 303, path
        left = json.loads(base64.urlsafe_b64decode(client.cookies["yinling_status"].strip('"')))
        words = str(left)
        assert not any(each in words for each in ("医院", "病重", "好些了", "病故")), words
    assert left["undo"] is None


def test_pages_of_cases_ask_as_much_whatever_there_is(get_in, county, fresh_database, counted):
    client = get_in("coordinator")
    paths = ("/cases", "/cases/all", "/cases/C1")
    client.get("/cases")
    few = {path: counted(lambda path=path: client.get(path)) for path in paths}
    with transaction(fresh_database) as session:
        for number in range(30):
            open_one(session, f"M{number}", kind=("hospital", "disaster", "bereavement")[number % 3])
    many = {path: counted(lambda path=path: client.get(path)) for path in paths}
    assert many == few
    assert max(many["/cases"], many["/cases/all"]) <= 15


@pytest.mark.parametrize(
    "path", ["/cases?lane=x", "/cases/all?lane=x&state=y&page=7", "/cases/new?activity=zz"]
)
def test_an_odd_address_shows_what_there_is(get_in, county, path):
    assert get_in("coordinator").get(path).status_code == 200
