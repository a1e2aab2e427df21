"""The list of campaigns: a row each, and the filters as links."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from api.presenters.cards import kind_mark
from api.presenters.schedules import schedule_words
from api.presenters.words import address
from models.enums import CampaignStatus
from outreach.campaign_register import RegisterAsked, RegisterCount, RegisterRow
from wording import days as day_words
from wording.numbers import figure
from wording.sentences import say

_TONES: Mapping[CampaignStatus, str] = {
    CampaignStatus.ACTIVE: "ok",
    CampaignStatus.PAUSED: "warn",
    CampaignStatus.DRAFT: "quiet",
    CampaignStatus.ENDED: "quiet",
}


@dataclass(frozen=True, slots=True)
class CampaignCard:
    code: str
    mark: str
    tint: int
    kind: str
    name: str
    schedule: str
    period: str
    unit: str
    team: str
    team_code: str
    leader: str
    held: str
    planned: str
    share: int
    """How much of the year's is held, in hundredths, for the bar."""
    attended: str
    short: int
    next_day: str
    next_iso: str
    status: str
    status_words: str
    tone: str


@dataclass(frozen=True, slots=True)
class FilterLink:
    words: str
    count: str
    address: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class RegisterPage:
    rows: Sequence[CampaignCard]
    count: int
    words: str
    statuses: Sequence[FilterLink]
    kinds: Sequence[FilterLink]
    previous: str
    following: str
    is_filtered: bool


def register_page(
    rows: Sequence[RegisterRow],
    counts: Sequence[RegisterCount],
    asked: RegisterAsked,
    *,
    page: int,
    has_more: bool,
    kind_names: Mapping[str, str],
    today: date,
    language: str,
) -> RegisterPage:
    """The page of a list; `kind_names` has the names of the office's own kinds."""

    def link(**other: str | None) -> str:
        asked_now = {"status": asked.status, "kind": asked.kind, "q": asked.words} | other
        return address("/campaigns", **asked_now)

    def beside(number: int) -> str:
        return link(page=str(number) if number > 1 else None)

    return RegisterPage(
        rows=[campaign_card(row, kind_names=kind_names, today=today, language=language) for row in rows],
        count=sum(each.count for each in counts),
        words=asked.words or "",
        statuses=_statuses(counts, asked, link, language),
        kinds=_kinds(counts, asked, link, kind_names, language),
        previous=beside(page - 1) if page > 1 else "",
        following=beside(page + 1) if has_more else "",
        is_filtered=asked != RegisterAsked(),
    )


def campaign_card(
    row: RegisterRow, *, kind_names: Mapping[str, str], today: date, language: str
) -> CampaignCard:
    mark, tint, kind = kind_mark(row.kind, row.name, language)
    return CampaignCard(
        code=row.code,
        mark=mark,
        tint=tint,
        kind=kind_names.get(row.kind, kind),
        name=row.name,
        schedule=schedule_words(row.schedule, on_holiday=row.on_holiday, today=today, language=language),
        period=day_words.days(row.starts_on, row.ends_on, today=today, language=language),
        unit=row.unit_name,
        team=row.team_name or "",
        team_code=row.team_code or "",
        leader=row.leader or "",
        held=figure(row.held),
        planned=figure(row.planned),
        share=round(100 * row.held / row.planned) if row.planned else 0,
        attended=figure(row.attended),
        short=row.short,
        next_day="" if row.next_on is None else day_words.day(row.next_on, today=today, language=language),
        next_iso="" if row.next_on is None else row.next_on.isoformat(),
        status=row.status,
        status_words=status_words(row.status, language=language),
        tone=_TONES[row.status],
    )


def status_words(status: CampaignStatus, *, language: str) -> str:
    return say(f"campaigns.status_{status}", language=language)


def status_tone(status: CampaignStatus) -> str:
    return _TONES[status]


def _statuses(
    counts: Sequence[RegisterCount], asked: RegisterAsked, link: Callable[..., str], language: str
) -> Sequence[FilterLink]:
    of_kind = [each for each in counts if asked.kind in (None, each.kind)]
    everything = FilterLink(
        say("campaigns.all_states", language=language),
        figure(sum(each.count for each in of_kind)),
        link(status=None),
        asked.status is None,
    )
    return [
        everything,
        *(
            FilterLink(
                status_words(status, language=language),
                figure(sum(each.count for each in of_kind if each.status is status)),
                link(status=status),
                asked.status is status,
            )
            for status in _TONES
        ),
    ]


def _kinds(
    counts: Sequence[RegisterCount],
    asked: RegisterAsked,
    link: Callable[..., str],
    kind_names: Mapping[str, str],
    language: str,
) -> Sequence[FilterLink]:
    of_status = [each for each in counts if asked.status in (None, each.status)]
    kinds = dict.fromkeys(each.kind for each in counts)
    if len(kinds) < 2:
        return []
    everything = FilterLink(
        say("campaigns.all_kinds", language=language),
        figure(sum(each.count for each in of_status)),
        link(kind=None),
        asked.kind is None,
    )
    return [
        everything,
        *(
            FilterLink(
                kind_names.get(kind, kind_mark(kind, kind, language)[2]),
                figure(sum(each.count for each in of_status if each.kind == kind)),
                link(kind=kind),
                asked.kind == kind,
            )
            for kind in kinds
        ),
    ]
