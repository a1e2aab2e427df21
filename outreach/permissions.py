"""Who may see and do what. The only place that knows; every route and every list asks it."""

from dataclasses import dataclass

from models.base import AccountId, UnitId
from models.enums import AccountRole


@dataclass(frozen=True, slots=True)
class Right:
    """A role in a unit and everything below it; without a unit, everywhere."""

    role: AccountRole
    unit_id: UnitId | None = None


@dataclass(frozen=True, slots=True)
class Actor:
    """On whose behalf something is done. `name` is what records, revisions and steps are signed with."""

    name: str
    account_id: AccountId | None = None
    rights: tuple[Right, ...] = ()


CONSOLE = Actor("console", rights=(Right(AccountRole.ADMINISTRATOR),))
"""The person at the server's own command line."""

CLOCKWORK = Actor("clockwork", rights=(Right(AccountRole.ADMINISTRATOR),))
"""What happens by itself."""
