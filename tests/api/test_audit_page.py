"""The page of the trail: filters as links and a form, words for everything, a file, and who may."""

import ast
import csv
import io
from pathlib import Path

import pytest
from sqlalchemy import select

import models
from models import AuditEntry, Base
from models.database import reading, transaction
from models.enums import AccountRole, AuditAction
from outreach import audit
from outreach.permissions import CONSOLE, Actor, Right
from tests.outreach.county import County
from wording.sentences import is_known

OUTREACH = Path(models.__file__).parent.parent


@pytest.fixture
def county(fresh_database, now):
    with transaction(fresh_database) as session:
        made = County(session)
        he = made.person("retiree", code="V1")
        audit.note(
            session, CONSOLE, AuditAction.READ, "people", he.id, now=now, person_id=he.id, reason="=电话"
        )
        audit.note(
            session,
            CONSOLE,
            AuditAction.CHANGED,
            "settings",
            0,
            now=now,
            before={"outcomes.missed_after_workdays": 10},
            after={"outcomes.missed_after_workdays": 20},
        )
        audit.note(
            session,
            CONSOLE,
            AuditAction.CHANGED,
            "people",
            he.id,
            now=now,
            person_id=he.id,
            after={"columns": ["mobile", "name"]},
        )


@pytest.fixture
def boss(get_in, county):
    return get_in("administrator")


def test_entries_are_said_in_words_with_old_and_new(boss):
    html = boss.get("/audit").text
    for words in (
        "看了人员“何V1”",
        "理由：=电话",
        "活动过后几个工作日没有记录，算逾期未记：10 → 20",
        "改了：手机、名称",
        "服务器命令",
        "新建了账号“administrator-None”",
    ):
        assert words in html, words


def test_it_is_asked_by_links_and_a_form(boss):
    of_person = boss.get("/audit?person=V1").text
    assert of_person.count('<tr><th scope="row"') == 2
    assert 'value="V1"' in of_person
    assert boss.get("/audit?action=read").text.count('<tr><th scope="row"') == 1
    assert "逾期未记" not in boss.get("/audit?record=people:1").text
    assert (
        boss.get("/audit?account=console&since=2026-09-15&until=2026-09-15").text.count('<tr><th scope="row"')
        >= 3
    )
    assert "这段时间没有记录" in boss.get("/audit?until=2026-09-14").text


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("person=V9", "person"),
        ("account=nobody", "account"),
        ("since=gestern", "since"),
        ("action=eat", "action"),
    ],
)
def test_what_cannot_be_asked_is_said_at_its_field(boss, query, field):
    answer = boss.get(f"/audit?{query}")
    assert answer.status_code == 422
    assert f'<a href="#{field}">' in answer.text


def test_earlier_entries_are_a_link_away_and_the_filter_goes_along(boss, fresh_database, now):
    with transaction(fresh_database) as session:
        for number in range(120):
            audit.note(session, CONSOLE, AuditAction.CHANGED, "settings", number, now=now)
    seen, path = 0, "/audit?table=settings"
    while path:
        html = boss.get(path).text
        seen += html.count('<tr><th scope="row"')
        found = html.partition('<p class="more"><a class="link" href="')[2].partition('"')[0]
        path = found.replace("&amp;", "&")
        assert not path or "table=settings" in path
    assert seen == 121


def test_the_file_has_the_same_entries_is_no_formula_and_is_noted(boss, fresh_database):
    answer = boss.get("/audit.csv?person=V1")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert len(rows) == 3
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@"))]
    with reading(fresh_database) as session:
        last = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
        assert (last.action, last.table_name) == (AuditAction.READ, "audit_entries")
    assert "看了审计导出" in boss.get("/audit").text


def test_only_administrators_read_it_and_those_of_a_unit_only_theirs(get_in, county):
    for role in ("coordinator", "recorder", "viewer"):
        client = get_in(role, unit="BJ")
        assert 'href="/audit"' not in client.get("/week").text
        assert client.get("/audit").status_code == 403
        assert client.get("/audit.csv").status_code == 403
    bound = get_in("administrator", unit="BJ")
    html = bound.get("/audit").text
    assert "看了人员" in html
    assert "10 → 20" not in html


def test_it_takes_as_many_statements_for_fifty_as_for_a_few(boss, counted, fresh_database, now):
    few = counted(lambda: boss.get("/audit"))
    with transaction(fresh_database) as session:
        for number in range(40):
            audit.note(session, CONSOLE, AuditAction.CHANGED, "people", 1, now=now, person_id=1)
            audit.note(session, CONSOLE, AuditAction.CHANGED, "units", 1, now=now, after={"n": number})
    assert counted(lambda: boss.get("/audit")) <= max(few, 15)


def test_what_a_page_did_says_so(boss, fresh_database):
    boss.post("/settings/deadlines", data={"outcomes.ask_after_days": "2"})
    html = boss.get("/audit").text
    first = html.partition("<tbody>")[2].partition("</tr>")[0]
    assert "administrator-None" in first
    assert "网页" in first


def test_every_table_that_the_program_notes_and_every_deed_has_words():
    """Walks the source: the table of each note, and of each bulk of entries."""
    written = {name for path in _sources() for name in _tables_in(path)}
    assert {"people", "settings", "ties", "tokens", "activities"} <= written
    assert [name for name in sorted(written) if not is_known(f"audit.table_{name}")] == []
    assert written <= {*Base.metadata.tables}
    for action in AuditAction:
        assert is_known(f"audit.action_{action}")
        assert is_known(f"audit.did_{action}")


def _sources():
    return [path for room in ("outreach", "api") for path in sorted((OUTREACH / room).rglob("*.py"))]


def _tables_in(path):
    """Names of tables given to `note`, `_note`, `opened` and `note_rows`, and those in rows of entries."""
    tables = set(Base.metadata.tables)
    by_class = {mapper.class_.__name__: mapper.class_.__tablename__ for mapper in Base.registry.mappers}
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and _name(node.func) in ("note", "_note", "opened", "note_rows"):
            given = node.args
        elif isinstance(node, ast.Dict):
            given = [
                value
                for key, value in zip(node.keys, node.values, strict=True)
                if isinstance(key, ast.Constant) and key.value == "table_name"
            ]
        else:
            continue
        for each in given:
            if isinstance(each, ast.Constant) and each.value in tables:
                yield each.value
            elif isinstance(each, ast.Attribute) and each.attr == "__tablename__":
                yield by_class[_name(each.value)]


def _name(node):
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def test_a_leader_without_the_right_stays_out_by_function_too(session):
    from outreach.audit_trail import expect_reader
    from outreach.errors import Forbidden

    with pytest.raises(Forbidden):
        expect_reader(Actor("leader", rights=(Right(AccountRole.VIEWER),)))
