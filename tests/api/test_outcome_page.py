"""Telling an outcome on a page, without a browser: what is recorded, what is kept when something is wrong."""

import re
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import select

from models import (
    Activity,
    Assignment,
    Attendance,
    CampaignMetric,
    LedgerEntry,
    Measure,
    Metric,
    Person,
    Unit,
)
from models.database import reading, transaction
from models.enums import (
    ActivityStatus,
    AssignmentState,
    AttendanceState,
    Condition,
    LedgerKind,
    Origin,
    VisitResult,
)
from outreach.ledger import Payment
from outreach.metrics import keep_dictionary
from outreach.outcomes import Attended, Telling, record_outcome
from outreach.permissions import CONSOLE
from tests.outreach.county import NOW, ZONE, County
from tests.outreach.test_agenda import an_activity

DAY = date(2026, 9, 14)


@pytest.fixture
def visit(fresh_database):
    """A visit of yesterday: two volunteers asked, two retirees to see, one figure to enter, one that is counted."""
    with transaction(fresh_database) as session:
        keep_dictionary(session)
        county = County(session)
        people = [county.person("volunteer") for _ in range(2)]
        served = [county.person("retiree") for _ in range(2)]
        campaign = county.campaign(f"DATES:{DAY}", serves=served, kind="hardship")
        for position, code in enumerate(("materials.issued", "visits.person_times", "study.subscriptions")):
            metric = session.query(Metric).filter_by(code=code).one()
            session.add(CampaignMetric(campaign_id=campaign.id, metric_id=metric.id, position=position))
        county.activity = an_activity(county, campaign, DAY)
        for person in people:
            county.assign(county.activity, person, AssignmentState.CONFIRMED)
        county.asked, county.served = [p.code for p in people], [p.code for p in served]
        county.number, county.version = county.activity.id, county.activity.version
    return county


def form(visit, **typed):
    return {"version": str(visit.version), "status": "held", "held_on": f"{DAY}", **typed}


def send(client, visit, **typed):
    return client.post(f"/a/{visit.number}/outcome", data=form(visit, **typed))


def listed(engine):
    with reading(engine) as session:
        rows = session.execute(
            select(Person.code, Attendance.state, Attendance.minutes, Attendance.visit, Attendance.condition)
            .join(Person, Person.id == Attendance.person_id)
            .order_by(Person.code)
        )
        return {code: tuple(rest) for code, *rest in rows}


def entered(engine):
    with reading(engine) as session:
        rows = session.execute(
            select(Metric.code, Measure.value, Measure.qualifier)
            .join(Metric, Metric.id == Measure.metric_id)
            .where(Measure.origin.in_((Origin.ENTERED, Origin.READING)))
        )
        return {code: (value, qualifier.value) for code, value, qualifier in rows}


def test_the_form_lists_who_was_asked_who_is_served_and_what_is_counted(get_in, visit):
    page = get_in("recorder").get(f"/a/{visit.number}/outcome").text
    for code in visit.asked:
        assert f'name="there.{code}"' in page
    for code in visit.served:
        assert f'name="seen.{code}"' in page
    assert page.index('name="value.materials.issued"') < page.index('<details class="instead"')
    assert page.index('name="value.visits.person_times"') > page.index('<details class="instead"')
    assert not re.search(r'name="(there|seen)[^>]* checked', page), "nothing is said of anybody beforehand"


def test_what_the_form_says_is_recorded_and_the_next_page_says_so_once(get_in, visit, fresh_database):
    one, other = visit.asked
    first, second = visit.served
    client = get_in("recorder")
    typed = {
        f"there.{one}": "as_planned",
        f"minutes.{one}": "90",
        f"there.{other}": "excused",
        f"seen.{first}": "seen",
        f"condition.{first}": "attention",
        f"note.{first}": "听力不好",
        f"seen.{second}": "postponed",
        "value.materials.issued": "1,200",
        "qualifier.materials.issued": "at_least",
        "narrative": "下雨，路上慢。",
    }
    answer = send(client, visit, **typed)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/a/{visit.number}/outcome")
    assert listed(fresh_database) == {
        one: (AttendanceState.AS_PLANNED, 90, None, None),
        other: (AttendanceState.EXCUSED, None, None, None),
        first: (None, None, VisitResult.SEEN, Condition.ATTENTION),
        second: (None, None, VisitResult.POSTPONED, None),
    }
    assert entered(fresh_database) == {"materials.issued": (Decimal(1200), "at_least")}
    page = client.get(f"/a/{visit.number}/outcome").text
    assert "结果已保存。" in page
    assert "下雨，路上慢。" in page
    assert f"/cases/new?person={first}&amp;activity={visit.number}" in page, (
        "who wants care may become a case"
    )
    assert f"/cases/new?person={second}" not in page
    assert "结果已保存。" not in client.get(f"/a/{visit.number}").text


def test_one_tick_says_that_all_came_and_one_that_all_were_seen(get_in, visit, fresh_database):
    absent, seen_not = visit.asked[1], visit.served[1]
    typed = {
        "everybody": "yes",
        "all_seen": "yes",
        f"there.{absent}": "absent",
        f"seen.{seen_not}": "not_seen",
    }
    assert send(get_in("recorder"), visit, **typed).status_code == 303
    told = listed(fresh_database)
    assert [told[code][0] for code in visit.asked] == [AttendanceState.AS_PLANNED, AttendanceState.ABSENT]
    assert [told[code][2] for code in visit.served] == [VisitResult.SEEN, VisitResult.NOT_SEEN]


def test_others_come_by_name_or_code_and_a_name_of_several_asks_for_the_code(get_in, visit, fresh_database):
    with transaction(fresh_database) as session:
        for code, name in (("X1", "王秀英"), ("X2", "王秀英"), ("X3", "解晓燕")):
            person = Person(code=code, name=name, sort_key=name, contact_by="")
            session.add(person)
    client = get_in("administrator")
    answer = send(client, visit, others="王秀英、解晓燕\n没有这人")
    assert answer.status_code == 422
    assert "叫“王秀英”的不止一位，请写编号：X1, X2。" in answer.text
    assert "没有找到“没有这人”。" in answer.text
    assert "王秀英、解晓燕" in answer.text, "what was typed is still there"
    assert listed(fresh_database) == {}
    assert send(client, visit, others="X2；解晓燕").status_code == 303
    assert set(listed(fresh_database)) == {"X2", "X3"}


def test_wrong_input_is_told_beside_its_field_and_nothing_typed_is_lost(get_in, visit, fresh_database):
    code, served = visit.asked[0], visit.served[0]
    typed = {
        f"there.{code}": "as_planned",
        f"minutes.{code}": "很久",
        "value.materials.issued": "一百",
        f"note.{served}": "门锁着",
        "held_on": "昨天",
        "narrative": "<b>写了很多</b>",
    }
    answer = send(get_in("recorder"), visit, **typed)
    assert answer.status_code == 422
    for words in ("“一百”不是数字。", "请先选见到没有。"):
        assert words in answer.text
    for kept in ('value="很久"', 'value="一百"', 'value="门锁着"', "&lt;b&gt;写了很多&lt;/b&gt;"):
        assert kept in answer.text
    assert answer.text.count('aria-invalid="true"') >= 3
    links = re.findall(r'<li><a href="#([^"]+)"', answer.text)
    assert len(links) >= 4
    assert all(f'id="{anchor}"' in answer.text for anchor in links), "every fault leads to its field"
    assert listed(fresh_database) == {}


def test_faults_of_the_record_itself_are_told_beside_their_fields(get_in, visit):
    answer = send(get_in("recorder"), visit, **{"value.materials.issued": "1.5"})
    assert answer.status_code == 422
    assert 'id="value-materials-issued-note"' in answer.text


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("zh_Hans", ("“资料发放”要填", "2027年1月1日 周五 还没有到")),
        ("zh_Hant", ("「資料發放」要填", "2027年1月1日 週五 還沒有到")),
        ("en", ("“Study and publicity materials handed out” is", "Fri 1 January 2027 is still to come")),
    ],
)
def test_faults_name_figures_and_days_in_the_language_of_the_reader(get_in, visit, language, words):
    client = get_in("recorder")
    client.headers["accept-language"] = language.replace("_", "-")
    answer = send(client, visit, **{"value.materials.issued": "-1", "held_on": "2027-01-01"})
    assert answer.status_code == 422
    text = re.sub(r"<[^>]+>", "", answer.text)
    assert [each for each in words if each not in text] == []
    assert "“materials.issued" not in text
    assert "2027-01-01 " not in text


def test_somebody_who_was_first_is_seen_and_nothing_is_lost(get_in, visit, fresh_database):
    with transaction(fresh_database) as session:
        telling = Telling(ActivityStatus.PARTLY, narrative="他先写的")
        record_outcome(session, visit.number, telling, by=CONSOLE, now=NOW, zone=ZONE)
    client = get_in("recorder")
    answer = send(client, visit, narrative="我后写的")
    assert answer.status_code == 412
    assert "别人已经改过这场活动" in answer.text
    assert "我后写的" in answer.text
    (version,) = re.findall(r'name="version" value="(\d+)"', answer.text)
    again = form(visit, version=version, narrative="我后写的")
    assert client.post(f"/a/{visit.number}/outcome", data=again).status_code == 303


@pytest.mark.parametrize("status", ["held", "partly"])
def test_a_form_that_says_nothing_is_asked_back_and_keeps_what_was_typed(
    get_in, visit, fresh_database, status
):
    client = get_in("recorder")
    absent, away = visit.asked[0], visit.served[0]
    typed = {
        "status": status,
        f"there.{absent}": "absent",
        f"seen.{away}": "not_seen",
        f"note.{away}": "没人",
    }
    answer = send(client, visit, **typed)
    assert answer.status_code == 422
    assert 'href="#status"' in answer.text
    assert answer.text.count("还没有记谁来了、见到了谁，也没有填数。") == 2, (
        "above the form and beside the field"
    )
    assert f'name="status" value="{status}" checked' in answer.text
    assert f'name="there.{absent}" value="absent" checked' in answer.text
    assert f'name="seen.{away}" value="not_seen" checked' in answer.text
    assert 'value="没人"' in answer.text
    with reading(fresh_database) as session:
        assert session.get_one(Activity, visit.number).revision == 0


@pytest.mark.parametrize(
    "typed",
    [
        {"status": "cancelled"},
        {"narrative": "都好"},
        {"value.materials.issued": "0"},
        {"everybody": "yes"},
        {"all_seen": "yes"},
    ],
)
def test_one_word_one_figure_or_one_person_is_enough(get_in, visit, typed):
    assert send(get_in("recorder"), visit, **typed).status_code == 303


def test_a_list_with_nobody_on_it_is_asked_back_until_something_is_told(get_in, visit, fresh_database):
    client = get_in("recorder")
    address = f"/a/{visit.number}/attendance"
    typed = {"version": str(visit.version), f"there.{visit.asked[0]}": "absent"}
    answer = client.post(address, data=typed)
    assert answer.status_code == 422
    assert 'href="#others"' in answer.text
    assert answer.text.count("现在一个人也没有记上。") == 2
    assert f'name="there.{visit.asked[0]}" value="absent" checked' in answer.text
    assert listed(fresh_database) == {}
    assert send(client, visit, narrative="只有村里的人").status_code == 303
    with reading(fresh_database) as session:
        typed["version"] = str(session.get_one(Activity, visit.number).version)
    assert client.post(address, data=typed).status_code == 303


def test_money_told_before_stays_when_the_rest_is_told_again(get_in, visit, fresh_database):
    with transaction(fresh_database) as session:
        telling = Telling(
            ActivityStatus.HELD,
            attendance=[Attended(visit.asked[0])],
            ledger=[Payment(LedgerKind.CASH, Decimal("500.00"), person_code=visit.served[0])],
        )
        recorded = record_outcome(session, visit.number, telling, by=CONSOLE, now=NOW, zone=ZONE)
    client = get_in("recorder")
    page = client.get(f"/a/{visit.number}/outcome").text
    assert re.search(rf'name="there.{visit.asked[0]}" value="as_planned" checked', page)
    answer = send(client, visit, version=str(recorded.version), narrative="补充")
    assert answer.status_code == 303
    with reading(fresh_database) as session:
        assert session.scalars(select(LedgerEntry.amount)).all() == [Decimal("500.00")]
        assert session.get_one(Activity, visit.number).revision == 2


def test_who_may_only_look_neither_sees_the_button_nor_records(get_in, visit):
    client = get_in("viewer")
    assert "录结果" not in client.get(f"/a/{visit.number}").text
    assert "<textarea" not in client.get(f"/a/{visit.number}/outcome").text
    assert send(client, visit).status_code == 403


def test_an_activity_of_another_unit_is_not_found(get_in, visit, fresh_database):
    with transaction(fresh_database) as session:
        session.add(Unit(code="ELSE", name="别处"))
    client = get_in("recorder", unit="ELSE")
    assert client.get(f"/a/{visit.number}/outcome").status_code == 404
    assert send(client, visit).status_code == 404


def test_the_status_line_takes_nothing_from_a_cookie_that_is_none_of_ours(get_in, visit):
    client = get_in("recorder")
    for cookie in ("nonsense", "eyJrZXkiOiAiPGI+In0=", "e30="):
        client.cookies.set("yinling_status", cookie)
        assert client.get("/").status_code == 200


def test_the_form_asks_the_database_no_more_for_more_people(get_in, visit, fresh_database, counted):
    client = get_in("recorder")
    few = counted(lambda: client.get(f"/a/{visit.number}/outcome"))
    with transaction(fresh_database) as session:
        for number in range(40):
            person = Person(code=f"Z{number}", name="人", sort_key="ren", contact_by="")
            session.add(person)
            session.flush()
            session.add(
                Assignment(
                    activity_id=visit.number,
                    person_id=person.id,
                    state=AssignmentState.CONFIRMED,
                    changed_at=NOW,
                )
            )
    assert counted(lambda: client.get(f"/a/{visit.number}/outcome")) == few <= 20


def test_of_a_list_too_long_to_go_through_what_was_told_stays(get_in, visit, fresh_database):
    with transaction(fresh_database) as session:
        told = []
        for number in range(130):
            session.add(Person(code=f"L{number}", name="人", sort_key="ren", contact_by=""))
            told.append(Attended(f"L{number}"))
        session.flush()
        telling = Telling(ActivityStatus.HELD, attendance=told)
        recorded = record_outcome(session, visit.number, telling, by=CONSOLE, now=NOW, zone=ZONE)
    client = get_in("recorder")
    assert "名单有 132 人" in client.get(f"/a/{visit.number}/outcome").text
    assert send(client, visit, version=str(recorded.version), others=visit.asked[0]).status_code == 303
    assert listed(fresh_database).keys() == {each.person for each in told} | {visit.asked[0]}


def test_where_people_come_those_it_is_for_are_on_the_list_of_who_came(get_in, fresh_database):
    with transaction(fresh_database) as session:
        keep_dictionary(session)
        county = County(session)
        listeners = [county.person("retiree") for _ in range(2)]
        campaign = county.campaign(f"DATES:{DAY}", serves=listeners, kind="study")
        number = an_activity(county, campaign, DAY).id
        codes = [person.code for person in listeners]
    page = get_in("recorder").get(f"/a/{number}/outcome").text
    assert [code for code in codes if f'name="there.{code}"' in page] == codes
    assert 'name="seen.' not in page
