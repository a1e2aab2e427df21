"""What a step would do is what it then does, for every form of schedule and whatever people made theirs."""

from datetime import date, time, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import Activity, AuditEntry, Campaign
from models.enums import ActivityStatus, AssignmentState, CampaignStatus
from outreach.campaign_effects import Effects, change_with_effects, effects_of_step
from outreach.campaigns import STEPS, campaign
from outreach.errors import Conflict
from outreach.permissions import CONSOLE, EVERYWHERE
from outreach.planning import horizon_end
from tests.outreach.county import NOW, TODAY, ZONE, County

FORMS = (
    "RRULE:FREQ=MONTHLY;BYMONTHDAY=20",
    "BIRTHDAY:all",
    "CADENCE:P30D",
    "CASE:hospital;within=P2D",
    "split",
)


@pytest.fixture
def county(session: Session) -> County:
    return County(session)


def a_campaign(county: County, form: str, status: CampaignStatus) -> Campaign:
    """One that serves two people of two units, with a pairing and a case beside it."""
    village = county.unit("X01", county.root)
    people = [
        county.person("retiree", birth_date=date(1936, 10, 20)),
        county.person("retiree", unit=village, birth_date=date(1940, 12, 1)),
    ]
    county.case(people[0], TODAY - timedelta(days=1))
    schedule = FORMS[0] if form == "split" else form
    extra = {"split_by": "unit"} if form == "split" else {}
    return county.campaign(
        schedule, code="XX", serves=["retiree"], start_time=time(9), status=status, **extra
    )


def planned(county: County) -> None:
    county.plan(through=horizon_end(TODAY))


def touched(county: County, made: Campaign) -> None:
    """One was moved by hand, one has somebody who said yes, one was called off, one brought forward into the past."""
    mine = county.planned(made)
    for each, deed in zip(mine, ("by_hand", "confirmed", "cancelled", "past"), strict=False):
        match deed:
            case "by_hand":
                each.by_hand = True
            case "confirmed":
                county.assign(each, county.person(), AssignmentState.CONFIRMED)
            case "cancelled":
                each.status, each.reason, each.by_hand = ActivityStatus.CANCELLED, "雨", True
            case "past":
                each.day = each.last_day = TODAY - timedelta(days=3)
                each.by_hand = True
    county.session.flush()


def foreseen(county: County, status: CampaignStatus) -> Effects:
    view = campaign(county.session, "XX", within=EVERYWHERE)
    return effects_of_step(county.session, view, status, today=TODAY, zone=ZONE)


def done(county: County, status: CampaignStatus) -> Effects:
    told = {"by": CONSOLE, "today": TODAY, "now": NOW, "zone": ZONE}
    return change_with_effects(county.session, "XX", {"status": status}, **told)[1]


def rows(session: Session) -> tuple[int, int, int]:
    known = select(func.count(Activity.id), func.coalesce(func.sum(Activity.version), 0))
    activities, versions = session.execute(known).one()
    return activities, versions, session.scalar(select(func.count(AuditEntry.id)))


def expect_the_same(foretold: Effects, then: Effects) -> None:
    assert foretold.mark == then.mark
    assert foretold.unchanged == then.unchanged
    assert foretold.gone == then.gone
    assert list(foretold.kept) == list(then.kept)
    assert [(each.day, each.starts_at, each.subject) for each in foretold.added] == [
        (each.day, each.starts_at, each.subject) for each in then.added
    ]


@pytest.mark.parametrize("form", FORMS)
def test_a_step_does_what_was_foreseen_there_and_back(county: County, form: str) -> None:
    made = a_campaign(county, form, CampaignStatus.ACTIVE)
    planned(county)
    assert county.planned(made)
    touched(county, made)
    for status in (CampaignStatus.PAUSED, CampaignStatus.ACTIVE, CampaignStatus.ENDED):
        before = rows(county.session)
        foretold = foreseen(county, status)
        assert rows(county.session) == before
        expect_the_same(foretold, done(county, status))


@pytest.mark.parametrize("form", FORMS)
def test_a_draft_that_is_activated_plans_what_was_foreseen(county: County, form: str) -> None:
    a_campaign(county, form, CampaignStatus.DRAFT)
    foretold = foreseen(county, CampaignStatus.ACTIVE)
    assert foretold.added
    assert all(each.id is None for each in foretold.added)
    expect_the_same(foretold, done(county, CampaignStatus.ACTIVE))


def test_what_has_people_loses_them_in_words_too(county: County) -> None:
    made = a_campaign(county, FORMS[0], CampaignStatus.ACTIVE)
    planned(county)
    county.assign(county.planned(made)[0], county.person(), AssignmentState.PROPOSED, reason="near")
    foretold = foreseen(county, CampaignStatus.PAUSED)
    assert [each.people for each in foretold.gone][:2] == [1, 0]
    expect_the_same(foretold, done(county, CampaignStatus.PAUSED))


def test_a_step_that_cannot_follow_is_not_foreseen_either(county: County) -> None:
    a_campaign(county, FORMS[0], CampaignStatus.ENDED)
    refused = next(each for each in CampaignStatus if each not in STEPS[CampaignStatus.ENDED])
    refused = CampaignStatus.DRAFT if refused is CampaignStatus.ENDED else refused
    with pytest.raises(Conflict):
        foreseen(county, refused)
