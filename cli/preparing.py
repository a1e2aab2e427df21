"""Making an empty database, or bringing an older one up to this program, with a backup before."""

from sqlalchemy import Engine

from models.database import transaction
from models.migrating import is_empty, known_revisions, newest_revision, present_revision, upgrade
from outreach.errors import Conflict
from outreach.metrics import keep_dictionary


def make_or_upgrade(engine: Engine) -> None:
    """Bring the schema and the dictionary of metrics up to this program. Done twice, the second changes nothing.

    Raises Conflict for a database of a newer program: what it means is not known here.
    """
    revision = present_revision(engine)
    if revision is not None and revision not in known_revisions():
        raise Conflict("cli.newer_schema", revision=revision)
    if revision != newest_revision():
        upgrade(engine)
    with transaction(engine) as session:
        keep_dictionary(session)


def needs_upgrade(engine: Engine) -> bool:
    """Whether there is something to lose in an upgrade: a database of an older program."""
    return not is_empty(engine) and present_revision(engine) != newest_revision()
