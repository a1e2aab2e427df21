"""What each role may do: a row a deed, a column a role."""

from collections.abc import Sequence
from dataclasses import dataclass

from models.enums import AccountRole
from outreach.permissions import ROLES
from wording.sentences import say


@dataclass(frozen=True, slots=True)
class DeedRow:
    words: str
    allowed: Sequence[bool]


@dataclass(frozen=True, slots=True)
class RoleTable:
    roles: Sequence[str]
    rows: Sequence[DeedRow]


def role_table(language: str) -> RoleTable:
    """The table of rights as the program asks it."""
    return RoleTable(
        roles=[say(f"pages.role_{role}", language=language) for role in AccountRole],
        rows=[
            DeedRow(
                say(f"settings_page.deed_{deed.value}", language=language),
                [role in allowed for role in AccountRole],
            )
            for deed, allowed in ROLES.items()
        ],
    )
