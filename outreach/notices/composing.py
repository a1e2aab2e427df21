"""The words of a notice, made when they are needed: from the activity, the matter and the person as they then stand.

A subject names a day at most. A text holds what somebody needs who comes or acts: never whom a case is about, a fact
of health, an amount, or a link that opens anything by itself.

What the kinds want in `Owed.words`: `month_…` the month as `2026-09`, how many units and how many of them unsigned;
`digest` what `outreach.notices.digest` makes; `moved` and `cancelled` what `outreach.notices.occasions` remembers; the
others nothing.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Select, and_, bindparam, func, select
from sqlalchemy.orm import Session, aliased

from calendars.periods import parse_period
from calendars.timezones import local_day
from models import Activity, Assignment, Campaign, Matter, Notice, Person, Unit
from models.base import ActivityId, NoticeId, PersonId
from models.database import in_batches
from models.enums import (
    AWAITING_ANSWER,
    TAKING_PART,
    ActivityStatus,
    AssignmentState,
    MatterStatus,
    NoticeKind,
    NoticeState,
)
from outreach.notices.recipients import Recipient, recipient
from wording import days
from wording.sentences import say

_REMINDERS: Final = (NoticeKind.REMIND_WEEK, NoticeKind.REMIND_DAY, NoticeKind.REMIND_HOURS)
_OUTCOMES: Final = (NoticeKind.RECORD_OUTCOME, NoticeKind.RECORD_OUTCOME_AGAIN, NoticeKind.OUTCOME_MISSED)
_MONTHS: Final = (NoticeKind.MONTH_DRAFTED, NoticeKind.MONTH_UNSIGNED, NoticeKind.MONTH_CLOSED)
FOR_STAFF: Final = (
    *_OUTCOMES,
    *_MONTHS,
    NoticeKind.SUGGESTION_OVERDUE,
    NoticeKind.CASE_OPENED,
    NoticeKind.CASE_OVERDUE,
    NoticeKind.DIGEST,
)
"""What somebody acts on in the program, and so is given its address."""
DIGEST_PARTS: Final = ("short", "outcomes", "suggestions", "cases", "calls")
"""What a digest tells of, in this order."""


@dataclass(frozen=True, slots=True)
class Letterhead:
    """How this office writes: its language, the zone of its times, and the address its staff sign in at."""

    language: str
    zone: ZoneInfo
    public_url: str


@dataclass(frozen=True, slots=True)
class Letter:
    """A message as it is sent, or read out by telephone."""

    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class Owing:
    """A notice with everything that is known about what it is about; the fields of what it is not about are None."""

    id: NoticeId
    key: str
    kind: NoticeKind
    state: NoticeState
    words: Mapping[str, Any]  # Any: JSON
    claimed_by: str | None
    due_at: datetime
    expires_at: datetime
    activity_id: ActivityId | None
    person_id: PersonId
    name: str
    contact_by: str
    email: str | None
    mobile: str | None
    until: date | None
    erased_at: datetime | None
    frozen_on: date | None
    title: str | None
    place: str | None
    day: date | None
    last_day: date | None
    starts_at: datetime | None
    ends_at: datetime | None
    status: ActivityStatus | None
    revision: int | None
    role: str | None
    assigned: AssignmentState | None
    matter_code: str | None
    matter_status: MatterStatus | None
    office: str | None
    answer: str | None
    matter_due_at: datetime | None
    told_on: date | None
    closed_on: date | None
    unit_name: str | None

    @property
    def recipient(self) -> Recipient | None:
        """How the person is told, None for not at all."""
        return recipient(self.contact_by, self.email)


def owing(
    session: Session, notice_ids: Collection[NoticeId], *, for_update: bool = False
) -> dict[NoticeId, Owing]:
    """These notices with what they are about, as it stands; `for_update` holds them until the transaction ends."""
    found: dict[NoticeId, Owing] = {}
    for some in in_batches(sorted(notice_ids)):
        if for_update:
            # First the lock, then the look: a change made by whoever held it before is seen.
            session.execute(_LOCK, {"ids": some})
        for row in session.execute(_QUERY, {"ids": some}):
            found[row.id] = Owing(*row)
    return found


def still_true(notice: Owing, *, now: datetime, zone: ZoneInfo) -> bool:
    """Whether it is still to be told: in time, to somebody who may be told, of something that is as it says."""
    today = local_day(now, zone)
    if now >= notice.expires_at or notice.recipient is None or notice.erased_at is not None:
        return False
    if notice.frozen_on is not None and notice.frozen_on <= today:
        return False
    if notice.until is not None and notice.until < today:
        return False
    return _is_so(notice, now, today)


def compose(notice: Owing, letterhead: Letterhead, *, now: datetime) -> Letter:
    """The message, in the words of the office's language."""
    today = local_day(now, letterhead.zone)
    language = letterhead.language
    values = _values(notice, letterhead, today)
    paragraphs = [
        say("notices.greeting", language=language, name=notice.name),
        "\n".join([_sentence(notice, values, language), *_details(notice, letterhead, today)]),
        *_asks(notice, language),
    ]
    if notice.kind in FOR_STAFF:
        about = f"/a/{notice.activity_id}" if notice.activity_id is not None else ""
        paragraphs.append(say("notices.link", language=language, url=f"{letterhead.public_url}{about}"))
    signed = [notice.unit_name] if notice.unit_name else []
    paragraphs.append("\n".join([*signed, say("notices.automatic", language=language)]))
    return Letter(
        subject=say(f"notices.{notice.kind.value}_subject", language=language, **values),
        text="\n\n".join(paragraphs) + "\n",
    )


def _query() -> Select[Any]:  # Any: more columns than their types can be told apart
    of_activity, of_matter = aliased(Unit), aliased(Unit)
    return (
        select(
            Notice.id,
            Notice.dedupe_key,
            Notice.kind,
            Notice.state,
            Notice.words,
            Notice.claimed_by,
            Notice.due_at,
            Notice.expires_at,
            Notice.activity_id,
            Person.id,
            Person.name,
            Person.contact_by,
            Person.email,
            Person.mobile,
            Person.until,
            Person.erased_at,
            Person.frozen_on,
            Campaign.name,
            func.coalesce(Activity.place, Campaign.place),
            Activity.day,
            Activity.last_day,
            Activity.starts_at,
            Activity.ends_at,
            Activity.status,
            Activity.revision,
            Assignment.role,
            Assignment.state,
            Matter.code,
            Matter.status,
            Matter.office,
            Matter.answer,
            Matter.due_at,
            Matter.told_on,
            Matter.closed_on,
            func.coalesce(of_activity.name, of_matter.name),
        )
        .join(Person, Person.id == Notice.person_id)
        .outerjoin(Activity, Activity.id == Notice.activity_id)
        .outerjoin(Campaign, Campaign.id == Activity.campaign_id)
        .outerjoin(of_activity, of_activity.id == Activity.unit_id)
        .outerjoin(
            Assignment,
            and_(
                Assignment.activity_id == Notice.activity_id,
                Assignment.person_id == Notice.person_id,
            ),
        )
        .outerjoin(Matter, Matter.id == Notice.matter_id)
        .outerjoin(of_matter, of_matter.id == Matter.unit_id)
        .where(_AMONG)
        .order_by(Notice.id)
    )


# Made once: each message that is sent asks for it.
_AMONG: Final = Notice.id.in_(bindparam("ids", expanding=True))
_QUERY: Final = _query()
_LOCK: Final = select(Notice.id).where(_AMONG).order_by(Notice.id).with_for_update()


def _is_so(notice: Owing, now: datetime, today: date) -> bool:
    """Whether what it tells is so; of what is over only its record is spoken of, of what is to come all else."""
    kind = notice.kind
    if notice.status is not None:
        if kind in _OUTCOMES:
            unrecorded = (ActivityStatus.PLANNED, ActivityStatus.MISSED)
            return notice.revision == 0 and notice.status in unrecorded and _is_over(notice, now, today)
        return _is_coming(notice, now, today) and _concerns(notice)
    if kind is NoticeKind.SUGGESTION_OVERDUE:
        return notice.matter_status in AWAITING_ANSWER
    if kind is NoticeKind.SUGGESTION_ANSWERED:
        return notice.told_on is None
    if kind in (NoticeKind.CASE_OPENED, NoticeKind.CASE_OVERDUE):
        return notice.closed_on is None
    return True


def _is_coming(notice: Owing, now: datetime, today: date) -> bool:
    if notice.starts_at is not None:
        return notice.starts_at > now
    return notice.last_day is not None and notice.last_day >= today


def _is_over(notice: Owing, now: datetime, today: date) -> bool:
    if notice.ends_at is not None:
        return notice.ends_at <= now
    return notice.last_day is not None and notice.last_day < today


def _concerns(notice: Owing) -> bool:
    """Whether the person and the activity are as the notice says."""
    comes = notice.assigned in TAKING_PART
    is_planned = notice.status is ActivityStatus.PLANNED
    match notice.kind:
        case NoticeKind.ASKED:
            return is_planned and notice.assigned is AssignmentState.PROPOSED
        case NoticeKind.WITHDRAWN:
            return is_planned and notice.assigned is AssignmentState.WITHDRAWN
        case NoticeKind.CANCELLED:
            return notice.status is ActivityStatus.CANCELLED and comes
        case _:
            return is_planned and comes


def _values(notice: Owing, letterhead: Letterhead, today: date) -> dict[str, str]:
    """What subjects and sentences may name."""
    language, zone = letterhead.language, letterhead.zone
    values = {
        "title": notice.title or "",
        "code": notice.matter_code or "",
        "office": notice.office or "",
        "units": str(notice.words.get("units", "")),
        "unsigned": str(notice.words.get("unsigned", "")),
        "until": days.moment(notice.expires_at, zone=zone, today=today, language=language),
        "due": "",
        "day": "",
        "month": "",
    }
    if notice.matter_due_at is not None:
        values["due"] = days.day(local_day(notice.matter_due_at, zone), today=today, language=language)
    day = _day_told(notice)
    if day is not None:
        values["day"] = days.day(day, today=today, language=language)
    if "month" in notice.words:
        first = parse_period(str(notice.words["month"])).first
        values["month"] = days.month(first, today=today, language=language)
    return values


def _day_told(notice: Owing) -> date | None:
    """The day that the subject names: of what is cancelled the one that the person knows."""
    if notice.kind is NoticeKind.CANCELLED and notice.words.get("was_day"):
        return date.fromisoformat(notice.words["was_day"])
    if notice.kind is NoticeKind.DIGEST:
        return date.fromisoformat(notice.words["day"])
    return notice.day


def _sentence(notice: Owing, values: Mapping[str, str], language: str) -> str:
    if notice.kind is NoticeKind.MOVED and notice.words.get("restored"):
        return say("notices.moved_restored", language=language, **values)
    if notice.kind is NoticeKind.SUGGESTION_OVERDUE and not (values["office"] and values["due"]):
        return say("notices.suggestion_overdue_plain", language=language, **values)
    return say(f"notices.{notice.kind.value}_text", language=language, **values)


def _details(notice: Owing, letterhead: Letterhead, today: date) -> Sequence[str]:
    if notice.kind is NoticeKind.DIGEST:
        return _digest(notice.words, letterhead.language, today)
    if notice.kind is NoticeKind.SUGGESTION_ANSWERED and notice.answer:
        return [say("notices.answer", language=letterhead.language, answer=notice.answer)]
    if notice.day is None:
        return []
    return _when_and_where(notice, letterhead, today)


def _when_and_where(notice: Owing, letterhead: Letterhead, today: date) -> list[str]:
    language = letterhead.language
    was = notice.words.get("was_day")
    is_cancelled = notice.kind is NoticeKind.CANCELLED
    if is_cancelled and was:
        return [say("notices.when", language=language, when=_was_when(notice.words, letterhead, today))]
    lines = [say("notices.when", language=language, when=_when(notice, letterhead, today))]
    if notice.kind is NoticeKind.MOVED and was:
        told = _was_when(notice.words, letterhead, today)
        lines[0] += say("notices.instead_of", language=language, before=told)
    if is_cancelled or notice.kind in (NoticeKind.WITHDRAWN, *_OUTCOMES):
        return lines
    if notice.place:
        line = say("notices.where", language=language, where=notice.place)
        if notice.kind is NoticeKind.MOVED and notice.words.get("was_place"):
            line += say("notices.instead_of", language=language, before=notice.words["was_place"])
        lines.append(line)
    if notice.role not in (None, "any"):
        lines.append(say("notices.role", language=language, role=notice.role))
    return lines


def _when(notice: Owing, letterhead: Letterhead, today: date) -> str:
    assert notice.day is not None
    assert notice.last_day is not None
    language = letterhead.language
    said = days.days(notice.day, notice.last_day, today=today, language=language)
    if notice.starts_at is None or notice.ends_at is None:
        return said
    if notice.day == notice.last_day:
        return f"{said} {days.time_range(notice.starts_at, notice.ends_at, zone=letterhead.zone)}"
    return f"{said} {days.clock_time(notice.starts_at.astimezone(letterhead.zone))}"


def _was_when(words: Mapping[str, Any], letterhead: Letterhead, today: date) -> str:
    """When it was to be, as it was last told."""
    language = letterhead.language
    if words.get("was_at"):
        at = datetime.fromisoformat(words["was_at"])
        return days.moment(at, zone=letterhead.zone, today=today, language=language)
    return days.day(date.fromisoformat(words["was_day"]), today=today, language=language)


def _digest(words: Mapping[str, Any], language: str, today: date) -> list[str]:
    lines = []
    for part in DIGEST_PARTS:
        told = words.get(part)
        if not told:
            continue
        lines.append(say(f"notices.digest_{part}", language=language, count=told["count"]))
        for item in told["first"]:
            day = days.day(date.fromisoformat(item["day"]), today=today, language=language)
            lines.append(say("notices.digest_line", language=language, day=day, title=item["title"]))
    return lines


def _asks(notice: Owing, language: str) -> list[str]:
    """What somebody who takes part is asked to say."""
    if notice.kind in (NoticeKind.ASKED, NoticeKind.MOVED) and notice.assigned is AssignmentState.PROPOSED:
        return [say("notices.please_answer", language=language)]
    if notice.kind in (NoticeKind.CONFIRMED, NoticeKind.MOVED, *_REMINDERS):
        return [say("notices.if_you_cannot", language=language)]
    return []
