"""The form of a campaign ⇄ its columns, and the templates that a new one may start from. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from api.forms.schedule import read_schedule, typed_schedule
from api.forms.typed import Reading, Typed, TypedFields, whole_number
from models.enums import CampaignStatus, OnHoliday, PersonRole, SplitBy
from outreach import fields
from outreach.campaigns import CampaignColumns, CampaignView
from outreach.errors import Fault
from outreach.fields import EntryOf

SPARE_ROWS: Final = 2
"""Empty rows for more places or people are always there, and more of them each time the form is shown."""
MOST_ROWS: Final = 1_000
MINUTES: Final[Mapping[str, int]] = {"minutes": 1, "hours": 60, "days": 24 * 60}
WHOM_ROLES: Final = tuple(f"{EntryOf.ROLE}:{role}" for role in PersonRole)

_ROW: Final = re.compile(r"(?:role|whom|who|needed)_(\d{1,4})", re.ASCII)
_BENEFICIARY_FAULT: Final = re.compile(r"beneficiaries\.(\d+)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Whom:
    """A row of those it is for, as typed: `word` is a code, or the name of a person."""

    row: int
    of: str
    word: str


@dataclass(frozen=True, slots=True)
class Told:
    """What a form says: the columns but those it is for, these row by row, and the version it was opened with."""

    columns: CampaignColumns
    whom: Sequence[Whom]
    version: int | None


# From the form to the columns


def read_campaign(typed: TypedFields, *, present: CampaignView | None = None) -> Told:
    """What the form says. Raises Invalid with every fault by its field."""
    reading = Reading(typed.last)
    columns = _planning_columns(reading, present=present)
    columns["name"] = reading.needed("name", fields.name) or ""
    columns["kind"] = reading.needed("kind", fields.free_kind) or ""
    if present is None:
        columns["code"] = reading.needed("code", fields.code) or ""
        columns["status"] = reading.word("status", CampaignStatus) or CampaignStatus.DRAFT
    columns["place"] = reading.text("place")
    columns["places_needed"] = _places(reading)
    columns["skills"] = reading.said("skills", _skills) or ()
    columns["public"] = reading.said("public", fields.yes_no)
    columns["metrics"] = [code for code in typed.all("metric") if fields.is_code(code)]
    columns["notes"] = reading.text("notes")
    whom = _whom(reading)
    version = reading.version()
    reading.expect_none()
    return Told(columns, whom, version)


def read_for_preview(typed: TypedFields, *, present: CampaignView | None = None) -> Told:
    """What the form says about its dates alone; the rest may still be missing. Raises Invalid with every fault."""
    reading = Reading(typed.last)
    columns = _planning_columns(reading, present=present)
    kind = reading.said("kind", fields.free_kind)
    if kind is not None:
        columns["kind"] = kind
    whom = _whom(reading)
    reading.expect_none()
    return Told(columns, whom, None)


def _planning_columns(reading: Reading, *, present: CampaignView | None) -> CampaignColumns:
    columns: CampaignColumns = {
        "schedule": read_schedule(reading, present=None if present is None else present.schedule) or "",
        "starts_on": reading.needed("starts_on", fields.day) or date.min,
        "ends_on": reading.needed("ends_on", fields.day) or date.max,
        "team_code": reading.said("team_code", fields.code),
        "start_time": reading.clock_time("start_time"),
        "duration_minutes": _duration(reading),
        "split_by": SplitBy.UNIT if reading.is_ticked("split_by") else None,
        "on_holiday": reading.word("on_holiday", OnHoliday) or OnHoliday.KEEP,
    }
    if unit_code := reading.needed("unit_code", fields.code):
        columns["unit_code"] = unit_code
    if columns["starts_on"] > columns["ends_on"]:
        reading.faults.append(Fault("ends_on", "errors.ends_before_it_starts"))
    return columns


def _duration(reading: Reading) -> int | None:
    unit = reading.typed.get("duration_unit") or "minutes"
    if unit not in MINUTES:
        reading.faults.append(Fault("duration_unit", "campaigns.fault_not_in_list"))
        return None
    return reading.said("duration", lambda text: _minutes(text, MINUTES[unit]))


def _minutes(text: str, each: int) -> int:
    return whole_number(text, least=1, most=fields.LONGEST_DURATION // each) * each


def _skills(text: str) -> tuple[str, ...]:
    return fields.skills(piece for piece in re.split(r"[;；、,，\n]", text) if piece.strip())


def _places(reading: Reading) -> Mapping[str, int]:
    found: dict[str, int] = {}
    for row in _rows(reading.typed):
        name = f"needed_{row}"
        needed = reading.whole(name, least=0, most=fields.MOST_PLACES)
        role = reading.said(f"role_{row}", fields.code)
        if needed is None or (role is None and reading.typed.get(f"role_{row}", "").strip()):
            continue
        role = role or "any"
        if role in found:
            reading.faults.append(Fault(f"role_{row}", "campaigns.fault_role_twice"))
        found[role] = needed
    return {role: needed for role, needed in found.items() if needed}


def _whom(reading: Reading) -> Sequence[Whom]:
    found = []
    for row in _rows(reading.typed):
        of = reading.typed.get(f"whom_{row}", "")
        word = reading.typed.get(f"who_{row}", "").strip()
        if of in WHOM_ROLES:
            found.append(Whom(row, of, ""))
        elif of in (EntryOf.UNIT, EntryOf.TEAM, EntryOf.PERSON) and word:
            found.append(Whom(row, of, word))
        elif of or word:
            field = f"who_{row}" if of in list(EntryOf) else f"whom_{row}"
            key = "errors.missing" if of in ("", *EntryOf) else "campaigns.fault_not_in_list"
            reading.faults.append(Fault(field, key))
    return found


def beneficiary_entries(whom: Iterable[Whom], codes: Mapping[str, str]) -> Sequence[str]:
    """The rows as a campaign lists them; `codes` has the code of each person that was named by name."""
    return [_entry(each, codes) for each in whom]


def _entry(whom: Whom, codes: Mapping[str, str]) -> str:
    if whom.of in WHOM_ROLES:
        return whom.of
    return codes.get(whom.word, whom.word) if whom.of == EntryOf.PERSON else f"{whom.of}:{whom.word}"


def in_fields(faults: Iterable[Fault], whom: Sequence[Whom]) -> Sequence[Fault]:
    """Faults of columns as faults of the fields that those were typed into."""
    return [Fault(_field(fault.field, whom), fault.key, fault.values) for fault in faults]


def _field(column: str, whom: Sequence[Whom]) -> str:
    if match := _BENEFICIARY_FAULT.fullmatch(column):
        return f"who_{whom[int(match[1])].row}"
    return "metric" if column.startswith("metrics.") else column


def _rows(typed: Typed) -> Sequence[int]:
    """The numbers of the rows that the form has."""
    matches = (_ROW.fullmatch(name) for name in typed)
    return sorted({int(match[1]) for match in matches if match is not None})[:MOST_ROWS]


def rows_shown(typed: Typed, field: str) -> Sequence[int]:
    """The rows to show: those with something in them, and some empty ones after."""
    filled = [row for row in _rows(typed) if typed.get(f"{field}_{row}", "").strip()]
    following = max(filled, default=-1) + 1
    return [*filled, *range(following, following + SPARE_ROWS)]


# From the columns to the form


def typed_campaign(view: CampaignView) -> TypedFields:
    """The form of a campaign as it stands."""
    typed = {
        **typed_schedule(view.schedule),
        "name": view.name,
        "kind": view.kind,
        "unit_code": view.unit_code,
        "team_code": view.team_code or "",
        "starts_on": view.starts_on.isoformat(),
        "ends_on": view.ends_on.isoformat(),
        "start_time": "" if view.start_time is None else view.start_time.strftime("%H:%M"),
        "on_holiday": view.on_holiday.value,
        "place": view.place or "",
        "skills": "、".join(view.skills),
        "public": "yes" if view.public else "no",
        "notes": view.notes or "",
        "version": str(view.version),
        **_typed_duration(view.duration_minutes),
    }
    if view.split_by is SplitBy.UNIT:
        typed["split_by"] = "yes"
    for row, (role, needed) in enumerate(view.places_needed.items()):
        typed |= {f"role_{row}": "" if role == "any" else role, f"needed_{row}": str(needed)}
    for row, text in enumerate(view.beneficiaries):
        entry = fields.beneficiary(text)
        if entry.of is EntryOf.ROLE:
            typed[f"whom_{row}"] = text
        else:
            typed |= {f"whom_{row}": entry.of.value, f"who_{row}": entry.word}
    return TypedFields(typed, [*typed.items(), *(("metric", code) for code in view.metrics)])


def _typed_duration(minutes: int | None) -> Typed:
    if minutes is None:
        return {}
    unit = next(unit for unit in ("days", "hours", "minutes") if minutes % MINUTES[unit] == 0)
    return {"duration": str(minutes // MINUTES[unit]), "duration_unit": unit}


# Starting from something


@dataclass(frozen=True, slots=True)
class Template:
    """What many offices have: where a new campaign may start from. Its name is `campaigns.template_…`."""

    key: str
    kind: str
    schedule: str
    on_holiday: OnHoliday = OnHoliday.KEEP
    start_time: str = "09:00"
    hours: int = 2
    whom: str = ""
    places: Mapping[str, int] | None = None
    metrics: Sequence[str] = ()


TEMPLATES: Final = (
    Template(
        "spring_visit",
        "festival_visit",
        "FESTIVAL:春节;shift=-10WD",
        hours=3,
        whom="role:retiree",
        places={"leader": 1, "visitor": 2},
        metrics=("visits.person_times", "visits.people"),
    ),
    Template(
        "party_day",
        "festival_visit",
        "FESTIVAL:七一;shift=-5WD",
        whom="role:retiree",
        places={"any": 3},
        metrics=("visits.person_times", "visits.people"),
    ),
    Template(
        "double_ninth",
        "festival_visit",
        "FESTIVAL:重阳节;shift=-3WD",
        whom="role:retiree",
        places={"any": 4},
        metrics=("visits.person_times", "visits.people"),
    ),
    Template(
        "study_day",
        "study",
        "RRULE:FREQ=MONTHLY;BYMONTHDAY=15",
        OnHoliday.PREVIOUS_WORKDAY,
        metrics=("study.sessions", "study.person_times", "study.participants"),
    ),
    Template("acting_parent", "mentoring", "CADENCE:P60D", metrics=("youth.person_times",)),
    Template(
        "decade_birthday",
        "birthday",
        "BIRTHDAY:decade",
        OnHoliday.PREVIOUS_WORKDAY,
        start_time="10:00",
        hours=1,
        whom="role:retiree",
        places={"any": 2},
        metrics=("milestones.decade_birthdays",),
    ),
    Template(
        "hospital",
        "hospital",
        "CASE:hospital;within=P2D",
        start_time="",
        hours=1,
        whom="role:retiree",
        places={"any": 2},
        metrics=("hospital.person_times",),
    ),
)


def typed_template(key: str, name: str, *, unit_code: str, code: str, today: date) -> TypedFields:
    """The form of a new campaign, empty or after a template: this year's, or from September on with the next one's."""
    template = next((each for each in TEMPLATES if each.key == key), None)
    typed = {
        "code": code,
        "unit_code": unit_code,
        "starts_on": today.isoformat(),
        "ends_on": date(today.year + (today.month >= 9), 12, 31).isoformat(),
        "on_holiday": OnHoliday.KEEP.value,
    }
    if template is None:
        return TypedFields(typed, list(typed.items()))
    typed |= {
        **typed_schedule(template.schedule),
        "name": name,
        "kind": template.kind,
        "start_time": template.start_time,
        "duration": str(template.hours),
        "duration_unit": "hours",
        "on_holiday": template.on_holiday.value,
        "whom_0": template.whom,
    }
    for row, (role, needed) in enumerate((template.places or {}).items()):
        typed |= {f"role_{row}": "" if role == "any" else role, f"needed_{row}": str(needed)}
    return TypedFields(typed, [*typed.items(), *(("metric", code) for code in template.metrics)])


def typed_again(typed: TypedFields, **changed: str) -> TypedFields:
    """The form as typed with some fields changed."""
    last = {**typed.last, **changed}
    kept = [(name, value) for name, value in typed.pairs if name not in changed]
    return TypedFields(last, [*kept, *changed.items()])
