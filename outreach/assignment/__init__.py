"""Assignment 安排: whom the program proposes for open places, and why.

`choosing`, on a `board`, with `repairing` and `evening`, chooses for a whole window at once and knows of no database;
`gathering` reads what it works from, `proposing` writes what was chosen; `candidates` shows who else could come, of
whom `shortlist` says whom to look at, and `reasons` says why.
"""

from outreach.assignment.board import Cause
from outreach.assignment.candidates import PassedOver, Ranked, Ranking, Warned, ranked, warnings_about
from outreach.assignment.gathering import When
from outreach.assignment.proposing import (
    ProposalReport,
    Unfilled,
    hold_proposals,
    propose_next,
    propose_people,
    window_end,
)
from outreach.assignment.reasons import say_passed_over, say_reason, say_unfilled, say_warning

__all__ = [
    "Cause",
    "PassedOver",
    "ProposalReport",
    "Ranked",
    "Ranking",
    "Unfilled",
    "Warned",
    "When",
    "hold_proposals",
    "propose_next",
    "propose_people",
    "ranked",
    "say_passed_over",
    "say_reason",
    "say_unfilled",
    "say_warning",
    "warnings_about",
    "window_end",
]
