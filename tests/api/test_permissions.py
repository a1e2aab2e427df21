"""Every route × every role × inside and outside one's units. A new route without a row here fails."""

from dataclasses import dataclass

import pytest

ROLES = ("administrator", "coordinator", "recorder", "viewer")
ADMINISTRATORS = frozenset({"administrator"})
PLANNERS = frozenset({"administrator", "coordinator"})
RECORDERS = PLANNERS | {"recorder"}
EVERYBODY = frozenset(ROLES)
ADMINISTRATORS = frozenset({"administrator"})
NOBODY: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Rule:
    """Who may, and what is sent. `{unit}` stands for the unit's code, as it does in the codes of its things."""

    may: frozenset[str]
    body: dict[str, object] | None = None
    foreign: int = 404
    """The answer outside one's units: of a path to everybody, of a body to those who may do it at all."""


PERSON = {"name": "新", "unit_code": "{unit}", "roles": ["volunteer"]}
CAMPAIGN = {
    "name": "新",
    "kind": "study",
    "unit_code": "{unit}",
    "schedule": "DATES:2026-10-08",
    "starts_on": "2026-01-01",
    "ends_on": "2026-12-31",
}
ENTRY = {"paid_on": "2026-09-01", "kind": "cash", "amount": "5", "person_code": "R-{unit}"}

# A list is never refused: outside one's units it is empty, so it is tested apart.
RULES = {
    "POST /units": Rule(PLANNERS, {"code": "new", "name": "新", "parent_code": "{unit}"}, 422),
    "GET /units/{code}": Rule(EVERYBODY),
    "PATCH /units/{code}": Rule(PLANNERS, {"name": "改"}),
    "POST /people": Rule(PLANNERS, {"code": "new", **PERSON}, 422),
    "GET /people/{code}": Rule(EVERYBODY),
    "PATCH /people/{code}": Rule(PLANNERS, {"notes": "改"}),
    "GET /people/{code}/export": Rule(PLANNERS),
    "POST /teams": Rule(PLANNERS, {"code": "new", "name": "新", "unit_code": "{unit}"}, 422),
    "GET /teams/{code}": Rule(EVERYBODY),
    "PATCH /teams/{code}": Rule(PLANNERS, {"name": "改"}),
    "GET /teams/{code}/members": Rule(EVERYBODY),
    "POST /teams/{code}/members": Rule(PLANNERS, {"person_code": "R-{unit}", "since": "2026-09-01"}),
    "PATCH /teams/{code}/members/{person}": Rule(PLANNERS, {"until": "2026-12-31"}),
    "POST /posts": Rule(
        PLANNERS,
        {
            "code": "new-post",
            "post": "书记",
            "person_code": "V-{unit}",
            "unit_code": "{unit}",
            "since": "2026-01-01",
        },
        422,
    ),
    "GET /posts/{code}": Rule(EVERYBODY),
    "PATCH /posts/{code}": Rule(PLANNERS, {"until": "2026-12-31"}),
    "GET /pairings/load": Rule(EVERYBODY, foreign=200),
    "POST /pairings": Rule(
        PLANNERS,
        {
            "code": "new",
            "kind": "mentor",
            "supporter_code": "V-{unit}",
            "beneficiary_code": "R-{unit}",
            "since": "2026-01-01",
        },
        422,
    ),
    "GET /pairings/{code}": Rule(EVERYBODY),
    "PATCH /pairings/{code}": Rule(PLANNERS, {"visit_every": "P30D"}),
    "POST /campaigns": Rule(PLANNERS, {"code": "new", **CAMPAIGN}, 422),
    "POST /campaigns/preview": Rule(PLANNERS, CAMPAIGN, 422),
    "GET /campaigns/{code}": Rule(EVERYBODY),
    "PATCH /campaigns/{code}": Rule(PLANNERS, {"name": "改"}),
    "POST /cases": Rule(RECORDERS, {"code": "new", "kind": "hospital", "person_code": "R-{unit}"}, 422),
    "GET /cases/{code}": Rule(RECORDERS),
    "PATCH /cases/{code}": Rule(RECORDERS, {"result": "改"}),
    "POST /cases/{code}/tasks": Rule(RECORDERS, {"task": "new"}),
    "PATCH /cases/{code}/tasks/{task}": Rule(RECORDERS, {"done_on": None}),
    "POST /cases/{code}/recall": Rule(RECORDERS, {"reason": "错"}),
    "POST /suggestions": Rule(RECORDERS, {"code": "new", "text": "路灯", "person_code": "V-{unit}"}, 422),
    "GET /suggestions/{code}": Rule(EVERYBODY),
    "POST /suggestions/{code}/chase": Rule(RECORDERS, {"note": "电话"}),
    "PATCH /suggestions/{code}": Rule(RECORDERS, {"answer": "改"}),
    "POST /ledger": Rule(RECORDERS, ENTRY, 422),
    "GET /ledger/{entry_id}": Rule(EVERYBODY),
    "POST /ledger/{entry_id}/reverse": Rule(PLANNERS, {"reason": "错"}),
    # The last, since nobody is there any more afterwards.
    "POST /people/{code}/erase": Rule(ADMINISTRATORS, {"confirm": "R-{unit}", "reason": "本人要求"}),
}
LISTS = ("units", "people", "teams", "posts", "pairings", "campaigns", "cases", "suggestions", "ledger")

# About the whole office: who may, whose rights are bound to no unit; and who may though they are.
OFFICE_WIDE = {
    "GET /runs": (PLANNERS, PLANNERS, None),
    "GET /runs/{job}": (PLANNERS, PLANNERS, None),
    "POST /runs/{job}/rehearse": (ADMINISTRATORS, NOBODY, None),
    "POST /runs/{job}": (ADMINISTRATORS, NOBODY, None),
    "GET /settings": (PLANNERS, PLANNERS, None),
    "PATCH /settings": (ADMINISTRATORS, NOBODY, {"values": {"notices.remind_days": 6}}),
    "GET /settings/campaign_kinds": (PLANNERS, PLANNERS, None),
    "PUT /settings/campaign_kinds": (ADMINISTRATORS, NOBODY, [{"code": "choir", "name": "合唱"}]),
}

# Walked by the tests of their own files, with the activities they need.
ELSEWHERE = ("/activities", "/tallies", "/feeds", "/notices")

PREFIXES = {
    "units": "",
    "people": "R-",
    "teams": "T-",
    "posts": "B-",
    "pairings": "J-",
    "campaigns": "P-",
    "cases": "C-",
}


def test_every_route_has_a_rule(nobody):
    described = nobody.get("/api/v1/openapi.json").json()["paths"]
    routes = {
        f"{method.upper()} {path.removeprefix('/api/v1')}"
        for path, deeds in described.items()
        if path.startswith("/api/v1/") and not path.startswith(tuple(f"/api/v1{each}" for each in ELSEWHERE))
        for method in deeds
    }
    assert routes == set(RULES) | set(OFFICE_WIDE) | {f"GET /{noun}" for noun in LISTS}


@pytest.fixture
def county(admin):
    """A bureau with two townships, each with one of everything; the ids of the entries by unit."""
    entries = {}
    assert admin.post("/api/v1/units", json={"code": "BJ", "name": "局"}).status_code == 201
    for unit in ("Z01", "Z02"):
        for path, body in (
            ("units", {"code": unit, "name": unit, "parent_code": "BJ"}),
            ("people", {"code": f"V-{unit}", **PERSON, "unit_code": unit}),
            ("people", {"code": f"R-{unit}", **PERSON, "unit_code": unit, "roles": ["retiree"]}),
            ("teams", {"code": f"T-{unit}", "name": "队", "unit_code": unit, "members": [f"V-{unit}"]}),
            (
                "pairings",
                {
                    "code": f"J-{unit}",
                    "kind": "liaison",
                    "supporter_code": f"V-{unit}",
                    "beneficiary_code": f"R-{unit}",
                    "since": "2026-01-01",
                },
            ),
            (
                "posts",
                {
                    "code": f"B-{unit}",
                    "post": "支委",
                    "person_code": f"V-{unit}",
                    "team_code": f"T-{unit}",
                    "since": "2026-01-01",
                },
            ),
            ("campaigns", {"code": f"P-{unit}", **CAMPAIGN, "unit_code": unit}),
            ("cases", {"code": f"C-{unit}", "kind": "hospital", "person_code": f"R-{unit}"}),
            (
                "suggestions",
                {"code": f"S-{unit}", "text": "路灯", "person_code": f"V-{unit}", "sent_to": "局"},
            ),
            ("ledger", {**ENTRY, "person_code": f"R-{unit}"}),
        ):
            answer = admin.post(f"/api/v1/{path}", json=body)
            assert answer.status_code == 201, (path, answer.text)
            if path == "ledger":
                entries[unit] = answer.json()["id"]
    return entries


def _said(value, unit):
    return (
        {key: _said(each, unit) for key, each in value.items()}
        if isinstance(value, dict)
        else value.replace("{unit}", unit)
        if isinstance(value, str)
        else value
    )


def _ask(client, route, unit, entries):
    method, path = route.split(" ")
    noun = path.split("/")[1]
    code = {**PREFIXES, "suggestions": "S-"}.get(noun, "") + unit
    path = path.replace("{code}", code).replace("{entry_id}", str(entries[unit])).replace("{task}", "visit")
    path = path.replace("{person}", f"V-{unit}")
    return client.request(method, f"/api/v1{path}", json=_said(RULES[route].body, unit))


@pytest.mark.parametrize("role", ROLES)
def test_inside_ones_units_the_role_decides_and_outside_nothing_is_there(role, county, as_role):
    client = as_role(role, unit="Z01")
    for route, rule in RULES.items():
        foreign = _ask(client, route, "Z02", county)
        expected = rule.foreign if role in rule.may or rule.foreign == 404 else 403
        assert foreign.status_code == expected, (route, foreign.text)
    for route, rule in RULES.items():
        own = _ask(client, route, "Z01", county)
        if role in rule.may:
            assert own.status_code < 400, (route, own.text)
        else:
            assert own.status_code == 403, (route, own.text)


@pytest.mark.parametrize("role", ROLES)
def test_what_concerns_the_whole_office_is_for_rights_that_no_unit_binds(role, county, as_role):
    for client, place in ((as_role(role), 0), (as_role(role, unit="Z01"), 1)):
        for route, rule in OFFICE_WIDE.items():
            method, path = route.split(" ")
            path = path.replace("{job}", "plan_horizon")
            answer = client.request(method, f"/api/v1{path}", json=rule[2])
            expected = answer.status_code in (200, 202) if role in rule[place] else answer.status_code == 403
            assert expected, (route, answer.text)


def test_lists_show_what_lies_within_ones_units_and_nothing_else(county, as_role):
    own, everything = as_role("recorder", unit="Z01"), as_role("recorder")
    for noun in LISTS:
        seen = own.get(f"/api/v1/{noun}").json()
        there = everything.get(f"/api/v1/{noun}").json()
        assert seen["items"], noun
        assert len(there["items"]) > len(seen["items"]), noun
        assert "Z02" not in str(seen), noun
        assert "Z02" in str(there), noun


def test_a_foreign_code_in_a_query_is_not_found(county, as_role):
    client = as_role("viewer", unit="Z01")
    for noun in LISTS[1:]:
        answers = {
            unit: client.get(f"/api/v1/{noun}", params={"unit": unit}).status_code
            for unit in ("Z01", "Z02", "nowhere", "no\0where")
        }
        assert answers == {"Z01": 200, "Z02": 404, "nowhere": 404, "no\0where": 404}, noun


def test_without_a_token_nothing_is_answered(nobody):
    for route in [*RULES, *OFFICE_WIDE, *(f"GET /{noun}" for noun in LISTS)]:
        method, path = route.split(" ")
        body = RULES[route].body if route in RULES else None
        answer = nobody.request(method, f"/api/v1{path}", json=body)
        assert answer.status_code == 401, route
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.json()["type"] == "urn:yinling:problem:not-signed-in"
