"""Activities over HTTP: their exact shape, versions, moves, and people."""

from datetime import date, time

import pytest

from models import Place
from models.database import transaction
from models.enums import ActivityStatus
from outreach.assignment import propose_people
from outreach.permissions import CLOCKWORK
from tests.outreach.county import NOW, TODAY, ZONE, County

URL = "/api/v1/activities"


@pytest.fixture
def planned(fresh_database):
    """A bureau with one township, whose campaign has three days; answers the ids by day."""
    with transaction(fresh_database) as session:
        county = County(session)
        west = county.unit("Z01", county.root)
        county.unit("Z02", county.root)
        retirees = [county.person("retiree", code=code, unit=west) for code in ("R102", "R101")]
        for code in ("V001", "V002"):
            county.person("volunteer", code=code, unit=west)
        county.person("volunteer", code="V-EAST", unit=county.unit("Z03", county.root))
        campaign = county.campaign(
            "DATES:2026-10-09,2026-11-09,2026-12-09;shift=-1D",
            code="CJ",
            kind="festival_visit",
            unit_id=west.id,
            serves=retirees,
            start_time=time(9),
            duration_minutes=90,
            place="白果乡政府",
        )
        session.add(Place(campaign_id=campaign.id, role="any", needed=4))
        county.held(county.campaign("DATES:2026-09-01", code="OLD", unit_id=west.id), date(2026, 9, 1))
        county.plan()
        return {str(activity.day): activity.id for activity in county.activities()}


def _first(planned):
    return f"{URL}/{planned['2026-10-08']}"


def _etag(client, url):
    return client.get(url).headers["etag"]


def _faults(answer):
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    return {fault["field"]: fault["message"] for fault in answer.json()["errors"]}


def test_an_activity_has_exactly_the_fields_of_the_contract(admin, planned):
    answer = admin.get(_first(planned))
    assert answer.status_code == 200
    assert answer.headers["etag"] == '"1"'
    shown = answer.json()
    updated_at = shown.pop("updated_at")
    assert shown == {
        "id": planned["2026-10-08"],
        "campaign_code": "CJ",
        "campaign_name": "CJ",
        "kind": "festival_visit",
        "unit_code": "Z01",
        "starts_at": "2026-10-08T09:00:00+08:00",
        "ends_at": "2026-10-08T10:30:00+08:00",
        "all_day": False,
        "shifted_from": "2026-10-09",
        "forecast": False,
        "place": "白果乡政府",
        "status": "planned",
        "places_needed": {"any": 4},
        "beneficiaries": ["R102", "R101"],
        "people": [],
        "sequence": 0,
    }
    assert updated_at == "2026-09-15T09:00:00+08:00"


def test_a_list_is_walked_to_its_end_while_activities_are_added(admin, planned):
    seen, cursor = [], None
    for step in range(10):
        query = {"limit": 1, **({"cursor": cursor} if cursor else {})}
        page = admin.get(URL, params=query).json()
        seen += [item["id"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
        if step == 1:
            for day in ("2026-09-02", "2026-11-20"):
                body = {"campaign_code": "CJ", "starts_at": day}
                assert admin.post(URL, json=body).status_code == 201
    assert len(seen) == len(set(seen)) == 5
    assert set(planned.values()) <= set(seen)


@pytest.mark.parametrize(
    ("query", "days"),
    [
        ({"from": "2026-10-08", "to": "2026-11-08"}, ["2026-10-08", "2026-11-08"]),
        ({"status": "held"}, ["2026-09-01"]),
        ({"campaign": "CJ", "from": "2026-11-09"}, ["2026-12-08"]),
        ({"unit": "BJ", "to": "2026-09-01"}, ["2026-09-01"]),
        ({"unit": "Z02"}, []),
        ({"person": "V001"}, []),
    ],
)
def test_a_list_is_narrowed_by_its_filters(admin, planned, query, days):
    answer = admin.get(URL, params=query)
    assert answer.status_code == 200, answer.text
    assert [item["starts_at"][:10] for item in answer.json()["items"]] == days


@pytest.mark.parametrize(
    "query",
    [{field: code} for field in ("unit", "campaign", "person") for code in ("x", "\x00", "", "x" * 999)],
)
def test_an_unknown_code_in_a_query_is_not_found(admin, planned, query):
    assert admin.get(URL, params=query).status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        {"from": "2026-02-30"},
        {"status": "x"},
        {"limit": 0},
        {"cursor": "x"},
        {"from": "2026-10-09", "to": "2026-10-08"},
    ],
)
def test_a_query_that_cannot_be_read_is_refused(admin, planned, query):
    assert _faults(admin.get(URL, params=query))


@pytest.mark.parametrize("activity_id", ["0", "x", "99", "-1", "1e3", "99999999999999999999", "１"])
def test_what_is_no_activity_is_not_found(admin, planned, activity_id):
    for answer in (
        admin.get(f"{URL}/{activity_id}"),
        admin.patch(f"{URL}/{activity_id}", json={}, headers={"If-Match": "*"}),
        admin.get(f"{URL}/{activity_id}/outcome"),
        admin.put(f"{URL}/{activity_id}/outcome", json={"status": "held"}),
        admin.delete(f"{URL}/{activity_id}/people/V001"),
    ):
        assert answer.status_code == 404, answer.text


def test_a_thing_outside_ones_units_is_as_if_it_did_not_exist(as_role, planned):
    east = as_role("coordinator", unit="Z02")
    assert east.get(URL).json()["items"] == []
    assert east.get(_first(planned)).status_code == 404
    assert east.patch(_first(planned), json={"place": "x"}, headers={"If-Match": "*"}).status_code == 404


def test_a_viewer_sees_and_may_not_change(as_role, planned):
    viewer, first = as_role("viewer", unit="Z01"), _first(planned)
    assert viewer.get(first).status_code == 200
    for answer in (
        viewer.patch(first, json={"place": "x"}, headers={"If-Match": "*"}),
        viewer.post(URL, json={"campaign_code": "CJ", "starts_at": "2026-10-20"}),
        viewer.post(f"{first}/people", json={"person": "V001"}),
        viewer.put(f"{first}/outcome", json={"status": "held"}),
    ):
        assert answer.status_code == 403, answer.text


# Changes


def test_a_move_needs_the_version_that_it_was_made_from(admin, planned):
    first, move = _first(planned), {"starts_at": "2026-10-20T14:00:00+08:00"}
    tag = _etag(admin, first)
    assert admin.patch(first, json=move).status_code == 428

    moved = admin.patch(first, json=move, headers={"If-Match": tag})
    assert moved.status_code == 200, moved.text
    assert moved.headers["etag"] == '"2"' == _etag(admin, first)
    shown = moved.json()
    assert (shown["starts_at"], shown["ends_at"]) == (
        "2026-10-20T14:00:00+08:00",
        "2026-10-20T15:30:00+08:00",
    )
    assert (shown["sequence"], shown["shifted_from"]) == (1, "2026-10-09")
    for stale in (tag, 'W/"2"', "2", '"x"'):
        assert admin.patch(first, json={"place": "x"}, headers={"If-Match": stale}).status_code == 412


def test_a_move_may_be_told_in_any_offset(admin, planned):
    first = _first(planned)
    body = {"starts_at": "2026-10-20T06:00:00Z", "ends_at": "2026-10-20T09:00:00+02:00"}
    shown = admin.patch(first, json=body, headers={"If-Match": "*"}).json()
    assert (shown["starts_at"], shown["ends_at"]) == (
        "2026-10-20T14:00:00+08:00",
        "2026-10-20T15:00:00+08:00",
    )


def test_cancelling_needs_a_reason_and_can_be_taken_back(admin, planned):
    first = _first(planned)
    cancel = {"status": "cancelled"}
    assert "reason" in _faults(admin.patch(first, json=cancel, headers={"If-Match": "*"}))

    cancelled = admin.patch(
        first, json={**cancel, "reason": "下雨"}, headers={"If-Match": _etag(admin, first)}
    )
    assert (cancelled.json()["status"], cancelled.json()["sequence"]) == ("cancelled", 1)
    restored = admin.patch(first, json={"status": "planned"}, headers={"If-Match": cancelled.headers["etag"]})
    assert (restored.json()["status"], restored.json()["sequence"]) == ("planned", 2)


def test_the_place_alone_can_be_changed_and_given_back(admin, planned):
    first = _first(planned)
    changed = admin.patch(first, json={"place": "院子里"}, headers={"If-Match": "*"}).json()
    assert (changed["place"], changed["sequence"]) == ("院子里", 1)
    assert admin.patch(first, json={"place": None}, headers={"If-Match": "*"}).json()["place"] == "白果乡政府"


def test_what_was_held_is_not_moved(admin, planned):
    answer = admin.patch(
        f"{URL}/{planned['2026-09-01']}", json={"starts_at": "2026-10-20"}, headers={"If-Match": "*"}
    )
    assert answer.status_code == 409
    assert answer.json()["type"] == "urn:yinling:problem:conflict"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"starts_at": "2026-10-20T09:00:00"}, "starts_at"),
        ({"starts_at": "2026-02-30"}, "starts_at"),
        ({"starts_at": "2026-10-20T25:00:00+08:00"}, "starts_at"),
        ({"starts_at": "0001-01-01T00:00:00+08:00"}, "starts_at"),
        ({"starts_at": "9999-12-31"}, "starts_at"),
        ({"starts_at": None}, "starts_at"),
        ({"starts_at": 1}, "starts_at"),
        ({"ends_at": "2026-10-08T09:00:00+08:00"}, "ends_at"),
        ({"status": "held"}, "status"),
        ({"status": "x"}, "status"),
        ({"place": 1}, "place"),
        ({"place": "\x00"}, "place"),
        ({"places_needed": {"any": -1}}, "places_needed"),
        ({"places_needed": {"a b": 1}}, "places_needed"),
        ({"x": 1}, "x"),
    ],
)
def test_a_change_that_will_not_do_names_its_field(admin, planned, body, field):
    assert field in _faults(admin.patch(_first(planned), json=body, headers={"If-Match": "*"}))
    assert _etag(admin, _first(planned)) == '"1"'


# Single activities


def test_a_single_activity_is_answered_as_it_stands(admin, planned):
    body = {"campaign_code": "CJ", "starts_at": "2026-10-20T14:00:00+08:00", "places_needed": {"driver": 1}}
    made = admin.post(URL, json=body)
    assert made.status_code == 201, made.text
    assert made.headers["etag"] == '"1"'
    shown = made.json()
    assert (shown["ends_at"], shown["shifted_from"]) == ("2026-10-20T15:30:00+08:00", None)
    assert shown["places_needed"] == {"driver": 1}
    assert admin.get(f"{URL}/{shown['id']}").json() == shown


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"starts_at": "2026-10-20"}, "campaign_code"),
        ({"campaign_code": "CJ"}, "starts_at"),
        ({"campaign_code": "x", "starts_at": "2026-10-20"}, "campaign_code"),
        ({"campaign_code": "CJ", "starts_at": "2026-10-20", "unit_code": "x"}, "unit_code"),
        ({"campaign_code": "CJ", "starts_at": "2026-10-20", "person_code": "x"}, "person_code"),
        ({"campaign_code": "CJ", "starts_at": "2026-10-20", "ends_at": "2026-10-19"}, "ends_at"),
    ],
)
def test_a_single_activity_that_will_not_do_names_its_field(admin, planned, body, field):
    assert field in _faults(admin.post(URL, json=body))


# People


def test_somebody_is_asked_confirms_declines_and_is_withdrawn(admin, planned):
    first = _first(planned)
    asked = admin.post(f"{first}/people", json={"person": "V001"})
    assert asked.status_code == 201, asked.text
    assert asked.json()["people"] == [
        {"code": "V001", "name": "何V001", "role": "any", "state": "proposed", "reason": None}
    ]
    assert (asked.json()["sequence"], asked.headers["etag"]) == (0, '"2"')
    assert admin.post(f"{first}/people", json={"person": "V001"}).status_code == 200

    def state_after(answer):
        assert answer.status_code == 200, answer.text
        return answer.json()["people"][0]["state"]

    assert state_after(admin.post(f"{first}/people/V001/confirm")) == "confirmed"
    assert state_after(admin.post(f"{first}/people/V001/decline")) == "declined"
    assert state_after(admin.delete(f"{first}/people/V001")) == "withdrawn"
    assert admin.post(f"{first}/people/V001/confirm").status_code == 409
    assert [item["id"] for item in admin.get(URL, params={"person": "V001"}).json()["items"]] == [
        planned["2026-10-08"]
    ]


def test_who_is_not_on_it_is_not_found_and_who_is_unknown_is_a_fault(admin, as_role, planned):
    first = _first(planned)
    for answer in (
        admin.delete(f"{first}/people/V002"),
        admin.post(f"{first}/people/V002/confirm"),
        admin.post(f"{first}/people/x%00/decline"),
    ):
        assert answer.status_code == 404
    assert "person" in _faults(admin.post(f"{first}/people", json={"person": "x"}))
    west = as_role("coordinator", unit="Z01")
    assert "person" in _faults(west.post(f"{first}/people", json={"person": "V-EAST"}))


def test_the_version_rises_with_whoever_is_asked(admin, planned):
    first = _first(planned)
    before = _etag(admin, first)
    admin.post(f"{first}/people", json={"person": "V001"})
    assert admin.patch(first, json={"place": "x"}, headers={"If-Match": before}).status_code == 412
    late = admin.post(f"{first}/people", json={"person": "V002"}, headers={"If-Match": before})
    assert late.status_code == 412


def test_nobody_is_asked_to_what_is_over(admin, planned):
    held = f"{URL}/{planned['2026-09-01']}"
    assert admin.get(held).json()["status"] == ActivityStatus.HELD.value
    assert admin.post(f"{held}/people", json={"person": "V001"}).status_code == 409


def _staffed(fresh_database, needed=1):
    """An activity three days ahead in Z01 that needs people; V001 knows a craft."""
    with transaction(fresh_database) as session:
        county = County(session)
        west = county.unit("Z01", county.root)
        for code in ("V001", "V002"):
            county.person("volunteer", code=code, unit=west, max_per_month=4)
        county.person("volunteer", code="V003", unit=west, frozen_on=date(2026, 9, 1))
        county.person("minor", code="M001", unit=west)
        campaign = county.campaign("DATES:2026-09-18", code="CJ", unit_id=west.id)
        session.add(Place(campaign_id=campaign.id, role="any", needed=needed))
        county.plan()
        (activity,) = county.planned()
        propose_people(session, today=TODAY, through=date(2026, 9, 30), zone=ZONE, by=CLOCKWORK, now=NOW)
        return f"{URL}/{activity.id}"


def test_who_was_proposed_stands_there_with_the_reason_in_words(admin, fresh_database):
    first = _staffed(fresh_database)
    for language, said in (("zh-Hans", "本月 1/4"), ("en", "1 of 4 this month")):
        headers = {"Accept-Language": language}
        for shown in (
            admin.get(first, headers=headers).json(),
            admin.get(URL, headers=headers).json()["items"][0],
        ):
            assert [(each["code"], each["reason"]) for each in shown["people"]] == [("V001", said)]


def test_the_answer_to_a_no_shows_who_is_asked_instead(admin, fresh_database):
    first = _staffed(fresh_database)
    answer = admin.post(f"{first}/people/V001/decline")
    assert answer.status_code == 200, answer.text
    assert {each["code"]: each["state"] for each in answer.json()["people"]} == {
        "V001": "declined",
        "V002": "proposed",
    }
    assert answer.headers["etag"] == _etag(admin, first)


def test_one_comes_for_another_by_the_version_that_was_seen(admin, fresh_database):
    first = _staffed(fresh_database)
    version = _etag(admin, first)
    stale = admin.post(f"{first}/people/V001/swap", json={"with": "V002"}, headers={"If-Match": '"1"'})
    assert stale.status_code == 412
    swapped = admin.post(f"{first}/people/V001/swap", json={"with": "V002"}, headers={"If-Match": version})
    assert swapped.status_code == 200, swapped.text
    assert [(each["code"], each["state"]) for each in swapped.json()["people"]] == [
        ("V001", "withdrawn"),
        ("V002", "proposed"),
    ]
    assert swapped.json()["warnings"] == []
    assert swapped.headers["etag"] == _etag(admin, first)
    for body, field in (({"with": "x"}, "with"), ({"with": "V002"}, "with"), ({}, "with")):
        assert field in _faults(admin.post(f"{first}/people/V002/swap", json=body))
    assert admin.post(f"{first}/people/V001/swap", json={"with": "V002"}).status_code == 404


def test_asking_against_a_condition_warns_and_asking_whom_one_leaves_in_peace_is_refused(
    admin, fresh_database
):
    first = _staffed(fresh_database)
    asked = admin.post(f"{first}/people", json={"person": "M001"})
    assert asked.status_code == 201, asked.text
    assert asked.json()["warnings"] == [
        "cannot be asked that day",
        "Minors are there: 1 more adults have to go along.",
    ]
    frozen = admin.post(f"{first}/people", json={"person": "V003"})
    assert frozen.status_code == 409
    assert "V003" in frozen.json()["detail"]


def test_candidates_are_listed_with_reasons_and_those_passed_over_with_causes(admin, fresh_database):
    first = _staffed(fresh_database)
    found = admin.get(f"{first}/candidates").json()
    assert found == {
        "role": "any",
        "candidates": [{"code": "V002", "name": "何V002", "reason": "1 of 4 this month"}],
        "passed_over": [{"code": "V003", "name": "何V003", "reason": "cannot be asked that day"}],
    }
    assert admin.get(f"{first}/candidates", params={"role": "driver", "limit": 1}).json()["role"] == "driver"
    assert "limit" in _faults(admin.get(f"{first}/candidates", params={"limit": 0}))
    assert admin.get(f"{URL}/999/candidates").status_code == 404


def test_nobody_is_ranked_for_what_is_over(admin, planned):
    assert admin.get(f"{URL}/{planned['2026-09-01']}/candidates").status_code == 409
