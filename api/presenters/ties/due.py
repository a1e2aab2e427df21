"""Visits that are due, in groups that make a round, and the round itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from api.forms.ties import stop_text
from api.presenters.cards import kind_mark
from api.presenters.words import address
from outreach.assignment import Ranking, say_reason
from outreach.due_visits import Arranged, CampaignDue, DueVisit, DueVisits
from outreach.permissions import Reach
from wording import days as day_words
from wording.names import joined
from wording.sentences import say

ROUND = "/people/due/round"
LATE_AFTER_DAYS = 30
"""Red is kept for those whom nobody visited for a month more than was set."""


@dataclass(frozen=True, slots=True)
class DueRow:
    """Somebody to be visited. `tone` is late, warn or quiet."""

    activity_id: int
    stop: str
    person_code: str
    person: str
    age: str
    address: str
    campaign: str
    campaign_code: str
    mark: str
    tint: int
    due: str
    tone: str
    due_on: str
    due_day: str
    last: str
    planned: str
    state: str
    people: str
    partners: str
    may_choose: bool
    may_record: bool
    may_open: bool


@dataclass(frozen=True, slots=True)
class DueGroup:
    """Those who belong to one unit; `round_at` puts all of them into a round, empty when that cannot be done."""

    anchor: str
    code: str
    name: str
    rows: Sequence[DueRow]
    round_at: str
    choosable: int


@dataclass(frozen=True, slots=True)
class CampaignChip:
    """A campaign to look at alone."""

    code: str
    name: str
    mark: str
    tint: int
    count: int
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class DuePage:
    count: int
    late: int
    to_arrange: int
    groups: Sequence[DueGroup]
    campaigns: Sequence[CampaignChip]
    next_due: str
    """Words for when something falls due next; empty when nothing does."""
    more_after: str
    may_choose: bool


@dataclass(frozen=True, slots=True)
class Rights:
    """Where the reader may see, tell of and plan visits."""

    sees: Reach
    records: Reach
    plans: Reach


@dataclass(frozen=True, slots=True)
class Candidate:
    code: str
    name: str
    reason: str
    is_chosen: bool


def due_page(
    found: DueVisits,
    rights: Rights,
    *,
    campaign: str | None,
    shown: int,
    today: date,
    zone: ZoneInfo,
    language: str,
) -> DuePage:
    """The first `shown` of what was found, by the unit that each person belongs to."""
    rows = [
        (each, due_row(each, rights, today=today, zone=zone, language=language))
        for each in found.items[:shown]
    ]
    grouped: dict[tuple[str, str], list[DueRow]] = {}
    for visit, row in rows:
        name = visit.home_name or say("ties.no_unit", language=language)
        grouped.setdefault((visit.home_code or "", name), []).append(row)
    last = found.items[shown - 1] if len(found.items) > shown else None
    return DuePage(
        count=found.count,
        late=found.late,
        to_arrange=found.to_arrange,
        groups=[
            _group(place, code, name, of_unit)
            for place, ((code, name), of_unit) in enumerate(grouped.items())
        ],
        campaigns=[_chip(each, campaign, language) for each in found.by_campaign],
        next_due=_next_due(found, today, language),
        more_after="" if last is None else f"{last.due_on.isoformat()}.{last.activity_id}",
        may_choose=any(row.may_choose for _, row in rows),
    )


def due_row(visit: DueVisit, rights: Rights, *, today: date, zone: ZoneInfo, language: str) -> DueRow:
    """One visit in words."""
    mark, tint, _ = kind_mark(visit.campaign_kind, visit.campaign_name, language)
    days = (today - visit.due_on).days
    return DueRow(
        activity_id=visit.activity_id,
        stop=stop_text(visit.activity_id, visit.version),
        person_code=visit.person_code,
        person=visit.person_name,
        age=_age(visit.birth_date, today, language),
        address=visit.address or "",
        campaign=visit.campaign_name,
        campaign_code=visit.campaign_code,
        mark=mark,
        tint=tint,
        due=_due(days, language),
        tone=_tone(days),
        due_on=visit.due_on.isoformat(),
        due_day=day_words.day(visit.due_on, today=today, language=language),
        last=_last(visit, today, language),
        planned=_planned(visit, today, zone, language),
        state=visit.arranged.value,
        people=joined(visit.people, language=language),
        partners=joined([each.name for each in visit.partners], language=language),
        may_choose=visit.unit_id in rights.plans and visit.arranged is not Arranged.TO_RECORD,
        may_record=visit.unit_id in rights.records,
        may_open=visit.unit_id in rights.sees,
    )


def candidates(
    visits: Sequence[DueVisit],
    ranking: Ranking | None,
    chosen: Sequence[str],
    *,
    today: date,
    language: str,
) -> Sequence[Candidate]:
    """Who could go: those paired with the ones to be visited, then the best of the others; `chosen` are ticked."""
    paired: dict[str, list[str]] = {}
    names: dict[str, str] = {}
    for visit in visits:
        for partner in visit.partners:
            names[partner.code] = partner.name
            paired.setdefault(partner.code, []).append(visit.person_name)
    found = [
        Candidate(
            code,
            names[code],
            say("ties.is_paired_with", language=language, names=joined(people, language=language)),
            code in chosen,
        )
        for code, people in paired.items()
    ]
    for each in ranking.candidates if ranking else ():
        if each.code not in paired:
            reason = say_reason(each.reason, today=today, language=language) or ""
            found.append(Candidate(each.code, each.name, reason, each.code in chosen))
    return found


def _group(place: int, code: str, name: str, rows: Sequence[DueRow]) -> DueGroup:
    stops = [("visit", row.stop) for row in rows if row.may_choose]
    return DueGroup(
        anchor=f"group-{place}",
        code=code,
        name=name,
        rows=rows,
        round_at=f"{ROUND}?{urlencode(stops)}" if stops else "",
        choosable=len(stops),
    )


def _chip(campaign: CampaignDue, chosen: str | None, language: str) -> CampaignChip:
    mark, tint, _ = kind_mark(campaign.kind, campaign.name, language)
    return CampaignChip(campaign.code, campaign.name, mark, tint, campaign.count, campaign.code == chosen)


def _due(days: int, language: str) -> str:
    if days == 0:
        return say("ties.due_today", language=language)
    key = "ties.due_past" if days > 0 else "ties.due_in"
    return say(key, language=language, days=abs(days))


def _tone(days: int) -> str:
    if days > LATE_AFTER_DAYS:
        return "late"
    return "warn" if days >= 0 else "quiet"


def _last(visit: DueVisit, today: date, language: str) -> str:
    if visit.last_visit_on is None:
        return say("ties.never_visited", language=language)
    return day_words.day(visit.last_visit_on, today=today, language=language)


def _planned(visit: DueVisit, today: date, zone: ZoneInfo, language: str) -> str:
    """When it is going to be, once anybody was asked; until then its day is only where the planner keeps it."""
    if visit.arranged is Arranged.NOT_YET:
        return ""
    if visit.starts_at is None:
        return day_words.day(visit.day, today=today, language=language)
    return day_words.moment(visit.starts_at, zone=zone, today=today, language=language)


def _age(born: date | None, today: date, language: str) -> str:
    if born is None or born > today:
        return ""
    age = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    return say("ties.age", language=language, age=age)


def _next_due(found: DueVisits, today: date, language: str) -> str:
    if found.next_due is None:
        return ""
    day = day_words.day(found.next_due.day, today=today, language=language)
    return say("ties.next_due", language=language, day=day, count=found.next_due.count)


def list_address(*, through: str, campaign: str | None, after: str | None = None) -> str:
    """The list, of a campaign and through so many days ahead when these are asked for."""
    return address("/people/due", through="" if through == "0" else through, campaign=campaign, after=after)
