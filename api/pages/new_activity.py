"""A new single activity: of a campaign that goes on, or one that stands by itself."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Final

from fastapi import APIRouter, Query
from starlette.responses import Response

from api.forms.single import read_single, typed_single
from api.forms.typed import TheTypedFields
from api.pages.desk import Desk, TheDesk
from api.pages.moving import when_of
from api.pages.status import Undo
from api.presenters.cards import kind_mark
from api.presenters.forms import FormShown, Option, refused
from api.presenters.moving import said_after
from models import Activity, Campaign
from outreach import campaign_kinds, holidays, teams
from outreach.activities.moving import what_follows
from outreach.activities.single import add_single, campaigns_to_add_to
from outreach.campaign_kinds import KINDS
from outreach.errors import Conflict, Invalid
from outreach.permissions import Deed, expect_somewhere, reach
from wording.sentences import say

CAMPAIGNS_OFFERED: Final = 200
TEAMS_OFFERED: Final = 200

router = APIRouter()

DayAsked = Annotated[str, Query(max_length=10)]
CodeAsked = Annotated[str, Query(max_length=64)]


@router.get("/activities/new")
def ask(desk: TheDesk, day: DayAsked = "", campaign: CodeAsked = "") -> Response:
    """The form, with the day that somebody looked at and the unit."""
    expect_somewhere(desk.actor, Deed.PLAN)
    typed = typed_single(day=_day(day) or desk.today, unit_code=desk.unit.code, campaign=campaign)
    return _page(desk, FormShown(typed))


@router.post("/activities/new")
def add(desk: TheDesk, form: TheTypedFields) -> Response:
    """Add it and say what follows; where something is wrong nothing typed is lost."""
    expect_somewhere(desk.actor, Deed.PLAN)
    try:
        with desk.attempt():
            made = add_single(
                desk.session,
                read_single(form.last),
                by=desk.actor,
                today=desk.today,
                now=desk.now,
                zone=desk.zone,
            )
    except (Invalid, Conflict) as error:
        status = 422 if isinstance(error, Invalid) else 409
        return _page(desk, refused(form.last, error, language=desk.language), status=status)
    activity = desk.session.get_one(Activity, made)
    title = desk.session.get_one(Campaign, activity.campaign_id).name
    follows = what_follows(desk.session, activity, workdays=holidays.workdays(desk.session))
    told = said_after(follows, language=desk.language)
    reason = say("moving.added_by_mistake", language=desk.language)
    undo = Undo(
        f"/a/{made}/cancel", {"version": str(activity.version), "reason": reason, "next": f"/a/{made}"}
    )
    values = {"title": title, "day": when_of(desk, activity)}
    if told:
        return desk.done(f"/a/{made}", "moving.added_and", undo=undo, follows=told, **values)
    return desk.done(f"/a/{made}", "moving.added", undo=undo, **values)


def _page(desk: Desk, form: FormShown, *, status: int = 200) -> Response:
    may_plan = reach(desk.session, desk.actor, Deed.PLAN, on=desk.today)
    offered = campaigns_to_add_to(desk.session, may_plan, limit=CAMPAIGNS_OFFERED)
    chosen = form.typed.get("campaign", "")
    if chosen and chosen not in {code for code, _ in offered}:
        offered = [*offered, (chosen, chosen)]
    found = teams.teams(desk.session, within=desk.within, today=desk.today, limit=TEAMS_OFFERED)
    return desk.render(
        "moving/new.html",
        current="month",
        status=status,
        form=form,
        campaigns=[Option(code, name) for code, name in offered],
        kinds=_kinds(desk),
        units=[
            Option(each.code, "\u3000" * each.depth + each.name)
            for each in desk.switch.choices
            if each.id in may_plan
        ],
        teams=[Option(each.code, each.name) for each in found],
    )


def _kinds(desk: Desk) -> Sequence[Option]:
    """The program's own kinds in their order, then the office's."""
    own = [Option(each.code, each.name) for each in campaign_kinds.own_kinds(desk.session)]
    known = [Option(kind, kind_mark(kind, kind, desk.language)[2]) for kind in KINDS]
    return [*known, *own]


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
