"""A small county behind the real application, at an instant that the test moves."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine
from starlette.testclient import TestClient

from api.app import create_app
from api.feeds import FeedRoute
from cli.main import run
from clock import Clock
from models.database import transaction
from models.enums import AccountRole
from outreach import accounts
from outreach.permissions import CONSOLE
from settings import Settings

FIRST_DAY = datetime(2026, 1, 2, 1, tzinfo=UTC)
ADDRESS = "http://testserver"

UNITS = [
    {"code": "BJ", "name": "老干部局", "kind": "bureau"},
    {"code": "X01", "name": "城关镇", "kind": "township", "parent_code": "BJ"},
]
PEOPLE = [
    {"code": "R1", "name": "何玉兰", "unit_code": "X01", "roles": ["retiree"], "birth_date": "1936-05-06"},
    {"code": "R2", "name": "欧阳光荣", "unit_code": "X01", "roles": ["retiree"], "birth_date": "1950-12-11"},
    {"code": "R3", "name": "单国庆", "unit_code": "BJ", "roles": ["retiree"], "birth_date": "1948-12-12"},
    {"code": "R4", "name": "查良", "unit_code": "BJ", "roles": ["retiree"], "birth_date": "1947-12-30"},
    {"code": "V1", "name": "仇立新", "unit_code": "X01", "roles": ["volunteer"], "skills": ["果蔬"]},
    {"code": "V2", "name": "解晓燕", "unit_code": "BJ", "roles": ["volunteer"]},
    {"code": "M1", "name": "区小明", "unit_code": "X01", "roles": ["minor"]},
    {"code": "M2", "name": "盖小红", "unit_code": "X01", "roles": ["minor"]},
    {"code": "H1", "name": "王德厚", "unit_code": "X01", "roles": ["beneficiary"]},
    {"code": "S1", "name": "薛雪梅", "unit_code": "BJ", "roles": ["staff"]},
]
TEAM = {"code": "T1", "name": "服务队", "unit_code": "BJ", "leader_code": "V1", "members": ["V1", "V2"]}

Json = Any  # whatever an answer holds


class Office:
    """Its coordinator writes by HTTP, its administrator gives commands; both at `now`."""

    def __init__(self, engine: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = FIRST_DAY
        self._engine = engine
        self._settings = settings
        self._set = monkeypatch.setenv
        self._app = create_app(settings, engine, Clock(machine=lambda: self.now))
        with transaction(engine) as session:
            token = accounts.make_token(
                session, "coordinator", role=AccountRole.ADMINISTRATOR, by=CONSOLE, now=self.now
            )
        self.client = TestClient(self._app, headers={"Authorization": f"Bearer {token}"})

    def settle(self) -> None:
        """Enter the county: units, people, a team."""
        for unit in UNITS:
            self.post("units", unit)
        for person in PEOPLE:
            self.post("people", {**person, "since": "2026-01-01"})
        self.post("teams", TEAM)

    def move_to(self, year: int, month: int, day: int) -> None:
        """Go to the morning of a day."""
        self.now = datetime(year, month, day, 2, tzinfo=UTC)

    def run(self, *arguments: str) -> int:
        """The program's own command at the present instant; its exit code."""
        self._set("YINLING_NOW", self.now.isoformat())
        self._set("YINLING_DATABASE_URL", self._settings.database_url)
        return run(["--data", str(self._settings.data), *arguments])

    def command(self, *arguments: str) -> None:
        """A command that succeeds."""
        assert self.run(*arguments) == 0

    def post(self, path: str, body: Json) -> Json:
        return self._answer(self.client.post(f"/api/v1/{path}", json=body))

    def get(self, path: str, **asked: str) -> Json:
        return self._answer(self.client.get(f"/api/v1/{path}", params=asked))

    def put(self, path: str, body: Json) -> Json:
        return self._answer(self.client.put(f"/api/v1/{path}", json=body))

    def patch(self, path: str, body: Json) -> Json:
        return self._answer(self.client.patch(f"/api/v1/{path}", json=body))

    def download(self, path: str) -> bytes:
        answer = self.client.get(f"/api/v1/{path}")
        assert answer.is_success, answer.text
        return answer.content

    def campaign(self, schedule: str, **columns: object) -> None:
        """An active campaign `C` of the year 2026."""
        self.post(
            "campaigns",
            {
                "code": "C",
                "name": "活动",
                "kind": "other",
                "unit_code": "BJ",
                "schedule": schedule,
                "starts_on": "2026-01-01",
                "ends_on": "2026-12-31",
                "status": "active",
                **columns,
            },
        )

    def activities(self, *, first: str = "2026-01-01", last: str = "2026-12-31") -> list[Json]:
        """Those of the campaign `C` between two days."""
        asked = {"campaign": "C", "from": first, "to": last, "limit": "200"}
        return list(self.get("activities", **asked)["items"])

    def planned_days(self) -> list[str]:
        """The days on which something of the campaign `C` is still to be held."""
        return sorted(
            activity["starts_at"][:10] for activity in self.activities() if activity["status"] == "planned"
        )

    def figures(self, month: str, asked: Iterable[str]) -> dict[str, str]:
        """The values of metrics in a month of the root unit; a dash where there is no line."""
        lines = {line["metric"]: line["value"] for line in self.get(f"tallies/{month}")["lines"]}
        return {metric: lines.get(metric, "–") for metric in asked}

    def calendar_days(self, scope: str) -> set[str]:
        """The days that a new subscriber of a calendar sees."""
        text = self.calendar(scope)
        starts = re.findall(r"\nDTSTART[^:]*:(\d{4})(\d\d)(\d\d)", text.partition("BEGIN:VEVENT")[2])
        return {"-".join(start) for start in starts}

    def calendar(self, scope: str) -> str:
        """What a new subscriber of a calendar reads, its folded lines joined."""
        made = self.post("feeds", {"scope": scope, "privacy": "full"})
        route = FeedRoute(
            self._app,
            engine=self._engine,
            zone=self._settings.zone,
            language="zh_Hans",
            public_url=ADDRESS,
            now=lambda: self.now,
        )
        text = TestClient(route).get(made["url"].removeprefix(ADDRESS)).text
        return text.replace("\r\n ", "").replace("\r\n", "\n")

    def _answer(self, answer: Json) -> Json:
        assert answer.is_success, answer.text
        return answer.json()
