"""Counters that say which feeds must be made anew. Raised in the transaction of the deed, at its end, for a whole set.

A deed made of several raises more than once; two such that cross are parted by PostgreSQL, and one has to try again.

A feed's version is that of its scope; a unit's feed takes the sum over its subtree and the public one over the public
campaigns, since one counter at the root would make every writer wait for every other. The scope `tree` concerns all.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime

from sqlalchemy import case, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from models import Activity, Assignment, Campaign, FeedVersion
from models.base import ActivityId
from models.database import in_batches

TREE = "tree"


def activities_changed(session: Session, activity_ids: Collection[ActivityId], *, now: datetime) -> None:
    """What activities show, or who is on them, has changed: their campaigns, teams, units and people get new feeds."""
    scopes: set[str] = set()
    for ids in in_batches(activity_ids):
        scopes.update(_scopes_of_activities(session, ids))
    _raise(session, scopes, now=now)


def everything_changed(session: Session, *, now: datetime) -> None:
    """Something that many feeds may show has changed: the tree of units, whom a campaign serves, a campaign's name."""
    _raise(session, {TREE}, now=now)


def _scopes_of_activities(session: Session, ids: Sequence[ActivityId]) -> Iterator[str]:
    rows = session.execute(
        select(Activity.campaign_id, Activity.unit_id, Campaign.team_id)
        .join(Campaign, Campaign.id == Activity.campaign_id)
        .where(Activity.id.in_(ids))
        .distinct()
    )
    for campaign_id, unit_id, team_id in rows:
        yield f"campaign:{campaign_id}"
        yield f"unit:{unit_id}"
        if team_id is not None:
            yield f"team:{team_id}"
    people = select(Assignment.person_id).where(Assignment.activity_id.in_(ids)).distinct()
    for person_id in session.scalars(people):
        yield f"person:{person_id}"


def _raise(session: Session, scopes: Iterable[str], *, now: datetime) -> None:
    """Always in the order of the scopes, so that two writers never wait for each other crosswise."""
    session.flush()
    rows = [{"scope": scope, "version": 1, "changed_at": now} for scope in sorted(scopes)]
    postgres = session.get_bind().dialect.name == "postgresql"
    for some in in_batches(rows):
        insert = postgresql.insert(FeedVersion) if postgres else sqlite.insert(FeedVersion)
        given = insert.excluded.changed_at
        newest = case((given > FeedVersion.changed_at, given), else_=FeedVersion.changed_at)
        session.execute(
            insert.on_conflict_do_update(
                index_elements=[FeedVersion.scope],
                set_={"version": FeedVersion.version + 1, "changed_at": newest},
            ),
            some,
        )
