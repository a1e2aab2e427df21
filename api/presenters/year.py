"""The year plan: lanes of months with a strip of days each, what the months ask for, and clashes to decide about."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from api.presenters.cards import kind_mark
from api.presenters.words import address, moment, month_word
from calendars.festivals import festivals_on
from calendars.schedules import months_after
from calendars.workdays import DayKind, Workdays, holiday_festival
from models.enums import ActivityStatus, CampaignStatus
from outreach.planning import Action, ConflictKind
from outreach.planning.clashes import Clash, Clashes, ClashingActivity
from outreach.planning.yearly import LaneCampaign, LaneDay, PlannedDay, YearPlan
from wording import days as day_words
from wording.names import joined, joined_up_to
from wording.numbers import figure
from wording.sentences import say

FOLDED_ABOVE: Final = 24
"""So many campaigns stand as lanes of their own; more are folded into one lane a kind."""
LANES_SHOWN: Final = 40
"""So many campaigns of an opened kind stand on one page."""
_TICKS_AT_MOST: Final = 8
"""More days than these in a month are drawn as columns of weeks."""
_DATES_AT_MOST: Final = 2
_STEP: Final = 2
"""How wide a day is in a strip; its height is 20, the base line lies at 18."""
_TALL: Final = 12
_NAMES_SHOWN: Final = 3
_MUCH: Final = 1.5
"""A month with so many times as much as the months have on the average is marked."""
_ONE_DAY: Final = timedelta(days=1)
_SHOWN_FESTIVALS: Final = ("lantern", "party_day", "army_day", "double_ninth")
"""Named in the head of a month beside its holidays."""


_Box = tuple[float, float, float, float]
"""Left edge, top, width and height of a rectangle of a strip, which is 62 by 20."""


@dataclass(frozen=True, slots=True)
class Strip:
    """A month drawn: the outlines of its holidays and of its work as paths, and where today is, if in it."""

    rests: str
    work: str
    today: str


@dataclass(frozen=True, slots=True)
class Flag:
    """A word beside a cell, with what it is about; `tone` is late or warn."""

    tone: str
    icon: str
    words: str
    long: str


@dataclass(frozen=True, slots=True)
class Cell:
    """A month of a lane; without activities it has no words, and no address."""

    month: str
    strip: Strip | None
    words: str
    address: str
    flags: Sequence[Flag]
    is_now: bool


@dataclass(frozen=True, slots=True)
class Lane:
    """A kind of campaigns, or one of them. `opens` leads to its campaigns, `closes` folds them again."""

    id: str
    mark: str
    tint: int
    kind: str
    title: str
    about: str
    address: str
    opens: str
    closes: str
    is_below: bool
    cells: Sequence[Cell]


@dataclass(frozen=True, slots=True)
class MonthHead:
    """The head of a column: what is special about the month."""

    number: int
    words: str
    special: str
    iso: str
    is_now: bool


@dataclass(frozen=True, slots=True)
class MonthLoad:
    month: str
    strip: Strip | None
    activities: str
    hours: str
    places: str
    is_over: bool
    is_now: bool


@dataclass(frozen=True, slots=True)
class Thing:
    """One of the activities of a clash."""

    id: int
    mark: str
    tint: int
    kind: str
    title: str


@dataclass(frozen=True, slots=True)
class Way:
    """What is proposed about a clash: `move` to a day, look at the `people`, or `agree` on one of them."""

    kind: str
    activity_id: int
    version: int
    day: str
    words: str
    about: str


@dataclass(frozen=True, slots=True)
class ClashRow:
    """A clash. `note` says who keeps it and why, when somebody does."""

    facts: str
    iso: str
    day: str
    things: Sequence[Thing]
    more: str
    rule: str
    hit: str
    way: Way
    note: str


@dataclass(frozen=True, slots=True)
class ClashList:
    count: int
    rows: Sequence[ClashRow]
    more: int
    kept: Sequence[ClashRow]


@dataclass(frozen=True, slots=True)
class YearPage:
    """`warnings` are the years without an official notice; `more_lanes` is how many campaigns stand on other pages."""

    year: int
    heads: Sequence[MonthHead]
    lanes: Sequence[Lane]
    load: Sequence[MonthLoad]
    campaigns: str
    activities: str
    done: str
    is_official: bool
    more_lanes: int


@dataclass(frozen=True, slots=True)
class _Drawing:
    """What every strip of the year is drawn with."""

    year: int
    today: date
    language: str
    rests: Mapping[int, Sequence[tuple[int, int]]]
    """The runs of holidays of each month, first and last day."""
    made_up: frozenset[date]


def year_page(
    plan: YearPlan,
    clashes: Clashes,
    *,
    opened: str,
    below: Sequence[LaneCampaign],
    more_lanes: int,
    workdays: Workdays,
    today: date,
    language: str,
) -> YearPage:
    """The page; `opened` is the kind whose campaigns stand below it, and `below` those of them that are shown."""
    drawing = _drawing(plan.year, workdays, today, language)
    load = plan.load
    return YearPage(
        year=plan.year,
        heads=[_head(month, drawing) for month in range(1, 13)],
        lanes=_lanes(plan, clashes, opened, below, drawing),
        load=_load(load, drawing),
        campaigns=figure(len(plan.campaigns)),
        activities=figure(sum(each.count for each in load)),
        done=figure(sum(each.done for each in load)),
        is_official=workdays.is_official(plan.year),
        more_lanes=more_lanes,
    )


def clash_list(clashes: Clashes, *, today: date, zone: ZoneInfo, language: str) -> ClashList:
    rows = [_clash_row(each, today, zone, language) for each in clashes.undecided]
    kept = [_clash_row(each, today, zone, language) for each in clashes.kept]
    return ClashList(clashes.count, rows, clashes.count - len(rows), kept)


# --- lanes ------------------------------------------------------------------------------------------------------------


def _drawing(year: int, workdays: Workdays, today: date, language: str) -> _Drawing:
    rests: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
    made_up: set[date] = set()
    for named in workdays.named_between(date(year, 1, 1), date(year, 12, 31)):
        if named.kind is DayKind.MAKE_UP:
            made_up.add(named.day)
        elif named.kind is DayKind.HOLIDAY:
            runs, day = rests[named.day.month], named.day.day
            if runs and runs[-1][1] == day - 1:
                runs[-1] = (runs[-1][0], day)
            else:
                runs.append((day, day))
    return _Drawing(year, today, language, rests, frozenset(made_up))


def _lanes(
    plan: YearPlan,
    clashes: Clashes,
    opened: str,
    below: Sequence[LaneCampaign],
    drawing: _Drawing,
) -> list[Lane]:
    by_kind: defaultdict[str, list[LaneCampaign]] = defaultdict(list)
    for each in plan.campaigns:
        by_kind[each.kind].append(each)
    folded = len(plan.campaigns) > FOLDED_ABOVE
    lanes: list[Lane] = []
    for kind, campaigns in by_kind.items():
        if folded:
            lanes.append(_kind_lane(kind, campaigns, plan, clashes, opened, drawing))
        theirs = [each for each in below if each.kind == kind] if kind == opened or not folded else []
        lanes += [_campaign_lane(each, plan, clashes, drawing, is_below=folded) for each in theirs]
    return lanes


def _kind_lane(
    kind: str,
    campaigns: Sequence[LaneCampaign],
    plan: YearPlan,
    clashes: Clashes,
    opened: str,
    drawing: _Drawing,
) -> Lane:
    mark, tint, name = kind_mark(kind, kind, drawing.language)
    days = plan.by_kind.get(kind, ())
    is_open = kind == opened
    path = f"/plan/{plan.year}"
    anchor = f"k-{kind}"
    opens = "" if is_open else f"{address(path, open=kind)}#{anchor}"
    theirs = {each.id for each in campaigns}
    hits = Counter[int]()
    for (campaign_id, month), count in clashes.months.items():
        if campaign_id in theirs:
            hits[month] += count
    return Lane(
        id=anchor,
        mark=mark,
        tint=tint,
        kind=name,
        title=name,
        about=_about(days, say("year.campaigns", language=drawing.language, count=len(campaigns)), drawing),
        address="",
        opens=opens,
        closes=f"{path}#{anchor}" if is_open else "",
        is_below=False,
        cells=_cells(days, hits, opens or f"#{anchor}", drawing),
    )


def _campaign_lane(
    campaign: LaneCampaign,
    plan: YearPlan,
    clashes: Clashes,
    drawing: _Drawing,
    *,
    is_below: bool,
) -> Lane:
    mark, tint, kind = kind_mark(campaign.kind, campaign.name, drawing.language)
    days = plan.by_campaign.get(campaign.id, ())
    hits = {month: clashes.months.get((campaign.id, month), 0) for month in range(1, 13)}
    status = "" if campaign.status is CampaignStatus.ACTIVE else f"year.status_{campaign.status}"
    about = say(status, language=drawing.language) if status else campaign.unit
    return Lane(
        id=f"c-{campaign.id}",
        mark=mark,
        tint=tint,
        kind=kind,
        title=campaign.name,
        about=_about(days, about, drawing),
        address=f"/campaigns/{campaign.code}",
        opens="",
        closes="",
        is_below=is_below,
        cells=_cells(days, hits, f"/plan/{plan.year}/lane/{campaign.code}", drawing),
    )


def _about(days: Sequence[LaneDay], before: str, drawing: _Drawing) -> str:
    count = sum(each.count for each in days)
    if not count:
        return before
    words = say("year.times", language=drawing.language, count=figure(count))
    return say("year.about", language=drawing.language, before=before, count=words)


def _cells(
    days: Sequence[LaneDay],
    hits: Mapping[int, int],
    leads_to: str,
    drawing: _Drawing,
) -> list[Cell]:
    by_month = _by_month(days)
    return [
        _cell(month, by_month.get(month, ()), hits.get(month, 0), leads_to, drawing) for month in range(1, 13)
    ]


def _cell(
    month: int,
    days: Sequence[LaneDay],
    hits: int,
    leads_to: str,
    drawing: _Drawing,
) -> Cell:
    first = date(drawing.year, month, 1)
    return Cell(
        month=say("days.month", language=drawing.language, month=month_word(first, drawing.language)),
        strip=_strip(first, days, drawing),
        words=_cell_words(days, drawing.language),
        address=_cell_address(days, leads_to, month),
        flags=[
            *_clash_flag(hits, drawing),
            *_moved_flag(days, drawing),
            *_made_up_flag(days, drawing),
        ],
        is_now=(drawing.today.year, drawing.today.month) == (drawing.year, month),
    )


def _cell_address(days: Sequence[LaneDay], leads_to: str, month: int) -> str:
    if not days:
        return ""
    if "/lane/" in leads_to:
        if sum(each.count for each in days) == 1:
            return f"/a/{days[0].activity_id}"
        return f"{leads_to}/{month}"
    return leads_to


def _cell_words(days: Sequence[LaneDay], language: str) -> str:
    """The dates of a month, or how many times when there are too many to be named."""
    if not days:
        return ""
    count = sum(each.count for each in days)
    if count > len(days) or len(days) > _DATES_AT_MOST:
        return say("year.times", language=language, count=figure(count))
    separator = say("names.separator", language=language)
    if all(each.last_day == each.day for each in days):
        return say("year.day", language=language, day=separator.join(str(each.day.day) for each in days))
    return separator.join(_dates(each, language) for each in days)


def _dates(day: LaneDay, language: str) -> str:
    if day.last_day == day.day:
        return say("year.day", language=language, day=day.day.day)
    if day.last_day.month == day.day.month:
        return say("year.days", language=language, first=day.day.day, last=day.last_day.day)
    return say("year.from_day", language=language, day=day.day.day)


def _clash_flag(hits: int, drawing: _Drawing) -> list[Flag]:
    if not hits:
        return []
    long = say("year.clash_long", language=drawing.language, count=hits)
    return [Flag("late", "triangle-alert", say("year.clash", language=drawing.language), long)]


def _moved_flag(days: Sequence[LaneDay], drawing: _Drawing) -> list[Flag]:
    moved = [(each.moved_from, each.day) for each in days if each.moved_from is not None]
    if not moved:
        return []
    said = [
        say(
            "year.moved_from",
            language=drawing.language,
            day=day_words.day(moved_from, today=day, language=drawing.language),
            to=day_words.day(day, today=day, language=drawing.language),
        )
        for moved_from, day in moved[:_NAMES_SHOWN]
    ]
    long = say("names.separator", language=drawing.language).join(said)
    if len(moved) == 1:
        words = say("year.moved_one", language=drawing.language, day=_short(*moved[0]))
    else:
        words = say("year.moved", language=drawing.language, count=len(moved))
    return [Flag("warn", "corner-up-left", words, long)]


def _short(moved_from: date, day: date) -> str:
    """15, or 9/30 of another month."""
    if moved_from.month == day.month:
        return str(moved_from.day)
    return f"{moved_from.month}/{moved_from.day}"


def _made_up_flag(days: Sequence[LaneDay], drawing: _Drawing) -> list[Flag]:
    on = [each.day for each in days if each.day in drawing.made_up]
    if not on:
        return []
    said = [day_words.day(day, today=day, language=drawing.language) for day in on]
    long = say("year.made_up_long", language=drawing.language, days=joined(said, language=drawing.language))
    return [Flag("warn", "briefcase", say("year.made_up", language=drawing.language), long)]


# --- strips -----------------------------------------------------------------------------------------------------------


def _strip(first: date, days: Sequence[LaneDay], drawing: _Drawing) -> Strip | None:
    if not days:
        return None
    single = [each for each in days if each.last_day == each.day]
    if len(single) > _TICKS_AT_MOST:
        work = _columns(_weeks(single))
    else:
        work = [((each.day.day - 1) * _STEP, 18 - _TALL, 1.5, _TALL) for each in single]
    if len(single) < len(days):
        end = months_after(first, 1) - _ONE_DAY
        work += [
            ((each.day.day - 1) * _STEP, 9, ((min(each.last_day, end) - each.day).days + 1) * _STEP, 7)
            for each in days
            if each.last_day > each.day
        ]
    return _drawn(first, work, drawing)


def _drawn(first: date, work: Iterable[_Box], drawing: _Drawing) -> Strip:
    rests = [
        ((start - 1) * _STEP, 0, (end - start + 1) * _STEP, 20)
        for start, end in drawing.rests.get(first.month, ())
    ]
    today = drawing.today
    is_now = (today.year, today.month) == (first.year, first.month)
    return Strip(_path(rests), _path(work), f"{(today.day - 1) * _STEP + 0.5:g}" if is_now else "")


def _path(boxes: Iterable[_Box]) -> str:
    return "".join(f"M{x:g} {y:g}h{width:g}v{height:g}h-{width:g}z" for x, y, width, height in boxes)


def _columns(weeks: Mapping[date, int], *, most: int = 0) -> list[_Box]:
    """A column for each week of a month, as high as it is full beside the fullest."""
    top = most or max(weeks.values())
    boxes: list[_Box] = []
    for begins, count in sorted(weeks.items()):
        height = round(max(1.0, 16 * min(count, top) / top), 1)
        boxes.append(((begins.day - 1) * _STEP, round(18 - height, 1), 10, height))
    return boxes


def _weeks(days: Iterable[LaneDay]) -> Mapping[date, int]:
    """How much begins in each week of a month, by its Monday or the first of the month."""
    weeks: defaultdict[date, int] = defaultdict(int)
    for each in days:
        weeks[each.day - timedelta(min(each.day.weekday(), each.day.day - 1))] += each.count
    return weeks


# --- heads and load ---------------------------------------------------------------------------------------------------


def _head(month: int, drawing: _Drawing) -> MonthHead:
    first = date(drawing.year, month, 1)
    runs = drawing.rests.get(month, ())
    said: list[str] = []
    named: set[str] = set()
    for start, end in runs:
        key = holiday_festival(date(drawing.year, month, start))
        span = str(start) if start == end else f"{start}{day_words.TO}{end}"
        words = say(f"schedules.festival.{key}", language=drawing.language)
        said.append(span if key in named else f"{words} {span}")
        named.add(key)
    day = first
    while day.month == month:
        said += [
            f"{say(f'schedules.festival.{key}', language=drawing.language)} {day.day}"
            for key in festivals_on(day)
            if key in _SHOWN_FESTIVALS and key not in named
        ]
        day += _ONE_DAY
    made_up = sorted(each.day for each in drawing.made_up if each.month == month)
    if made_up:
        days = "/".join(map(str, made_up))
        said.append(say("year.worked", language=drawing.language, days=days))
    return MonthHead(
        number=month,
        words=say("days.month", language=drawing.language, month=month_word(first, drawing.language)),
        special=say("year.dot", language=drawing.language).join(said),
        iso=f"{first:%Y-%m}",
        is_now=(drawing.today.year, drawing.today.month) == (drawing.year, month),
    )


def _load(load: Sequence[LaneDay], drawing: _Drawing) -> list[MonthLoad]:
    """What each month holds of all lanes, beside what a month and a week of the year hold."""
    by_month = _by_month(load)
    weeks = {month: _weeks(days) for month, days in by_month.items()}
    fullest = max((count for each in weeks.values() for count in each.values()), default=0)
    usual = sum(each.count for each in load) / len(by_month) if by_month else 0
    loads = []
    for month in range(1, 13):
        first, days = date(drawing.year, month, 1), by_month.get(month, ())
        activities = sum(each.count for each in days)
        minutes = sum(each.minutes for each in days)
        places = sum(each.places for each in days)
        loads.append(
            MonthLoad(
                month=say("days.month", language=drawing.language, month=month_word(first, drawing.language)),
                strip=_drawn(first, _columns(weeks[month], most=fullest), drawing) if days else None,
                activities=figure(activities) if days else "",
                hours=figure(max(1, round(minutes / 60))) if days else "",
                places=figure(places) if places else "",
                is_over=activities > _MUCH * usual,
                is_now=(drawing.today.year, drawing.today.month) == (drawing.year, month),
            )
        )
    return loads


def _by_month(days: Iterable[LaneDay]) -> Mapping[int, Sequence[LaneDay]]:
    by_month: defaultdict[int, list[LaneDay]] = defaultdict(list)
    for each in days:
        by_month[each.day.month].append(each)
    return by_month


# --- clashes ----------------------------------------------------------------------------------------------------------


def _clash_row(clash: Clash, today: date, zone: ZoneInfo, language: str) -> ClashRow:
    conflict = clash.conflict
    hidden = conflict.count - _NAMES_SHOWN if conflict.kind is not ConflictKind.VISITED_TWICE else 0
    return ClashRow(
        facts=clash.facts,
        iso=conflict.day.isoformat(),
        day=day_words.day(conflict.day, today=today, language=language),
        things=[_thing(each, language) for each in clash.activities[:_NAMES_SHOWN]],
        more=say("year.more_things", language=language, count=hidden) if hidden > 0 else "",
        rule=say(f"year.rule_{conflict.kind}", language=language),
        hit=say(
            f"year.hit_{conflict.kind}",
            language=language,
            people=joined_up_to(conflict.people, shown=_NAMES_SHOWN, unit="people", language=language),
            team=conflict.team or "",
            count=conflict.count,
        ),
        way=_way(clash, today, language),
        note=_kept_words(clash, today, zone, language),
    )


def _thing(each: ClashingActivity, language: str) -> Thing:
    mark, tint, kind = kind_mark(each.kind, each.campaign, language)
    return Thing(each.id, mark, tint, kind, _title(each))


def _title(each: ClashingActivity) -> str:
    return each.campaign if each.subject is None else f"{each.campaign}·{each.subject}"


def _way(clash: Clash, today: date, language: str) -> Way:
    proposal = clash.conflict.proposal
    about = next((each for each in clash.activities if each.id == proposal.activity_id), clash.activities[-1])
    if proposal.action is Action.MOVE and proposal.to is not None:
        day = day_words.day(proposal.to, today=today, language=language)
        words = say("year.move_to", language=language, day=day)
        return Way("move", about.id, about.version, proposal.to.isoformat(), words, _title(about))
    if proposal.action is Action.WITHDRAW:
        return Way(
            "people", about.id, about.version, "", say("year.find_other", language=language), _title(about)
        )
    return Way("agree", about.id, about.version, "", say("year.other_day", language=language), _title(about))


def _kept_words(clash: Clash, today: date, zone: ZoneInfo, language: str) -> str:
    if clash.kept is None:
        return ""
    at = moment(clash.kept.at, today=today, zone=zone, language=language)
    key = "year.kept_because" if clash.kept.note else "year.kept_by"
    return say(key, language=language, name=clash.kept.by, at=at, note=clash.kept.note or "")


# --- what is behind a cell --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """An activity of the month; `can_move` while it is still planned."""

    id: int
    iso: str
    day: str
    mark: str
    title: str
    unit: str
    state: str
    note: str
    can_move: bool


@dataclass(frozen=True, slots=True)
class LanePage:
    year: int
    title: str
    mark: str
    tint: int
    month: str
    calendar: str
    address: str
    rows: Sequence[PlannedRow]
    count: int
    more: int


def lane_page(
    lane: LaneCampaign,
    found: Sequence[PlannedDay],
    count: int,
    *,
    first: date,
    workdays: Workdays,
    today: date,
    language: str,
) -> LanePage:
    """The activities of a campaign in a month."""
    mark, tint, _ = kind_mark(lane.kind, lane.name, language)
    return LanePage(
        year=first.year,
        title=lane.name,
        mark=mark,
        tint=tint,
        month=day_words.month(first, today=today, language=language),
        calendar=f"/calendar/{first:%Y-%m}",
        address=f"/campaigns/{lane.code}",
        rows=[_planned_row(each, workdays, today, language) for each in found],
        count=count,
        more=count - len(found),
    )


def _planned_row(each: PlannedDay, workdays: Workdays, today: date, language: str) -> PlannedRow:
    kinds = {DayKind.HOLIDAY: "rest", DayKind.MAKE_UP: "work"}
    note = ""
    if each.by_hand:
        note = say("year.by_hand", language=language)
    elif each.nominal_on is not None and each.nominal_on != each.day:
        note = say(
            "pages.moved_from",
            language=language,
            day=day_words.day(each.nominal_on, today=today, language=language),
        )
    return PlannedRow(
        id=each.id,
        iso=each.day.isoformat(),
        day=day_words.day(each.day, today=today, language=language),
        mark=kinds.get(workdays.day_kind(each.day), ""),
        title=each.subject or "",
        unit=each.unit,
        state=each.status.value,
        note=note,
        can_move=each.status is ActivityStatus.PLANNED,
    )
