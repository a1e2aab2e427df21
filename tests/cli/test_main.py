"""What every command keeps to: exit codes, one JSON object on stdout, `--data` and `--json` anywhere."""

import json

import pytest

from cli.main import everywhere
from models.database import transaction
from outreach import accounts
from outreach.errors import NotSignedIn
from tests.cli.conftest import SAMPLE

WRONG = [
    ["nonsense"],
    ["plan", "--through", "soon"],
    ["plan", "--through", "2020-01-01"],
    ["plan", "--unknown"],
    ["tally"],
    ["tally", "2026-13"],
    ["tally", "2026-09", "--unit", "NOWHERE"],
    ["tally", "2026-09", "--format", "pdf"],
    ["import"],
    ["import", "nowhere"],
    ["import", "--undo", "99"],
    ["import", "--undo", "x"],
    ["feed", "--scope", "moon"],
    ["feed", "--scope", "public", "--privacy", "full"],
    ["token", "--account", "x"],
    ["token", "--account", "x", "--role", "king"],
    ["token", "--account", "x", "--role", "viewer", "--unit", "NOWHERE"],
    ["account", "reset", "nobody"],
    ["account", "close", "nobody"],
    ["account", "revoke", "nobody"],
    ["account", "rights", "nobody", "--role", "viewer"],
    ["holidays", "2027", "nowhere.csv"],
    ["holidays", "1900", "nowhere.csv"],
    ["backup", "no/such/folder/x.zip"],
    ["restore", "nowhere.zip"],
    ["init"],
    ["flows"],
    ["api", "--workers", "0"],
    ["account"],
    ["--data"],
]


@pytest.mark.parametrize("arguments", WRONG, ids=" ".join)
def test_wrong_input_ends_with_two_and_one_object_of_errors(yinling, arguments):
    assert yinling("init").code == 0
    said = yinling(*arguments, "--json")
    assert said.code == 2, said.err
    assert said.document["errors"]
    assert all(error["message"] for error in said.document["errors"])


@pytest.mark.parametrize("arguments", WRONG, ids=" ".join)
def test_without_json_the_same_is_told_on_stderr_alone(yinling, arguments):
    yinling("init")
    said = yinling(*arguments)
    assert said.code == 2
    assert said.out == ""
    assert said.err.strip()
    assert "Traceback" not in said.err


@pytest.mark.parametrize("command", ["plan", "feed --scope public", "tally 2026", "import .", "backup b.zip"])
def test_without_a_database_a_command_says_so_and_makes_none(yinling, data, command):
    said = yinling(*command.split(), "--json")
    assert said.code == 2
    assert "init" in said.document["errors"][0]["message"]
    assert not (data / "yinling.db").exists()


def test_the_data_folder_may_be_named_before_or_after_the_command(yinling, tmp_path):
    before, after, joined = tmp_path / "a", tmp_path / "b", tmp_path / "c"
    assert yinling("--data", before, "--json", "init").code == 0
    assert yinling("init", "--data", after, "--json").code == 0
    assert yinling("init", f"--data={joined}").code == 0
    assert all((folder / "yinling.db").exists() for folder in (before, after, joined))


def test_what_stands_behind_two_dashes_is_left_alone():
    assert everywhere(["account", "add", "--json", "--", "--data"]) == (
        ["account", "add", "--", "--data"],
        None,
        True,
    )


def test_a_wrong_setting_is_named_and_ends_with_two(yinling, monkeypatch):
    monkeypatch.setenv("YINLING_TIMEZONE", "Asia/Nowhere")
    said = yinling("plan", "--json")
    assert said.code == 2
    assert "YINLING_TIMEZONE" in said.document["errors"][0]["message"]


def test_what_is_nobodys_fault_ends_with_one_and_still_one_object(yinling, monkeypatch):
    yinling("init")

    def broken(*_arguments, **_more):
        raise RuntimeError("the disk is gone")

    monkeypatch.setattr("outreach.backups.backup", broken)
    said = yinling("backup", "b.zip", "--json")
    assert said.code == 1
    assert said.document == {"errors": [{"message": "the disk is gone"}]}
    assert "RuntimeError" in said.err


def test_each_command_prints_one_object(yinling, tmp_path):
    """The story of a first day, every step for programs."""
    assert set(yinling("init", "--json").document) == {"admin_token", "sign_in_url"}
    brought = yinling("import", SAMPLE, "--json").document
    assert (brought["units"], brought["people"], brought["ledger"]) == (33, 822, 300)
    first, second = yinling("plan", "--json").document, yinling("plan", "--json").document
    assert first["created"] > 100
    assert (second["created"], second["moved"], second["cancelled"]) == (0, 0, 0)
    assert second["unchanged"] == first["created"] + first["unchanged"]
    assert yinling("token", "--account", "app", "--role", "recorder", "--unit", "BJ", "--json").document[
        "token"
    ]
    feed = yinling("feed", "--scope", "unit:BJ", "--json").document
    assert feed["url"].startswith("http")
    assert feed["url"].endswith(".ics")
    assert feed["webcal"].startswith("webcal:")
    assert "/welcome/" in yinling("account", "add", "li", "--json").document["sign_in_url"]
    assert "/welcome/" in yinling("account", "reset", "li", "--json").document["sign_in_url"]
    assert yinling("migrate", "--json").document["revision"]
    assert yinling("backup", tmp_path / "b.zip", "--json").document["rows"] > 1000
    doctor = yinling("doctor", "--json")
    assert doctor.code == 0
    assert doctor.document["ok"] is True
    assert [check["name"] for check in doctor.document["checks"]] == [
        "settings",
        "database",
        "migrations",
        "tallies",
        "disk",
        "clock",
        "prefect",
        "notices",
        "mail",
    ]


def test_messages_of_a_broken_folder_name_file_row_and_column(yinling, tmp_path):
    yinling("init")
    (tmp_path / "units.csv").write_text("code,name,parent_code\nA,One,\nB,Two,C\n", "utf-8")
    (tmp_path / "people.csv").write_text(
        "code,name,unit_code,roles,birth_date\nP1,Li,A,volunteer,2026-02-30\n,Wu,A,king,\n", "utf-8"
    )
    said = yinling("import", tmp_path, "--json")
    assert said.code == 2
    found = {(error["file"], error["row"], error["column"]) for error in said.document["errors"]}
    assert found == {
        ("units.csv", 3, "parent_code"),
        ("people.csv", 2, "birth_date"),
        ("people.csv", 3, "code"),
        ("people.csv", 3, "roles"),
    }
    assert json.loads(yinling("tally", "2026", "--json").out)["errors"]


def test_a_new_sign_in_link_is_given_out_until_somebody_has_a_password(fresh_database, now):
    with transaction(fresh_database) as session:
        first = accounts.first_sign_in(session, now=now)
        second = accounts.first_sign_in(session, now=now)
        with pytest.raises(NotSignedIn):
            accounts.invited(session, first, now=now)
        accounts.accept(session, second, name="li", password="eight letters", now=now)
        assert accounts.first_sign_in(session, now=now) is None
