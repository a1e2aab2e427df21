"""Whom the program proposes: the weights, tried on a real activity before they are saved."""

from collections.abc import Sequence
from types import MappingProxyType
from typing import Annotated, Final

from fastapi import APIRouter, Query
from starlette.responses import Response

from api.forms.typed import TheTypedFields, Typed
from api.pages.desk import Desk, RehearsalDesk, TheDesk
from api.pages.settings.layout import expect_administrator
from api.pages.settings.rules import RuleSection, Shown, change, page, rules_named, show, typed_form
from api.presenters.forms import Option
from api.presenters.settings.rules import example
from models.base import ActivityId
from outreach.assignment import Ranking, ranked
from outreach.errors import Conflict, Forbidden, NotFound
from outreach.house_rules import HouseRules, house_rules
from outreach.rule_examples import Ahead, wanting_people
from wording import days as day_words

CHOICES: Final = 20
BEST_SHOWN: Final = 6

router = APIRouter()


def _besides(desk: Desk, typed: Typed, rules: HouseRules) -> Shown:
    """An activity ahead that wants people, with who would be asked as it stands."""
    ahead = _ahead(desk, rules)
    chosen = _chosen(ahead, typed)
    return _example(desk, ahead, chosen, _ranking(desk, chosen, rules), None)


ASSIGNMENT: Final = RuleSection(
    "assignment",
    MappingProxyType(
        {
            "weights": rules_named("assignment.weight_"),
            "window": rules_named("assignment.window", "assignment.adults", "assignment.usual"),
        }
    ),
    besides=_besides,
)


@router.get(ASSIGNMENT.address)
def assignment(desk: TheDesk, activity: Annotated[str | None, Query(max_length=20)] = None) -> Response:
    return show(desk, ASSIGNMENT, {"activity": activity or ""})


@router.post(ASSIGNMENT.address)
def change_assignment(desk: TheDesk, fields: TheTypedFields) -> Response:
    return change(desk, ASSIGNMENT, fields.last)


@router.post(f"{ASSIGNMENT.address}/try")
def try_assignment(desk: RehearsalDesk, fields: TheTypedFields) -> Response:
    """The order with the typed weights beside the present one."""
    expect_administrator(desk)
    rules = house_rules(desk.session)
    ahead = _ahead(desk, rules)
    chosen = _chosen(ahead, fields.last)
    before = _ranking(desk, chosen, rules)
    form, status = typed_form(desk, ASSIGNMENT, fields.last)
    after = _ranking(desk, chosen, house_rules(desk.session)) if status == 200 else None
    return page(desk, ASSIGNMENT, form, status=status, **_example(desk, ahead, chosen, before, after))


def _ahead(desk: Desk, rules: HouseRules) -> Sequence[Ahead]:
    return wanting_people(desk.session, desk.within, today=desk.today, rules=rules.assignment, limit=CHOICES)


def _chosen(ahead: Sequence[Ahead], typed: Typed) -> ActivityId | None:
    """The activity asked for, else the first; None where nothing is ahead."""
    asked = typed.get("activity")
    return next((each.id for each in ahead if str(each.id) == asked), ahead[0].id if ahead else None)


def _ranking(desk: Desk, chosen: ActivityId | None, rules: HouseRules) -> Ranking | None:
    """Who would be asked first by these rules; None where nobody is proposed."""
    if chosen is None:
        return None
    try:
        return ranked(
            desk.session,
            chosen,
            by=desk.actor,
            today=desk.today,
            zone=desk.zone,
            now=desk.now,
            limit=BEST_SHOWN,
            rules=rules.assignment,
        )
    except (Conflict, Forbidden, NotFound):
        return None


def _example(
    desk: Desk,
    ahead: Sequence[Ahead],
    chosen: ActivityId | None,
    before: Ranking | None,
    after: Ranking | None,
) -> Shown:
    options = [
        Option(
            str(each.id), f"{day_words.day(each.day, today=desk.today, language=desk.language)} {each.name}"
        )
        for each in ahead
    ]
    if chosen is None:
        return {"ahead": options, "example": None}
    shown = example(chosen, before, after, today=desk.today, language=desk.language)
    return {"ahead": options, "example": shown}
