"""The board of suggestions: what stands where, what is due first, and figures that equal the lists behind them."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.orm import Session

from models import Matter
from models.enums import AnswerKind, MatterFace, MatterStatus
from outreach.matters import suggestions_waiting
from outreach.permissions import EVERYWHERE, Reach
from outreach.suggestion_board import Answers, Board, Reply, Sought, Stage, answers, board, found, offices
from tests.outreach.county import NOW, TODAY, ZONE, County

RAISED = date(2026, 8, 1)


@pytest.fixture
def county(session: Session) -> County:
    return County(session)


def told(county: County, code: str, status: MatterStatus = MatterStatus.SENT, **columns: object) -> Matter:
    due_on = columns.pop("due_on", None)
    if isinstance(due_on, date):
        columns["due_at"] = datetime.combine(due_on + timedelta(1), datetime.min.time(), ZONE)
    given = {"text": f"建议{code}", "opened_on": RAISED, "unit_id": county.root.id, **columns}
    matter = Matter(face=MatterFace.SUGGESTION, code=code, status=status, **given)
    county.session.add(matter)
    county.session.flush()
    return matter


def shown(county: County, sought: Sought | None = None, limit: int = 10, within: Reach = EVERYWHERE) -> Board:
    return board(
        county.session, sought or Sought(), within=within, today=TODAY, now=NOW, zone=ZONE, limit=limit
    )


def codes(county: County, stage: Stage, **asked: object) -> list[str]:
    column = next(each for each in shown(county, **asked).columns if each.stage is stage)  # type: ignore[arg-type]
    return [card.code for card in column.cards]


def listed(county: County, **sought: object) -> tuple[int, list[str]]:
    count, cards = found(
        county.session,
        Sought(**sought),  # type: ignore[arg-type]  # a test's own words
        within=EVERYWHERE,
        now=NOW,
        zone=ZONE,
        limit=50,
    )
    return count, [card.code for card in cards]


def fared(county: County, zone: ZoneInfo = ZONE) -> Answers:
    return answers(county.session, Sought(), year=2026, within=EVERYWHERE, zone=zone)


def test_each_stage_shows_what_is_due_first_and_counts_the_rest(county: County) -> None:
    for number, due in enumerate((20, 3, 9, None)):
        day = None if due is None else TODAY + timedelta(due)
        told(county, f"S{number}", office="交通局", due_on=day)
    told(county, "K", MatterStatus.CHASED)
    told(county, "D", MatterStatus.DECLINED, answered_on=TODAY)
    told(county, "E", MatterStatus.IN_ERROR)
    page = shown(county, limit=2)
    assert {column.stage: column.count for column in page.columns} == {
        Stage.COLLECTED: 0,
        Stage.SENT: 4,
        Stage.CHASED: 1,
        Stage.ANSWERED: 1,
        Stage.FED_BACK: 0,
    }
    assert codes(county, Stage.SENT) == ["S1", "S2", "S0", "S3"]
    assert codes(county, Stage.SENT, limit=2) == ["S1", "S2"]
    assert (page.open, page.finished) == (6, 0)


def test_what_was_told_back_long_ago_is_out_of_sight_but_counted_for_the_year(county: County) -> None:
    for code, days in (("A", 2), ("B", 90), ("C", 1)):
        day = TODAY - timedelta(days)
        told(county, code, MatterStatus.FED_BACK, opened_on=date(2026, 1, 1), told_on=day, closed_on=day)
    assert codes(county, Stage.FED_BACK) == ["C", "A"]
    page = shown(county)
    assert (page.open, page.finished, page.columns[-1].count) == (0, 3, 2)


def test_a_stage_lasts_as_long_as_the_house_says(county: County) -> None:
    told(county, "N", MatterStatus.COLLECTED, opened_on=date(2026, 9, 14))
    told(county, "S", due_on=date(2026, 9, 18))
    told(county, "A", MatterStatus.ANSWERED, answered_on=date(2026, 9, 14))
    limits = {card.code: card.limit_on for column in shown(county).columns for card in column.cards}
    # Five and seven working days; the Sunday of the 20th is worked.
    assert limits == {"N": date(2026, 9, 20), "S": date(2026, 9, 18), "A": date(2026, 9, 22)}


def test_late_on_the_board_is_late_in_the_menu_and_in_the_list(county: County) -> None:
    told(county, "L", due_on=TODAY - timedelta(1))
    told(county, "T", due_on=TODAY)
    told(county, "A", MatterStatus.ANSWERED, due_on=TODAY - timedelta(9), answered_on=TODAY)
    late = [card.code for column in shown(county).columns for card in column.cards if card.is_late]
    assert late == ["L"]
    assert listed(county, is_late=True) == (1, ["L"])
    assert suggestions_waiting(county.session, EVERYWHERE, now=NOW).count == 1


def test_figures_of_a_year_equal_the_lists_behind_them(county: County) -> None:
    due = date(2026, 8, 11)
    told(county, "A", MatterStatus.ANSWERED, due_on=due, answered_on=due, answer_kind=AnswerKind.ADOPTED)
    told(county, "B", MatterStatus.FED_BACK, due_on=due, answered_on=due + timedelta(1), told_on=TODAY)
    told(county, "C", MatterStatus.DECLINED, answered_on=due, answer_kind=AnswerKind.DECLINED)
    told(county, "D", MatterStatus.ANSWERED, opened_on=date(2025, 1, 1), answered_on=date(2025, 2, 1))
    assert fared(county) == Answers(3, Decimal("10.3"), with_limit=2, in_time=1, adopted=1, untold=1)
    assert listed(county, answered_in=2026)[0] == 3
    assert listed(county, answered_in=2026, reply=Reply.IN_TIME) == (1, ["A"])
    assert listed(county, answered_in=2026, reply=Reply.TOO_LATE) == (1, ["B"])
    assert listed(county, answered_in=2026, reply=Reply.ADOPTED) == (1, ["A"])


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/New_York", "Europe/London", "Pacific/Auckland"])
def test_in_time_is_the_last_day_in_every_zone_and_season(county: County, zone: str) -> None:
    here = ZoneInfo(zone)
    for number, day in enumerate((date(2026, 1, 20), date(2026, 7, 20))):
        due_at = datetime.combine(day + timedelta(1), datetime.min.time(), here)
        for late in (0, 1):
            told(
                county,
                f"S{number}{late}",
                MatterStatus.ANSWERED,
                opened_on=date(2026, 1, 1),
                due_at=due_at,
                answered_on=day + timedelta(late),
            )
    assert (fared(county, here).with_limit, fared(county, here).in_time) == (4, 2)


def test_nothing_answered_has_no_mean(county: County) -> None:
    assert fared(county) == Answers(0, None, 0, 0, 0, 0)


def test_boards_are_of_one_s_units_and_of_what_is_looked_for(county: County) -> None:
    west = county.unit("W", county.root)
    person = county.person("retiree", unit=west)
    told(county, "A", office="交通局", person_id=person.id, unit_id=west.id)
    told(county, "B", office="水利局")
    assert codes(county, Stage.SENT, within=Reach(frozenset([west.id]))) == ["A"]
    assert codes(county, Stage.SENT, sought=Sought(office="水利局")) == ["B"]
    assert codes(county, Stage.SENT, sought=Sought(person_code=person.code)) == ["A"]
    assert codes(county, Stage.SENT, sought=Sought(words="建议B")) == ["B"]
    assert codes(county, Stage.SENT, sought=Sought(words="%")) == []
    assert offices(county.session, within=EVERYWHERE) == ["交通局", "水利局"]
    assert offices(county.session, within=Reach(frozenset([west.id]))) == ["交通局"]
