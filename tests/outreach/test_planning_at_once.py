"""Planning while others plan, move and assign: nobody's work is lost, nothing is planned twice."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, time

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from models import Activity
from models.database import reading, transaction
from models.enums import ActivityStatus, CampaignStatus
from outreach.permissions import CLOCKWORK
from outreach.planning import difference, writing
from outreach.planning.existing import existing_activities
from tests.outreach.county import NOW, TODAY, County

MONTHLY = "RRULE:FREQ=MONTHLY;BYMONTHDAY=20"


def test_two_planners_at_once_plan_everything_once(fresh_database: Engine) -> None:
    with transaction(fresh_database) as session:
        county = County(session)
        for _ in range(20):
            county.campaign(MONTHLY, start_time=time(9))

    def planner(_: int) -> int:
        with transaction(fresh_database) as session:
            return _county(session).plan().created

    with ThreadPoolExecutor(4) as pool:
        created = list(pool.map(planner, range(4)))
    assert sorted(created) == [0, 0, 0, 80]


@pytest.mark.parametrize("deed", ["move", "record"])
def test_what_somebody_did_between_reading_and_writing_stands(fresh_database: Engine, deed: str) -> None:
    with transaction(fresh_database) as session:
        county = County(session)
        county.campaign("DATES:2026-10-20", start_time=time(9))
        county.plan()
    with reading(fresh_database) as session:
        (as_read,) = existing_activities(session, today=TODAY, campaign_ids=None)
    with transaction(fresh_database) as session:
        activity = session.scalars(select(Activity)).one()
        activity.version += 1
        if deed == "move":
            activity.day = activity.last_day = date(2026, 10, 27)
            activity.by_hand = True
        else:
            activity.status, activity.revision = ActivityStatus.HELD, 1
    with transaction(fresh_database) as session:
        # What the planner makes of what it read before.
        late = difference.Difference(cancel=[(as_read, difference.Why.NOT_SCHEDULED)])
        writing.write(session, late, by=CLOCKWORK, now=NOW)
    with reading(fresh_database) as session:
        activity = session.scalars(select(Activity)).one()
        assert activity.status is not ActivityStatus.CANCELLED
        assert (activity.version, activity.sequence) == (2, 0)


def test_a_day_that_a_recorder_took_first_is_not_planned_twice(fresh_database: Engine) -> None:
    with transaction(fresh_database) as session:
        county = County(session)
        campaign = county.campaign("DATES:2026-09-15")
        county.held(campaign, TODAY, plan_key="2026-09-15")
        assert county.plan().created == 0
        campaign.status = CampaignStatus.PAUSED
        assert county.plan().cancelled == 0


def _county(session: Session) -> County:
    """What is there already, without making a second root."""
    county = County.__new__(County)
    county.session = session
    return county
