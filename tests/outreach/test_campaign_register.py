"""The register of campaigns: how far they are, who takes part, and what a change does to the plan."""

from datetime import date

import pytest

from models import Place
from models.enums import ActivityStatus, AttendanceState, CampaignStatus
from outreach import agenda, campaign_register
from outreach.agenda import OfCampaign
from outreach.campaign_effects import change_with_effects
from outreach.campaign_register import RegisterAsked
from outreach.permissions import CONSOLE, EVERYWHERE, Reach
from tests.outreach.county import NOW, TODAY, ZONE, County


@pytest.fixture
def county(session) -> County:
    return County(session)


def rows(county, asked=None, within=EVERYWHERE, **span):
    return campaign_register.register(
        county.session,
        asked or RegisterAsked(),
        within=within,
        year=2026,
        today=TODAY,
        now=NOW,
        **{"limit": 50, **span},
    )


def test_a_row_counts_what_was_held_what_is_planned_and_who_was_there(county):
    one, other = county.person("volunteer"), county.person("volunteer")
    campaign = county.campaign("RRULE:FREQ=MONTHLY;BYMONTHDAY=20", team_id=county.team(one, other).id)
    county.session.add(Place(campaign_id=campaign.id, needed=2))
    county.held(campaign, date(2026, 7, 20), one, other)
    county.held(campaign, date(2026, 8, 20), one)
    county.held(campaign, date(2026, 6, 20), one, status=ActivityStatus.CANCELLED)
    county.held(campaign, date(2026, 5, 20), other, state=AttendanceState.ABSENT)
    county.held(campaign, date(2025, 8, 20), one)
    county.plan()
    (row,) = rows(county)
    assert (row.held, row.planned, row.attended) == (3, 7, 4)
    assert (row.next_on, row.short) == (date(2026, 9, 20), 2)


def test_running_campaigns_stand_first_and_ended_ones_last(county):
    for status in (CampaignStatus.ENDED, CampaignStatus.DRAFT, CampaignStatus.ACTIVE, CampaignStatus.PAUSED):
        county.campaign("TERM:清明", code=status.value, status=status)
    assert [row.code for row in rows(county)] == ["active", "paused", "draft", "ended"]
    assert [row.code for row in rows(county, offset=1, limit=2)] == ["paused", "draft"]
    drafts = RegisterAsked(status=CampaignStatus.DRAFT)
    assert [row.code for row in rows(county, drafts)] == ["draft"]
    counts = campaign_register.register_counts(county.session, within=EVERYWHERE)
    assert sum(each.count for each in counts) == 4


def test_only_campaigns_of_the_reach_are_listed(county):
    village = county.unit("X01", county.root)
    county.campaign("TERM:清明", code="QM", unit_id=village.id)
    county.campaign("TERM:清明", code="ALL")
    assert [row.code for row in rows(county, within=Reach(frozenset({village.id})))] == ["QM"]


def test_months_add_up_to_the_year(county):
    campaign = county.campaign("RRULE:FREQ=MONTHLY;BYMONTHDAY=20")
    person = county.person("volunteer")
    county.held(campaign, date(2026, 7, 20), person)
    county.held(campaign, date(2026, 7, 21))
    county.held(campaign, date(2026, 8, 20), person, status=ActivityStatus.CANCELLED)
    county.plan()
    months = campaign_register.months_done(county.session, campaign.id, year=2026)
    july, august, october = months[6], months[7], months[9]
    assert (july.held, july.open, july.cancelled, july.attended) == (2, 0, 0, 1)
    assert (august.held, august.cancelled) == (0, 1)
    assert (october.held, october.open) == (0, 1)
    assert len(months) == 12


def test_who_was_there_most_and_which_members_least(county):
    often, once, never, gone = (county.person("volunteer") for _ in range(4))
    team = county.team(often, once, never)
    county.join(gone, team, until=date(2026, 1, 31))
    campaign = county.campaign("TERM:清明", team_id=team.id)
    for day in (1, 2, 3):
        county.held(campaign, date(2026, 7, day), often, *([once, gone] if day == 3 else []))
    most, least = campaign_register.participation(
        county.session, campaign.id, team.id, year=2026, today=TODAY, limit=2
    )
    assert next((each.code, each.times) for each in most) == (often.code, 3)
    assert len(most) == 2
    assert [(each.code, each.times, each.last_on) for each in least] == [
        (never.code, 0, None),
        (once.code, 1, date(2026, 7, 3)),
    ]
    nobody = campaign_register.participation(
        county.session, campaign.id, None, year=2026, today=TODAY, limit=2
    )
    assert nobody[1] == []


def test_a_proposed_code_is_always_free(county):
    assert campaign_register.next_code(county.session, today=TODAY) == "ZX2026-001"
    county.campaign("TERM:清明", code="ZX2026-014")
    county.campaign("TERM:清明", code="ZX2026-old")
    assert campaign_register.next_code(county.session, today=TODAY) == "ZX2026-015"


def test_the_activities_of_one_campaign_are_asked_for_by_what_they_need(county):
    person = county.person("volunteer")
    campaign = county.campaign("RRULE:FREQ=MONTHLY;BYMONTHDAY=20")
    county.session.add(Place(campaign_id=campaign.id, needed=1))
    county.held(campaign, date(2026, 7, 20), person)
    county.plan()
    first = county.planned(campaign)[0]
    county.assign(first, person)

    def days(which):
        found = agenda.activities_of_campaign(
            county.session, campaign.id, EVERYWHERE, which=which, today=TODAY, now=NOW, limit=9
        )
        return [item.day.isoformat() for item in found]

    assert days(OfCampaign.NEXT) == ["2026-09-20", "2026-10-20", "2026-11-20", "2026-12-20"]
    assert days(OfCampaign.SHORT) == ["2026-10-20"]
    assert days(OfCampaign.PAST) == ["2026-07-20"]
    assert days(OfCampaign.AWAITING) == []


def test_the_effects_of_a_change_are_those_that_it_then_has(county):
    campaign = county.campaign("RRULE:FREQ=MONTHLY;BYMONTHDAY=20", code="XX")
    county.plan(through=date(2027, 9, 15))
    kept = county.planned(campaign)[0]
    kept.by_hand = True
    county.session.flush()
    told = {"by": CONSOLE, "today": TODAY, "now": NOW, "zone": ZONE}
    _, effects = change_with_effects(
        county.session, "XX", {"schedule": "RRULE:FREQ=MONTHLY;BYMONTHDAY=21"}, **told
    )
    assert (len(effects.gone), len(effects.moved), len(effects.kept)) == (11, 0, 1)
    assert effects.kept[0].activity_ids == (kept.id,)
    assert len(effects.added) == 12
    assert {each.day.isoformat() for each in effects.added} <= set(county.days(campaign))
    _, again = change_with_effects(
        county.session, "XX", {"schedule": "RRULE:FREQ=MONTHLY;BYMONTHDAY=21"}, **told
    )
    assert not (again.added)
    assert not (again.moved)
    assert not (again.gone)
    assert again.mark != effects.mark


def test_names_are_given_only_of_who_is_within_reach(county):
    village = county.unit("X01", county.root)
    far, near = county.person("retiree"), county.person("retiree", unit=village)
    county.session.flush()
    words = {"person": [far.code, near.code], "unit": ["X01", "BJ"], "team": []}
    found = campaign_register.names_of_entries(
        county.session, words, within=Reach(frozenset({village.id})), today=TODAY
    )
    assert found == {near.code: near.name, "unit:X01": village.name}
