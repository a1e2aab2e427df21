"""The list of sections that stands beside every page of the settings."""

from dataclasses import dataclass
from typing import Any, Final

from starlette.responses import Response

from api.pages.desk import Desk
from outreach.permissions import Deed, expect_everywhere, expect_somewhere


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the settings; `is_closed`: only for administrators of everything."""

    name: str
    address: str
    drawing: str
    is_closed: bool = False


SECTIONS: Final = (
    Section("holidays", "/settings/holidays", "calendar-off"),
    Section("kinds", "/settings/kinds", "tag"),
    Section("deadlines", "/settings/deadlines", "timer"),
    Section("assignment", "/settings/assignment", "scale"),
    Section("channels", "/settings/channels", "send"),
    Section("retention", "/settings/retention", "archive"),
    Section("language", "/settings/language", "languages"),
    Section("backups", "/settings/backups", "database-backup", is_closed=True),
    Section("accounts", "/settings/accounts", "users", is_closed=True),
    Section("roles", "/settings/roles", "shield"),
)


def expect_reader(desk: Desk) -> None:
    """Let those pass who plan anywhere: they work by these rules. Raises Forbidden."""
    expect_somewhere(desk.actor, Deed.PLAN)


def expect_administrator(desk: Desk) -> None:
    """Let those pass who may change how the whole office works. Raises Forbidden."""
    expect_everywhere(desk.actor, Deed.ADMINISTER)


def render_section(
    desk: Desk,
    section: str,
    template: str,
    *,
    status: int = 200,
    **shown: Any,  # Any: each template names what it shows
) -> Response:
    """A page of the settings with the list of sections beside it."""
    may_change = desk.may_everywhere(Deed.ADMINISTER)
    return desk.render(
        f"settings/{template}",
        current="settings",
        status=status,
        section=section,
        sections=[each for each in SECTIONS if may_change or not each.is_closed],
        may_change=may_change,
        **shown,
    )
