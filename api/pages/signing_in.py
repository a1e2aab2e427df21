"""Coming in and going out: by name and password, the first time by the printed link; and how pages look."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request
from starlette.responses import Response

from api.dependencies import Now, TheOffice
from api.errors import TooManyTries, told
from api.forms.kept import KeptForm, carried_form
from api.forms.typed import TheTypedFields
from api.pages.answers import go_on
from api.pages.rendering import THEME_COOKIE, THEMES, local_path, render, sign_in_page
from api.problems import FieldProblem, language_of
from api.security import (
    SESSION_COOKIE,
    SIGN_IN_PATH,
    SignInThrottle,
    check_origin,
    forget_session,
    set_session,
)
from models.database import reading, transaction
from outreach import accounts
from outreach.errors import Fault, Invalid, NotSignedIn
from wording.sentences import say

YEAR_SECONDS = 365 * 24 * 60 * 60


def from_our_own_page(request: Request, office: TheOffice) -> None:
    """Refuse a form that another site sends in the name of this browser."""
    check_origin(request, public_url=office.settings.public_url)


router = APIRouter(dependencies=[Depends(from_our_own_page)])

Text = Annotated[str, Form(max_length=1000)]


@router.get("/login")
def login(
    request: Request,
    office: TheOffice,
    next: Annotated[str, Query()] = "/",  # noqa: A002 - the word in the address
) -> Response:
    with reading(office.engine) as session:
        has_accounts = accounts.has_accounts(session)
    return sign_in_page(request, wanted=next, has_accounts=has_accounts)


@router.post("/login")
def sign_in(
    request: Request,
    office: TheOffice,
    now: Now,
    fields: TheTypedFields,
    name: Text = "",
    password: Text = "",
    next: Text = "/",  # noqa: A002 - the word in the form
) -> Response:
    """Everything wrong is said in one sentence that does not tell whether the name is known.

    A form that came after its session had ended goes along; after signing in it waits for a press.
    """
    kept = carried_form(fields)
    throttle: SignInThrottle = request.app.state.sign_in_throttle
    try:
        throttle.check(name, now=now)
        with reading(office.engine) as session:
            account_id = accounts.account_by_password(session, name, password)
    except (TooManyTries, NotSignedIn) as error:
        if isinstance(error, NotSignedIn):
            throttle.failed(name, now=now)
        return _again(request, error, name=name, wanted=next, kept=kept)
    throttle.succeeded(name)
    with transaction(office.engine) as session:
        secret = accounts.open_session(session, account_id, now=now)
    if kept is None or kept.address != local_path(kept.address):
        return _signed_in(office, secret, local_path(next))
    waiting = render(
        request, "resend.html", kept=kept, words=kept.words(), name=name.strip(), next=local_path(next)
    )
    set_session(waiting, secret, public_url=office.settings.public_url)
    return waiting


@router.get(SIGN_IN_PATH + "/{secret}")
def welcome(request: Request, office: TheOffice, now: Now, secret: str) -> Response:
    """Only a button: programs that fetch a link before its reader does sign nobody in and use nothing up."""
    return _welcome(request, office, now, secret, step="button")


@router.post(SIGN_IN_PATH + "/{secret}")
def accept(
    request: Request,
    office: TheOffice,
    now: Now,
    secret: str,
    step: Text = "",
    name: Text = "",
    password: Text = "",
    again: Text = "",
) -> Response:
    """The button's answer is the form; the form's answer is a session."""
    if step != "account":
        return _welcome(request, office, now, secret, step="form")
    if password != again:
        faults = told([Fault("again", "pages.passwords_differ")], language_of(request))
        return _welcome(request, office, now, secret, step="form", name=name, faults=faults)
    try:
        with transaction(office.engine) as session:
            opened = accounts.accept(session, secret, name=name, password=password, now=now)
    except NotSignedIn:
        return _welcome(request, office, now, secret, step="form")
    except Invalid as invalid:
        faults = told(invalid.faults, language_of(request))
        return _welcome(request, office, now, secret, step="form", name=name, faults=faults)
    return _signed_in(office, opened, "/")


@router.post("/sign-out")
def sign_out(request: Request, office: TheOffice, now: Now) -> Response:
    if secret := request.cookies.get(SESSION_COOKIE):
        with transaction(office.engine) as session:
            accounts.sign_out(session, secret, now=now)
    response = go_on("/login")
    forget_session(response)
    return response


@router.post("/theme")
def choose_theme(office: TheOffice, theme: Text = "", next: Text = "/") -> Response:  # noqa: A002 - as above
    """Light or dark for this browser; anything else leaves it to the machine."""
    response = go_on(local_path(next))
    if theme in THEMES:
        secure = office.settings.public_url.startswith("https://")
        response.set_cookie(
            THEME_COOKIE, theme, max_age=YEAR_SECONDS, httponly=True, samesite="lax", secure=secure
        )
    else:
        response.delete_cookie(THEME_COOKIE)
    return response


def _welcome(
    request: Request,
    office: TheOffice,
    now: Now,
    secret: str,
    *,
    step: str,
    name: str | None = None,
    faults: list[FieldProblem] | None = None,
) -> Response:
    try:
        with reading(office.engine) as session:
            account = accounts.invited(session, secret, now=now)
    except NotSignedIn:
        return render(request, "welcome.html", status=404, step="spent", name="", faults={})
    by_field = {fault.field: fault.message for fault in faults or ()}
    status = 422 if by_field else 200
    shown_name = account.name if name is None else name
    return render(request, "welcome.html", status=status, step=step, name=shown_name, faults=by_field)


def _again(
    request: Request,
    error: TooManyTries | NotSignedIn,
    *,
    name: str,
    wanted: str,
    kept: KeptForm | None,
) -> Response:
    language = language_of(request)
    if isinstance(error, TooManyTries):
        message = wait_words(error.seconds, language)
        status, headers = 429, {"Retry-After": str(error.seconds)}
    else:
        message, status, headers = say("pages.wrong_password", language=language), 401, {}
    response = sign_in_page(request, status=status, name=name, wanted=wanted, message=message, kept=kept)
    response.headers.update(headers)
    return response


def wait_words(seconds: int, language: str) -> str:
    """How long somebody has to wait, in minutes and seconds."""
    minutes, rest = divmod(seconds, 60)
    if not minutes:
        return say("accounts.wait_seconds", language=language, seconds=rest)
    if not rest:
        return say("accounts.wait_minutes", language=language, minutes=minutes)
    return say("accounts.wait_both", language=language, minutes=minutes, seconds=rest)


def _signed_in(office: TheOffice, secret: str, path: str) -> Response:
    response = go_on(path)
    set_session(response, secret, public_url=office.settings.public_url)
    return response
