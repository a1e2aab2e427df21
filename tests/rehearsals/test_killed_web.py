"""The web process is killed at any moment: nothing that was acknowledged is lost, and nothing is there twice."""

import random
import threading
import time
from pathlib import Path

import pytest

from tests.rehearsals.program import Program, kill, wait_for

pytestmark = pytest.mark.rehearsal

OUTCOMES = 60
KILLS = 4


@pytest.fixture
def program(database_url: str, tmp_path: Path) -> Program:
    """An office with one daily campaign, planned."""
    program = Program(tmp_path, database_url, now="2026-01-02T08:00:00+08:00")
    program.command("migrate")
    folder = tmp_path / "county"
    folder.mkdir()
    (folder / "units.csv").write_text("code,name\nBJ,局\n", "utf-8")
    (folder / "campaigns.csv").write_text(
        "code,name,kind,unit_code,schedule,starts_on,ends_on\nC,接访,community,BJ,RRULE:FREQ=DAILY,2026-01-01,2026-12-31\n",
        "utf-8",
    )
    program.command("import", str(folder))
    program.command("plan", "--through", "2026-06-30")
    program.token = program.command("token", "--account", "teller", "--role", "recorder")["token"]
    program.environment["YINLING_NOW"] = "2026-07-01T08:00:00+08:00"
    return program


def test_no_acknowledged_outcome_is_lost_and_none_is_doubled(program: Program) -> None:
    chance = random.Random(20260702)
    acknowledged: list[int] = []
    finished = threading.Event()

    def tell_all() -> None:
        """One after the other; whoever got no answer asks again with the same key, as a phone does."""
        activities = wait_for_activities(program)
        for number, activity in enumerate(activities):
            body = {"status": "held", "measures": [{"metric": "needs.solved", "value": "1"}]}
            while True:
                answer = program.ask(
                    "PUT",
                    f"/api/v1/activities/{activity}/outcome",
                    body,
                    {"Idempotency-Key": f"phone-{number}"},
                )
                if answer is not None:
                    break
                time.sleep(0.05)
            assert answer[0] in (200, 201)
            acknowledged.append(activity)
        finished.set()

    teller = threading.Thread(target=tell_all, daemon=True)
    teller.start()
    for _ in range(KILLS):
        with program.running("api") as web:
            program.wait_until_answering()
            before = len(acknowledged)
            wait_for(lambda before=before: len(acknowledged) > before or finished.is_set())
            time.sleep(chance.random())
            kill(web)
    with program.running("api"):
        wait_for(finished.is_set)
        status, tally = program.ask("GET", "/api/v1/tallies/2026?unit=BJ") or (0, None)
        assert status == 200
        revisions = [
            program.ask("GET", f"/api/v1/activities/{activity}/outcome/revisions")
            for activity in acknowledged
        ]
    solved = {line["metric"]: line for line in tally["lines"]}["needs.solved"]
    assert (solved["value"], solved["sources"]) == (str(OUTCOMES), OUTCOMES)
    assert [len(answer[1]["items"]) for answer in revisions if answer] == [1] * OUTCOMES
    checks = {check["name"]: check["ok"] for check in program.command("doctor", expect=None)["checks"]}
    assert checks["tallies"] is True


def wait_for_activities(program: Program) -> list[int]:
    """The first activities of the plan, from whichever process answers."""
    path = f"/api/v1/activities?from=2026-01-02&to=2026-06-30&limit={OUTCOMES}"
    while True:
        answer = program.ask("GET", path)
        if answer is not None:
            return [item["id"] for item in answer[1]["items"]]
        time.sleep(0.05)
