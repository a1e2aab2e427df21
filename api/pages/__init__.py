"""Pages for people: rendered here, useful without JavaScript. `install` hangs them into the application."""

from fastapi import FastAPI

from api.pages import (
    account,
    activity,
    audit,
    campaigns,
    cancelling,
    choosing_unit,
    feeds,
    imports,
    ledger,
    matters,
    month,
    moving,
    new_activity,
    outbox,
    owed,
    people,
    runs,
    search,
    settings,
    signing_in,
    tally,
    ties,
    today,
    week,
    year,
)
from api.pages.problems import error_page
from api.pages.rendering import STATIC, StaticFilesForLong
from api.pages.sent_once import DoneBefore, answer_again


def install(app: FastAPI) -> None:
    """Add the pages, their static files, and the page that problems are shown on."""
    for router in (
        signing_in.router,
        ties.router,
        choosing_unit.router,
        today.router,
        search.router,
        week.router,
        year.router,
        tally.router,
        activity.router,
        campaigns.router,
        owed.router,
        outbox.router,
        feeds.router,
        imports.router,
        people.router,
        moving.router,
        month.router,
        new_activity.router,
        cancelling.router,
        matters.router,
        ledger.router,
        runs.router,
        settings.router,
        account.router,
        audit.router,
    ):
        app.include_router(router, include_in_schema=False)
    app.mount("/static", StaticFilesForLong(directory=STATIC), name="static")
    app.state.error_page = error_page
    app.add_exception_handler(DoneBefore, answer_again)
