"""Accounts: who may come in and do what; links and tokens are shown once, on the answer to the form that makes them."""

from typing import Annotated, Final

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from api.forms.accounts import account_told, rights_told, token_right
from api.forms.typed import TheTypedFields, Typed
from api.pages.desk import Desk, TheDesk
from api.pages.settings.layout import expect_administrator, render_section
from api.pages.status import Undo
from api.presenters.forms import FormShown, refused, stale, unit_options
from api.presenters.settings.accounts import (
    Teller,
    right_labels,
    role_options,
    typed_rights,
)
from api.security import sign_in_url
from models.base import AccountId, TokenId
from outreach import accounts
from outreach.account_register import AccountRow, account_row, account_rows, api_tokens
from outreach.errors import Conflict, Invalid, NotFound, OutreachError, Stale, invalid
from wording.sentences import say

ADDRESS: Final = "/settings/accounts"
SHOWN: Final = 100

router = APIRouter()
Id = Annotated[int, Path(ge=1, le=2**31 - 1)]
ONE = ADDRESS + "/{account_id}"


@router.get(ADDRESS)
def all_accounts(desk: TheDesk, after: Annotated[str, Query(max_length=64)] = "") -> Response:
    """By name, a hundred at a time."""
    expect_administrator(desk)
    found = account_rows(desk.session, by=desk.actor, now=desk.now, after=after, limit=SHOWN + 1)
    return render_section(
        desk,
        "accounts",
        "accounts.html",
        address=ADDRESS,
        rows=[_teller(desk).line(each) for each in found[:SHOWN]],
        more=found[SHOWN - 1].name if len(found) > SHOWN else "",
    )


@router.get(f"{ADDRESS}/new")
def new(desk: TheDesk) -> Response:
    expect_administrator(desk)
    return _new(desk, FormShown({"role.0": "coordinator", "unit.0": desk.unit.code}))


@router.post(f"{ADDRESS}/new")
def make(desk: TheDesk, fields: TheTypedFields) -> Response:
    """Make it, and show its link this once."""
    expect_administrator(desk)
    try:
        with desk.attempt():
            told = account_told(fields.last, desk.switch.choices)
            secret = accounts.make_account(
                desk.session,
                told.name,
                role=told.right.role,
                unit_code=told.unit_code,
                person_code=told.person_code,
                by=desk.actor,
                now=desk.now,
            )
    except OutreachError as error:
        return _new(desk, _in_field(fields.last, error, desk.language), status=422)
    made = accounts.account_of_name(desk.session, told.name)
    return _secret(desk, "made", made.id, told.name, sign_in_url(desk.office.settings.public_url, secret))


@router.get(ONE)
def one(desk: TheDesk, account_id: Id) -> Response:
    expect_administrator(desk)
    row = _row(desk, account_id)
    return _one(desk, row, FormShown(typed_rights(row.rights)))


@router.post(ONE + "/rights")
def change_rights(desk: TheDesk, account_id: Id, fields: TheTypedFields) -> Response:
    """Rights count at once; the status line offers the former ones."""
    expect_administrator(desk)
    row = _row(desk, account_id)
    try:
        with desk.attempt():
            told = rights_told(fields.last, desk.switch.choices)
            accounts.set_rights(
                desk.session, row.name, told.rights, by=desk.actor, now=desk.now, version=told.version
            )
    except Stale:
        present = accounts.version_of_rights(each.right for each in row.rights)
        labels = right_labels(len(row.rights) + 1, desk.language)
        form = stale(fields.last, typed_rights(row.rights), labels, version=present)
        return _one(desk, row, form, status=412)
    except (Invalid, Conflict) as error:
        return _one(desk, row, refused(fields.last, error, language=desk.language), status=422)
    key = "accounts.rights_undone" if fields.last.get("undoes") else "accounts.rights_saved"
    back = dict(typed_rights(row.rights)) | {"undoes": "yes"}
    back["version"] = str(accounts.version_of_rights(told.rights))
    undo = None if fields.last.get("undoes") else Undo(f"{ADDRESS}/{account_id}/rights", back)
    return desk.done(f"{ADDRESS}/{account_id}", key, undo=undo, name=row.name)


@router.post(ONE + "/person")
def give_to_person(desk: TheDesk, account_id: Id, fields: TheTypedFields) -> Response:
    """Whom it belongs to; an empty field: nobody."""
    expect_administrator(desk)
    row, code = _row(desk, account_id), fields.last.get("person", "").strip()
    try:
        with desk.attempt():
            accounts.give_to_person(desk.session, row.name, code or None, by=desk.actor, now=desk.now)
    except NotFound as error:
        typed = {**typed_rights(row.rights), "person": code}
        form = refused(typed, invalid("person", error.key, **error.values), language=desk.language)
        return _one(desk, row, form, status=422)
    person = _row(desk, account_id).person_name
    undo = Undo(f"{ADDRESS}/{account_id}/person", {"person": row.person_code})
    key = "accounts.person_saved" if person else "accounts.person_nobody"
    return desk.done(f"{ADDRESS}/{account_id}", key, undo=undo, name=row.name, person=person)


@router.post(ONE + "/reset")
def reset(desk: TheDesk, account_id: Id) -> Response:
    """Take the password back and show a new link this once."""
    expect_administrator(desk)
    row = _row(desk, account_id)
    secret = accounts.reset(desk.session, row.name, by=desk.actor, now=desk.now)
    link = sign_in_url(desk.office.settings.public_url, secret)
    return _secret(desk, "reset_done", row.id, row.name, link)


@router.post(ONE + "/sign-out")
def sign_out(desk: TheDesk, account_id: Id) -> Response:
    """Everywhere; the password stays."""
    expect_administrator(desk)
    row = _row(desk, account_id)
    count = accounts.end_sessions(desk.session, row.name, by=desk.actor, now=desk.now)
    address = f"{ADDRESS}/{account_id}"
    return desk.done(address, "accounts.sessions_ended", name=row.name, count=str(count))


@router.post(ONE + "/close")
def close(desk: TheDesk, account_id: Id) -> Response:
    expect_administrator(desk)
    row = _row(desk, account_id)
    try:
        with desk.attempt():
            accounts.close_account(desk.session, row.name, by=desk.actor, now=desk.now)
    except Conflict as error:
        form = refused(typed_rights(row.rights), error, language=desk.language)
        return _one(desk, row, form, status=409)
    undo = Undo(f"{ADDRESS}/{account_id}/open")
    return desk.done(f"{ADDRESS}/{account_id}", "accounts.closed_done", undo=undo, name=row.name)


@router.post(ONE + "/open")
def reopen(desk: TheDesk, account_id: Id) -> Response:
    expect_administrator(desk)
    row = _row(desk, account_id)
    accounts.open_account(desk.session, row.name, by=desk.actor, now=desk.now)
    return desk.done(f"{ADDRESS}/{account_id}", "accounts.reopened", name=row.name)


@router.post(ONE + "/tokens")
def issue_token(desk: TheDesk, account_id: Id, fields: TheTypedFields) -> Response:
    """Issue an API token and show it this once."""
    expect_administrator(desk)
    row = _row(desk, account_id)
    try:
        with desk.attempt():
            role, unit = token_right(fields.last, desk.switch.choices)
            token = accounts.make_token(
                desk.session, row.name, role=role, unit_code=unit, by=desk.actor, now=desk.now
            )
    except (Invalid, Conflict) as error:
        typed = {**fields.last, **typed_rights(row.rights)}
        return _one(desk, row, refused(typed, error, language=desk.language), status=422)
    return _secret(desk, "token_done", row.id, row.name, token)


@router.post(ONE + "/tokens/{token_id}/revoke")
def revoke(desk: TheDesk, account_id: Id, token_id: Id) -> Response:
    expect_administrator(desk)
    if token_id not in {each.id for each in api_tokens(desk.session, AccountId(account_id))}:
        raise NotFound
    accounts.revoke_token(desk.session, TokenId(token_id), by=desk.actor, now=desk.now)
    return desk.done(f"{ADDRESS}/{account_id}", "accounts.token_revoked")


def _row(desk: Desk, account_id: int) -> AccountRow:
    return account_row(desk.session, AccountId(account_id), by=desk.actor, now=desk.now)


def _in_field(typed: Typed, error: OutreachError, language: str) -> FormShown:
    """A new account that is refused: each cause at the field that it is about."""
    names = {
        "errors.name_taken": "name",
        "errors.no_such_person": "person",
        "errors.no_such_unit": "unit.0",
    }
    if isinstance(error, Invalid) or error.key not in names:
        return refused(typed, error, language=language)
    return refused(typed, invalid(names[error.key], error.key, **error.values), language=language)


def _new(desk: Desk, form: FormShown, *, status: int = 200) -> Response:
    return render_section(
        desk,
        "accounts",
        "account_new.html",
        status=status,
        address=ADDRESS,
        form=form,
        roles=role_options(desk.language),
        units=unit_options(desk.switch.choices),
    )


def _one(desk: Desk, row: AccountRow, form: FormShown, *, status: int = 200) -> Response:
    teller = _teller(desk)
    person = {"person": row.person_code, **form.typed}
    lines = {name.partition(".")[2] for name in form.typed if name.startswith("role.")} - {"t"}
    return render_section(
        desk,
        "accounts",
        "account.html",
        status=status,
        address=f"{ADDRESS}/{row.id}",
        account=teller.line(row),
        form=FormShown(person, form.faults, form.refusal, form.theirs),
        lines=max(len(lines), len(row.rights)) + 1,
        roles=role_options(desk.language),
        units=unit_options(desk.switch.choices),
        tokens=[teller.token(each) for each in api_tokens(desk.session, row.id)],
    )


def _secret(desk: Desk, what: str, account_id: AccountId, name: str, secret: str) -> Response:
    """Shown this once: neither kept nor in any address."""
    is_token = what == "token_done"
    return render_section(
        desk,
        "accounts",
        "secret.html",
        heading=say(f"accounts.{what}", language=desk.language, name=name),
        about=say(f"accounts.{'token' if is_token else 'link'}_about", language=desk.language),
        secret=secret,
        back=f"{ADDRESS}/{account_id}",
    )


def _teller(desk: Desk) -> Teller:
    return Teller(desk.today, desk.zone, desk.language)
