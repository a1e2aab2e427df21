"""Units over HTTP: the tree, and what moves in it."""

UNITS = "/api/v1/units"


def test_a_unit_is_founded_renamed_moved_and_made_a_root(office):
    township = {"code": "C01", "name": "村", "parent_code": "Z01", "kind": "village"}
    assert office.post(UNITS, json=township).json() == township
    assert office.patch(f"{UNITS}/C01", json={"name": "新村"}).json() == {**township, "name": "新村"}
    assert office.patch(f"{UNITS}/C01", json={"parent_code": "Z02"}).json()["parent_code"] == "Z02"
    assert office.patch(f"{UNITS}/C01", json={"parent_code": None}).json()["parent_code"] is None
    assert office.get(f"{UNITS}/C01").json()["parent_code"] is None


def test_a_unit_never_stands_below_itself(office):
    for child, parent in (("BJ", "Z01"), ("BJ", "BJ")):
        answer = office.patch(f"{UNITS}/{child}", json={"parent_code": parent})
        assert answer.status_code == 422
        assert [fault["field"] for fault in answer.json()["errors"]] == ["parent_code"]


def test_a_code_never_changes_and_a_name_is_never_null(office):
    for body, field in (({"code": "X"}, "code"), ({"name": None}, "name"), ({"name": "  "}, "name")):
        answer = office.patch(f"{UNITS}/BJ", json=body)
        assert [fault["field"] for fault in answer.json()["errors"]] == [field], body


def test_who_sees_a_subtree_founds_below_it_and_sees_no_parent_above(office, as_role):
    local = as_role("coordinator", unit="Z01")
    assert local.get(f"{UNITS}/Z01").json()["parent_code"] is None
    assert local.post(UNITS, json={"code": "C01", "name": "村", "parent_code": "Z01"}).status_code == 201
    assert local.get(f"{UNITS}/C01").json()["parent_code"] == "Z01"
    assert local.post(UNITS, json={"code": "C02", "name": "村"}).status_code == 403
    assert local.patch(f"{UNITS}/C01", json={"parent_code": "Z02"}).status_code == 422


def test_units_are_found_by_words_and_kind(office):
    def codes(**asked):
        return [unit["code"] for unit in office.get(UNITS, params=asked).json()["items"]]

    assert codes(q="乡") == ["Z01", "Z02"]
    assert codes(q="BJ") == ["BJ"]
    assert codes(kind="bureau") == ["BJ"]
    assert codes(q="%") == []
