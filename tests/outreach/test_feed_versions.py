"""Which feeds are made anew: raised by set, newest instant kept, from several writers at once."""

from datetime import date, datetime, timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import Engine, event, select
from sqlalchemy.orm import Session

from models import Activity, FeedVersion
from models.database import reading, transaction
from outreach.feed_versions import TREE, activities_changed, everything_changed
from tests.outreach.county import NOW, County

LATER = NOW + timedelta(hours=1)


@pytest.fixture
def county(session: Session) -> County:
    return County(session)


def versions(session: Session) -> dict[str, tuple[int, datetime]]:
    rows = session.execute(select(FeedVersion.scope, FeedVersion.version, FeedVersion.changed_at))
    return {scope: (version, changed_at) for scope, version, changed_at in rows}


def test_a_changed_activity_raises_its_campaign_team_unit_and_everybody_ever_asked_to_it(
    county: County,
) -> None:
    west = county.unit("Z01", county.root)
    wang, li, he = county.person("volunteer"), county.person("volunteer"), county.person("retiree")
    team = county.team(wang)
    campaign = county.campaign("DATES:2026-10-09,2026-10-10", team_id=team.id, unit_id=west.id, serves=[he])
    county.plan()
    activity, _ = county.planned(campaign)
    for person in (wang, li):
        county.assign(activity, person)
    before = versions(county.session)
    activities_changed(county.session, [activity.id], now=LATER)
    after = versions(county.session)

    raised = {scope for scope in after if after[scope] != before.get(scope)}
    assert raised == {
        f"campaign:{campaign.id}",
        f"team:{team.id}",
        f"unit:{west.id}",
        f"person:{wang.id}",
        f"person:{li.id}",
    }
    assert {after[scope][1] for scope in raised} == {LATER}


def test_many_changes_at_once_raise_each_scope_once_with_few_statements(county: County) -> None:
    campaign = county.campaign("RRULE:FREQ=DAILY")
    county.plan(through=date(2026, 10, 15))
    ids = [activity.id for activity in county.planned(campaign)]
    before = versions(county.session)[f"campaign:{campaign.id}"][0]
    heard: list[str] = []

    def hear(*call: object) -> None:
        heard.append(str(call[2]))

    connection = county.session.connection()
    event.listen(connection, "before_cursor_execute", hear)
    activities_changed(county.session, ids, now=LATER)
    event.remove(connection, "before_cursor_execute", hear)

    assert len(ids) == 31
    assert versions(county.session)[f"campaign:{campaign.id}"][0] == before + 1
    assert len(heard) <= 3


def test_nothing_changed_raises_nothing(county: County) -> None:
    activities_changed(county.session, [], now=LATER)

    assert versions(county.session) == {}


def test_an_instant_that_is_told_late_does_not_turn_the_stamp_back(county: County) -> None:
    everything_changed(county.session, now=LATER)
    everything_changed(county.session, now=NOW)

    assert versions(county.session) == {TREE: (2, LATER)}


def test_no_rise_is_lost_between_writers_that_touch_the_same_activities(fresh_database: Engine) -> None:
    with transaction(fresh_database) as session:
        county = County(session)
        for _ in range(5):
            campaign = county.campaign("DATES:2026-10-09,2026-10-10")
        county.plan()
        ids = list(session.scalars(select(Activity.id)))
        scope = f"campaign:{campaign.id}"
    with reading(fresh_database) as session:
        before = versions(session)[scope][0]
    ready = Barrier(4)

    def write(backwards: bool) -> None:
        ready.wait()
        for _ in range(5):
            with transaction(fresh_database) as session:
                activities_changed(session, ids[::-1] if backwards else ids, now=LATER)

    writers = [Thread(target=write, args=(number % 2 == 1,)) for number in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    with reading(fresh_database) as session:
        assert versions(session)[scope][0] == before + 20
