"""Planning: what should be there against what is, as two sets, and the difference written in bulk.

`plan` is the one door for writing; a preview asks `wanted` for days without storing any.
"""

from outreach.planning.horizon import Move, PlanReport, horizon_end, plan
from outreach.planning.keys import held_key

__all__ = ["Move", "PlanReport", "held_key", "horizon_end", "plan"]
