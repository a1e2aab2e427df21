"""Somebody who records outcomes all the while, and knows afterwards what has to be there."""

import threading
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from tests.rehearsals.conftest import FIRST, Caller


class Recorder(threading.Thread):
    """Records one outcome of the campaign `TV` after the other, each until it is acknowledged, until told to stop."""

    def __init__(self, caller: Caller, *, days: int = 120) -> None:
        super().__init__()
        self._caller = caller
        self._days = [FIRST + timedelta(days=number) for number in range(days)]
        self._told_to_stop = threading.Event()
        self.recorded: dict[date, str] = {}
        """The id of the activity of each day whose outcome was acknowledged."""

    def run(self) -> None:
        activities = self._activities()
        for number, day in enumerate(self._days):
            body = {"status": "held", "measures": [{"metric": "needs.solved", "value": str(number + 1)}]}
            path = f"activities/{activities[day]}/outcome"
            self._caller.insist(path, body, **{"idempotency-key": f"key-{number}"})
            self.recorded[day] = activities[day]
            if self._told_to_stop.wait(0.3):
                return

    def stop(self) -> None:
        self._told_to_stop.set()
        self.join()

    def expect_kept(self) -> None:
        """Every acknowledged outcome is there once, and the month's figures are their sums."""
        assert len(self.recorded) > 10, "there was nothing to lose"
        for activity in list(self.recorded.values())[::5]:
            revisions = self._caller.insist(f"activities/{activity}/outcome/revisions")["items"]
            assert len(revisions) == 1, activity
        for month in sorted({f"{day}"[:7] for day in self.recorded}):
            told = [number + 1 for number, day in enumerate(self._days) if self._is_of(day, month)]
            lines = {line["metric"]: line for line in self._caller.insist(f"tallies/{month}")["lines"]}
            assert Decimal(lines["needs.solved"]["value"]) == sum(told), month
            assert lines["needs.solved"]["sources"] == len(told), month

    def _is_of(self, day: date, month: str) -> bool:
        return day in self.recorded and f"{day}"[:7] == month

    def _activities(self) -> dict[date, str]:
        found = {}
        for start in self._days[::60]:
            path = f"activities?campaign=TV&from={start}&to={start + timedelta(days=59)}&limit=200"
            for item in self._items(path):
                found[date.fromisoformat(item["starts_at"][:10])] = item["id"]
        return found

    def _items(self, path: str) -> Sequence[dict[str, str]]:
        items: Sequence[dict[str, str]] = self._caller.insist(path)["items"]
        return items
