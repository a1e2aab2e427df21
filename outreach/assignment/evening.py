"""Making a choice fairer without making it worse: who does much hands work on to who does little and suits as well."""

from typing import Final

from outreach.assignment.board import Board, People

_ROUNDS_AT_MOST: Final = 8
"""Each round only takes from the fuller and gives to the emptier, so it ends by itself; more would change little."""


def even_out(board: Board) -> None:
    """Hand work on between people for whom equally much speaks, load apart, until nobody's month becomes emptier by it.

    As many places stay filled, nobody is asked for whom less speaks, and no skill is lost.
    """
    for _ in range(_ROUNDS_AT_MOST):
        if not sum(_hand_on(board, work) for work in range(len(board.works))):
            return


def _hand_on(board: Board, work: int) -> int:
    """Let those on one work be followed by others whose month is emptier; how many were."""
    load = board.load(board.works[work].month)
    changes = 0
    for bit, role in list(board.picks[work].items()):
        peers = board.peers(work, role, bit) & board.free(work)
        if not peers:
            continue
        _, emptiest = load.least(peers)
        comes = board.rested(work, emptiest)
        if load.share_with_one_more(comes) < load.share(bit) and _keeps_skills(board, work, bit, comes):
            board.take(work, bit)
            board.put(work, role, comes)
            changes += 1
    return changes


def _keeps_skills(board: Board, work: int, leaves: int, comes: int) -> bool:
    if not board.works[work].skills:
        return True
    after: People = board.on[work] & ~(1 << leaves) | 1 << comes
    return len(board.missing_skills(work, after)) <= len(board.missing_skills(work))
