"""What must be closed 事项: cases 个案 and suggestions 建议. Every change of one is a step of its story."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from typing import cast
from zoneinfo import ZoneInfo

from sqlalchemy import Table, func, insert, select
from sqlalchemy.orm import Session

from calendars.timezones import at, local_day
from models import Activity, HeardSuggestion, Matter, MatterStep, Person, Unit
from models.base import ActivityId, MatterId, MetricId, PersonId, UnitId
from models.database import hold, in_batches
from models.enums import (
    ActivityStatus,
    MatterFace,
    MatterStatus,
    MatterStepKind,
    Origin,
)
from outreach import codes, fields, recording
from outreach.errors import Conflict, Fault, Invalid, NotFound, Stale
from outreach.ledger import placements_of, unit_on
from outreach.metrics import SUGGESTIONS_RAISED, SUGGESTIONS_SETTLED, metric_ids
from outreach.permissions import Actor
from outreach.recording import Part, Record

# Plain tables: thousands of rows go through them at a time.
_MATTERS = cast(Table, Matter.__table__)
_STEPS = cast(Table, MatterStep.__table__)

# --- suggestions 建议 -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Opinion:
    """A suggestion as somebody tells it, in codes: the columns of the import."""

    text: str
    code: str | None = None
    """Without one, it gets one."""
    raised_on: date | None = None
    person_code: str | None = None
    unit_code: str | None = None
    sent_to: str | None = None
    sent_on: date | None = None
    due_on: date | None = None
    answered_on: date | None = None
    answer: str | None = None
    fed_back_on: date | None = None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """The same, in ids. Its unit is that told, else the person's on the day it was raised (rules 28 and 51)."""

    text: str
    raised_on: date
    code: str | None = None
    person_id: PersonId | None = None
    unit_id: UnitId | None = None
    sent_to: str | None = None
    sent_on: date | None = None
    due_on: date | None = None
    answered_on: date | None = None
    answer: str | None = None
    fed_back_on: date | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of suggestions brought by an import: how many are new, changed and as they were."""

    created: tuple[MatterId, ...]
    changed: tuple[MatterId, ...]
    unchanged: int


def raise_suggestion(
    session: Session, opinion: Opinion, *, by: Actor, now: datetime, zone: ZoneInfo
) -> MatterId:
    """Take a suggestion down; raises Invalid with every fault, also for a code that is taken."""
    suggestion = _resolved_one(session, opinion, day=local_day(now, zone))
    matters, measures = enter_suggestions(session, [suggestion], by=by, zone=zone)
    recording.replace_measures(session, measures, by=by, now=now)
    return matters[0]


def change_suggestion(
    session: Session,
    code: str,
    opinion: Opinion,
    *,
    by: Actor,
    now: datetime,
    zone: ZoneInfo,
    expected_version: int | None = None,
) -> MatterId:
    """Let a suggestion be as told from now on, in every column; `opinion_of` gives what it is.

    Raises NotFound, Stale when it has another version than expected, Conflict when it was recorded in error, and
    Invalid with every fault.
    """
    matter = _locked(session, MatterFace.SUGGESTION, code, expected_version)
    if matter.status is MatterStatus.IN_ERROR:
        raise Conflict("matters.recorded_in_error", code=code)
    suggestion = _resolved_one(
        session, replace(opinion, code=code), day=local_day(now, zone), known_code=code
    )
    measures = _change_suggestions(session, {matter: suggestion}, by=by, zone=zone)
    recording.replace_measures(session, measures, by=by, now=now)
    return matter.id


def chase(
    session: Session, code: str, *, note: str | None = None, by: Actor, now: datetime, zone: ZoneInfo
) -> MatterId:
    """Ask the department again for its answer; raises Conflict for a suggestion that is not waiting for one."""
    matter = _locked(session, MatterFace.SUGGESTION, code)
    if matter.status not in (MatterStatus.SENT, MatterStatus.CHASED):
        raise Conflict("matters.not_waiting_for_answer", code=code)
    matter.status = MatterStatus.CHASED
    _step(session, matter, MatterStepKind.CHASED, local_day(now, zone), by, note)
    return matter.id


def decline(
    session: Session, code: str, *, answer: str, by: Actor, now: datetime, zone: ZoneInfo
) -> MatterId:
    """Answer that it will not be done, with the reason: that is an answer too. Raises Conflict once it is fed back."""
    matter = _locked(session, MatterFace.SUGGESTION, code)
    if matter.closed_on is not None:
        raise Conflict("matters.closed_already", code=code)
    today = local_day(now, zone)
    matter.answer, matter.answered_on, matter.status = answer, today, MatterStatus.DECLINED
    _step(session, matter, MatterStepKind.DECLINED, today, by, None)
    return matter.id


def bring_suggestions(
    session: Session, suggestions: Sequence[Suggestion], *, by: Actor, now: datetime, zone: ZoneInfo
) -> Kept:
    """Bring many suggestions with codes, each complete and checked; one whose code is known is changed to this.

    As long as the transaction runs, no other record is taken (`recording.alone`).
    """
    recording.alone(session)
    known = _by_code(session, [suggestion.code for suggestion in suggestions if suggestion.code])
    placed = _placed(session, suggestions)
    created, measures = enter_suggestions(
        session, [s for s in placed if s.code not in known], by=by, zone=zone
    )
    others = {known[s.code]: s for s in placed if s.code in known}
    changes = {matter: told for matter, told in others.items() if _differs(matter, told, zone)}
    measures |= _change_suggestions(session, changes, by=by, zone=zone)
    recording.replace_measures(session, measures, by=by, now=now)
    return Kept(
        created=tuple(created),
        changed=tuple(matter.id for matter in changes),
        unchanged=len(others) - len(changes),
    )


def remove_matters(session: Session, matter_ids: Collection[MatterId], *, by: Actor, now: datetime) -> None:
    """Undo an import's new matters, on which nothing was built; their steps go with them."""
    recording.alone(session)
    recording.replace_measures(session, {recording.matter(each): () for each in matter_ids}, by=by, now=now)
    for some in in_batches(matter_ids):
        for matter in session.scalars(select(Matter).where(Matter.id.in_(some))):
            session.delete(matter)
    session.flush()


def opinion_of(session: Session, matter: Matter, *, zone: ZoneInfo) -> Opinion:
    """A suggestion as it stands, in codes."""
    return Opinion(
        text=matter.text or "",
        code=matter.code,
        raised_on=matter.opened_on,
        person_code=session.scalar(select(Person.code).where(Person.id == matter.person_id)),
        unit_code=session.scalar(select(Unit.code).where(Unit.id == matter.unit_id)),
        sent_to=matter.office,
        sent_on=matter.sent_on,
        due_on=_due_day(matter.due_at, zone),
        answered_on=matter.answered_on,
        answer=matter.answer,
        fed_back_on=matter.told_on,
    )


# --- suggestions heard at an activity, which are recorded together with measures of its own ---------------------------


def resolved(
    session: Session,
    opinions: Sequence[Opinion],
    *,
    field: str = "suggestions",
    day: date,
    unit_id: UnitId | None = None,
    known_codes: Collection[str] = (),
) -> tuple[list[Suggestion], list[Fault]]:
    """Opinions in ids, raised on `day` where they do not say when, and what is wrong with them.

    A code that is taken is a fault, unless it is one of `known_codes`.
    """
    faults: list[Fault] = []
    people = codes.people(session, (opinion.person_code for opinion in opinions))
    units = codes.units(session, (opinion.unit_code for opinion in opinions))
    taken = _by_code(session, [opinion.code for opinion in opinions if opinion.code])
    suggestions: list[Suggestion] = []
    seen: set[str] = set()
    for number, opinion in enumerate(opinions):
        place = f"{field}.{number}"
        if opinion.code and (
            opinion.code in seen or (opinion.code in taken and opinion.code not in known_codes)
        ):
            faults.append(Fault(f"{place}.code", "errors.code_taken", {"code": opinion.code}))
        seen.add(opinion.code or "")
        suggestion = Suggestion(
            text=opinion.text.strip(),
            code=opinion.code or None,
            raised_on=opinion.raised_on or day,
            person_id=codes.found(people, opinion.person_code, f"{place}.person_code", faults),
            unit_id=codes.found(units, opinion.unit_code, f"{place}.unit_code", faults) or unit_id,
            sent_to=opinion.sent_to or None,
            sent_on=opinion.sent_on,
            due_on=opinion.due_on,
            answered_on=opinion.answered_on,
            answer=opinion.answer or None,
            fed_back_on=opinion.fed_back_on,
        )
        faults += [*faults_of_suggestion(suggestion, field=place), *_faults_of_words(opinion, place)]
        suggestions.append(suggestion)
    return ([] if faults else _placed(session, suggestions)), faults


def faults_of_suggestion(suggestion: Suggestion, *, field: str) -> list[Fault]:
    """What is wrong with a suggestion by itself: no words, or a day before the one on which it was raised."""
    faults = []
    if not suggestion.text:
        faults.append(Fault(f"{field}.text", "matters.text_missing"))
    for name in ("sent_on", "answered_on", "fed_back_on", "due_on"):
        day = getattr(suggestion, name)
        if day is not None and day < suggestion.raised_on:
            faults.append(Fault(f"{field}.{name}", "matters.before_it_was_raised"))
    return faults


def _faults_of_words(opinion: Opinion, place: str) -> list[Fault]:
    """What cannot be kept of the words: too long, or with signs that a database does not take."""
    faults: list[Fault] = []
    for name, read in _WORDS.items():
        if words := getattr(opinion, name):
            fields.collect(faults, f"{place}.{name}", partial(read, words))
    return faults


_WORDS: Mapping[str, Callable[[str], str]] = {
    "code": fields.code,
    "text": fields.text,
    "sent_to": fields.short_text,
    "answer": fields.text,
}


def enter_suggestions(
    session: Session, suggestions: Sequence[Suggestion], *, by: Actor, zone: ZoneInfo
) -> tuple[list[MatterId], dict[Record, Sequence[Part]]]:
    """Write suggestions; their ids, and the measures that have yet to be recorded."""
    suggestions = _with_codes(session, suggestions)
    ids: list[MatterId] = []
    for some in in_batches(suggestions):
        statement = insert(_MATTERS).returning(_MATTERS.c.id, sort_by_parameter_order=True)
        ids += session.scalars(statement, [_columns(suggestion, zone) for suggestion in some])
    steps = [
        {"matter_id": matter_id, "step": step, "on_day": day, "by": by.name}
        for matter_id, suggestion in zip(ids, suggestions, strict=True)
        for step, day in _steps_of(suggestion)
    ]
    for batch in in_batches(steps):
        session.execute(insert(_STEPS), batch)
    return ids, _measures(session, dict(zip(ids, suggestions, strict=True)))


def heard_at(session: Session, activity_id: ActivityId) -> list[Matter]:
    """The suggestions that an activity's outcome told, in the order told; those recorded in error too."""
    return list(
        session.scalars(
            select(Matter)
            .join(HeardSuggestion, HeardSuggestion.matter_id == Matter.id)
            .where(HeardSuggestion.activity_id == activity_id)
            .order_by(Matter.id)
        )
    )


def named(session: Session, suggestions: Sequence[Suggestion], heard: Sequence[Matter]) -> list[Suggestion]:
    """With a code where none was told: that of the same words, day and author heard before, else a new one."""
    known: dict[tuple[object, ...], list[str]] = {}
    for matter in sorted(heard, key=lambda matter: matter.status is MatterStatus.IN_ERROR):
        what = (matter.text, matter.opened_on, matter.person_id, matter.unit_id)
        known.setdefault(what, []).append(matter.code)
    found = []
    for suggestion in suggestions:
        codes_of_same = known.get(_what(suggestion), [])
        if suggestion.code is None and codes_of_same:
            suggestion = replace(suggestion, code=codes_of_same.pop(0))
        found.append(suggestion)
    return _with_codes(session, found)


def keep_heard(session: Session, activity_id: ActivityId, matter_ids: Collection[MatterId]) -> None:
    """Remember at which activity suggestions were heard."""
    if matter_ids:
        rows = [{"matter_id": matter_id, "activity_id": activity_id} for matter_id in matter_ids]
        session.execute(insert(HeardSuggestion), rows)


def close_in_error(
    session: Session, matters: Sequence[Matter], *, on: date, by: Actor
) -> dict[Record, Sequence[Part]]:
    """Close suggestions that were never made (rule 48): they count no more. The measures yet to be recorded."""
    for matter in matters:
        matter.status = MatterStatus.IN_ERROR
        matter.closed_on = max(on, matter.opened_on)
        _step(session, matter, MatterStepKind.RECORDED_IN_ERROR, on, by, None)
    return {recording.matter(matter.id): () for matter in matters}


def reopen(
    session: Session, matters: Sequence[Matter], *, on: date, by: Actor, zone: ZoneInfo
) -> dict[Record, Sequence[Part]]:
    """Let suggestions closed in error count again. The measures yet to be recorded."""
    for matter in matters:
        suggestion = suggestion_of(matter, zone)
        matter.status, matter.closed_on = _status(suggestion), matter.told_on
        _step(session, matter, MatterStepKind.REOPENED, on, by, None)
    return _measures(session, {matter.id: suggestion_of(matter, zone) for matter in matters})


def follow(
    session: Session, told: Mapping[Matter, Suggestion], *, by: Actor, zone: ZoneInfo
) -> dict[Record, Sequence[Part]]:
    """Let suggestions told again say what is new; what they leave out stays. The measures yet to be recorded."""
    changes = {}
    for matter, suggestion in told.items():
        current = suggestion_of(matter, zone)
        given = {name: value for name, value in asdict(suggestion).items() if value is not None}
        changes[matter] = replace(current, **given)
        if changes[matter] == current:
            del changes[matter]
    return _change_suggestions(session, changes, by=by, zone=zone)


def suggestion_of(matter: Matter, zone: ZoneInfo) -> Suggestion:
    """A suggestion as it stands, in ids."""
    return Suggestion(
        text=matter.text or "",
        raised_on=matter.opened_on,
        code=matter.code,
        person_id=matter.person_id,
        unit_id=matter.unit_id,
        sent_to=matter.office,
        sent_on=matter.sent_on,
        due_on=_due_day(matter.due_at, zone),
        answered_on=matter.answered_on,
        answer=matter.answer,
        fed_back_on=matter.told_on,
    )


def _resolved_one(
    session: Session, opinion: Opinion, *, day: date, known_code: str | None = None
) -> Suggestion:
    suggestions, faults = resolved(
        session, [opinion], day=day, known_codes=() if known_code is None else (known_code,)
    )
    if faults:
        raise Invalid([replace(fault, field=fault.field.split(".", 2)[2]) for fault in faults])
    return suggestions[0]


def _change_suggestions(
    session: Session, changes: Mapping[Matter, Suggestion], *, by: Actor, zone: ZoneInfo
) -> dict[Record, Sequence[Part]]:
    for matter, suggestion in changes.items():
        done = set(_steps_of(suggestion_of(matter, zone)))
        for step, day in _steps_of(suggestion):
            if (step, day) not in done:
                _step(session, matter, step, day, by, None)
        was = matter.status
        for name, value in _columns(suggestion, zone).items():
            setattr(matter, name, value)
        matter.status = _changed_status(was, matter.status)
        matter.version += 1
    session.flush()
    return _measures(session, {matter.id: suggestion for matter, suggestion in changes.items()})


def _changed_status(was: MatterStatus, by_days: MatterStatus) -> MatterStatus:
    """The status that the days give, but for what they do not show: that it was chased, or declined."""
    if was is MatterStatus.CHASED and by_days is MatterStatus.SENT:
        return was
    if was is MatterStatus.DECLINED and by_days is MatterStatus.ANSWERED:
        return was
    return by_days


def _status(suggestion: Suggestion) -> MatterStatus:
    if suggestion.fed_back_on is not None:
        return MatterStatus.FED_BACK
    if suggestion.answered_on is not None or suggestion.answer:
        return MatterStatus.ANSWERED
    if suggestion.sent_on is not None or suggestion.sent_to:
        return MatterStatus.SENT
    return MatterStatus.COLLECTED


def _what(suggestion: Suggestion) -> tuple[object, ...]:
    return (suggestion.text, suggestion.raised_on, suggestion.person_id, suggestion.unit_id)


def _steps_of(suggestion: Suggestion) -> Iterator[tuple[MatterStepKind, date]]:
    """The steps that the days of a suggestion tell."""
    yield MatterStepKind.OPENED, suggestion.raised_on
    if suggestion.sent_on is not None:
        yield MatterStepKind.SENT, suggestion.sent_on
    if suggestion.answered_on is not None:
        yield MatterStepKind.ANSWERED, suggestion.answered_on
    if suggestion.fed_back_on is not None:
        yield MatterStepKind.TOLD, suggestion.fed_back_on


def _columns(suggestion: Suggestion, zone: ZoneInfo) -> dict[str, object]:
    due_at = None if suggestion.due_on is None else at(suggestion.due_on + timedelta(1), time(0), zone)
    return {
        "face": MatterFace.SUGGESTION,
        "code": suggestion.code,
        "status": _status(suggestion),
        "text": suggestion.text,
        "opened_on": suggestion.raised_on,
        "person_id": suggestion.person_id,
        "unit_id": suggestion.unit_id,
        "office": suggestion.sent_to,
        "sent_on": suggestion.sent_on,
        "due_at": due_at,
        "answered_on": suggestion.answered_on,
        "answer": suggestion.answer,
        "told_on": suggestion.fed_back_on,
        "closed_on": suggestion.fed_back_on,
    }


def _due_day(due_at: datetime | None, zone: ZoneInfo) -> date | None:
    """What is owed by a day is due at that day's end."""
    return None if due_at is None else local_day(due_at - timedelta(microseconds=1), zone)


def _differs(matter: Matter, suggestion: Suggestion, zone: ZoneInfo) -> bool:
    return suggestion_of(matter, zone) != suggestion


def _measures(session: Session, suggestions: Mapping[MatterId, Suggestion]) -> dict[Record, Sequence[Part]]:
    """What suggestions add: one on the day they were raised, one on the day their author was told (rule 32)."""
    ids = metric_ids(session) if suggestions else {}
    return {
        recording.matter(matter_id): list(_parts(suggestion, ids))
        for matter_id, suggestion in suggestions.items()
    }


def _parts(suggestion: Suggestion, ids: Mapping[str, MetricId]) -> Iterator[Part]:
    days = {SUGGESTIONS_RAISED: suggestion.raised_on, SUGGESTIONS_SETTLED: suggestion.fed_back_on}
    for metric, day in days.items():
        if day is not None and suggestion.unit_id is not None:
            yield Part(ids[metric], suggestion.unit_id, day, Decimal(1), Origin.COUNTED)


def _placed(session: Session, suggestions: Sequence[Suggestion]) -> list[Suggestion]:
    people = {s.person_id for s in suggestions if s.unit_id is None and s.person_id is not None}
    placements = placements_of(session, people)

    def place(suggestion: Suggestion) -> Suggestion:
        if suggestion.unit_id is not None or suggestion.person_id is None:
            return suggestion
        return replace(
            suggestion, unit_id=unit_on(placements.get(suggestion.person_id, ()), suggestion.raised_on)
        )

    return [place(suggestion) for suggestion in suggestions]


def _by_code(session: Session, wanted: Collection[str]) -> dict[str | None, Matter]:
    matters: dict[str | None, Matter] = {}
    for some in in_batches(wanted):
        for matter in session.scalars(
            select(Matter).where(Matter.face == MatterFace.SUGGESTION, Matter.code.in_(some))
        ):
            matters[matter.code] = matter
    return matters


def _with_codes(session: Session, suggestions: Sequence[Suggestion]) -> list[Suggestion]:
    nameless = sum(1 for suggestion in suggestions if suggestion.code is None)
    fresh = iter(_fresh_codes(session, MatterFace.SUGGESTION, nameless))
    return [s if s.code is not None else replace(s, code=next(fresh)) for s in suggestions]


# --- cases 个案 -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CaseTold:
    """A case as somebody tells it, in codes."""

    kind: str
    """One of `CaseKind`, or a word of the office's own."""
    person_code: str
    code: str | None = None
    opened_on: date | None = None
    """Without it, today."""
    due_at: datetime | None = None
    closed_on: date | None = None
    result: str | None = None


def open_case(session: Session, told: CaseTold, *, by: Actor, now: datetime, zone: ZoneInfo) -> MatterId:
    """Open a case; it belongs to the person's unit on that day. Raises Invalid with every fault."""
    code = told.code or _fresh_codes(session, MatterFace.CASE, 1)[0]
    if told.code and _case(session, told.code) is not None:
        raise Invalid([Fault("code", "errors.code_taken", {"code": told.code})])
    opened_on = told.opened_on or local_day(now, zone)
    matter = Matter(face=MatterFace.CASE, code=code, opened_on=opened_on, status=MatterStatus.OPEN)
    _fill_case(session, matter, told)
    session.add(matter)
    session.flush()
    _step(session, matter, MatterStepKind.OPENED, opened_on, by, None)
    if matter.closed_on is not None:
        _step(session, matter, MatterStepKind.CLOSED, matter.closed_on, by, None)
    return matter.id


def change_case(
    session: Session,
    code: str,
    told: CaseTold,
    *,
    by: Actor,
    now: datetime,
    zone: ZoneInfo,
    expected_version: int | None = None,
) -> MatterId:
    """Let a case be as told from now on, in every column; with `closed_on` it is closed, without it open again.

    Raises NotFound, Stale when it has another version than expected, and Invalid with every fault.
    """
    matter = _locked(session, MatterFace.CASE, code, expected_version)
    was_closed_on = matter.closed_on
    matter.opened_on = told.opened_on or matter.opened_on
    _fill_case(session, matter, told)
    if matter.closed_on is not None and matter.closed_on != was_closed_on:
        _step(session, matter, MatterStepKind.CLOSED, matter.closed_on, by, None)
    elif matter.closed_on is None and was_closed_on is not None:
        _step(session, matter, MatterStepKind.REOPENED, local_day(now, zone), by, None)
    else:
        matter.version += 1
    session.flush()
    return matter.id


def case_of(session: Session, matter: Matter) -> CaseTold:
    """A case as it stands, in codes."""
    person = session.scalar(select(Person.code).where(Person.id == matter.person_id))
    return CaseTold(
        kind=matter.kind,
        person_code=person or "",
        code=matter.code,
        opened_on=matter.opened_on,
        due_at=matter.due_at,
        closed_on=matter.closed_on,
        result=matter.result,
    )


def note_visits(session: Session, visited: Mapping[MatterId, date | None], *, by: Actor) -> None:
    """What outcomes say of the visits of cases: visited on that day, or (None) not visited after all."""
    matters = session.scalars(
        select(Matter).where(Matter.id.in_(visited)).order_by(Matter.id).with_for_update()
    )
    for matter in matters.all():
        day = visited[matter.id]
        if day is not None:
            _step(session, matter, MatterStepKind.VISITED, day, by, None)
        if matter.closed_on is None:
            matter.status = _case_status(session, matter)
    session.flush()


def _fill_case(session: Session, matter: Matter, told: CaseTold) -> None:
    faults: list[Fault] = []
    people = codes.people(session, [told.person_code])
    person_id = codes.found(people, told.person_code, "person_code", faults)
    if person_id is None and not faults:
        faults.append(Fault("person_code", "matters.person_missing"))
    if not told.kind:
        faults.append(Fault("kind", "matters.kind_missing"))
    fields.collect(faults, "kind", partial(fields.free_kind, told.kind))
    fields.collect(faults, "result", partial(fields.text, told.result or ""))
    if told.code:
        fields.collect(faults, "code", partial(fields.code, told.code))
    if told.closed_on is not None and told.closed_on < matter.opened_on:
        faults.append(Fault("closed_on", "matters.closed_before_it_was_opened"))
    if faults or person_id is None:
        raise Invalid(faults)
    if matter.person_id != person_id:
        matter.unit_id = unit_on(placements_of(session, [person_id]).get(person_id, ()), matter.opened_on)
    matter.person_id, matter.kind = person_id, told.kind
    matter.due_at, matter.closed_on, matter.result = told.due_at, told.closed_on, told.result or None
    matter.status = MatterStatus.CLOSED if told.closed_on is not None else _case_status(session, matter)


def _case_status(session: Session, matter: Matter) -> MatterStatus:
    visits = (
        select(func.count())
        .select_from(Activity)
        .where(
            Activity.matter_id == matter.id,
            Activity.status.in_((ActivityStatus.HELD, ActivityStatus.PARTLY)),
        )
    )
    return MatterStatus.VISITING if matter.id and session.scalar(visits) else MatterStatus.OPEN


def _case(session: Session, code: str) -> Matter | None:
    return session.scalar(select(Matter).where(Matter.face == MatterFace.CASE, Matter.code == code))


# --- both -------------------------------------------------------------------------------------------------------------


def matter_of_code(session: Session, face: MatterFace, code: str) -> Matter:
    """The case or suggestion of a code; raises NotFound."""
    matter = session.scalar(select(Matter).where(Matter.face == face, Matter.code == code))
    if matter is None:
        raise NotFound("matters.no_such_matter", code=code)
    return matter


def steps_of(session: Session, matter_id: MatterId) -> Sequence[MatterStep]:
    """The story of a matter, step by step."""
    return session.scalars(
        select(MatterStep).where(MatterStep.matter_id == matter_id).order_by(MatterStep.on_day, MatterStep.id)
    ).all()


def _locked(session: Session, face: MatterFace, code: str, expected_version: int | None = None) -> Matter:
    matter = session.scalar(
        select(Matter)
        .where(Matter.face == face, Matter.code == code)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if matter is None:
        raise NotFound("matters.no_such_matter", code=code)
    if expected_version is not None and matter.version != expected_version:
        raise Stale
    return matter


def _step(
    session: Session, matter: Matter, step: MatterStepKind, day: date, by: Actor, note: str | None
) -> None:
    matter.version += 1
    session.add(MatterStep(matter_id=matter.id, step=step, on_day=day, by=by.name, note=note))


def _fresh_codes(session: Session, face: MatterFace, count: int) -> list[str]:
    """Codes that nobody has: the face's letter and numbers after the highest id."""
    if count == 0:
        return []
    hold(session, "matters")
    letter = "C" if face is MatterFace.CASE else "S"
    number = (session.scalar(select(func.max(Matter.id))) or 0) + 1
    fresh: list[str] = []
    while len(fresh) < count:
        offered = [f"{letter}-{number + step}" for step in range(count - len(fresh))]
        number += len(offered)
        taken: set[str] = set()
        for some in in_batches(offered):
            taken.update(
                session.scalars(select(Matter.code).where(Matter.face == face, Matter.code.in_(some)))
            )
        fresh += [code for code in offered if code not in taken]
    return fresh
