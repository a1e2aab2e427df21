"""How notices leave the house, when, and a test that really sends one to oneself."""

from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit
from uuid import uuid4

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.dependencies import CurrentActor, Language, Now, Office, TheOffice, Today
from api.forms.typed import Typed
from api.pages.desk import Desk
from api.pages.settings.rules import RuleSection, Shown, add_routes, rules_named
from api.pages.status import Status, done
from models.database import reading
from outreach.accounts import own_address
from outreach.channels import Doubtful, Message, NotSent, channel_for
from outreach.house_rules import HouseRules
from outreach.permissions import Deed, expect_everywhere
from wording.sentences import say

router = APIRouter()


def _besides(desk: Desk, _typed: Typed, _rules: HouseRules) -> Shown:
    """Where notices go, and one's own address for a test."""
    server = desk.office.settings.smtp_url
    return {
        "host": "" if server is None else (urlsplit(server).hostname or ""),
        "own_address": own_address(desk.session, desk.actor),
    }


CHANNELS: Final = RuleSection(
    "channels",
    MappingProxyType(
        {
            "reminders": rules_named("notices.remind"),
            "quiet": rules_named("notices.quiet"),
            "sending": rules_named("notices.digest", "notices.attempts"),
        }
    ),
    jobs=("remind",),
    besides=_besides,
)


add_routes(router, CHANNELS)


@router.post(f"{CHANNELS.address}/test")
def send_a_test(
    request: Request, office: TheOffice, actor: CurrentActor, now: Now, today: Today, language: Language
) -> Response:
    """One message to oneself, outside of any transaction: a server may take half a minute to answer."""
    expect_everywhere(actor, Deed.ADMINISTER)
    with reading(office.engine) as session:
        address = own_address(session, actor)
    if address is None:
        return done(request, CHANNELS.address, Status("settings_page.test_no_address"))
    message = Message(
        id=f"test-{uuid4().hex}",
        to=address,
        name=actor.name,
        subject=say("settings_page.test_subject", language=language),
        text=say("settings_page.test_text", language=language, name=actor.name),
        at=now,
        day=today,
    )
    return done(request, CHANNELS.address, _sent(office, message))


def _sent(office: Office, message: Message) -> Status:
    """What became of it, in the channel's own words."""
    settings = office.settings
    channel = channel_for(
        smtp_url=settings.smtp_url, sender=settings.mail_from, folder=settings.data / "outbox"
    )
    try:
        channel.open()
        channel.send(message)
    except NotSent as error:
        return Status("settings_page.test_failed", {"why": str(error)})
    except Doubtful as error:
        return Status("settings_page.test_doubtful", {"why": str(error)})
    finally:
        channel.close()
    if settings.smtp_url is None:
        file = f"outbox/{message.day.isoformat()}/{message.id}.eml"
        return Status("settings_page.test_sent_file", {"file": file})
    return Status("settings_page.test_sent_mail", {"address": message.to})
