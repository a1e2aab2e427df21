"""One campaign: facts, months, who takes part, what was changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from api.presenters.campaigns.register import status_tone, status_words
from api.presenters.campaigns.wording import column_words, needed_words
from api.presenters.cards import kind_mark
from api.presenters.schedules import schedule_words
from api.presenters.words import moment, month_word
from models.enums import AuditAction, CampaignStatus
from outreach.campaign_register import HistoryEntry, MonthDone, Participation
from outreach.campaigns import STEPS, CampaignView
from wording import days as day_words
from wording.numbers import figure
from wording.sentences import say

_WIDTH, _HEIGHT, _GAP = 26, 60, 4


@dataclass(frozen=True, slots=True)
class Fact:
    icon: str
    words: str
    address: str = ""


@dataclass(frozen=True, slots=True)
class MonthBar:
    """A month as two bars above each other: heights and places in the drawing's own units."""

    name: str
    held: str
    open: str
    cancelled: str
    attended: str
    x: int
    held_y: int
    held_height: int
    open_y: int
    open_height: int
    is_now: bool


@dataclass(frozen=True, slots=True)
class Progress:
    year: int
    bars: Sequence[MonthBar]
    width: int
    height: int
    bar_width: int
    held: str
    planned: str
    attended: str
    is_empty: bool


@dataclass(frozen=True, slots=True)
class ParticipationRow:
    code: str
    name: str
    times: str
    last: str


@dataclass(frozen=True, slots=True)
class HistoryRow:
    when: str
    iso: str
    by: str
    words: str


@dataclass(frozen=True, slots=True)
class StepLink:
    """A status that may follow: pause, resume, start, end."""

    status: CampaignStatus
    words: str
    icon: str


@dataclass(frozen=True, slots=True)
class CampaignPage:
    code: str
    name: str
    mark: str
    tint: int
    kind: str
    status: CampaignStatus
    status_words: str
    tone: str
    schedule: str
    facts: Sequence[Fact]
    notes: str
    steps: Sequence[StepLink]


_ICONS: Mapping[CampaignStatus, str] = {
    CampaignStatus.ACTIVE: "play",
    CampaignStatus.PAUSED: "pause",
    CampaignStatus.ENDED: "flag",
}


def campaign_page(
    view: CampaignView,
    *,
    kind_name: str | None,
    whom: Sequence[str],
    metrics: Sequence[str],
    today: date,
    language: str,
) -> CampaignPage:
    """The head and the facts. `whom` and `metrics` are in words."""
    mark, tint, kind = kind_mark(view.kind, view.name, language)
    schedule = schedule_words(view.schedule, on_holiday=view.on_holiday, today=today, language=language)

    def words(key: str, **values: object) -> str:
        return say(f"campaigns.{key}", language=language, **values)

    facts = [
        Fact("repeat", schedule),
        Fact("calendar-range", day_words.days(view.starts_on, view.ends_on, today=today, language=language)),
    ]
    if view.start_time is not None:
        facts.append(Fact("clock", words("fact_starts", time=day_words.clock_time(view.start_time))))
    facts.append(Fact("building-2", view.unit_name, f"/units/{view.unit_code}"))
    if view.team_name is not None:
        facts.append(Fact("users", view.team_name, f"/teams/{view.team_code}"))
    if view.place:
        facts.append(Fact("map-pin", view.place))
    if view.places_needed:
        facts.append(Fact("user-plus", needed_words(view.places_needed, language=language)))
    if view.skills:
        facts.append(Fact("wrench", say("names.separator", language=language).join(view.skills)))
    if whom:
        facts.append(
            Fact("heart", words("fact_whom", whom=say("names.separator", language=language).join(whom)))
        )
    if view.split_by is not None:
        facts.append(Fact("split", words("fact_split")))
    if metrics:
        facts.append(
            Fact(
                "table-2",
                words("fact_metrics", metrics=say("names.separator", language=language).join(metrics)),
            )
        )
    facts.append(Fact("eye", words("fact_public" if view.public else "fact_internal")))
    return CampaignPage(
        code=view.code,
        name=view.name,
        mark=mark,
        tint=tint,
        kind=kind_name or kind,
        status=view.status,
        status_words=status_words(view.status, language=language),
        tone=status_tone(view.status),
        schedule=schedule,
        facts=facts,
        notes=view.notes or "",
        steps=[
            StepLink(status, step_words(view.status, status, language=language), _ICONS[status])
            for status in (CampaignStatus.ACTIVE, CampaignStatus.PAUSED, CampaignStatus.ENDED)
            if status in STEPS[view.status]
        ],
    )


def step_words(before: CampaignStatus, after: CampaignStatus, *, language: str) -> str:
    """What a change of status is called: 启用, 暂停, 恢复, 结束."""
    resumes = after is CampaignStatus.ACTIVE and before is not CampaignStatus.DRAFT
    return say(f"campaigns.step_{'resume' if resumes else after}", language=language)


def progress(months: Sequence[MonthDone], *, year: int, today: date, language: str) -> Progress:
    """Twelve months as bars: what was held, and upon it what is still open."""
    most = max((each.held + each.open for each in months), default=0)
    bars = []
    for place, each in enumerate(months):
        held = _share(each.held, most)
        above = _share(each.held + each.open, most) - held
        bars.append(
            MonthBar(
                name=month_word(date(year, each.month, 1), language),
                held=figure(each.held),
                open=figure(each.open),
                cancelled=figure(each.cancelled),
                attended=figure(each.attended),
                x=place * (_WIDTH + _GAP),
                held_y=_HEIGHT - held,
                held_height=held,
                open_y=_HEIGHT - held - above,
                open_height=above,
                is_now=(year, each.month) == (today.year, today.month),
            )
        )
    return Progress(
        year=year,
        bars=bars,
        width=12 * (_WIDTH + _GAP) - _GAP,
        height=_HEIGHT,
        bar_width=_WIDTH,
        held=figure(sum(each.held for each in months)),
        planned=figure(sum(each.held + each.open for each in months)),
        attended=figure(sum(each.attended for each in months)),
        is_empty=most == 0 and not any(each.cancelled for each in months),
    )


def _share(count: int, most: int) -> int:
    """Of the drawing's height; what there is at all can be seen."""
    return max(2, round(_HEIGHT * count / most)) if count else 0


def participation_rows(
    found: Sequence[Participation], *, today: date, language: str
) -> Sequence[ParticipationRow]:
    """People with how often they were there."""
    return [
        ParticipationRow(
            each.code,
            each.name,
            figure(each.times),
            "" if each.last_on is None else day_words.day(each.last_on, today=today, language=language),
        )
        for each in found
    ]


def history_rows(
    found: Sequence[HistoryEntry], *, today: date, zone: ZoneInfo, language: str
) -> Sequence[HistoryRow]:
    """Who changed what, when."""
    separator = say("names.separator", language=language)
    return [
        HistoryRow(
            when=moment(each.at, today=today, zone=zone, language=language),
            iso=each.at.isoformat(),
            by=each.by or say("campaigns.by_program", language=language),
            words=say("campaigns.history_created", language=language)
            if each.action is AuditAction.CREATED
            else say(
                "campaigns.history_changed",
                language=language,
                columns=separator.join(column_words(name, language=language) for name in each.columns),
            ),
        )
        for each in found
        if each.action is AuditAction.CREATED or each.columns
    ]
