"""One batch of what is over, and how it is remembered that something was there."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from calendars.timezones import local_day
from models import Forgotten
from outreach.clockwork import Trouble
from outreach.house_rules import RetentionRules

AT_ONCE: Final = 2_000


@dataclass(frozen=True, slots=True)
class Periods:
    """Until when things are kept, as of one moment."""

    rules: RetentionRules
    now: datetime
    zone: ZoneInfo

    @property
    def today(self) -> date:
        """The local day."""
        return local_day(self.now, self.zone)

    def before(self, days: int) -> datetime:
        """The instant so many days ago."""
        return self.now - timedelta(days=days)

    def month_of(self, at: datetime) -> date:
        """The first day of the local month of an instant."""
        return local_day(at, self.zone).replace(day=1)


@dataclass(frozen=True, slots=True)
class Batch:
    """What was done, and where to go on."""

    forgotten: int
    last: int | None
    """Go on after this id; None when nothing is left."""
    troubles: Sequence[Trouble] = ()


Forget = Callable[[Session, Periods, int], Batch]
"""Forget some of a kind, in the order of their ids, after one."""


def remember(session: Session, told: Iterable[tuple[str, date]]) -> None:
    """Keep how many were removed, by what they were and the first day of their month."""
    rows = [
        {"what": what, "month": month, "removed": n} for (what, month), n in sorted(Counter(told).items())
    ]
    if not rows:
        return
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    insert = dialect.insert(Forgotten)
    session.execute(
        insert.on_conflict_do_update(
            index_elements=[Forgotten.what, Forgotten.month],
            set_={"removed": Forgotten.removed + insert.excluded.removed},
        ),
        rows,
    )
