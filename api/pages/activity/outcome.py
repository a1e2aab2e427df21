"""Telling an outcome: who came, who was visited and how they are, the figures, a few words. One form, one button."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from fastapi import APIRouter
from starlette.responses import Response

from api.errors import told
from api.forms.outcome import OTHERS, read_typed, telling_of, typed_of
from api.forms.typed import TheTypedFields, Typed
from api.pages.activity.head import Opened, open_activity, render_tab
from api.pages.desk import Desk, TheDesk
from api.pages.status import Undo
from api.presenters.activity.outcome import faults_by_input, in_words, outcome_card, outcome_form
from api.versions import id_of
from models import Activity
from models.base import ActivityId
from models.enums import ActivityStatus
from outreach import activities, agenda, outcomes
from outreach.activities.sheet import Named, Sheet, outcome_sheet, people_of_names
from outreach.activities.telling import expect_codes_seen
from outreach.errors import Conflict, Fault, Invalid, NotFound, Stale, invalid
from outreach.outcomes import Recorded, Telling
from outreach.permissions import Deed, seen

NAMES_SHOWN = 24

router = APIRouter()


@router.get("/a/{activity_id}/outcome")
def ask(desk: TheDesk, activity_id: str) -> Response:
    """What was told, and for who may tell it the form, filled with what is known: told before, or planned."""
    opened = open_activity(desk, activity_id)
    if not opened.may_record:
        return _page(desk, opened, None, {})
    sheet = outcome_sheet(desk.session, opened.head)
    return _page(desk, opened, sheet, typed_of(sheet))


@router.post("/a/{activity_id}/outcome")
def tell(desk: TheDesk, activity_id: str, form: TheTypedFields) -> Response:
    """Record what the form says. Where something is wrong, or somebody was first, nothing typed is lost."""
    number = ActivityId(id_of(activity_id))
    typed = form.last
    activity = activities.activity_for(desk.session, number, Deed.RECORD, by=desk.actor, today=desk.today)
    opened = open_activity(desk, activity_id)
    sheet = outcome_sheet(desk.session, opened.head)
    try:
        wanted = _wanted(desk, activity, sheet, typed)
        with desk.attempt():
            recorded = outcomes.record_outcome(
                desk.session,
                number,
                wanted.telling,
                by=desk.actor,
                now=desk.now,
                zone=desk.zone,
                expected_version=wanted.version,
            )
    except Stale:
        return _page(desk, opened, sheet, typed, status=412, is_stale=True)
    except Invalid as invalid:
        said = in_words(invalid.faults, today=desk.today, language=desk.language)
        faults = faults_by_input(told(said, desk.language), sheet, typed)
        return _page(desk, opened, sheet, typed, status=422, faults=faults)
    is_cancelled = recorded.status is ActivityStatus.CANCELLED
    key = "recording.saved_cancelled" if is_cancelled else "recording.saved"
    return desk.done(f"/a/{number}/outcome", key, undo=way_back(recorded))


@router.post("/a/{activity_id}/outcome/undo")
def undo(desk: TheDesk, activity_id: str, form: TheTypedFields) -> Response:
    """Let the activity be as it was told before, unless somebody has told something since."""
    number = ActivityId(id_of(activity_id))
    activities.activity_for(desk.session, number, Deed.RECORD, by=desk.actor, today=desk.today)
    revision, version = (form.last.get(name, "") for name in ("revision", "version"))
    if not all(text.isascii() and text.isdecimal() and len(text) < 10 for text in (revision, version)):
        raise NotFound
    outcomes.tell_as_before(
        desk.session,
        number,
        int(revision),
        by=desk.actor,
        now=desk.now,
        zone=desk.zone,
        expected_version=int(version),
    )
    return desk.done(f"/a/{number}/outcome", "recording.undone")


def way_back(recorded: Recorded) -> Undo | None:
    """The way back to what was told before; of a first telling there is none."""
    if recorded.revision < 2:
        return None
    before = {"revision": str(recorded.revision - 1), "version": str(recorded.version)}
    return Undo(f"/a/{recorded.activity_id}/outcome/undo", before)


def people_called(desk: Desk, words: Sequence[str]) -> list[str]:
    """The codes of people by name or code; raises Invalid, of the field `others`, for names of nobody or of several."""
    within = seen(desk.session, desk.actor, on=desk.today)
    named = people_of_names(desk.session, words, within=within, today=desk.today)
    faults = list(_faults_of_names(named))
    if faults:
        raise Invalid(faults)
    return [people[0].code for people in named.values()]


@dataclass(frozen=True, slots=True)
class _Wanted:
    telling: Telling
    version: int | None


def _wanted(desk: Desk, activity: Activity, sheet: Sheet, typed: Typed) -> _Wanted:
    """The telling that the form means; raises Invalid with every fault, Conflict where the form cannot tell it.

    Money, goods and suggestions are no business of the form: they stay as they stand.
    """
    if sheet.has_several_units:
        raise Conflict("recording.several_units")
    read = read_typed(sheet, typed)
    faults = list(read.faults)
    others: list[str] = []
    try:
        others = people_called(desk, read.others)
    except Invalid as unknown:
        faults += unknown.faults
    if faults:
        raise Invalid(faults)
    telling = telling_of(read, others)
    expect_codes_seen(desk.session, activity, telling, by=desk.actor, today=desk.today)
    beside = outcomes.standing_beside(desk.session, activity.id, zone=desk.zone)
    whole = replace(telling, ledger=beside.ledger, suggestions=beside.suggestions)
    if whole.says_nothing:
        raise invalid("status", "recording.nothing_said")
    return _Wanted(whole, read.version)


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


def _page(
    desk: Desk,
    opened: Opened,
    sheet: Sheet | None,
    typed: Typed,
    *,
    status: int = 200,
    faults: Mapping[str, str] | None = None,
    is_stale: bool = False,
) -> Response:
    form = None
    if sheet is not None:
        form = outcome_form(
            sheet, typed, faults=faults or {}, today=desk.today, language=desk.language, is_stale=is_stale
        )
    found = (
        agenda.outcome_on_page(desk.session, opened.id, names_shown=NAMES_SHOWN)
        if opened.head.revision
        else None
    )
    card = None
    if found is not None:
        card = outcome_card(
            found, opened.head.item.day, today=desk.today, zone=desk.zone, language=desk.language
        )
    return render_tab(desk, opened, "outcome", status=status, form=form, outcome=card)
