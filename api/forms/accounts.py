"""Forms of accounts: rights a line each, `role.0` and `unit.0` and so on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from unicodedata import category

from api.forms.typed import Reading, Typed
from models.base import UnitId
from models.enums import AccountRole
from outreach import fields
from outreach.errors import Fault
from outreach.fields import BadValue
from outreach.permissions import Right
from outreach.unit_choices import UnitChoice

MOST_RIGHTS = 20
SIGNS_IN_NAMES: Final = "._-@·"


@dataclass(frozen=True, slots=True)
class RightsTold:
    rights: Sequence[Right]
    version: int | None


@dataclass(frozen=True, slots=True)
class AccountTold:
    name: str
    right: Right
    unit_code: str | None
    person_code: str | None


def rights_told(typed: Typed, choices: Sequence[UnitChoice]) -> RightsTold:
    """The rights of a form; a line without a role gives none. Raises Invalid."""
    reading, units = Reading(typed), {each.code: each.id for each in choices}
    told = (_right(reading, units, str(number)) for number in range(MOST_RIGHTS))
    rights = [right for right in told if right is not None]
    version = reading.version()
    reading.expect_none()
    return RightsTold(rights, version)


def account_told(typed: Typed, choices: Sequence[UnitChoice]) -> AccountTold:
    """A new account with its first right. Raises Invalid."""
    reading, units = Reading(typed), {each.code: each.id for each in choices}
    name = reading.needed("name", _name)
    right = _right(reading, units, "0")
    if right is None and "role.0" not in {fault.field for fault in reading.faults}:
        reading.faults.append(Fault("role.0", "errors.missing"))
    person = reading.said("person", fields.code)
    reading.expect_none()
    assert name is not None, "refused above"
    assert right is not None, "refused above"
    return AccountTold(name, right, typed.get("unit.0") or None, person)


def token_right(typed: Typed, choices: Sequence[UnitChoice]) -> tuple[AccountRole, str | None]:
    """The right of a new API token: its role and the code of its unit. Raises Invalid."""
    reading, units = Reading(typed), {each.code: each.id for each in choices}
    if not typed.get("role.t"):
        reading.faults.append(Fault("role.t", "errors.missing"))
    right = _right(reading, units, "t")
    reading.expect_none()
    assert right is not None, "refused above"
    return right.role, typed.get("unit.t") or None


def _right(reading: Reading, units: Mapping[str, UnitId], place: str) -> Right | None:
    role = reading.word(f"role.{place}", AccountRole)
    unit = reading.typed.get(f"unit.{place}", "").strip()
    if unit and unit not in units:
        reading.faults.append(Fault(f"unit.{place}", "errors.unknown_code", {"code": fields.shown(unit)}))
        return None
    return None if role is None else Right(role, units[unit] if unit else None)


def _name(text: str) -> str:
    """What somebody types to sign in, perhaps on a phone: nothing that is not seen or not found on a keyboard."""
    name = fields.name(text, longest=fields.LONGEST_CODE)
    if not all(_is_of_a_name(sign) for sign in name):
        raise BadValue("accounts.not_an_account_name", text=fields.shown(name))
    return name


def _is_of_a_name(sign: str) -> bool:
    """Letters of any script with the marks that some are written with, and figures."""
    return sign in SIGNS_IN_NAMES or category(sign)[0] in "LM" or category(sign) == "Nd"
