"""Names: courtesy forms, shortened forms, pinyin for sorting."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wording.names import (
    courtesy_form,
    elder_form,
    erased_name,
    family_name,
    is_erased,
    joined,
    joined_up_to,
    short_name,
    sort_key,
)


@pytest.mark.parametrize(
    ("name", "family", "short", "elder"),
    [
        ("何玉兰", "何", "何某某", "何老"),
        ("何兰", "何", "何某某", "何老"),
        ("欧阳光荣", "欧阳", "欧阳某某", "欧阳老"),
        ("歐陽修", "歐陽", "歐陽某某", "歐陽老"),
        ("长孙晓燕", "长孙", "长孙某某", "长孙老"),
        ("诸葛亮", "诸葛", "诸葛某某", "诸葛老"),
        ("欧阳", "欧", "欧某某", "欧老"),
        ("何 玉 兰", "何", "何某某", "何老"),
        ("何\u3000兰", "何", "何某某", "何老"),
        ("阿依古丽·买买提", "阿依古丽", "阿某某", "阿依古丽老人"),
        ("曲比•史布", "曲比", "曲某某", "曲比老人"),
        ("何玉兰·", "何", "何某某", "何老"),
        ("John Smith", "Smith", "J. S.", "John Smith"),
        ("", "", "", ""),
        ("  ", "", "", ""),
        ("·", "", "", ""),
    ],
)
def test_a_name_has_its_family_name_a_short_form_and_a_courtesy_form(name, family, short, elder):
    assert (family_name(name), short_name(name), elder_form(name)) == (family, short, elder)


@pytest.mark.parametrize(
    ("age", "form"),
    [
        (None, "何老"),
        (91, "何老"),
        (60, "何老"),
        (59, "何同志"),
        (18, "何同志"),
        (17, "何同学"),
        (6, "何同学"),
    ],
)
def test_the_courtesy_form_goes_by_age(age, form):
    assert courtesy_form("何玉兰", age=age) == form


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("单国庆", "shan guo qing"),
        ("仇英", "qiu ying"),
        ("解晓东", "xie xiao dong"),
        ("盖军", "ge jun"),
        ("区大明", "ou da ming"),
        ("查文彬", "zha wen bin"),
        ("曾国藩", "zeng guo fan"),
        ("任我行", "ren wo xing"),
        ("尉迟恭", "yu chi gong"),
        ("万俟卨", "mo qi xie"),
        ("长孙无忌", "zhang sun wu ji"),
        ("令狐冲", "ling hu chong"),
        ("吕布", "lv bu"),
        ("阿依古丽·买买提", "a yi gu li mai mai ti"),
        ("Ádám Őz", "adam oz"),
    ],
)
def test_the_family_name_is_sorted_by_its_reading_as_one(name, key):
    assert sort_key(name) == f"{key}\x1f{name}"


def test_names_sort_by_syllables_and_namesakes_in_sound_stay_apart():
    people = ["张伟", "章伟", "单红", "何玉兰", "黑伟", "欧阳修", "区琳"]
    assert sorted(people, key=sort_key) == ["黑伟", "何玉兰", "区琳", "欧阳修", "单红", "张伟", "章伟"]


def test_a_list_of_names_is_joined_in_the_language():
    names = ["欧阳老", "何老", "王老"]
    assert joined(names) == "欧阳老、何老、王老"
    assert joined(names, language="en") == "欧阳老, 何老, 王老"
    assert joined_up_to(names, shown=3, unit="households") == "欧阳老、何老、王老"
    said = [
        joined_up_to(names, shown=2, unit="households", language=each)
        for each in ("zh_Hans", "zh_Hant", "en")
    ]
    assert said == ["欧阳老、何老等 3 户", "欧阳老、何老等 3 戶", "欧阳老, 何老 and others (3 households)"]
    assert joined_up_to(names, shown=1, unit="people") == "欧阳老等 3 人"


@given(st.text())
def test_any_text_taken_for_a_name_has_all_its_forms(name):
    for form in (family_name, short_name, elder_form, sort_key):
        assert isinstance(form(name), str)


@given(
    st.sampled_from(["何", "单", "欧阳", "尉迟"]), st.text(alphabet="玉兰光荣国庆", min_size=1, max_size=2)
)
def test_a_short_form_never_tells_the_given_name(family, given_name):
    for form in (short_name, elder_form):
        assert form(family + given_name).startswith(family)
        assert not set(given_name) & set(form(family + given_name))


def test_the_number_of_somebody_erased_is_said_as_it_is():
    name = erased_name(17)
    assert is_erased(name)
    assert not is_erased("何玉兰")
    assert {form(name) for form in (family_name, short_name, elder_form)} == {name}
    assert {courtesy_form(name, age=age) for age in (None, 8, 40, 80)} == {name}
    assert sort_key(name).endswith(name)
