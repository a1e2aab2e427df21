"""The kinds of campaigns: the program's own, and those that an office has beside them with names for its pages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Campaign, Setting
from models.database import hold
from models.enums import AuditAction
from outreach.audit import note
from outreach.errors import Fault, Invalid
from outreach.kept_settings import kept_settings
from outreach.permissions import Actor, Deed, expect_everywhere

KINDS: Final = (
    "rural",
    "mentoring",
    "hospital",
    "festival_visit",
    "study",
    "briefing",
    "birthday",
    "condolence",
    "health",
    "culture",
    "inspection",
    "party_day",
    "ceremony",
    "hardship",
    "community",
    "other",
)
"""The program's own."""
SETTING: Final = "campaign_kinds"
MOST: Final = 100


@dataclass(frozen=True, slots=True)
class CampaignKind:
    code: str
    name: str


def own_kinds(session: Session) -> Sequence[CampaignKind]:
    """The office's own kinds, in the order it gave them."""
    return read(kept_settings(session).get(SETTING))


def read(kept: Any) -> Sequence[CampaignKind]:  # Any: JSON
    """The own kinds as the setting holds them; of before they had names, their codes stand for these."""
    match kept:
        case dict() as named:
            return [CampaignKind(str(code), str(name)) for code, name in named.items()]
        case list() as codes:
            return [CampaignKind(str(code), str(code)) for code in codes]
        case _:
            return []


def change_own_kinds(
    session: Session, kinds: Sequence[CampaignKind], *, by: Actor, now: datetime
) -> Sequence[CampaignKind]:
    """Let these be the office's own kinds. Raises Forbidden, and Invalid for a code twice, for one of the program's
    own, and for one left out that campaigns still have.
    """
    expect_everywhere(by, Deed.ADMINISTER)
    hold(session, SETTING)
    faults = _faults(kinds)
    codes = {kind.code for kind in kinds}
    for gone in sorted({kind.code for kind in own_kinds(session)} - codes):
        if session.scalar(select(Campaign.id).where(Campaign.kind == gone).limit(1)) is not None:
            faults.append(Fault("", "settings.kind_in_use", {"code": gone}))
    if faults:
        raise Invalid(faults)
    before, after = _written(own_kinds(session)), _written(kinds)
    if list(before.items()) != list(after.items()):
        _keep(session, after)
        note(session, by, AuditAction.CHANGED, Setting.__tablename__, 0, now=now, before=before, after=after)
        session.flush()
    return own_kinds(session)


def _faults(kinds: Sequence[CampaignKind]) -> list[Fault]:
    faults: list[Fault] = []
    known = set(KINDS)
    for place, kind in enumerate(kinds):
        if kind.code in known:
            faults.append(Fault(f"{place}.code", "settings.kind_known_already", {"code": kind.code}))
        known.add(kind.code)
    return faults


def _keep(session: Session, kinds: Mapping[str, str]) -> None:
    kept = session.get(Setting, SETTING)
    if kept is None:
        session.add(Setting(name=SETTING, value=dict(kinds)))
    else:
        kept.value = dict(kinds)


def _written(kinds: Sequence[CampaignKind]) -> dict[str, str]:
    return {kind.code: kind.name for kind in kinds}
