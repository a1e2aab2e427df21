"""Every night: bring the plan up to twelve months ahead."""

from sqlalchemy.orm import Session

from outreach.clockwork import Changed, Moment, Trouble
from outreach.holidays import workdays
from outreach.permissions import CLOCKWORK
from outreach.planning import PlanReport, horizon_end, plan


def plan_horizon(session: Session, moment: Moment) -> Changed:
    """Make, move and cancel what campaigns ask for from today on."""
    report = plan(
        session,
        today=moment.today,
        through=horizon_end(moment.today),
        zone=moment.zone,
        workdays=workdays(session),
        by=CLOCKWORK,
        now=moment.now,
    )
    return Changed(
        {
            "created": report.created,
            "moved": report.moved,
            "cancelled": report.cancelled,
            "unchanged": report.unchanged,
            "conflicts": len(report.conflicts),
        },
        troubles_of(report),
    )


def troubles_of(report: PlanReport) -> list[Trouble]:
    """The campaigns that could not be worked out."""
    return [
        Trouble("clockwork.trouble_unplanned", {"campaign": each.campaign_code, "why": each.why})
        for each in report.unplanned
    ]
