"""People on pages: the register, a dossier and who looked at it, the form, records that were one person."""

import re
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select, update

from models import AuditEntry, Matter, Merge, Person
from models.database import reading, transaction
from models.enums import AuditAction, LedgerKind
from outreach import dossiers, ledger, people
from outreach.dossiers import EventKind
from outreach.ledger import Brought, Handover
from outreach.people_search import spellings
from outreach.permissions import CONSOLE, EVERYWHERE
from tests.outreach.county import NOW, TODAY, County


@pytest.fixture
def office(app, fresh_database):
    """Two villages with a few people; much has happened with one of them."""
    with transaction(fresh_database) as session:
        county = County(session)
        county.village, county.other = (county.unit(code, county.root) for code in ("X01", "X02"))
        for code, name, roles, unit, columns in (
            (
                "R1",
                "何玉兰",
                ["retiree"],
                county.village,
                {"birth_date": date(1936, 12, 30), "mobile": "138"},
            ),
            ("R2", "何玉兰", ["retiree"], county.village, {"birth_date": date(1936, 12, 1), "notes": "四楼"}),
            ("V1", "单国庆", ["volunteer"], county.other, {"available": "Mon-Fri 09:00-12:00"}),
            ("M1", "小明", ["minor"], county.village, {"birth_date": date(2015, 1, 1), "mobile": "139"}),
        ):
            person = county.person(*roles, unit=unit, code=code, **columns)
            person.name = name
            for column, spelt in spellings(name).items():
                setattr(person, column, spelt)
            setattr(county, code, person)
        county.pair(county.V1, county.R1, code="P1", visit_every="P30D")
        campaign = county.campaign("CADENCE:P30D", serves=[county.R1], kind="rural")
        for day in range(1, 4):
            county.held(campaign, date(2026, 8, day), county.R1, county.V1, subject_person_id=county.R1.id)
        county.plan()
        county.case(county.R1, date(2026, 9, 1))
        money = Handover(paid_on=date(2026, 9, 1), kind=LedgerKind.CASH, amount=200, person_id=county.R1.id)
        ledger.hand_over_many(session, [Brought(money)], by=CONSOLE, now=NOW)
        for person in (county.R1, county.R2, county.V1, county.M1):
            session.refresh(person)
    return county


def looks(engine, action=AuditAction.READ):
    with reading(engine) as session:
        noted = select(AuditEntry.row_id).where(
            AuditEntry.action == action, AuditEntry.table_name == "people"
        )
        return session.scalars(noted).all()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["R1", "R2", "V1", "M1"]),
        ("?q=hyl", ["R1", "R2"]),
        ("?q=单", ["V1"]),
        ("?role=minor", ["M1"]),
        ("?standing=left", []),
        ("?due=yes", ["R1"]),
        ("?q=nobody", []),
        ("?sort=age", ["R2", "R1", "V1", "M1"]),
        ("?unit=X02", ["V1"]),
    ],
)
def test_people_are_found_filtered_and_sorted(get_in, office, query, found):
    page = get_in("viewer").get(f"/people{query}").text
    rows = re.findall(r'<th [^>]*scope="row"[^>]*><a class="who" href="/people/(\w+)">', page)
    assert sorted(rows) == sorted(found) if "sort" not in query else rows == found


def test_a_list_tells_neither_age_nor_birth_of_a_minor(get_in, office):
    page = get_in("viewer").get("/people?role=minor").text
    assert "小明" in page
    assert "11" not in re.sub(r"<[^>]+>", "", page.split("<tbody")[1].split("</tbody>")[0])


def test_a_long_list_goes_on_where_it_stopped(get_in, office, fresh_database, monkeypatch):
    monkeypatch.setattr("api.pages.people.register.PEOPLE_SHOWN", 3)
    client = get_in("viewer")
    first = client.get("/people").text
    more = re.search(r'href="(/people\?after=[^"]+)"', first)[1]
    second = client.get(more).text
    rows = [*re.findall(r'row"><a class="who" href="/people/(\w+)', first + second)]
    assert sorted(rows) == ["M1", "R1", "R2", "V1"]
    assert client.get("/people?after=NOBODY").status_code == 404


@pytest.mark.parametrize("path", ["/people", "/people/R1", "/people/duplicates", "/people/R1/edit"])
def test_a_page_asks_at_most_fifteen_questions_whatever_the_number(
    get_in, office, counted, fresh_database, path
):
    client = get_in("coordinator", unit="BJ")
    few = counted(lambda: client.get(path))
    with transaction(fresh_database) as session:
        county = object.__new__(County)
        county.session, county.numbers, county.root = session, iter(range(900, 999)), office.root
        for _ in range(30):
            person = county.person("retiree", birth_date=date(1936, 12, 5))
            person.name, person.sort_key = "何玉兰", office.R1.sort_key
            county.pair(person, office.R1, code=None)
        campaign = county.campaign("DATES:2026-08-01")
        for day in range(1, 29):
            county.held(campaign, date(2026, 7, day), office.R1)
            county.case(office.R1, date(2026, 7, day))
    many = counted(lambda: client.get(path))
    assert many <= max(few, 15)
    assert many <= 15, many


def test_a_dossier_tells_what_happened_and_what_to_mind(get_in, office):
    page = get_in("recorder").get("/people/R1").text
    for words in ("何玉兰", "89 岁", "满 90 岁", "住院", "200.00 元", "单国庆", "每 30 天 走访", "过期"):
        assert words in page, words
    assert "住院" not in get_in("viewer").get("/people/R1").text
    assert "138" not in page
    assert get_in("recorder", unit="X02").get("/people/R1").status_code == 404


@pytest.mark.parametrize(
    ("born", "is_told"),
    [
        (date(2015, 1, 1), False),
        (date(TODAY.year - 50, TODAY.month, TODAY.day) + timedelta(days=1), False),
        (date(TODAY.year - 50, TODAY.month, TODAY.day), True),
        (date(TODAY.year - 59, TODAY.month, TODAY.day), True),
    ],
)
def test_a_round_birthday_is_told_from_fifty_on(get_in, office, fresh_database, born, is_told):
    with transaction(fresh_database) as session:
        session.execute(update(Person).where(Person.code == "M1").values(birth_date=born))
    page = get_in("recorder").get("/people/M1").text
    assert " 岁" in page
    assert ("满 60 岁" in page) is is_told


def test_many_events_of_one_day_are_all_on_one_page(office, fresh_database):
    with transaction(fresh_database) as session:
        paid = [
            Brought(
                Handover(
                    paid_on=date(2026, 8, day),
                    kind=LedgerKind.CASH,
                    amount=number,
                    person_id=office.R1.id,
                )
            )
            for day, count in ((20, 3), (19, 30), (18, 2))
            for number in range(1, count + 1)
        ]
        ledger.hand_over_many(session, paid, by=CONSOLE, now=NOW)
    shown, before = [], None
    with reading(fresh_database) as session:
        for _ in range(2):
            reaches = {"within": EVERYWHERE, "purse": EVERYWHERE, "known": EVERYWHERE}
            page = dossiers.story(session, office.R1.id, **reaches, before=before, limit=6)
            shown.append([each.day.day for each in page.events if each.kind is EventKind.MONEY])
            before = page.before
    assert shown == [[1, 20, 20, 20, *[19] * 30], [18, 18]]
    assert before is None


def test_a_number_is_shown_when_asked_for_and_that_is_noted(get_in, office, fresh_database):
    client = get_in("viewer")
    page = client.post("/people/R1/phone")
    assert (page.status_code, "tel:138" in page.text) == (200, True)
    assert looks(fresh_database) == [office.R1.id] * 2


def test_every_look_is_noted_and_at_a_minor_the_page_says_so(get_in, office, fresh_database):
    client = get_in("coordinator")
    assert "每次打开都会记入审计" in client.get("/people/M1").text
    client.get("/people/M1/edit")
    assert "每次打开都会记入审计" not in client.get("/people/R1").text
    assert looks(fresh_database) == [office.M1.id, office.M1.id, office.R1.id]


def test_a_form_that_comes_back_is_a_look_as_well(get_in, office, fresh_database):
    client = get_in("coordinator")
    typed = form_of(client, "/people/M1/edit")
    forms = (
        ("/people/M1/leave", {"until": "哪天"}, 422),
        ("/people/M1/bereaved", {"opened_on": "哪天"}, 422),
        ("/people/M1/edit", {**typed, "name": ""}, 422),
        ("/people/M1/edit", {**typed, "version": "0"}, 412),
        ("/people/R1/merge", {"with": "M1", "state": "R1"}, 412),
    )
    for number, (path, sent, status) in enumerate(forms, start=2):
        assert client.post(path, data=sent).status_code == status, path
        assert looks(fresh_database).count(office.M1.id) == number, path


def test_a_right_is_asked_for_before_a_form_is_read(get_in, office, fresh_database):
    client = get_in("viewer")
    for path, typed in (("leave", {"until": "哪天"}), ("bereaved", {"opened_on": "哪天"})):
        answer = client.post(f"/people/M1/{path}", data=typed)
        assert (answer.status_code, "小明" in answer.text) == (403, False)
    assert looks(fresh_database) == []


@pytest.mark.parametrize("number", ["0", "99999999999999999999", "x", "-1"])
def test_what_cannot_be_a_number_of_a_deed_is_not_found(get_in, office, number):
    client = get_in("coordinator")
    for path in (f"/people/merges/{number}/undo", f"/people/bulk/{number}/undo"):
        assert client.post(path).status_code == 404


def test_a_viewer_gets_no_button_and_no_deed(get_in, office):
    client = get_in("viewer")
    page = client.get("/people/R1").text
    assert "/people/R1/edit" not in page
    for path in (
        "/people/R1/edit",
        "/people/new",
        "/people/duplicates",
        "/people/R1/merge",
        "/people/R1/erase",
    ):
        assert client.get(path).status_code == 403, path
    for path, data in (
        ("/people/R1/edit", {"name": "x"}),
        ("/people/R1/leave", {"until": "2026-09-01"}),
        ("/people/R1/bereaved", {"opened_on": "2026-09-01"}),
        ("/people/R1/erase", {"reason": "x", "confirm": "何玉兰"}),
        ("/people/apart", {"one": "R1", "other": "R2"}),
        ("/people/R1/merge", {"with": "R2"}),
    ):
        assert client.post(path, data=data).status_code == 403, path


def form_of(client, path):
    """The fields of the form about a person, as a browser would send them."""
    page = client.get(path).text
    form = page[page.index('class="person-form"') :]
    form = form[: form.index("</form>")]
    fields = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and (("checkbox" not in tag and "radio" not in tag) or " checked" in tag):
            fields[name[1]] = value[1] if value else ""
    for name, inside in re.findall(r'<select id="(\w+)".*?>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected', inside)
        fields[name] = chosen[1] if chosen else ""
    return fields | dict(re.findall(r'<textarea id="(\w+)"[^>]*>(.*?)</textarea>', form, re.DOTALL))


def known(engine, code):
    with reading(engine) as session:
        return people.person(session, code, within=EVERYWHERE, today=TODAY)


def test_a_form_sent_as_it_came_changes_nothing(get_in, office, fresh_database):
    client = get_in("coordinator")
    for code in ("R1", "V1", "M1"):
        before = known(fresh_database, code)
        answer = client.post(f"/people/{code}/edit", data=form_of(client, f"/people/{code}/edit"))
        assert answer.status_code == 303, answer.text
        assert known(fresh_database, code) == before
    assert looks(fresh_database, AuditAction.CHANGED) == []


def test_what_is_typed_is_kept_and_what_is_wrong_is_said_at_its_field(get_in, office, fresh_database):
    client = get_in("coordinator")
    typed = form_of(client, "/people/R1/edit") | {
        "email": "nowhere",
        "birth_date": "1936-13-40",
        "notes": "听力弱",
    }
    answer = client.post("/people/R1/edit", data=typed)
    assert answer.status_code == 422
    assert all(words in answer.text for words in ('href="#email"', "听力弱", "nowhere"))
    assert known(fresh_database, "R1").notes is None


@pytest.mark.parametrize(
    ("field", "typed", "why"),
    [
        ("birth_date", (TODAY + timedelta(days=1)).isoformat(), "出生日期不能晚于今天。"),
        ("mobile", "abc", "“abc”里没有数字"),
        ("mobile", "#", "“#”里没有数字"),
        ("max_per_month", "-3", "应在 0 到 1000 之间。"),
        ("max_per_month", "three", "“three”不是整数。"),
    ],
)
@pytest.mark.parametrize("path", ["/people/new", "/people/R1/edit"])
def test_what_cannot_be_true_of_anybody_is_refused_at_the_field(
    get_in, office, fresh_database, path, field, typed, why
):
    client = get_in("coordinator")
    answer = client.post(path, data=form_of(client, path) | {"name": "何小满", field: typed})
    assert answer.status_code == 422
    assert re.search(rf'id="{field}-note" class="note fault">[^<]*{why}', answer.text)
    assert known(fresh_database, "R1").name == "何玉兰"


def test_born_today_and_a_number_with_words_are_kept(get_in, office, fresh_database):
    client = get_in("coordinator")
    typed = {"birth_date": TODAY.isoformat(), "mobile": "村委会 8888 转 3"}
    assert client.post("/people/R1/edit", data=form_of(client, "/people/R1/edit") | typed).status_code == 303
    after = known(fresh_database, "R1")
    assert (after.birth_date, after.mobile) == (TODAY, "村委会 8888 转 3")


def test_the_week_becomes_the_text_of_the_contract(get_in, office, fresh_database):
    client = get_in("coordinator")
    typed = form_of(client, "/people/V1/edit")
    assert typed["Wed_0_from"] == "09:00"
    typed |= {"Sat_0_from": "14:00", "Sat_0_to": "17:00", "lunar_month": "8", "lunar_day": "15"}
    assert client.post("/people/V1/edit", data=typed).status_code == 303
    after = known(fresh_database, "V1")
    assert after.available == "Mon-Fri 09:00-12:00;Sat 14:00-17:00"
    assert after.lunar_birthday == "8-15"


def test_who_was_not_first_sees_both_versions_and_loses_nothing(get_in, office, fresh_database):
    client = get_in("coordinator")
    typed = form_of(client, "/people/R1/edit") | {"address": "柳河镇"}
    with transaction(fresh_database) as session:
        session.execute(update(Person).where(Person.code == "R1").values(address="石桥镇"))
    answer = client.post("/people/R1/edit", data=typed)
    assert answer.status_code == 412
    assert all(words in answer.text for words in ("柳河镇", "石桥镇"))
    again = typed | {"version": re.search(r'name="version" value="(\d+)"', answer.text)[1]}
    assert client.post("/people/R1/edit", data=again).status_code == 303
    assert known(fresh_database, "R1").address == "柳河镇"


def test_somebody_of_the_same_name_and_month_is_shown_before_another_is_made(get_in, office, fresh_database):
    client = get_in("coordinator")
    typed = {"name": "何玉兰", "unit_code": "X01", "role_retiree": "yes", "birth_date": "1936-12-15"}
    answer = client.post("/people/new", data=typed)
    assert answer.status_code == 422
    assert all(code in answer.text for code in ("R1", "R2"))
    answer = client.post("/people/new", data=typed | {"is_another": "yes"})
    assert answer.status_code == 303
    made = known(fresh_database, answer.headers["location"].rpartition("/")[2])
    assert (made.name, made.unit_code, [*made.roles]) == ("何玉兰", "X01", ["retiree"])


def undo_of(client, page):
    """Press the button of the status line."""
    line = page[page.index('class="status-line"') :]
    action = re.search(r'<form method="post" action="([^"]+)">', line)[1]
    fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', line[: line.index("</form>")]))
    return client.post(action, data=fields)


def test_leaving_and_a_death_can_be_taken_back(get_in, office, fresh_database):
    client = get_in("coordinator")
    assert client.post("/people/R1/leave", data={"until": "2026-09-10"}).status_code == 303
    assert known(fresh_database, "R1").until == date(2026, 9, 10)
    assert undo_of(client, client.get("/people/R1").text).status_code == 303
    assert known(fresh_database, "R1").until is None
    assert client.post("/people/R1/bereaved", data={"opened_on": "2027-01-01"}).status_code == 422
    assert client.post("/people/R1/bereaved", data={"opened_on": "2026-09-14"}).status_code == 303
    with reading(fresh_database) as session:
        assert session.scalar(select(Person.frozen_on).where(Person.code == "R1")) == date(2026, 9, 14)
        assert session.scalar(select(func.count()).where(Matter.kind == "bereavement")) == 1
    status = client.cookies["yinling_status"]
    with reading(fresh_database) as session:
        told = select(Matter.code, Matter.version).where(Matter.kind == "bereavement")
        case, version = session.execute(told).one()
    back = {"case": case, "version": str(version)}
    assert client.post("/people/R2/not-bereaved", data=back).status_code == 404
    stale = client.post("/people/R1/not-bereaved", data={**back, "version": str(version + 1)})
    assert "别人刚刚改过" in client.get(stale.headers["location"]).text
    with reading(fresh_database) as session:
        assert session.scalar(select(Person.frozen_on).where(Person.code == "R1")) == date(2026, 9, 14)
    client.cookies.set("yinling_status", status)
    assert undo_of(client, client.get("/people/R1").text).status_code == 303
    with reading(fresh_database) as session:
        assert session.scalar(select(Person.frozen_on).where(Person.code == "R1")) is None


def test_nobody_is_erased_without_their_name_typed(get_in, office, fresh_database):
    client = get_in("administrator")
    answer = client.post("/people/R1/erase", data={"reason": "本人要求", "confirm": "何玉"})
    assert (answer.status_code, "何玉兰" in answer.text) == (422, True)
    assert (
        client.post("/people/R1/erase", data={"reason": "本人要求", "confirm": "何玉兰"}).status_code == 303
    )
    assert known(fresh_database, "R1").name.startswith("已删除")
    assert client.get("/people/R1").status_code == 200


def test_two_records_are_found_looked_at_merged_and_taken_back(get_in, office, fresh_database):
    client = get_in("coordinator")
    pairs = client.get("/people/duplicates").text
    assert "/people/R1/merge?with=R2" in pairs
    typed = form_of(client, "/people/R1/merge?with=R2")
    assert (typed["stays"], typed["notes"]) == ("R1", "other")
    answer = client.post("/people/R1/merge", data=typed)
    assert (answer.status_code, answer.headers["location"]) == (303, "/people/R1")
    page = client.get("/people/R1").text
    assert all(words in page for words in ("R2 已并入 何玉兰（R1）", "四楼"))
    moved = client.get("/people/R2")
    assert (moved.status_code, moved.headers["location"]) == (303, "/people/R1")
    assert "/people/R1/merge" not in client.get("/people/duplicates").text
    with reading(fresh_database) as session:
        number = session.scalar(select(Merge.id))
    assert client.post(f"/people/merges/{number}/undo").status_code == 303
    assert client.get("/people/R2").status_code == 200
    assert client.post(f"/people/merges/{number}/undo").status_code == 409


def test_the_other_code_may_stay_with_the_same_choices(get_in, office, fresh_database):
    client = get_in("coordinator")
    typed = form_of(client, "/people/R1/merge?with=R2") | {
        "stays": "R2",
        "birth_date": "one",
        "notes": "other",
    }
    assert client.post("/people/R1/merge", data=typed).headers["location"] == "/people/R2"
    after = known(fresh_database, "R2")
    assert (after.birth_date, after.notes, after.mobile) == (date(1936, 12, 30), "四楼", "138")


def test_two_who_are_two_are_not_shown_again_until_that_is_undone(get_in, office):
    client = get_in("coordinator")
    assert client.post("/people/apart", data={"one": "R2", "other": "R1"}).status_code == 303
    page = client.get("/people/duplicates").text
    assert "/people/R1/merge" not in page
    undo_of(client, page)
    assert "/people/R1/merge" in client.get("/people/duplicates").text


def test_what_stands_against_a_merging_is_said_and_nothing_happens(get_in, office, fresh_database):
    client = get_in("coordinator")
    page = client.get("/people/R1/merge?with=V1").text
    assert all(words in page for words in ("3 场活动的名单上两条都在", "互相结了对"))
    answer = client.post("/people/R1/merge", data=form_of(client, "/people/R1/merge?with=V1"))
    assert answer.status_code == 422
    assert known(fresh_database, "V1").code == "V1"
    stale = form_of(client, "/people/R1/merge?with=R2")
    with transaction(fresh_database) as session:
        session.execute(update(Person).where(Person.code == "R2").values(mobile="137"))
    assert client.post("/people/R1/merge", data=stale).status_code == 412


def test_many_are_changed_after_a_look_at_each_and_back_again(get_in, office, fresh_database):
    client = get_in("coordinator")
    ticked = {"deed": "add_skill", "who": ["R1", "V1"]}
    assert "选了 2 人" in client.post("/people/bulk", data=ticked).text
    seen = client.post("/people/bulk", data=ticked | {"value": "书法"}).text
    assert "改 2 人，0 人不变" in seen
    assert known(fresh_database, "R1").skills == ()
    assert client.post("/people/bulk/do", data=ticked | {"value": "书法"}).status_code == 303
    assert [*known(fresh_database, "V1").skills] == ["书法"]
    assert undo_of(client, client.get("/people").text).status_code == 303
    assert known(fresh_database, "V1").skills == ()


def test_all_that_a_list_shows_can_be_meant(get_in, office):
    client = get_in("coordinator")
    page = client.post("/people/bulk", data={"deed": "leave", "all": "yes", "asked_q": "何玉兰"}).text
    assert re.findall(r'name="who" value="(\w+)"', page) == ["R1", "R2"]
    for data in ({"deed": "sing"}, {"deed": "leave", "all": "yes", "asked_role": "king"}):
        assert client.post("/people/bulk", data=data).status_code == 404
    assert "没有选人" in client.post("/people/bulk", data={"deed": "leave"}).text
    wrong = client.post("/people/bulk", data={"deed": "leave", "who": "R1", "value": "soon"})
    assert (wrong.status_code, 'href="#value"' in wrong.text) == (422, True)


def test_many_are_the_business_of_who_may_plan(get_in, office):
    client = get_in("recorder")
    for path in ("/people/bulk", "/people/bulk/do"):
        assert (
            client.post(path, data={"deed": "leave", "who": "R1", "value": "2026-09-20"}).status_code == 403
        )
