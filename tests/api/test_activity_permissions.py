"""Every route of activities, tallies and feeds with every role, inside and outside its unit."""

import pytest
from fastapi.routing import APIRoute

from api.routers import activities, feeds, outcomes, tallies
from models.database import transaction
from tests.outreach.county import County

SEE, RECORD, PLAN = ("viewer", "recorder", "coordinator"), ("recorder", "coordinator"), ("coordinator",)
ANY_VERSION = {"If-Match": "*"}

# Method, path, body, and who may in the unit. `{id}` and `{held}` are activities of the unit,
# `{feed}` is a feed of it.
ROUTES = (
    ("GET", "/activities/{id}", None, SEE),
    ("PATCH", "/activities/{id}", {"place": "三楼"}, PLAN),
    ("POST", "/activities/{id}/people", {"person": "V001"}, PLAN),
    ("GET", "/activities/{id}/candidates", None, PLAN),
    ("POST", "/activities/{id}/people/V001/swap", {"with": "V002"}, PLAN),
    ("DELETE", "/activities/{id}/people/V002", None, PLAN),
    ("POST", "/activities/{id}/people/V001/confirm", None, RECORD),
    ("POST", "/activities/{id}/people/V001/decline", None, RECORD),
    ("PUT", "/activities/{id}/outcome", {"status": "held"}, RECORD),
    ("POST", "/activities/{id}/outcome/reports", {"status": "held"}, RECORD),
    ("GET", "/activities/{held}/outcome/revisions", None, SEE),
    ("GET", "/activities/{held}/outcome", None, SEE),
    ("GET", "/tallies/2026-08?unit=Z01", None, SEE),
    ("GET", "/tallies/2026-08.xlsx?unit=Z01", None, SEE),
    ("GET", "/tallies/2026-08/lines/materials.issued/sources?unit=Z01", None, SEE),
    ("POST", "/tallies/2026-08/sign?unit=Z01", {}, PLAN),
    ("POST", "/tallies/2026-08/close?unit=Z01", {}, PLAN),
    (
        "POST",
        "/tallies/2026-07/adjustments?unit=Z01",
        {"metric": "materials.issued", "value": 1, "reason": "补记"},
        PLAN,
    ),
    ("DELETE", "/feeds/{feed}", None, PLAN),
)
# Lists show everybody their own, and what is made is refused by the code in its body: tested with each of them.
OWN_TESTS = {("GET", "/activities"), ("POST", "/activities"), ("GET", "/feeds"), ("POST", "/feeds")}


@pytest.fixture
def places(admin, fresh_database):
    with transaction(fresh_database) as session:
        county = County(session)
        west = county.unit("Z01", county.root)
        county.unit("Z02", county.root)
        wang, _ = (county.person("volunteer", code=code, unit=west) for code in ("V001", "V002"))
        campaign = county.campaign("DATES:2026-09-15,2026-09-16", unit_id=west.id)
        county.plan()
        held, activity = county.planned(campaign)
        county.assign(activity, wang)
        places = {"id": activity.id, "held": held.id}
    assert (
        admin.put(f"/api/v1/activities/{places['held']}/outcome", json={"status": "held"}).status_code == 200
    )
    places["feed"] = admin.post("/api/v1/feeds", json={"scope": "unit:Z01"}).json()["id"]
    assert admin.post("/api/v1/tallies/2026-07/close?unit=Z01", json={}).status_code == 200
    return places


def test_every_route_is_walked():
    walked = {(method, _plain(path)) for method, path, _, _ in ROUTES} | OWN_TESTS
    routes = {
        (method, _plain(route.path))
        for router in (activities.router, outcomes.router, tallies.router, feeds.router)
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in route.methods
    }
    assert {(method, _shape(path)) for method, path in routes} == {(m, _shape(path)) for m, path in walked}


def _plain(path):
    return path.partition("?")[0]


def _shape(path):
    """The fixed parts of a path: those that name no thing."""
    words = {
        "activities",
        "people",
        "confirm",
        "decline",
        "swap",
        "candidates",
        "outcome",
        "reports",
        "revisions",
        "tallies",
        "lines",
    }
    words |= {"sources", "close", "adjustments", "feeds"}
    return tuple(part if part in words else "*" for part in path.strip("/").split("/"))


@pytest.mark.parametrize("role", SEE)
def test_what_one_may_not_do_is_forbidden_and_what_one_does_not_see_is_not_there(as_role, places, role):
    inside, outside = as_role(role, unit="Z01"), as_role(role, unit="Z02")
    for method, path, body, allowed in ROUTES:
        url = "/api/v1" + path.format(**places)
        foreign = outside.request(method, url, json=body, headers=ANY_VERSION)
        assert foreign.status_code == 404, (method, path, foreign.text)
        answer = inside.request(method, url, json=body, headers=ANY_VERSION)
        if role not in allowed:
            assert answer.status_code == 403, (method, path, answer.text)
        else:
            assert answer.status_code in (200, 201, 204, 409), (method, path, answer.text)


def test_nobody_passes_without_signing_in(nobody, places):
    for method, path, body, _ in ROUTES:
        answer = nobody.request(method, "/api/v1" + path.format(**places), json=body, headers=ANY_VERSION)
        assert answer.status_code == 401, (method, path, answer.text)
