"""Two versions of a campaign beside each other, when somebody else saved first."""

from dataclasses import replace
from datetime import date

from api.forms.campaign import Told, beneficiary_entries, read_campaign, typed_again
from api.forms.typed import TypedFields
from api.presenters.campaigns.wording import COLUMNS, column_words, columns_in_words
from api.presenters.forms import Differs, FormShown
from outreach.campaigns import CampaignView


def stale_form(
    typed: TypedFields, theirs: CampaignView, *, today: date, language: str
) -> tuple[FormShown, TypedFields]:
    """The form as typed with the version of now, and where the two differ, in words."""
    told = read_campaign(typed, present=theirs)
    mine = _as_typed(theirs, told)
    theirs_words = columns_in_words(theirs, today=today, language=language)
    mine_words = columns_in_words(mine, today=today, language=language)
    again = typed_again(typed, version=str(theirs.version), shown="")
    differing = [
        Differs(column_words(name, language=language), theirs_words[name], mine_words[name])
        for name in COLUMNS
        if theirs_words[name] != mine_words[name]
    ]
    return FormShown(again.last, theirs=differing), again


def _as_typed(theirs: CampaignView, told: Told) -> CampaignView:
    """The campaign as it would be if the form were saved."""
    columns = told.columns
    public = columns["public"]
    return replace(
        theirs,
        name=columns["name"],
        kind=columns["kind"],
        unit_code=columns["unit_code"],
        schedule=columns["schedule"],
        starts_on=columns["starts_on"],
        ends_on=columns["ends_on"],
        team_code=columns["team_code"],
        start_time=columns["start_time"],
        duration_minutes=columns["duration_minutes"],
        place=columns["place"],
        places_needed=columns["places_needed"] or {},
        skills=columns["skills"],
        split_by=columns["split_by"],
        public=theirs.public if public is None else public,
        on_holiday=columns["on_holiday"] or theirs.on_holiday,
        beneficiaries=beneficiary_entries(told.whom, {}),
        metrics=columns["metrics"],
        notes=columns["notes"],
    )
