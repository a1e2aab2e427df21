"""What makes a planned activity the same one when its day moves (rule 37): one text, unique within its campaign.

| form            | key                              |
| dated           | `2026-09-20`, its nominal day    |
| dated, split    | `2026-09-20/u3`, with the unit   |
| BIRTHDAY        | `2026-09-20/p17`, with the person |
| CADENCE         | `p17` or `t44` while the visit is open: the person, or the pairing |
| CASE            | `m912`, the case                 |

An open visit that is over gives its key back to the next one, and keeps one that tells them apart.
"""

import re
from datetime import date

from models.base import ActivityId, MatterId, PersonId, TieId, UnitId

_OPEN_VISIT = re.compile(r"[pt]\d+")


def dated_key(nominal: date, *, unit_id: UnitId | None = None) -> str:
    """The key of an activity of a dated form; with its unit where the campaign is split by unit."""
    return nominal.isoformat() if unit_id is None else f"{nominal.isoformat()}/u{unit_id}"


def birthday_key(nominal: date, person_id: PersonId) -> str:
    """The key of somebody's birthday activity."""
    return f"{nominal.isoformat()}/p{person_id}"


def visit_key(subject: PersonId | None, pairing: TieId | None) -> str:
    """The key of the open visit of a cadence: of a pairing when there is one, else of a person."""
    return f"p{subject}" if pairing is None else f"t{pairing}"


def case_key(matter_id: MatterId) -> str:
    """The key of the visit of a case."""
    return f"m{matter_id}"


def held_key(key: str, day: date, activity_id: ActivityId) -> str:
    """The key that an activity has once it was held on a day: an open visit frees its own, all others keep theirs.

    With the activity's id, since somebody may be visited twice on one day.
    """
    return closed_key(key, day, activity_id) if _OPEN_VISIT.fullmatch(key) else key


def closed_key(key: str, day: date, activity_id: ActivityId) -> str:
    """The key of an activity that is over, and whose own key is wanted for the next one."""
    return f"{key}@{day.isoformat()}.{activity_id}"
