"""The next dates of a schedule that is being built, each with why it is that day and what it gets in the way of."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice

from api.presenters.days import DayWords, day_heading
from api.presenters.words import month_word
from calendars.occurrences import occurrences
from calendars.schedules import (
    LAST_YEAR,
    Birthday,
    Cadence,
    CaseVisit,
    DatedSchedule,
    Recurrence,
    Schedule,
)
from calendars.workdays import Workdays
from models.base import CampaignId, PersonId, UnitId
from models.enums import OnHoliday
from outreach.campaign_register import Named
from outreach.planning import Conflict, Remark, RemarkKind, horizon_end, say_conflict
from outreach.previews import SHOWN_AT_MOST, Preview, PreviewDate
from wording import days as day_words
from wording.names import joined
from wording.numbers import figure
from wording.schedules import explain
from wording.sentences import say

DATES_SHOWN = 12
CLASHES_SHOWN = 3
_LONGEST_MONTHS: Mapping[int, int] = {2: 29, 4: 30, 6: 30, 9: 30, 11: 30}


@dataclass(frozen=True, slots=True)
class PreviewRow:
    day: DayWords
    words: str
    reason: str
    whom: str
    clashes: Sequence[str]
    is_forecast: bool


@dataclass(frozen=True, slots=True)
class PreviewShown:
    """`says` is the sentence above the dates, which is also read aloud."""

    says: str
    rows: Sequence[PreviewRow]
    past: str
    """How many lie before today; empty when none does."""
    horizon: str = ""
    """How far ahead activities are made, where a date lies beyond."""
    why_none: Sequence[str] = ()
    remarks: Sequence[str] = ()
    more_clashes: str = ""
    faults: Sequence[str] = ()


def faulty_preview(faults: Sequence[str], *, language: str) -> PreviewShown:
    """Nothing to show yet: what is missing or wrong."""
    return PreviewShown(say("campaigns.preview_not_yet", language=language), (), "", faults=faults)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a preview was asked with."""

    schedule: Schedule
    starts_on: date
    ends_on: date
    on_holiday: OnHoliday


def preview_shown(
    found: Preview,
    asked: Asked,
    *,
    people: Mapping[PersonId, Named],
    units: Mapping[UnitId, Named],
    seen: Collection[CampaignId],
    workdays: Workdays,
    today: date,
    language: str,
) -> PreviewShown:
    """The twelve dates from today on. A conflict with a campaign that is not `seen` does not name it."""
    ahead = [each for each in found.dates if each.on >= today]
    shown = ahead[:DATES_SHOWN]
    clashes = _clashes(found.conflicts.named, seen, today, language)
    rows = [
        PreviewRow(
            day=day_heading(each.on, workdays=workdays, today=today, language=language),
            words=day_words.day(each.on, today=today, language=language),
            reason=explain(each.occurrence, language=language) if each.occurrence.reason else "",
            whom=_whom(each, people, units, language),
            clashes=clashes.get(each.on, [])[:CLASHES_SHOWN],
            is_forecast=each.forecast,
        )
        for each in shown
    ]
    hidden = found.conflicts.in_all - sum(len(clashes.get(day, ())) for day in {each.on for each in shown})
    past = len(found.dates) - len(ahead)
    return PreviewShown(
        says=_says(found, ahead, today, language),
        rows=rows,
        past=say("campaigns.preview_past", language=language, count=figure(past)) if past else "",
        horizon=_horizon(ahead, today, language),
        why_none=() if found.dates else _why_none(found, asked, workdays, today, language),
        remarks=[_remark(each, language) for each in found.remarks] if found.dates else (),
        more_clashes=say("campaigns.preview_more_clashes", language=language, count=figure(hidden))
        if hidden > 0
        else "",
    )


def _says(found: Preview, ahead: Sequence[PreviewDate], today: date, language: str) -> str:
    """共 12 次，首次 11月15日 周日，末次 …."""
    if not found.dates:
        return say("campaigns.preview_none", language=language)

    def day(each: PreviewDate) -> str:
        return day_words.day(each.on, today=today, language=language)

    if found.more:
        return say(
            "campaigns.preview_many",
            language=language,
            count=figure(SHOWN_AT_MOST),
            first=day(found.dates[0]),
        )
    if not ahead:
        return say(
            "campaigns.preview_all_past",
            language=language,
            count=figure(len(found.dates)),
            last=day(found.dates[-1]),
        )
    if len(found.dates) == 1:
        return say("campaigns.preview_one", language=language, first=day(found.dates[0]))
    return say(
        "campaigns.preview_total",
        language=language,
        count=figure(len(found.dates)),
        first=day(found.dates[0]),
        last=day(found.dates[-1]),
    )


def _horizon(ahead: Sequence[PreviewDate], today: date, language: str) -> str:
    """月历先排到 2027年9月15日，再往后的…, where a date lies beyond what is planned now."""
    end = horizon_end(today)
    if all(each.on <= end for each in ahead):
        return ""
    day = day_words.day(end, today=today, language=language)
    return say("campaigns.preview_horizon", language=language, day=day)


def _whom(
    each: PreviewDate, people: Mapping[PersonId, Named], units: Mapping[UnitId, Named], language: str
) -> str:
    if each.person_id is not None:
        return people[each.person_id].name if each.person_id in people else ""
    if not each.units:
        return ""
    names = [units[unit].name for unit in each.units[:CLASHES_SHOWN] if unit in units]
    words = joined(names, language=language)
    if len(each.units) <= CLASHES_SHOWN:
        return words
    return say("campaigns.preview_units", language=language, names=words, count=len(each.units))


def _clashes(
    conflicts: Sequence[Conflict], seen: Collection[CampaignId], today: date, language: str
) -> Mapping[date, Sequence[str]]:
    found: defaultdict[date, list[str]] = defaultdict(list)
    for each in conflicts:
        if all(campaign in seen for campaign in each.campaign_ids):
            found[each.day].append(say_conflict(each, today=today, language=language))
        else:
            found[each.day].append(say("campaigns.preview_clash_unseen", language=language))
    return found


# Why there is no date


def _why_none(found: Preview, asked: Asked, workdays: Workdays, today: date, language: str) -> Sequence[str]:
    if found.remarks:
        return [_remark(each, language) for each in found.remarks]
    match asked.schedule:
        case Birthday():
            return [say("campaigns.none_birthday", language=language)]
        case Cadence():
            return [say("campaigns.none_cadence", language=language)]
        case CaseVisit():
            return [say("campaigns.none_case", language=language)]
        case schedule:
            return [_why_none_dated(schedule, asked, workdays, today, language)]


def _why_none_dated(
    schedule: DatedSchedule, asked: Asked, workdays: Workdays, today: date, language: str
) -> str:
    if isinstance(schedule, Recurrence) and (lacking := _lacking_day(schedule)):
        month, day = lacking
        return say(
            "campaigns.none_month_lacks_day",
            language=language,
            month=month_word(date(2000, month, 1), language),
            day=day,
        )
    if asked.on_holiday is OnHoliday.SKIP and _first(
        schedule, asked, workdays, asked.ends_on, OnHoliday.KEEP
    ):
        return say("campaigns.none_all_holidays", language=language)
    later = _first(schedule, asked, workdays, date(min(asked.ends_on.year + 30, LAST_YEAR), 12, 31))
    if later is not None:
        return say(
            "campaigns.none_in_span",
            language=language,
            day=day_words.day(later, today=today, language=language),
        )
    return say("campaigns.none_at_all", language=language)


def _lacking_day(rule: Recurrence) -> tuple[int, int] | None:
    """A month and a day of it that no year has: the 30th of February."""
    days = rule.by_month_day
    if not rule.by_month or not days or min(days) < 0:
        return None
    longest = [(_LONGEST_MONTHS.get(month, 31), month) for month in rule.by_month]
    if any(day <= length for length, _ in longest for day in days):
        return None
    return longest[0][1], min(days)


def _first(
    schedule: DatedSchedule,
    asked: Asked,
    workdays: Workdays,
    until: date,
    on_holiday: OnHoliday | None = None,
) -> date | None:
    found = occurrences(
        schedule,
        starts_on=asked.starts_on,
        ends_on=until,
        first=asked.starts_on,
        last=until,
        on_holiday=asked.on_holiday if on_holiday is None else on_holiday,
        workdays=workdays,
    )
    return next((each.day for each in islice(found, 1)), None)


def _remark(remark: Remark, language: str) -> str:
    key = f"campaigns.remark_{RemarkKind(remark.kind)}"
    return say(key, language=language, count=figure(remark.count))
