"""Activities 活动: what is planned and was held, moved and cancelled by hand, and who is asked to each.

`views` lists them as everybody sees them; `changing` moves, cancels, restores and adds them; `assigning` is about
people.
"""

from outreach.activities.assigning import Circumstances, assign, confirm, decline, swap, withdraw
from outreach.activities.changing import (
    ActivityColumns,
    NewActivityColumns,
    activity_for,
    add_activity,
    change_activity,
)
from outreach.activities.views import ActivitiesAsked, ActivityView, Asked, activities, activity

__all__ = [
    "ActivitiesAsked",
    "ActivityColumns",
    "ActivityView",
    "Asked",
    "Circumstances",
    "NewActivityColumns",
    "activities",
    "activity",
    "activity_for",
    "add_activity",
    "assign",
    "change_activity",
    "confirm",
    "decline",
    "swap",
    "withdraw",
]
