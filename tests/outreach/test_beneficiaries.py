"""Whom a campaign serves on a day."""

from datetime import date

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from models import Tie
from models.enums import TieKind
from outreach.beneficiaries import circles, pairings_of
from tests.outreach.county import County

DAY = date(2026, 9, 15)


@pytest.fixture
def county(session: Session) -> County:
    return County(session)


def circle(county: County, campaign, **options):
    return circles(county.session, [campaign.id], **options)[campaign.id]


def test_a_role_means_those_of_the_campaigns_unit_and_below(county: County) -> None:
    town = county.unit("T", county.root)
    village, other = county.unit("V", town), county.unit("O", county.root)
    there = [county.person("retiree", unit=unit) for unit in (town, village)]
    county.person("volunteer", unit=town)
    county.person("retiree", unit=other)
    campaign = county.campaign("FESTIVAL:春节", serves=["retiree"], unit_id=town.id)

    assert circle(county, campaign).on(DAY) == [person.id for person in there]


def test_a_unit_means_its_retirees_beneficiaries_and_minors_with_all_below(county: County) -> None:
    village = county.unit("V", county.root)
    served = [county.person(role, unit=village) for role in ("retiree", "beneficiary", "minor")]
    for role in ("volunteer", "staff", "leader"):
        county.person(role, unit=village)
    campaign = county.campaign("FESTIVAL:春节", serves=[county.root])

    assert circle(county, campaign).on(DAY) == [person.id for person in served]


def test_entries_add_up_in_the_lists_order_and_name_nobody_twice(county: County) -> None:
    first, second, third = (county.person("retiree") for _ in range(3))
    campaign = county.campaign("FESTIVAL:春节", serves=[third, county.team(second, third), "retiree", first])

    assert circle(county, campaign).on(DAY) == [third.id, second.id, first.id]


def test_the_teams_own_members_are_on_the_list_but_not_served(county: County) -> None:
    member, other = county.person("retiree"), county.person("retiree")
    campaign = county.campaign("FESTIVAL:春节", serves=["retiree"], team_id=county.team(member).id)
    found = circle(county, campaign)

    assert found.on(DAY) == [other.id]
    assert found.listed_on(DAY) == [member.id, other.id]
    assert not found.serves(member.id, DAY)
    assert found.lists(member.id, DAY)


def test_people_count_from_their_first_through_their_last_day(county: County) -> None:
    person = county.person("retiree", since=date(2026, 9, 10), until=date(2026, 9, 20))
    found = circle(county, county.campaign("FESTIVAL:春节", serves=["retiree", person]))

    on = {day: bool(found.on(date(2026, 9, day))) for day in (9, 10, 20, 21)}
    assert on == {9: False, 10: True, 20: True, 21: False}


def test_roles_memberships_placements_and_the_tree_are_asked_for_the_day(county: County) -> None:
    town, village = county.unit("T", county.root), county.unit("V")
    person = county.person("volunteer", unit=village)
    county.session.add_all(
        [
            Tie(
                kind=TieKind.ROLE,
                subject_person_id=person.id,
                object_word="retiree",
                since=date(2026, 9, 3),
                until=date(2026, 9, 20),
            ),
            Tie(
                kind=TieKind.PARENT,
                subject_unit_id=village.id,
                object_unit_id=town.id,
                since=date(2026, 9, 5),
                until=date(2026, 9, 18),
            ),
        ]
    )
    county.session.flush()
    found = circle(county, county.campaign("FESTIVAL:春节", serves=["retiree"], unit_id=town.id))

    on = {day: bool(found.on(date(2026, 9, day))) for day in (4, 5, 18, 19)}
    assert on == {4: False, 5: True, 18: True, 19: False}
    # Asked again and in another order it says the same.
    assert found.on(date(2026, 9, 5)) == [person.id]
    assert found.on(date(2026, 9, 4)) == []


def test_somebody_who_moves_is_served_by_the_unit_of_the_day(county: County) -> None:
    old, new = county.unit("A", county.root), county.unit("B", county.root)
    person = county.person("retiree", unit=old)
    tie = county.session.query(Tie).filter_by(kind=TieKind.PLACEMENT, subject_person_id=person.id).one()
    tie.until = date(2026, 9, 14)
    county.session.flush()
    county.place(person, new, since=date(2026, 9, 15))
    found = circle(county, county.campaign("FESTIVAL:春节", serves=["retiree"]))

    assert found.by_unit_on(date(2026, 9, 14)) == {old.id: [person.id]}
    assert found.by_unit_on(date(2026, 9, 15)) == {new.id: [person.id]}


def test_a_cadence_without_a_list_serves_the_beneficiaries_of_its_teams_pairings(county: County) -> None:
    supporter, stranger = county.person("volunteer"), county.person("volunteer")
    child, other = county.person("minor"), county.person("minor")
    campaign = county.campaign("CADENCE:P30D", team_id=county.team(supporter).id)
    pairing = county.pair(supporter, child, since=date(2026, 9, 10), until=date(2026, 9, 20))
    county.pair(stranger, other, since=date(2026, 9, 10))

    (found,) = pairings_of(county.session, [campaign.id])[campaign.id]
    assert found.id == pairing.id
    assert [found.on(date(2026, 9, day)) for day in (9, 10, 20, 21)] == [False, True, True, False]
    assert circle(county, campaign).on(DAY) == [child.id]
    assert circle(county, campaign).on(date(2026, 9, 21)) == []


def test_without_a_team_the_pairings_are_those_of_the_campaigns_units(county: County) -> None:
    town, other = county.unit("T", county.root), county.unit("O", county.root)
    here = county.pair(county.person("volunteer", unit=town), county.person("minor"), since=DAY)
    county.pair(county.person("volunteer", unit=other), county.person("minor"), since=DAY)
    campaign = county.campaign("CADENCE:P30D", unit_id=town.id)

    assert [each.id for each in pairings_of(county.session, [campaign.id])[campaign.id]] == [here.id]


def test_a_pairing_with_somebody_who_died_is_visited_no_longer(county: County) -> None:
    supporter = county.person("volunteer")
    child = county.person("minor", until=date(2026, 9, 1))
    county.pair(supporter, child, since=date(2026, 1, 1))
    campaign = county.campaign("CADENCE:P30D", team_id=county.team(supporter).id)

    (found,) = pairings_of(county.session, [campaign.id])[campaign.id]
    assert found.on(date(2026, 9, 1))
    assert not found.on(date(2026, 9, 2))


def test_asked_about_some_people_a_circle_knows_of_these_alone(county: County) -> None:
    first, _, third = (county.person("retiree") for _ in range(3))
    member = county.person("retiree")
    campaign = county.campaign("FESTIVAL:春节", serves=["retiree"], team_id=county.team(member).id)
    found = circle(county, campaign, among=[third.id, first.id, member.id])

    assert found.on(DAY) == [first.id, third.id]
    assert found.lists(member.id, DAY)


def test_many_campaigns_are_read_in_as_many_statements_as_one(county: County) -> None:
    campaigns = [county.campaign("FESTIVAL:春节", serves=["retiree", county.root]) for _ in range(4)]
    county.person("retiree")

    def statements(asked) -> int:
        seen: list[str] = []
        connection = county.session.connection()
        event.listen(connection, "before_cursor_execute", lambda *given: seen.append(given[2]))
        circles(county.session, [campaign.id for campaign in asked])
        return len(seen)

    assert statements(campaigns[:1]) > 0
    first = statements(campaigns[:1])
    # The listeners add up: each counts its own.
    assert statements(campaigns) == first
