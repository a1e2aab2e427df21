"""`say`: the sentence of a key, in one of three languages, with its values, and never a crash over a word."""

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wording import sentences
from wording.sentences import is_known, keys, languages, negotiate, say


def test_a_sentence_is_said_in_the_language_asked_for():
    said = [say("names.and_households", language=each, names="何老", count=6) for each in languages()]
    assert said == ["何老等 6 户", "何老等 6 戶", "何老 and others (6 households)"]


def test_without_a_language_it_is_simplified_chinese():
    assert say("feed.busy") == "有活动"


@pytest.mark.parametrize("key", ["feed.no_such", "nosuch.busy", "busy", "", "../feed.busy", "feed", "feed."])
def test_an_unknown_key_is_a_key_error(key):
    assert not is_known(key)
    with pytest.raises(KeyError):
        say(key)


@pytest.mark.logs_errors
def test_a_value_that_is_missing_is_logged_and_left_out(caplog):
    with caplog.at_level(logging.ERROR):
        assert say("names.and_households", names="何老") == "何老等  户"
    assert "names.and_households" in caplog.text
    assert "count" in caplog.text


@pytest.mark.logs_errors
def test_a_translation_that_cannot_be_filled_is_said_in_simplified_chinese():
    assert say("names.and_households", language="en", names="何老", count=None) == "何老等  户"


@pytest.mark.logs_errors
def test_a_language_we_do_not_speak_is_said_in_simplified_chinese():
    assert say("feed.busy", language="fr") == "有活动"


def test_a_value_is_never_read_as_a_sentence_or_asked_for_its_attributes():
    evil = "{count} {names.__class__} {0} %s"
    assert say("names.and_people", names=evil, count=2) == f"{evil}等 2 人"


@given(st.text(), st.integers())
def test_any_value_stands_in_the_sentence_as_it_is(text, number):
    assert say("names.and_people", names=text, count=number) == f"{text}等 {number} 人"


def test_only_plain_names_are_placeholders():
    found = sentences.PLACEHOLDER.findall("{a} {b_2} {c.d} {e[0]} {f!r} {g:>5} {} {0} {{字段}} {H}")
    assert found == ["a", "b_2"]


def test_the_keys_of_a_domain_are_listed():
    assert "feed.busy" in keys("feed")
    assert keys("nosuch") == frozenset()


@pytest.mark.parametrize(
    ("preferences", "spoken"),
    [
        ((None,), "zh_Hans"),
        (("",), "zh_Hans"),
        (("en",), "en"),
        (("en-GB,en;q=0.9",), "en"),
        (("zh-CN,zh;q=0.9,en;q=0.8",), "zh_Hans"),
        (("zh-TW,zh;q=0.9",), "zh_Hant"),
        (("zh-HK",), "zh_Hant"),
        (("zh-Hans-HK",), "zh_Hans"),
        (("zh_Hant",), "zh_Hant"),
        (("fr-FR, de;q=0.9, en;q=0.2",), "en"),
        (("en;q=0, zh;q=0.1",), "zh_Hans"),
        (("en;q=0.3, zh-TW;q=0.7",), "zh_Hant"),
        (("en;q=nonsense",), "zh_Hans"),
        ((None, "fr", "en"), "en"),
        (("zh_Hant", "en"), "zh_Hant"),
    ],
)
def test_the_first_preference_that_we_speak_is_taken(preferences, spoken):
    assert negotiate(*preferences) == spoken


def test_without_any_preference_the_default_is_taken():
    assert negotiate("fr", default="en") == "en"


@given(st.text())
def test_any_accept_language_header_leads_to_a_language_we_speak(header):
    assert negotiate(header) in languages()
