"""The pages of the settings: who reads and who changes, what is wrong, what would follow, and the way back."""

import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from models import Activity, AuditEntry, Setting
from models.database import reading, transaction
from models.enums import ActivityStatus, OnHoliday
from outreach.holidays import notices_entered, workdays
from outreach.house_rules import HouseRules, house_rules, listed
from outreach.kind_marks import kind_marks
from tests.outreach.county import TODAY, County

SECTIONS = ("deadlines", "assignment", "channels", "retention", "kinds", "holidays", "language", "roles")
CLOSED = ("accounts", "backups")
NOTICE = (
    "元旦：1月1日（周五）至3日（周日）放假，共3天。春节：2月5日至11日放假调休，共7天。2月20日（周六）上班。"
)


@pytest.fixture
def county(fresh_database):
    with transaction(fresh_database) as session:
        made = County(session)
        made.person("volunteer", code="V1")
        made.campaign("DATES:2027-02-09", on_holiday=OnHoliday.NEXT_WORKDAY)
    return made


@pytest.fixture
def boss(get_in, county):
    return get_in("administrator")


def undo_of(answer, client):
    """The form in the status line of the page that an answer leads to: its address and its fields."""
    html = client.get(answer.headers["location"]).text
    line = html.partition('class="status-line"')[2]
    action = re.search(r'action="([^"]+)"', line)[1]
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', line))
    return action, fields


def fields_of(html, marker="novalidate"):
    """Every filled field of the first form with this marker."""
    form = html.partition(f"{marker}>")[2].partition("</form>")[0]
    found = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form))
    found |= dict(re.findall(r'<input[^>]* name="([^"]+)" value="([^"]*)" autocomplete', form))
    return found


def test_every_section_is_there_and_leads_on(boss):
    html = boss.get("/settings").text
    for section in (*SECTIONS, *CLOSED):
        assert f'href="/settings/{section}"' in html
        assert boss.get(f"/settings/{section}").status_code == 200, section


def test_every_rule_of_the_house_can_be_changed_on_some_page(boss):
    shown = "".join(boss.get(f"/settings/{section}").text for section in SECTIONS)
    assert [rule.name for rule in listed(HouseRules()) if f'name="{rule.name}"' not in shown] == []


def test_planners_read_the_rules_and_others_nothing(get_in, county):
    for role, unit, reads in (
        ("administrator", "BJ", True),
        ("coordinator", None, True),
        ("recorder", None, False),
        ("viewer", None, False),
    ):
        client = get_in(role, unit=unit)
        assert ('href="/settings"' in client.get("/week").text) is reads, role
        for section in SECTIONS:
            answer = client.get(f"/settings/{section}")
            assert answer.status_code == (200 if reads else 403), (role, section)
            assert "保存设置</button>" not in answer.text
        for section in CLOSED:
            assert client.get(f"/settings/{section}").status_code == 403, (role, section)
        for path in (
            "deadlines",
            "deadlines/try",
            "retention",
            "assignment",
            "assignment/try",
            "channels",
            "channels/test",
            "kinds",
            "holidays/2027",
            "holidays/2027/check",
            "holidays/2027/read",
        ):
            assert client.post(f"/settings/{path}", data={}).status_code == 403, (role, path)


def test_a_rule_is_saved_undone_and_noted(boss, fresh_database):
    typed = fields_of(boss.get("/settings/deadlines").text)
    assert typed["outcomes.missed_after_workdays"] == "10"
    saved = boss.post("/settings/deadlines", data={**typed, "outcomes.missed_after_workdays": " 20 "})
    assert saved.status_code == 303
    with reading(fresh_database) as session:
        assert house_rules(session).outcomes.missed_after_workdays == 20
        last = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
        assert last.after == {"outcomes.missed_after_workdays": 20} | {
            name: value for name, value in last.before.items() if name != "outcomes.missed_after_workdays"
        }
    action, fields = undo_of(saved, boss)
    assert boss.post(action, data=fields).status_code == 303
    with reading(fresh_database) as session:
        assert house_rules(session).outcomes.missed_after_workdays == 10


def test_an_empty_field_gives_a_rule_its_usual_value_back(boss, fresh_database):
    for value in ("20", ""):
        boss.post("/settings/deadlines", data={"outcomes.missed_after_workdays": value})
    with reading(fresh_database) as session:
        assert house_rules(session).outcomes.missed_after_workdays == 10
        assert session.scalar(select(Setting.name).where(Setting.name.like("outcomes%"))) is None


@pytest.mark.parametrize("wrong", ["0", "61", "ten", "-3", "9" * 30, "1.5"])
def test_what_is_wrong_is_said_beside_its_field_and_what_was_typed_stays(boss, fresh_database, wrong):
    typed = {"outcomes.missed_after_workdays": wrong, "outcomes.ask_after_days": "2"}
    answer = boss.post("/settings/deadlines", data=typed)
    assert answer.status_code == 422
    assert '<a href="#outcomes.missed_after_workdays">请填 3 到 60 之间的整数。</a>' in answer.text
    assert f'name="outcomes.missed_after_workdays" value="{wrong}"' in answer.text
    assert 'name="outcomes.ask_after_days" value="2"' in answer.text
    with reading(fresh_database) as session:
        assert house_rules(session).outcomes.ask_after_days == 1


def test_a_time_that_is_none_is_refused(boss):
    answer = boss.post("/settings/channels", data={"notices.remind_at": "25:00"})
    assert answer.status_code == 422
    assert "请填时间，如 08:30。" in answer.text


def test_whoever_saves_second_sees_both_and_loses_nothing(boss, fresh_database):
    seen = fields_of(boss.get("/settings/deadlines").text)
    assert boss.post("/settings/deadlines", data={**seen, "outcomes.ask_after_days": "2"}).status_code == 303
    answer = boss.post("/settings/deadlines", data={**seen, "outcomes.ask_after_days": "5"})
    assert answer.status_code == 412
    assert "<td>2</td><td>5</td>" in answer.text
    mine = fields_of(answer.text)
    assert mine["outcomes.ask_after_days"] == "5"
    assert boss.post("/settings/deadlines", data=mine).status_code == 303
    with reading(fresh_database) as session:
        assert house_rules(session).outcomes.ask_after_days == 5


def test_what_would_follow_is_tried_and_nothing_of_it_kept(boss, fresh_database):
    with transaction(fresh_database) as session:
        session.add(_over(_campaign_id(session), TODAY - timedelta(days=40)))
    tried = boss.post("/settings/deadlines/try", data={"outcomes.missed_after_workdays": "60"})
    assert tried.status_code == 200
    effects = tried.text.partition('id="effects"')[2].partition("</section>")[0]
    assert "按现在的设置" in effects
    assert "按改后的设置" in effects
    with reading(fresh_database) as session:
        assert house_rules(session).outcomes.missed_after_workdays == 10
        assert session.scalars(select(Activity.status)).all() == [ActivityStatus.PLANNED]
    assert boss.post("/settings/deadlines/try", data={"outcomes.ask_after_days": "99"}).status_code == 422


def _campaign_id(session):
    from models import Campaign

    return session.scalars(select(Campaign)).one()


def _over(campaign, day):
    from uuid import uuid4

    from tests.outreach.county import NOW

    return Activity(
        uid=uuid4(),
        campaign_id=campaign.id,
        unit_id=campaign.unit_id,
        day=day,
        last_day=day,
        status=ActivityStatus.PLANNED,
        changed_at=NOW,
        people_changed_at=NOW,
    )


def test_retention_says_what_would_be_forgotten(boss):
    tried = boss.post("/settings/retention/try", data={"retention.runs_days": "7"})
    assert tried.status_code == 200
    assert "清理" in tried.text or "忘" in tried.text


def test_a_test_message_is_really_written_and_told(boss, fresh_database, settings, tmp_path):
    assert "先在账号页关联" in boss.get("/settings/channels").text
    refused = boss.post("/settings/channels/test")
    assert "还没有关联到有邮箱的人" in boss.get(refused.headers["location"]).text
    with transaction(fresh_database) as session:
        from models import Account, Person

        person = session.scalars(select(Person)).first()
        person.email = "boss@example.org"
        session.scalars(select(Account)).first().person_id = person.id
    told = boss.post("/settings/channels/test")
    html = boss.get(told.headers["location"]).text
    assert "信已写成文件" in html
    (file,) = (tmp_path / "outbox").rglob("*.eml")
    assert b"boss@example.org" in file.read_bytes()
    assert file.name in html


def test_the_mark_of_a_kind_changes_on_every_page_at_once(boss, fresh_database):
    seen = fields_of(boss.get("/settings/kinds").text)
    saved = boss.post("/settings/kinds", data={**seen, "mark.study": "读", "tint.study": "6"})
    assert saved.status_code == 303
    action, fields = undo_of(saved, boss)
    with transaction(fresh_database) as session:
        session.add(_over(_campaign_id(session), TODAY))
    assert '<span class="mark tint-6" aria-hidden="true">读</span>' in boss.get("/week").text
    assert boss.post(action, data=fields).status_code == 303
    assert '<span class="mark tint-2" aria-hidden="true">学</span>' in boss.get("/week").text


def test_an_own_kind_is_added_named_and_taken_away(boss, fresh_database):
    added = boss.post("/settings/kinds", data={"new.name": "合唱", "new.mark": "唱", "new.tint": "4"})
    assert added.status_code == 303
    with reading(fresh_database) as session:
        assert dict(kind_marks(session).names) == {"合唱": "合唱"}
    renamed = boss.post("/settings/kinds", data={"name.合唱": "合唱团"})
    assert renamed.status_code == 303
    gone = boss.post("/settings/kinds", data={"gone.合唱": "yes"})
    action, fields = undo_of(gone, boss)
    boss.post(action, data=fields)
    with reading(fresh_database) as session:
        found = kind_marks(session)
        assert dict(found.names) == {"合唱": "合唱团"}
        assert found.marks["合唱"].mark == "唱"


def test_all_kinds_taken_away_at_once_come_back(boss, fresh_database):
    for name, mark in (("合唱", "唱"), ("书法", "书")):
        boss.post("/settings/kinds", data={"new.name": name, "new.mark": mark, "new.tint": "4"})
    gone = boss.post("/settings/kinds", data={"gone.合唱": "yes", "gone.书法": "yes"})
    action, fields = undo_of(gone, boss)
    assert boss.post(action, data=fields).status_code == 303
    with reading(fresh_database) as session:
        found = kind_marks(session)
        assert dict(found.names) == {"合唱": "合唱", "书法": "书法"}
        assert {code: each.mark for code, each in found.marks.items()} == {"合唱": "唱", "书法": "书"}


def test_faults_of_marks_stand_at_their_fields(boss):
    answer = boss.post("/settings/kinds", data={"mark.study": "读书", "new.mark": "唱"})
    assert answer.status_code == 422
    assert '<a href="#mark.study">' in answer.text
    assert '<a href="#new.name">' in answer.text
    assert 'value="读书"' in answer.text


def test_the_missing_year_is_said_and_a_pasted_notice_shows_what_it_moves_before_it_is_saved(
    boss, fresh_database
):
    assert "2027年的放假安排还没有录入" in boss.get("/settings/holidays").text
    with transaction(fresh_database) as session:
        _plan(session)
    read = boss.post("/settings/holidays/2027/read", data={"text": NOTICE})
    assert read.status_code == 200
    assert "放假 2027年2月5" in read.text
    assert "1 场活动改期" in read.text
    with reading(fresh_database) as session:
        assert notices_entered(session) == {}
    typed = _days_of(read.text)
    saved = boss.post("/settings/holidays/2027", data=typed)
    assert saved.status_code == 303
    with reading(fresh_database) as session:
        assert workdays(session).is_official(2027)
        assert session.scalars(select(Activity.day)).all() == [_day("2027-02-12")]
    action, fields = undo_of(saved, boss)
    assert boss.post(action, data=fields).status_code == 303
    with reading(fresh_database) as session:
        assert notices_entered(session) == {}
        assert session.scalars(select(Activity.day)).all() != [_day("2027-02-12")]


def _day(text):
    from datetime import date

    return date.fromisoformat(text)


def _days_of(html):
    form = html.partition('<div class="months"')[0].rpartition("<form")[2] + html.partition("data-days>")[2]
    version = re.search(r'name="version" value="(\d+)"', form)[1]
    days = {name: re.findall(rf'name="{name}" value="([\d-]+)" checked', form) for name in ("free", "work")}
    return {"version": version, **days}


def _plan(session):
    from outreach.permissions import CLOCKWORK
    from outreach.planning import horizon_end, plan
    from tests.outreach.county import NOW, ZONE

    plan(
        session,
        today=TODAY,
        through=horizon_end(TODAY),
        zone=ZONE,
        workdays=workdays(session),
        by=CLOCKWORK,
        now=NOW,
    )


def test_what_a_notice_says_that_cannot_be_right_is_shown(boss):
    html = boss.post("/settings/holidays/2027/read", data={"text": "春节：2月5日（周一）放假，共1天。"}).text
    assert "没有读懂的" in html
    assert "没有读出任何日子" in html
    assert boss.post("/settings/holidays/2027/read", data={"text": " "}).status_code == 422


def test_every_line_of_a_text_that_names_no_day_is_shown_as_unread(boss):
    html = boss.post("/settings/holidays/2027/read", data={"text": "元旦放三天\n\n <b>春节</b>照旧 \n"}).text
    assert "没有读出任何日子" in html
    assert "<li>没有用上这一句：元旦放三天</li>" in html
    assert "<li>没有用上这一句：&lt;b&gt;春节&lt;/b&gt;照旧</li>" in html
    assert html.count("没有用上这一句") == 2


def test_days_marked_by_hand_are_checked_and_saved(boss, fresh_database):
    marked = {"free": ["2027-03-01", "2027-03-02"], "work": ["2027-03-06"]}
    checked = boss.post("/settings/holidays/2027/check", data=marked)
    assert checked.status_code == 200
    assert "保存并重排</button>" in checked.text
    assert boss.post("/settings/holidays/2027", data=_days_of(checked.text)).status_code == 303
    with reading(fresh_database) as session:
        assert notices_entered(session)[2027].work == {_day("2027-03-06")}


def test_a_day_marked_both_ways_or_unreadable_is_refused_with_all_marks_kept(boss):
    answer = boss.post("/settings/holidays/2027", data={"free": ["2027-03-06", "x"], "work": ["2027-03-06"]})
    assert answer.status_code == 422
    assert 'href="#days"' in answer.text
    assert 'name="free" value="2027-03-06" checked' in answer.text


def test_the_second_to_save_a_year_keeps_their_marks(boss):
    first = _days_of(boss.get("/settings/holidays/2027").text)
    assert boss.post("/settings/holidays/2027", data={**first, "free": ["2027-03-01"]}).status_code == 303
    second = boss.post("/settings/holidays/2027", data={**first, "free": ["2027-03-02"]})
    assert second.status_code == 412
    again = _days_of(second.text)
    assert again["free"] == ["2027-03-02"]
    assert boss.post("/settings/holidays/2027", data=again).status_code == 303


@pytest.mark.parametrize("year", ["1999", "2101", "9999"])
def test_a_year_nobody_plans_in_is_not_found(boss, year):
    for path in ("", "/check", "/read"):
        assert boss.post(f"/settings/holidays/{year}{path}", data={"text": "x"}).status_code == 404
    assert boss.get(f"/settings/holidays/{year}").status_code == 404


def test_weights_are_tried_on_an_activity_ahead(boss, fresh_database):
    assert "近期没有要排人的活动" in boss.get("/settings/assignment").text
    with transaction(fresh_database) as session:
        from models import Place

        campaign = _campaign_id(session)
        session.add(Place(campaign_id=campaign.id, role="any", needed=1))
        session.add(_over(campaign, TODAY + timedelta(days=3)))
    assert "何V1" in boss.get("/settings/assignment").text
    tried = boss.post("/settings/assignment/try", data={"assignment.weight_load": "0"})
    assert tried.status_code == 200
    assert "顺序不变" in tried.text


def test_no_page_asks_more_of_the_database_with_more_rows(boss, counted, fresh_database):
    for section in (*SECTIONS, *CLOSED):
        assert counted(lambda section=section: boss.get(f"/settings/{section}")) <= 15, section
    assert counted(lambda: boss.get("/settings/holidays/2027")) <= 15


def test_backups_say_where_they_lie_and_why_each_stays(boss, settings, now):
    assert "还没有备份" in boss.get("/settings/backups").text
    folder = settings.data / "backups"
    folder.mkdir(parents=True)
    for name in ("yinling-2026-09-14.zip", "yinling-2026-08-31.zip", "notes.txt"):
        (folder / name).write_bytes(b"x" * 10)
    html = boss.get("/settings/backups").text
    assert "最近一次 9月14日 周一" in html
    assert "共 2 份" in html
    assert "notes.txt" not in html
    assert str(folder) in html


def test_the_roles_are_those_that_are_asked(boss):
    html = boss.get("/settings/roles").text
    row = html.partition("账号、设置、节假日、导入、运行")[2].partition("</tr>")[0]
    assert row.count("<td") == 4
    assert row.count("不能") == 3


def test_english_and_traditional_are_complete(boss):
    for language, word in (("en", "Deadlines"), ("zh-TW", "時限")):
        answer = boss.get("/settings/deadlines", headers={"Accept-Language": language})
        assert word in answer.text
    assert urlsplit(str(answer.url)).path == "/settings/deadlines"
