"""Commands run in this process, as the console script runs them, on a data folder of the test's own."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cli.main import run

NOW = "2026-11-01T08:00:00+08:00"
SAMPLE = Path(__file__).resolve().parent.parent.parent / "sample"


@dataclass(frozen=True)
class Said:
    """What a command ended with, and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON object on stdout; a second one, or anything beside it, is an error."""
        return json.loads(self.out)


Yinling = Callable[..., Said]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """An empty data folder."""
    return tmp_path / "data"


@pytest.fixture
def yinling(data: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Yinling:
    """`yinling("plan", "--json")` on this test's data folder, at eight o'clock on the first of November 2026."""
    monkeypatch.setenv("YINLING_DATA", str(data))
    monkeypatch.setenv("YINLING_NOW", NOW)

    def call(*arguments: str | Path) -> Said:
        capfd.readouterr()
        code = run([str(argument) for argument in arguments])
        written = capfd.readouterr()
        return Said(code, written.out, written.err)

    return call


@pytest.fixture
def on_either_database(database_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The commands of this test work on a migrated, empty database of either kind."""
    monkeypatch.setenv("YINLING_DATABASE_URL", database_url)
    return database_url
