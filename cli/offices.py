"""Commands that set the office up: init, account, token, feed."""

from typing import Annotated

import typer

from cli.preparing import make_or_upgrade
from cli.workplace import Workplace
from models.database import transaction
from models.enums import AccountRole, Privacy
from models.migrating import is_empty
from outreach import accounts, subscriptions
from outreach.errors import Conflict
from outreach.permissions import CONSOLE, Right
from outreach.units import unit_of_code

account = typer.Typer(help="Accounts of those who sign in.")


def add_to(commands: typer.Typer) -> None:
    commands.command()(init)
    commands.command()(token)
    commands.command()(feed)
    commands.add_typer(account, name="account")


def sign_in_url(place: Workplace, secret: str) -> str:
    """The one-time link by which an account gets its password."""
    from api import security

    return security.sign_in_url(place.settings.public_url, secret)


def init(context: typer.Context) -> None:
    """Create the database and the first administrator."""
    place: Workplace = context.obj
    if not (place.has_no_database or is_empty(place.engine)):
        raise Conflict("errors.already_set_up")
    make_or_upgrade(place.engine)
    with transaction(place.engine) as session:
        first = accounts.first_administrator(session, now=place.now)
    url = sign_in_url(place, first.sign_in)
    place.console.result(
        {"admin_token": first.token, "sign_in_url": url},
        place.console.say("cli.initialised", token=first.token, url=url),
    )


@account.command("add")
def add_account(
    context: typer.Context,
    name: str,
    role: Annotated[AccountRole, typer.Option(help="What it may do.")] = AccountRole.COORDINATOR,
    unit: Annotated[
        str | None, typer.Option(help="Where: this unit and below. Everywhere without it.")
    ] = None,
    person: Annotated[
        str | None, typer.Option(help="Whose account it is, by code: notices for coordinators go there.")
    ] = None,
) -> None:
    """Make an account and print its one-time sign-in link."""
    place: Workplace = context.obj
    with place.writing() as session:
        secret = accounts.make_account(
            session, name, role=role, unit_code=unit, person_code=person, by=CONSOLE, now=place.now
        )
    _tell_link(place, secret)


@account.command("person")
def give_account(
    context: typer.Context,
    name: str,
    code: Annotated[str | None, typer.Argument(help="The person's code; nobody without it.")] = None,
) -> None:
    """Say whose account it is, so that what its units' coordinators are told reaches them."""
    place: Workplace = context.obj
    with place.writing() as session:
        accounts.give_to_person(session, name, code, by=CONSOLE, now=place.now)
    place.console.result(
        {"account": name, "person": code},
        place.console.say("cli.account_belongs", name=name, code=code or "–"),
    )


@account.command("reset")
def reset_account(context: typer.Context, name: str) -> None:
    """Take back an account's password and print a new one-time sign-in link."""
    place: Workplace = context.obj
    with place.writing() as session:
        secret = accounts.reset(session, name, by=CONSOLE, now=place.now)
    _tell_link(place, secret)


@account.command("rights")
def change_rights(
    context: typer.Context,
    name: str,
    role: Annotated[AccountRole, typer.Option(help="What it may do from now on, instead of before.")],
    unit: Annotated[
        str | None, typer.Option(help="Where: this unit and below. Everywhere without it.")
    ] = None,
) -> None:
    """Give an account another role; its API tokens keep theirs."""
    place: Workplace = context.obj
    with place.writing() as session:
        within = None if unit is None else unit_of_code(session, unit).id
        accounts.set_rights(session, name, [Right(role, within)], by=CONSOLE, now=place.now)
    place.console.result({"account": name}, place.console.say("cli.rights_changed", name=name))


@account.command("revoke")
def revoke_tokens(context: typer.Context, name: str) -> None:
    """Take back all API tokens of an account."""
    place: Workplace = context.obj
    with place.writing() as session:
        count = accounts.revoke_tokens(session, name, by=CONSOLE, now=place.now)
    place.console.result(
        {"account": name, "revoked": count}, place.console.say("cli.tokens_revoked", name=name, count=count)
    )


@account.command("close")
def close_account(context: typer.Context, name: str) -> None:
    """Let nobody in by this account any more: neither password nor session nor token opens anything."""
    place: Workplace = context.obj
    with place.writing() as session:
        accounts.close_account(session, name, by=CONSOLE, now=place.now)
    place.console.result({"account": name}, place.console.say("cli.account_closed", name=name))


def _tell_link(place: Workplace, secret: str) -> None:
    url = sign_in_url(place, secret)
    place.console.result({"sign_in_url": url}, place.console.say("cli.sign_in", url=url))


def token(
    context: typer.Context,
    account_name: Annotated[str, typer.Option("--account", help="Whose token; made when there is none.")],
    role: Annotated[AccountRole, typer.Option(help="What it may do.")],
    unit: Annotated[
        str | None, typer.Option(help="Where: this unit and below. Everywhere without it.")
    ] = None,
) -> None:
    """Make an API token; it is shown this once."""
    place: Workplace = context.obj
    with place.writing() as session:
        made = accounts.make_token(
            session, account_name, role=role, unit_code=unit, by=CONSOLE, now=place.now
        )
    place.console.result({"token": made}, made)


def feed(
    context: typer.Context,
    scope: Annotated[str, typer.Option(help="person:CODE, team:CODE, unit:CODE, campaign:CODE or public.")],
    privacy: Annotated[Privacy | None, typer.Option(help="How much it tells.")] = None,
    label: Annotated[str | None, typer.Option(help="A note on whose it is.")] = None,
) -> None:
    """Make a calendar subscription; its link is shown this once."""
    place: Workplace = context.obj
    with place.writing() as session:
        issued = subscriptions.issue(
            session, scope, privacy=privacy, label=label, by=CONSOLE, now=place.now, today=place.today
        )
    links = subscriptions.links(issued, public_url=place.settings.public_url)
    place.console.result({"id": str(issued.id), "url": links.url, "webcal": links.webcal}, links.url)
