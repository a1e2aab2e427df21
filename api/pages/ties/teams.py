"""Teams: who is in them and who carries how much, joining, changing and leaving, posts with their terms."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Final

from fastapi import APIRouter, Form, Query
from starlette.responses import Response

from api.forms.ties import (
    MOST_AT_ONCE,
    expect_chosen,
    moved_of,
    moved_text,
    people_meant,
    person_meant,
    words_of,
)
from api.forms.typed import Reading, TheTypedFields, Typed
from api.pages.desk import Desk, TheDesk
from api.pages.status import Undo
from api.pages.ties.refusals import not_done
from api.presenters.forms import FormShown, refused, stale, unit_options
from api.presenters.ties.teams import means, member_rows, place_rows, post_rows
from api.presenters.words import address
from models import Team, Tie
from models.base import ActivityId
from outreach import activities, fields, posts, team_moves, teams
from outreach.codes import fresh
from outreach.errors import Conflict, Fault, Forbidden, Invalid, NotFound, invalid
from outreach.permissions import Deed, reach, seen
from outreach.posts import PostColumns, PostsAsked
from outreach.team_moves import Moved
from outreach.team_register import TeamAtWork, coming_places, team_at_work, team_list
from outreach.teams import TeamColumns, TeamView
from wording.names import joined_up_to
from wording.sentences import say

SHOWN: Final = 50
MEMBERS_SHOWN: Final = 50
POSTS_SHOWN: Final = 50
PLACES_SHOWN: Final = 10
LONGEST_UNDO: Final = 1_500
AT: Final = "/teams"

router = APIRouter()

Word = Annotated[str, Query(max_length=64)]
Codes = Annotated[list[str] | None, Query()]
Text = Annotated[str, Form(max_length=20_000)]


@router.get(AT)
def show(desk: TheDesk, q: Word = "", after: Word = "") -> Response:
    """The teams by name."""
    found = team_list(
        desk.session, within=desk.within, today=desk.today, words=q, after=after or None, limit=SHOWN
    )
    return desk.render(
        "ties/teams.html",
        current="teams",
        teams=found.lines,
        count=found.count,
        words=q,
        unit=desk.unit,
        next=found.next and address(AT, q=q, after=found.next),
        is_first=not after,
        may_plan=desk.may(Deed.PLAN),
    )


@router.get("/teams/new")
def new(desk: TheDesk) -> Response:
    """The form of a new team."""
    _expect_planner(desk)
    return _new_form(desk, FormShown({"unit": desk.unit.code}))


@router.post("/teams/new")
def form_team(desk: TheDesk, sent: TheTypedFields) -> Response:
    """Form the team, with its first members."""
    _expect_planner(desk)
    try:
        told = _told(desk, sent.last)
        told["code"] = sent.last.get("code", "").strip() or _fresh_code(desk)
        fields.code(told["code"])
        with desk.attempt():
            made = teams.form_team(desk.session, told, by=desk.actor, today=desk.today, now=desk.now)
    except fields.BadValue as bad:
        form = refused(sent.last, invalid("code", bad.key, **bad.values), language=desk.language)
        return _new_form(desk, form, status=422)
    except (Invalid, Conflict) as error:
        form = refused(sent.last, _renamed(error), language=desk.language)
        return _new_form(desk, form, status=422 if isinstance(error, Invalid) else 409)
    return desk.done(f"{AT}/{made.code}", "ties.team_formed", name=made.name)


@router.post("/teams/undo")
def undo(desk: TheDesk, moved: Text, back: Text = AT) -> Response:
    """Take back that people joined, changed or left."""
    there = f"{AT}/{back}" if fields.is_code(back) else AT
    try:
        with desk.attempt():
            team_moves.undo(desk.session, moved_of(moved), by=desk.actor, today=desk.today, now=desk.now)
    except (Invalid, Conflict) as error:
        return not_done(desk, there, error)
    return desk.done(there, "ties.members_undone")


@router.get("/teams/{code}")
def one(desk: TheDesk, code: str, everybody: Word = "") -> Response:
    """A team with those in it who went most, or with everybody."""
    view = _view(desk, code)
    return _page(desk, view, shown=len(view.members) if everybody else MEMBERS_SHOWN)


@router.post("/teams/{code}")
def change(desk: TheDesk, code: str, sent: TheTypedFields) -> Response:
    """Rename it, let somebody else lead it, or let it belong to another unit from today on."""
    before = _typed_of(_view(desk, code))
    typed = sent.last
    if typed.get("stood", before["stood"]) != before["stood"]:
        labels = {name: say(f"ties.{name}", language=desk.language) for name in ("name", "unit", "leader")}
        form = stale(typed, before, labels, version=0)
        form = FormShown({**typed, "stood": before["stood"]}, theirs=form.theirs)
        return _page(desk, _view(desk, code), changing=form, status=412)
    try:
        told = _told(desk, typed)
        with desk.attempt():
            after = teams.change_team(desk.session, code, told, by=desk.actor, today=desk.today, now=desk.now)
    except (Invalid, Conflict) as error:
        form = refused(typed, _renamed(error), language=desk.language)
        return _page(desk, _view(desk, code), changing=form, status=_status(error))
    return desk.done(f"{AT}/{code}", "ties.team_changed", name=after.name)


@router.post("/teams/{code}/join")
def join(desk: TheDesk, code: str, sent: TheTypedFields) -> Response:
    """Let several people be in the team, from a day on or for a term."""
    view = _view(desk, code)
    try:
        reading = Reading(sent.last)
        words = words_of(reading.needed("people", fields.text) or "")
        since = reading.needed("since", fields.day)
        until = reading.day("until")
        reading.expect_none()
        assert since is not None, "a day that is missing is a fault"
        within = seen(desk.session, desk.actor, on=desk.today)
        people = people_meant(desk.session, words, "people", within=within, today=desk.today)
        with desk.attempt():
            moved = team_moves.join(
                desk.session,
                code,
                people,
                since=since,
                until=until,
                by=desk.actor,
                today=desk.today,
                now=desk.now,
            )
    except (Invalid, Conflict) as error:
        form = refused(sent.last, error, language=desk.language)
        return _page(desk, view, joining=form, status=_status(error))
    return desk.done(
        f"{AT}/{code}",
        "ties.joined",
        undo=_undo(moved, code),
        count=str(len(moved.joined)),
        team=view.name,
    )


@router.get("/teams/{code}/members")
def choose(desk: TheDesk, code: str, person: Codes = None) -> Response:
    """Those chosen, with what they are asked to, before they change or leave."""
    view = _view(desk, code)
    _expect_planner_of(desk, view)
    people = _of_team(view, person or [])
    typed = {"since": desk.today.isoformat(), "last_day": desk.today.isoformat()}
    form = FormShown(typed)
    try:
        expect_chosen("person", person or [], found=len(people), none="ties.no_member_chosen")
    except Invalid as error:
        form = refused(typed, error, language=desk.language)
    return _leaving_page(desk, view, people, form)


@router.post("/teams/{code}/members")
def move_or_leave(desk: TheDesk, code: str, sent: TheTypedFields) -> Response:
    """Let those chosen change to another team, or leave; what they give up goes to the next best."""
    view = _view(desk, code)
    _expect_planner_of(desk, view)
    people = _of_team(view, sent.all("person"))
    try:
        expect_chosen("person", sent.all("person"), found=len(people), none="ties.no_member_chosen")
        with desk.attempt():
            if sent.last.get("do") == "move":
                moved, key, values = _move(desk, view, list(people), sent.last)
            else:
                moved, key, values = _leave(desk, view, list(people), sent.last)
            _give_up(desk, sent.all("give_up"))
    except (Invalid, Conflict) as error:
        form = refused(sent.last, error, language=desk.language)
        return _leaving_page(desk, view, people, form, status=_status(error))
    names = joined_up_to(list(people.values()), shown=3, unit="people", language=desk.language)
    return desk.done(f"{AT}/{code}", key, undo=_undo(moved, code), names=names, **values)


@router.post("/teams/{code}/posts")
def appoint(desk: TheDesk, code: str, sent: TheTypedFields) -> Response:
    """Give somebody a post in the team."""
    view = _view(desk, code)
    try:
        with desk.attempt():
            told = post_told(desk, sent.last)
            told["team_code"] = code
            made = posts.appoint(desk.session, told, by=desk.actor, today=desk.today, now=desk.now)
    except (Invalid, Conflict) as error:
        form = refused(sent.last, _renamed(error), language=desk.language)
        return _page(desk, view, appointing=form, status=_status(error))
    return desk.done(f"{AT}/{code}", "ties.appointed", name=made.person_name, post=made.post)


@router.post("/posts/{code}/end")
def end_post(desk: TheDesk, code: str) -> Response:
    """Let a post end today; undone, it lasts as long as before."""
    before = posts.post(desk.session, code, within=seen(desk.session, desk.actor, on=desk.today))
    try:
        change_until(desk, code, desk.today)
    except (Invalid, Conflict) as error:
        return not_done(desk, _place_of(before), error)
    undo_it = Undo(f"/posts/{code}/reopen", {"until": _iso(before.until)})
    return desk.done(_place_of(before), "ties.post_ended", undo=undo_it, post=before.post)


@router.post("/posts/{code}/reopen")
def reopen_post(desk: TheDesk, code: str, until: Annotated[str, Form(max_length=10)] = "") -> Response:
    """Let a post last as long as it did."""
    before = posts.post(desk.session, code, within=seen(desk.session, desk.actor, on=desk.today))
    try:
        reading = Reading({"until": until})
        last = reading.day("until")
        reading.expect_none()
        change_until(desk, code, last)
    except (Invalid, Conflict) as error:
        return not_done(desk, _place_of(before), error)
    return desk.done(_place_of(before), "ties.post_reopened", post=before.post)


def change_until(desk: Desk, code: str, until: date | None) -> None:
    told: PostColumns = {"until": until}
    with desk.attempt():
        posts.change_post(desk.session, code, told, by=desk.actor, today=desk.today, now=desk.now)


def post_told(desk: Desk, typed: Typed) -> PostColumns:
    """What the form of a post says, but for its place; raises Invalid with every fault."""
    reading = Reading(typed)
    post = reading.needed("post", fields.name)
    word = reading.needed("holder", fields.text)
    since = reading.needed("post_since", fields.day)
    until = reading.day("post_until")
    holder = ""
    if word:
        within = seen(desk.session, desk.actor, on=desk.today)
        try:
            holder = person_meant(desk.session, word, "holder", within=within, today=desk.today)
        except Invalid as wrong:
            reading.faults += wrong.faults
    reading.expect_none()
    assert post is not None, "what is missing is a fault"
    assert since is not None, "what is missing is a fault"
    return {
        "code": fresh(desk.session, Tie.code, Tie.id, prefix="ZW-"),
        "post": post,
        "person_code": holder,
        "since": since,
        "until": until,
    }


# What they have in common


def _move(
    desk: Desk, view: TeamAtWork, people: Sequence[str], typed: Typed
) -> tuple[Moved, str, Mapping[str, str]]:
    reading = Reading(typed)
    to = reading.needed("to", fields.text)
    since = reading.needed("since", fields.day)
    reading.expect_none()
    assert since is not None, "a day that is missing is a fault"
    target = _team_meant(desk, to or "")
    moved = team_moves.move(
        desk.session,
        view.code,
        people,
        target.code,
        since=since,
        by=desk.actor,
        today=desk.today,
        now=desk.now,
    )
    return moved, "ties.members_moved", {"team": target.name}


def _leave(
    desk: Desk, view: TeamAtWork, people: Sequence[str], typed: Typed
) -> tuple[Moved, str, Mapping[str, str]]:
    reading = Reading(typed)
    last_day = reading.needed("last_day", fields.day)
    reading.expect_none()
    assert last_day is not None, "a day that is missing is a fault"
    moved = team_moves.leave(
        desk.session,
        view.code,
        people,
        last_day=last_day,
        by=desk.actor,
        today=desk.today,
        now=desk.now,
    )
    return moved, "ties.members_left", {"team": view.name}


def _give_up(desk: Desk, texts: Sequence[str]) -> None:
    """Withdraw people from what they give up: `person:activity` each."""
    given: dict[str, list[ActivityId]] = {}
    for text in texts:
        person, _, number = text.rpartition(":")
        if not (number.isascii() and number.isdecimal() and len(number) < 19):
            raise NotFound
        given.setdefault(person, []).append(ActivityId(int(number)))
    how: activities.Circumstances = {
        "by": desk.actor,
        "today": desk.today,
        "now": desk.now,
        "zone": desk.zone,
    }
    for person, activity_ids in given.items():
        team_moves.give_places_up(desk.session, person, activity_ids, **how)


def _team_meant(desk: Desk, word: str) -> TeamView:
    """The team of a code or a whole name; raises Invalid for none and for several."""
    within = seen(desk.session, desk.actor, on=desk.today)
    found = [
        each
        for each in teams.teams(desk.session, within=within, today=desk.today, words=word, limit=50)
        if word in (each.code, each.name)
    ]
    if len(found) != 1:
        raise invalid("to", "ties.no_such_team", name=word)
    return found[0]


def _told(desk: Desk, typed: Typed) -> TeamColumns:
    """What the form of a team says; raises Invalid with every fault."""
    reading = Reading(typed)
    within = seen(desk.session, desk.actor, on=desk.today)
    told: TeamColumns = {
        "name": reading.needed("name", fields.name) or "",
        "unit_code": reading.needed("unit", fields.text) or "",
        "kind": reading.said("kind", fields.free_kind),
        "leader_code": None,
        "confirms_members": reading.is_ticked("confirms"),
    }
    if leader := reading.text("leader"):
        try:
            told["leader_code"] = person_meant(
                desk.session, leader, "leader", within=within, today=desk.today
            )
        except Invalid as wrong:
            reading.faults += wrong.faults
    if "members" in typed:
        try:
            told["members"] = people_meant(
                desk.session, words_of(typed["members"]), "members", within=within, today=desk.today
            )
        except Invalid as wrong:
            reading.faults += wrong.faults
    reading.expect_none()
    return told


def _renamed(error: Invalid | Conflict) -> Invalid | Conflict:
    """Faults by the names of the form's own fields."""
    if not isinstance(error, Invalid):
        return error
    names = {
        "unit_code": "unit",
        "leader_code": "leader",
        "person_code": "holder",
        "since": "post_since",
        "until": "post_until",
    }
    return Invalid([Fault(names.get(each.field, each.field), each.key, each.values) for each in error.faults])


def _page(
    desk: Desk,
    view: TeamAtWork,
    *,
    changing: FormShown | None = None,
    joining: FormShown | None = None,
    appointing: FormShown | None = None,
    status: int = 200,
    shown: int = MEMBERS_SHOWN,
) -> Response:
    sees = seen(desk.session, desk.actor, on=desk.today)
    held = posts.posts(
        desk.session,
        PostsAsked(team_code=view.code, active=True),
        within=sees,
        today=desk.today,
        limit=POSTS_SHOWN,
    )
    today = {"since": desk.today.isoformat(), "post_since": desk.today.isoformat()}
    return desk.render(
        "ties/team.html",
        current="teams",
        status=status,
        team=view,
        leader="" if view.leader is None else view.leader.name,
        members=member_rows(view, today=desk.today, language=desk.language, limit=shown),
        everybody=address(f"{AT}/{view.code}", everybody="yes") if len(view.members) > shown else "",
        means=means(view),
        posts=post_rows(held, today=desk.today, language=desk.language),
        changing=changing or FormShown(_typed_of(view)),
        joining=joining or FormShown(today),
        appointing=appointing or FormShown(today),
        is_changing=changing is not None,
        is_joining=joining is not None,
        is_appointing=appointing is not None,
        units=unit_options(desk.switch.choices),
        may_plan=_may_plan(desk, view),
    )


def _leaving_page(
    desk: Desk, view: TeamAtWork, people: Mapping[str, str], form: FormShown, *, status: int = 200
) -> Response:
    coming = coming_places(
        desk.session, view.id, list(people), after=desk.today, limit=PLACES_SHOWN * MOST_AT_ONCE
    )
    return desk.render(
        "ties/team_members.html",
        current="teams",
        status=status,
        team=view,
        people=people,
        places={
            code: place_rows(coming.get(code, ()), today=desk.today, language=desk.language)
            for code in people
        },
        form=form,
    )


def _new_form(desk: Desk, form: FormShown, *, status: int = 200) -> Response:
    return desk.render(
        "ties/team_new.html",
        current="teams",
        status=status,
        form=form,
        units=unit_options(desk.switch.choices),
    )


def _of_team(view: TeamAtWork, codes: Sequence[str]) -> Mapping[str, str]:
    """Of those named, the members of the team today, with their names."""
    named = set(list(dict.fromkeys(codes))[:MOST_AT_ONCE])
    return {each.code: each.name for each in view.members if each.code in named}


def _view(desk: Desk, code: str) -> TeamAtWork:
    within = seen(desk.session, desk.actor, on=desk.today)
    return team_at_work(desk.session, code, within=within, today=desk.today)


def _typed_of(view: TeamAtWork) -> dict[str, str]:
    typed = {
        "name": view.name,
        "kind": view.kind,
        "unit": view.unit_code,
        "leader": "" if view.leader is None else view.leader.code,
        "confirms": "yes" if view.confirms_members else "",
    }
    return {**typed, "stood": "|".join(typed.values())}


def _fresh_code(desk: Desk) -> str:
    return fresh(desk.session, Team.code, Team.id, prefix="DW-")


def _undo(moved: Moved, back: str) -> Undo | None:
    """The way back, as long as the cookie that it travels in can carry it."""
    text = moved_text(moved)
    return Undo("/teams/undo", {"moved": text, "back": back}) if len(text) <= LONGEST_UNDO else None


def _place_of(post: posts.PostView) -> str:
    return f"{AT}/{post.team_code}" if post.team_code else f"/units/{post.unit_code}"


def _status(error: Invalid | Conflict) -> int:
    return 422 if isinstance(error, Invalid) else 409


def _iso(day: date | None) -> str:
    return "" if day is None else day.isoformat()


def _may_plan(desk: Desk, team: TeamAtWork) -> bool:
    return team.unit_id in reach(desk.session, desk.actor, Deed.PLAN, on=desk.today)


def _expect_planner(desk: Desk) -> None:
    if not desk.may(Deed.PLAN):
        raise Forbidden


def _expect_planner_of(desk: Desk, team: TeamAtWork) -> None:
    if not _may_plan(desk, team):
        raise Forbidden
