"""How the columns of the contract are read."""

from datetime import date, time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.enums import Channel, Gender, PersonRole
from outreach import fields
from outreach.fields import BadValue, BeneficiaryEntry, EntryOf, Window
from wording.sentences import say

GOOD = [
    (fields.code, " V162 ", "V162"),
    (fields.code, "白果-01_a.b", "白果-01_a.b"),
    (fields.name, " 阿依古丽·买买提 ", "阿依古丽·买买提"),
    (fields.text, "=SUM(A1)", "=SUM(A1)"),
    (fields.email, "wang@example.com", "wang@example.com"),
    (fields.day, "2026-09-20", date(2026, 9, 20)),
    (fields.day, "2028-02-29", date(2028, 2, 29)),
    (fields.clock_time, "9:05", time(9, 5)),
    (fields.amount, "500", Decimal("500.00")),
    (fields.amount, "0.5", Decimal("0.50")),
    (fields.amount, "1.100", Decimal("1.10")),
    (fields.yes_no, "是", True),
    (fields.yes_no, "No", False),
    (fields.gender, "女", Gender.FEMALE),
    (fields.gender, "male", Gender.MALE),
    (fields.lunar_birthday, "08-15", "8-15"),
    (fields.visit_every, "P30D", "P30D"),
    (fields.duration_minutes, "90", 90),
    (fields.service_minutes, "0", 0),
    (fields.max_per_month, "4", 4),
    (fields.places_needed, "4", {"any": 4}),
    (fields.places_needed, "0", {}),
    (fields.places_needed, "leader=1; visitor=4；driver=0", {"leader": 1, "visitor": 4}),
    (fields.beneficiary, "V162", BeneficiaryEntry(EntryOf.PERSON, "V162")),
    (fields.beneficiary, "role:retiree", BeneficiaryEntry(EntryOf.ROLE, "retiree")),
    (fields.beneficiary, "unit：Z04", BeneficiaryEntry(EntryOf.UNIT, "Z04")),
    (fields.available, "Sat 14:00-17:00", (Window(frozenset({5}), 840, 1020),)),
    (fields.available, "Fri-Mon 09:00-24:00", (Window(frozenset({4, 5, 6, 0}), 540, 1440),)),
    (fields.available, "mon,wed 09:00-12:00", (Window(frozenset({0, 2}), 540, 720),)),
]
BAD = [
    (fields.code, ("", "a b", "a;b", "a:b", "a/b", "..", "x" * 65, "a\0", "a\ud800", "a\u200bb")),
    (fields.name, ("", "  ", "a\nb", "x" * 256)),
    (fields.text, ("x" * 20_001, "a\0b", "\udc00")),
    (
        fields.email,
        ("wang", "@x.cn", "a@b", "a b@c.cn", "a@b.cn,c@d.cn", "a@b..cn", "a@b.cn\nBcc: x@y.cn", "<a@b.cn>"),
    ),
    (
        fields.day,
        (
            "",
            "2026-2-1",
            "2026/02/01",
            "2026-02-30",
            "0001-01-01",
            "3000-01-01",
            "２０２６-01-01",
            "2026-01-01T00",
        ),
    ),
    (fields.clock_time, ("24:00", "9", "09:60", "9.30", "-1:00")),
    (fields.amount, ("", "-1", "1.005", "1,000", "1e3", "NaN", "５", "+1", "9" * 20)),
    (fields.yes_no, ("", "maybe", "1")),
    (fields.gender, ("", "x", "男女")),
    (fields.lunar_birthday, ("13-1", "1-31", "0-5", "8", "闰6-1")),
    (fields.visit_every, ("P0D", "P1D1M", "30", "P-1D", "P1.5D")),
    (fields.duration_minutes, ("0", "-5", "1.5", "", "999999")),
    (fields.places_needed, ("-1", "leader", "leader=x", "leader=1;leader=2", "=3", "leader=99999999")),
    (fields.beneficiary, ("", "role:king", "kind:x", "unit:", "role:")),
    (
        fields.available,
        ("Monday", "Mon", "Mon 9-12", "Mon 12:00-09:00", "Mon 09:00-25:00", "Xyz 09:00-10:00"),
    ),
]


@pytest.mark.parametrize(("rule", "given_text", "value"), GOOD)
def test_a_good_value_is_read(rule, given_text, value):
    assert rule(given_text) == value


@pytest.mark.parametrize(("rule", "texts"), BAD, ids=[rule.__name__ for rule, _ in BAD])
def test_a_bad_value_is_refused_with_a_sentence_in_every_language(rule, texts):
    for text in texts:
        with pytest.raises(BadValue) as refused:
            rule(text)
        fault = refused.value.in_field("column")
        for language in ("zh_Hans", "zh_Hant", "en"):
            sentence = say(fault.key, language=language, **fault.values)
            assert sentence
            assert "{" not in sentence


@pytest.mark.parametrize(
    "rule",
    [rule for rule, _ in BAD] + [fields.short_text, fields.schedule, fields.interval, fields.free_kind],
    ids=lambda rule: rule.__name__,
)
@given(text=st.text(max_size=60))
def test_whatever_is_written_a_rule_reads_it_or_says_why_not(rule, text):
    try:
        rule(text)
        why_not = "nothing is wrong"
    except BadValue as bad:
        why_not = say(bad.key, **bad.values)
    assert why_not


def test_lists_keep_each_word_once_in_the_order_told():
    assert fields.roles(["retiree", "volunteer", "retiree"]) == (PersonRole.RETIREE, PersonRole.VOLUNTEER)
    assert fields.contact_by(["sms", "email"]) == (Channel.SMS, Channel.EMAIL)
    assert fields.contact_by(["none"]) == (Channel.NONE,)
    assert fields.parts(" a ；b;;c ") == ["a", "b", "c"]


def test_none_stands_alone_and_somebody_is_something():
    for refused in (lambda: fields.contact_by(["none", "sms"]), lambda: fields.roles([])):
        with pytest.raises(BadValue):
            refused()


def test_an_entry_is_written_as_it_is_read():
    for text in ("V162", "role:retiree", "unit:Z04", "team:T-GZ"):
        assert str(fields.beneficiary(text)) == text


def test_what_is_repeated_in_a_sentence_is_short_and_harmless():
    assert fields.shown("x" * 100) == "x" * 39 + "…"
    assert fields.shown("a\x1b[31mb\ud800") == "a�[31mb�"
