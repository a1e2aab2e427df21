"""The office in which the stories take place."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from cli.preparing import make_or_upgrade
from settings import Settings
from tests.stories.office import ADDRESS, Office


@pytest.fixture
def office(
    fresh_database: Engine, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Office]:
    make_or_upgrade(fresh_database)
    settings = Settings(data=tmp_path, database_url=database_url, public_url=ADDRESS)
    office = Office(fresh_database, settings, monkeypatch)
    with office.client:
        office.settle()
        yield office
