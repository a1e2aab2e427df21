"""Reasons in words."""

import json

import pytest

from outreach.assignment import Cause, say_passed_over, say_reason, say_unfilled, say_warning
from tests.outreach.county import TODAY
from wording.sentences import languages

FACTS = [
    {"fact": "supporter"},
    {"fact": "last", "on": "2026-03-12"},
    {"fact": "skill", "skill": "农技"},
    {"fact": "role", "role": "leader"},
    {"fact": "team"},
    {"fact": "other_team", "against": True},
    {"fact": "load", "count": 1, "limit": 4},
    {"fact": "load_full", "count": 4, "limit": 4, "against": True},
    {"fact": "load_unbound", "count": 2},
]


@pytest.mark.parametrize("language", languages())
def test_every_fact_and_cause_has_its_words(language):
    for fact in FACTS:
        said = say_reason(json.dumps([fact]), today=TODAY, language=language)
        assert said, fact
        assert "{" not in said, fact
    for cause in Cause:
        assert say_passed_over(cause, language=language)
        assert say_unfilled(cause, count=3, language=language)
        assert say_warning(cause, count=3, language=language)


def test_what_speaks_against_somebody_stands_last_and_is_marked():
    kept = json.dumps([FACTS[5], FACTS[2], FACTS[1], FACTS[6]])
    said = say_reason(kept, today=TODAY)
    assert said == "有农技特长，上次参加是3月12日 周四，本月 1/4；但不是本队队员"
    assert say_reason(json.dumps([FACTS[5]]), today=TODAY) == "不是本队队员"


@pytest.mark.parametrize(
    "kept", ["人熟", '{"a":1}', "[1]", '[{"fact":"x"}]', "[]x", "1", '[{"fact":"last","on":3}]']
)
def test_what_was_written_by_another_hand_is_given_as_it_stands(kept):
    assert say_reason(kept, today=TODAY) == kept


def test_without_a_reason_nothing_is_said():
    assert say_reason(None, today=TODAY) is None
