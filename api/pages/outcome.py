"""Telling an outcome: who came, who was visited and how they are, the figures, a few words. One form, one button."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from api.dependencies import CurrentActor, CurrentSession, Now, Today, Zone
from api.errors import told
from api.forms.outcome import OTHERS, Typed, read_typed, telling_of, typed_of
from api.pages.rendering import frame, render
from api.pages.status import Status, done
from api.pages.unit_switch import UNIT_COOKIE, unit_switch
from api.presenters.outcome import faults_by_input, outcome_form
from api.problems import language_of
from api.versions import id_of
from models import Activity
from models.base import ActivityId
from models.enums import ActivityStatus
from outreach import activities, outcomes
from outreach.activities.sheet import Named, Sheet, outcome_sheet, people_of_names
from outreach.activities.telling import expect_codes_seen
from outreach.errors import Conflict, Fault, Invalid, Stale
from outreach.outcomes import Telling
from outreach.permissions import Actor, Deed, seen

router = APIRouter()

MOST_FIELDS = 5_000


async def typed_form(request: Request) -> Typed:
    """What the form says, field by field; files are none of its business."""
    form = await request.form(max_fields=MOST_FIELDS, max_files=0)
    return {name: value for name, value in form.items() if isinstance(value, str)}


TypedForm = Annotated[Mapping[str, str], Depends(typed_form)]


@router.get("/a/{activity_id}/outcome")
def ask(
    request: Request,
    session: CurrentSession,
    actor: CurrentActor,
    today: Today,
    activity_id: str,
) -> Response:
    """The form, filled with what is known: told before, or planned."""
    sheet = _sheet(session, activity_id, actor, today)
    return _form(request, session, actor, today, sheet, typed_of(sheet))


@router.post("/a/{activity_id}/outcome")
def tell(
    request: Request,
    session: CurrentSession,
    actor: CurrentActor,
    today: Today,
    now: Now,
    zone: Zone,
    activity_id: str,
    typed: TypedForm,
) -> Response:
    """Record what the form says. Where something is wrong, or somebody was first, nothing typed is lost."""
    number = ActivityId(id_of(activity_id))
    activity = activities.activity_for(session, number, Deed.RECORD, by=actor, today=today)
    sheet = _sheet(session, activity_id, actor, today)
    language = language_of(request)
    try:
        wanted = _wanted(session, activity, sheet, typed, actor, today)
        with session.begin_nested():
            recorded = outcomes.record_outcome(
                session,
                number,
                wanted.telling,
                by=actor,
                now=now,
                zone=zone,
                expected_version=wanted.version,
            )
    except Stale:
        return _form(request, session, actor, today, sheet, typed, status=412, is_stale=True)
    except Invalid as invalid:
        faults = faults_by_input(told(invalid.faults, language), sheet, typed)
        return _form(request, session, actor, today, sheet, typed, status=422, faults=faults)
    key = (
        "recording.saved" if recorded.status is not ActivityStatus.CANCELLED else "recording.saved_cancelled"
    )
    return done(request, f"/a/{number}", Status(key))


@dataclass(frozen=True, slots=True)
class _Wanted:
    telling: Telling
    version: int | None


def _wanted(
    session: Session, activity: Activity, sheet: Sheet, typed: Typed, actor: Actor, today: date
) -> _Wanted:
    """The telling that the form means; raises Invalid with every fault, Conflict where the form cannot tell it."""
    if sheet.has_several_units:
        raise Conflict("recording.several_units")
    read = read_typed(sheet, typed)
    named = people_of_names(session, read.others, within=seen(session, actor, on=today), today=today)
    faults = [*read.faults, *_faults_of_names(named)]
    if faults:
        raise Invalid(faults)
    telling = telling_of(sheet, read, [people[0].code for people in named.values()])
    expect_codes_seen(session, activity, telling, by=actor, today=today)
    return _Wanted(telling, read.version)


def _faults_of_names(named: Mapping[str, Sequence[Named]]) -> Sequence[Fault]:
    """Names that nobody has, or several have: for these a code is asked."""
    faults = []
    for word, people in named.items():
        if not people:
            faults.append(Fault(OTHERS, "recording.nobody_called", {"name": word}))
        elif len(people) > 1:
            codes = ", ".join(person.code for person in people)
            faults.append(Fault(OTHERS, "recording.several_called", {"name": word, "codes": codes}))
    return faults


def _sheet(session: Session, activity_id: str, actor: Actor, today: date) -> Sheet:
    return outcome_sheet(session, ActivityId(id_of(activity_id)), within=seen(session, actor, on=today))


def _form(
    request: Request,
    session: Session,
    actor: Actor,
    today: date,
    sheet: Sheet,
    typed: Typed,
    *,
    status: int = 200,
    faults: Mapping[str, str] | None = None,
    is_stale: bool = False,
) -> Response:
    shown = outcome_form(
        sheet, typed, faults=faults or {}, today=today, language=language_of(request), is_stale=is_stale
    )
    switch = unit_switch(session, actor, None, today=today, last=request.cookies.get(UNIT_COOKIE))
    return render(request, "outcome.html", status=status, frame=frame(actor, switch, ""), form=shown)
