"""What must be closed 事项: cases 个案 and suggestions 建议. Every change of one is a step of its story.

`opinions` says what a suggestion is, `suggestions` brings it on, `heard` belongs to outcomes; `cases` tells the other
story, `tasks` what each kind of case asks for; `steps` is what both have in common, `waiting` what is past its time.
"""

from outreach.matters.cases import CaseTold, case_of, change_case, note_visits, open_case, recall_case
from outreach.matters.heard import close_in_error, follow, heard_at, keep_heard, named, reopen
from outreach.matters.opinions import (
    Opinion,
    Suggestion,
    faults_of_suggestion,
    opinion_of,
    resolved,
    suggestion_of,
)
from outreach.matters.steps import locked, matter_of_code, steps_of
from outreach.matters.suggestions import (
    Kept,
    bring_suggestions,
    change_suggestion,
    chase,
    enter_suggestions,
    raise_suggestion,
    remove_matters,
)
from outreach.matters.tasks import Task, ask_for_task, next_due, overdue_tasks, settle_task, tasks_of
from outreach.matters.waiting import (
    Waiting,
    WaitingMatter,
    cases_waiting,
    late_cases,
    late_suggestions,
    suggestions_waiting,
)

__all__ = [
    "CaseTold",
    "Kept",
    "Opinion",
    "Suggestion",
    "Task",
    "Waiting",
    "WaitingMatter",
    "ask_for_task",
    "bring_suggestions",
    "case_of",
    "cases_waiting",
    "change_case",
    "change_suggestion",
    "chase",
    "close_in_error",
    "enter_suggestions",
    "faults_of_suggestion",
    "follow",
    "heard_at",
    "keep_heard",
    "late_cases",
    "late_suggestions",
    "locked",
    "matter_of_code",
    "named",
    "next_due",
    "note_visits",
    "open_case",
    "opinion_of",
    "overdue_tasks",
    "raise_suggestion",
    "recall_case",
    "remove_matters",
    "reopen",
    "resolved",
    "settle_task",
    "steps_of",
    "suggestion_of",
    "suggestions_waiting",
    "tasks_of",
]
