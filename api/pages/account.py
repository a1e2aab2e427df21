"""One's own account: password, language and looks, and where one is signed in."""

from typing import Annotated, Final

from fastapi import APIRouter, Path
from starlette.responses import Response

from api.forms.typed import TheTypedFields, Typed
from api.pages.desk import Desk, TheDesk
from api.presenters.forms import FormShown, Option, refused
from api.presenters.settings.accounts import Teller
from api.problems import LANGUAGE_COOKIE
from api.security import SESSION_COOKIE
from models.base import TokenId
from outreach import accounts
from outreach.account_register import granted_to, own_sessions
from outreach.errors import Invalid, NotFound, NotSignedIn, invalid
from wording.sentences import languages, say

ADDRESS: Final = "/account"
YEAR_SECONDS: Final = 365 * 24 * 60 * 60

router = APIRouter()


@router.get(ADDRESS)
def account(desk: TheDesk) -> Response:
    return _page(desk, FormShown({}))


@router.post(f"{ADDRESS}/password")
def change_password(desk: TheDesk, fields: TheTypedFields) -> Response:
    """The old one is asked for; other places are signed out."""
    typed = fields.last
    try:
        with desk.attempt():
            _expect_sound(desk, typed)
            accounts.set_own_password(
                desk.session, desk.actor, typed.get("password", ""), now=desk.now, but=_this(desk)
            )
    except Invalid as error:
        return _page(desk, refused({}, error, language=desk.language), status=422)
    return desk.done(ADDRESS, "accounts.password_saved")


@router.post(f"{ADDRESS}/language")
def choose_language(desk: TheDesk, fields: TheTypedFields) -> Response:
    """For this browser; anything else leaves it to what the browser asks for."""
    response = desk.done(ADDRESS, "accounts.language_saved")
    chosen = fields.last.get("language", "")
    if chosen in languages():
        secure = desk.office.settings.public_url.startswith("https://")
        response.set_cookie(
            LANGUAGE_COOKIE, chosen, max_age=YEAR_SECONDS, httponly=True, samesite="lax", secure=secure
        )
    else:
        response.delete_cookie(LANGUAGE_COOKIE)
    return response


@router.post(f"{ADDRESS}/sessions")
def end_others(desk: TheDesk) -> Response:
    """Sign out everywhere but here."""
    count = accounts.end_own_sessions(desk.session, desk.actor, now=desk.now, but=_this(desk))
    return desk.done(ADDRESS, "accounts.session_ended", count=str(count))


@router.post(ADDRESS + "/sessions/{token_id}")
def end_one(desk: TheDesk, token_id: Annotated[int, Path(ge=1, le=2**31 - 1)]) -> Response:
    """Sign out in one place; one that is none of ours is not found."""
    count = accounts.end_own_sessions(desk.session, desk.actor, now=desk.now, only=TokenId(token_id))
    if not count:
        raise NotFound
    return desk.done(ADDRESS, "accounts.session_ended", count=str(count))


def _expect_sound(desk: Desk, typed: Typed) -> None:
    """Raise Invalid for a wrong old password, and for two new ones that differ."""
    if typed.get("password", "") != typed.get("again", ""):
        raise invalid("again", "pages.passwords_differ")
    try:
        found = accounts.account_by_password(desk.session, desk.actor.name, typed.get("old", ""))
    except NotSignedIn:
        raise invalid("old", "accounts.password_wrong") from None
    if found != desk.actor.account_id:
        raise invalid("old", "accounts.password_wrong")


def _page(desk: Desk, form: FormShown, *, status: int = 200) -> Response:
    teller = Teller(desk.today, desk.zone, desk.language)
    found = own_sessions(desk.session, desk.actor, now=desk.now, this=_this(desk))
    account_id = desk.actor.account_id
    granted = [] if account_id is None else granted_to(desk.session, [account_id])[account_id]
    return desk.render(
        "settings/own_account.html",
        current="settings",
        status=status,
        form=form,
        name=desk.actor.name,
        rights=[teller.right(each) for each in granted],
        sessions=[teller.token(each) for each in found],
        languages=[
            Option(each, say(f"settings_page.language_{each}", language=desk.language))
            for each in languages()
        ],
        chosen=desk.request.cookies.get(LANGUAGE_COOKIE, ""),
    )


def _this(desk: Desk) -> str:
    return desk.request.cookies.get(SESSION_COOKIE, "")
