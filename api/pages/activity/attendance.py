"""Who came: a row a person, one button for all, times that become minutes. It is kept as a telling like any other."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from fastapi import APIRouter
from starlette.responses import Response

from api.errors import told
from api.forms.attendance import Hours, ListRead, read_list, typed_of
from api.forms.outcome import OTHERS
from api.forms.typed import TheTypedFields, Typed
from api.pages.activity.head import Opened, open_activity, render_tab
from api.pages.activity.outcome import people_called, way_back
from api.pages.desk import Desk, TheDesk
from api.presenters.activity.attendance import attendance_page
from api.presenters.activity.outcome import in_words
from api.versions import id_of
from models.base import ActivityId
from models.enums import ActivityStatus
from outreach import activities, outcomes
from outreach.activities.sheet import Sheet, outcome_sheet
from outreach.activities.telling import expect_codes_seen
from outreach.errors import Conflict, Fault, Invalid, Stale, invalid
from outreach.metrics import PRESENT_STATES
from outreach.outcomes import Attended, Telling
from outreach.permissions import Deed

router = APIRouter()


@router.get("/a/{activity_id}/attendance")
def ask(desk: TheDesk, activity_id: str) -> Response:
    """The list, with what was told before, and the planned times."""
    opened = open_activity(desk, activity_id)
    sheet = outcome_sheet(desk.session, opened.head)
    hours = _hours(desk, opened)
    return _page(desk, opened, sheet, hours, typed_of(sheet, hours))


@router.post("/a/{activity_id}/attendance")
def take(desk: TheDesk, activity_id: str, form: TheTypedFields) -> Response:
    """Tell who came, and all else as it was told before. Where something is wrong nothing typed is lost."""
    number = ActivityId(id_of(activity_id))
    typed = form.last
    activity = activities.activity_for(desk.session, number, Deed.RECORD, by=desk.actor, today=desk.today)
    opened = open_activity(desk, activity_id)
    if opened.head.is_cancelled:
        raise Conflict("recording.was_cancelled")
    sheet = outcome_sheet(desk.session, opened.head)
    hours = _hours(desk, opened)
    read = read_list(sheet, hours, typed)
    try:
        attendance = _with_names(desk, read)
        _expect_something(desk, number, sheet, attendance)
        telling = Telling(opened.head.item.status, attendance=attendance)
        expect_codes_seen(desk.session, activity, telling, by=desk.actor, today=desk.today)
        with desk.attempt():
            recorded = outcomes.tell_attendance(
                desk.session,
                number,
                attendance,
                by=desk.actor,
                now=desk.now,
                zone=desk.zone,
                expected_version=read.version,
            )
    except Stale:
        return _page(desk, opened, sheet, hours, typed, status=412, is_stale=True)
    except Invalid as invalid:
        return _page(desk, opened, sheet, hours, typed, status=422, faults=_faults(desk, invalid, read))
    came = sum(each.state in PRESENT_STATES for each in attendance)
    address = f"/a/{number}/attendance"
    return desk.done(address, "recording.attendance_saved", undo=way_back(recorded), count=str(came))


def _hours(desk: Desk, opened: Opened) -> Hours:
    return Hours.of(opened.head.item, desk.zone)


def _with_names(desk: Desk, read: ListRead) -> list[Attended]:
    """Everybody who was there, once; raises Invalid with every fault."""
    faults = list(read.faults)
    attendance = list(read.attended)
    for field, (name, came) in read.instead.items():
        try:
            attendance += [replace(came, person=code) for code in people_called(desk, [name])]
        except Invalid as unknown:
            faults += [replace(fault, field=field) for fault in unknown.faults]
    try:
        attendance += [Attended(code) for code in people_called(desk, read.others)]
    except Invalid as unknown:
        faults += unknown.faults
    if faults:
        raise Invalid(faults)
    # Who came for somebody or was named besides was there, whatever the list says of them.
    return list({each.person: each for each in attendance}.values())


def _expect_something(desk: Desk, number: ActivityId, sheet: Sheet, attendance: Sequence[Attended]) -> None:
    """Raise Invalid where nobody came and nothing else is told: a list left as it was says not that it was held."""
    if any(each.state in PRESENT_STATES for each in attendance):
        return
    beside = outcomes.standing_beside(desk.session, number, zone=desk.zone)
    told_before = Telling(ActivityStatus.HELD, ledger=beside.ledger, suggestions=beside.suggestions)
    if sheet.present is not None:
        told_before = outcomes.telling_of(sheet.present, beside)
    if replace(told_before, attendance=attendance).says_nothing:
        raise invalid(OTHERS, "recording.nobody_said")


def _faults(desk: Desk, invalid: Invalid, read: ListRead) -> Mapping[str, str]:
    """Sentences by field; the records speak of people by their place in the list."""
    listed = [each.person for each in read.attended]
    words: dict[str, str] = {}
    faults = in_words(invalid.faults, today=desk.today, language=desk.language)
    for problem in told([_at_field(fault, listed) for fault in faults], desk.language):
        words.setdefault(problem.field, problem.message)
    return words


def _at_field(fault: Fault, listed: list[str]) -> Fault:
    kind, _, rest = fault.field.partition(".")
    number = rest.partition(".")[0]
    if kind != "attendance" or not number.isdecimal():
        return fault
    code = listed[int(number)] if int(number) < len(listed) else ""
    return replace(fault, field=f"there.{code}" if code else OTHERS)


def _page(
    desk: Desk,
    opened: Opened,
    sheet: Sheet,
    hours: Hours,
    typed: Typed,
    *,
    status: int = 200,
    faults: Mapping[str, str] | None = None,
    is_stale: bool = False,
) -> Response:
    page = attendance_page(
        sheet, hours, typed, faults=faults or {}, is_stale=is_stale, today=desk.today, language=desk.language
    )
    return render_tab(
        desk,
        opened,
        "attendance",
        status=status,
        page=page,
        takes=opened.takes_records and not sheet.has_several_units,
        has_come=sheet.day <= desk.today,
        has_several_units=sheet.has_several_units,
    )
