"""On the first of the month: draft the month before."""

import logging
from datetime import datetime

from prefect import flow
from sqlalchemy.orm import Session

from calendars.periods import month_of
from calendars.timezones import local_day
from flows.jobs import DRAFT_MONTH, month_before
from flows.office import office
from flows.slots import do_once
from outreach.closing import draft_month as draft

logger = logging.getLogger(__name__)


@flow(name="Draft last month", flow_run_name="Draft the month before {slot:%Y-%m-%d}")
async def draft_month(slot: datetime) -> str | None:
    """Open the month before the slot for checking in every unit: from now on its figures wait to be signed and closed.

    Returns what changed, or nothing when this slot was done before.
    """
    changed = do_once(DRAFT_MONTH, slot, draft_before)
    logger.info("%s", changed or "done before")
    return changed


def draft_before(session: Session, slot: datetime, now: datetime) -> str:
    """Draft the month that ended when the slot came due, however late it is done."""
    month = month_before(local_day(slot, office().settings.zone))
    drafted = draft(session, month_of(month), now=now)
    return f"month={month:%Y-%m} units={drafted}"
