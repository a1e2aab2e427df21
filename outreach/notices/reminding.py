"""Reminders of what is to come: which are due now, over all activities at once.

A reminder is due at its time and worth sending until the next one is due, or the activity begins. So nothing is asked
by "equal to today": what a machine that was off has missed is made good if it is still of use, and else never sent.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, String, and_, func, or_, select
from sqlalchemy import cast as sql_cast
from sqlalchemy.orm import Session

from calendars.timezones import at, local_day
from models import Activity, Assignment, Notice, Person
from models.enums import TAKING_PART, ActivityStatus, Channel, NoticeKind, NoticeState
from outreach.house_rules import NoticeRules
from outreach.notices.owing import Owed, owe
from outreach.notices.recipients import WORTH_A_CALL

_TELLS_IT_TOO: Final = (NoticeKind.ASKED, NoticeKind.CONFIRMED, NoticeKind.MOVED)


def owe_reminders(session: Session, rules: NoticeRules, *, now: datetime, zone: ZoneInfo) -> int:
    """Write down every reminder that is due and not owed yet; how many. Done twice, the second adds nothing."""
    reminding = _Reminding(rules, now, zone)
    return owe(session, reminding.due(session), now=now)


@dataclass(frozen=True, slots=True)
class _Reminding:
    """What is due at one instant by these rules."""

    rules: NoticeRules
    now: datetime
    zone: ZoneInfo

    def due(self, session: Session) -> Iterator[Owed]:
        first, second = self.rules.remind_days, self.rules.remind_again_days
        if first > second:
            yield from self._by_days(session, NoticeKind.REMIND_WEEK, first, until_days=second)
        if second:
            yield from self._by_days(session, NoticeKind.REMIND_DAY, second, until_days=0)
        if self.rules.remind_hours:
            yield from self._by_hours(session)

    @property
    def _hours(self) -> timedelta:
        return timedelta(hours=self.rules.remind_hours)

    @property
    def _latest(self) -> date:
        """The latest day whose time for reminders has come."""
        today = local_day(self.now, self.zone)
        return today if self.now >= self._at(today) else today - timedelta(days=1)

    def _by_days(self, session: Session, kind: NoticeKind, before: int, *, until_days: int) -> Iterator[Owed]:
        """Reminders so many days before, of activities for which the next one, so many days before, is not due."""
        today, latest = local_day(self.now, self.zone), self._latest
        if until_days:
            first, to_come = latest + timedelta(days=until_days + 1), Activity.day > today
        else:
            whole_day = and_(Activity.starts_at.is_(None), Activity.day > today)
            first, to_come = today, or_(whole_day, Activity.starts_at > self.now + self._hours)
        span = and_(Activity.day.between(first, latest + timedelta(days=before)), to_come)
        for row in session.execute(_takes_part(kind, and_(span, ~_was_reminded(kind)))):
            due_at = self._at(row.day - timedelta(days=before))
            if row.told_at is None or row.told_at < due_at:
                yield _owed(kind, row, row.day.isoformat(), self._expires(row, until_days), self.now)

    def _by_hours(self, session: Session) -> Iterator[Owed]:
        """Reminders so many hours before. An activity that is moved within its day is another one to be reminded of."""
        until = self.now + self._hours
        # By their days too, for which there is an index.
        days = Activity.day.between(local_day(self.now, self.zone), local_day(until, self.zone))
        soon = and_(days, Activity.starts_at > self.now, Activity.starts_at <= until)
        kind = NoticeKind.REMIND_HOURS
        for row in session.execute(_takes_part(kind, soon)):
            if row.told_at is None or row.told_at < row.starts_at - self._hours:
                yield _owed(kind, row, f"{row.starts_at:%Y-%m-%dT%H:%M}", row.starts_at, self.now)

    def _expires(self, row: Any, until_days: int) -> datetime:  # Any: a row of the query below
        if until_days:
            return self._at(row.day - timedelta(days=until_days))
        if row.starts_at is None:
            return at(row.day, time.min, self.zone)
        starts_at: datetime = row.starts_at
        return starts_at - self._hours

    def _at(self, day: date) -> datetime:
        return at(day, self.rules.remind_at, self.zone)


def _takes_part(kind: NoticeKind, which: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:  # five columns
    """Those who take part in planned activities, with when they were last told of them."""
    told_at = (
        select(func.max(Notice.created_at))
        .where(
            Notice.activity_id == Assignment.activity_id,
            Notice.person_id == Assignment.person_id,
            Notice.kind.in_(_TELLS_IT_TOO),
            Notice.state != NoticeState.EXPIRED,
        )
        .correlate(Assignment)
        .scalar_subquery()
    )
    # Those without an address are only telephoned, and not for everything.
    hears = [] if kind in WORTH_A_CALL else [Person.email.is_not(None)]
    return (
        select(
            Assignment.activity_id,
            Assignment.person_id,
            Activity.day,
            Activity.starts_at,
            told_at.label("told_at"),
        )
        .join(Activity, Activity.id == Assignment.activity_id)
        .join(Person, Person.id == Assignment.person_id)
        .where(
            which,
            Activity.status == ActivityStatus.PLANNED,
            Assignment.state.in_(TAKING_PART),
            Person.contact_by != Channel.NONE,
            *hears,
        )
        .order_by(Activity.day, Assignment.id)
    )


def _was_reminded(kind: NoticeKind) -> ColumnElement[bool]:
    """Whether somebody was owed this reminder of an activity's day: asked by its key, as `_owed` makes it."""
    activity, person = sql_cast(Assignment.activity_id, String), sql_cast(Assignment.person_id, String)
    key = f"{kind.value}/a" + activity + "/p" + person + "/" + sql_cast(Activity.day, String)
    return select(Notice.id).where(Notice.dedupe_key == key).correlate(Activity, Assignment).exists()


def _owed(
    kind: NoticeKind, row: Any, when: str, expires_at: datetime, now: datetime
) -> Owed:  # Any: as above
    return Owed(
        key=f"{kind.value}/a{row.activity_id}/p{row.person_id}/{when}",
        person_id=row.person_id,
        kind=kind,
        due_at=now,
        expires_at=expires_at,
        activity_id=row.activity_id,
    )
