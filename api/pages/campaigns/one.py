"""One campaign: how far it is, its activities, who takes part, what was changed."""

from typing import Annotated

from fastapi import APIRouter, Query
from sqlalchemy.orm import Session
from starlette.responses import Response

from api.pages.desk import Desk, TheDesk
from api.presenters.campaigns.one import campaign_page, history_rows, participation_rows, progress
from api.presenters.campaigns.wording import entry_words, metric_words
from api.presenters.cards import activity_card
from outreach import agenda, campaign_register, campaigns
from outreach.agenda import OfCampaign
from outreach.campaign_kinds import KINDS, own_kinds
from outreach.campaigns import CampaignView
from outreach.fields import EntryOf, beneficiary
from outreach.permissions import Deed, seen

ROWS = 30
PEOPLE = 5
CHANGES = 6
WHOM_NAMED = 6
FIRST_YEAR, LAST_YEAR = 1901, 2099
MOST_PAGES = 10_000

router = APIRouter()


@router.get("/campaigns/{code}")
def campaign(
    desk: TheDesk,
    code: str,
    show: Annotated[str, Query(max_length=20)] = OfCampaign.NEXT,
    page: Annotated[int, Query(ge=1, le=MOST_PAGES)] = 1,
    year: Annotated[int | None, Query(ge=FIRST_YEAR, le=LAST_YEAR)] = None,
) -> Response:
    """The page of one; `show` says which of its activities."""
    session, today, language = desk.session, desk.today, desk.language
    within = seen(session, desk.actor, on=today)
    view = campaigns.campaign(session, code, within=within)
    which = OfCampaign(show) if show in list(OfCampaign) else OfCampaign.NEXT
    asked_year = year or today.year
    found = agenda.activities_of_campaign(
        session,
        view.id,
        within,
        which=which,
        today=today,
        now=desk.now,
        offset=(page - 1) * ROWS,
        limit=ROWS + 1,
    )
    months = campaign_register.months_done(session, view.id, year=asked_year)
    most, least = campaign_register.participation(
        session, view.id, view.team_id, year=asked_year, today=today, limit=PEOPLE
    )
    changes = campaign_register.history(session, view.id, limit=CHANGES)
    return desk.render(
        "campaigns/one.html",
        current="campaigns",
        campaign=campaign_page(
            view,
            kind_name=_kind_name(session, view.kind),
            whom=_whom(desk, view),
            metrics=metric_words(view.metrics, language=language),
            today=today,
            language=language,
        ),
        progress=progress(months, year=asked_year, today=today, language=language),
        years=(
            asked_year - 1 if asked_year > max(view.starts_on.year, FIRST_YEAR) else None,
            asked_year + 1 if asked_year < min(view.ends_on.year, LAST_YEAR) else None,
        ),
        items=[activity_card(item, today, desk.zone, language) for item in found[:ROWS]],
        show=which,
        choices=list(OfCampaign),
        page=page,
        has_more=len(found) > ROWS,
        most=participation_rows(most, today=today, language=language),
        least=participation_rows(least, today=today, language=language),
        team_code=view.team_code,
        history=history_rows(changes, today=today, zone=desk.zone, language=language),
        may_change=desk.reaches(Deed.PLAN, view.unit_id),
    )


def _whom(desk: Desk, view: CampaignView) -> list[str]:
    """The first of those it is for, in words, and how many entries follow."""
    entries = [beneficiary(text) for text in view.beneficiaries]
    first = entries[:WHOM_NAMED]
    words: dict[str, list[str]] = {of: [each.word for each in first if each.of is of] for of in EntryOf}
    within = seen(desk.session, desk.actor, on=desk.today)
    names = campaign_register.names_of_entries(desk.session, words, within=within, today=desk.today)
    said = [entry_words(each, names, language=desk.language) for each in first]
    return said if len(entries) <= WHOM_NAMED else [*said, f"… {len(entries)}"]


def _kind_name(session: Session, kind: str) -> str | None:
    """The name of a kind of the office's own; the program's have theirs in every language."""
    if kind in KINDS:
        return None
    return next((each.name for each in own_kinds(session) if each.code == kind), None)
