"""What the routes of the form share: reading it with names into codes, and showing it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starlette.responses import Response

from api.forms.campaign import Told, Whom, beneficiary_entries
from api.forms.typed import TypedFields
from api.pages.desk import Desk
from api.presenters.campaigns.form import form_options
from api.presenters.campaigns.preview import PreviewShown
from api.presenters.forms import FormShown
from outreach import campaign_register
from outreach.activities.sheet import people_of_names
from outreach.campaign_kinds import own_kinds
from outreach.campaigns import CampaignColumns, CampaignView, campaign
from outreach.errors import Fault, Invalid
from outreach.fields import EntryOf
from outreach.permissions import Deed, expect, reach, seen

TEAMS_OFFERED = 500


@dataclass(frozen=True, slots=True)
class Shown:
    """The form as it is to be shown: where it is sent, what stands in it, what is wrong, the dates it comes to."""

    action: str
    form: FormShown
    typed: TypedFields
    preview: PreviewShown | None = None
    present: CampaignView | None = None
    status: int = 200


def editable(desk: Desk, code: str) -> CampaignView:
    """A campaign that may be changed here; raises NotFound and Forbidden."""
    view = campaign(desk.session, code, within=seen(desk.session, desk.actor, on=desk.today))
    expect(desk.session, desk.actor, Deed.PLAN, view.unit_id, on=desk.today)
    return view


def columns_of(desk: Desk, told: Told) -> CampaignColumns:
    """All columns, with those it is for by code; raises Invalid for a name that nobody, or more than one, has."""
    columns = told.columns.copy()
    columns["beneficiaries"] = beneficiary_entries(told.whom, _codes(desk, told.whom))
    return columns


def _codes(desk: Desk, whom: Sequence[Whom]) -> Mapping[str, str]:
    """The code of each person that was named; a code stands for itself."""
    words = {each.word for each in whom if each.of == EntryOf.PERSON}
    if not words:
        return {}
    within = seen(desk.session, desk.actor, on=desk.today)
    found = people_of_names(desk.session, words, within=within, today=desk.today)
    faults = [
        Fault(
            f"who_{each.row}",
            "campaigns.fault_several_people",
            {"name": each.word, "codes": ", ".join(person.code for person in found[each.word][:5])},
        )
        for each in whom
        if each.of == EntryOf.PERSON and len(found[each.word]) > 1
    ]
    if faults:
        raise Invalid(faults)
    # One whom nobody knows stays as typed: the campaign's own rules say what is wrong, or that it may stay.
    return {word: people[0].code for word, people in found.items() if people}


def show_form(desk: Desk, shown: Shown) -> Response:
    """The page of the form."""
    plannable = reach(desk.session, desk.actor, Deed.PLAN, on=desk.today)
    options = form_options(
        shown.typed,
        kinds=own_kinds(desk.session),
        units=[each for each in desk.switch.choices if each.id in plannable],
        teams=campaign_register.teams_within(
            desk.session, seen(desk.session, desk.actor, on=desk.today), limit=TEAMS_OFFERED
        ),
        whom_names=_whom_names(desk, shown.typed),
        language=desk.language,
    )
    return desk.render(
        "campaigns/form.html",
        current="campaigns",
        status=shown.status,
        action=shown.action,
        form=shown.form,
        options=options,
        preview=shown.preview,
        present=shown.present,
    )


def _whom_names(desk: Desk, typed: TypedFields) -> Mapping[str, str]:
    named = {
        f"who_{name.partition('_')[2]}": value
        for name, value in typed.last.items()
        if name.startswith("whom_") and value in (EntryOf.PERSON, EntryOf.UNIT, EntryOf.TEAM)
    }
    words: dict[str, set[str]] = {of: set() for of in EntryOf}
    for field, of in named.items():
        words[of].add(typed.last.get(field, "").strip())
    within = seen(desk.session, desk.actor, on=desk.today)
    return campaign_register.names_of_entries(desk.session, words, within=within, today=desk.today)
