"""Pairings as a list shows them, who has nobody, and who could look after more."""

from datetime import date

import pytest

from models.enums import PersonRole
from outreach import pairing_register
from outreach.errors import NotFound
from outreach.pairing_register import Asked, Standing, lines_of, register, with_room, without_partner
from outreach.permissions import EVERYWHERE, Reach
from tests.outreach.county import TODAY, County


@pytest.fixture
def county(session):
    county = County(session)
    county.village = county.unit("X01", county.root)
    county.wang, county.li = county.person("volunteer"), county.person("volunteer", unit=county.village)
    for person, spelt in ((county.wang, "wang"), (county.li, "li")):
        person.sort_key = spelt
    county.one, county.other, county.third = (county.person("minor") for _ in range(3))
    county.pair(county.wang, county.one, code="J1", since=date(2026, 1, 1))
    county.pair(county.li, county.other, code="J2", since=date(2026, 2, 1), until=date(2026, 5, 1))
    county.pair(county.li, county.third, code="J3", since=date(2026, 3, 1), visit_every="P60D")
    return county


def listed(county, asked=Asked(), within=EVERYWHERE, **options):  # noqa: B008 - it is frozen
    return register(county.session, asked, within=within, today=TODAY, **{"limit": 20, **options})


def codes(found):
    return [each.code for each in found.lines]


def test_those_in_force_stand_in_the_order_of_their_supporters(county):
    found = listed(county)
    assert codes(found) == ["J3", "J1"]
    assert (found.count, found.next, found.kinds) == (2, None, ["liaison"])
    assert codes(listed(county, Asked(standing=Standing.ENDED))) == ["J2"]
    assert codes(listed(county, Asked(standing=Standing.ALL))) == ["J2", "J3", "J1"]


def test_a_page_goes_on_after_the_last_one_seen(county):
    first = listed(county, Asked(standing=Standing.ALL), limit=2)
    assert codes(first) == ["J2", "J3"]
    assert codes(listed(county, Asked(standing=Standing.ALL), limit=2, after=first.next)) == ["J1"]
    with pytest.raises(NotFound):
        listed(county, after="nonsense")


def test_either_side_is_found_by_name_and_one_person_can_be_asked_for(county):
    assert codes(listed(county, Asked(words=county.third.name))) == ["J3"]
    assert codes(listed(county, Asked(words=county.wang.name))) == ["J1"]
    assert codes(listed(county, Asked(person_code=county.one.code))) == ["J1"]
    assert codes(listed(county, Asked(kind="mentor"))) == []


def test_when_both_last_met_and_the_next_visit_is_due_are_told(county):
    campaign = county.campaign("CADENCE:P30D", team_id=county.team(county.wang, county.li).id)
    county.held(campaign, date(2026, 8, 1), county.li, county.third)
    county.held(campaign, date(2026, 9, 1), county.third)
    other = county.campaign("DATES:2026-08-20")
    county.held(other, date(2026, 8, 20), county.li, county.third)
    county.plan()
    line = listed(county).lines[0]
    assert (line.last_met_on, line.due_on) == (date(2026, 8, 20), date(2026, 9, 30))
    assert listed(county).lines[1].due_on == date(2026, 1, 31)


def test_one_sees_pairings_whose_supporter_one_sees(county):
    within = Reach(frozenset({county.village.id}))
    assert codes(listed(county, within=within)) == ["J3"]
    found = lines_of(county.session, ["J1", "J3", "zz"], within=within, today=TODAY)
    assert [each.code for each in found] == ["J3"]


def test_those_whom_nobody_is_paired_with_are_named(county):
    found = without_partner(county.session, PersonRole.MINOR, within=EVERYWHERE, today=TODAY, limit=9)
    assert [each.person_code for each in found] == [county.other.code]
    after = without_partner(
        county.session,
        PersonRole.MINOR,
        within=EVERYWHERE,
        today=TODAY,
        after=county.other.code,
        limit=9,
    )
    assert after == []


def test_liaisons_with_room_stand_before_volunteers_who_look_after_nobody(county):
    free = county.person("volunteer")
    gone = county.person("volunteer", until=date(2026, 9, 1))
    found = with_room(county.session, within=EVERYWHERE, today=TODAY, limit=9)
    assert [(each.person_code, each.pairings, each.most) for each in found] == [
        (county.li.code, 1, 3),
        (county.wang.code, 1, 3),
        (free.code, 0, None),
    ]
    assert gone.code not in {each.person_code for each in found}


@pytest.fixture(params=["few", "many"])
def counted(request, monkeypatch):
    """How many are sorted; more than that are found along the names."""
    monkeypatch.setattr(pairing_register, "MOST_COUNTED", 1_000 if request.param == "few" else 1)


def test_pages_hold_everyone_once_whether_few_or_many_are_found(county, counted):
    namesakes = [county.person("volunteer") for _ in range(3)]
    minors = [county.person("minor", unit=county.village) for _ in range(6)]
    for person in namesakes:
        person.sort_key = "wang"
    for number, minor in enumerate(minors):
        county.pair(namesakes[number % 3], minor, code=f"N{number}", since=date(2026, 1, 1))
    county.session.flush()
    pages, after = [], None
    while not pages or after:
        found = listed(county, limit=2, after=after)
        pages.append(codes(found))
        after = found.next
    assert pages == [["J3", "J1"], ["N0", "N3"], ["N1", "N4"], ["N2", "N5"]]


def test_pages_name_those_without_a_partner_once_whether_few_or_many_are_found(county, counted):
    alone = [county.person("minor", code=f"A{number}") for number in range(5)]
    for number, person in enumerate(alone):
        person.sort_key = f"zhao {number // 2}"
    county.session.flush()
    asked = {"within": EVERYWHERE, "today": TODAY, "limit": 2}
    pages, after = [], None
    while not pages or after:
        found = without_partner(county.session, PersonRole.MINOR, after=after, **asked)
        pages.append([each.person_code for each in found])
        after = found[-1].person_code if len(found) == 2 else None
    assert [code for page in pages for code in page if code.startswith("A")] == ["A0", "A1", "A2", "A3", "A4"]
    free = with_room(county.session, within=EVERYWHERE, today=TODAY, limit=10)
    assert [each.person_code for each in free if not each.pairings] == []
