"""Entries: what they refuse, so that a feed never has to."""

from datetime import UTC, date, datetime

import pytest

from calendars.entries import DaySpan, Entry, EntryStatus, TimeSpan, exclusive_end

NINE = datetime(2026, 11, 21, 1, tzinfo=UTC)
DAY = DaySpan(date(2026, 11, 21), date(2026, 11, 21))


def test_times_without_a_zone_are_refused():
    naive = datetime(2026, 11, 21, 9)  # noqa: DTZ001
    with pytest.raises(ValueError, match="zone"):
        TimeSpan(naive, naive)
    with pytest.raises(ValueError, match="zone"):
        Entry(uid="a", sequence=0, changed_at=naive, status=EntryStatus.CONFIRMED, span=DAY, title="")


def test_an_end_before_the_start_is_refused():
    with pytest.raises(ValueError, match="ends before"):
        TimeSpan(NINE, NINE.replace(hour=0))
    with pytest.raises(ValueError, match="ends before"):
        DaySpan(date(2026, 11, 21), date(2026, 11, 20))


def test_an_instant_is_no_whole_day():
    with pytest.raises(TypeError):
        DaySpan(NINE, NINE)


@pytest.mark.parametrize(("uid", "sequence"), [("", 0), ("a", -1)])
def test_an_entry_has_a_uid_and_counts_its_changes_from_nought(uid, sequence):
    with pytest.raises(ValueError, match=r"uid|sequence"):
        Entry(uid=uid, sequence=sequence, changed_at=NINE, status=EntryStatus.CONFIRMED, span=DAY, title="")


def test_the_exclusive_end_is_the_day_after_the_last():
    assert exclusive_end(DaySpan(date(2026, 12, 30), date(2026, 12, 31))) == date(2027, 1, 1)
