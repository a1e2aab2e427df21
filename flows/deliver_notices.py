"""Every minute: hand over what people are owed to be told."""

from datetime import datetime

from prefect import flow

from flows.delivering import Round
from flows.jobs import DELIVER_NOTICES
from flows.office import Office
from flows.slots import Renew, do_in_steps
from outreach.channels import channel_for
from outreach.clockwork import Changed, Moment
from outreach.notices.composing import Letterhead


@flow(name="Deliver notices", flow_run_name="Deliver what is due at {slot:%Y-%m-%d %H:%M}")
async def deliver_notices(slot: datetime) -> str | None:
    """Send each notice that is due by mail, or put it on the call list of those who are told by telephone. What is no
    longer true or no longer in time is not sent at all. Each is marked as being sent before it leaves and its result
    written down after, so that a crash leaves at most one of which nobody knows: that is called about, never sent
    again. What fails is tried again later; a server that is away costs no notice any of its tries.
    """
    return do_in_steps(DELIVER_NOTICES, slot, deliver, is_frequent=True)


def deliver(here: Office, _moment: Moment, renew: Renew) -> Changed:
    """Deliver what is due now, whatever slot this is: what is late by then is not sent late."""
    settings = here.settings
    channel = channel_for(smtp_url=settings.smtp_url, sender=settings.mail_from, folder=here.outbox)
    letterhead = Letterhead(settings.language, settings.zone, settings.public_url)
    try:
        return Round(here, channel, letterhead, renew).go()
    finally:
        channel.close()
