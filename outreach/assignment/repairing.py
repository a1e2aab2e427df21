"""Mending a choice: chains that free somebody for a place that stayed open, exchanges that bring skills together."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from outreach.assignment.board import NOBODY, Board, People, bits

_TRIED_AT_MOST = 50
"""So many people are looked at for one exchange."""


@dataclass(frozen=True, slots=True)
class _Step:
    """A work that needs somebody, since one of its people would go to the work of the step before."""

    work: int
    role: str
    leaves: int | None = None
    before: "_Step | None" = None
    moving: People = NOBODY
    """Everybody who moves along the chain so far: nobody moves twice."""


def repair(board: Board) -> None:
    """Fill what chains can fill and bring skills together, until neither finds anything more to do."""
    _fill_by_chains(board)
    _cover_skills(board)
    # Who was exchanged is free again.
    while _fill_by_chains(board):
        _cover_skills(board)


def _fill_by_chains(board: Board) -> bool:
    """Fill places that stayed open: somebody goes there from other work, somebody else takes their place, and so on.

    A chain leaves every other work with as many people as it had. Work that may not be done by few comes first, and
    stays without anybody when it would be short, so that its people are free for the rest. Whether anything changed.
    """
    short = [work for work, holes in enumerate(board.holes) if holes]
    changed = False
    for work in short:
        if board.works[work].least > len(board.picks[work]):
            changed |= _fill_enough(board, work)
    passed = _Passed()
    for work in short:
        if len(board.picks[work]) >= board.works[work].least:
            changed |= _fill(board, work, passed)
    return changed


def _fill_enough(board: Board, work: int) -> bool:
    """Fill a work until enough are on it, or ask nobody to it; whether that changed anything."""
    mark, holes = board.mark(), list(board.holes[work])
    _fill(board, work, _Passed())
    if len(board.picks[work]) >= board.works[work].least:
        return True
    board.undo(mark)
    board.holes[work] = holes
    return board.clear_if_too_few(work)


def _cover_skills(board: Board) -> None:
    """Exchange people until nobody is found any more who brings a missing skill and takes none away elsewhere."""
    for work in range(len(board.works)):
        while board.picks[work] and board.missing_skills(work) and _bring_a_skill(board, work):
            pass


class _Passed:
    """Work and people from which no chain leads to anybody free. Once that is so it stays so, whatever else moves."""

    def __init__(self) -> None:
        self.works: set[int] = set()
        self.full: People = NOBODY
        """Those with a full month, whichever of their work they would leave."""
        self.busy: dict[range, People] = {}
        """Those who are elsewhere, by the time at which they would be wanted."""

    def looked_at(self, works: set[int], full: People, busy: dict[range, People]) -> None:
        """Nothing was found there."""
        self.works |= works
        self.full |= full
        self.busy |= busy


def _fill(board: Board, work: int, passed: _Passed) -> bool:
    """Fill as many places as chains can; whether that was any."""
    filled = False
    for role in list(board.holes[work]):
        chain = None if work in passed.works else _find_chain(board, work, role, passed)
        if chain is None:
            return filled
        board.holes[work].remove(role)
        _move_along(board, chain)
        filled = True
    return filled


def _find_chain(board: Board, work: int, role: str, passed: _Passed) -> _Step | None:
    """The last step of the shortest chain that ends where somebody is free to come."""
    steps = deque([_Step(work, role)])
    works, full, busy = {work}, passed.full, dict(passed.busy)
    while steps:
        step = steps.popleft()
        if board.free(step.work) & ~step.moving:
            return step
        might, elsewhere = (
            board.works[step.work].fit & ~board.on[step.work] & ~step.moving,
            board.busy(step.work),
        )
        time = board.time(step.work)
        new_busy, new_full = might & elsewhere & ~busy.get(time, NOBODY), might & ~elsewhere & ~full
        for bit in bits(new_busy | new_full):
            for other in _would_free(board, bit, step.work):
                if other not in works and other not in passed.works:
                    works.add(other)
                    role_there = board.picks[other][bit]
                    steps.append(_Step(other, role_there, bit, step, step.moving | 1 << bit))
        busy[time], full = busy.get(time, NOBODY) | new_busy, full | new_full
    passed.looked_at(works, full, busy)
    return None


def _would_free(board: Board, bit: int, work: int) -> Iterator[int]:
    """The work that somebody would have to leave to come here, if leaving one is enough."""
    one, month = 1 << bit, board.works[work].month
    here = board.picked_for[bit]
    if board.busy(work) & one:
        at_that_time = [other for other in here if board.overlap(other, work)]
        # Booked elsewhere, by somebody, is not ours to undo.
        if len(at_that_time) != 1 or not board.is_kept_only_by(bit, work, at_that_time[0]):
            return
        other = at_that_time[0]
        if board.works[other].month == month or not board.load(month).full & one:
            yield other
        return
    yield from (other for other in here if board.works[other].month == month)


def _move_along(board: Board, last: _Step) -> None:
    """The best of those who are free takes the last place of the chain, and each one before moves up."""
    comes = _best(board, last.work, last.role, board.free(last.work) & ~last.moving)
    step: _Step | None = last
    moves: list[tuple[int, str, int]] = []
    while step is not None:
        moves.append((step.work, step.role, comes))
        if step.leaves is not None:
            board.take(step.work, step.leaves)
            comes = step.leaves
        step = step.before
    for work, role, bit in moves:
        board.put(work, role, bit)


def _bring_a_skill(board: Board, work: int) -> bool:
    """Let somebody come who brings a missing skill for somebody whom the others can spare; whether that was done."""
    able = NOBODY
    for skill in board.missing_skills(work):
        able |= board.crowd.skills.get(skill, NOBODY)
    able &= board.works[work].fit & ~board.on[work]
    return able != NOBODY and any(
        _replace(board, work, leaves, able)
        for leaves in list(board.picks[work])
        if not _only(board, work, leaves)
    )


def _only(board: Board, work: int, bit: int) -> list[str]:
    """The skills wanted there that somebody brings and nobody else."""
    missing = board.missing_skills(work)
    without = board.missing_skills(work, board.on[work] & ~(1 << bit))
    return [skill for skill in without if skill not in missing]


def _replace(board: Board, work: int, leaves: int, able: People) -> bool:
    """Put one of these in somebody's place: who is free; else who is replaced elsewhere, be it by whoever leaves."""
    role = board.take(work, leaves)
    if free := board.free(work) & able:
        board.put(work, role, _best(board, work, role, free))
        return True
    for comes in islice(board.in_order(work, role, able), _TRIED_AT_MOST):
        for other in list(_would_free(board, comes, work)):
            instead = board.works[other].fit
            for skill in _only(board, other, comes):
                instead &= board.crowd.skills.get(skill, NOBODY)
            role_there = board.take(other, comes)
            instead &= board.free(other) & ~(1 << comes)
            if instead and board.free(work) >> comes & 1:
                board.put(work, role, comes)
                board.put(other, role_there, _best(board, other, role_there, instead))
                return True
            board.put(other, role_there, comes)
    board.put(work, role, leaves)
    return False


def _best(board: Board, work: int, role: str, people: People) -> int:
    best = board.best(work, role, people)
    assert best is not None, "somebody is the best of those who fit"
    return best
