"""The mark of each kind of campaign, as the office chose it: one character (in another script two letters) and a tint.

A kind that the office said nothing of keeps what the program gives it. All of it stands in one setting beside the own
kinds (`outreach.campaign_kinds`), so a page reads every mark in one statement.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy.orm import Session

from models import Setting
from models.database import hold
from models.enums import AuditAction
from outreach import campaign_kinds
from outreach.audit import note
from outreach.campaign_kinds import KINDS, CampaignKind, change_own_kinds
from outreach.errors import Fault, Invalid
from outreach.kept_settings import kept_settings
from outreach.permissions import Actor, Deed, expect_everywhere
from outreach.setting_versions import expect_version, version_of

SETTING: Final = "kind_marks"
TINTS: Final = tuple(range(1, 8))
_NARROW_LETTERS: Final = 2


@dataclass(frozen=True, slots=True)
class KindMark:
    """Empty and 0 stand for what the program gives the kind."""

    mark: str = ""
    tint: int = 0


@dataclass(frozen=True, slots=True)
class KindMarks:
    """What the office chose: marks by the code of the kind, and the names of its own kinds."""

    marks: Mapping[str, KindMark] = field(default_factory=lambda: MappingProxyType({}))
    names: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def version(self) -> int:
        """Whether it is still what somebody looked at."""
        return version_of([_written(self.marks), list(self.names.items())])


NO_MARKS: Final = KindMarks()
"""Nothing was chosen: every kind as the program gives it."""


def kind_marks(session: Session) -> KindMarks:
    """Every choice."""
    kept = kept_settings(session)
    own = campaign_kinds.read(kept.get(campaign_kinds.SETTING))
    return KindMarks(_read(kept.get(SETTING)), {kind.code: kind.name for kind in own})


def change_kinds(
    session: Session,
    own: Sequence[CampaignKind],
    marks: Mapping[str, KindMark],
    *,
    by: Actor,
    now: datetime,
    version: int | None = None,
) -> KindMarks:
    """Let these be the office's own kinds, and let these kinds have these marks; others keep theirs.

    Raises Forbidden, Stale for a `version` that was followed by another, and Invalid with every fault: as
    `change_own_kinds`, and for a mark that is longer than one character.
    """
    expect_everywhere(by, Deed.ADMINISTER)
    hold(session, SETTING)
    expect_version(version, kind_marks(session).version)
    faults = [
        Fault(f"mark.{code}", "settings_page.mark_too_long")
        for code, chosen in marks.items()
        if not is_mark(chosen.mark)
    ]
    if faults:
        raise Invalid(faults)
    kinds = change_own_kinds(session, own, by=by, now=now)
    known = {*KINDS, *(kind.code for kind in kinds)}
    before = kind_marks(session).marks
    chosen = {**before, **marks}
    after = {code: mark for code, mark in chosen.items() if code in known and mark != KindMark()}
    if _written(before) != _written(after):
        _keep(session, _written(after))
        note(
            session,
            by,
            AuditAction.CHANGED,
            Setting.__tablename__,
            0,
            now=now,
            before={"kind_marks": _written(before)},
            after={"kind_marks": _written(after)},
        )
        session.flush()
    return kind_marks(session)


def is_mark(text: str) -> bool:
    """One wide character or two narrow ones; empty is none of its own."""
    if not text:
        return True
    is_wide = any(unicodedata.east_asian_width(sign) in "WF" for sign in text)
    return text.isprintable() and " " not in text and len(text) <= (1 if is_wide else _NARROW_LETTERS)


def _keep(session: Session, value: dict[str, list[str | int]]) -> None:
    row = session.get(Setting, SETTING)
    if row is None:
        session.add(Setting(name=SETTING, value=value))
    else:
        row.value = value


def _written(marks: Mapping[str, KindMark]) -> dict[str, list[str | int]]:
    return {code: [each.mark, each.tint] for code, each in sorted(marks.items())}


def _read(value: Any) -> Mapping[str, KindMark]:  # Any: JSON
    return {code: KindMark(str(mark), int(tint)) for code, (mark, tint) in (value or {}).items()}
