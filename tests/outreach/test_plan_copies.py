"""Copying a year into the next: what was listed is what is written, once, and it can be taken back."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from calendars.workdays import Workdays
from models import Activity, AuditEntry, Campaign, PlanCopy
from models.base import UnitId
from models.enums import AccountRole, CampaignStatus
from outreach.errors import Conflict, Forbidden, NotFound, Stale
from outreach.permissions import CONSOLE, EVERYWHERE, Actor, Right
from outreach.plan_copies import code_in, copy_proposal, copy_year, take_back_copy
from outreach.planning.copying import Fate
from tests.outreach.county import NOW, TODAY, ZONE, County

KNOWN = Workdays.of({})
END_OF_YEAR = date(2026, 12, 31)


@pytest.fixture
def county(session: Session) -> County:
    return County(session)


def proposed(county: County, year: int = 2026, *, by: Actor = CONSOLE, page: int = 1):
    return copy_proposal(county.session, EVERYWHERE, year, by=by, today=TODAY, workdays=KNOWN, page=page)


def copy(county: County, codes=None, *, by: Actor = CONSOLE, facts: str | None = None, year: int = 2026):
    proposal = proposed(county, year, by=by)
    return copy_year(
        county.session,
        EVERYWHERE,
        year,
        [each.code for each in proposal.lines] if codes is None else codes,
        facts=proposal.facts if facts is None else facts,
        by=by,
        today=TODAY,
        now=NOW,
        zone=ZONE,
        workdays=KNOWN,
    )


def take_back(county: County, copied, *, by: Actor = CONSOLE):
    return take_back_copy(county.session, copied.id, by=by, today=TODAY, now=NOW, zone=ZONE)


def three_campaigns(county: County):
    """One that lasts longer, one of written days, one of the spring."""
    study = county.campaign("RRULE:FREQ=MONTHLY;BYMONTHDAY=15", code="STUDY", ends_on=END_OF_YEAR)
    tour = county.campaign("DATES:2026-10-18", code="TOUR", ends_on=END_OF_YEAR)
    spring = county.campaign(
        "RRULE:FREQ=WEEKLY;BYDAY=MO",
        code="SPRING-2026",
        ends_on=date(2026, 5, 31),
        serves=["retiree"],
        place="村口",
    )
    county.plan(through=TODAY + timedelta(days=365))
    return study, tour, spring


def days_of(county: County, campaign: Campaign, year: int) -> list[date]:
    return [each.day for each in county.planned(campaign) if each.day.year == year]


def test_what_is_listed_is_what_is_written(county):
    study, tour, _ = three_campaigns(county)
    lines = {each.code: each for each in proposed(county).lines}
    assert {code: each.next.fate for code, each in lines.items()} == {
        "STUDY": Fate.LONGER,
        "TOUR": Fate.MORE_DAYS,
        "SPRING-2026": Fate.ANEW,
    }
    copied = copy(county)
    assert (copied.changed, copied.made) == (3, 1)
    # Within the twelve months that are planned ahead everything is there at once.
    until = TODAY + timedelta(days=365)
    listed = [day.after.day for day in lines["STUDY"].next.days if day.after.day <= until]
    assert days_of(county, study, 2027) == listed != []
    assert tour.schedule == "DATES:2026-10-18,2027-10-08"
    (made,) = county.session.scalars(select(Campaign).where(Campaign.code == "SPRING-2027"))
    assert (made.ends_on, made.place, made.status) == (date(2027, 5, 31), "村口", CampaignStatus.ACTIVE)
    assert days_of(county, made, 2027) == [
        each.after.day for each in lines["SPRING-2026"].next.days if each.after
    ]
    trail = county.session.scalars(
        select(AuditEntry.after).where(AuditEntry.table_name == PlanCopy.__tablename__)
    )
    assert [set(each["campaigns"]) for each in trail] == [{"STUDY", "TOUR", "SPRING-2026"}]


def test_copying_again_writes_nothing_more(county):
    three_campaigns(county)
    copy(county)
    assert [each.code for each in proposed(county).lines if each.next.writes] == []
    with pytest.raises(Conflict, match="nothing_to_copy"):
        copy(county)


def test_only_the_campaigns_chosen_are_copied(county):
    study, tour, _ = three_campaigns(county)
    assert copy(county, ["TOUR"]).changed == 1
    assert (study.ends_on, tour.ends_on) == (END_OF_YEAR, date(2027, 12, 31))


def test_what_changed_since_it_was_seen_is_not_written(county):
    study, _, _ = three_campaigns(county)
    facts = proposed(county).facts
    study.version += 1
    county.session.flush()
    with pytest.raises(Stale):
        copy(county, facts=facts)


def test_a_copy_is_taken_back_whole_while_nobody_touched_it(county):
    study, tour, _ = three_campaigns(county)
    before = {each.id: (each.schedule, each.ends_on) for each in (study, tour)}
    copied = copy(county)
    back = take_back(county, copied)
    assert (back.back, back.stay) == (3, 0)
    assert {each.id: (each.schedule, each.ends_on) for each in (study, tour)} == before
    assert [each.day for each in county.planned() if each.day.year == 2027] == []
    with pytest.raises(Conflict, match="copy_taken_back"):
        take_back(county, copied)
    # Copied once more, the campaign that was made is taken up again.
    assert copy(county).changed == 3
    statuses = county.session.execute(select(Campaign.code, Campaign.status)).all()
    assert dict(statuses)["SPRING-2027"] is CampaignStatus.ACTIVE


def test_what_somebody_has_worked_on_stays_when_a_copy_is_taken_back(county):
    study, tour, _ = three_campaigns(county)
    copied = copy(county)
    (first, *_) = [each for each in county.planned(study) if each.day.year == 2027]
    county.assign(first, county.person("volunteer"))
    tour.version += 1
    county.session.flush()
    back = take_back(county, copied)
    assert (back.back, back.stay) == (1, 2)
    assert (study.ends_on, tour.ends_on) == (date(2027, 12, 31), date(2027, 12, 31))


def test_drafts_ended_ones_and_those_of_other_units_stay_out(county):
    village = county.unit("X01", county.root)
    county.campaign("DATES:2026-10-18", code="DRAFT", status=CampaignStatus.DRAFT)
    county.campaign("DATES:2026-10-18", code="ENDED", status=CampaignStatus.ENDED)
    county.campaign("DATES:2026-10-18", code="OURS", unit_id=village.id)
    county.campaign("DATES:2026-10-18", code="THEIRS")
    of_village = Actor("x", rights=(Right(AccountRole.COORDINATOR, UnitId(village.id)),))
    assert {each.code for each in proposed(county).lines} == {"OURS", "THEIRS"}
    assert [each.code for each in proposed(county, by=of_village).lines] == ["OURS"]
    recorder = Actor("x", rights=(Right(AccountRole.RECORDER),))
    assert proposed(county, by=recorder).lines == []


def test_only_who_may_plan_there_takes_a_copy_back(county):
    three_campaigns(county)
    copied = copy(county)
    village = county.unit("X01", county.root)
    of_village = Actor("x", rights=(Right(AccountRole.COORDINATOR, UnitId(village.id)),))
    with pytest.raises(NotFound):
        take_back(county, copied, by=of_village)
    with pytest.raises(Forbidden):
        take_back(county, copied, by=Actor("x", rights=(Right(AccountRole.VIEWER),)))
    assert county.session.scalar(select(Activity.id).where(Activity.day >= date(2027, 1, 1)).limit(1))


@pytest.mark.parametrize(
    ("code", "next_code"), [("FH", "FH-2027"), ("FH-2026", "FH-2027"), ("F" * 64, "F" * 59 + "-2027")]
)
def test_a_successors_code_carries_its_year(code, next_code):
    assert code_in(code, 2027) == next_code
