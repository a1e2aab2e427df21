"""The clockwork's own office, on a database of the test's own, at a time the test chooses."""

from collections.abc import Callable, Iterator
from datetime import datetime

import pytest

from flows import office as offices
from flows.office import Office
from outreach.metrics import keep_dictionary

OfficeAt = Callable[[str], Office]


@pytest.fixture
def office_at(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[OfficeAt]:
    """`office_at("2026-11-01T02:00:30+08:00")`: what the flows of this process work with from now on."""
    from models.database import transaction

    monkeypatch.setenv("YINLING_DATABASE_URL", database_url)

    def move_to(instant: str) -> Office:
        _leave()
        assert datetime.fromisoformat(instant).tzinfo is not None
        monkeypatch.setenv("YINLING_NOW", instant)
        here = offices.office()
        with transaction(here.engine) as session:
            keep_dictionary(session)
        return here

    yield move_to
    _leave()


def _leave() -> None:
    if offices.office.cache_info().currsize:
        offices.office().engine.dispose()
    offices.office.cache_clear()
