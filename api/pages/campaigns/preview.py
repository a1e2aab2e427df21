"""The dates that a form comes to, while it is being filled in: a piece of a page, and nothing is kept."""

from collections.abc import Sequence

from fastapi import APIRouter
from starlette.responses import Response

from api.errors import told as told_faults
from api.forms.campaign import in_fields, read_for_preview
from api.forms.typed import TheTypedFields, TypedFields
from api.pages.campaigns.editing import columns_of
from api.pages.desk import Desk, RehearsalDesk
from api.presenters.campaigns.preview import (
    DATES_SHOWN,
    Asked,
    PreviewShown,
    faulty_preview,
    preview_shown,
)
from calendars.schedules import parse_schedule
from models.enums import OnHoliday
from outreach import campaign_register, campaigns, fields
from outreach.campaigns import CampaignView
from outreach.errors import Fault, Invalid, NotFound
from outreach.holidays import workdays
from outreach.permissions import Deed, expect_somewhere, seen
from wording.sentences import say

router = APIRouter()


@router.post("/campaigns/preview")
def preview_piece(desk: RehearsalDesk, typed: TheTypedFields) -> Response:
    """The dates alone, for the page to put in its place."""
    expect_somewhere(desk.actor, Deed.PLAN)
    return desk.render("campaigns/preview.html", preview=preview_of(desk, typed))


def preview_of(desk: Desk, typed: TypedFields, present: CampaignView | None = None) -> PreviewShown:
    """What the dates would be; where the form does not say enough for that yet, what is missing."""
    present = present or _present(desk, typed)
    try:
        told = read_for_preview(typed, present=present)
        columns = columns_of(desk, told)
    except Invalid as invalid:
        return _faulty(desk, invalid.faults)
    if present is not None:
        columns["code"] = present.code
    columns["name"] = _name(desk, typed, present)
    try:
        found = campaigns.preview(desk.session, columns, by=desk.actor, today=desk.today, zone=desk.zone)
    except Invalid as invalid:
        return _faulty(desk, in_fields(invalid.faults, told.whom))
    session = desk.session
    shown = [each for each in found.dates if each.on >= desk.today][:DATES_SHOWN]
    codes = campaigns.codes_of(
        session, {each for conflict in found.conflicts.named for each in conflict.campaign_ids}
    )
    within = seen(session, desk.actor, on=desk.today)
    return preview_shown(
        found,
        Asked(
            parse_schedule(columns["schedule"]),
            columns["starts_on"],
            columns["ends_on"],
            columns.get("on_holiday") or OnHoliday.KEEP,
        ),
        people=campaign_register.people_named(
            session, {each.person_id for each in shown if each.person_id is not None}
        ),
        units=campaign_register.units_named(session, {unit for each in shown for unit in each.units}),
        seen=set(campaigns.find_campaigns(session, codes.values(), within=within).values()),
        workdays=workdays(session),
        today=desk.today,
        language=desk.language,
    )


def _name(desk: Desk, typed: TypedFields, present: CampaignView | None) -> str:
    """What to call the campaign where a date of it clashes; one without a name yet is "this campaign"."""
    if name := typed.last.get("name", "").strip()[: fields.LONGEST_NAME]:
        return name
    return say("campaigns.this_one", language=desk.language) if present is None else present.name


def _present(desk: Desk, typed: TypedFields) -> CampaignView | None:
    """The campaign that a form changes; a new one has none."""
    code = typed.last.get("changes", "")
    if not code:
        return None
    try:
        return campaigns.campaign(desk.session, code, within=seen(desk.session, desk.actor, on=desk.today))
    except NotFound:
        return None


def _faulty(desk: Desk, faults: Sequence[Fault]) -> PreviewShown:
    words = [problem.message for problem in told_faults(tuple(faults), desk.language)]
    return faulty_preview(list(dict.fromkeys(words)), language=desk.language)
