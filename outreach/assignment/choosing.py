"""Choosing people for the open places of a whole window at once. Pure: people and work in, a choice out.

First greedily: the work with the fewest people to choose from comes first, and each of its places gets the one with the
most points, the weights being the office's own (`AssignmentRules`). Then what stayed open is repaired by moving people
along chains, and people are exchanged where skills do not come together yet. At last work is handed on from those who
do much to those who do little and suit as well.
"""

from collections.abc import Iterable, Sequence

from outreach.assignment.board import Board, Booking, Choice, Crowd, Work
from outreach.assignment.evening import even_out
from outreach.assignment.repairing import repair
from outreach.house_rules import AssignmentRules


def choose(
    crowd: Crowd, works: Sequence[Work], bookings: Iterable[Booking] = (), *, rules: AssignmentRules
) -> Choice:
    """Choose people for the open places of all this work; the same in gives the same out, in whatever order it comes.

    No hard condition is ever broken: only who fits is chosen, nobody for two things at one time (whole days have no
    time to overlap), nobody above their limit in a local month, no fewer than `least`.
    """
    return filled_board(crowd, works, bookings, rules=rules).choice()


def filled_board(
    crowd: Crowd, works: Sequence[Work], bookings: Iterable[Booking] = (), *, rules: AssignmentRules
) -> Board:
    """The same with everything known of it: how full each month is by then, and what spoke for whom."""
    board = Board(crowd, works, bookings, rules)
    board.fill_all()
    repair(board)
    even_out(board)
    return board
