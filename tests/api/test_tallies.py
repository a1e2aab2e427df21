"""Tallies over HTTP: a period's figures in four forms, their sources, closing and correcting."""

import csv
import io
from datetime import date

import pytest
from docx import Document
from openpyxl import load_workbook

from models.database import transaction
from tests.outreach.county import County

URL = "/api/v1/tallies"


@pytest.fixture
def county(admin, fresh_database):
    """A bureau with two townships; leaflets were given out in one of them in August and in September."""
    with transaction(fresh_database) as session:
        county = County(session)
        west = county.unit("Z01", county.root)
        county.unit("Z02", county.root)
        campaign = county.campaign("DATES:2026-08-20,2026-09-10,2026-09-11", code="CJ", unit_id=west.id)
        county.plan(today=date(2026, 8, 1))
        activities = [activity.id for activity in county.planned(campaign)]
    for activity_id, number in zip(activities, (7, 40, 60), strict=True):
        measure = {
            "metric": "materials.issued",
            "value": number,
            "qualifier": "at_least",
            "dimensions": {"kind": "card"},
        }
        body = {"status": "held", "measures": [measure]}
        answer = admin.put(f"/api/v1/activities/{activity_id}/outcome", json=body)
        assert answer.status_code == 200, answer.text
    return activities


def _line(answer, metric="materials.issued"):
    assert answer.status_code == 200, answer.text
    return next(line for line in answer.json()["lines"] if line["metric"] == metric)


def test_a_tally_has_the_shape_of_the_contract(admin, county):
    answer = admin.get(f"{URL}/2026-09", params={"unit": "Z01"})
    tally = answer.json()
    assert {key: tally[key] for key in ("period", "unit", "status", "signed_by", "adjustments")} == {
        "period": "2026-09",
        "unit": "Z01",
        "status": "open",
        "signed_by": None,
        "adjustments": [],
    }
    line = _line(answer)
    assert line.pop("name")
    assert line.pop("unit")
    assert line == {
        "metric": "materials.issued",
        "value": "100",
        "qualifier": "at_least",
        "additivity": "flow",
        "sources": 2,
        "by_unit": {"Z01": "100"},
        "by_dimension": {"kind=card": "100"},
    }


def test_a_quarter_and_a_year_add_their_months(admin, county):
    assert _line(admin.get(f"{URL}/2026-Q3"))["value"] == _line(admin.get(f"{URL}/2026"))["value"] == "107"


def test_without_a_unit_it_is_the_root_of_ones_rights(admin, as_role, county):
    assert admin.get(f"{URL}/2026-09").json()["unit"] == "BJ"
    assert as_role("viewer", unit="Z01").get(f"{URL}/2026-09").json()["unit"] == "Z01"


@pytest.mark.parametrize(
    "path",
    [
        "2026-13",
        "2026-9",
        "x",
        "2026-Q5",
        "0000",
        "0001-01",
        "9999-12",
        "2026-09.pdf",
        "2026-09.",
        "2026-09?unit=x",
    ],
)
def test_a_period_or_a_unit_that_there_is_not_is_not_found(admin, county, path):
    assert admin.get(f"{URL}/{path}").status_code == 404


def test_a_unit_outside_ones_rights_is_not_found(as_role, county):
    west = as_role("viewer", unit="Z01")
    assert west.get(f"{URL}/2026-09", params={"unit": "Z02"}).status_code == 404
    assert west.get(f"{URL}/2026-09/lines/materials.issued/sources", params={"unit": "BJ"}).status_code == 404


def test_the_ending_chooses_the_form(admin, county):
    sheet = admin.get(f"{URL}/2026-09.csv")
    assert sheet.headers["content-type"] == "text/csv; charset=utf-8"
    assert "BJ-2026-09.csv" in sheet.headers["content-disposition"]
    header, *rows = csv.reader(io.StringIO(sheet.content.decode("utf-8-sig")))
    assert len(header) == 7
    assert next(row for row in rows if row[0] == "materials.issued")[3:] == ["100", "at_least", "2", "100"]

    workbook = load_workbook(io.BytesIO(admin.get(f"{URL}/2026-09.xlsx").content))
    cells = [cell for row in workbook.worksheets[0].iter_rows(values_only=True) for cell in row]
    assert "materials.issued" in cells
    assert 100 in cells
    assert Document(io.BytesIO(admin.get(f"{URL}/2026-09.docx").content)).tables


def test_as_many_sources_are_listed_as_the_line_says(admin, county):
    url, seen, query = f"{URL}/2026-Q3/lines/materials.issued/sources", [], {"limit": 1}
    while True:
        page = admin.get(url, params=query).json()
        seen += [(source["kind"], source["id"], source["value"], source["units"]) for source in page["items"]]
        if page["next"] is None:
            break
        query = {"limit": 1, "cursor": page["next"]}
    assert seen == [
        ("activity", activity_id, value, ["Z01"])
        for activity_id, value in zip(county, ("7", "40", "60"), strict=True)
    ]
    assert len(seen) == _line(admin.get(f"{URL}/2026-Q3"))["sources"]


def test_sources_of_a_metric_that_there_is_not_are_not_found(admin, county):
    assert admin.get(f"{URL}/2026-09/lines/x/sources").status_code == 404
    assert admin.get(f"{URL}/2026-09/lines/materials.issued/sources?cursor=x").status_code == 422


def test_a_closed_month_keeps_its_figures_and_is_corrected_by_signed_rows(admin, county):
    closed = admin.post(f"{URL}/2026-08/close", params={"unit": "BJ"})
    assert closed.status_code == 200, closed.text
    assert (closed.json()["status"], closed.json()["signed_by"]) == ("closed", "administrator-None")
    assert admin.post(f"{URL}/2026-08/close", params={"unit": "BJ"}).status_code == 409
    assert admin.get(f"{URL}/2026-08", params={"unit": "Z01"}).json()["status"] == "closed"

    body = {"metric": "materials.issued", "value": "-3", "reason": "重复登记", "unit": "Z01"}
    adjusted = admin.post(f"{URL}/2026-08/adjustments", json=body)
    assert adjusted.status_code == 201, adjusted.text
    told = adjusted.json()
    assert {
        key: told[key] for key in ("month", "carried_into", "unit", "metric", "value", "reason", "by")
    } == {
        "month": "2026-08",
        "carried_into": "2026-09",
        "unit": "Z01",
        "metric": "materials.issued",
        "value": "-3",
        "reason": "重复登记",
        "by": "administrator-None",
    }
    assert _line(admin.get(f"{URL}/2026-08"))["value"] == "7"
    assert _line(admin.get(f"{URL}/2026-09"))["value"] == "97"
    assert admin.get(f"{URL}/2026-08").json()["adjustments"] == [told]


def test_a_late_record_moves_no_closed_figure_and_is_carried_on(admin, county):
    admin.post(f"{URL}/2026-08/close", json={"unit": "BJ"})
    measure = {"metric": "materials.issued", "value": 9, "dimensions": {"kind": "card"}}
    body = {"status": "held", "measures": [measure]}
    assert admin.put(f"/api/v1/activities/{county[0]}/outcome", json=body).status_code == 200

    assert _line(admin.get(f"{URL}/2026-08"))["value"] == "7"
    assert _line(admin.get(f"{URL}/2026-09"))["value"] == "102"


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("2026-09/close", {}, 422),
        ("2026-Q3/close", {}, 422),
        ("2026-09/sign", {}, 422),
        ("2026-Q3/sign", {}, 422),
        ("x/sign", {}, 404),
        ("2026-08/sign", {"unit": "x"}, 422),
        ("x/close", {}, 404),
        ("2026-08/close?unit=x", {}, 404),
        ("2026-08/close", {"unit": "x"}, 422),
        ("2026-08/close", [], 422),
        ("2026-08/adjustments", {"metric": "materials.issued", "value": 1, "reason": "x"}, 409),
        ("2026-07/adjustments", {"metric": "x", "value": 1, "reason": "x"}, 422),
        ("2026-07/adjustments", {"metric": "materials.issued", "value": 0, "reason": "x"}, 422),
        ("2026-07/adjustments", {"metric": "materials.issued", "value": 1, "reason": " "}, 422),
        ("2026-07/adjustments", {"metric": "materials.issued", "value": 1}, 422),
        ("2026-07/adjustments", {"metric": "materials.issued", "value": 1, "reason": "x", "unit": "x"}, 422),
    ],
)
def test_what_cannot_be_closed_or_corrected_is_refused(admin, county, path, body, status):
    assert admin.post(f"{URL}/2026-07/close").status_code == 200
    assert admin.post(f"{URL}/{path}", json=body).status_code == status


def test_a_month_is_signed_until_it_is_closed_and_whoever_signs_last_stands_under_it(admin, as_role, county):
    first = as_role("coordinator", unit="Z01").post(f"{URL}/2026-08/sign")
    assert first.status_code == 200, first.text
    assert (first.json()["status"], first.json()["signed_by"]) == ("open", "coordinator-Z01")
    assert admin.get(f"{URL}/2026-08", params={"unit": "BJ"}).json()["signed_by"] is None
    again = admin.post(f"{URL}/2026-08/sign", json={"unit": "Z01"})
    assert again.json()["signed_by"] == "administrator-None"
    admin.post(f"{URL}/2026-08/close", params={"unit": "Z01"})
    assert admin.post(f"{URL}/2026-08/sign", params={"unit": "Z01"}).status_code == 409


def test_closing_is_for_those_who_sign(as_role, county):
    for role in ("viewer", "recorder"):
        client = as_role(role, unit="Z01")
        assert client.post(f"{URL}/2026-08/sign").status_code == 403
        assert client.post(f"{URL}/2026-08/close").status_code == 403
        body = {"metric": "materials.issued", "value": 1, "reason": "x"}
        assert client.post(f"{URL}/2026-08/adjustments", json=body).status_code == 403
    assert as_role("coordinator", unit="Z02").post(f"{URL}/2026-08/close?unit=Z01").status_code == 404
    assert as_role("coordinator", unit="Z01").post(f"{URL}/2026-08/close").status_code == 200
