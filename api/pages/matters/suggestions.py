"""Suggestions on pages: the board, lists behind its figures, one with its clock, and every step as a form."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from api.forms.suggestions import (
    FIELDS,
    WORDS_FIELDS,
    Doing,
    StepTyped,
    read_step,
    read_way_back,
    read_words,
    step_opened,
    steps_from,
    way_back,
    words_opened,
)
from api.forms.ties import person_meant
from api.forms.typed import Reading, TheTypedFields, Typed
from api.pages.desk import Desk, TheDesk
from api.pages.matters.files import Ending, file_of
from api.pages.status import Undo
from api.presenters.forms import FormShown, Option, refused, stale
from api.presenters.suggestions import Teller, shown_stage, sought_words, title_of
from api.presenters.words import address
from api.schemas.values import CodeAsked
from calendars.timezones import local_day
from models.enums import AnswerKind, MatterStatus
from outreach import fields, suggestion_board, suggestions
from outreach.documents.sheet import Sheet
from outreach.errors import Conflict, Fault, Invalid, OutreachError, Stale
from outreach.matters import suggestions_waiting
from outreach.permissions import Deed, expect, expect_somewhere, reach, seen
from outreach.suggestion_board import Card, Reply, Sought, Stage
from outreach.suggestions import SuggestionColumns, SuggestionView
from wording.sentences import say

SHOWN_IN_COLUMN: Final = 8
SHOWN_IN_LIST: Final = 50
IN_FILE: Final = 20_000

router = APIRouter(prefix="/suggestions")

Text = Annotated[str, Query(max_length=255)]
PageAsked = Annotated[int, Query(ge=1, le=1_000_000)]


def _sought(
    office: Text = "",
    person: Text = "",
    q: Text = "",
    stage: Text = "",
    late: Text = "",
    year: Text = "",
    reply: Text = "",
    since: Text = "",
) -> Sought:
    """What a list asks for; a form sends every field, so that an empty one asks for nothing."""
    faults: list[Fault] = []
    return Sought(
        office=office.strip() or None,
        person_code=person.strip() or None,
        words=q.strip() or None,
        stage=Stage(stage) if stage in list(Stage) else None,
        is_late=bool(late),
        answered_in=int(year) if year.isascii() and year.isdecimal() and 1900 <= int(year) <= 2999 else None,
        reply=Reply(reply) if reply in list(Reply) else None,
        fed_back_since=fields.collect(faults, "since", lambda: fields.day(since)) if since else None,
    )


TheSought = Annotated[Sought, Depends(_sought)]


@router.get("")
def board(desk: TheDesk, sought: TheSought) -> Response:
    """The stages side by side, due soonest first, under four figures of this year."""
    session, within, year = desk.session, desk.within, desk.today.year
    on_board = Sought(office=sought.office, person_code=sought.person_code, words=sought.words)
    shown = suggestion_board.board(
        session,
        on_board,
        within=within,
        today=desk.today,
        now=desk.now,
        zone=desk.zone,
        limit=SHOWN_IN_COLUMN,
    )
    waiting = suggestions_waiting(session, within, now=desk.now, limit=1)
    longest = local_day(waiting.first[0].due_at, desk.zone) - timedelta(1) if waiting.first else None
    this, last = (
        suggestion_board.answers(session, Sought(), year=each, within=within, zone=desk.zone)
        for each in (year, year - 1)
    )
    teller, unit = _teller(desk), desk.unit.code
    query = {**sought_words(on_board), "unit": unit}
    stage = shown_stage(shown, sought.stage)
    return desk.render(
        "matters/board.html",
        current="suggestions",
        board=shown,
        columns=teller.columns(shown, may_record=desk.may(Deed.RECORD), shown=stage, query=query),
        figures=teller.figures(this, last, waiting.count, longest, year=year, unit=unit),
        offices=suggestion_board.offices(session, within=within),
        sought=sought_words(sought),
        may_record=desk.may(Deed.RECORD),
        sheet=_sheet_addresses(on_board, unit),
        stage_addresses={
            each.value: address("/suggestions", **{**query, "stage": each.value}) for each in Stage
        },
    )


@router.get("/all")
def listed(desk: TheDesk, sought: TheSought, page: PageAsked = 1) -> Response:
    """The suggestions behind a figure or a stage, with their count."""
    count, cards = suggestion_board.found(
        desk.session,
        sought,
        within=desk.within,
        now=desk.now,
        zone=desk.zone,
        after=(page - 1) * SHOWN_IN_LIST,
        limit=SHOWN_IN_LIST + 1,
    )
    teller, told = _teller(desk), {**sought_words(sought), "unit": desk.unit.code}
    return desk.render(
        "matters/suggestions.html",
        current="suggestions",
        count=count,
        rows=[teller.card(card, may_record=desk.may(Deed.RECORD)) for card in cards[:SHOWN_IN_LIST]],
        stages={each.value: say(f"suggestions.stage_{each}", language=desk.language) for each in Stage},
        replies={each.value: say(f"suggestions.reply_{each}", language=desk.language) for each in Reply},
        offices=suggestion_board.offices(desk.session, within=desk.within),
        sought=sought_words(sought),
        before=address("/suggestions/all", **told, page=str(page - 1)) if page > 1 else "",
        more=address("/suggestions/all", **told, page=str(page + 1)) if len(cards) > SHOWN_IN_LIST else "",
        sheet=_sheet_addresses(sought, desk.unit.code),
        may_record=desk.may(Deed.RECORD),
    )


@router.get("/all.{ending}")
def sheet(desk: TheDesk, sought: TheSought, ending: Ending) -> Response:
    """The same list as a file, for whoever keeps the register; names stand in it only where that was allowed."""
    _, cards = suggestion_board.found(
        desk.session, sought, within=desk.within, now=desk.now, zone=desk.zone, limit=IN_FILE
    )
    return file_of(_register(cards, language=desk.language), ending, name="suggestions")


@router.get("/new")
def ask(desk: TheDesk, person: Text = "") -> Response:
    """An empty form."""
    expect_somewhere(desk.actor, Deed.RECORD)
    typed = words_opened(None, today=desk.today, unit="" if person else desk.unit.code, person=person)
    return _words_page(desk, None, FormShown(typed))


@router.post("/new")
def take_down(desk: TheDesk, form: TheTypedFields) -> Response:
    """Take a suggestion down."""
    expect_somewhere(desk.actor, Deed.RECORD)
    try:
        with desk.attempt():
            columns = _words(desk, form.last)
            raised = suggestions.raise_suggestion(
                desk.session, columns, by=desk.actor, today=desk.today, now=desk.now, zone=desk.zone
            )
    except (Invalid, Conflict) as error:
        return _words_page(desk, None, _wrong(desk, form.last, error), status=422)
    return desk.done(f"/suggestions/{raised.code}", "suggestions.taken_down", code=raised.code)


@router.get("/{code}")
def one(desk: TheDesk, code: CodeAsked, do: Text = "") -> Response:
    """One suggestion: its words, its clock, its story, and the form of the step that comes next."""
    view = _view(desk, code)
    return _page(desk, view, do=Doing(do) if do in list(Doing) else None)


@router.get("/{code}/edit")
def edit(desk: TheDesk, code: CodeAsked) -> Response:
    """The form of what was said, for a mistake in taking it down."""
    view = _view(desk, code)
    _expect_to_record(desk, view)
    return _words_page(desk, view, FormShown(words_opened(view, today=desk.today, unit="")))


@router.post("/{code}/edit")
def change(desk: TheDesk, code: CodeAsked, form: TheTypedFields) -> Response:
    """Keep what was said as it is told now; a form from an older version comes back with both."""
    before = _view(desk, code)
    try:
        with desk.attempt():
            columns = _words(desk, form.last, before)
            changed = _change(desk, code, StepTyped(columns, None, Reading(form.last).version()))
    except Stale:
        desk.session.expire_all()
        now = _view(desk, code)
        theirs = words_opened(now, today=desk.today, unit="")
        shown = stale(form.last, theirs, _labels(desk, WORDS_FIELDS), version=now.version)
        return _words_page(desk, now, shown, status=412)
    except (Invalid, Conflict) as error:
        return _words_page(desk, before, _wrong(desk, form.last, error), status=422)
    undo = Undo(
        f"/suggestions/{code}/edit",
        {**words_opened(before, today=desk.today, unit=""), "version": str(changed.version)},
    )
    return desk.done(f"/suggestions/{code}", "suggestions.words_kept", undo=undo, code=code)


@router.post("/{code}/restore")
def take_back(desk: TheDesk, code: CodeAsked, form: TheTypedFields) -> Response:
    """Undo a step: the columns that it changed are as they were, if nobody brought it on since."""
    try:
        told = read_way_back(form.last, today=desk.today)
        if told.version is None:
            raise Stale
        with desk.attempt():
            _change(desk, code, told)
    except (Invalid, Conflict) as error:
        return desk.not_done(f"/suggestions/{code}", error)
    return desk.done(f"/suggestions/{code}", "suggestions.undone", code=code)


@router.post("/{code}/{doing}")
def step(desk: TheDesk, code: CodeAsked, doing: Doing, form: TheTypedFields) -> Response:
    """Take a step; what was typed stays when something is wrong with it, and when somebody else was first."""
    before = _view(desk, code)
    stage = suggestion_board.card(desk.session, before.id, now=desk.now, zone=desk.zone).stage
    try:
        told = read_step(doing, form.last, stage, today=desk.today)
        with desk.attempt():
            if told.version not in (None, before.version):
                raise Stale
            if doing not in steps_from(stage):
                raise Conflict("suggestions.step_not_now")
            after = _take(desk, code, doing, told)
    except Stale:
        desk.session.expire_all()
        now = _view(desk, code)
        theirs = step_opened(doing, now, today=desk.today)
        known = {name: str(getattr(now, name, None) or theirs.get(name, "")) for name in FIELDS[doing]}
        shown = stale(form.last, known, _labels(desk, FIELDS[doing]), version=now.version)
        return _page(desk, now, do=doing, form=shown, status=412)
    except (Invalid, Conflict) as error:
        return _page(desk, before, do=doing, form=_wrong(desk, form.last, error), status=422)
    undo = None
    if doing is not Doing.CHASE:
        note = say("suggestions.undo_note", language=desk.language)
        back = way_back(before, told.columns, version=after.version, note=note)
        undo = Undo(f"/suggestions/{code}/restore", back)
    return desk.done(f"/suggestions/{code}", f"suggestions.done_{doing}", undo=undo, code=code)


def _take(desk: Desk, code: str, doing: Doing, told: StepTyped) -> SuggestionView:
    if doing is not Doing.CHASE:
        return _change(desk, code, told)
    return suggestions.chase(
        desk.session,
        code,
        told.note,
        by=desk.actor,
        today=desk.today,
        now=desk.now,
        zone=desk.zone,
        version=told.version,
    )


def _change(desk: Desk, code: str, told: StepTyped) -> SuggestionView:
    return suggestions.change_suggestion(
        desk.session,
        code,
        told.columns,
        by=desk.actor,
        today=desk.today,
        now=desk.now,
        zone=desk.zone,
        note=told.note,
        version=told.version,
    )


def _view(desk: Desk, code: str) -> SuggestionView:
    """Of all that one sees, whatever unit is looked at: links lead here from everywhere."""
    within = seen(desk.session, desk.actor, on=desk.today)
    return suggestions.suggestion(desk.session, code, within=within, now=desk.now, zone=desk.zone)


def _expect_to_record(desk: Desk, view: SuggestionView) -> None:
    card = suggestion_board.card(desk.session, view.id, now=desk.now, zone=desk.zone)
    expect(desk.session, desk.actor, Deed.RECORD, card.unit_id, on=desk.today)


def _words(desk: Desk, typed: Typed, before: SuggestionView | None = None) -> SuggestionColumns:
    """The words of the form with whom it means; raises Invalid with every fault."""
    reading = Reading(typed)
    columns = read_words(reading, today=desk.today)
    columns["person_code"] = None
    if meant := typed.get("person_code", "").strip():
        within = seen(desk.session, desk.actor, on=desk.today)
        try:
            columns["person_code"] = (
                meant
                if before is not None and meant == before.person_code
                else person_meant(desk.session, meant, "person_code", within=within, today=desk.today)
            )
        except Invalid as wrong:
            reading.faults += wrong.faults
    reading.expect_none()
    return columns


def _wrong(desk: Desk, typed: Typed, error: OutreachError) -> FormShown:
    return refused(typed, error, language=desk.language)


def _labels(desk: Desk, names: Sequence[str]) -> dict[str, str]:
    return {name: say(f"suggestions.field_{name}", language=desk.language) for name in names}


def _page(
    desk: Desk,
    view: SuggestionView,
    *,
    do: Doing | None = None,
    form: FormShown | None = None,
    status: int = 200,
) -> Response:
    card = suggestion_board.card(desk.session, view.id, now=desk.now, zone=desk.zone)
    may_record = desk.reaches(Deed.RECORD, card.unit_id)
    steps = steps_from(card.stage) if may_record else ()
    teller = _teller(desk)
    if do is None and form is None:
        do = next((each for each in steps if each is not Doing.BACK), None)
    if form is None and do in steps:
        form = FormShown(step_opened(do, view, today=desk.today))
    return desk.render(
        "matters/suggestion.html",
        current="suggestions",
        status=status,
        view=view,
        card=teller.card(card, may_record=may_record),
        title=title_of(view.text),
        person=card.person_name,
        unit=card.unit_name,
        raised=teller.day(view.raised_on),
        sent=teller.day(view.sent_on),
        due=teller.day(view.due_on),
        answered=teller.day(view.answered_on),
        told=teller.day(view.fed_back_on),
        how_told=teller.how_told(view.steps),
        answer_kind=teller.answer_kind(view.answer_kind),
        stages=teller.stages(card, view),
        chases=teller.chases(view.steps),
        story=teller.story(view.steps),
        heard_at=suggestion_board.heard_at(desk.session, view.id),
        is_in_error=view.status is MatterStatus.IN_ERROR,
        may_record=may_record and view.status is not MatterStatus.IN_ERROR,
        steps=[each.value for each in steps],
        do=do.value if do is not None and (do in steps or form is not None) else "",
        form=form,
        kinds=[
            Option(kind.value, say(f"suggestions.kind_{kind}", language=desk.language)) for kind in AnswerKind
        ],
    )


def _words_page(desk: Desk, view: SuggestionView | None, form: FormShown, *, status: int = 200) -> Response:
    record = reach(desk.session, desk.actor, Deed.RECORD, on=desk.today)
    return desk.render(
        "matters/suggestion_words.html",
        current="suggestions",
        status=status,
        code=None if view is None else view.code,
        form=form,
        units=[
            Option(each.code, "\u3000" * each.depth + each.name)
            for each in desk.switch.choices
            if each.id in record
        ],
        names=[
            Option(value, say(f"suggestions.named_{value or 'unasked'}", language=desk.language))
            for value in ("yes", "no", "")
        ],
    )


def _teller(desk: Desk) -> Teller:
    return Teller(desk.today, desk.language)


def _sheet_addresses(sought: Sought, unit: str) -> dict[str, str]:
    told = {**sought_words(sought), "unit": unit}
    return {ending: address(f"/suggestions/all.{ending}", **told) for ending in ("xlsx", "csv")}


def _register(cards: Sequence[Card], *, language: str) -> Sheet:
    """How each was dealt with, as the office files it. A name goes out only with leave."""
    columns = (
        "code",
        "raised_on",
        "text",
        "person_code",
        "unit_code",
        "stage",
        "sent_to",
        "sent_on",
        "due_on",
        "answered_on",
        "answer_kind",
        "fed_back_on",
    )
    return Sheet(
        title=say("suggestions.register", language=language),
        header=[say(f"suggestions.field_{name}", language=language) for name in columns],
        rows=[
            (
                card.code,
                card.raised_on,
                card.text,
                card.person_name if card.may_be_named else None,
                card.unit_name,
                "" if card.stage is None else say(f"suggestions.stage_{card.stage}", language=language),
                card.sent_to,
                card.sent_on,
                card.due_on,
                card.answered_on,
                ""
                if card.answer_kind is None
                else say(f"suggestions.kind_{card.answer_kind}", language=language),
                card.fed_back_on,
            )
            for card in cards
        ],
    )
