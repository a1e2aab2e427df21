"""The pages of campaigns: the list, one of them, making and changing with what follows shown before it is saved."""

import re
from datetime import date, time
from html import unescape
from html.parser import HTMLParser
from itertools import count

import pytest
from sqlalchemy import func, select

from models import Activity, Campaign, Place, Unit
from models.database import reading, transaction
from models.enums import ActivityStatus, CampaignStatus, OnHoliday
from tests.outreach.county import County

STUDY = "RRULE:FREQ=MONTHLY;BYMONTHDAY=20"


@pytest.fixture
def county(fresh_database):
    """A running campaign with its plan, a draft, and a village with a campaign of its own."""
    with transaction(fresh_database) as session:
        county = County(session)
        county.village = county.unit("X01", county.root)
        volunteer, retiree = county.person("volunteer"), county.person("retiree")
        county.retiree = retiree.code
        county.team_code = (team := county.team(volunteer)).code
        study = county.campaign(STUDY, code="XX20", team_id=team.id, start_time=time(9), duration_minutes=120)
        study.name = "每月学习日"
        session.add(Place(campaign_id=study.id, needed=2))
        county.study_id = study.id
        county.campaign("FESTIVAL:重阳节", code="CY", kind="festival_visit", status=CampaignStatus.DRAFT)
        county.campaign("TERM:清明", code="QM", unit_id=county.village.id)
        county.held(study, date(2026, 8, 20), volunteer)
        county.plan(through=date(2027, 9, 15))
    return county


def the_same(session):
    """The county again, in another transaction."""
    county = County.__new__(County)
    county.session, county.numbers = session, count(100)
    county.root = session.scalars(select(Unit).where(Unit.code == "BJ")).one()
    return county


def planned_days(engine, code):
    with reading(engine) as session:
        rows = session.scalars(
            select(Activity.day)
            .join(Campaign, Campaign.id == Activity.campaign_id)
            .where(Campaign.code == code, Activity.status == ActivityStatus.PLANNED)
            .order_by(Activity.day)
        )
        return [day.isoformat() for day in rows]


class FormReader(HTMLParser):
    """Collects the fields of the first form that is sent to a campaign."""

    def __init__(self):
        super().__init__()
        self.fields, self.inside, self.over = [], False, False
        self.select = self.area = None

    def handle_starttag(self, tag, attributes):
        told = dict(attributes)
        if tag == "form" and told.get("method") == "post":
            self.inside = told["action"].startswith("/campaigns/") and not self.over
        if not self.inside:
            return
        name = told.get("name")
        ticked = told.get("type") not in ("checkbox", "radio") or "checked" in told
        if tag == "input" and name and ticked:
            self.fields.append((name, told.get("value", "")))
        elif tag == "select":
            self.select, self.first, self.chosen = name, None, None
        elif tag == "option" and self.select:
            self.first = told["value"] if self.first is None else self.first
            self.chosen = told["value"] if "selected" in told else self.chosen
        elif tag == "textarea":
            self.area, self.text = name, ""

    def handle_data(self, data):
        if self.area:
            self.text += data

    def handle_endtag(self, tag):
        if tag == "form" and self.inside:
            self.inside, self.over = False, True
        elif tag == "select" and self.select:
            self.fields.append((self.select, self.first if self.chosen is None else self.chosen))
            self.select = None
        elif tag == "textarea" and self.area:
            self.fields.append((self.area, self.text))
            self.area = None


def form_of(page):
    """The fields of a campaign's form, as a browser would send them untouched."""
    reader = FormReader()
    reader.feed(page)
    assert reader.fields
    return reader.fields


def sent(fields, **changed):
    """What is sent after some fields were changed; None takes one out."""
    kept = [(name, value) for name, value in fields if name not in changed]
    told = [(name, value) for name, value in changed.items() if value is not None]
    data = {}
    for name, value in [*kept, *told]:
        data.setdefault(name, []).append(value)
    return data


NEW = {
    "name": "八一走访",
    "code": "BY",
    "kind": "festival_visit",
    "unit_code": "BJ",
    "pattern": "festival",
    "festival": "国庆节",
    "shift_side": "before",
    "shift": "3",
    "shift_unit": "WD",
    "on_holiday": "keep",
    "starts_on": "2026-09-15",
    "ends_on": "2028-12-31",
    "start_time": "09:00",
    "duration": "2",
    "duration_unit": "hours",
    "needed_0": "3",
    "whom_0": "role:retiree",
    "metric": ["visits.person_times", "visits.people"],
    "status": "active",
}


# The list


def test_the_list_says_how_far_each_campaign_is(get_in, county):
    page = get_in("coordinator").get("/campaigns").text
    row = page[page.index('href="/campaigns/XX20"') :].partition("</tr>")[0]
    assert "每月20日·2026年1月1日" in row
    assert "<b>1</b>/5" in row
    assert '<time datetime="2026-09-20">9月20日 周日</time>' in row
    assert "进行中" in row
    draft = page[page.index('href="/campaigns/CY"') :].partition("</tr>")[0]
    assert "草稿" in draft
    assert "没有" in draft


def test_the_list_is_of_the_chosen_unit_and_narrowed_by_links(get_in, county):
    client = get_in("coordinator")
    assert "/campaigns/QM" in client.get("/campaigns").text
    village = client.get("/campaigns?unit=X01").text
    assert "/campaigns/QM" in village
    assert "/campaigns/XX20" not in village
    client.get("/campaigns?unit=BJ")
    drafts = client.get("/campaigns?status=draft").text
    assert "/campaigns/CY" in drafts
    assert "/campaigns/XX20" not in drafts
    assert "/campaigns/CY" in client.get("/campaigns?kind=festival_visit").text
    assert "没有符合条件的专项" in client.get("/campaigns?q=nothing-like-it").text


@pytest.mark.parametrize("words", ["学习", "xuexi", "myxx", "XX20", "MeiYue"])
def test_a_campaign_is_found_by_name_pinyin_initials_and_code(get_in, county, words):
    page = get_in("coordinator").get("/campaigns", params={"q": words}).text
    assert "/campaigns/XX20" in page
    assert "/campaigns/QM" not in page


def test_an_office_without_campaigns_is_offered_templates(get_in, fresh_database):
    with transaction(fresh_database) as session:
        County(session)
    client = get_in("coordinator")
    page = client.get("/campaigns").text
    assert "还没有专项" in page
    assert 'href="/campaigns/new?template=double_ninth"' in page
    form = client.get("/campaigns/new?template=double_ninth").text
    fields = dict(form_of(form))
    assert (fields["name"], fields["pattern"], fields["festival"]) == ("重阳走访", "festival", "重阳节")
    assert (fields["shift_side"], fields["shift"]) == ("before", "3")
    dates = client.post("/campaigns/preview", data=sent(form_of(form))).text
    assert "共 2 次，首次 10月14日 周三" in dates


def test_a_unit_without_campaigns_is_told_of_those_of_higher_units_at_work_there(
    get_in, county, fresh_database
):
    client = get_in("coordinator")
    with transaction(fresh_database) as session:
        more = the_same(session)
        below = more.unit("X02", more.root).id
    words = "也在这里办"
    assert words not in client.get("/campaigns?unit=X02").text
    with transaction(fresh_database) as session:
        first = session.scalars(select(Activity).where(Activity.campaign_id == county.study_id)).first()
        first.unit_id = below
    told = client.get("/campaigns?unit=X02").text
    assert "今年有上级单位的 1 个专项也在这里办" in told
    assert 'href="/plan/2026"' in told
    assert "每月学习日" in client.get("/plan/2026?unit=X02").text
    assert words not in client.get("/campaigns?unit=BJ").text


def test_the_pages_ask_the_same_whatever_the_number_of_rows(get_in, county, counted, fresh_database):
    client = get_in("coordinator")
    addresses = ("/campaigns", "/campaigns/XX20", "/campaigns/XX20/edit", "/campaigns/new")
    few = {each: counted(lambda each=each: client.get(each)) for each in addresses}
    with transaction(fresh_database) as session:
        study = session.get_one(Campaign, county.study_id)
        more = the_same(session)
        people = [more.person("volunteer") for _ in range(30)]
        for day in range(1, 29):
            more.held(study, date(2026, 7, day), *people)
        for number in range(30):
            more.campaign("RRULE:FREQ=WEEKLY;BYDAY=MO", code=f"M{number:02}", starts_on=date(2026, 9, 1))
        more.plan()
    many = {each: counted(lambda each=each: client.get(each)) for each in addresses}
    assert many == few
    assert {each: count for each, count in many.items() if count > 15} == {}


# One


def test_the_page_of_one_shows_what_it_is_and_what_happens(get_in, county):
    client = get_in("coordinator")
    page = client.get("/campaigns/XX20").text
    for words in (
        "每月20日",
        "参加最多",
        "最近的改动" if "最近的改动" in page else "2026 年进度",
        "缺 2 人",
    ):
        assert words in page, words
    assert page.count('class="activity') >= 4
    assert "还没有办过" not in page
    past = client.get("/campaigns/XX20?show=past").text
    assert "8月20日" in past
    assert "9月20日 周日" not in past[past.index("activities-head") : past.index("year-head")]


def test_who_only_looks_gets_no_buttons_and_may_do_nothing(get_in, county):
    client = get_in("viewer")
    page = client.get("/campaigns/XX20").text
    assert "/campaigns/XX20/edit" not in page
    assert "新建专项" not in client.get("/campaigns").text
    assert client.get("/campaigns/XX20/edit").status_code == 403
    assert client.get("/campaigns/new").status_code == 403
    assert client.post("/campaigns/new", data=NEW).status_code == 403
    assert client.post("/campaigns/preview", data=NEW).status_code == 403
    assert client.post("/campaigns/XX20/ended", data={}).status_code == 403


def test_another_unit_finds_nothing(get_in, county):
    client = get_in("coordinator", unit="X01")
    assert client.get("/campaigns/XX20").status_code == 404
    assert client.get("/campaigns/XX20/edit").status_code == 404
    assert client.post("/campaigns/XX20/paused", data={}).status_code == 404
    assert "/campaigns/XX20" not in client.get("/campaigns").text


# Making


def test_a_new_campaign_is_planned_at_once_and_the_status_line_says_how_much(get_in, county, fresh_database):
    client = get_in("coordinator")
    answer = client.post("/campaigns/new", data=NEW)
    assert (answer.status_code, answer.headers["location"]) == (303, "/campaigns/BY")
    assert planned_days(fresh_database, "BY") == ["2026-09-28"]
    assert "已保存八一走访，排入月历 1 场。" in client.get("/campaigns/BY").text
    with reading(fresh_database) as session:
        made = session.scalars(select(Campaign).where(Campaign.code == "BY")).one()
        assert (made.schedule, made.duration_minutes) == ("FESTIVAL:国庆节;shift=-3WD", 120)


def test_a_draft_is_not_planned(get_in, county, fresh_database):
    client = get_in("coordinator")
    client.post("/campaigns/new", data=NEW | {"status": "draft"})
    assert planned_days(fresh_database, "BY") == []
    assert "存为草稿" in client.get("/campaigns/BY").text


def test_what_is_wrong_is_said_by_its_field_and_everything_typed_is_kept(get_in, county, fresh_database):
    client = get_in("coordinator")
    wrong = NEW | {
        "name": "",
        "festival": "泼水节",
        "whom_1": "person",
        "who_1": "谁也不是",
        "needed_1": "many",
        "notes": "带伞",
    }
    answer = client.post("/campaigns/new", data=wrong)
    assert answer.status_code == 422
    assert 'href="#name"' in answer.text
    assert 'href="#festival"' in answer.text
    assert 'href="#needed_1"' in answer.text
    kept = dict(form_of(answer.text))
    assert (kept["notes"], kept["who_1"], kept["start_time"]) == ("带伞", "谁也不是", "09:00")
    unknown = client.post("/campaigns/new", data=NEW | {"whom_1": "person", "who_1": "谁也不是"})
    assert unknown.status_code == 422
    assert 'href="#who_1"' in unknown.text
    taken = client.post("/campaigns/new", data=NEW | {"code": "XX20"})
    assert taken.status_code == 422
    assert 'href="#code"' in taken.text
    with reading(fresh_database) as session:
        assert session.scalar(select(func.count()).select_from(Campaign)) == 3


def test_the_length_that_is_suggested_is_in_the_unit_that_stands_beside_it(get_in, county):
    html = get_in("coordinator").get("/campaigns/new").text
    assert 'placeholder="120"' in re.search(r'<input[^>]*id="duration"[^>]*>', html)[0]
    units = re.search(r'<select id="duration_unit".*?</select>', html, re.DOTALL)[0]
    assert " selected" not in units
    assert re.search(r'<option value="(\w+)"', units)[1] == "minutes"


@pytest.mark.parametrize(
    ("asked", "field", "why"),
    [
        ({"needed_0": "-3"}, "needed_0", "应在 0 到 10000 之间。"),
        ({"needed_0": "99999999999"}, "needed_0", "应在 0 到 10000 之间。"),
        ({"needed_0": "3.5"}, "needed_0", "“3.5”不是整数。"),
        ({"needed_0": "9" * 5000}, "needed_0", "不是整数。"),
        ({"pattern": "daily", "every": "-1"}, "every", "应在 1 到 99999 之间。"),
        ({"pattern": "cadence", "cadence": "0", "cadence_unit": "D"}, "cadence", "应在 1 到 99999 之间。"),
        ({"duration": "-2", "duration_unit": "minutes"}, "duration", "应在 1 到 44640 之间。"),
        ({"duration": "745", "duration_unit": "hours"}, "duration", "应在 1 到 744 之间。"),
    ],
)
def test_a_whole_number_out_of_bounds_is_told_the_bounds(get_in, county, asked, field, why):
    answer = get_in("coordinator").post("/campaigns/new", data=NEW | asked)
    assert answer.status_code == 422
    note = re.search(rf'id="{field}-note" class="note fault">([^<]*)<', answer.text)
    assert note is not None
    assert note[1].endswith(why)


def test_a_person_may_be_named_by_name_unless_several_have_it(get_in, county, fresh_database):
    client = get_in("coordinator")
    name = f"何{county.retiree}"
    person = {"whom_0": "person", "who_0": name, "code": "P1"}
    assert client.post("/campaigns/new", data=NEW | person).status_code == 303
    assert county.retiree in dict(form_of(client.get("/campaigns/P1/edit").text))["who_0"]
    with transaction(fresh_database) as session:
        more = the_same(session)
        more.person("retiree", code="TWIN").name = name
    answer = client.post("/campaigns/new", data=NEW | person | {"code": "P2"})
    assert answer.status_code == 422
    assert "不止一人" in answer.text


# The preview


def test_the_preview_shows_dates_with_reasons_and_keeps_nothing(get_in, county, fresh_database):
    client = get_in("coordinator")
    piece = client.post("/campaigns/preview", data=NEW)
    assert piece.status_code == 200
    assert "<html" not in piece.text
    assert "共 3 次，首次 9月28日 周一" in piece.text
    assert "往前第 3 个工作日" in piece.text
    with reading(fresh_database) as session:
        assert session.scalar(select(func.count()).select_from(Campaign)) == 3


def test_the_preview_moves_dates_off_holidays_and_says_from_where(get_in, county):
    asked = NEW | {
        "pattern": "monthly",
        "on_day": "15",
        "shift_side": "",
        "on_holiday": OnHoliday.PREVIOUS_WORKDAY.value,
        "starts_on": "2026-11-01",
        "ends_on": "2026-12-31",
    }
    piece = get_in("coordinator").post("/campaigns/preview", data=asked).text
    assert "原 11月15日 周日，提前到 11月13日 周五" in piece
    assert "共 2 次" in piece


def test_the_preview_names_what_the_dates_get_in_the_way_of(get_in, county):
    asked = NEW | {"pattern": "dates", "dates": "2026-10-20", "shift_side": "", "team_code": county.team_code}
    piece = get_in("coordinator").post("/campaigns/preview", data=asked).text
    assert "撞：" in piece
    assert "每月学习日" in piece


def test_the_preview_says_how_far_ahead_activities_are_made(get_in, county):
    client = get_in("coordinator")
    words = "月历先排到 2027年9月15日"
    asked = NEW | {"pattern": "dates", "shift_side": ""}
    within, beyond = (
        client.post("/campaigns/preview", data=asked | {"dates": f"2026-10-20\n{last}"}).text
        for last in ("2027-09-15", "2027-09-16")
    )
    assert "共 2 次" in within
    assert words not in within
    assert "共 2 次" in beyond
    assert words in beyond
    page = client.post("/campaigns/new", data=asked | {"dates": "2026-10-20\n2027-09-16"})
    assert "排入月历 1 场" in client.get(page.headers["location"]).text


@pytest.mark.parametrize(("name", "called"), [("八一走访", "八一走访"), (" ", "这个专项")])
def test_a_clash_names_the_campaign_that_is_being_made(get_in, county, name, called):
    asked = NEW | {"pattern": "dates", "dates": "2026-10-03", "shift_side": "", "name": name}
    piece = get_in("coordinator").post("/campaigns/preview", data=asked).text
    assert f"当天排有活动：{called}。" in piece


def test_a_clash_names_the_campaign_that_is_being_changed(get_in, county):
    client = get_in("coordinator")
    form = form_of(client.get("/campaigns/CY/edit").text)
    told = sent(form, pattern="dates", dates="2026-10-03", shift_side="", do="preview")
    [called] = told["name"]
    for name in (called, ""):
        page = client.post("/campaigns/CY/edit", data=told | {"name": name}).text
        assert f"当天排有活动：{called}。" in page


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"pattern": "yearly", "month_2": "yes", "on_day": "30"}, "2月没有 30 日"),
        (
            {"pattern": "festival", "festival": "重阳节", "ends_on": "2026-09-30"},
            "最近的一次是 10月18日 周日",
        ),
        ({"pattern": "dates", "dates": "2026-10-03", "on_holiday": "skip"}, "这些日子都是公休"),
        ({"pattern": "birthday", "birthday": "all", "whom_0": ""}, "还没有选对象"),
        ({"pattern": "cadence", "cadence": "90", "cadence_unit": "D", "whom_0": ""}, "还没有结对"),
        ({"pattern": "case", "case_kind": "hospital", "case_within": "2", "case_unit": "D"}, "没有这类个案"),
        ({"pattern": "", "festival": ""}, "还算不出日期"),
        ({"starts_on": "2026-13-01"}, "还算不出日期"),
    ],
)
def test_a_rule_without_a_date_says_why(get_in, county, asked, why):
    piece = get_in("coordinator").post("/campaigns/preview", data=NEW | {"shift_side": ""} | asked)
    assert piece.status_code == 200
    assert why in piece.text


def test_without_scripts_the_button_shows_the_dates_on_the_whole_page(get_in, county):
    page = get_in("coordinator").post("/campaigns/new", data=NEW | {"do": "preview"})
    assert page.status_code == 200
    assert "<html" in page.text
    assert "共 3 次，首次 9月28日 周一" in page.text
    assert dict(form_of(page.text))["name"] == "八一走访"


# Changing


def test_a_form_sent_untouched_changes_nothing(get_in, county, fresh_database):
    client = get_in("coordinator")
    before = planned_days(fresh_database, "XX20")
    for code in ("XX20", "CY", "QM"):
        answer = client.post(
            f"/campaigns/{code}/edit", data=sent(form_of(client.get(f"/campaigns/{code}/edit").text))
        )
        assert answer.status_code == 303, code
    with reading(fresh_database) as session:
        versions = session.scalars(select(Campaign.version).order_by(Campaign.id)).all()
    assert set(versions) == {1}
    assert planned_days(fresh_database, "XX20") == before


def test_what_a_change_does_to_the_plan_is_shown_and_only_then_saved(get_in, county, fresh_database):
    client = get_in("coordinator")
    fields = form_of(client.get("/campaigns/XX20/edit").text)
    moved = sent(fields, on_day="21")
    shown = client.post("/campaigns/XX20/edit", data=moved)
    assert shown.status_code == 200
    assert "撤下 12 场" in shown.text
    assert "新增 12 场" in shown.text
    assert planned_days(fresh_database, "XX20")[0] == "2026-09-20"
    saved = client.post("/campaigns/XX20/edit", data=sent(form_of(shown.text)))
    assert saved.status_code == 303
    assert (
        planned_days(fresh_database, "XX20")
        == [f"2026-{month:02}-21" for month in (9, 10, 11, 12)]
        + [f"2027-{month:02}-21" for month in range(1, 9)]
        or planned_days(fresh_database, "XX20")[0] == "2026-09-21"
    )
    assert "已保存每月学习日：撤下" in client.get("/campaigns/XX20").text


def test_another_time_of_day_moves_and_what_people_have_made_theirs_stays(get_in, county, fresh_database):
    with transaction(fresh_database) as session:
        first = session.scalars(
            select(Activity).where(Activity.status == ActivityStatus.PLANNED).order_by(Activity.day)
        ).first()
        first.by_hand = True
        first.version += 1
    client = get_in("coordinator")
    fields = form_of(client.get("/campaigns/XX20/edit").text)
    shown = client.post("/campaigns/XX20/edit", data=sent(fields, start_time="14:30"))
    assert shown.status_code == 200
    assert "改期 11 场" in shown.text
    assert "10月20日 周二 9:00 → 10月20日 周二 14:30" in shown.text
    away = client.post("/campaigns/XX20/edit", data=sent(fields, on_day="22"))
    assert "已有人定下，保留 1 场" in away.text


def test_effects_that_changed_after_they_were_shown_are_shown_anew(get_in, county, fresh_database):
    client = get_in("coordinator")
    fields = form_of(client.get("/campaigns/XX20/edit").text)
    shown = client.post("/campaigns/XX20/edit", data=sent(fields, on_day="21"))
    with transaction(fresh_database) as session:
        session.scalars(
            select(Activity).where(Activity.status == ActivityStatus.PLANNED).order_by(Activity.day)
        ).first().by_hand = True
    again = client.post("/campaigns/XX20/edit", data=sent(form_of(shown.text)))
    assert again.status_code == 412
    assert "请再看一遍" in again.text
    assert planned_days(fresh_database, "XX20")[0] == "2026-09-20"
    assert client.post("/campaigns/XX20/edit", data=sent(form_of(again.text))).status_code == 303


def test_going_back_from_the_effects_keeps_what_was_typed(get_in, county):
    client = get_in("coordinator")
    fields = form_of(client.get("/campaigns/XX20/edit").text)
    shown = client.post("/campaigns/XX20/edit", data=sent(fields, on_day="21", notes="改在廿一"))
    back = client.post("/campaigns/XX20/edit", data=sent(form_of(shown.text), do="back"))
    assert back.status_code == 200
    kept = dict(form_of(back.text))
    assert (kept["on_day"], kept["notes"], kept["shown"]) == ("21", "改在廿一", "")


def test_the_second_of_two_sees_both_versions_and_loses_nothing(get_in, county, fresh_database):
    client = get_in("coordinator")
    fields = form_of(client.get("/campaigns/XX20/edit").text)
    assert client.post("/campaigns/XX20/edit", data=sent(fields, name="学习日")).status_code == 303
    second = client.post("/campaigns/XX20/edit", data=sent(fields, place="会议室"))
    assert second.status_code == 412
    assert "<td>学习日</td><td>每月学习日</td>" in second.text
    assert "<td></td><td>会议室</td>" in second.text
    mine = form_of(second.text)
    assert dict(mine)["place"] == "会议室"
    assert client.post("/campaigns/XX20/edit", data=sent(mine)).status_code == 303
    with reading(fresh_database) as session:
        kept = session.get_one(Campaign, county.study_id)
        assert (kept.name, kept.place) == ("每月学习日", "会议室")


def test_a_rule_beyond_the_sentence_is_changed_as_text_and_never_lost(get_in, county, fresh_database):
    text = "RRULE:FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO"
    client = get_in("coordinator")
    assert client.post("/campaigns/new", data=NEW | {"pattern": "text", "schedule": text}).status_code == 303
    fields = dict(form_of(client.get("/campaigns/BY/edit").text))
    assert (fields["pattern"], fields["schedule"]) == ("text", text)
    assert text in unescape(client.get("/campaigns/BY").text)


# Steps


def test_pausing_shows_what_follows_and_is_undone_from_the_status_line(get_in, county, fresh_database):
    client = get_in("coordinator")
    before = planned_days(fresh_database, "XX20")
    asked = client.get("/campaigns/XX20/paused")
    assert "撤下" in asked.text
    assert planned_days(fresh_database, "XX20") == before
    answer = client.post("/campaigns/XX20/paused", data=sent(form_of(asked.text)))
    assert answer.status_code == 303
    assert planned_days(fresh_database, "XX20") == []
    page = client.get("/campaigns/XX20").text
    assert "已暂停" in page
    undo = re.search(r'<form method="post" action="(/campaigns/XX20/active)">(.*?)</form>', page, re.DOTALL)
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', undo[2]))
    assert client.post(undo[1], data=fields).status_code == 303
    assert planned_days(fresh_database, "XX20") == before


def test_ending_keeps_what_was_recorded(get_in, county, fresh_database):
    client = get_in("coordinator")
    asked = client.get("/campaigns/XX20/ended").text
    assert "已经录过结果的活动和数字都留着" in asked
    assert client.post("/campaigns/XX20/ended", data=sent(form_of(asked))).status_code == 303
    assert planned_days(fresh_database, "XX20") == []
    with reading(fresh_database) as session:
        held = select(func.count()).where(Activity.status == ActivityStatus.HELD)
        assert session.scalar(held) == 1
    page = client.get("/campaigns/XX20").text
    assert "已结束" in page
    assert "/campaigns/XX20/active" in page


def test_a_step_that_somebody_else_took_meanwhile_is_shown_anew(get_in, county):
    client = get_in("coordinator")
    asked = client.get("/campaigns/XX20/ended").text
    other = client.get("/campaigns/XX20/paused").text
    assert client.post("/campaigns/XX20/paused", data=sent(form_of(other))).status_code == 303
    answer = client.post("/campaigns/XX20/ended", data=sent(form_of(asked)))
    assert answer.status_code == 412
    assert "请再看一遍" in answer.text
    assert client.post("/campaigns/XX20/ended", data=sent(form_of(answer.text))).status_code == 303


def test_a_step_that_there_is_not_is_not_found(get_in, county):
    client = get_in("coordinator")
    assert client.get("/campaigns/XX20/deleted").status_code == 404
    assert client.post("/campaigns/XX20/draft", data={}).status_code == 404


def test_a_step_that_cannot_follow_leads_back_and_says_so(get_in, county):
    client = get_in("coordinator")
    asked = sent(form_of(client.get("/campaigns/XX20/paused").text))
    ended = sent(form_of(client.get("/campaigns/XX20/ended").text))
    assert client.post("/campaigns/XX20/ended", data=ended).status_code == 303
    unseen = {name: value for name, value in asked.items() if name != "version"}
    for form in (asked, unseen):
        answer = client.post("/campaigns/XX20/paused", data=form)
        assert (answer.status_code, answer.headers["location"]) == (303, "/campaigns/XX20")
        page = client.get("/campaigns/XX20").text
        assert "不能从 已结束 变为 已暂停" in page
    draft = client.get("/campaigns/CY/paused")
    assert (draft.status_code, draft.headers["location"]) == (303, "/campaigns/CY")
    assert "不能从 草稿 变为" in client.get("/campaigns/CY").text
