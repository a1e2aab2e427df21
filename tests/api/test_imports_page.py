"""Importing by upload: faults at their cells, a dry run first, then all of it, and back again."""

import io
import re
import zipfile
from datetime import timedelta

import pytest
from openpyxl import Workbook
from sqlalchemy import func, select

from models import Person, Unit, Upload
from models.database import reading, transaction
from outreach.imports.uploads import KEPT_FOR
from tests.conftest import ROOT

UNITS = "code,name,parent_code,kind\nBJ,老干部局,,bureau\nZ01,白果乡,BJ,township\n"
PEOPLE = "code,name,unit_code,roles,birth_date\nV1,王秀英,Z01,volunteer,1950-02-03\nV2,何玉兰,Z01,retiree,1940-05-06\n"


def csv(**tables):
    return [("files", (f"{name}.csv", text.encode(), "text/csv")) for name, text in tables.items()]


def workbook(**tables):
    book = Workbook()
    book.remove(book.active)
    for name, text in tables.items():
        sheet = book.create_sheet(name)
        for line in text.splitlines():
            sheet.append(line.split(","))
    held = io.BytesIO()
    book.save(held)
    return [("files", ("县.xlsx", held.getvalue(), "application/octet-stream"))]


def damaged():
    """A packed folder whose file breaks off in the middle."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as folder:
        folder.writestr("people.csv", PEOPLE * 50)
    octets = bytearray(held.getvalue())
    octets[45:75] = b"\xff" * 30
    return bytes(octets)


def count(engine, table):
    with reading(engine) as session:
        return session.scalar(select(func.count()).select_from(table))


def undos(client):
    """The addresses that take imports back, the latest first."""
    main = client.get("/imports").text.partition("</main>")[0]
    return re.findall(r'action="(/imports/\d+/undo)"', main)


def take_in(client, page):
    address = page.partition('action="/imports/uploads/')[2].partition('"')[0]
    return client.post(f"/imports/uploads/{address}", data={"as_of": "2026-09-15"})


@pytest.fixture
def client(get_in):
    return get_in("administrator")


@pytest.mark.parametrize("sent", [csv, workbook])
def test_a_dry_run_first_then_all_of_it_then_back(client, fresh_database, sent):
    checked = client.post("/imports", files=sent(units=UNITS, people=PEOPLE))
    assert checked.status_code == 200, checked.text
    assert "检查过了，没有错" in checked.text
    assert (count(fresh_database, Unit), count(fresh_database, Person)) == (0, 0)
    assert take_in(client, checked.text).headers["location"] == "/imports"
    assert (count(fresh_database, Unit), count(fresh_database, Person)) == (2, 2)
    assert count(fresh_database, Upload) == 0
    page = client.get("/imports").text
    assert "人员（新 2，改 0）" in page
    assert "人員（新 2，改 0）" in client.get("/imports", headers={"Accept-Language": "zh-TW"}).text
    assert client.post(undos(client)[0]).headers["location"] == "/imports"
    assert (count(fresh_database, Unit), count(fresh_database, Person)) == (0, 0)
    assert "已撤回" in client.get("/imports").text


def test_each_fault_stands_at_its_cell_and_nothing_is_written(client, fresh_database):
    wrong = PEOPLE.replace("1950-02-03", "1950-02-30").replace("V2,何玉兰,Z01", "V2,何玉兰,Z99")
    answer = client.post("/imports", files=csv(units=UNITS, people=wrong))
    assert answer.status_code == 422
    assert "有 2 处要改" in answer.text
    second, third = answer.text.index("人员 第 2 行"), answer.text.index("人员 第 3 行")
    assert second < answer.text.index("1950-02-30") < third < answer.text.index("Z99")
    assert answer.text.count('class="wrong"') == 2
    assert count(fresh_database, Person) == 0


def test_the_sample_county_is_taken_in_as_it_lies_packed_in_a_folder(client, fresh_database):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as folder:
        for file in (ROOT / "sample").glob("*.csv"):
            folder.write(file, f"县/{file.name}")
    checked = client.post("/imports", files=[("files", ("county.zip", packed.getvalue(), "application/zip"))])
    assert checked.status_code == 200, checked.text
    take_in(client, checked.text)
    assert count(fresh_database, Person) > 100


@pytest.mark.parametrize(
    "files",
    [
        [],
        [("files", ("a.pdf", b"%PDF", "application/pdf"))],
        [("files", ("a.xlsx", b"PK\x03\x04 broken", "application/zip"))],
        [("files", ("a.zip", b"no zip", "application/zip"))],
        [("files", ("../../etc/people.csv", b"", "text/csv"))],
        [("files", ("损" * 90 + ".zip", damaged(), "application/zip"))],
        [("files", ("a\0b.zip", damaged(), "application/zip"))],
        [*csv(units=UNITS), ("files", ("b.xlsx", b"x", "application/zip"))],
    ],
)
def test_what_cannot_be_read_is_refused_with_a_sentence(client, fresh_database, files):
    answer = client.post("/imports", files=files or {"files": ("", b"")}, data={"as_of": "2026-09-01"})
    assert answer.status_code == 422
    assert count(fresh_database, Person) == 0
    assert count(fresh_database, Upload) == 0


def test_a_day_that_is_none_is_a_fault_of_its_field(client):
    answer = client.post("/imports", files=csv(units=UNITS), data={"as_of": "2026-02-30"})
    assert answer.status_code == 422
    assert 'value="2026-02-30"' in answer.text


def test_an_upload_is_taken_in_once_and_lasts_a_day(client, fresh_database, now):
    checked = client.post("/imports", files=csv(units=UNITS))
    assert client.post("/imports/uploads/none-such").status_code == 404
    with transaction(fresh_database) as session:
        session.scalars(select(Upload)).one().at = now - KEPT_FOR - timedelta(seconds=1)
    assert take_in(client, checked.text).status_code == 404
    checked = client.post("/imports", files=csv(units=UNITS))
    assert count(fresh_database, Upload) == 1
    assert [take_in(client, checked.text).status_code for _ in range(2)] == [303, 404]


def test_an_upload_of_another_is_not_found(client, fresh_database):
    checked = client.post("/imports", files=csv(units=UNITS))
    with transaction(fresh_database) as session:
        session.scalars(select(Upload)).one().account_id = None
    assert take_in(client, checked.text).status_code == 404
    assert count(fresh_database, Unit) == 0


def test_what_something_was_built_on_stays_and_the_page_says_why(client, fresh_database):
    take_in(client, client.post("/imports", files=csv(units=UNITS, people=PEOPLE)).text)
    later = "code,name,unit_code,roles\nV3,单国庆,Z01,volunteer\n"
    take_in(client, client.post("/imports", files=csv(people=later)).text)
    client.post(undos(client)[-1])
    assert "没有撤回：" in client.get("/imports").text
    assert count(fresh_database, Person) == 3


@pytest.mark.parametrize("role", ["coordinator", "viewer"])
def test_only_who_administers_the_whole_office_imports(get_in, role):
    client = get_in(role)
    assert client.get("/imports").status_code == 403
    assert client.post("/imports", files=csv(units=UNITS)).status_code == 403
    assert client.post("/imports/1/undo").status_code == 403
