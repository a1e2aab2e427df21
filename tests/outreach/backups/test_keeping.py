"""Which backups stay, and that a night that cannot write costs none of them."""

import os
import sqlite3
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import Person
from models.database import transaction
from outreach import backups
from outreach.backups.file import is_backup
from outreach.backups.keeping import days_to_keep, name_of
from outreach.errors import Conflict
from outreach.house_rules import RetentionRules

TODAY = date(2026, 9, 15)
DAYS = st.sets(st.dates(date(2024, 1, 1), date(2027, 12, 31)), max_size=200)
COUNTS = st.fixed_dictionaries(
    {"daily": st.integers(1, 20), "weekly": st.integers(0, 20), "monthly": st.integers(0, 20)}
)


def _week(day):
    return day.isocalendar()[:2]


def _month(day):
    return (day.year, day.month)


@given(days=DAYS, counts=COUNTS)
def test_the_newest_of_each_day_week_and_month_stay_and_no_more_than_were_asked_for(days, counts):
    stay = days_to_keep(days, **counts)
    assert stay <= days
    assert len(stay) <= sum(counts.values())
    newest = sorted(days, reverse=True)
    assert set(newest[: counts["daily"]]) <= stay
    for span, count in ((_week, counts["weekly"]), (_month, counts["monthly"])):
        for each in sorted({span(day) for day in days}, reverse=True)[:count]:
            assert max(day for day in days if span(day) == each) in stay


@given(days=DAYS.filter(bool), counts=COUNTS)
def test_the_newest_is_never_removed_and_what_is_left_is_left_the_second_time(days, counts):
    stay = days_to_keep(days, **counts)
    assert max(days) in stay
    assert days_to_keep(stay, **counts) == stay


def test_a_year_of_nights_leaves_fourteen_days_eight_weeks_and_twelve_months():
    """Pruned every night, as it happens, and not only once at the end."""
    kept = set()
    for number in range(800):
        kept.add(date(2024, 1, 1) + timedelta(number))
        kept = days_to_keep(kept, daily=14, weekly=8, monthly=12)
    last = date(2024, 1, 1) + timedelta(799)
    assert {last - timedelta(number) for number in range(14)} <= kept
    assert len({_week(day) for day in kept}) >= 8
    assert len({_month(day) for day in kept}) == 12
    assert len(kept) <= 14 + 8 + 12


@pytest.fixture
def night(fresh_database, tmp_path, now):
    """`night(day)`: that night's backup."""

    def keep(day=TODAY, **rules):
        return backups.keep_daily(
            fresh_database, data=tmp_path, today=day, now=now, rules=RetentionRules(**rules)
        )

    return keep


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "backups").mkdir()
    return tmp_path / "backups"


def _names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_night_writes_its_file_and_makes_room_and_leaves_what_is_not_its_own(night, folder):
    night(TODAY - timedelta(1))
    for name in (
        "yinling-2020-01-01.zip",
        "yinling-2026-02-30.zip",
        "mine.zip",
        "yinling-2020-01-01.zip.txt",
    ):
        (folder / name).write_text("?")
    (folder / "yinling-2019-01-01.zip").mkdir()
    (folder / "before-upgrade-20250801-120000.zip").write_text("old")
    (folder / "before-upgrade-20250901-120000.zip").write_text("a year old")
    kept = night(backups_daily=1, backups_weekly=0, backups_monthly=0)
    assert (kept.removed, kept.kept) == (4, 1)
    assert is_backup(kept.file)
    assert _names(folder) == [
        "mine.zip",
        "yinling-2019-01-01.zip",
        "yinling-2020-01-01.zip.txt",
        "yinling-2026-02-30.zip",
        "yinling-2026-09-15.zip",
    ]


def test_those_from_before_an_upgrade_stay_for_as_many_months_as_monthly_ones(night, folder):
    for day in ("20250831", "20250901", "20260915"):
        (folder / f"before-upgrade-{day}-120000.zip").write_text("?")
    assert night().removed == 1
    assert _names(folder)[:2] == ["before-upgrade-20250901-120000.zip", "before-upgrade-20260915-120000.zip"]


def test_made_twice_on_a_day_the_later_one_stands(night, folder, fresh_database):
    def enrol(code):
        with transaction(fresh_database) as session:
            session.add(Person(code=code, name="新人", contact_by=""))

    enrol("OLD")
    first = night()
    enrol("NEW")
    second = night()
    assert second.report.rows == first.report.rows + 1
    assert _names(folder) == [name_of(TODAY)]


def test_one_that_the_clock_dated_ahead_does_not_cost_today_its_own(night, folder):
    for number in range(1, 4):
        night(TODAY + timedelta(number), backups_weekly=0, backups_monthly=0)
    night(backups_daily=1, backups_weekly=0, backups_monthly=0)
    assert _names(folder) == [name_of(TODAY), name_of(TODAY + timedelta(3))]


@pytest.mark.parametrize("what", ["disk_full", "database_cannot_be_copied", "read_back_damaged"])
def test_a_night_that_cannot_write_leaves_every_old_one_and_no_half_file(night, folder, monkeypatch, what):
    old = [TODAY - timedelta(number) for number in range(1, 4)]
    for day in old:
        night(day)

    def no_space(*_args, **_more):
        raise OSError(28, "No space left on device")

    def full(*_args, **_more):
        raise sqlite3.OperationalError("database or disk is full")

    def damaged(*_args, **_more):
        raise Conflict("backups.damaged", file="x", part="yinling.db")

    target, breaks = {
        "disk_full": ("outreach.backups.writing._put", no_space),
        "database_cannot_be_copied": ("outreach.backups.writing.tables_of", full),
        "read_back_damaged": ("outreach.backups.writing.check", damaged),
    }[what]
    if what == "database_cannot_be_copied":
        monkeypatch.setattr("outreach.backups.writing._copy_sqlite", full)
    monkeypatch.setattr(target, breaks)
    with pytest.raises(Conflict, match=r"unwritable|damaged"):
        night(backups_daily=1, backups_weekly=0, backups_monthly=0)
    assert _names(folder) == [name_of(day) for day in reversed(old)]


def test_a_file_in_the_place_of_the_folder_is_said(night, tmp_path):
    (tmp_path / "backups").write_text("?")
    with pytest.raises(Conflict, match="unwritable"):
        night()


def test_what_a_night_that_was_cut_off_has_left_is_cleared_away(night, folder):
    old, young = folder / ".yinling-old", folder / ".yinling-young"
    for left in (old, young):
        left.mkdir()
        (left / "half.zip").write_text("?")
    made = night().file.stat().st_mtime
    os.utime(old, (made - 90_000, made - 90_000))
    night()
    assert _names(folder) == [".yinling-young", name_of(TODAY)]


def test_only_a_backup_is_written_over(fresh_database, tmp_path, now):
    file = tmp_path / "mine.zip"
    file.write_text("years of work")
    with pytest.raises(Conflict, match="in_the_way"):
        backups.backup(fresh_database, file, data=tmp_path, now=now)
    assert file.read_text() == "years of work"
    file.unlink()
    backups.backup(fresh_database, file, data=tmp_path, now=now)
    octets = file.read_bytes()
    file.write_bytes(octets[: len(octets) // 2])
    with pytest.raises(Conflict, match="in_the_way"):
        backups.backup(fresh_database, file, data=tmp_path, now=now)
    file.write_bytes(octets)
    backups.backup(fresh_database, file, data=tmp_path, now=now)
    assert is_backup(file)
