"""Every hour of the day: let the next visit stand soon after the last one was told of."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Campaign
from models.enums import CampaignStatus, ScheduleForm
from outreach.clockwork import Changed, Moment
from outreach.holidays import workdays
from outreach.permissions import CLOCKWORK
from outreach.planning import horizon_end, plan
from outreach.routines.plan_horizon import troubles_of


def open_due_visits(session: Session, moment: Moment) -> Changed:
    """Plan the campaigns whose visits follow from what happens: those with an interval, and those of cases.

    The same as every night, for these alone, and without looking for conflicts, which takes as long as planning.
    """
    visiting = select(Campaign.id).where(
        Campaign.form.in_((ScheduleForm.CADENCE, ScheduleForm.CASE)),
        Campaign.status == CampaignStatus.ACTIVE,
    )
    report = plan(
        session,
        today=moment.today,
        through=horizon_end(moment.today),
        zone=moment.zone,
        workdays=workdays(session),
        by=CLOCKWORK,
        now=moment.now,
        campaign_ids=session.scalars(visiting).all(),
        seek_conflicts=False,
    )
    return Changed(
        {"opened": report.created, "moved": report.moved, "cancelled": report.cancelled}, troubles_of(report)
    )
