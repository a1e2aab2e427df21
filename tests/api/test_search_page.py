"""Finding people, campaigns, activities, suggestions and places by what somebody types."""

import re
from datetime import timedelta

import pytest

from models import Matter, Place
from models.database import transaction
from models.enums import MatterFace, MatterStatus
from tests.outreach.county import TODAY, County
from tests.outreach.test_agenda import an_activity


@pytest.fixture
def county(fresh_database):
    with transaction(fresh_database) as session:
        county = County(session)
        county.village = county.unit("X01", county.root)
        county.other = county.unit("X02", county.root)
        campaign = county.campaign(f"DATES:{TODAY}", unit_id=county.village.id)
        campaign.name = "重阳走访"
        session.add(Place(campaign_id=campaign.id, needed=1))
        county.campaign_code = campaign.code
        county.visit = an_activity(county, campaign, TODAY + timedelta(days=3)).id
        county.over = an_activity(county, campaign, TODAY - timedelta(days=3)).id
        session.add(
            Matter(
                code="S1",
                face=MatterFace.SUGGESTION,
                unit_id=county.village.id,
                status=MatterStatus.COLLECTED,
                opened_on=TODAY,
                text="北门公交站加装座椅",
            )
        )
        session.add(
            Matter(
                code="C1",
                face=MatterFace.CASE,
                kind="hospital",
                unit_id=county.village.id,
                status=MatterStatus.OPEN,
                opened_on=TODAY,
                text="公交站旁摔伤",
            )
        )
    return county


def hits(client, words, path="/search"):
    page = client.get(path, params={"q": words}).text
    main = page.partition("<main")[2] or page
    return re.findall(r'<li><a (?:class="link" )?href="([^"]+)"', main)


@pytest.mark.parametrize("path", ["/search", "/search/list"])
def test_a_campaign_is_found_by_name_pinyin_and_initials_with_what_is_to_come_of_it(county, get_in, path):
    client, campaign = get_in("viewer"), f"/campaigns/{county.campaign_code}"
    assert hits(client, "重阳", path) == [campaign, f"/a/{county.visit}"]
    assert hits(client, "chongyang", path) == [campaign]
    assert hits(client, "cyzf", path) == [campaign]
    assert hits(client, str(county.over), path)[0] == f"/a/{county.over}"


def test_a_suggestion_is_found_by_its_words_and_a_case_by_its_code_alone(county, get_in):
    client = get_in("viewer")
    assert hits(client, "公交站") == ["/suggestions/S1"]
    assert hits(client, "c1") == ["/cases/C1"]
    assert "摔伤" not in client.get("/search", params={"q": "C1"}).text


def test_nothing_is_found_outside_of_ones_units(county, get_in):
    client = get_in("viewer", unit="X02")
    for words in ("重阳", "公交站", "C1", "X01", str(county.visit)):
        assert hits(client, words) == [], words
    assert hits(client, "X02") == ["/units/X02"]


def test_nothing_found_says_so_and_keeps_the_words(county, get_in):
    client = get_in("viewer")
    page = client.get("/search", params={"q": "<b>zzz"}).text
    assert "没有找到“&lt;b&gt;zzz”" in page
    assert 'value="&lt;b&gt;zzz"' in page
    assert "写下要找的名字" in client.get("/search").text


def test_it_asks_few_questions_whatever_is_found(county, get_in, fresh_database, counted):
    client = get_in("viewer")
    few = counted(lambda: client.get("/search?q=重"))
    with transaction(fresh_database) as session:
        county.session = session
        for _ in range(30):
            campaign = county.campaign(f"DATES:{TODAY}")
            campaign.name = "重阳座谈"
            an_activity(county, campaign, TODAY + timedelta(days=1))
    assert counted(lambda: client.get("/search?q=重")) == few <= 15
