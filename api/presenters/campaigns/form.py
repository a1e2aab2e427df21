"""The form of a campaign: what each select offers, in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from api.forms.campaign import MINUTES, TEMPLATES, WHOM_ROLES, rows_shown
from api.forms.schedule import (
    MONTH_DAYS,
    ORDINALS,
    UNITS,
    WEEKDAY_OF_WORK,
    Pattern,
    Side,
    Stop,
)
from api.forms.typed import Typed, TypedFields
from api.presenters.campaigns.wording import role_words
from api.presenters.cards import kind_mark
from api.presenters.forms import Option, unit_options
from api.presenters.schedules import case_kind_words, lunar_words, nth_day_words, workday_words
from api.presenters.tally import GROUPS
from calendars.festivals import FESTIVAL_KEYS, FESTIVALS
from calendars.lunar_table import TERM_NAMES
from calendars.schedules import BirthdayKind, NthWeekday, ShiftUnit, Weekday
from models.enums import CaseKind, OnHoliday
from outreach.campaign_kinds import KINDS, CampaignKind
from outreach.campaign_register import Named
from outreach.fields import EntryOf
from outreach.metrics import definitions
from outreach.unit_choices import UnitChoice
from wording.sentences import say

ROLES = ("leader", "visitor", "driver", "expert")
"""Roles that many offices have; any other word may be typed."""


@dataclass(frozen=True, slots=True)
class OptionGroup:
    label: str
    options: Sequence[Option]


@dataclass(frozen=True, slots=True)
class MetricChoice:
    code: str
    words: str
    is_ticked: bool


@dataclass(frozen=True, slots=True)
class MetricGroup:
    label: str
    choices: Sequence[MetricChoice]
    ticked: int


@dataclass(frozen=True, slots=True)
class Sentence:
    """The schedule's sentence: what each of its selects offers."""

    patterns: Sequence[Option]
    weekdays: Sequence[Option]
    months: Sequence[Option]
    month_days: Sequence[OptionGroup]
    stops: Sequence[Option]
    festivals: Sequence[Option]
    lunar_months: Sequence[Option]
    lunar_days: Sequence[Option]
    terms: Sequence[Option]
    birthdays: Sequence[Option]
    units: Sequence[Option]
    case_kinds: Sequence[Option]
    sides: Sequence[Option]
    shift_units: Sequence[Option]
    on_holidays: Sequence[Option]
    duration_units: Sequence[Option]


@dataclass(frozen=True, slots=True)
class FormOptions:
    kinds: Sequence[Option]
    units: Sequence[Option]
    teams: Sequence[Option]
    yes_no: Sequence[Option]
    sentence: Sentence
    place_rows: Sequence[int]
    roles: Sequence[Option]
    whom_rows: Sequence[int]
    whom: Sequence[Option]
    whom_names: Mapping[int, str]
    """The names of those whom a row names by a code."""
    metrics: Sequence[MetricGroup]


def form_options(
    typed: TypedFields,
    *,
    kinds: Sequence[CampaignKind],
    units: Sequence[UnitChoice],
    teams: Sequence[Named],
    whom_names: Mapping[str, str],
    language: str,
) -> FormOptions:
    """What the form offers. `kinds` are the office's own; `whom_names` the names of people, units and teams by the
    entry's text."""
    last = typed.last
    return FormOptions(
        kinds=_kinds(kinds, language),
        units=unit_options(units),
        teams=_teams(teams, last),
        yes_no=_options(("yes", "no"), "campaigns.public", language),
        sentence=_sentence(last, language),
        place_rows=rows_shown(last, "needed"),
        roles=[Option(role, role_words(role, language=language)) for role in ROLES],
        whom_rows=rows_shown(last, "whom"),
        whom=_whom(language),
        whom_names=_names_by_row(last, whom_names),
        metrics=_metrics(typed.all("metric"), language),
    )


def template_options(language: str) -> Sequence[Option]:
    """Where a new campaign may start from."""
    return _options([each.key for each in TEMPLATES], "campaigns.template", language)


def template_name(key: str, language: str) -> str:
    """The name of a template; empty for one that there is not."""
    known = any(each.key == key for each in TEMPLATES)
    return say(f"campaigns.template_{key}", language=language) if known else ""


def _kinds(own: Sequence[CampaignKind], language: str) -> Sequence[Option]:
    ours = [kind_mark(kind, kind, language) for kind in KINDS]
    known = [Option(kind, f"{mark} {name}") for kind, (mark, _, name) in zip(KINDS, ours, strict=True)]
    return [*known, *(Option(kind.code, f"{kind.name[:1]} {kind.name}") for kind in own)]


def _teams(teams: Sequence[Named], typed: Typed) -> Sequence[Option]:
    offered = [Option(team.code, team.name) for team in teams]
    chosen = typed.get("team_code", "")
    if chosen and all(chosen != each.value for each in offered):
        offered.insert(0, Option(chosen, chosen))
    return offered


def _options(values: Sequence[str], key: str, language: str) -> Sequence[Option]:
    return [Option(value, say(f"{key}_{value}", language=language)) for value in values]


def _sentence(typed: Typed, language: str) -> Sentence:
    return Sentence(
        patterns=_options(list(Pattern), "campaigns.pattern", language),
        weekdays=[Option(day, nth_day_words(NthWeekday(day), language=language)) for day in Weekday],
        months=[Option(str(month), say(f"days.month_{month}", language=language)) for month in range(1, 13)],
        month_days=_month_days(language),
        stops=_options(list(Stop), "campaigns.stop", language),
        festivals=_festivals(typed.get("festival", ""), language),
        lunar_months=[
            Option(str(month), lunar_words(month, 1, language=language)[:-2]) for month in range(1, 13)
        ],
        lunar_days=[Option(str(day), lunar_words(1, day, language=language)[2:]) for day in range(1, 31)],
        terms=[Option(term, say(f"schedules.term.{term}", language=language)) for term in TERM_NAMES],
        birthdays=_options(list(BirthdayKind), "campaigns.birthday", language),
        units=[Option(unit, say(f"campaigns.unit_{unit.lower()}", language=language)) for unit in UNITS],
        case_kinds=_case_kinds(typed.get("case_kind", ""), language),
        sides=_options(list(Side), "campaigns.side", language),
        shift_units=[
            Option(unit, say(f"campaigns.shift_unit_{unit.lower()}", language=language)) for unit in ShiftUnit
        ],
        on_holidays=_options(list(OnHoliday), "campaigns.on_holiday", language),
        duration_units=_options(list(MINUTES), "campaigns.duration", language),
    )


def _month_days(language: str) -> Sequence[OptionGroup]:
    """Every day that one select can name: the 15th, the second Saturday, the last working weekday."""
    groups = [
        OptionGroup(
            say("campaigns.on_day_numbers", language=language),
            [Option(str(day), nth_day_words(day, language=language)) for day in MONTH_DAYS],
        )
    ]
    for number in ORDINALS:
        options = [
            Option(f"{number}{day}", nth_day_words(NthWeekday(day, number), language=language))
            for day in Weekday
        ]
        options.append(Option(f"{number}{WEEKDAY_OF_WORK}", workday_words(number, language=language)))
        key = "on_day_nth" if number > 0 else "on_day_last" if number == -1 else "on_day_from_end"
        label = say(f"campaigns.{key}", language=language, number=abs(number))
        groups.append(OptionGroup(label, options))
    return groups


def _festivals(chosen: str, language: str) -> Sequence[Option]:
    """Each by its Chinese name, as schedules are mostly written; the chosen one as it is spelt."""
    names = {key: name for name, key in FESTIVALS.items()}
    return [
        Option(
            chosen if FESTIVALS.get(chosen) == key else names[key],
            say(f"schedules.festival.{key}", language=language),
        )
        for key in FESTIVAL_KEYS
    ]


def _case_kinds(chosen: str, language: str) -> Sequence[Option]:
    kinds = list(dict.fromkeys([*(kind.value for kind in CaseKind), *([chosen] if chosen else [])]))
    return [Option(kind, case_kind_words(kind, language=language)) for kind in kinds]


def _whom(language: str) -> Sequence[Option]:
    roles = [
        Option(role, say(f"campaigns.whom_{role.partition(':')[2]}", language=language))
        for role in WHOM_ROLES
    ]
    named = [
        Option(of.value, say(f"campaigns.whom_choose_{of}", language=language))
        for of in (EntryOf.UNIT, EntryOf.TEAM, EntryOf.PERSON)
    ]
    return [*roles, *named]


def _names_by_row(typed: Typed, names: Mapping[str, str]) -> Mapping[int, str]:
    found: dict[int, str] = {}
    for row in rows_shown(typed, "whom"):
        of, word = typed.get(f"whom_{row}", ""), typed.get(f"who_{row}", "").strip()
        text = word if of == EntryOf.PERSON else f"{of}:{word}"
        if word and text in names:
            found[row] = names[text]
    return found


def _metrics(ticked: Sequence[str], language: str) -> Sequence[MetricGroup]:
    """All figures that can be told, in the parts of the tally; those ticked that the dictionary no longer has stay."""
    choices: dict[str, list[MetricChoice]] = {key: [] for key in (*GROUPS, "rest")}
    for code, definition in definitions().items():
        if definition.takes_entries or code in ticked:
            choice = MetricChoice(code, definition.names[language], code in ticked)
            choices[_metric_group(code)].append(choice)
    for code in ticked:
        if code not in definitions():
            choices["rest"].append(MetricChoice(code, code, is_ticked=True))
    return [
        MetricGroup(
            say(f"pages.group_{key}", language=language), of_group, sum(each.is_ticked for each in of_group)
        )
        for key, of_group in choices.items()
        if of_group
    ]


def _metric_group(code: str) -> str:
    first = code.partition(".")[0]
    return next((key for key, prefixes in GROUPS.items() if first in prefixes), "rest")
