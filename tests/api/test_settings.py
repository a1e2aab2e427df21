"""How the office works, over HTTP: every rule in words, changes all or none, and its own kinds of campaigns."""

from sqlalchemy import select

from models import AuditEntry
from models.database import reading
from outreach.house_rules import HouseRules, listed
from wording.sentences import LANGUAGES, catalogue


def rules(client):
    found, cursor = {}, None
    while True:
        answer = client.get("/api/v1/settings", params={"cursor": cursor} if cursor else {}).json()
        found |= {rule["name"]: rule for rule in answer["items"]}
        cursor = answer["next"]
        if cursor is None:
            return found


def test_every_rule_is_said_in_every_language():
    names = {f"settings.{rule.name}" for rule in listed(HouseRules())}
    for language in LANGUAGES:
        assert names <= set(catalogue(language, "settings")), language


def test_no_sentence_speaks_of_a_rule_that_is_none():
    names = {f"settings.{rule.name}" for rule in listed(HouseRules())}
    said = {key for key in catalogue("zh_Hans", "settings") if key.count(".") > 1}
    assert said == names


def test_every_rule_has_its_value_its_default_and_its_bounds(office):
    found = rules(office)
    assert list(found) == [rule.name for rule in listed(HouseRules())]
    assert found["outcomes.missed_after_workdays"] == {
        "name": "outcomes.missed_after_workdays",
        "said": "Working days after which an activity without a record is missed",
        "kind": "number",
        "value": 10,
        "default": 10,
        "least": 3,
        "most": 60,
        "unit": "workdays",
    }
    assert (found["months.close_at"]["kind"], found["months.close_at"]["value"]) == ("time", "18:00")


def test_rules_are_changed_and_get_their_defaults_back(office, fresh_database):
    told = {"notices.remind_days": 5, "notices.remind_at": "08:30"}
    answer = office.patch("/api/v1/settings", json={"values": told})
    assert answer.status_code == 200, answer.text
    found = rules(office)
    assert {name: found[name]["value"] for name in told} == told
    office.patch("/api/v1/settings", json={"values": {"notices.remind_days": None}})
    assert rules(office)["notices.remind_days"]["value"] == 7
    with reading(fresh_database) as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.table_name == "settings")).all()
    assert [entry.after for entry in entries] == [told, {"notices.remind_days": None}]


def test_faults_are_named_by_their_rules_and_nothing_is_changed(office):
    values = {
        "notices.remind_days": 99,
        "notices.remind_again_days": 2.5,
        "notices.remind_hours": True,
        "notices.remind_at": "soon",
        "notices.nonsense": 1,
        "notices.attempts": 3,
    }
    answer = office.patch("/api/v1/settings", json={"values": values})
    assert answer.status_code == 422
    assert {fault["field"] for fault in answer.json()["errors"]} == set(values) - {"notices.attempts"}
    assert rules(office)["notices.attempts"]["value"] == 6


def test_an_office_has_kinds_of_campaigns_of_its_own(office):
    kinds = [{"code": "choir", "name": "合唱"}, {"code": "chess", "name": "棋类"}]
    campaign = {
        "code": "HC",
        "name": "合唱团",
        "kind": "choir",
        "unit_code": "BJ",
        "schedule": "DATES:2026-10-09",
        "starts_on": "2026-01-01",
        "ends_on": "2026-12-31",
    }
    assert office.post("/api/v1/campaigns", json=campaign).status_code == 422
    assert office.put("/api/v1/settings/campaign_kinds", json=kinds).json() == kinds
    assert office.get("/api/v1/settings/campaign_kinds").json() == kinds
    assert office.post("/api/v1/campaigns", json=campaign).status_code == 201
    assert office.put("/api/v1/settings/campaign_kinds", json=kinds[:1]).json() == kinds[:1]
    answer = office.put("/api/v1/settings/campaign_kinds", json=kinds[1:])
    assert answer.status_code == 422
    assert "choir" in answer.json()["errors"][0]["message"]
    assert office.get("/api/v1/settings/campaign_kinds").json() == kinds[:1]


def test_a_kind_stands_once_and_is_none_of_the_programs_own(office):
    kinds = [
        {"code": "study", "name": "学"},
        {"code": "choir", "name": "合唱"},
        {"code": "choir", "name": "又是"},
    ]
    answer = office.put("/api/v1/settings/campaign_kinds", json=kinds)
    assert answer.status_code == 422
    assert [fault["field"] for fault in answer.json()["errors"]] == ["0.code", "2.code"]
