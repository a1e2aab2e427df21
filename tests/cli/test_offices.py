"""Accounts are made, changed, cut off from the command line, and what was given out stops working."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from models import Rollup
from models.database import make_engine, reading, transaction
from models.enums import AccountRole, TokenKind
from outreach import accounts
from outreach.errors import NotSignedIn
from tests.cli.conftest import SAMPLE, Yinling

NOW = datetime(2026, 11, 1, tzinfo=UTC)


@contextmanager
def opened(data: Path) -> Iterator[Session]:
    engine = make_engine(f"sqlite:///{data / 'yinling.db'}")
    with reading(engine) as session:
        yield session
    engine.dispose()


def test_a_closed_account_lets_nobody_in(yinling: Yinling, data: Path) -> None:
    yinling("init")
    token = yinling("token", "--account", "clerk", "--role", "viewer", "--json").document["token"]
    with opened(data) as session:
        assert accounts.known_by(session, token, TokenKind.API, now=NOW).actor.name == "clerk"
    assert yinling("account", "close", "clerk").code == 0
    with opened(data) as session, pytest.raises(NotSignedIn):
        accounts.known_by(session, token, TokenKind.API, now=NOW)


def test_revoked_tokens_open_nothing_and_new_ones_do(yinling: Yinling, data: Path) -> None:
    yinling("init")
    old = yinling("token", "--account", "clerk", "--role", "viewer", "--json").document["token"]
    assert yinling("account", "revoke", "clerk", "--json").document == {"account": "clerk", "revoked": 1}
    new = yinling("token", "--account", "clerk", "--role", "viewer", "--json").document["token"]
    with opened(data) as session:
        assert accounts.known_by(session, new, TokenKind.API, now=NOW).actor.name == "clerk"
        with pytest.raises(NotSignedIn):
            accounts.known_by(session, old, TokenKind.API, now=NOW)


def test_an_account_is_given_other_rights(yinling: Yinling, data: Path) -> None:
    yinling("init")
    yinling("account", "add", "clerk", "--role", "coordinator")
    assert yinling("account", "rights", "clerk", "--role", "viewer").code == 0
    with opened(data) as session:
        clerk = next(account for account in accounts.accounts(session) if account.name == "clerk")
    assert clerk.rights == ((AccountRole.VIEWER, None),)


def test_doctor_makes_lost_sums_anew_from_the_records(yinling: Yinling, data: Path) -> None:
    yinling("init")
    assert yinling("import", SAMPLE).code == 0
    before = yinling("tally", "2026-09", "--json").document
    engine = make_engine(f"sqlite:///{data / 'yinling.db'}")
    with transaction(engine) as session:
        session.execute(delete(Rollup))
    assert yinling("doctor").code == 1
    assert yinling("doctor", "--rebuild").code == 0
    with reading(engine) as session:
        assert session.scalar(select(func.count()).select_from(Rollup))
    engine.dispose()
    assert yinling("tally", "2026-09", "--json").document == before


def test_an_account_is_given_to_somebody(yinling: Yinling, data: Path, tmp_path: Path) -> None:
    yinling("init")
    (tmp_path / "units.csv").write_text("code,name\nBJ,局\n", "utf-8")
    (tmp_path / "people.csv").write_text("code,name,unit_code,roles\nV1,何玉兰,BJ,staff\n", "utf-8")
    assert yinling("import", str(tmp_path)).code == 0
    assert yinling("account", "add", "clerk", "--person", "V1").code == 0
    with opened(data) as session:
        clerk = next(account for account in accounts.accounts(session) if account.name == "clerk")
    assert clerk.person_code == "V1"
    assert yinling("account", "person", "clerk", "--json").document == {"account": "clerk", "person": None}
    assert yinling("account", "person", "clerk", "V9").code == 2
