"""Cases on pages: lanes with counts for everybody, and for who works with them the rows, each one and its deeds.

A case may speak of somebody's health: it is opened only by who may record for its unit, and every look is noted.
The way back travels in a cookie: what would carry such words there offers none.
"""

from collections.abc import Sequence
from typing import Annotated, Final

from fastapi import APIRouter, Query
from starlette.responses import Response

from api.forms.cases import FIELDS, TaskTyped, case_opened, end_of, read_case, read_task
from api.forms.ties import person_meant
from api.forms.typed import Reading, TheTypedFields, Typed
from api.pages.desk import Desk, TheDesk
from api.pages.looks import note_look
from api.pages.status import Undo
from api.presenters.cases import Teller
from api.presenters.forms import FormShown, Option, refused, stale
from api.presenters.words import address
from api.schemas.values import CodeAsked
from models.base import ActivityId
from models.enums import CaseKind, MatterStatus
from outreach import case_board, cases, fields
from outreach.case_board import Lane, State
from outreach.cases import CaseColumns, CaseView
from outreach.errors import Conflict, Fault, Invalid, OutreachError, Stale
from outreach.permissions import Deed, Reach, common, expect_somewhere, reach, seen
from wording.sentences import say

SHOWN_IN_LANE: Final = 12
SHOWN_IN_LIST: Final = 50
OPEN: Final = "open"
"""Every case that is not closed, whichever state it is in: what a lane counts."""
_LARGEST: Final = 2**63 - 1

router = APIRouter(prefix="/cases")

Text = Annotated[str, Query(max_length=255)]
PageAsked = Annotated[int, Query(ge=1, le=1_000_000)]


@router.get("")
def lanes(desk: TheDesk, lane: Text = "") -> Response:
    """The lanes, late first; who may not know of whom a case is sees how many there are."""
    found = case_board.lanes(
        desk.session,
        within=desk.within,
        of_whom=_of_whom(desk),
        today=desk.today,
        now=desk.now,
        limit=SHOWN_IN_LANE,
    )
    shown = [each for each in found if each.open or each.lane is not Lane.OTHER]
    return desk.render(
        "matters/cases.html",
        current="cases",
        lanes=[_teller(desk).lane(each) for each in shown],
        open=sum(each.open for each in found),
        late=sum(each.late for each in found),
        chosen=lane
        if lane in list(Lane)
        else next((each.lane.value for each in shown if each.late), "hospital"),
        may_record=desk.may(Deed.RECORD),
    )


@router.get("/all")
def listed(
    desk: TheDesk, lane: Text = "", state: Text = "", late: Text = "", person: Text = "", page: PageAsked = 1
) -> Response:
    """All cases that are asked for, with their count."""
    expect_somewhere(desk.actor, Deed.SEE_CASES)
    sought = {"lane": lane, "state": state, "late": late, "person": person}
    count, rows = case_board.found(
        desk.session,
        within=common(desk.within, _of_whom(desk)),
        lane=Lane(lane) if lane in list(Lane) else None,
        state=State(state) if state in list(State) else None,
        person_code=person.strip() or None,
        is_open=state == OPEN,
        is_late=bool(late),
        now=desk.now,
        after=(page - 1) * SHOWN_IN_LIST,
        limit=SHOWN_IN_LIST + 1,
    )
    teller, told = _teller(desk), {**sought, "unit": desk.unit.code}
    return desk.render(
        "matters/cases_all.html",
        current="cases",
        count=count,
        rows=[teller.row(row) for row in rows[:SHOWN_IN_LIST]],
        sought=sought,
        lanes=[Option(each, say(f"cases.lane_{each}", language=desk.language)) for each in Lane],
        states=[Option(each, teller.state(each)) for each in (OPEN, *State)],
        before=address("/cases/all", **told, page=str(page - 1)) if page > 1 else "",
        more=address("/cases/all", **told, page=str(page + 1)) if len(rows) > SHOWN_IN_LIST else "",
    )


@router.get("/new")
def ask(desk: TheDesk, person: Text = "", activity: Text = "") -> Response:
    """An empty form; from an activity it begins with what was noted there of the person."""
    expect_somewhere(desk.actor, Deed.RECORD)
    noted = None
    if activity.isascii() and activity.isdecimal() and int(activity) <= _LARGEST and person:
        noted = case_board.noted_at(desk.session, ActivityId(int(activity)), person, within=_of_whom(desk))
    typed = case_opened(None, today=desk.today, zone=desk.zone, person=person, text=noted or "")
    return _form_page(desk, None, FormShown(typed))


@router.post("/new")
def open_case(desk: TheDesk, form: TheTypedFields) -> Response:
    """Open a case; a bereavement freezes at once, and the next page says so."""
    expect_somewhere(desk.actor, Deed.RECORD)
    try:
        with desk.attempt():
            opened = cases.open_case(
                desk.session,
                _columns(desk, form.last),
                by=desk.actor,
                today=desk.today,
                now=desk.now,
                zone=desk.zone,
            )
    except (Invalid, Conflict) as error:
        return _form_page(desk, None, _wrong(desk, form.last, error), status=422)
    reason = say("cases.undo_reason", language=desk.language)
    undo = Undo(f"/cases/{opened.code}/recall", {"reason": reason, "version": str(opened.version)})
    key = "cases.opened_frozen" if opened.frozen_on is not None else "cases.opened"
    return desk.done(f"/cases/{opened.code}", key, undo=undo, code=opened.code)


@router.get("/{code}")
def one(desk: TheDesk, code: CodeAsked) -> Response:
    """One case; that it was opened is noted before it is shown."""
    return _page(desk, _view(desk, code))


@router.get("/{code}/edit")
def edit(desk: TheDesk, code: CodeAsked) -> Response:
    """The form of its facts."""
    view = _view(desk, code)
    return _form_page(desk, view, FormShown(case_opened(view, today=desk.today, zone=desk.zone)))


@router.post("/{code}/edit")
def change(desk: TheDesk, code: CodeAsked, form: TheTypedFields) -> Response:
    """Let its facts be as told now; a form from an older version comes back with both."""
    before = _view(desk, code)
    try:
        with desk.attempt():
            columns = _columns(desk, form.last, before)
            changed = _change(desk, code, columns, version=Reading(form.last).version())
    except Stale:
        desk.session.expire_all()
        now = _view(desk, code)
        theirs = case_opened(now, today=desk.today, zone=desk.zone)
        shown = stale(form.last, theirs, _labels(desk), version=now.version)
        return _form_page(desk, now, shown, status=412)
    except (Invalid, Conflict) as error:
        return _form_page(desk, before, _wrong(desk, form.last, error), status=422)
    undo = None
    if before.text == changed.text:
        was = case_opened(before, today=desk.today, zone=desk.zone)
        facts = {name: value for name, value in was.items() if name != "text"}
        undo = Undo(f"/cases/{code}/edit", {**facts, "version": str(changed.version)})
    return desk.done(f"/cases/{code}", "cases.changed", undo=undo, code=code)


@router.post("/{code}/task")
def settle(desk: TheDesk, code: CodeAsked, form: TheTypedFields) -> Response:
    """Say that a task was done, or that it was not after all."""
    before, task = _view(desk, code), form.last.get("task", "")
    try:
        with desk.attempt():
            after = _settle(desk, code, task, read_task(form.last))
    except Stale:
        return _meanwhile(desk, code, form.last)
    except (Invalid, Conflict) as error:
        return _page(desk, before, form=_wrong(desk, form.last, error), at=task, status=422)
    known = next((each for each in before.tasks if each.task == task), None)
    was = {} if known is None or known.done_on is None else {"done_on": known.done_on.isoformat()}
    undo = None
    if known is None or not known.note:
        back = {"task": task, "note": "", "version": str(after.version), **was}
        undo = Undo(f"/cases/{code}/task", back)
    name = _teller(desk).task_name(task)
    key = "cases.task_done" if form.last.get("done_on") else "cases.task_undone"
    return desk.done(f"/cases/{code}", key, undo=undo, task=name)


@router.post("/{code}/tasks")
def ask_for_task(desk: TheDesk, code: CodeAsked, form: TheTypedFields) -> Response:
    """Let the case ask for one thing more."""
    before, reading = _view(desk, code), Reading(form.last)
    task, due_on = reading.needed("more", fields.free_kind), reading.day("more_due_on")
    try:
        with desk.attempt():
            version = reading.version()
            reading.expect_none()
            cases.ask_for_task(
                desk.session,
                code,
                task or "",
                due_at=None if due_on is None else end_of(due_on, desk.zone),
                by=desk.actor,
                today=desk.today,
                now=desk.now,
                version=version,
            )
    except Stale:
        return _meanwhile(desk, code, form.last)
    except (Invalid, Conflict) as error:
        return _page(desk, before, form=_wrong(desk, form.last, error), at="more", status=422)
    return desk.done(f"/cases/{code}", "cases.task_asked", task=_teller(desk).task_name(task or ""))


@router.post("/{code}/close")
def close(desk: TheDesk, code: CodeAsked, form: TheTypedFields) -> Response:
    """Close it with its reason, or (without a day) open it again."""
    before, reading = _view(desk, code), Reading(form.last)
    columns: CaseColumns = {"closed_on": reading.day("closed_on"), "result": reading.text("result")}
    try:
        with desk.attempt():
            if columns["closed_on"] is not None:
                if columns["closed_on"] > desk.today:
                    reading.faults.append(Fault("closed_on", "cases.not_yet"))
                if not columns["result"]:
                    reading.faults.append(Fault("result", "cases.reason_needed"))
            version = reading.version()
            reading.expect_none()
            after = _change(desk, code, columns, version=version)
    except Stale:
        return _meanwhile(desk, code, form.last)
    except (Invalid, Conflict) as error:
        return _page(desk, before, form=_wrong(desk, form.last, error), at="close", status=422)
    undo = None
    if not before.result:
        was = "" if before.closed_on is None else before.closed_on.isoformat()
        back = {"closed_on": was, "result": "", "version": str(after.version)}
        undo = Undo(f"/cases/{code}/close", back)
    key = "cases.closed" if after.closed_on else "cases.open_again"
    return desk.done(f"/cases/{code}", key, undo=undo, code=code)


@router.post("/{code}/recall")
def recall(desk: TheDesk, code: CodeAsked, form: TheTypedFields) -> Response:
    """Take back a case that was opened in error, for good."""
    before, reading = _view(desk, code), Reading(form.last)
    reason, version = reading.needed("reason", fields.text), reading.version()
    try:
        with desk.attempt():
            reading.expect_none()
            if version not in (None, before.version):
                raise Stale
            cases.recall_case(
                desk.session,
                code,
                reason or "",
                by=desk.actor,
                today=desk.today,
                now=desk.now,
                zone=desk.zone,
            )
    except Stale:
        return _meanwhile(desk, code, form.last)
    except (Invalid, Conflict) as error:
        return _page(desk, before, form=_wrong(desk, form.last, error), at="recall", status=422)
    return desk.done("/cases", "cases.recalled", code=code)


def _change(desk: Desk, code: str, columns: CaseColumns, *, version: int | None) -> CaseView:
    return cases.change_case(
        desk.session,
        code,
        columns,
        by=desk.actor,
        today=desk.today,
        now=desk.now,
        zone=desk.zone,
        version=version,
    )


def _settle(desk: Desk, code: str, task: str, told: TaskTyped) -> CaseView:
    return cases.settle_task(
        desk.session,
        code,
        task,
        {"done_on": told.done_on, "note": told.note},
        by=desk.actor,
        today=desk.today,
        now=desk.now,
        version=told.version,
    )


def _of_whom(desk: Desk) -> Reach:
    """The units of whose cases somebody may know more than how many there are."""
    return reach(desk.session, desk.actor, Deed.SEE_CASES, on=desk.today)


def _view(desk: Desk, code: str) -> CaseView:
    """A case that somebody may know of; raises NotFound, and Forbidden for who sees its unit and no more."""
    return cases.known_case(desk.session, code, by=desk.actor, today=desk.today)


def _columns(desk: Desk, typed: Typed, before: CaseView | None = None) -> CaseColumns:
    """The facts of the form with whom it means; raises Invalid with every fault."""
    reading = Reading(typed)
    kinds = [kind.value for kind in CaseKind] + list(case_board.kinds_used(desk.session))
    columns = read_case(reading, today=desk.today, zone=desk.zone, kinds=kinds)
    meant = reading.needed("person_code", fields.short_text)
    if meant is not None and (before is None or meant != before.person_code):
        within = seen(desk.session, desk.actor, on=desk.today)
        try:
            columns["person_code"] = person_meant(
                desk.session, meant, "person_code", within=within, today=desk.today
            )
        except Invalid as wrong:
            reading.faults += wrong.faults
    reading.expect_none()
    return columns


def _meanwhile(desk: Desk, code: str, typed: Typed) -> Response:
    """Somebody was first: the case as it stands now, with what was typed still there."""
    desk.session.expire_all()
    now = _view(desk, code)
    return _page(desk, now, form=stale(typed, {}, {}, version=now.version), status=412)


def _wrong(desk: Desk, typed: Typed, error: OutreachError) -> FormShown:
    return refused(typed, error, language=desk.language)


def _labels(desk: Desk) -> dict[str, str]:
    return {name: say(f"cases.field_{name}", language=desk.language) for name in FIELDS}


def _page(
    desk: Desk,
    view: CaseView,
    *,
    form: FormShown | None = None,
    at: str = "",
    status: int = 200,
) -> Response:
    note_look(desk, "matters", view.id, person_id=view.person_id)
    name, _, unit = case_board.of_person(desk.session, view.id)
    money = reach(desk.session, desk.actor, Deed.SEE_LEDGER, on=desk.today)
    teller = _teller(desk)
    step, due, tone = teller.next_step(view)
    typed = {"done_on": desk.today.isoformat(), "closed_on": desk.today.isoformat()}
    return desk.render(
        "matters/case.html",
        current="cases",
        status=status,
        view=view,
        name=name or view.code,
        unit=unit or "",
        kind=teller.kind(view.kind),
        status_words=teller.status(view.status),
        opened=teller.day(view.opened_on),
        closed=teller.day(view.closed_on),
        frozen=teller.day(view.frozen_on),
        step=step,
        due=due,
        tone=tone,
        tasks=teller.tasks(view.tasks),
        left_open=[teller.task_name(task) for task in view.left_open],
        visits=teller.visits(case_board.visits_of(desk.session, view.id)),
        given=teller.given(case_board.given_for(desk.session, view.id, within=money)),
        story=teller.story(view.steps),
        is_open=view.closed_on is None,
        is_in_error=view.status is MatterStatus.IN_ERROR,
        form=form or FormShown({**typed, "version": str(view.version)}),
        version=view.version,
        at=at,
        today=desk.today.isoformat(),
    )


def _form_page(desk: Desk, view: CaseView | None, form: FormShown, *, status: int = 200) -> Response:
    if view is not None:
        note_look(desk, "matters", view.id, person_id=view.person_id)
    used: Sequence[str] = case_board.kinds_used(desk.session)
    return desk.render(
        "matters/case_form.html",
        current="cases",
        status=status,
        code=None if view is None else view.code,
        form=form,
        kinds=_teller(desk).kinds(used),
    )


def _teller(desk: Desk) -> Teller:
    return Teller(desk.today, desk.now, desk.zone, desk.language)
