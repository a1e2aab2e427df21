"""How this office works, as far as a number, a time of day or a yes says it: deadlines, weights, how long things stay.

Each rule has a name (`retention.audit_days`), a default, and bounds. What an administrator changed stands in
`settings`, one row a rule; everything else is the default, so a new rule needs no migration. Times of day are the
organisation's own.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, time
from typing import Any

from sqlalchemy.orm import Session

from models import Setting
from models.database import hold
from models.enums import AuditAction
from outreach.audit import note
from outreach.errors import Fault, Invalid
from outreach.kept_settings import kept_settings
from outreach.permissions import Actor, Deed, expect_everywhere
from outreach.setting_versions import expect_version, version_of

Value = int | bool | time


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a whole number may be, both inclusive, and what it counts."""

    least: int
    most: int
    unit: str
    """days, workdays, hours, minutes, times, people or points."""


def _whole(default: int, least: int, most: int, unit: str) -> Any:  # Any: what dataclasses say of `field`
    return field(default=default, metadata={"bounds": Bounds(least, most, unit)})


@dataclass(frozen=True, slots=True)
class AssignmentRules:
    """Whom the program proposes. Weights are points: the candidate with the most is asked first."""

    window_days: int = _whole(30, 1, 120, "days")
    """How far ahead people are proposed."""
    adults_with_minors: int = _whole(2, 0, 5, "people")
    """How many adults at least go where minors are; 0 lets that be."""
    usual_per_month: int = _whole(4, 1, 31, "times")
    """How many activities a month are usual for one person: an even load is measured by it. It bounds nothing."""
    weight_team: int = _whole(40, 0, 100, "points")
    """The campaign's own team first."""
    weight_continuity: int = _whole(60, 0, 100, "points")
    """Somebody whom those served know already; worth more than an even load."""
    weight_role: int = _whole(20, 0, 100, "points")
    """Who has held the place's role before, or leads the team where a leader is wanted."""
    weight_load: int = _whole(30, 0, 100, "points")
    """Who has been asked least."""


@dataclass(frozen=True, slots=True)
class NoticeRules:
    """When people are told."""

    remind_days: int = _whole(7, 0, 30, "days")
    """The first reminder; 0 leaves it out, as with the others."""
    remind_again_days: int = _whole(1, 0, 7, "days")
    remind_hours: int = _whole(2, 0, 12, "hours")
    remind_at: time = time(9)
    """The time of day of reminders that are counted in days."""
    quiet_from: time = time(21)
    quiet_until: time = time(7)
    """Between these two nobody is written to, but for what would be too late afterwards."""
    digest_at: time = time(7, 30)
    attempts: int = _whole(6, 1, 20, "times")
    """How often a message is tried before somebody has to call."""


@dataclass(frozen=True, slots=True)
class OutcomeRules:
    """When somebody is asked for an outcome that nobody has told."""

    ask_after_days: int = _whole(1, 1, 30, "days")
    ask_again_after_days: int = _whole(3, 2, 60, "days")
    missed_after_workdays: int = _whole(10, 3, 60, "workdays")
    """民政部令第67号: a record within ten working days of the activity."""


@dataclass(frozen=True, slots=True)
class SuggestionRules:
    """How long a suggestion may stay with the office, how long a department has, how often it is asked again."""

    send_within_workdays: int = _whole(5, 1, 60, "workdays")
    answer_within_workdays: int = _whole(15, 1, 120, "workdays")
    chase_every_workdays: int = _whole(5, 1, 60, "workdays")
    feed_back_within_workdays: int = _whole(7, 1, 60, "workdays")
    """After the answer, until its author has heard of it."""


@dataclass(frozen=True, slots=True)
class CaseRules:
    """Until when a case wants each of its tasks done, in days after it was opened; 0 is the same day."""

    hospital_visit_days: int = _whole(2, 0, 60, "days")
    hospital_follow_up_days: int = _whole(14, 0, 365, "days")
    bereavement_notify_days: int = _whole(0, 0, 30, "days")
    bereavement_condole_days: int = _whole(2, 0, 60, "days")
    bereavement_farewell_days: int = _whole(5, 0, 60, "days")
    bereavement_formalities_days: int = _whole(30, 0, 365, "days")
    hardship_visit_days: int = _whole(7, 0, 90, "days")
    hardship_application_days: int = _whole(30, 0, 365, "days")
    disaster_visit_days: int = _whole(1, 0, 30, "days")
    disaster_money_days: int = _whole(7, 0, 90, "days")
    honour_visit_days: int = _whole(7, 0, 90, "days")
    retirement_ceremony_days: int = _whole(30, 0, 365, "days")
    retirement_roster_days: int = _whole(30, 0, 365, "days")


@dataclass(frozen=True, slots=True)
class PairingRules:
    """How many people one liaison looks after."""

    liaison_least: int = _whole(1, 0, 50, "people")
    liaison_most: int = _whole(3, 1, 50, "people")


@dataclass(frozen=True, slots=True)
class MonthRules:
    """When a month closes by itself."""

    close_on_workday: int = _whole(3, 1, 15, "workdays")
    """Of the month that follows."""
    close_at: time = time(18)


@dataclass(frozen=True, slots=True)
class RetentionRules:
    """How long things are kept; what then happens to each says `outreach.retention`."""

    case_texts_days: int = _whole(730, 30, 3650, "days")
    notices_days: int = _whole(365, 30, 3650, "days")
    photos_days: int = _whole(1095, 30, 3650, "days")
    audit_days: int = _whole(1825, 365, 7300, "days")
    idempotency_days: int = _whole(30, 30, 365, "days")
    sessions_days: int = _whole(30, 1, 30, "days")
    """Without use; no session is good for longer than thirty days."""
    sign_in_hours: int = _whole(24, 1, 24, "hours")
    runs_days: int = _whole(90, 7, 1825, "days")
    backups_daily: int = _whole(14, 1, 60, "times")
    backups_weekly: int = _whole(8, 0, 60, "times")
    backups_monthly: int = _whole(12, 0, 60, "times")


@dataclass(frozen=True, slots=True)
class HouseRules:
    """All of them."""

    assignment: AssignmentRules = AssignmentRules()
    notices: NoticeRules = NoticeRules()
    outcomes: OutcomeRules = OutcomeRules()
    suggestions: SuggestionRules = SuggestionRules()
    cases: CaseRules = CaseRules()
    pairings: PairingRules = PairingRules()
    months: MonthRules = MonthRules()
    retention: RetentionRules = RetentionRules()


@dataclass(frozen=True, slots=True)
class HouseRule:
    """One rule by its name, for a list to look at or change."""

    name: str
    value: Value
    default: Value
    bounds: Bounds | None


def house_rules(session: Session) -> HouseRules:
    """The rules as they stand."""
    kept = kept_settings(session)
    changed: dict[str, dict[str, Value]] = {}
    for rule in listed(HouseRules()):
        if rule.name in kept:
            group, _, name = rule.name.partition(".")
            changed.setdefault(group, {})[name] = _read(kept[rule.name], rule.default)
    defaults = HouseRules()
    groups = {group: replace(getattr(defaults, group), **values) for group, values in changed.items()}
    return replace(defaults, **groups)


def listed(rules: HouseRules) -> Iterator[HouseRule]:
    """Every rule by its name, in the order above."""
    defaults = HouseRules()
    for group in fields(rules):
        values, usual = getattr(rules, group.name), getattr(defaults, group.name)
        for rule in fields(values):
            yield HouseRule(
                name=f"{group.name}.{rule.name}",
                value=getattr(values, rule.name),
                default=getattr(usual, rule.name),
                bounds=rule.metadata.get("bounds"),
            )


def version_of_rules(rules: HouseRules, names: Iterable[str]) -> int:
    """What `change_house_rules` takes to see whether these rules are still as somebody looked at them."""
    wanted = frozenset(names)
    return version_of({rule.name: _written(rule.value) for rule in listed(rules) if rule.name in wanted})


def change_house_rules(
    session: Session,
    changes: Mapping[str, object],
    *,
    by: Actor,
    now: datetime,
    version: int | None = None,
) -> HouseRules:
    """Let rules say something else from now on; None gives one its default back.

    Times of day are told as `HH:MM`. Raises Forbidden, Stale for a `version` that these rules no longer have, and
    Invalid with every fault: an unknown name, a value of another kind, one out of its bounds.
    """
    expect_everywhere(by, Deed.ADMINISTER)
    hold(session, "house_rules")
    rules = house_rules(session)
    expect_version(version, version_of_rules(rules, changes))
    known = {rule.name: rule for rule in listed(rules)}
    faults: list[Fault] = []
    told: dict[str, Value | None] = {}
    for name, value in changes.items():
        if name not in known:
            faults.append(Fault(name, "settings.unknown", {"name": name}))
        elif value is None:
            told[name] = None
        elif (checked := _checked(known[name], value, faults)) is not None:
            told[name] = checked
    if faults:
        raise Invalid(faults)
    for name, checked in told.items():
        if checked != known[name].value:
            _keep(session, name, checked)
    before = {name: _written(known[name].value) for name in told}
    after = {name: _written(value) for name, value in told.items()}
    if before != after:
        note(session, by, AuditAction.CHANGED, Setting.__tablename__, 0, now=now, before=before, after=after)
    session.flush()
    return house_rules(session)


def _checked(rule: HouseRule, value: object, faults: list[Fault]) -> Value | None:
    if isinstance(rule.default, time):
        try:
            return time.fromisoformat(str(value)).replace(second=0, microsecond=0, tzinfo=None)
        except ValueError:
            faults.append(Fault(rule.name, "settings.not_a_time"))
            return None
    if isinstance(rule.default, bool):
        if isinstance(value, bool):
            return value
        faults.append(Fault(rule.name, "settings.not_yes_or_no"))
        return None
    assert rule.bounds is not None, "whole numbers have bounds"
    if (
        isinstance(value, int)
        and not isinstance(value, bool)
        and rule.bounds.least <= value <= rule.bounds.most
    ):
        return value
    fault = Fault(rule.name, "settings.out_of_bounds", {"least": rule.bounds.least, "most": rule.bounds.most})
    faults.append(fault)
    return None


def _keep(session: Session, name: str, value: Value | None) -> None:
    row = session.get(Setting, name)
    if value is None:
        if row is not None:
            session.delete(row)
    elif row is None:
        session.add(Setting(name=name, value=_written(value)))
    else:
        row.value = _written(value)


def _written(value: Value | None) -> int | bool | str | None:
    return value.strftime("%H:%M") if isinstance(value, time) else value


def _read(value: Any, default: Value) -> Value:  # Any: JSON
    return time.fromisoformat(value) if isinstance(default, time) else value
