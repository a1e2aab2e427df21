"""Making the sample county, as if the program had been in use for months, in one transaction: wholly or not at all."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from calendars.periods import last_day, next_month
from calendars.timezones import at
from calendars.workdays import Workdays
from models import Activity, Campaign, Person, Place, Setting, Unit
from models.enums import ActivityStatus, CaseKind, LedgerKind, MatterFace, MatterStatus
from outreach import activities
from outreach.activities import Circumstances
from outreach.errors import Conflict
from outreach.holidays import workdays
from outreach.imports import import_path
from outreach.imports.cells import amount
from outreach.ledger import Brought, Handover, hand_over_many
from outreach.matters import (
    CaseTold,
    Suggestion,
    bring_suggestions,
    case_of,
    change_case,
    matter_of_code,
    open_case,
)
from outreach.outcomes import HistoryRow, record_history
from outreach.permissions import Actor
from outreach.planning import horizon_end, plan
from outreach.sample.shifting import Row, Times, read, write_moved
from outreach.sample.telling import County, county

FOLDER: Final = Path(__file__).resolve().parent.parent.parent / "sample"
MARK: Final = "sample_county"
WAITING_DAYS: Final = 6
"""Of the last days, every third activity still waits for its record."""
ASKED_DAYS: Final = 21
"""For the days to come, people are asked."""


def has_sample(session: Session) -> bool:
    """Whether the sample county lives in this database."""
    return session.get(Setting, MARK) is not None


def is_untouched(session: Session) -> bool:
    """Whether nobody has brought anything of his own yet."""
    return all(session.scalar(select(table.id).limit(1)) is None for table in (Unit, Person, Campaign))


def make_county(
    session: Session, *, today: date, now: datetime, zone: ZoneInfo, by: Actor, folder: Path = FOLDER
) -> None:
    """Bring units, people, teams, pairings and campaigns, then plan and record month by month up to yesterday, and plan
    from today on. The same on the same day. Some seconds; in an untouched database only, else Conflict.
    """
    if not is_untouched(session):
        raise Conflict("errors.already_set_up")
    times = Times(today)
    with TemporaryDirectory(prefix="yinling-sample-") as moved:
        write_moved(folder, Path(moved), times)
        began = at(times.begins, time(8), zone)
        import_path(session, Path(moved), by=by, now=began, today=times.begins, zone=zone, as_of=times.begins)
    story = _Story(session, times, zone, by, workdays(session), county(session, folder))
    recorded = [row for month in _months(times) for row in story.month(month)]
    story.ledger(read(folder, "ledger"), recorded)
    story.suggestions(read(folder, "suggestions"))
    story.somebody_in_hospital()
    plan(session, today=today, through=horizon_end(today), zone=zone, workdays=story.workdays, by=by, now=now)
    story.ask_people(now)
    session.add(Setting(name=MARK, value={"made_on": today.isoformat()}))
    session.flush()


def _months(times: Times) -> Iterator[date]:
    month = times.begins
    while month <= times.last_record:
        yield month
        month = next_month(month)


@dataclass(frozen=True, slots=True)
class _Story:
    """The months before today, told by the program's own functions."""

    session: Session
    times: Times
    zone: ZoneInfo
    by: Actor
    workdays: Workdays
    county: County

    def month(self, month: date) -> Sequence[HistoryRow]:
        """Somebody comes to hospital; the month is planned as on its first day, and recorded by its end."""
        through = min(last_day(month), self.times.last_record)
        case = self._case_of(month)
        plan(
            self.session,
            today=month,
            through=through,
            zone=self.zone,
            workdays=self.workdays,
            by=self.by,
            now=at(month, time(8), self.zone),
        )
        planned = enumerate(self._planned(month, through))
        held = [self.county.row(each) for number, each in planned if not self._waits(each, number)]
        evening = at(through, time(18), self.zone)
        record_history(
            self.session,
            held,
            by=self.by,
            now=evening,
            zone=self.zone,
            workdays=self.workdays,
        )
        if case is not None:
            self._close(case, through, evening)
        return held

    def _planned(self, first: date, last: date) -> Sequence[Activity]:
        query = select(Activity).where(Activity.day.between(first, last), Activity.revision == 0)
        planned = query.where(Activity.status == ActivityStatus.PLANNED)
        return self.session.scalars(planned.order_by(Activity.day, Activity.id)).all()

    def _waits(self, activity: Activity, number: int) -> bool:
        return activity.day > self.times.last_record - timedelta(days=WAITING_DAYS) and number % 3 == 0

    def _case_of(self, month: date) -> str | None:
        opened_on = month.replace(day=8)
        if opened_on + timedelta(days=7) > self.times.last_record:
            return None
        self._open_case(opened_on, number=month.month)
        return _case_code(month.month)

    def somebody_in_hospital(self) -> None:
        """A case is open: the visit is due tomorrow."""
        self._open_case(self.times.last_record, number=0)

    def _open_case(self, opened_on: date, *, number: int) -> None:
        visited = [row["attendees"].split(";")[0] for row in self.county.templates["ZY"]]
        there = [code for code in visited if code.startswith("R")]
        told = CaseTold(
            CaseKind.HOSPITAL, there[number % len(there)], code=_case_code(number), opened_on=opened_on
        )
        open_case(self.session, told, by=self.by, now=at(opened_on, time(9), self.zone), zone=self.zone)

    def _close(self, code: str, on: date, now: datetime) -> None:
        matter = matter_of_code(self.session, MatterFace.CASE, code)
        if matter.status is not MatterStatus.CLOSED:
            told = case_of(self.session, matter)
            closed = CaseTold(
                told.kind, told.person_code, told.code, told.opened_on, told.due_at, on, "已出院，恢复良好。"
            )
            change_case(self.session, code, closed, by=self.by, now=now, zone=self.zone)

    def ledger(self, rows: Sequence[Row], recorded: Sequence[HistoryRow]) -> None:
        """Money and goods, handed over on the nearest day on which their campaign was held."""
        held = defaultdict(list)
        for told in recorded:
            held[self.county.campaigns[told.campaign_id].code].append(told.held_on)
        campaigns = {campaign.code: campaign.id for campaign in self.county.campaigns.values()}
        units = {code: unit_id for unit_id, code in self.county.unit_codes.items()}
        brought = []
        for row in rows:
            day = date.fromisoformat(self.times.moved(row["paid_on"]))
            day = min(held.get(row["campaign_code"], ()), key=lambda each: abs(each - day), default=day)
            yuan = amount(row["amount"])
            handover = Handover(
                paid_on=max(day, self.times.begins),
                kind=LedgerKind(row["kind"]),
                amount=Decimal(yuan.value),
                qualifier=yuan.qualifier,
                unit_id=units.get(row["unit_code"]),
                person_id=self.county.people.get(row["person_code"]),
                campaign_id=campaigns.get(row["campaign_code"]),
                item=row["item"] or None,
                handed_by=row["handed_by"] or None,
                received_by=row["received_by"] or None,
            )
            brought.append(Brought(handover))
        hand_over_many(self.session, brought, by=self.by, now=self._evening())

    def suggestions(self, rows: Sequence[Row]) -> None:
        """Each as far as it had come by yesterday."""
        units = {code: unit_id for unit_id, code in self.county.unit_codes.items()}
        told = []
        for row in rows:
            sent_on, answered_on = self._happened(row["sent_on"]), self._happened(row["answered_on"])
            due_on = self.times.moved(row["due_on"])
            told.append(
                Suggestion(
                    text=row["text"],
                    raised_on=date.fromisoformat(self.times.moved(row["raised_on"])),
                    code=row["code"],
                    person_id=self.county.people.get(row["person_code"]),
                    unit_id=units.get(row["unit_code"]),
                    sent_to=row["sent_to"] or None if sent_on else None,
                    sent_on=sent_on,
                    due_on=date.fromisoformat(due_on) if due_on and sent_on else None,
                    answered_on=answered_on,
                    answer=row["answer"] or None if answered_on else None,
                    fed_back_on=self._happened(row["fed_back_on"]),
                )
            )
        bring_suggestions(self.session, told, by=self.by, now=self._evening(), zone=self.zone)

    def ask_people(self, now: datetime) -> None:
        """For the weeks to come people of the teams are asked, and most have said that they come."""
        today = self.times.today
        needed: dict[int, list[Place]] = defaultdict(list)
        for place in self.session.scalars(select(Place).order_by(Place.position)):
            if place.campaign_id is not None:
                needed[place.campaign_id].append(place)
        for turn, activity in enumerate(self._planned(today, today + timedelta(days=ASKED_DAYS))):
            campaign = self.county.campaigns[activity.campaign_id]
            members = self.county.members.get(campaign.team_id, ()) if campaign.team_id is not None else ()
            roles = [place.role for place in needed[campaign.id] for _ in range(place.needed)]
            for number, role in enumerate(roles[: len(members)]):
                person = self.session.get_one(Person, members[(turn + number) % len(members)])
                if person.id == activity.subject_person_id or (person.until and person.until < activity.day):
                    continue
                how: Circumstances = {"by": self.by, "today": today, "now": now, "zone": self.zone}
                activities.assign(self.session, activity.id, person.code, role=role, **how)
                if (turn + number) % 3:
                    activities.confirm(self.session, activity.id, person.code, **how)

    def _happened(self, day: str) -> date | None:
        moved = self.times.moved(day)
        return date.fromisoformat(moved) if moved and moved <= self.times.last_record.isoformat() else None

    def _evening(self) -> datetime:
        return at(self.times.last_record, time(18), self.zone)


def _case_code(number: int) -> str:
    return f"AN{number:03}"
