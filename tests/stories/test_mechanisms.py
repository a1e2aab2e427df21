"""Each mechanism, from the campaign as a coordinator writes it to the figures of the month, by HTTP and command."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from starlette.testclient import TestClient

from api.app import create_app
from cli.main import run
from clock import Clock
from models.database import transaction
from models.enums import AccountRole
from outreach import accounts
from outreach.permissions import CONSOLE
from settings import Settings
from tests.stories.mechanisms import STORIES, Story

PLANNING = datetime(2026, 1, 2, 1, tzinfo=UTC)
TELLING = datetime(2026, 11, 30, 8, tzinfo=UTC)

UNITS = [
    {"code": "BJ", "name": "老干部局", "kind": "bureau"},
    {"code": "X01", "name": "城关镇", "parent_code": "BJ"},
]
PEOPLE = [
    {"code": "R1", "name": "何玉兰", "unit_code": "X01", "roles": ["retiree"], "birth_date": "1936-05-06"},
    {"code": "R2", "name": "欧阳光荣", "unit_code": "X01", "roles": ["retiree"], "birth_date": "1950-12-11"},
    {"code": "R3", "name": "单国庆", "unit_code": "BJ", "roles": ["retiree"], "birth_date": "1948-12-12"},
    {"code": "V1", "name": "仇立新", "unit_code": "X01", "roles": ["volunteer"], "skills": ["果蔬"]},
    {"code": "V2", "name": "解晓燕", "unit_code": "BJ", "roles": ["volunteer"]},
    {"code": "M1", "name": "区小明", "unit_code": "X01", "roles": ["minor"]},
    {"code": "M2", "name": "盖小红", "unit_code": "X01", "roles": ["minor"]},
    {"code": "H1", "name": "王德厚", "unit_code": "X01", "roles": ["beneficiary"]},
    {"code": "S1", "name": "薛雪梅", "unit_code": "BJ", "roles": ["staff"]},
]
TEAM = {"code": "T1", "name": "服务队", "unit_code": "BJ", "leader_code": "V1", "members": ["V1", "V2"]}


class Office:
    """A small county behind the real application, at an instant that the test moves."""

    def __init__(self, engine: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = PLANNING
        self._settings = settings
        self._set = monkeypatch.setenv
        app = create_app(settings, engine, Clock(machine=lambda: self.now))
        with transaction(engine) as session:
            token = accounts.make_token(
                session, "coordinator", role=AccountRole.ADMINISTRATOR, by=CONSOLE, now=self.now
            )
        self.client = TestClient(app, headers={"Authorization": f"Bearer {token}"})

    def command(self, *arguments: str) -> None:
        """The program's own command at the present instant."""
        self._set("YINLING_NOW", self.now.isoformat())
        self._set("YINLING_DATABASE_URL", self._settings.database_url)
        assert run(["--data", str(self._settings.data), *arguments]) == 0

    def post(self, path: str, body: object) -> Any:  # Any: JSON
        return self._answer(self.client.post(f"/api/v1/{path}", json=body))

    def get(self, path: str, **asked: str) -> Any:  # Any: JSON
        return self._answer(self.client.get(f"/api/v1/{path}", params=asked))

    def put(self, path: str, body: object) -> Any:  # Any: JSON
        return self._answer(self.client.put(f"/api/v1/{path}", json=body))

    def _answer(self, answer: Any) -> Any:  # Any: a response; JSON
        assert answer.is_success, answer.text
        return answer.json()


@pytest.fixture
def office(
    fresh_database: Engine, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Office]:
    settings = Settings(data=tmp_path, database_url=database_url, public_url="http://testserver")
    office = Office(fresh_database, settings, monkeypatch)
    with office.client:
        for unit in UNITS:
            office.post("units", unit)
        for person in PEOPLE:
            office.post("people", {**person, "since": "2026-01-01"})
        office.post("teams", TEAM)
        yield office


@pytest.mark.parametrize("mechanism", STORIES)
def test_what_a_mechanism_plans_is_recorded_and_counted(office: Office, mechanism: str) -> None:
    story = STORIES[mechanism]
    write_campaign(office, story)
    activity = planned_activity(office, story)
    assert calendar_days(office) >= {story.on}
    office.now = TELLING
    office.put(f"activities/{activity['id']}/outcome", {"status": "held", **story.told})
    assert figures(office, story.on[:7], story.figures) == story.figures
    assert set(sources(office, story)) == {1}


def write_campaign(office: Office, story: Story) -> None:
    office.post(
        "campaigns",
        {
            "code": "C",
            "name": "活动",
            "kind": story.kind,
            "unit_code": "BJ",
            "schedule": story.schedule,
            "starts_on": "2026-01-01",
            "ends_on": "2026-12-31",
            "status": "active",
            "metrics": list(story.metrics),
            **story.campaign,
        },
    )
    if story.schedule.startswith("CASE:"):
        office.now = datetime(2026, 3, 1, 2, tzinfo=UTC)
        kind = re.split("[:;]", story.schedule)[1]
        office.post("cases", {"code": "K1", "kind": kind, "person_code": "R1", "opened_on": "2026-03-01"})
        office.command("plan")


def planned_activity(office: Office, story: Story) -> Any:  # Any: JSON
    """The activity of the story's day."""
    found = office.get("activities", campaign="C", **{"from": story.on, "to": story.on})["items"]
    assert found, f"nothing is planned on {story.on}"
    return found[0]


def calendar_days(office: Office) -> set[str]:
    """The days that a subscriber of the campaign's calendar sees, from where the window begins."""
    from api.feeds import FeedRoute

    made = office.post("feeds", {"scope": "campaign:C", "privacy": "full"})
    feeds = FeedRoute(
        office.client.app,
        engine=office.client.app.state.office.engine,  # type: ignore[attr-defined]  # the application's own
        zone=office.client.app.state.office.settings.zone,  # type: ignore[attr-defined]
        language="zh_Hans",
        public_url="http://testserver",
        now=lambda: office.now,
    )
    with TestClient(feeds) as subscriber:
        text = subscriber.get(made["url"].removeprefix("http://testserver")).text
    starts = re.findall(r"DTSTART[^:]*:(\d{4})(\d\d)(\d\d)", text)
    return {"-".join(start) for start in starts}


def figures(office: Office, month: str, asked: Any) -> dict[str, str]:  # Any: whatever has the metrics' codes
    lines = {line["metric"]: line["value"] for line in office.get(f"tallies/{month}")["lines"]}
    return {metric: lines.get(metric, "–") for metric in asked}


def sources(office: Office, story: Story) -> Iterator[int]:
    """One figure's records, for each figure that comes from the told activity itself."""
    for line in office.get(f"tallies/{story.on[:7]}")["lines"]:
        if line["metric"] in story.figures and not _from_records(line["metric"]):
            yield line["sources"]
    yield 1


def _from_records(metric: str) -> bool:
    return metric.startswith(("finance.", "rural.visit_money", "rural.goods", "suggestions."))
