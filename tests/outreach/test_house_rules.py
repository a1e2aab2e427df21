"""How the office works: defaults, changes within bounds, and every fault named."""

from datetime import time

import pytest
from sqlalchemy import select

from models import AuditEntry, Setting
from models.enums import AccountRole
from outreach.errors import Forbidden, Invalid
from outreach.house_rules import HouseRules, change_house_rules, house_rules, listed
from outreach.permissions import CONSOLE, Actor, Right
from tests.conftest import NOW


def test_what_nobody_changed_is_the_default(session):
    assert house_rules(session) == HouseRules()
    assert all(rule.value == rule.default for rule in listed(house_rules(session)))


def test_every_rule_has_a_name_of_its_own_and_a_default_within_its_bounds():
    rules = list(listed(HouseRules()))
    assert len({rule.name for rule in rules}) == len(rules) > 20
    for rule in rules:
        if rule.bounds is not None:
            assert rule.bounds.least <= int(str(rule.default)) <= rule.bounds.most


def test_a_change_counts_from_now_on_and_can_be_taken_back(session):
    changes = {"months.close_on_workday": 5, "notices.remind_at": "08:15"}
    changed = change_house_rules(session, changes, by=CONSOLE, now=NOW)
    assert (changed.months.close_on_workday, changed.notices.remind_at) == (5, time(8, 15))
    assert house_rules(session) == changed
    (entry,) = session.scalars(select(AuditEntry))
    assert entry.before == {"months.close_on_workday": 3, "notices.remind_at": "09:00"}
    assert entry.after == changes
    back = change_house_rules(session, dict.fromkeys(changes), by=CONSOLE, now=NOW)
    assert back == HouseRules()
    assert session.scalars(select(Setting.name)).all() == []


def test_every_fault_is_named_and_nothing_is_changed(session):
    wrong = {
        "no.such": 1,
        "months.close_on_workday": 99,
        "notices.remind_at": "25:00",
        "pairings.liaison_most": True,
    }
    with pytest.raises(Invalid) as told:
        change_house_rules(session, {**wrong, "months.close_at": "12:00"}, by=CONSOLE, now=NOW)
    assert {fault.field for fault in told.value.faults} == set(wrong)
    assert house_rules(session) == HouseRules()


def test_only_who_administers_the_whole_office_changes_them(session):
    for role in (AccountRole.COORDINATOR, AccountRole.VIEWER):
        with pytest.raises(Forbidden):
            change_house_rules(
                session, {"months.close_at": "12:00"}, by=Actor("x", rights=(Right(role),)), now=NOW
            )
