"""The form of kinds and their marks: `name.CODE`, `mark.CODE`, `tint.CODE`, `gone.CODE`, and a line for a new one.

The undo of a form brings kinds back that it took away: `back.CODE` says their names.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from api.forms.typed import Reading, Typed
from outreach import fields
from outreach.campaign_kinds import MOST, CampaignKind
from outreach.errors import Fault
from outreach.kind_marks import TINTS, KindMark, KindMarks, is_mark

NEW = "new"


@dataclass(frozen=True, slots=True)
class KindsTold:
    """What `change_kinds` takes."""

    own: Sequence[CampaignKind]
    marks: Mapping[str, KindMark]
    version: int | None


def kinds_told(typed: Typed, present: KindMarks) -> KindsTold:
    """What a form says, on top of what stands; fields that it does not have change nothing. Raises Invalid."""
    reading = Reading(typed)
    own = _own(reading, typed, present)
    codes = {each.partition(".")[2] for each in typed if each.startswith(("mark.", "tint."))}
    marks = {code: _mark(reading, typed, code, present.marks.get(code, KindMark())) for code in sorted(codes)}
    if added := _added(reading, typed):
        own.append(added)
        mark = reading.typed.get("new.mark", "").strip()
        if not is_mark(mark):
            reading.faults.append(Fault("new.mark", "settings_page.mark_too_long"))
        marks[added.code] = KindMark(mark, _tint(reading, "new.tint", 0))
    if len(own) > MOST:
        reading.faults.append(Fault("new.name", "settings_page.kind_too_many", {"most": MOST}))
    version = reading.version()
    reading.expect_none()
    return KindsTold(own, marks, version)


def _own(reading: Reading, typed: Typed, present: KindMarks) -> list[CampaignKind]:
    own: list[CampaignKind] = []
    for code, name in present.names.items():
        if typed.get(f"gone.{code}"):
            continue
        if f"name.{code}" in typed:
            name = reading.needed(f"name.{code}", fields.name) or name
        own.append(CampaignKind(code, name))
    for field in typed:
        kind, _, code = field.partition(".")
        if kind == "back" and code not in present.names:
            known = fields.collect(reading.faults, field, partial(fields.code, code))
            name = reading.needed(field, fields.name) or ""
            own.append(CampaignKind(known or code, name))
    return own


def _added(reading: Reading, typed: Typed) -> CampaignKind | None:
    """A new kind, where its line is filled in; its code is its name unless told."""
    if not any(typed.get(f"new.{part}", "").strip() for part in ("name", "code", "mark")):
        return None
    name = reading.needed("new.name", fields.name)
    code = reading.said("new.code", fields.code) if typed.get("new.code", "").strip() else None
    if name is None:
        return None
    if code is None and not typed.get("new.code", "").strip():
        code = fields.collect(reading.faults, "new.code", lambda: fields.code(name))
    return None if code is None else CampaignKind(code, name)


def _mark(reading: Reading, typed: Typed, code: str, present: KindMark) -> KindMark:
    mark = typed.get(f"mark.{code}", present.mark).strip()
    if not is_mark(mark):
        reading.faults.append(Fault(f"mark.{code}", "settings_page.mark_too_long"))
    return KindMark(mark, _tint(reading, f"tint.{code}", present.tint))


def _tint(reading: Reading, name: str, present: int) -> int:
    if name not in reading.typed:
        return present
    return reading.whole(name, least=0, most=TINTS[-1]) or 0
