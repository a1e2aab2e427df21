"""Planning: what should be there against what is, as two sets, and the difference written in bulk.

`plan` is the one door for writing. `wanted` says what should be, `existing` what is, `difference` compares the two,
`writing` brings one to the other, `conflicts` finds what then gets in each other's way, `saying` puts it into words.
"""

from outreach.planning.clashes import Clash, Clashes, undecided
from outreach.planning.collisions import Action, Conflict, ConflictKind, Proposal
from outreach.planning.conflicts import Conflicts, find_conflicts
from outreach.planning.difference import Why
from outreach.planning.horizon import Move, PlanReport, foresee, horizon_end, plan, plan_next_visits
from outreach.planning.keys import birthday_key, case_key, dated_key, held_key, visit_key
from outreach.planning.records import Unplanned
from outreach.planning.remarks import Remark, RemarkKind
from outreach.planning.saying import say_conflict, say_proposal, say_remark, say_unplanned, say_why
from outreach.planning.writing import place_changed

__all__ = [
    "Action",
    "Clash",
    "Clashes",
    "Conflict",
    "ConflictKind",
    "Conflicts",
    "Move",
    "PlanReport",
    "Proposal",
    "Remark",
    "RemarkKind",
    "Unplanned",
    "Why",
    "birthday_key",
    "case_key",
    "dated_key",
    "find_conflicts",
    "foresee",
    "held_key",
    "horizon_end",
    "place_changed",
    "plan",
    "plan_next_visits",
    "say_conflict",
    "say_proposal",
    "say_remark",
    "say_unplanned",
    "say_why",
    "undecided",
    "visit_key",
]
