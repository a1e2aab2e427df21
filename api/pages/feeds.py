"""Feeds: who follows which calendar, a new link with its card, and the end of one."""

from typing import Annotated, Final

from fastapi import APIRouter, Query
from starlette.responses import Response

from api.forms.typed import Reading, TheTypedFields, Typed
from api.pages.desk import Desk, TheDesk
from api.presenters.feeds import examples, feed_lines, kind_options, qr_code
from api.presenters.forms import FormShown, refused
from api.presenters.words import address
from api.versions import id_of
from models.base import SubscriptionId
from models.enums import Privacy
from outreach import subscriptions
from outreach.errors import Conflict, Forbidden, Invalid, NotFound
from outreach.feed_readers import readings_of
from outreach.feed_scopes import ScopeKind, scope_of_words
from outreach.permissions import Deed, expect_somewhere, reach, seen
from outreach.subscriptions import Issued, SubscriptionView

SHOWN: Final = 50

router = APIRouter()

Code = Annotated[str, Query(max_length=64)]


@router.get("/feeds")
def feeds(desk: TheDesk, after: Annotated[int, Query(ge=0, le=2**63 - 1)] = 0) -> Response:
    """The feeds in force within one's rights, with the programs that read them."""
    found = subscriptions.subscriptions(
        desk.session, within=desk.within, today=desk.today, after=after, limit=SHOWN + 1
    )
    shown = found[:SHOWN]
    return desk.render(
        "feeds/feeds.html",
        current="feeds",
        lines=feed_lines(
            shown,
            readings_of(desk.session, [each.id for each in shown]),
            now=desk.now,
            today=desk.today,
            zone=desk.zone,
            language=desk.language,
        ),
        more=address("/feeds", after=str(shown[-1].id)) if len(found) > SHOWN else "",
        may_plan=desk.may(Deed.PLAN),
    )


@router.get("/feeds/new")
def ask(
    desk: TheDesk, person: Code = "", team: Code = "", unit_code: Code = "", campaign: Code = ""
) -> Response:
    """For whom, and how much of it they see; other pages lead here with somebody or something chosen."""
    expect_somewhere(desk.actor, Deed.PLAN)
    asked = {"person": person, "team": team, "unit": unit_code, "campaign": campaign}
    kind, who = next(((kind, code) for kind, code in asked.items() if code), ("unit", desk.unit.code))
    return _form(desk, FormShown({"kind": kind, "who": who, "privacy": ""}))


@router.post("/feeds")
def issue(desk: TheDesk, form: TheTypedFields) -> Response:
    """Make the link and show it: on this page alone, for it is kept nowhere."""
    expect_somewhere(desk.actor, Deed.PLAN)
    try:
        with desk.attempt():
            issued = _issue(desk, form.last)
    except (Invalid, Conflict) as error:
        return _form(desk, refused(form.last, error, language=desk.language), status=422)
    links = subscriptions.links(issued, public_url=desk.office.settings.public_url)
    return desk.render(
        "feeds/issued.html",
        current="feeds",
        links=links,
        qr=qr_code(links.webcal),
        label=form.last.get("label", "").strip() or form.last.get("who", "").strip(),
    )


@router.get("/feeds/{feed_id}/revoke")
def ask_to_revoke(desk: TheDesk, feed_id: str) -> Response:
    """It cannot be undone, so it is asked first."""
    return desk.render(
        "feeds/revoke.html",
        current="feeds",
        feed=feed_lines(
            [_feed(desk, feed_id)],
            readings_of(desk.session, [SubscriptionId(id_of(feed_id))]),
            now=desk.now,
            today=desk.today,
            zone=desk.zone,
            language=desk.language,
        )[0],
    )


@router.post("/feeds/{feed_id}/revoke")
def revoke(desk: TheDesk, feed_id: str) -> Response:
    """End the link at once: who asks for it gets the same answer as for one that never was."""
    subscriptions.revoke(
        desk.session, SubscriptionId(id_of(feed_id)), by=desk.actor, now=desk.now, today=desk.today
    )
    return desk.done("/feeds", "feeds.revoked")


def _issue(desk: Desk, typed: Typed) -> Issued:
    """Raises Invalid with every fault of the form; Forbidden where somebody sees a unit but plans nothing there."""
    read = Reading(typed)
    kind = read.word("kind", ScopeKind) or ScopeKind.UNIT
    privacy = read.word("privacy", Privacy)
    label = read.text("label")
    who = "" if kind is ScopeKind.PUBLIC else read.needed("who", str.strip)
    read.expect_none()
    within = reach(desk.session, desk.actor, Deed.PLAN, on=desk.today)
    scope = scope_of_words(desk.session, kind, who or "", within=within, today=desk.today)
    return subscriptions.issue(
        desk.session, scope, privacy=privacy, label=label, by=desk.actor, now=desk.now, today=desk.today
    )


def _form(desk: Desk, form: FormShown, *, status: int = 200) -> Response:
    kinds = {kind.value: kind for kind in ScopeKind}
    kind = kinds.get(form.typed.get("kind", ""), ScopeKind.UNIT)
    return desk.render(
        "feeds/new.html",
        current="feeds",
        status=status,
        form=form,
        kinds=kind_options(desk.language),
        examples=examples(kind, desk.language),
    )


def _feed(desk: Desk, feed_id: str) -> SubscriptionView:
    wanted = SubscriptionId(id_of(feed_id))
    found = subscriptions.subscriptions(
        desk.session,
        within=seen(desk.session, desk.actor, on=desk.today),
        today=desk.today,
        after=wanted - 1,
        limit=1,
    )
    if not found or found[0].id != wanted:
        raise NotFound
    if not desk.may(Deed.PLAN):
        raise Forbidden
    return found[0]
