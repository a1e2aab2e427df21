"""The pages of one activity: attendance, money and goods, suggestions heard, photos, the story; who may what."""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import BytesIO

import pytest
from PIL import Image
from sqlalchemy import select, update

from models import (
    Activity,
    Assignment,
    Attendance,
    Campaign,
    CampaignMetric,
    LedgerEntry,
    Matter,
    Metric,
    Notice,
    Person,
    Photo,
    Place,
    Rollup,
    Tie,
    Unit,
)
from models.database import reading, transaction
from models.enums import ActivityStatus, AssignmentState, AttendanceState, NoticeKind, NoticeState, TieKind
from outreach.kind_marks import KindMark, change_kinds
from outreach.metrics import keep_dictionary
from outreach.outcomes import Attended, Telling, record_outcome
from outreach.permissions import CONSOLE
from tests.outreach.county import NOW, ZONE, County
from tests.outreach.test_agenda import an_activity

DAY = date(2026, 9, 14)
TABS = ("", "/attendance", "/outcome", "/ledger", "/suggestions", "/photos", "/history")


@pytest.fixture
def visit(fresh_database):
    """A visit of yesterday, nine to ten: two volunteers asked, three retirees to see, two of them at one address."""
    with transaction(fresh_database) as session:
        keep_dictionary(session)
        county = County(session)
        people = [county.person("volunteer", mobile=f"1380000000{n}") for n in range(2)]
        served = [
            county.person("retiree", address=address, notes="听力弱", birth_date=date(1940, 10, 1))
            for address in ("柳河街 12 号", "粮站家属院", "柳河街12号")
        ]
        county.pair(people[0], served[0])
        campaign = county.campaign(f"DATES:{DAY}", serves=served, kind="hardship")
        for position, code in enumerate(("materials.issued", "visits.person_times")):
            metric = session.query(Metric).filter_by(code=code).one()
            session.add(CampaignMetric(campaign_id=campaign.id, metric_id=metric.id, position=position))
        county.activity = an_activity(county, campaign, DAY)
        for person in people:
            county.assign(county.activity, person, AssignmentState.CONFIRMED)
        county.asked, county.served = [p.code for p in people], [p.code for p in served]
        county.names = {p.code: p.name for p in (*people, *served)}
        county.number = county.activity.id
    return county


def version(client, visit):
    page = client.get(f"/a/{visit.number}/attendance").text
    return re.findall(r'name="version" value="(\d+)"', page)[0]


def sign_in_list(client, visit, **typed):
    address = f"/a/{visit.number}/attendance"
    return client.post(address, data={"version": version(client, visit), **typed})


def listed(engine):
    with reading(engine) as session:
        rows = session.execute(
            select(Person.code, Attendance.state, Attendance.minutes, Attendance.role)
            .join(Person, Person.id == Attendance.person_id)
            .where(Attendance.state.is_not(None))
            .order_by(Person.code)
        )
        return {code: tuple(rest) for code, *rest in rows}


# The head


def test_every_page_has_the_same_head_and_its_own_address(get_in, visit):
    client = get_in("coordinator")
    for tab in TABS:
        page = client.get(f"/a/{visit.number}{tab}").text
        assert page.count('aria-current="page"') >= 1
        assert all(f'href="/a/{visit.number}{each}"' in page for each in TABS)
        assert f'href="/a/{visit.number}/move"' in page


def test_the_first_page_shows_the_mark_that_the_office_chose(get_in, visit, fresh_database):
    with transaction(fresh_database) as session:
        chosen = {"hardship": KindMark("困", 6)}
        change_kinds(session, (), chosen, by=CONSOLE, now=NOW)
    client = get_in("viewer")
    mark = '<span class="mark tint-6" aria-hidden="true">困</span>'
    assert [mark in client.get(f"/a/{visit.number}{tab}").text for tab in TABS] == [True] * len(TABS)


def test_who_is_not_signed_in_learns_nothing_from_any_page(reader, visit):
    assert reader.get(f"/a/{visit.number}").status_code == 200
    for tab in TABS[1:]:
        assert reader.get(f"/a/{visit.number}{tab}").status_code in (303, 401)
    assert visit.names[visit.asked[0]] not in reader.get(f"/a/{visit.number}").text


def test_pages_of_another_unit_are_not_found(get_in, visit, fresh_database):
    with transaction(fresh_database) as session:
        session.add(Unit(code="ELSE", name="别处"))
    client = get_in("coordinator", unit="ELSE")
    for tab in TABS:
        assert client.get(f"/a/{visit.number}{tab}").status_code == 404
    for tab in ("/attendance", "/ledger", "/suggestions", "/photos"):
        assert client.post(f"/a/{visit.number}{tab}", data={"agreed": "yes"}).status_code == 404


def test_a_viewer_sees_every_page_and_changes_none(get_in, visit):
    client = get_in("viewer")
    for tab in TABS:
        assert (
            f'<form method="post" action="/a/{visit.number}' not in client.get(f"/a/{visit.number}{tab}").text
        )
    entry = {"person": visit.served[0], "kind": "cash", "amount": "5"}
    assert client.post(f"/a/{visit.number}/attendance", data={"all": "yes"}).status_code == 403
    assert client.post(f"/a/{visit.number}/ledger", data=entry).status_code == 403
    assert client.post(f"/a/{visit.number}/suggestions", data={"text": "修路灯"}).status_code == 403
    assert client.post(f"/a/{visit.number}/photos", data={"agreed": "yes"}).status_code == 403
    assert (
        client.post(f"/a/{visit.number}/outcome/undo", data={"revision": "1", "version": "1"}).status_code
        == 403
    )


@pytest.mark.parametrize("tab", TABS)
def test_a_page_asks_as_many_questions_with_one_person_as_with_thirty(
    get_in, visit, fresh_database, counted, tab
):
    client = get_in("coordinator")
    with transaction(fresh_database) as session:
        telling = Telling(ActivityStatus.HELD, attendance=[Attended(visit.asked[0])])
        record_outcome(session, visit.number, telling, by=CONSOLE, now=NOW, zone=ZONE)
    address = f"/a/{visit.number}{tab}"
    # Counted at the first look, as below: what is remembered of whom it serves is asked anew after every change.
    few = counted(lambda: client.get(address))
    with transaction(fresh_database) as session:
        told = []
        for number in range(30):
            person = Person(code=f"Z{number}", name="人", sort_key="ren", contact_by="")
            session.add(person)
            session.flush()
            told.append(Attended(person.code))
            session.add(
                Assignment(
                    activity_id=visit.number,
                    person_id=person.id,
                    state=AssignmentState.CONFIRMED,
                    changed_at=NOW,
                )
            )
        record_outcome(
            session,
            visit.number,
            Telling(ActivityStatus.HELD, attendance=told),
            by=CONSOLE,
            now=NOW,
            zone=ZONE,
        )
    assert counted(lambda: client.get(address)) <= few
    assert few <= 15


# Places


def test_those_visited_stand_in_their_order_with_what_helps(get_in, visit):
    page = get_in("recorder").get(f"/a/{visit.number}").text
    served = page[page.index("served-head") :]
    places = [served.index(visit.names[code]) for code in visit.served]
    assert places == sorted(places)
    assert "85 岁" in served
    assert "听力弱" in served
    assert "柳河街 12 号" in served
    assert visit.names[visit.asked[0]] in served, "who is paired with them"


def test_where_and_how_people_live_is_not_for_viewers(get_in, visit):
    page = get_in("viewer").get(f"/a/{visit.number}").text
    assert "听力弱" not in page
    assert "柳河街" not in page


def test_of_minors_neither_address_nor_notes_are_shown(get_in, visit, fresh_database):
    with transaction(fresh_database) as session:
        person = session.scalars(select(Person).where(Person.code == visit.served[0])).one()
        session.add(Tie(kind=TieKind.ROLE, subject_person_id=person.id, object_word="minor"))
        person.notes = "只有外婆在家"
    page = get_in("recorder").get(f"/a/{visit.number}").text
    assert "只有外婆在家" not in page
    assert "柳河街 12 号" not in page
    assert visit.names[visit.served[0]] in page


def test_who_was_not_reached_by_a_message_has_to_be_called(get_in, visit, fresh_database):
    client = get_in("coordinator")
    assert "消息没有送到" not in client.get(f"/a/{visit.number}").text
    with transaction(fresh_database) as session:
        person = session.scalars(select(Person).where(Person.code == visit.asked[0])).one()
        session.add(
            Notice(
                dedupe_key="x",
                person_id=person.id,
                kind=NoticeKind.ASKED,
                activity_id=visit.number,
                words={},
                created_at=NOW,
                due_at=NOW,
                next_try_at=NOW,
                expires_at=NOW + timedelta(days=2),
                state=NoticeState.FAILED,
            )
        )
    page = client.get(f"/a/{visit.number}").text
    assert page.count("消息没有送到") == 1
    assert 'href="tel:13800000000"' in page


def test_who_was_asked_elsewhere_meanwhile_is_told_before_they_are_asked_here(get_in, fresh_database):
    day = date(2026, 9, 24)
    with transaction(fresh_database) as session:
        county = County(session)
        person = county.person("volunteer")
        team = county.team(person)
        campaign = county.campaign(f"DATES:{day}", team_id=team.id)
        other = county.campaign(f"DATES:{day}")
        session.add(Place(campaign_id=campaign.id, needed=2))
        here, there = an_activity(county, campaign, day), an_activity(county, other, day, 15)
        number, code, title = here.id, person.code, other.name
        elsewhere = there.id
    client = get_in("coordinator")
    page = client.get(f"/a/{number}/people").text
    seen_at = re.findall(r'name="seen_at" value="([^"]+)"', page)[0]
    with transaction(fresh_database) as session:
        person_id = session.scalars(select(Person.id).where(Person.code == code)).one()
        later = NOW + timedelta(minutes=2)
        session.add(
            Assignment(activity_id=elsewhere, person_id=person_id, state="proposed", changed_at=later)
        )
    asked = {"do": "assign", "person": code, "seen_at": seen_at}
    answer = client.post(f"/a/{number}/people", data=asked)
    assert answer.status_code == 412
    assert title in answer.text
    with reading(fresh_database) as session:
        assert session.scalars(select(Assignment).where(Assignment.activity_id == number)).all() == []
    again = client.post(
        f"/a/{number}/people", data=asked | {"seen_at": (NOW + timedelta(minutes=5)).isoformat()}
    )
    assert again.status_code == 303


# Attendance


def test_one_press_says_that_all_came_and_the_tally_counts_it(get_in, visit, fresh_database):
    client = get_in("recorder")
    answer = sign_in_list(client, visit, all="yes")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/a/{visit.number}/attendance")
    assert listed(fresh_database) == dict.fromkeys(visit.asked, (AttendanceState.AS_PLANNED, 60, "any"))
    with reading(fresh_database) as session:
        assert session.get_one(Activity, visit.number).status is ActivityStatus.HELD
    page = client.get(f"/a/{visit.number}/attendance").text
    assert "签到已保存，到场 2 人。" in page
    assert page.count('value="came" checked') == 2


def test_times_become_minutes_and_who_stood_in_is_counted(get_in, visit, fresh_database):
    with transaction(fresh_database) as session:
        session.add(Person(code="X3", name="解晓燕", sort_key="xie", contact_by=""))
    one, other = visit.asked
    typed = {
        f"there.{one}": "came",
        f"from.{one}": "09:10",
        f"to.{one}": "09:50",
        f"there.{other}": "instead",
        f"from.{other}": "09:00",
        f"to.{other}": "11:00",
        f"instead.{other}": "解晓燕",
    }
    client = get_in("administrator")
    assert sign_in_list(client, visit, **typed).status_code == 303
    assert listed(fresh_database) == {
        one: (AttendanceState.PARTLY, 40, "any"),
        other: (AttendanceState.EXCUSED, None, "any"),
        "X3": (AttendanceState.AS_PLANNED, 120, "any"),
    }
    page = client.get(f"/a/{visit.number}/attendance").text
    assert f'name="to.{one}" value="09:40"' in page, "forty minutes from the planned beginning"
    before = listed(fresh_database)
    kept = dict(re.findall(r'name="((?:from|to)\.\w+)" value="([^"]*)"', page))
    kept |= dict(re.findall(r'name="(there\.\w+)" value="(\w+)" checked', page))
    assert sign_in_list(client, visit, **kept).status_code == 303
    assert listed(fresh_database) == before, "sending the list as it is changes nothing"


# A night, one until midnight, three days: times of day do not tell how long somebody came.
@pytest.mark.parametrize(("starts", "minutes"), [(14, 180), (14, 120), (1, 56 * 60)])
def test_past_midnight_minutes_are_asked_for_and_the_list_saves_as_it_opens(
    get_in, visit, fresh_database, starts, minutes
):
    one, other = visit.asked
    with transaction(fresh_database) as session:
        activity = session.get_one(Activity, visit.number)
        activity.starts_at = datetime(2026, 9, 14, starts, tzinfo=UTC)
        activity.ends_at = activity.starts_at + timedelta(minutes=minutes)
    client = get_in("recorder")
    page = client.get(f"/a/{visit.number}/attendance").text
    assert 'type="time"' not in page
    assert page.count(f'placeholder="{minutes}"') == 2
    opened = dict(re.findall(r'name="(minutes\.\w+)"[^>]* value="([^"]*)"', page))
    assert opened == {f"minutes.{one}": "", f"minutes.{other}": ""}
    assert sign_in_list(client, visit, all="yes", **opened).status_code == 303
    assert listed(fresh_database) == dict.fromkeys(visit.asked, (AttendanceState.AS_PLANNED, minutes, "any"))
    told = {f"there.{one}": "came", f"minutes.{one}": "45", f"there.{other}": "came"}
    assert sign_in_list(client, visit, **told).status_code == 303
    assert listed(fresh_database)[one] == (AttendanceState.PARTLY, 45, "any")
    assert f'value="45" placeholder="{minutes}"' in client.get(f"/a/{visit.number}/attendance").text
    assert sign_in_list(client, visit, **told | {f"minutes.{one}": ""}).status_code == 303
    assert listed(fresh_database)[one] == (AttendanceState.AS_PLANNED, minutes, "any")
    wrong = sign_in_list(client, visit, **told | {f"minutes.{one}": "一会儿"})
    assert (wrong.status_code, f'href="#minutes-{one}"' in wrong.text) == (422, True)


def test_times_are_read_of_those_alone_who_came(get_in, visit, fresh_database):
    one, other = visit.asked
    typed = {
        f"there.{one}": "absent",
        f"from.{one}": "09:00",
        f"to.{one}": "08:00",
        f"there.{other}": "came",
        f"from.{other}": "09:00",
        f"to.{other}": "10:00",
    }
    assert sign_in_list(get_in("recorder"), visit, **typed).status_code == 303
    assert listed(fresh_database)[one][0] is AttendanceState.ABSENT
    assert listed(fresh_database)[other] == (AttendanceState.AS_PLANNED, 60, "any")


def test_minutes_told_that_no_clock_of_the_day_shows_are_not_rewritten(get_in, visit, fresh_database):
    one = visit.asked[0]
    with transaction(fresh_database) as session:
        told = Telling(ActivityStatus.HELD, attendance=[Attended(one, 1000)])
        record_outcome(session, visit.number, told, by=CONSOLE, now=NOW, zone=ZONE)
    client = get_in("recorder")
    page = client.get(f"/a/{visit.number}/attendance").text
    kept = dict(re.findall(r'name="((?:from|to)\.\w+)" value="([^"]*)"', page))
    assert sign_in_list(client, visit, **kept, all="yes").status_code == 303
    assert listed(fresh_database)[one][1] == 1000


def test_wrong_times_and_unknown_names_are_told_and_nothing_typed_is_lost(get_in, visit, fresh_database):
    one, other = visit.asked
    typed = {
        f"there.{one}": "came",
        f"from.{one}": "11:00",
        f"to.{one}": "09:00",
        f"there.{other}": "instead",
        f"from.{other}": "9点",
        "others": "没有这人",
    }
    answer = sign_in_list(get_in("recorder"), visit, **typed)
    assert answer.status_code == 422
    for words in ("离开的时间要晚于到达的时间。", "请写是谁替的。", "没有找到“没有这人”。"):
        assert words in answer.text
    assert 'value="11:00"' in answer.text
    links = re.findall(r'<li><a href="#([^"]+)"', answer.text)
    assert all(f'id="{anchor}"' in answer.text for anchor in links), "every fault leads to its field"
    assert listed(fresh_database) == {}


def test_taking_attendance_leaves_the_rest_of_an_outcome_as_it_was(get_in, visit, fresh_database):
    with transaction(fresh_database) as session:
        telling = Telling(ActivityStatus.PARTLY, narrative="下雨", attendance=[Attended(visit.asked[0], 30)])
        record_outcome(session, visit.number, telling, by=CONSOLE, now=NOW, zone=ZONE)
    client = get_in("recorder")
    assert sign_in_list(client, visit, all="yes").status_code == 303
    with reading(fresh_database) as session:
        told = session.get_one(Activity, visit.number)
        assert (told.status, told.narrative, told.revision) == (ActivityStatus.PARTLY, "下雨", 2)
    page = client.get(f"/a/{visit.number}/history").text
    undo = client.get(f"/a/{visit.number}/attendance")
    assert "录了结果" in page
    assert undo.status_code == 200


def test_what_was_told_can_be_taken_back_to_what_was_told_before(get_in, visit, fresh_database):
    client = get_in("recorder")
    sign_in_list(client, visit, **{f"there.{visit.asked[0]}": "came"})
    first = listed(fresh_database)
    sign_in_list(client, visit, all="yes")
    page = client.get(f"/a/{visit.number}/attendance").text
    (inside,) = re.findall(r'<form method="post" action="/a/\d+/outcome/undo">(.*?)</form>', page, re.DOTALL)
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', inside))
    assert client.post(f"/a/{visit.number}/outcome/undo", data=fields).status_code == 303
    assert listed(fresh_database) == first
    assert client.post(f"/a/{visit.number}/outcome/undo", data=fields).status_code == 303
    assert listed(fresh_database) == first, "the same press twice is one"
    opened_before = fields | {"form_key": "of a page opened before"}
    assert client.post(f"/a/{visit.number}/outcome/undo", data=opened_before).status_code == 412
    assert (
        client.post(f"/a/{visit.number}/outcome/undo", data={"revision": "9", "version": "x"}).status_code
        == 404
    )


def test_somebody_who_was_first_is_told_of_and_the_list_is_kept(get_in, visit, fresh_database):
    client = get_in("recorder")
    stale = version(client, visit)
    sign_in_list(client, visit, all="yes")
    typed = {"version": stale, f"there.{visit.asked[0]}": "absent"}
    answer = client.post(f"/a/{visit.number}/attendance", data=typed)
    assert answer.status_code == 412
    assert re.search(rf'name="there.{visit.asked[0]}" value="absent" checked', answer.text)
    (now,) = re.findall(r'name="version" value="(\d+)"', answer.text)
    assert client.post(f"/a/{visit.number}/attendance", data=typed | {"version": now}).status_code == 303
    assert listed(fresh_database)[visit.asked[0]][0] is AttendanceState.ABSENT


def test_before_its_day_and_when_cancelled_there_is_no_list_to_fill(get_in, fresh_database):
    with transaction(fresh_database) as session:
        county = County(session)
        campaign = county.campaign("DATES:2026-09-24")
        later = an_activity(county, campaign, date(2026, 9, 24)).id
        gone = an_activity(county, campaign, DAY, status=ActivityStatus.CANCELLED, reason="雨").id
    client = get_in("recorder")
    assert "到了那天再签到" in client.get(f"/a/{later}/attendance").text
    assert '<form method="post" action="/a/' not in client.get(f"/a/{gone}/attendance").text
    assert client.post(f"/a/{gone}/attendance", data={"all": "yes"}).status_code == 409


# The outcome, by household


def test_people_of_one_address_stand_together(get_in, visit):
    page = get_in("recorder").get(f"/a/{visit.number}/outcome").text
    first, alone, second = (page.index(f'name="seen.{code}"') for code in visit.served)
    assert first < second < alone
    assert page.count('class="household"') == 1


# Money and goods


def entries(engine):
    with reading(engine) as session:
        return session.execute(select(LedgerEntry.amount, LedgerEntry.reason).order_by(LedgerEntry.id)).all()


def give(client, visit, **typed):
    entry = {"person": visit.names[visit.served[0]], "kind": "cash", "amount": "500", "received_by": "本人"}
    return client.post(f"/a/{visit.number}/ledger", data=entry | typed)


def test_the_form_of_a_gift_asks_why_once_more_at_a_festival(get_in, visit, fresh_database):
    client = get_in("recorder")
    with transaction(fresh_database) as session:
        session.execute(update(Campaign).values(kind="festival_visit"))
    assert 'name="reason"' not in client.get(f"/a/{visit.number}/ledger").text
    assert give(client, visit).status_code == 303
    again = give(client, visit)
    assert (again.status_code, 'name="reason"' in again.text) == (422, True)
    assert give(client, visit, reason="补发").status_code == 303


def test_the_status_line_names_who_was_given_something_also_when_a_code_was_typed(get_in, visit):
    client = get_in("recorder")
    code = visit.served[0]
    assert give(client, visit, person=code).status_code == 303
    assert f"已登记给 {visit.names[code]} 的慰问。" in client.get(f"/a/{visit.number}/ledger").text


def test_what_is_given_counts_before_the_outcome_and_stays_when_it_is_told_again(
    get_in, visit, fresh_database
):
    client = get_in("coordinator")
    assert give(client, visit).status_code == 303
    page = client.get(f"/a/{visit.number}/ledger").text
    assert visit.names[visit.served[0]] in page
    assert "500.00" in page
    sign_in_list(client, visit, all="yes")
    sign_in_list(client, visit, **{f"there.{visit.asked[0]}": "absent"})
    told = {"version": version(client, visit), "status": "held", "held_on": f"{DAY}"}
    assert client.post(f"/a/{visit.number}/outcome", data=told).status_code == 303
    assert entries(fresh_database) == [(Decimal("500.00"), None)]
    with reading(fresh_database) as session:
        metric = session.scalars(select(Metric.id).where(Metric.code == "finance.visit_money")).one()
        assert session.scalar(select(Rollup.value).where(Rollup.metric_id == metric)) == Decimal(500)


def test_an_entry_is_taken_back_with_a_reason_and_does_not_come_again(get_in, visit, fresh_database):
    client = get_in("coordinator")
    give(client, visit)
    sign_in_list(client, visit, all="yes")
    with reading(fresh_database) as session:
        entry = session.scalars(select(LedgerEntry.id)).one()
    address = f"/a/{visit.number}/ledger/{entry}/reverse"
    assert client.get(address).status_code == 200
    assert client.post(address, data={"reason": " "}).status_code == 422
    assert client.post(address, data={"reason": "发错了人"}).status_code == 303
    sign_in_list(client, visit, all="yes")
    assert entries(fresh_database) == [(Decimal("500.00"), None), (Decimal("-500.00"), "发错了人")]
    page = client.get(f"/a/{visit.number}/ledger").text
    assert "已冲销" in page
    assert client.post(address, data={"reason": "再来"}).status_code == 422


def test_a_recorder_gives_but_takes_nothing_back(get_in, visit, fresh_database):
    client = get_in("recorder")
    assert give(client, visit).status_code == 303
    with reading(fresh_database) as session:
        entry = session.scalars(select(LedgerEntry.id)).one()
    assert "/reverse" not in client.get(f"/a/{visit.number}/ledger").text
    assert client.post(f"/a/{visit.number}/ledger/{entry}/reverse", data={"reason": "x"}).status_code == 403


def test_wrong_entries_are_told_beside_their_fields(get_in, visit, fresh_database):
    client = get_in("recorder")
    for wrong, field in (
        ({"amount": "很多"}, "amount"),
        ({"amount": ""}, "amount"),
        ({"kind": "gold"}, "kind"),
        ({"person": "没有这人"}, "person"),
        ({"paid_on": "2026-12-01"}, "paid_on"),
    ):
        answer = give(client, visit, **wrong)
        assert answer.status_code == 422, wrong
        assert f'id="{field}-note" class="note fault"' in answer.text, wrong
    assert entries(fresh_database) == []


# Suggestions


def test_what_was_heard_is_taken_down_and_stays_when_the_outcome_is_told(get_in, visit, fresh_database):
    client = get_in("recorder")
    told = {"text": "楼道灯坏了", "person": visit.names[visit.served[1]], "named": "no"}
    assert client.post(f"/a/{visit.number}/suggestions", data=told).status_code == 303
    sign_in_list(client, visit, all="yes")
    sign_in_list(client, visit, **{f"there.{visit.asked[0]}": "absent"})
    with reading(fresh_database) as session:
        matter = session.scalars(select(Matter)).one()
        assert (matter.text, matter.may_be_named, matter.status.value) == ("楼道灯坏了", False, "collected")
        assert matter.opened_on == DAY
    page = client.get(f"/a/{visit.number}/suggestions").text
    assert "楼道灯坏了" in page
    assert "不具名" in page
    english = {"Accept-Language": "en"}
    assert "Noted a suggestion" in client.get(f"/a/{visit.number}/history", headers=english).text


def test_a_suggestion_needs_words_and_an_author_who_is_known(get_in, visit):
    client = get_in("recorder")
    answer = client.post(f"/a/{visit.number}/suggestions", data={"text": " ", "person": "没有这人"})
    assert answer.status_code == 422
    answer = client.post(f"/a/{visit.number}/suggestions", data={"text": "修路", "person": "没有这人"})
    assert answer.status_code == 422
    assert "没有找到“没有这人”。" in answer.text
    assert "修路" in answer.text


# Photos


def a_file(colour="red", kind="JPEG", size=(800, 600)):
    written = BytesIO()
    Image.new("RGB", size, colour).save(written, kind)
    return written.getvalue()


def bring(client, visit, *files, **typed):
    parts = [("photos", (name, octets, "image/jpeg")) for name, octets in files]
    return client.post(f"/a/{visit.number}/photos", data={"agreed": "yes", **typed}, files=parts)


def test_several_photos_come_at_once_and_are_seen_again(get_in, visit, fresh_database):
    client = get_in("recorder")
    answer = bring(client, visit, ("a.jpg", a_file()), ("b.png", a_file("blue", "PNG")), caption="合影")
    assert answer.status_code == 303
    page = client.get(f"/a/{visit.number}/photos").text
    assert "已存 2 张照片。" in page
    sources = re.findall(r'<img src="([^"]+)" alt="合影"', page)
    assert len(sources) == 2
    answer = client.get(sources[0])
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "private, max-age=600"
    assert answer.headers["content-disposition"].startswith("inline; filename=")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert Image.open(BytesIO(client.get(sources[0].removesuffix("/small")).content)).size == (800, 600)


def test_bad_files_are_named_and_the_good_ones_are_kept(get_in, visit, fresh_database):
    client = get_in("recorder")
    answer = bring(
        client,
        visit,
        ("好的.jpg", a_file()),
        ("坏的.jpg", a_file()[:300]),
        ("苹果.heic", b"\x00\x00\x00\x18ftypheic" + b"\x00" * 40),
        ("<b>网页</b>.jpg", b"<html>"),
        ("大的.jpg", b"\xff\xd8" + b"\x00" * (12 * 1024 * 1024)),
    )
    assert answer.status_code == 200
    assert "存了 1 张，下面这些没有存：" in answer.text
    for words in ("“坏的.jpg”", "“苹果.heic”是苹果手机的 HEIC 格式", "“大的.jpg”超过 12 MB"):
        assert words in answer.text
    assert "<b>网页" not in answer.text
    with reading(fresh_database) as session:
        assert len(session.scalars(select(Photo.id)).all()) == 1


def test_without_leave_or_without_a_file_nothing_is_kept(get_in, visit, fresh_database):
    client = get_in("recorder")
    assert bring(client, visit, ("a.jpg", a_file()), agreed="").status_code == 422
    assert bring(client, visit, ("", b"")).status_code == 422
    assert bring(client, visit, ("a.jpg", b"nonsense")).status_code == 422
    with reading(fresh_database) as session:
        assert session.scalars(select(Photo.id)).all() == []


def test_a_photo_is_taken_away_with_a_reason(get_in, visit, fresh_database):
    client = get_in("recorder")
    bring(client, visit, ("a.jpg", a_file()))
    with reading(fresh_database) as session:
        photo = session.scalars(select(Photo.id)).one()
    address = f"/a/{visit.number}/photos/{photo}"
    assert client.get(f"{address}/remove").status_code == 200
    assert client.post(f"{address}/remove", data={"reason": ""}).status_code == 422
    assert client.post(f"{address}/remove", data={"reason": "本人不愿意"}).status_code == 303
    for gone in (address, f"{address}/small", f"{address}/remove"):
        assert client.get(gone).status_code == 404
    assert "删了一张照片：本人不愿意" in client.get(f"/a/{visit.number}/history").text


def test_a_photo_is_seen_only_by_who_sees_its_activity(get_in, visit, fresh_database, reader):
    bring(get_in("recorder"), visit, ("a.jpg", a_file()))
    with transaction(fresh_database) as session:
        session.add(Unit(code="ELSE", name="别处"))
        photo = session.scalars(select(Photo.id)).one()
    client = get_in("viewer", unit="ELSE")
    assert client.get(f"/a/{visit.number}/photos/{photo}").status_code == 404
    reader.cookies.clear()
    assert reader.get(f"/a/{visit.number}/photos/{photo}").status_code in (303, 401)


# The story


def test_the_story_tells_who_did_what_with_the_old_beside_the_new(get_in, visit, fresh_database):
    client = get_in("coordinator")
    sign_in_list(client, visit, all="yes")
    sign_in_list(client, visit, **{f"there.{visit.asked[0]}": "absent"})
    give(client, visit)
    page = client.get(f"/a/{visit.number}/history").text
    story = page[page.index("story-head") :]
    assert story.index("改了结果，第 2 次") < story.index("录了结果")
    assert f"发给 {visit.names[visit.served[0]]} 慰问金 500.00 元" in story
    assert re.search(r"<dt>状态</dt><dd><del>计划</del>.*?<ins>办了</ins>", story)
    assert f"<dt>{visit.names[visit.asked[0]]}</dt><dd><ins>没到</ins>" in story
    assert "coordinator-None" in story


def test_a_long_story_is_told_page_by_page(get_in, visit, fresh_database):
    with transaction(fresh_database) as session:
        for minutes in range(35):
            telling = Telling(ActivityStatus.HELD, narrative=f"第 {minutes} 句")
            now = NOW + timedelta(minutes=minutes)
            record_outcome(session, visit.number, telling, by=CONSOLE, now=now, zone=ZONE)
    client = get_in("viewer")
    first = client.get(f"/a/{visit.number}/history").text
    second = client.get(f"/a/{visit.number}/history?page=2").text
    assert "第 34 句" in first
    assert "<ins>第 4 句</ins>" in second
    assert "<del>第 4 句</del>" not in second
    assert "page=3" not in second
    assert client.get(f"/a/{visit.number}/history?page=0").status_code == 422
