"""The sample county for `yinling up --sample`: made once, in a database that nobody has used yet."""

from cli.workplace import Workplace
from models import Unit
from models.database import reading, transaction
from outreach import sample, subscriptions
from outreach.permissions import CONSOLE
from outreach.units import root_unit

LABEL = "sample"


def load_when_empty(place: Workplace) -> str | None:
    """Make the county in an untouched database and return the address of a feed of it.

    As long as the county is that of the sample, each start hands out an address again; in any other there is none.
    """
    with reading(place.engine) as session:
        make, there = sample.is_untouched(session), sample.has_sample(session)
    if not (make or there):
        return None
    if make:
        place.console.tell(place.console.say("cli.sample_loading"))
    with transaction(place.engine) as session:
        if make:
            sample.make_county(session, today=place.today, now=place.now, zone=place.zone, by=CONSOLE)
        root = root_unit(session, on=place.today)
        assert root is not None, "the sample county has units"
        issued = subscriptions.issue(
            session,
            f"unit:{session.get_one(Unit, root).code}",
            privacy=None,
            label=LABEL,
            by=CONSOLE,
            now=place.now,
            today=place.today,
        )
    return subscriptions.links(issued, public_url=place.settings.public_url).url
