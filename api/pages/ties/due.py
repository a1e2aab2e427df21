"""Whom to visit: what is due, put together into rounds."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, time
from typing import Annotated, Final

from fastapi import APIRouter, Form, Query
from starlette.responses import Response

from api.forms.ties import made_of, made_text, people_meant, stop_text, stops_of, words_of
from api.forms.typed import Reading, TheTypedFields, Typed
from api.pages.desk import Desk, LookDesk, TheDesk
from api.pages.status import Undo
from api.pages.ties.refusals import not_done
from api.presenters.forms import FormShown, refused
from api.presenters.ties.due import Rights, candidates, due_page, due_row, list_address
from models.base import ActivityId
from outreach import assignment, fields, holidays, rounds
from outreach.assignment import Ranking
from outreach.assignment.needs import places_needed
from outreach.due_visits import DueVisit, due_visits, open_visits_of
from outreach.errors import Conflict, Invalid, NotFound, Stale, invalid
from outreach.permissions import Deed, reach
from outreach.rounds import MOST_VISITS, Stop
from wording import days as day_words
from wording.names import joined_up_to

SHOWN: Final = 50
CANDIDATES_SHOWN: Final = 8
AHEAD: Final = ("0", "14", "30")
"""How many days ahead may be looked."""
USUAL_MINUTES: Final = 40
USUAL_TIME: Final = time(9)

router = APIRouter()

Code = Annotated[str | None, Query(max_length=64)]
Chosen = Annotated[list[str] | None, Query()]
Text = Annotated[str, Form(max_length=4000)]


@router.get("/people/due")
def due(
    desk: TheDesk,
    through: Annotated[str, Query(max_length=2)] = "0",
    campaign: Code = None,
    after: Annotated[str | None, Query(max_length=40)] = None,
) -> Response:
    """Those due longest first, by the units they belong to."""
    through = through if through in AHEAD else "0"
    found = due_visits(
        desk.session,
        desk.within,
        today=desk.today,
        through=date.fromordinal(desk.today.toordinal() + int(through)),
        campaign_code=campaign or None,
        after=_after(after),
        limit=SHOWN + 1,
    )
    page = due_page(
        found,
        _rights(desk),
        campaign=campaign,
        shown=SHOWN,
        today=desk.today,
        zone=desk.zone,
        language=desk.language,
    )
    return desk.render(
        "ties/due.html",
        current="due",
        page=page,
        unit=desk.unit,
        through=through,
        ahead=AHEAD,
        campaign=campaign or "",
        at=list_address,
        is_first=not after,
        most=MOST_VISITS,
    )


@router.get("/people/due/round")
def ask(desk: TheDesk, visit: Chosen = None) -> Response:
    """The round that the chosen visits make on the next working day, and who could go then."""
    stops = stops_of(visit or [])
    found = _chosen(desk, stops)
    day = holidays.workdays(desk.session).shift_workdays(desk.today, 1)
    typed = {
        "day": day.isoformat(),
        "first_at": USUAL_TIME.isoformat("minutes"),
        "minutes": str(USUAL_MINUTES),
    }
    ranking, form = None, FormShown(typed)
    try:
        if len(found) != len(stops) or not stops:
            form = refused(typed, _fault_of(stops), language=desk.language)
        if found:
            ranking = _ranking_on(desk, found[0], _Read(day, USUAL_TIME, USUAL_MINUTES, ()))
    except (Invalid, Conflict) as error:
        form = refused(typed, error, language=desk.language)
    return _round_page(desk, found, form, ranking, _proposed(desk, found, ranking))


@router.post("/people/due/round/look")
def look(desk: LookDesk, sent: TheTypedFields) -> Response:
    """Who could go on the day that was typed: as if the first visit were there."""
    stops = stops_of(sent.all("visit"))
    found = _chosen(desk, stops)
    ranking, form = None, FormShown(sent.last)
    try:
        read = _read(desk, sent.last, sent.all("person"))
        if found:
            ranking = _ranking_on(desk, found[0], read)
    except (Invalid, Conflict) as error:
        form = refused(sent.last, error, language=desk.language)
    chosen = sent.all("person") or _proposed(desk, found, ranking)
    return _round_page(desk, found, form, ranking, chosen, status=422 if form.faults else 200)


@router.post("/people/due/round")
def make(desk: TheDesk, sent: TheTypedFields) -> Response:
    """Put the visits on the day, ask the people, and offer the way back."""
    stops = stops_of(sent.all("visit"))
    people = sent.all("person")
    found = _chosen(desk, stops)
    try:
        read = _read(desk, sent.last, people)
        with desk.attempt():
            made = _make(desk, _in_order(found, stops), read, people=read.people)
    except Stale:
        form = FormShown(sent.last, theirs=())
        return _round_page(desk, found, form, None, people, status=412)
    except (Invalid, Conflict) as error:
        form = refused(sent.last, error, language=desk.language)
        status = 422 if isinstance(error, Invalid) else 409
        return _round_page(desk, found, form, None, people, status=status)
    names = joined_up_to([each.person_name for each in found], shown=3, unit="people", language=desk.language)
    day = day_words.day(read.day, today=desk.today, language=desk.language)
    return desk.done(
        "/people/due",
        "ties.round_made",
        undo=Undo("/people/due/round/undo", made_text(made)),
        day=day,
        names=names,
    )


@router.post("/people/due/round/undo")
def undo(desk: TheDesk, visits: Text, people: Text = "") -> Response:
    """Let every visit of a round stand as it stood before."""
    try:
        with desk.attempt():
            rounds.take_apart(
                desk.session,
                made_of(visits, people),
                by=desk.actor,
                today=desk.today,
                now=desk.now,
                zone=desk.zone,
            )
    except (Invalid, Conflict) as error:
        return not_done(desk, "/people/due", error)
    return desk.done("/people/due", "ties.round_undone")


@dataclass(frozen=True, slots=True)
class _Read:
    """What the form of a round says."""

    day: date
    first_at: time | None
    minutes: int
    people: Sequence[str]


def _read(desk: Desk, typed: Typed, people: Sequence[str]) -> _Read:
    reading = Reading(typed)
    day = reading.needed("day", fields.day)
    first_at = reading.clock_time("first_at")
    minutes = reading.whole("minutes", least=5, most=480) or USUAL_MINUTES
    others: list[str] = []
    try:
        within = reach(desk.session, desk.actor, Deed.SEE, on=desk.today)
        words = words_of(typed.get("others", ""))
        others = people_meant(desk.session, words, "others", within=within, today=desk.today)
    except Invalid as wrong:
        reading.faults += wrong.faults
    reading.expect_none()
    assert day is not None, "a day that is missing is a fault"
    return _Read(day, first_at, minutes, list(dict.fromkeys([*people, *others])))


def _make(desk: Desk, stops: Sequence[Stop], read: _Read, *, people: Sequence[str]) -> Sequence[rounds.Made]:
    return rounds.make_round(
        desk.session,
        stops,
        day=read.day,
        first_at=read.first_at,
        minutes=read.minutes,
        people=people,
        by=desk.actor,
        today=desk.today,
        now=desk.now,
        zone=desk.zone,
    )


def _chosen(desk: Desk, stops: Sequence[Stop]) -> Sequence[DueVisit]:
    """The visits of a round in the order in which they are made: unit by unit, street by street."""
    sees = reach(desk.session, desk.actor, Deed.SEE, on=desk.today)
    ids = [each.activity_id for each in stops[: MOST_VISITS + 1]]
    found = open_visits_of(desk.session, ids, sees, today=desk.today)
    if any(each.unit_id not in sees for each in found):
        raise NotFound
    return sorted(found, key=lambda each: (each.home_name or "", each.address or "", each.due_on))


def _in_order(found: Sequence[DueVisit], stops: Sequence[Stop]) -> Sequence[Stop]:
    """The visits as they were chosen, in the order of the round; one that is no longer due says so itself."""
    order = {each.activity_id: place for place, each in enumerate(found)}
    return sorted(stops, key=lambda each: order.get(each.activity_id, len(order)))


def _fault_of(stops: Sequence[Stop]) -> Invalid:
    """Why these make no round."""
    if not stops:
        return invalid("visit", "ties.nobody_chosen")
    if len(stops) > MOST_VISITS:
        return invalid("visit", "ties.too_many_for_a_round", most=MOST_VISITS)
    return invalid("visit", "ties.some_are_over")


def _ranking_on(desk: Desk, first: DueVisit, read: _Read) -> Ranking | None:
    """Who could go to the first visit if it were then; None where the program proposes nobody."""
    when = rounds.when_first(
        day=read.day,
        first_at=read.first_at,
        minutes=read.minutes,
        today=desk.today,
        zone=desk.zone,
    )
    try:
        return assignment.ranked(
            desk.session,
            first.activity_id,
            by=desk.actor,
            today=desk.today,
            zone=desk.zone,
            now=desk.now,
            limit=CANDIDATES_SHOWN,
            when=when,
        )
    except Conflict:
        return None


def _proposed(desk: Desk, found: Sequence[DueVisit], ranking: Ranking | None) -> list[str]:
    """Who is ticked before anybody chose: those who are paired; else the best, as many as the first visit lacks."""
    paired = {partner.code for each in found for partner in each.partners}
    if paired or ranking is None:
        return sorted(paired)
    first = found[0]
    needed = places_needed(desk.session, {first.activity_id: first.campaign_id}).get(first.activity_id, {})
    lacking = sum(needed.values()) - len(first.people)
    return [each.code for each in ranking.candidates[: max(0, lacking)]]


def _round_page(
    desk: Desk,
    found: Sequence[DueVisit],
    form: FormShown,
    ranking: Ranking | None,
    chosen: Sequence[str],
    *,
    status: int = 200,
) -> Response:
    rights = _rights(desk)
    shown = candidates(found, ranking, chosen, today=desk.today, language=desk.language)
    return desk.render(
        "ties/round.html",
        current="due",
        status=status,
        rows=[
            due_row(each, rights, today=desk.today, zone=desk.zone, language=desk.language) for each in found
        ],
        stops=[stop_text(each.activity_id, each.version) for each in found],
        form=_keeping(form, [code for code in chosen if code not in {each.code for each in shown}]),
        candidates=shown,
        first_day=desk.today.isoformat(),
    )


def _keeping(form: FormShown, chosen: Sequence[str]) -> FormShown:
    """The form with those who were ticked and stand in no list of this page among the others: nobody is lost."""
    if not chosen:
        return form
    others = [*words_of(form.typed.get("others", "")), *chosen]
    return replace(form, typed={**form.typed, "others": "; ".join(dict.fromkeys(others))})


def _rights(desk: Desk) -> Rights:
    return Rights(
        *(reach(desk.session, desk.actor, deed, on=desk.today) for deed in (Deed.SEE, Deed.RECORD, Deed.PLAN))
    )


def _after(text: str | None) -> tuple[date, ActivityId] | None:
    if not text:
        return None
    day, _, number = text.partition(".")
    if not (number.isascii() and number.isdecimal() and len(number) < 19):
        raise NotFound
    try:
        return date.fromisoformat(day), ActivityId(int(number))
    except ValueError:
        raise NotFound from None
