"""Every night: bring the plan up to twelve months ahead."""

import logging
from datetime import datetime

from prefect import flow
from sqlalchemy.orm import Session

from calendars.timezones import local_day
from flows.jobs import PLAN_HORIZON
from flows.office import office
from flows.slots import do_once
from outreach.holidays import workdays
from outreach.permissions import CLOCKWORK
from outreach.planning import horizon_end, plan

logger = logging.getLogger(__name__)


@flow(name="Plan the horizon", flow_run_name="Plan the horizon for {slot:%Y-%m-%d %H:%M}")
async def plan_horizon(slot: datetime) -> str | None:
    """Compare what every active campaign asks for in the next twelve months with what is planned, and write the
    difference: new activities are made, moved ones moved, those no longer wanted cancelled. What people touched is
    left alone and reported. Returns what changed, or nothing when this slot was done before.
    """
    changed = do_once(PLAN_HORIZON, slot, plan_from)
    logger.info("%s", changed or "done before")
    return changed


def plan_from(session: Session, slot: datetime, now: datetime) -> str:
    """Plan from today: the day of the slot may be past when the machine was off."""
    zone = office().settings.zone
    today = local_day(max(slot, now), zone)
    report = plan(
        session,
        today=today,
        through=horizon_end(today),
        zone=zone,
        workdays=workdays(session),
        by=CLOCKWORK,
        now=now,
    )
    return (
        f"created={report.created} moved={report.moved} cancelled={report.cancelled} "
        f"unchanged={report.unchanged} conflicts={len(report.conflicts)}"
    )
