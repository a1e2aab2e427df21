"""Suggestions on pages: the board, every step of one as a form, undo, what is wrong, who may do what."""

import re
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from models import Matter, MatterStep
from models.database import reading, transaction
from models.enums import AnswerKind, MatterFace, MatterStatus, MatterStepKind
from outreach import suggestions
from outreach.permissions import CONSOLE
from tests.outreach.county import NOW, TODAY, ZONE, County

RAISED = TODAY - timedelta(20)


@pytest.fixture
def county(fresh_database):
    with transaction(fresh_database) as session:
        county = County(session)
        county.west = county.unit("W01", county.root)
        author = county.person("retiree", unit=county.west, code="R1")
        raise_one(session, "Y1", person_code="R1", text="修路灯。老人夜里出门看不见。")
        county.author = author.name
    return county


def raise_one(session, code, **columns):
    told = {"code": code, "raised_on": RAISED, "text": f"建议{code}", "unit_code": "W01", **columns}
    suggestions.raise_suggestion(session, told, by=CONSOLE, today=TODAY, now=NOW, zone=ZONE)


def row(engine, code="Y1"):
    with reading(engine) as session:
        return session.scalars(
            select(Matter).where(Matter.face == MatterFace.SUGGESTION, Matter.code == code)
        ).one()


def send(client, step, code="Y1", **typed):
    """Send the form of a step as the page shows it, with what somebody types."""
    page = client.get(f"/suggestions/{code}?do={step}").text
    form = re.search(rf'<form method="post" action="/suggestions/{code}/{step}".*?</form>', page, re.DOTALL)
    assert form, page
    inputs = dict(re.findall(r'<input[^>]*name="(\w+)"[^>]*value="([^"]*)"', form[0]))
    inputs.pop("answer_kind", None)
    return client.post(f"/suggestions/{code}/{step}", data={**inputs, **typed})


def undo(client, answer):
    """Press what the status line of the next page offers."""
    page = client.get(answer.headers["location"]).text
    form = re.search(
        r'<div class="status-line".*?<form method="post" action="([^"]+)">(.*?)</form>', page, re.DOTALL
    )
    assert form, page
    return client.post(form[1], data=dict(re.findall(r'name="(\w+)" value="([^"]*)"', form[2])))


def test_the_board_shows_each_stage_with_its_count_and_the_next_step(get_in, county):
    page = get_in("coordinator").get("/suggestions").text
    assert "修路灯" in page
    assert f"{county.author}·W01" in page
    assert "老人夜里" not in page
    assert 'href="/suggestions/Y1?do=send#step"' in page
    assert page.count('class="stage') == 5
    assert re.search(r"收集 <b>1</b>", page)


def test_a_suggestion_goes_all_its_way_and_every_step_but_chasing_can_be_undone(
    get_in, county, fresh_database
):
    client = get_in("coordinator")
    answer = send(client, "send", sent_to="交通局")
    assert (answer.status_code, answer.headers["location"]) == (303, "/suggestions/Y1")
    assert (row(fresh_database).status, row(fresh_database).office) == (MatterStatus.SENT, "交通局")
    assert row(fresh_database).due_at is not None
    assert undo(client, answer).status_code == 303
    sent_back = row(fresh_database)
    assert (sent_back.status, sent_back.office, sent_back.due_at) == (MatterStatus.COLLECTED, None, None)

    send(client, "send", sent_to="交通局")
    answer = send(client, "chase", note="打电话给李科长，下周答复")
    assert "撤销</button>" not in client.get(answer.headers["location"]).text
    assert row(fresh_database).status is MatterStatus.CHASED
    page = client.get("/suggestions/Y1").text
    assert "打电话给李科长" in page

    answer = send(client, "answer", answer_kind="partly", answer="先修主路")
    assert row(fresh_database).answer_kind is AnswerKind.PARTLY
    undo(client, answer)
    assert (row(fresh_database).status, row(fresh_database).answer) == (MatterStatus.CHASED, None)

    send(client, "answer", answer_kind="partly", answer="先修主路")
    answer = send(client, "feed_back", note="当面反馈，满意")
    assert row(fresh_database).status is MatterStatus.FED_BACK
    undo(client, answer)
    assert row(fresh_database).status is MatterStatus.ANSWERED
    assert "当面反馈，满意" in client.get("/suggestions/Y1").text
    with reading(fresh_database) as session:
        steps = session.scalars(select(MatterStep.step)).all()
    assert steps.count(MatterStepKind.REOPENED) == 3


def test_going_back_needs_a_note_and_can_be_undone(get_in, county, fresh_database):
    client = get_in("coordinator")
    send(client, "send", sent_to="交通局")
    refused = send(client, "back", note=" ")
    assert refused.status_code == 422
    assert "退回上一步，请写一句说明。" in refused.text
    answer = send(client, "back", note="转错了单位")
    assert row(fresh_database).status is MatterStatus.COLLECTED
    undo(client, answer)
    assert (row(fresh_database).status, row(fresh_database).office) == (MatterStatus.SENT, "交通局")


def test_wrong_input_keeps_what_was_typed_and_says_beside_the_field_what_is_wrong(
    get_in, county, fresh_database
):
    client = get_in("recorder")
    refused = send(client, "answer", answer_kind="declined", answered_on=str(TODAY + timedelta(1)))
    assert refused.status_code == 422
    assert "这个日期还没有到。" in refused.text
    assert 'value="declined" checked' in refused.text
    assert 'id="faults"' in refused.text
    refused = send(client, "answer", answer_kind="declined")
    assert (refused.status_code, "不采纳也要说明理由。" in refused.text) == (422, True)
    assert "请选一项" in send(client, "answer").text
    assert row(fresh_database).status is MatterStatus.COLLECTED


def test_a_step_that_is_not_the_next_one_is_refused(get_in, county, fresh_database):
    client = get_in("coordinator")
    refused = client.post("/suggestions/Y1/feed_back", data={"fed_back_on": str(TODAY), "note": "好"})
    assert refused.status_code == 422
    assert row(fresh_database).status is MatterStatus.COLLECTED


def test_the_second_of_two_sees_both_versions_and_loses_nothing(get_in, county, fresh_database):
    client = get_in("coordinator")
    opened = row(fresh_database).version
    send(client, "send", sent_to="交通局")
    typed = {"version": str(opened), "sent_to": "住建局", "sent_on": str(TODAY), "due_on": ""}
    second = client.post("/suggestions/Y1/send", data=typed)
    assert second.status_code == 412
    assert "住建局" in second.text
    assert "<td>交通局</td>" in second.text


def test_a_step_is_taken_back_only_as_it_could_have_been_taken(get_in, county, fresh_database):
    client = get_in("coordinator")
    send(client, "send", sent_to="交通局")
    sent = row(fresh_database)
    back = {"sent_to": "", "sent_on": "", "due_on": "", "note": "撤销"}
    tomorrow = str(TODAY + timedelta(1))
    for told, why in (
        ({**back, "version": str(sent.version - 1)}, "别人刚刚改过"),
        (back, "别人刚刚改过"),
        ({"answered_on": tomorrow, "answer": "好", "version": str(sent.version)}, "这个日期还没有到。"),
    ):
        answer = client.post("/suggestions/Y1/restore", data=told)
        assert answer.status_code == 303
        assert why in client.get(answer.headers["location"]).text
        assert row(fresh_database).version == sent.version
    client.post("/suggestions/Y1/restore", data={**back, "version": str(sent.version)})
    assert row(fresh_database).status is MatterStatus.COLLECTED


def test_words_are_mended_and_a_stale_form_shows_both(get_in, county, fresh_database):
    client = get_in("coordinator")
    opened = row(fresh_database).version
    typed = {"text": "修两盏路灯", "person_code": "R1", "unit_code": "W01", "raised_on": str(RAISED)}
    answer = client.post("/suggestions/Y1/edit", data={**typed, "may_be_named": "no", "version": str(opened)})
    assert answer.status_code == 303
    assert (row(fresh_database).text, row(fresh_database).may_be_named) == ("修两盏路灯", False)
    undo(client, answer)
    assert (row(fresh_database).text, row(fresh_database).may_be_named) == (
        "修路灯。老人夜里出门看不见。",
        None,
    )
    stale = client.post("/suggestions/Y1/edit", data={**typed, "text": "修三盏", "version": str(opened)})
    assert stale.status_code == 412
    assert "老人夜里" in stale.text
    assert "修三盏" in stale.text


def test_a_suggestion_is_taken_down_for_somebody_by_name(get_in, county, fresh_database):
    client = get_in("recorder")
    assert client.get("/suggestions/new?person=R1").status_code == 200
    typed = {
        "text": "加一把椅子",
        "person_code": county.author,
        "raised_on": str(TODAY),
        "may_be_named": "yes",
    }
    answer = client.post("/suggestions/new", data=typed)
    assert answer.status_code == 303
    made = row(fresh_database, answer.headers["location"].rpartition("/")[2])
    assert (made.text, made.may_be_named, made.opened_on) == ("加一把椅子", True, TODAY)
    refused = client.post("/suggestions/new", data={**typed, "person_code": "没有这人", "text": ""})
    assert refused.status_code == 422
    assert "没有这人" in refused.text
    assert "请写下建议的内容。" in refused.text


def test_who_only_reads_gets_no_button_and_no_deed(get_in, county, fresh_database):
    client = get_in("viewer")
    page = client.get("/suggestions").text
    assert "登记建议" not in page
    assert "?do=" not in page
    assert '<form method="post" action="/suggestions' not in client.get("/suggestions/Y1").text
    assert client.get("/suggestions/new").status_code == 403
    typed = {"sent_to": "交通局", "sent_on": str(TODAY)}
    assert client.post("/suggestions/Y1/send", data=typed).status_code in (403, 404)
    assert row(fresh_database).status is MatterStatus.COLLECTED


def test_other_units_find_nothing(get_in, county, fresh_database):
    with transaction(fresh_database) as session:
        raise_one(session, "Y2", unit_code="BJ")
    client = get_in("coordinator", unit="W01")
    assert client.get("/suggestions/Y1").status_code == 200
    assert client.get("/suggestions/Y2").status_code == 404
    assert "建议Y2" not in client.get("/suggestions").text
    assert client.post("/suggestions/Y2/chase", data={"note": "x"}).status_code == 404


def test_the_list_behind_a_figure_counts_what_the_figure_says(get_in, county, fresh_database):
    client = get_in("coordinator")
    with transaction(fresh_database) as session:
        for number in range(3):
            raise_one(session, f"L{number}", sent_to="交通局", sent_on=RAISED, due_on=RAISED)
    page = client.get("/suggestions").text
    door = re.search(r'<a href="(/suggestions/all\?[^"]*late=yes)">3<', page)
    assert door, page
    behind = client.get(door[1].replace("&amp;", "&")).text
    assert "共 3 件" in behind
    assert behind.count('<tr role="row"><td') == 3


def test_the_register_names_only_who_agreed(get_in, county, fresh_database):
    client = get_in("coordinator")
    with transaction(fresh_database) as session:
        raise_one(session, "Y3", person_code="R1", may_be_named=True, text="=cmd")
    lines = client.get("/suggestions/all.csv").text.splitlines()
    told = {line.split(",")[0]: line for line in lines}
    assert county.author in told["Y3"]
    assert "'=cmd" in told["Y3"]
    assert county.author not in told["Y1"]
    workbook = client.get("/suggestions/all.xlsx")
    assert workbook.content[:2] == b"PK"
    assert workbook.headers["content-disposition"].endswith('suggestions.xlsx"')


def test_boards_and_lists_ask_as_much_whatever_there_is(get_in, county, fresh_database, counted):
    client = get_in("coordinator")
    client.get("/suggestions")
    few = {path: counted(lambda path=path: client.get(path)) for path in ("/suggestions", "/suggestions/all")}
    with transaction(fresh_database) as session:
        for number in range(30):
            raise_one(session, f"M{number}", sent_to="交通局" if number % 2 else None)
    anew = {path: counted(lambda path=path: client.get(path)) for path in few}
    many = {path: counted(lambda path=path: client.get(path)) for path in few}
    assert many == few, "the figures are counted anew after a change, and then remembered"
    assert max(anew.values()) <= 15
    assert counted(lambda: client.get("/suggestions/Y1")) <= 15


@pytest.mark.parametrize(
    "path", ["/suggestions?stage=nowhere&late=&year=x&reply=", "/suggestions/all?page=9&since=2026-99-99"]
)
def test_an_odd_address_shows_what_there_is(get_in, county, path):
    assert get_in("coordinator").get(path).status_code == 200


def test_the_day_counts_from_the_stage(get_in, county):
    page = get_in("coordinator").get("/suggestions").text
    assert "第 21 天" in page
    assert date(2026, 9, 15) == TODAY
