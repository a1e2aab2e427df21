"""Every night: a backup of everything, and an end for those that are too old."""

from pathlib import Path

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from models.database import reading
from outreach import backups
from outreach.backups import Pulse
from outreach.clockwork import Changed, Moment
from outreach.erasure import write_erased
from outreach.house_rules import RetentionRules

_OCTETS_IN_A_MEGABYTE = 1_000_000
_SIZE = {
    "sqlite": "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
    "postgresql": "SELECT pg_database_size(current_database())",
}


def foresee(session: Session, _moment: Moment) -> Changed:
    """How much there is to copy. The file will be smaller, and larger by what was uploaded."""
    octets = session.scalar(text(_SIZE[session.get_bind().dialect.name])) or 0
    return Changed({"megabytes": _megabytes(octets)})


def back_up(engine: Engine, data: Path, moment: Moment, *, rules: RetentionRules, pulse: Pulse) -> Changed:
    """Write the day's backup into the data folder, and beside it the list of those erased.

    Opens what it reads itself: a backup has to be of one moment.
    """
    done = backups.keep_daily(engine, data=data, today=moment.today, now=moment.now, rules=rules, pulse=pulse)
    with reading(engine) as session:
        write_erased(session, data / backups.BACKUPS)
    return Changed(
        {
            "megabytes": _megabytes(done.report.octets),
            "backups": done.kept,
            "backups_removed": done.removed,
        }
    )


def _megabytes(octets: int) -> int:
    """Rounded up: there is always something."""
    return -(-octets // _OCTETS_IN_A_MEGABYTE)
