"""Who may read which feed, and what it holds: scopes, the window, what stays after it is cancelled, stamps, names."""

from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from calendars.entries import DaySpan, Entry, EntryStatus
from calendars.privacy import Shown, disclose
from models import Activity, AuditEntry, Campaign, Person, Subscription
from models.enums import AccountRole, ActivityStatus, AssignmentState, CampaignStatus, Privacy
from outreach import activities, feed_versions, subscriptions
from outreach.errors import Forbidden, Invalid, NotFound
from outreach.permissions import CONSOLE, EVERYWHERE, Actor, Right, seen
from outreach.subscriptions import Feed, Issued, find_feed, freshness, hash_of, issue, revoke
from tests.outreach.county import NOW, TODAY, ZONE, County
from wording.sentences import say

SAY = partial(say, language="zh_Hans")
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def county(session: Session) -> County:
    return County(session)


def issued(county: County, scope: str, privacy: Privacy | None = None, by: Actor = CONSOLE) -> Issued:
    return issue(county.session, scope, privacy=privacy, label=None, by=by, now=NOW, today=TODAY)


def a_feed(county: County, scope: str, privacy: Privacy | None = None) -> Feed:
    feed = find_feed(county.session, issued(county, scope, privacy).token)
    assert feed is not None
    return feed


def held_in(county: County, feed: Feed, today: date = TODAY) -> list[Entry]:
    county.session.flush()
    return subscriptions.entries(
        county.session,
        feed,
        today=today,
        zone=ZONE,
        public_url="https://yinling.example.org",
        language="zh_Hans",
    )


def shown_in(county: County, feed: Feed) -> list[Shown]:
    return [disclose(entry, feed.privacy, feed.scope.audience, say=SAY) for entry in held_in(county, feed)]


def days_in(county: County, feed: Feed, today: date = TODAY) -> list[str]:
    days = []
    for entry in held_in(county, feed, today):
        assert isinstance(entry.span, DaySpan)
        days.append(entry.span.day.isoformat())
    return days


def someone_of(county: County, unit: Any, role: AccountRole) -> Actor:
    return Actor(f"{role.value} of {unit.code}", rights=(Right(role, unit.id),))


def called(person: Person, name: str) -> Person:
    person.name = name
    return person


def cancel(county: County, activity: Activity, now: datetime = LATER) -> None:
    activities.change_activity(
        county.session,
        activity.id,
        {"status": ActivityStatus.CANCELLED, "reason": "下雨"},
        by=CONSOLE,
        today=TODAY,
        now=now,
        zone=ZONE,
    )


def ask(call: Any, county: County, activity: Activity, person: Person, now: datetime = LATER) -> None:
    call(county.session, activity.id, person.code, by=CONSOLE, today=TODAY, now=now, zone=ZONE)


# Links


def test_a_token_is_stored_only_as_its_hash(county: County) -> None:
    made = issued(county, "unit:BJ")
    row = county.session.get_one(Subscription, made.id)

    assert row.token_hash == hash_of(made.token) != made.token
    assert len(made.token) >= 43
    stored = [str(value) for value in vars(row).values()]
    entries = county.session.scalars(select(AuditEntry).where(AuditEntry.table_name == "subscriptions"))
    stored += [f"{entry.before} {entry.after} {entry.reason}" for entry in entries]
    assert not any(made.token in text for text in stored)


def test_every_link_is_another_one(county: County) -> None:
    assert issued(county, "unit:BJ").token != issued(county, "unit:BJ").token


def test_a_link_is_written_for_reading_and_for_subscribing(county: County) -> None:
    links = subscriptions.links(issued(county, "public"), public_url="https://yinling.example.org")

    assert links.url.startswith("https://yinling.example.org/feeds/")
    assert links.url.endswith(".ics")
    assert links.webcal == "webcal" + links.url.removeprefix("https")


@pytest.mark.parametrize(
    ("scope", "privacy", "level"),
    [
        ("unit:BJ", None, Privacy.FULL),
        ("unit:BJ", Privacy.BUSY, Privacy.BUSY),
        ("public", None, Privacy.INITIALS),
        ("public", Privacy.BUSY, Privacy.BUSY),
    ],
)
def test_a_feed_is_full_unless_told_and_a_public_one_never(
    county: County, scope: str, privacy: Privacy | None, level: Privacy
) -> None:
    assert a_feed(county, scope, privacy).privacy is level


@pytest.mark.parametrize(
    "scope", ["", "x", "unit:", "unit:x", "team:BJ", "unit", "Public", "public:", "unit:BJ:"]
)
def test_a_scope_that_there_is_not_is_a_fault(county: County, scope: str) -> None:
    with pytest.raises(Invalid) as error:
        issued(county, scope)
    assert [fault.field for fault in error.value.faults] == ["scope"]


def test_a_public_feed_with_full_names_is_refused(county: County) -> None:
    with pytest.raises(Invalid) as error:
        issued(county, "public", Privacy.FULL)
    assert [fault.field for fault in error.value.faults] == ["privacy"]


def test_links_are_issued_and_ended_by_those_who_plan_in_the_unit(county: County) -> None:
    west, east = county.unit("Z01", county.root), county.unit("Z02", county.root)
    county.person("volunteer", unit=west, code="V001")
    coordinator = someone_of(county, west, AccountRole.COORDINATOR)
    recorder = someone_of(county, west, AccountRole.RECORDER)
    stranger = someone_of(county, east, AccountRole.COORDINATOR)

    mine = issued(county, "person:V001", by=coordinator)
    with pytest.raises(Forbidden):
        issued(county, "person:V001", by=recorder)
    with pytest.raises(Invalid):
        issued(county, "person:V001", by=stranger)
    with pytest.raises(Invalid):
        issued(county, "unit:BJ", by=coordinator)
    for actor, error in ((recorder, Forbidden), (stranger, NotFound)):
        with pytest.raises(error):
            revoke(county.session, mine.id, by=actor, now=NOW, today=TODAY)
    revoke(county.session, mine.id, by=coordinator, now=NOW, today=TODAY)
    revoke(county.session, mine.id, by=coordinator, now=NOW, today=TODAY)
    assert find_feed(county.session, mine.token) is None


def test_a_public_link_is_ended_by_its_maker_or_by_those_who_plan_everywhere(county: County) -> None:
    west = county.unit("Z01", county.root)
    coordinator = someone_of(county, west, AccountRole.COORDINATOR)
    own, of_office = issued(county, "public", by=coordinator), issued(county, "public")

    with pytest.raises(Forbidden):
        revoke(county.session, of_office.id, by=coordinator, now=NOW, today=TODAY)
    revoke(county.session, own.id, by=coordinator, now=NOW, today=TODAY)
    revoke(county.session, of_office.id, by=CONSOLE, now=NOW, today=TODAY)


def test_a_list_names_the_links_in_force_within_reach(county: County) -> None:
    west = county.unit("Z01", county.root)
    county.person("volunteer", unit=west, code="V001")
    for scope in ("unit:BJ", "person:V001", "unit:Z01", "public"):
        issued(county, scope)
    ended = issued(county, "unit:Z01")
    revoke(county.session, ended.id, by=CONSOLE, now=NOW, today=TODAY)

    def scopes(within: Any) -> list[str]:
        found = subscriptions.subscriptions(county.session, within=within, today=TODAY, limit=10)
        return [each.scope for each in found]

    assert scopes(EVERYWHERE) == ["unit:BJ", "person:V001", "unit:Z01", "public"]
    viewer = someone_of(county, west, AccountRole.VIEWER)
    assert scopes(seen(county.session, viewer, on=TODAY)) == ["person:V001", "unit:Z01", "public"]


@pytest.mark.parametrize("token", ["", "x", "\x00", "\ud800", "x" * 10_000])
def test_a_token_that_opens_nothing_is_simply_unknown(county: County, token: str) -> None:
    assert find_feed(county.session, token) is None


# What a feed holds


def test_a_feed_holds_what_its_scope_says(county: County) -> None:
    west = county.unit("Z01", county.root)
    wang = county.person("volunteer", unit=west, code="V001")
    team = county.team(wang, code="T-A")
    plain = county.campaign("DATES:2026-10-09", code="PLAIN")
    of_team = county.campaign("DATES:2026-10-10", code="TEAM", team_id=team.id, unit_id=west.id)
    public = county.campaign("DATES:2026-10-11", code="OPEN", public=True)
    draft = county.campaign("DATES:2026-10-12", code="DRAFT", public=True)
    county.plan()
    draft.status = CampaignStatus.DRAFT
    county.assign(county.planned(public)[0], wang)

    assert days_in(county, a_feed(county, "unit:BJ")) == ["2026-10-09", "2026-10-10", "2026-10-11"]
    assert days_in(county, a_feed(county, "unit:Z01")) == ["2026-10-10"]
    assert days_in(county, a_feed(county, "team:T-A")) == ["2026-10-10"]
    assert days_in(county, a_feed(county, f"campaign:{plain.code}")) == ["2026-10-09"]
    assert days_in(county, a_feed(county, "person:V001")) == ["2026-10-11"]
    assert days_in(county, a_feed(county, "public")) == ["2026-10-11"]
    assert of_team.team_id == team.id


def test_the_window_is_sixty_days_back_and_four_hundred_ahead(county: County) -> None:
    days = [TODAY + timedelta(days=distance) for distance in (-61, -60, 400, 401)]
    campaign = county.campaign("DATES:2027-12-31")
    for day in days:
        add_on(county, campaign, day)
    feed = a_feed(county, "unit:BJ")

    assert days_in(county, feed) == [day.isoformat() for day in days[1:3]]
    assert days_in(county, feed, TODAY + timedelta(days=1)) == [day.isoformat() for day in days[2:]]


def test_what_lasts_into_the_window_is_in_it(county: County) -> None:
    campaign = county.campaign("DATES:2027-12-31")
    first = TODAY - timedelta(days=85)
    add_on(county, campaign, first, TODAY - timedelta(days=60))

    assert days_in(county, a_feed(county, "unit:BJ")) == [first.isoformat()]


def add_on(county: County, campaign: Campaign, day: date, last_day: date | None = None) -> Activity:
    columns: Any = {"campaign_code": campaign.code, "starts_at": day, "ends_at": last_day or day}
    activity_id = activities.add_activity(
        county.session, columns, by=CONSOLE, today=TODAY, now=NOW, zone=ZONE
    )
    return county.session.get_one(Activity, activity_id)


def test_what_was_cancelled_stays_for_thirty_days_and_then_goes(county: County) -> None:
    campaign = county.campaign("DATES:2026-12-01,2026-12-02")
    county.plan()
    cancel(county, county.planned(campaign)[0])
    feed = a_feed(county, "unit:BJ")

    assert [entry.status for entry in held_in(county, feed)] == [EntryStatus.CANCELLED, EntryStatus.CONFIRMED]
    assert len(held_in(county, feed, TODAY + timedelta(days=30))) == 2
    assert days_in(county, feed, TODAY + timedelta(days=31)) == ["2026-12-02"]


@pytest.mark.parametrize("leave", [activities.withdraw, activities.decline])
def test_who_is_on_it_no_more_sees_that_for_thirty_days(county: County, leave: Any) -> None:
    campaign, wang = county.campaign("DATES:2026-12-01"), county.person("volunteer", code="V001")
    county.plan()
    activity = county.planned(campaign)[0]
    feed, of_unit = a_feed(county, "person:V001"), a_feed(county, "unit:BJ")
    ask(activities.assign, county, activity, wang)
    assert [entry.status for entry in held_in(county, feed)] == [EntryStatus.TENTATIVE]
    ask(activities.confirm, county, activity, wang)
    assert [entry.status for entry in held_in(county, feed)] == [EntryStatus.CONFIRMED]
    ask(leave, county, activity, wang)

    assert [entry.status for entry in held_in(county, feed)] == [EntryStatus.CANCELLED]
    assert held_in(county, feed, TODAY + timedelta(days=31)) == []
    assert [entry.status for entry in held_in(county, of_unit)] == [EntryStatus.CONFIRMED]


# Stamps


def test_a_change_moves_the_stamps_of_that_event_alone(county: County) -> None:
    campaign = county.campaign("DATES:2026-12-01,2026-12-02", start_time=time(9))
    county.plan()
    moved, other = county.planned(campaign)
    feed = a_feed(county, "unit:BJ")
    before = {entry.uid: entry for entry in held_in(county, feed)}
    activities.change_activity(
        county.session,
        moved.id,
        {"starts_at": datetime(2026, 12, 3, 9, tzinfo=ZONE)},
        by=CONSOLE,
        today=TODAY,
        now=LATER,
        zone=ZONE,
    )
    after = {entry.uid: entry for entry in held_in(county, feed)}

    assert before.keys() == after.keys()
    uid, untouched = f"{moved.uid}@yinling", f"{other.uid}@yinling"
    assert (after[uid].sequence, after[uid].changed_at) == (before[uid].sequence + 1, LATER)
    assert after[untouched] == before[untouched]


def test_people_move_the_stamps_only_in_feeds_that_name_people(county: County) -> None:
    campaign = county.campaign("DATES:2026-12-01", public=True)
    wang, li = county.person("volunteer", code="V001"), county.person("volunteer", code="V002")
    county.plan()
    activity = county.planned(campaign)[0]
    ask(activities.assign, county, activity, wang, NOW)
    feeds = {
        f"{scope} {level}": a_feed(county, scope, level)
        for scope in ("unit:BJ", "person:V001", "public")
        for level in Privacy
        if (scope, level) != ("public", Privacy.FULL)
    }
    before = {name: held_in(county, feed)[0] for name, feed in feeds.items()}
    ask(activities.assign, county, activity, li)
    after = {name: held_in(county, feed)[0] for name, feed in feeds.items()}

    moved = {name for name in feeds if after[name].sequence > before[name].sequence}
    assert moved == {"unit:BJ full", "unit:BJ initials", "person:V001 full", "person:V001 initials"}
    assert moved == {name for name in feeds if after[name].changed_at == LATER}


def test_ones_own_assignment_moves_ones_own_feed_at_every_level(county: County) -> None:
    campaign, wang = county.campaign("DATES:2026-12-01"), county.person("volunteer", code="V001")
    county.plan()
    activity = county.planned(campaign)[0]
    ask(activities.assign, county, activity, wang, NOW)
    for level in Privacy:
        feed = a_feed(county, "person:V001", level)
        before = held_in(county, feed)[0]
        ask(activities.decline, county, activity, wang)
        declined = held_in(county, feed)[0]
        ask(activities.confirm, county, activity, wang)

        assert declined.sequence > before.sequence
        assert held_in(county, feed)[0].sequence > declined.sequence
        assert declined.changed_at == LATER


# Names


def test_names_are_shown_as_scope_and_level_allow(county: County) -> None:
    ouyang = called(county.person("retiree"), "欧阳玉兰")
    wang = called(county.person("volunteer", code="V001"), "王秀英")
    campaign = county.campaign(
        "DATES:2026-12-01", kind="festival_visit", serves=[ouyang], public=True, place="三楼 13912345678"
    )
    campaign.name = "看望欧阳玉兰，王秀英带队，慰问金500元"
    county.plan()
    ask(activities.assign, county, county.planned(campaign)[0], wang)

    def words(scope: str, level: Privacy) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
        (shown,) = shown_in(county, a_feed(county, scope, level))
        assert "139" not in shown.place
        assert "500" not in shown.title
        return shown.title, shown.people, shown.visited

    _, people, visited = words("person:V001", Privacy.FULL)
    assert (people, visited) == (("王秀英",), ("欧阳老",))
    title, people, visited = words("person:V001", Privacy.INITIALS)
    assert (people, visited) == (("王某某",), ())
    assert "王秀英" not in title
    _, people, visited = words("unit:BJ", Privacy.FULL)
    assert (people, visited) == (("王秀英",), ())
    title, people, visited = words("public", Privacy.INITIALS)
    assert (people, visited) == ((), ())
    assert "王秀英" not in title
    for scope in ("person:V001", "unit:BJ", "public"):
        assert words(scope, Privacy.BUSY) == ("有活动", (), ())


def test_the_one_whom_a_birthday_is_for_stands_in_no_title_but_of_those_who_go(county: County) -> None:
    he = called(county.person("retiree", birth_date=date(1946, 12, 1)), "何玉兰")
    wang = county.person("volunteer", code="V001")
    campaign = county.campaign("BIRTHDAY:all", kind="birthday", serves=[he])
    campaign.name = "给何玉兰祝寿"
    county.plan()
    ask(activities.assign, county, county.planned(campaign)[0], wang)

    assert "何玉兰" not in shown_in(county, a_feed(county, "unit:BJ"))[0].title
    (own,) = shown_in(county, a_feed(county, "person:V001"))
    assert (own.visited, "何玉兰" in own.title) == (("何老",), False)


def test_a_day_that_may_still_move_and_a_make_up_day_are_said(county: County) -> None:
    campaign = county.campaign("DATES:2026-10-10,2026-12-01,2027-01-04")
    county.plan(through=date(2027, 1, 31))
    notes = [entry.note for entry in held_in(county, a_feed(county, f"campaign:{campaign.code}"))]

    assert notes == [SAY("feed.makeup_day"), "", SAY("feed.forecast")]


# Freshness


def test_a_feed_is_as_fresh_as_the_versions_of_its_scopes(county: County) -> None:
    west, east = county.unit("Z01", county.root), county.unit("Z02", county.root)
    campaign = county.campaign("DATES:2026-12-01", unit_id=west.id)
    county.campaign("DATES:2026-12-01", unit_id=east.id)
    county.plan()
    feeds = [
        a_feed(county, scope) for scope in ("unit:BJ", "unit:Z01", "unit:Z02", f"campaign:{campaign.code}")
    ]

    def versions() -> list[int]:
        county.session.flush()
        return [freshness(county.session, feed, today=TODAY).versions for feed in feeds]

    before = versions()
    cancel(county, county.planned(campaign)[0])
    assert [after > was for after, was in zip(versions(), before, strict=True)] == [True, True, False, True]

    trees = [freshness(county.session, feed, today=TODAY).tree for feed in feeds]
    feed_versions.everything_changed(county.session, now=datetime(2026, 9, 16, tzinfo=UTC))
    later = [freshness(county.session, feed, today=TODAY) for feed in feeds]
    assert [fresh.tree for fresh in later] == [tree + 1 for tree in trees]
    assert {fresh.changed_at for fresh in later} == {datetime(2026, 9, 16, tzinfo=UTC)}


def test_states_of_others_are_not_ones_own(county: County) -> None:
    campaign = county.campaign("DATES:2026-12-01")
    wang, li = county.person("volunteer", code="V001"), county.person("volunteer", code="V002")
    county.plan()
    activity = county.planned(campaign)[0]
    county.assign(activity, wang, AssignmentState.CONFIRMED)
    county.assign(activity, li, AssignmentState.WITHDRAWN)

    assert [entry.status for entry in held_in(county, a_feed(county, "person:V001"))] == [
        EntryStatus.CONFIRMED
    ]
