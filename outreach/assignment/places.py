"""Which places are open: what is needed against who is counted on. Pure."""

from collections.abc import Mapping

ANY_ROLE = "any"
LEADER_ROLE = "leader"
"""The place of whoever leads: it suits the team's leader, who is also asked for the outcome."""


def open_places(needed: Mapping[str, int], taken: Mapping[str, int]) -> dict[str, int]:
    """How many are missing in each role, given what is needed and who takes part, by role.

    Roles that are full are left out. A role wants people of its own; the places for anybody are filled by whoever is
    left over.
    """
    missing = {
        role: max(0, wanted - taken.get(role, 0)) for role, wanted in needed.items() if role != ANY_ROLE
    }
    left_over = sum(
        count if role == ANY_ROLE else max(0, count - needed.get(role, 0)) for role, count in taken.items()
    )
    missing[ANY_ROLE] = max(0, needed.get(ANY_ROLE, 0) - left_over)
    return {role: count for role, count in missing.items() if count}
