"""A name is taken out of words where it stands as that name, and nowhere else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.erasure.blanking import Blanking

NUMBER = "已删除 #7"
NAMES = st.text("何玉兰王秀英李明", min_size=2, max_size=4)


@pytest.mark.parametrize(
    ("name", "text", "left"),
    [
        ("何玉兰", "看望何玉兰，何玉兰很高兴", f"看望{NUMBER}，{NUMBER}很高兴"),
        ("何玉兰", "何 玉 兰签收", f"{NUMBER}签收"),
        ("何玉兰", "何老、何某某", "何老、何某某"),
        ("王秀", "王秀和王秀英", f"{NUMBER}和王秀英"),
        ("何", "何", NUMBER),
        ("何", "何时去", "何时去"),
        ("Li Na", "Li Na came, Li Nan too", f"{NUMBER} came, Li Nan too"),
        ("阿依古丽·买买提", "阿依古丽·买买提家", f"{NUMBER}家"),
        ("a.b", "axb a.b", f"axb {NUMBER}"),
    ],
)
def test_a_name_is_replaced_where_it_is_one(name, text, left):
    assert Blanking.of(name, NUMBER, longer=["王秀英", "王秀英子"]).in_text(text) == left


@given(name=NAMES, before=st.text(), after=st.text())
def test_a_name_never_remains_and_done_twice_does_nothing(name, before, after):
    blanking = Blanking.of(name, NUMBER)
    once = blanking.in_text(before + name + after)
    assert name not in once
    assert NUMBER in once
    assert blanking.in_text(once) == once


def test_a_document_is_searched_wherever_it_holds_text():
    blanking = Blanking.of("何玉兰", NUMBER)
    document = {
        "narrative": "何玉兰",
        "visits": [{"note": "何玉兰", "person_id": 7}],
        "units": [1],
        "何玉兰": None,
    }
    assert blanking.in_value(document) == {
        "narrative": NUMBER,
        "visits": [{"note": NUMBER, "person_id": 7}],
        "units": [1],
        "何玉兰": None,
    }
