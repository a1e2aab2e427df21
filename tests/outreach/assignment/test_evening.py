"""Handing work on: as much is filled, nobody is worse suited, no skill is lost, and the load is more even."""

from hypothesis import given

from outreach.assignment.board import Board
from outreach.assignment.evening import even_out
from outreach.assignment.repairing import repair
from tests.outreach.assignment.test_choosing import DAYS, RULES, broken, crowd, situations, work


def repaired(people, works, booked):
    board = Board(people, works, booked, RULES)
    board.fill_all()
    repair(board)
    return board


def points(board):
    """What speaks for those on each work, load apart: the place of their rank, the first the best."""
    found = []
    for number, picks in enumerate(board.picks):
        for bit, role in picks.items():
            ranks = [people for _, people in board._ranks(number, role)]
            found.append((number, role, next(i for i, people in enumerate(ranks) if people >> bit & 1)))
    return sorted(found)


def unevenness(board):
    return sum(
        board.load(month).share(bit) ** 2
        for month in {each.month for each in board.works}
        for bit in range(len(board.crowd.volunteers))
    )


@given(situation=situations())
def test_evening_out_keeps_what_was_chosen_and_shares_it_better(situation):
    people, works, booked = situation
    board = repaired(people, works, booked)
    before, uneven = points(board), unevenness(board)
    skills = [len(board.missing_skills(number)) for number in range(len(board.works))]
    even_out(board)
    assert points(board) == before
    assert all(
        len(board.missing_skills(number)) <= had
        for number, had in zip(range(len(board.works)), skills, strict=True)
    )
    assert unevenness(board) <= uneven
    assert broken(people, works, booked, board.choice()) == []


@given(situation=situations())
def test_once_evened_out_nothing_is_left_to_hand_on(situation):
    board = repaired(*situation)
    even_out(board)
    stood = [dict(each) for each in board.picks]
    even_out(board)
    assert board.picks == stood


def test_what_one_was_given_for_want_of_others_is_handed_on_when_another_comes_free():
    people = crowd(4, 4)
    board = Board(people, [work(number, 0b11, day=day) for number, day in enumerate(DAYS[:2])], (), RULES)
    for number in range(2):
        board.put(number, "any", 0)
    even_out(board)
    assert sorted(bit for picks in board.picks for bit in picks) == [0, 1]
