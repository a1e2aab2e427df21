"""When outcomes, answers and tasks are due, when a month closes, and how long things are kept."""

from types import MappingProxyType
from typing import Final

from fastapi import APIRouter

from api.pages.settings.rules import RuleSection, add_routes, rules_named

DEADLINES: Final = RuleSection(
    "deadlines",
    MappingProxyType(
        {
            "outcomes": rules_named("outcomes."),
            "suggestions": rules_named("suggestions."),
            "cases": rules_named("cases."),
            "pairings": rules_named("pairings."),
            "months": rules_named("months."),
        }
    ),
    jobs=("chase_outcomes", "close_month"),
    counts_liaisons=True,
)
RETENTION: Final = RuleSection(
    "retention",
    MappingProxyType(
        {
            "records": rules_named(
                "retention.case_",
                "retention.notices",
                "retention.photos",
                "retention.audit",
                "retention.runs",
            ),
            "sign_in": rules_named("retention.sessions", "retention.sign_in", "retention.idempotency"),
            "copies": rules_named("retention.backups"),
        }
    ),
    jobs=("forget",),
)

router = APIRouter()
for section in (DEADLINES, RETENTION):
    add_routes(router, section)
