"""Today: what needs a person now, the late first, and how the day looks."""

from datetime import timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Form
from starlette.responses import Response

from api.pages.desk import Desk, TheDesk
from api.pages.owed import owed_address
from api.pages.rendering import local_path
from api.presenters.today import Found, Teller
from calendars.periods import month_of
from models.base import ActivityId
from outreach import agenda, closing, matters, questions, runs
from outreach.near import near
from outreach.permissions import Deed, expect_somewhere
from wording.names import joined

DAYS_AHEAD: Final = 7
ROWS: Final = 7
AGENDA_ROWS: Final = 8
MOST_ASKED: Final = 200
"""How many outcomes are asked for at one press."""

router = APIRouter()


@router.get("/")
def today(desk: TheDesk) -> Response:
    """Where people are missing in the days to come, what was not told yet, and what else waits."""
    shown = near(
        desk.session,
        desk.within,
        today=desk.today,
        now=desk.now,
        days=DAYS_AHEAD,
        today_shown=AGENDA_ROWS,
        short_shown=ROWS,
    )
    waiting = desk.waiting()
    owed = agenda.owed_outcomes(desk.session, desk.within, today=desk.today, now=desk.now, limit=ROWS)
    may_ask = desk.within_for(Deed.PLAN)
    month = month_of(desk.today.replace(day=1) - timedelta(days=1))
    return desk.render(
        "today/today.html",
        current="today",
        waiting=waiting,
        page=Teller(desk.today, desk.zone, desk.language).page(
            Found(
                shown,
                owed,
                waiting,
                questions.asked_about(desk.session, [item.id for item in owed.items], zone=desk.zone),
                matters.suggestions_waiting(desk.session, desk.within, now=desk.now, limit=ROWS),
                matters.cases_waiting(
                    desk.session, desk.within_for(Deed.SEE_CASES), now=desk.now, limit=ROWS
                ),
                month,
                closing.month_stands(desk.session, month, desk.unit.id),
                may_ask,
            )
        ),
        owed_at=owed_address(desk.unit.code),
        may_ask=bool(may_ask),
        failing=_failing(desk),
        may_plan=desk.may(Deed.PLAN),
        may_record=desk.may(Deed.RECORD),
    )


@router.post("/owed/ask")
def ask_once_more(
    desk: TheDesk,
    activity: Annotated[int | None, Form(ge=1, le=2**63 - 1)] = None,
    next: Annotated[str, Form(max_length=500)] = "/",  # noqa: A002 - the field's name
) -> Response:
    """Ask whoever is to tell of an activity once more, or of all that is owed here where one plans."""
    if activity is None:
        expect_somewhere(desk.actor, Deed.PLAN)
        owed = agenda.owed_outcomes(
            desk.session, desk.within_for(Deed.PLAN), today=desk.today, now=desk.now, limit=MOST_ASKED
        )
        wanted = [item.id for item in owed.items]
    else:
        wanted = [ActivityId(activity)]
    count = questions.ask_once_more(
        desk.session, wanted, by=desk.actor, today=desk.today, now=desk.now, zone=desk.zone
    )
    key = "today.asked_again" if count else "today.asked_nobody_new"
    return desk.done(local_path(next), key, count=str(count))


def _failing(desk: Desk) -> str:
    """What should have happened by itself and did not, by name, for those who have to know."""
    if not desk.may(Deed.PLAN):
        return ""
    failing = runs.failing(desk.session, desk.office.jobs)
    return joined([runs.say_job(job, language=desk.language) for job in failing], language=desk.language)
