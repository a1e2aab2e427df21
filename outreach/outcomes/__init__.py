"""Outcomes 记录: what is told of an activity, the present truth folded from it, and what that adds to the figures.

`record_outcome` and `report_part` take one telling, `record_history` those of an import; the rest reads.
"""

from outreach.outcomes.again import standing_beside, tell_as_before, tell_attendance, telling_of
from outreach.outcomes.counting import Remark
from outreach.outcomes.history import (
    EnteredValue,
    HistoryRemark,
    HistoryReport,
    HistoryRow,
    record_history,
    remove_history,
)
from outreach.outcomes.record import Recorded, record_outcome, report_part
from outreach.outcomes.tellings import Attended, Entered, Telling, Visited

__all__ = [
    "Attended",
    "Entered",
    "EnteredValue",
    "HistoryRemark",
    "HistoryReport",
    "HistoryRow",
    "Recorded",
    "Remark",
    "Telling",
    "Visited",
    "record_history",
    "record_outcome",
    "remove_history",
    "report_part",
    "standing_beside",
    "tell_as_before",
    "tell_attendance",
    "telling_of",
]
