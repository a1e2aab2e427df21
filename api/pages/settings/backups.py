"""The last backups, where they are, and how one is restored."""

from fastapi import APIRouter
from starlette.responses import Response

from api.pages.desk import TheDesk
from api.pages.settings.layout import expect_administrator, render_section
from api.presenters.settings.backups import backups_shown
from outreach import runs
from outreach.backups import BACKUPS, backups_there
from outreach.house_rules import house_rules
from wording.sentences import say

router = APIRouter()


@router.get("/settings/backups")
def backups(desk: TheDesk) -> Response:
    """Where they lie is said to administrators of everything alone."""
    expect_administrator(desk)
    data, why = desk.office.settings.data, ""
    try:
        found = backups_there(data, rules=house_rules(desk.session).retention)
    except OSError as error:
        found, why = (
            [],
            say("settings_page.backups_unreadable", language=desk.language, why=error.strerror or str(error)),
        )
    return render_section(
        desk,
        "backups",
        "backups.html",
        folder=str(data / BACKUPS),
        shown=backups_shown(found, today=desk.today, language=desk.language),
        unreadable=why,
        job=runs.say_job("back_up", language=desk.language),
    )
