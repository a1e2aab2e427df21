"""Pages by HTTP, without a browser: who gets in, what stands on them, and what they never tell."""

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Engine, select

from api.security import SESSION_COOKIE, sign_in_url
from calendars.periods import parse_period
from models import CampaignMetric, Metric, Place, Unit
from models.database import transaction
from models.enums import ActivityStatus, Qualifier
from outreach import accounts, closing
from outreach.metrics import keep_dictionary
from outreach.outcomes import Attended, Entered, Telling, record_outcome
from outreach.permissions import CLOCKWORK, CONSOLE
from tests.api.conftest import PASSWORD
from tests.outreach.county import ZONE, County
from tests.outreach.test_agenda import an_activity


@pytest.fixture
def link(fresh_database: Engine, now: datetime) -> str:
    with transaction(fresh_database) as session:
        return accounts.first_administrator(session, now=now).sign_in


@pytest.fixture
def county(fresh_database: Engine) -> Any:
    """A root unit with a village below it, a plan, and a study day of which something was told."""
    with transaction(fresh_database) as session:
        keep_dictionary(session)
        county = County(session)
        county.village = county.unit("X01", county.root)
        retirees = [county.person("retiree") for _ in range(3)]
        study = county.campaign("DATES:2026-09-08,2026-09-17", serves=retirees)
        for position, code in enumerate(("study.sessions", "study.person_times", "materials.issued")):
            metric = session.query(Metric).filter_by(code=code).one()
            session.add(CampaignMetric(campaign_id=study.id, metric_id=metric.id, position=position))
        session.add(Place(campaign_id=study.id, needed=2))
        county.told = an_activity(county, study, date(2026, 9, 8)).id
        county.ahead = an_activity(county, study, date(2026, 9, 17)).id
        county.forgotten = an_activity(county, study, date(2026, 9, 14)).id
        record_outcome(
            session,
            county.told,
            Telling(
                status=ActivityStatus.HELD,
                attendance=[Attended(person.code) for person in retirees],
                measures=(
                    Entered("materials.issued", Decimal(300), Qualifier.AT_LEAST, {"kind": "leaflet"}),
                ),
                narrative="学了新的章程。",
            ),
            by=CONSOLE,
            now=datetime(2026, 9, 9, 1, tzinfo=ZONE),
            zone=ZONE,
        )
    return county


# Getting in


@pytest.mark.parametrize("path", ["/", "/week/2026-09-14", "/tally", "/tally/2026-09"])
def test_whoever_is_not_signed_in_is_sent_to_sign_in_and_comes_back(reader, path):
    answer = reader.get(path)
    assert answer.status_code == 303
    assert answer.headers["location"] == ("/login" if path == "/" else f"/login?next={path}")


def test_without_any_account_the_page_says_how_to_make_one(reader, fresh_database, now):
    assert "yinling init" in reader.get("/login").text
    with transaction(fresh_database) as session:
        accounts.first_administrator(session, now=now)
    assert "yinling init" not in reader.get("/login").text


def test_fetching_the_printed_link_signs_nobody_in_and_uses_nothing_up(reader, link):
    for _ in range(3):
        answer = reader.get(f"/welcome/{link}")
        assert answer.status_code == 200
        assert "set-cookie" not in answer.headers
        assert 'name="password"' not in answer.text
    form = reader.post(f"/welcome/{link}")
    assert 'name="password"' in form.text
    assert "set-cookie" not in form.headers


def test_the_link_sets_name_and_password_once(reader, link):
    account = {"step": "account", "name": "周敏", "password": PASSWORD, "again": PASSWORD}
    first = reader.post(f"/welcome/{link}", data=account)
    assert (first.status_code, first.headers["location"]) == (303, "/")
    cookie = first.headers["set-cookie"].lower()
    assert all(word in cookie for word in ("httponly", "samesite=lax", "path=/"))
    assert reader.get(f"/welcome/{link}").status_code == 404
    assert reader.post(f"/welcome/{link}", data=account).status_code == 404


def test_two_different_passwords_are_refused_and_the_name_is_kept(reader, link):
    account = {"step": "account", "name": "周敏", "password": PASSWORD, "again": "另一个密码呀"}
    answer = reader.post(f"/welcome/{link}", data=account)
    assert answer.status_code == 422
    assert "两次输入的密码不一样" in answer.text
    assert 'value="周敏"' in answer.text
    assert reader.post(f"/welcome/{link}", data={**account, "again": PASSWORD}).status_code == 303


def test_a_wrong_password_and_an_unknown_name_are_told_in_the_same_words(get_in):
    reader = get_in()
    reader.post("/sign-out")
    answers = [
        reader.post("/login", data={"name": name, "password": "错的错的错的错"})
        for name in ("administrator-None", "没有这个人")
    ]
    assert [answer.status_code for answer in answers] == [401, 401]
    assert all("账号或密码不对" in answer.text for answer in answers)
    assert answers[0].text.replace("administrator-None", "") == answers[1].text.replace("没有这个人", "")


def test_after_five_wrong_tries_one_has_to_wait(get_in):
    reader = get_in()
    reader.post("/sign-out")
    wrong = {"name": "administrator-None", "password": "错的错的错的错"}
    assert [reader.post("/login", data=wrong).status_code for _ in range(5)] == [401] * 5
    answer = reader.post("/login", data={**wrong, "password": PASSWORD})
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0


@pytest.mark.parametrize(
    ("wanted", "leads_to"),
    [
        ("/tally/2026-09?unit=BJ", "/tally/2026-09?unit=BJ"),
        ("//evil.example", "/"),
        ("https://evil.example", "/"),
    ],
)
def test_signing_in_leads_back_to_our_own_pages_only(get_in, wanted, leads_to):
    reader = get_in()
    reader.post("/sign-out")
    account = {"name": "administrator-None", "password": PASSWORD, "next": wanted}
    assert reader.post("/login", data=account).headers["location"] == leads_to


def test_signing_out_ends_the_session_itself(get_in):
    reader = get_in()
    secret = reader.cookies[SESSION_COOKIE]
    assert reader.post("/sign-out").status_code == 303
    reader.cookies.set(SESSION_COOKIE, secret)
    assert reader.get("/").headers["location"] == "/login"


def test_over_https_the_cookie_is_sent_over_https_alone(app, reader, link):
    from dataclasses import replace

    office = app.state.office
    secure = office.settings.model_copy(update={"public_url": "https://testserver"})
    app.state.office = replace(office, settings=secure)
    account = {"step": "account", "name": "周敏", "password": PASSWORD, "again": PASSWORD}
    assert "secure" in reader.post(f"/welcome/{link}", data=account).headers["set-cookie"].lower()


@pytest.mark.parametrize("path", ["/login", "/sign-out", "/theme", "/tally/2026-08/close"])
def test_a_form_of_another_site_is_refused(get_in, path):
    reader = get_in()
    foreign = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
    assert reader.post(path, data={"unit": "BJ"}, headers=foreign).status_code == 403


def test_pages_tell_their_origin_to_themselves(reader):
    """A policy of no referrer at all would make a browser on plain http send its own forms from nowhere."""
    assert reader.get("/login").headers["referrer-policy"] == "strict-origin"


def test_the_printed_link_is_the_one_that_opens(reader, link):
    assert reader.get(sign_in_url("http://testserver", link)).status_code == 200


# The week


def test_the_week_shows_days_activities_and_what_is_missing(county, get_in):
    page = get_in().get("/week/2026-09-14").text
    assert "9月14–20日" in page
    assert len(re.findall(r'<section class="day', page)) == 7
    assert f'href="/a/{county.ahead}"' in page
    assert "缺 2 人" in page
    assert "结果待录" in page


def test_the_week_carries_the_lunar_day_the_festival_and_the_make_up_day(county, get_in):
    reader = get_in()
    page = reader.get("/week/2026-09-25").text
    assert "9月21–27日" in page
    assert "八月十五" in page
    assert "中秋节" in page
    assert '<abbr class="rest"' in page
    assert '<abbr class="work"' not in page
    assert '<abbr class="work"' in reader.get("/week/2026-09-20").text


def test_a_unit_one_may_not_see_is_not_found(county, get_in):
    reader = get_in("viewer", unit="X01")
    assert reader.get("/").status_code == 200
    assert reader.get("/?unit=BJ").status_code == 404
    assert reader.get("/tally/2026-09?unit=BJ").status_code == 404
    assert reader.get(f"/a/{county.ahead}").status_code == 404


@pytest.mark.parametrize("path", ["/week/soon", "/week/0001-01-01", "/week/9999-12-31", "/week/2026-13-01"])
def test_a_week_that_is_none_is_not_found(county, get_in, path):
    assert get_in().get(path).status_code == 404


def test_the_week_asks_few_questions_whatever_there_is_to_show(county, get_in, fresh_database, counted):
    reader = get_in()
    few = counted(lambda: reader.get("/week/2026-09-14"))
    with transaction(fresh_database) as session:
        county.session = session
        campaign = county.campaign("DATES:2026-09-18")
        for _ in range(30):
            county.assign(an_activity(county, campaign, date(2026, 9, 18)), county.person("volunteer"))
    many = counted(lambda: reader.get("/week/2026-09-14"))
    assert many == few
    assert few <= 15


# The tally


def test_every_figure_leads_to_as_many_records_as_it_says(county, get_in):
    reader = get_in()
    page = reader.get("/tally/2026-09").text
    links = re.findall(r'href="(/tally/2026-09/[^"]+)"', page)
    assert len(links) > 2
    for link in links:
        records = reader.get(link.replace("&amp;", "&"))
        assert records.status_code == 200
        assert "与表中一致" in records.text, link


def test_a_figure_says_how_sure_it_is_and_of_what_it_consists(county, get_in):
    page = get_in().get("/tally/2026-09").text
    assert ">300余</a>" in page
    assert "宣传单 300" in page


@pytest.mark.parametrize(
    "path", ["/tally/2026-09", "/tally/2026-08/close", "/tally/2026-Q3", "/tally/2026-09/materials.issued"]
)
def test_the_tally_asks_few_questions_whatever_there_is_to_show(
    county, get_in, fresh_database, counted, path
):
    reader = get_in()
    reader.get(path)
    assert counted(lambda: reader.get(path)) <= 15
    when = datetime(2026, 9, 16, 1, tzinfo=ZONE)
    with transaction(fresh_database) as session:
        county.session = session
        for number in range(10):
            place = county.unit(f"X1{number}", session.get(Unit, county.village.id))
            for day in (date(2026, 8, 18), date(2026, 9, 10)):
                activity = an_activity(county, county.campaign(f"DATES:{day}", unit_id=place.id), day)
                leaflets = Entered("materials.issued", Decimal(30), Qualifier.EXACT, {"kind": "leaflet"})
                telling = Telling(status=ActivityStatus.HELD, measures=(leaflets,), narrative="发了传单。")
                record_outcome(session, activity.id, telling, by=CONSOLE, now=when, zone=ZONE)
        for month in ("2026-07", "2025-09"):
            closing.close_month(
                session, parse_period(month), county.root.id, by=CLOCKWORK, today=when.date(), now=when
            )
    assert counted(lambda: reader.get(path)) <= 15


@pytest.mark.parametrize("period", ["2026-09", "2026-Q3", "2026"])
def test_months_quarters_and_years_lead_to_each_other(county, get_in, period):
    page = get_in().get(f"/tally/{period}").text
    for other in ("2026-09", "2026-Q3", "2026"):
        assert f'href="/tally/{other}?unit=BJ"' in page


@pytest.mark.parametrize(
    "path", ["/tally/2026-13", "/tally/later", "/tally/2026-09/no.such", "/tally/2026-09/org.branches"]
)
def test_a_period_or_figure_that_is_none_is_not_found(county, get_in, path):
    assert get_in().get(path).status_code == 404


def test_the_downloads_of_the_page_come_by_the_session_alone(county, get_in):
    reader = get_in()
    page = reader.get("/tally/2026-09").text
    links = re.findall(r'href="(/api/v1/tallies/[^"]+)"', page)
    assert len(links) == 4
    kinds = [reader.get(link).headers["content-type"].partition(";")[0] for link in links]
    assert [kind.rpartition(".")[2] for kind in kinds] == [
        "sheet",
        "document",
        "text/csv",
        "application/json",
    ]


def test_a_month_is_closed_by_a_form_after_being_asked(county, get_in):
    reader = get_in("coordinator")
    assert "/tally/2026-08/close" in reader.get("/tally/2026-08").text
    assert "关账以后" in reader.get("/tally/2026-08/close").text
    done = reader.post("/tally/2026-08/close", data={"unit": "BJ"})
    assert (done.status_code, done.headers["location"]) == (303, "/tally/2026-08?unit=BJ")
    page = reader.get("/tally/2026-08").text
    assert "已关账" in page
    assert "/tally/2026-08/close" not in page
    assert reader.post("/tally/2026-08/close", data={"unit": "BJ"}).status_code == 409


def test_whoever_may_not_sign_is_neither_offered_nor_allowed_to_close(county, get_in):
    reader = get_in("viewer")
    assert "/tally/2026-08/close" not in reader.get("/tally/2026-08").text
    assert reader.get("/tally/2026-08/close").status_code == 403
    assert reader.post("/tally/2026-08/close", data={"unit": "BJ"}).status_code == 403
    assert reader.post("/tally/2026-08/sign", data={"unit": "BJ"}).status_code == 403


def test_a_month_is_signed_by_a_button_and_can_then_be_closed(county, get_in):
    reader = get_in("coordinator", unit="BJ")
    assert "签发</button>" in reader.get("/tally/2026-08").text
    signed = reader.post("/tally/2026-08/sign", data={"unit": "BJ"})
    assert (signed.status_code, signed.headers["location"]) == (303, "/tally/2026-08?unit=BJ")
    page = reader.get("/tally/2026-08").text
    assert "已签发 2026-08 月报" in page
    assert "coordinator-BJ" in page
    assert "签发</button>" not in page
    assert "/tally/2026-08/close" in page
    assert reader.post("/tally/2026-09/sign", data={"unit": "BJ"}).status_code == 422


def test_a_month_that_the_clock_closed_unsigned_says_so(county, get_in, fresh_database, now):
    with transaction(fresh_database) as session:
        closing.close_month(
            session,
            parse_period("2026-08"),
            session.scalars(select(Unit.id).where(Unit.code == "BJ")).one(),
            by=CLOCKWORK,
            today=now.date(),
            now=now,
        )
    reader = get_in()
    assert "按时自动关账，没有人签发" in reader.get("/tally/2026-08").text
    assert "没有人签发" not in reader.get("/tally/2026-09").text


def test_a_month_that_is_not_over_is_not_offered_to_be_closed(county, get_in):
    reader = get_in()
    assert "/tally/2026-09/close" not in reader.get("/tally/2026-09").text
    assert reader.post("/tally/2026-09/close", data={"unit": "BJ"}).status_code == 422


# The page of a calendar's entry


def test_without_a_session_a_calendars_link_tells_nothing_of_the_activity(county, reader):
    known, unknown = (reader.get(f"/a/{number}") for number in (county.told, 999_999))
    assert known.status_code == unknown.status_code == 200
    assert "个人链接" in known.text
    assert known.text.replace(f"/a/{county.told}", "").replace(
        f"%2Fa%2F{county.told}", ""
    ) == unknown.text.replace("/a/999999", "").replace("%2Fa%2F999999", "")


def test_staff_come_to_the_activity_and_what_was_told_of_it(county, get_in):
    client = get_in()
    assert "学了新的章程。" in client.get(f"/a/{county.told}").text
    page = client.get(f"/a/{county.told}/outcome").text
    assert "学了新的章程。" in page
    assert "300余份" in page
    assert "何P001" in page


@pytest.mark.parametrize("number", ["0", "-1", "x", "99999999999", "1.5"])
def test_what_cannot_be_an_activity_is_not_found(county, get_in, number):
    assert get_in().get(f"/a/{number}").status_code == 404


# What goes wrong


def test_an_unknown_address_gets_a_page_that_leads_on(reader):
    answer = reader.get("/nowhere")
    assert answer.status_code == 404
    assert 'href="/"' in answer.text
    assert answer.headers["content-type"].startswith("text/html")


def test_a_program_that_reads_no_pages_gets_a_document(reader):
    answer = reader.get("/nowhere", headers={"Accept": "application/json"})
    assert answer.headers["content-type"] == "application/problem+json"
    assert reader.get("/api/v1/nowhere").headers["content-type"] == "application/problem+json"


def test_a_form_opened_as_a_page_says_which_ways_there_are(reader):
    answer = reader.get("/sign-out")
    assert answer.status_code == 405
    assert "POST" in answer.headers["allow"]
    assert answer.headers["content-type"].startswith("text/html")


@pytest.mark.logs_errors
def test_what_nobody_foresaw_gets_a_page_with_a_number_to_quote(app, reader):
    @app.get("/broken")
    def broken() -> None:
        raise RuntimeError("a secret detail")

    answer = reader.get("/broken")
    assert answer.status_code == 500
    assert re.search(r"<b>[0-9a-f]{8}</b>", answer.text)
    assert "secret detail" not in answer.text


# How pages look


def test_pages_speak_the_language_that_is_asked_for(reader):
    for asked, tag, word in (
        ("zh-CN", "zh-Hans", "登录"),
        ("zh-TW", "zh-Hant", "登入"),
        ("en-GB", "en", "Sign in"),
    ):
        page = reader.get("/login", headers={"Accept-Language": asked}).text
        assert f'<html lang="{tag}"' in page
        assert word in page


def test_the_theme_is_kept_in_a_cookie_and_set_by_the_server(reader):
    assert "data-theme" not in reader.get("/login").text
    assert reader.post("/theme", data={"theme": "dark", "next": "/login"}).headers["location"] == "/login"
    assert '<html lang="zh-Hans" data-theme="dark">' in reader.get("/login").text
    reader.post("/theme", data={"theme": "system"})
    assert "data-theme" not in reader.get("/login").text


@pytest.mark.parametrize("path", ["/", "/tally/2026-09", "/login", "/nowhere"])
def test_no_page_needs_a_script_or_a_style_of_its_own(county, get_in, path):
    page = get_in().get(path).text
    assert not re.search(r"<script(?![^>]* src=\"/static/[^\"]+\"></script>)", page)
    assert "<style" not in page
    assert not re.search(r"\s(style|on\w+)=", page)


def test_static_files_are_kept_by_their_version(reader):
    address = re.search(r'href="(/static/pages\.css\?v=[0-9a-f]+)"', reader.get("/login").text)
    assert address
    assert "immutable" in reader.get(address[1]).headers["cache-control"]
    assert reader.get("/static/pages.css").headers["cache-control"] == "no-cache"


def test_pages_with_peoples_names_stay_in_no_cache(county, get_in):
    assert get_in().get("/").headers["cache-control"] == "private, no-store"


@pytest.mark.parametrize("path", ["/login", "/", "/nowhere", "/static/pages.css", "/healthz"])
def test_head_is_answered_as_get_without_the_body(county, get_in, path):
    client = get_in()
    head, get = client.head(path), client.get(path)
    assert (head.status_code, head.content) == (get.status_code, b"")
    assert head.headers.get("content-type") == get.headers.get("content-type")


def test_in_english_a_tally_has_no_chinese_unit(county, get_in):
    page = get_in().get("/tally/2026-09", headers={"Accept-Language": "en"}).text
    table = page[page.index("<tbody") : page.rindex("</tbody>")]
    assert "Study sessions held" in table
    assert not re.search(r"[\u4e00-\u9fff]", table)


def test_the_unit_is_switched_in_the_frame_alone(county, get_in):
    client = get_in("viewer")
    for path in ("/owed", "/tally/2026-09"):
        page = client.get(path).text
        assert 'id="at-unit"' in page
        assert "<select" not in page.partition("<main")[2]


def test_signing_in_asks_whether_there_is_an_account_and_not_for_all(county, get_in, counted):
    client = get_in("viewer")
    assert counted(lambda: client.get("/login")) == 1


def test_all_that_is_owed_can_be_seen_and_each_leads_to_its_form(county, get_in):
    client = get_in()
    page = client.get("/owed").text
    assert f'href="/a/{county.forgotten}/outcome"' in page
    assert f"/a/{county.told}/" not in page
    within = client.get("/owed?since=2026-09-01&through=2026-09-13").text
    assert "/outcome" not in within
    assert client.get("/owed?since=soon").status_code == 404
    assert client.get("/owed?unit=X01").status_code == 200
