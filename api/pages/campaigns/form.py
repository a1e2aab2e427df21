"""Making a campaign and changing one: the form, the effects on what is planned, and only then the saving."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from api.forms.campaign import (
    Told,
    in_fields,
    read_campaign,
    typed_again,
    typed_campaign,
    typed_template,
)
from api.forms.typed import TheTypedFields, TypedFields
from api.pages.campaigns.editing import Shown, columns_of, editable, show_form
from api.pages.campaigns.preview import preview_of
from api.pages.desk import Desk, TheDesk
from api.presenters.campaigns.effects import effects_shown, summary_words
from api.presenters.campaigns.form import template_name
from api.presenters.campaigns.versions import stale_form
from api.presenters.forms import FormShown, refused
from models.enums import CampaignStatus
from outreach import campaign_register, campaigns
from outreach.campaign_effects import Effects, change_with_effects
from outreach.campaigns import CampaignView
from outreach.errors import Conflict, Invalid, OutreachError, Stale
from outreach.permissions import Deed, expect_somewhere
from wording.numbers import figure
from wording.sentences import say

router = APIRouter()


class NotAsShown(Exception):
    """What would happen to the plan is not what was shown; nothing is kept."""

    def __init__(self, effects: Effects) -> None:
        self.effects = effects
        super().__init__()


@router.get("/campaigns/new")
def ask_for_new(desk: TheDesk, template: Annotated[str, Query(max_length=40)] = "") -> Response:
    """An empty form, or one that is filled in after a template."""
    expect_somewhere(desk.actor, Deed.PLAN)
    typed = typed_template(
        template,
        template_name(template, desk.language),
        unit_code=desk.unit.code,
        code=campaign_register.next_code(desk.session, today=desk.today),
        today=desk.today,
    )
    return show_form(desk, Shown("/campaigns/new", FormShown(typed.last), typed))


@router.post("/campaigns/new")
def make(desk: TheDesk, typed: TheTypedFields) -> Response:
    """Save it and put its dates into the calendar, or show what is wrong, or only what the dates are."""
    expect_somewhere(desk.actor, Deed.PLAN)
    if typed.last.get("do") == "preview":
        return show_form(desk, Shown("/campaigns/new", FormShown(typed.last), typed, preview_of(desk, typed)))
    told: Told | None = None
    try:
        told = read_campaign(typed)
        columns = columns_of(desk, told)
        with desk.attempt():
            made = campaigns.draft_campaign(
                desk.session, columns, by=desk.actor, today=desk.today, now=desk.now, zone=desk.zone
            )
    except (Invalid, Conflict) as error:
        form = _refused(desk, typed, told, error)
        preview = preview_of(desk, typed)
        return show_form(desk, Shown("/campaigns/new", form, typed, preview, status=422))
    address = f"/campaigns/{made.code}"
    if made.status is CampaignStatus.DRAFT:
        return desk.done(address, "campaigns.saved_draft", name=made.name)
    planned = campaign_register.count_to_come(desk.session, made.id, today=desk.today)
    return desk.done(address, "campaigns.saved_new", name=made.name, count=figure(planned))


@router.get("/campaigns/{code}/edit")
def ask_for_change(desk: TheDesk, code: str) -> Response:
    """The form of a campaign as it stands."""
    present = editable(desk, code)
    typed = typed_campaign(present)
    return show_form(desk, Shown(_action(present), FormShown(typed.last), typed, present=present))


@router.post("/campaigns/{code}/edit")
def change(desk: TheDesk, code: str, typed: TheTypedFields) -> Response:
    """Save what the form says. When that changes what is planned, this is shown first, and exactly this is saved."""
    present = editable(desk, code)
    if typed.last.get("do") in ("preview", "back"):
        return show_form(desk, _shown(desk, present, FormShown(typed.last), typed))
    told: Told | None = None
    try:
        told = read_campaign(typed, present=present)
        columns = columns_of(desk, told)
        with desk.attempt():
            changed, effects = change_with_effects(
                desk.session,
                code,
                columns,
                by=desk.actor,
                today=desk.today,
                now=desk.now,
                zone=desk.zone,
                version=told.version,
            )
            if effects.mark != typed.last.get("shown", ""):
                raise NotAsShown(effects)
    except NotAsShown as rehearsed:
        return _effects_page(desk, present, typed, rehearsed.effects)
    except Stale:
        form, mine = stale_form(typed, present, today=desk.today, language=desk.language)
        return show_form(desk, _shown(desk, present, form, mine, status=412))
    except (Invalid, Conflict) as error:
        form = _refused(desk, typed, told, error)
        return show_form(desk, _shown(desk, present, form, typed, status=422))
    if not effects:
        return desk.done(f"/campaigns/{code}", "campaigns.saved", name=changed.name)
    words = summary_words(effects, language=desk.language)
    return desk.done(f"/campaigns/{code}", "campaigns.saved_with_effects", name=changed.name, effects=words)


def _effects_page(desk: Desk, present: CampaignView, typed: TypedFields, effects: Effects) -> Response:
    """What would happen, with everything typed, so that one press saves it or goes back to it."""
    was_shown = bool(typed.last.get("shown"))
    again = typed_again(typed, shown=effects.mark)
    return desk.render(
        "campaigns/effects.html",
        current="campaigns",
        status=412 if was_shown else 200,
        name=present.name,
        code=present.code,
        action=_action(present),
        effects=effects_shown(effects, today=desk.today, zone=desk.zone, language=desk.language),
        fields=[pair for pair in again.pairs if pair[0] != "do"],
        is_shown_anew=was_shown,
        heading=say("campaigns.effects_of_change", language=desk.language, name=present.name),
        save=say("campaigns.save_exactly_this", language=desk.language),
        may_go_back=True,
        keeps_outcomes=False,
    )


def _shown(
    desk: Desk, present: CampaignView, form: FormShown, typed: TypedFields, *, status: int = 200
) -> Shown:
    """The form after it was sent, with the dates it comes to."""
    return Shown(_action(present), form, typed, preview_of(desk, typed, present), present, status)


def _action(present: CampaignView) -> str:
    return f"/campaigns/{present.code}/edit"


def _refused(desk: Desk, typed: TypedFields, told: Told | None, error: OutreachError) -> FormShown:
    if isinstance(error, Invalid) and told is not None:
        error = Invalid(in_fields(error.faults, told.whom))
    if isinstance(error, Conflict) and error.key == "errors.code_taken":
        words = say(error.key, language=desk.language, **error.values)
        return FormShown(typed.last, {"code": words})
    return refused(typed.last, error, language=desk.language)
