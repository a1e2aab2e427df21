"""When outcomes, answers and tasks are due, when a month closes, and how long things are kept."""

from types import MappingProxyType
from typing import Final

from fastapi import APIRouter
from starlette.responses import Response

from api.forms.typed import TheTypedFields
from api.pages.desk import RehearsalDesk, TheDesk
from api.pages.settings.rules import RuleSection, change, rules_named, show, try_out

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
                "retention.case_", "retention.notices", "retention.audit", "retention.runs"
            ),
            "sign_in": rules_named("retention.sessions", "retention.sign_in", "retention.idempotency"),
            "copies": rules_named("retention.backups"),
        }
    ),
    jobs=("forget",),
)

router = APIRouter()


@router.get(DEADLINES.address)
def deadlines(desk: TheDesk) -> Response:
    return show(desk, DEADLINES)


@router.post(DEADLINES.address)
def change_deadlines(desk: TheDesk, fields: TheTypedFields) -> Response:
    return change(desk, DEADLINES, fields.last)


@router.post(f"{DEADLINES.address}/try")
def try_deadlines(desk: RehearsalDesk, fields: TheTypedFields) -> Response:
    return try_out(desk, DEADLINES, fields.last)


@router.get(RETENTION.address)
def retention(desk: TheDesk) -> Response:
    return show(desk, RETENTION)


@router.post(RETENTION.address)
def change_retention(desk: TheDesk, fields: TheTypedFields) -> Response:
    return change(desk, RETENTION, fields.last)


@router.post(f"{RETENTION.address}/try")
def try_retention(desk: RehearsalDesk, fields: TheTypedFields) -> Response:
    """What would be forgotten tonight, as it stands and with the typed periods."""
    return try_out(desk, RETENTION, fields.last)
