"""The night's backup as the clockwork makes it: once, in its own folder, and visibly not at all when it cannot."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from flows import back_up as backing_up
from flows.back_up import back_up, now_and_then
from flows.jobs import BACK_UP, jobs
from flows.slots import JobFailed, due
from models import ClockworkRun
from models.database import make_engine, reading, rehearsal
from models.enums import RunState
from outreach import backups
from outreach.clockwork import MOST_ATTEMPTS, PAUSES, Moment, claim

NIGHT = "2026-11-01T01:00:30+08:00"
SLOT = datetime(2026, 10, 31, 17, tzinfo=UTC)


@pytest.fixture
def here(office_at, tmp_path, monkeypatch):
    monkeypatch.setenv("YINLING_DATA", str(tmp_path / "data"))
    return office_at(NIGHT)


def _night():
    return asyncio.run(back_up.fn(SLOT))


def _files(here):
    return sorted(path.name for path in (here.settings.data / "backups").iterdir())


def _job(here):
    return next(job for job in jobs(here.settings.zone) if job.name == BACK_UP)


def test_a_night_is_backed_up_once_and_what_was_made_can_be_restored(here, tmp_path, now):
    assert due(_job(here)) == [SLOT]
    assert _night() == "megabytes=1 backups=1 backups_removed=0"
    assert _night() is None
    assert _files(here) == ["yinling-2026-11-01.zip"]
    target = make_engine(f"sqlite:///{tmp_path / 'into' / 'yinling.db'}")
    file = here.settings.data / "backups" / "yinling-2026-11-01.zip"
    zone = here.settings.zone
    backups.restore(target, file, data=tmp_path / "into", now=here.clock.now(), zone=zone)
    with rehearsal(target) as session:
        # Its own slot was being worked on when it was made: whoever runs the clockwork there may take it.
        later = here.clock.now()
        assert claim(session, BACK_UP, SLOT, runner="other", now=later, machine_now=later)
    target.dispose()


def test_one_that_cannot_be_written_is_seen_and_tried_again_and_the_next_night_too(
    here, office_at, monkeypatch
):
    folder = here.settings.data / "backups"
    folder.parent.mkdir(exist_ok=True)
    folder.write_text("a file in its place")
    for attempt in range(MOST_ATTEMPTS):
        office_at((here.clock.now() + attempt * PAUSES[-1]).isoformat())
        with pytest.raises(JobFailed, match="unwritable"):
            _night()
    here = office_at((here.clock.now() + timedelta(hours=12)).isoformat())
    assert _night() is None
    with reading(here.engine) as session:
        run = session.scalars(select(ClockworkRun)).one()
    assert (run.state, "unwritable" in run.changed) == (RunState.FAILED, True)
    folder.unlink()
    later = office_at("2026-11-02T01:00:30+08:00")
    (slot,) = due(_job(later))
    assert asyncio.run(back_up.fn(slot)) == "megabytes=1 backups=1 backups_removed=0"


def test_to_foresee_it_writes_nothing(here):
    with reading(here.engine) as session:
        foreseen = _job(here).foresee(session, Moment(SLOT, SLOT, here.settings.zone))
    assert foreseen.counts["megabytes"] > 0
    assert not (here.settings.data / "backups").exists()


def test_a_long_copy_renews_its_lease_now_and_then(monkeypatch):
    renewed, seconds = [], [0.0]
    monkeypatch.setattr(backing_up.time, "monotonic", lambda: seconds[0])
    pulse = now_and_then(lambda: renewed.append(seconds[0]))
    for beat in range(100):
        seconds[0] = float(beat)
        pulse()
    assert renewed == [20.0, 40.0, 60.0, 80.0]
