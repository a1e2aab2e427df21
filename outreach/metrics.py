"""The dictionary of metrics: what each counts, how it adds, and what an entered value may look like.

The dictionary itself is `metrics.csv` beside this file, in the order of the tallies. Which kinds of money and which
sorts of pairings feed a figure (rule 32) is data below, so that a new figure is a row and never a branch.
"""

import csv
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Literal

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from models import Attendance, Metric
from models.base import MetricId
from models.database import hold
from models.enums import Additivity, AttendanceState, Basis, CountedAs, LedgerKind, Qualifier
from outreach.errors import Conflict, Fault

DICTIONARY = Path(__file__).with_name("metrics.csv")
LONGEST_COMBINATION = 255
GREATEST_VALUE = Decimal(10) ** 13
"""Values are kept as whole hundredths; a thousand such figures still add up within 64 bits."""

PRESENT_STATES = (
    AttendanceState.AS_PLANNED,
    AttendanceState.PARTLY,
    AttendanceState.LONGER,
    AttendanceState.UNKNOWN,
)
"""The states of somebody who was there; absent and excused count nowhere (rule 42)."""


@dataclass(frozen=True, slots=True)
class Definition:
    """One metric of the dictionary."""

    code: str
    names: Mapping[str, str]
    """By language, as are the units; in English a count often needs none."""
    units: Mapping[str, str]
    additivity: Additivity
    basis: Basis
    decimals: int
    qualifiers: tuple[Qualifier, ...]

    @property
    def takes_entries(self) -> bool:
        """Whether an entered value counts at all; what comes from records never does (rule 32)."""
        return self.basis in _ENTERABLE

    def allows(self, qualifier: Qualifier) -> bool:
        """Whether an entered value may carry this qualifier. An exact estimate is taken as `about` (rule 34)."""
        if self.additivity is Additivity.ESTIMATE and qualifier is Qualifier.EXACT:
            return True
        return qualifier in self.qualifiers


_SUFFIXES: Mapping[str, str] = {"zh_Hans": "zh", "zh_Hant": "hant", "en": "en"}
"""How the columns of the dictionary end that are in a language."""

_ENTERABLE = frozenset({Basis.ENTERED, Basis.SESSIONS, Basis.ATTENDEES, Basis.SERVED, Basis.VOLUNTEERS})


@dataclass(frozen=True, slots=True)
class LedgerFigure:
    """Which entries a figure adds up: their kinds, and the kinds of their campaigns (None: any campaign, or none)."""

    metric: str
    kinds: frozenset[LedgerKind]
    campaign_kinds: frozenset[str] | None = None

    def takes(self, kind: LedgerKind, campaign_kind: str | None) -> bool:
        """Whether an entry of this kind, of a campaign of that kind, is part of the figure."""
        return kind in self.kinds and (self.campaign_kinds is None or campaign_kind in self.campaign_kinds)


_COMFORT = frozenset({LedgerKind.CASH, LedgerKind.GOODS})

LEDGER_FIGURES = (
    LedgerFigure("finance.visit_money", _COMFORT),
    LedgerFigure("finance.festival_money", _COMFORT, frozenset({"festival_visit"})),
    LedgerFigure("finance.case_money", _COMFORT, frozenset({"hospital", "birthday", "condolence"})),
    LedgerFigure("rural.visit_money", frozenset({LedgerKind.CASH}), frozenset({"rural"})),
    LedgerFigure("rural.goods_value", frozenset({LedgerKind.GOODS}), frozenset({"rural"})),
    LedgerFigure("finance.hardship_subsidy", frozenset({LedgerKind.SUBSIDY})),
    LedgerFigure("finance.medical_reimbursed", frozenset({LedgerKind.REIMBURSEMENT})),
    LedgerFigure("finance.donations", frozenset({LedgerKind.DONATION})),
)
"""Rule 32, money and goods."""

SUGGESTIONS_RAISED = "suggestions.opinions"
SUGGESTIONS_SETTLED = "suggestions.settled"


@dataclass(frozen=True, slots=True)
class PairingFigure:
    """Which pairings in force a stock counts: their sort (None: all of them), and what of them is counted."""

    metric: str
    sort: str | None
    counts: Literal["pairings", "supporters"] = "pairings"


PAIRING_FIGURES = (
    PairingFigure("pairing.active", None),
    PairingFigure("youth.proxy_parents", "acting_parent", "supporters"),
    PairingFigure("youth.paired_students", "student_aid"),
    PairingFigure("rural.paired_households", "household"),
)
"""Rule 32, stocks of pairings. A pairing counts for its supporter's unit (rule 28)."""


@cache
def definitions() -> Mapping[str, Definition]:
    """code → metric, in the order of the tallies."""
    with DICTIONARY.open(encoding="utf-8", newline="") as lines:
        return {row["code"]: _definition(row) for row in csv.DictReader(lines)}


def _definition(row: Mapping[str, str]) -> Definition:
    return Definition(
        code=row["code"],
        names={language: row[f"name_{suffix}"] for language, suffix in _SUFFIXES.items()},
        units={language: row[f"unit_{suffix}"] for language, suffix in _SUFFIXES.items()},
        additivity=Additivity(row["additivity"]),
        basis=Basis(row["basis"]),
        decimals=int(row["decimals"]),
        qualifiers=tuple(Qualifier(word) for word in row["qualifiers"].split(";")),
    )


def keep_dictionary(session: Session) -> None:
    """Bring the table of metrics in line with the dictionary; called after every migration, and twice does nothing.

    Words, decimals and order may change. How a metric adds may not, for its past would then mean something else: that
    raises Conflict. A metric that the dictionary no longer has stays, with its past.
    """
    hold(session, "metrics")
    known = {metric.code: metric for metric in session.scalars(select(Metric))}
    for position, definition in enumerate(definitions().values(), start=1):
        metric = known.get(definition.code)
        if metric is None:
            metric = Metric(code=definition.code, additivity=definition.additivity)
            session.add(metric)
        elif metric.additivity is not definition.additivity:
            raise Conflict("metrics.additivity_is_fixed", metric=definition.code)
        metric.position = position
        metric.name_zh, metric.name_en = definition.names["zh_Hans"], definition.names["en"]
        metric.unit_zh, metric.basis = definition.units["zh_Hans"], definition.basis
        metric.decimals = definition.decimals
        metric.qualifiers = ";".join(definition.qualifiers)
    session.flush()


def metric_name(metric: Metric, language: str) -> str:
    """A metric's name in a language; one that the dictionary no longer has is called as it was."""
    definition = definitions().get(metric.code)
    if definition is not None:
        return definition.names[language]
    return metric.name_en if language == "en" else metric.name_zh


def metric_unit(metric: Metric, language: str) -> str:
    """What a metric counts in, in a language; empty where its name says it."""
    definition = definitions().get(metric.code)
    return metric.unit_zh if definition is None else definition.units[language]


def metric_ids(session: Session) -> dict[str, MetricId]:
    """code → id of every metric of the dictionary."""
    rows = session.execute(select(Metric.code, Metric.id))
    return {code: metric_id for code, metric_id in rows if code in definitions()}


def faults_of_entry(
    metric: str, value: Decimal, qualifier: Qualifier, *, field: str, combination: str = ""
) -> list[Fault]:
    """What is wrong with an entered value (rules 25 and 53); nothing when it may be recorded."""
    definition = definitions().get(metric)
    if definition is None:
        return [Fault(field, "outcomes.unknown_metric", {"metric": metric})]
    faults = []
    if not value.is_finite() or value < 0:
        faults.append(Fault(field, "outcomes.value_not_a_quantity", {"metric": metric}))
    elif value >= GREATEST_VALUE:
        faults.append(Fault(field, "outcomes.value_too_great", {"metric": metric}))
    elif value != value.quantize(Decimal(1).scaleb(-definition.decimals)):
        key = "outcomes.value_must_be_whole" if definition.decimals == 0 else "outcomes.too_many_decimals"
        faults.append(Fault(field, key, {"metric": metric, "decimals": definition.decimals}))
    if not definition.allows(qualifier):
        faults.append(
            Fault(field, "outcomes.qualifier_not_allowed", {"metric": metric, "qualifier": qualifier.value})
        )
    if len(combination) > LONGEST_COMBINATION:
        faults.append(Fault(field, "outcomes.dimensions_too_long", {"metric": metric}))
    return faults


def attendances_of(basis: Basis) -> ColumnElement[bool]:
    """The attendances that a metric of this basis counts, as a condition on `attendances` (rules 30 and 42)."""
    if basis is Basis.ATTENDEES:
        return and_(Attendance.state.is_not(None), Attendance.state.in_(PRESENT_STATES))
    if basis is Basis.SERVED:
        return Attendance.counted_as == CountedAs.SERVED
    if basis is Basis.VOLUNTEERS:
        return Attendance.counted_as == CountedAs.VOLUNTEER
    raise ValueError(f"nobody is counted for {basis}")


# --- qualifiers -------------------------------------------------------------------------------------------------------


def joined_qualifier(qualifiers: Iterable[Qualifier]) -> Qualifier:
    """The qualifier of a sum of parts (rule 35): of one inexact kind, that kind; of two kinds, about."""
    inexact = {qualifier for qualifier in qualifiers if qualifier is not Qualifier.EXACT}
    if not inexact:
        return Qualifier.EXACT
    return inexact.pop() if len(inexact) == 1 else Qualifier.ABOUT


def qualifier_of_counts(at_least: int, nearly: int, about: int) -> Qualifier:
    """The qualifier of a sum of which so many parts are inexact in each way (rule 35)."""
    counts = {Qualifier.AT_LEAST: at_least, Qualifier.NEARLY: nearly, Qualifier.ABOUT: about}
    return joined_qualifier(qualifier for qualifier, count in counts.items() if count)


def rounded(value: Decimal, decimals: int) -> Decimal:
    """A value with a metric's decimals; halves round up (rule 36)."""
    return value.quantize(Decimal(1).scaleb(-decimals), rounding="ROUND_HALF_UP")


# --- dimensions -------------------------------------------------------------------------------------------------------

_SPECIAL = re.compile(r"([\\;=])")
_PART = re.compile(r"((?:[^\\;=]|\\.)*)=((?:[^\\;=]|\\.)*)(?:;|$)", re.DOTALL)


def combination_of(dimensions: Mapping[str, str]) -> str:
    """Dimensions as the one text that stands for them: sorted by name, `category=study;kind=card`; empty without any.

    A backslash goes before `;`, `=` and itself where they belong to a name or a value.
    """
    return ";".join(f"{_escaped(name)}={_escaped(value)}" for name, value in sorted(dimensions.items()))


def dimensions_of(combination: str) -> dict[str, str]:
    """The dimensions that a text from `combination_of` stands for; ValueError for any other text."""
    dimensions: dict[str, str] = {}
    position = 0
    while position < len(combination):
        part = _PART.match(combination, position)
        if part is None:
            raise ValueError(f"no combination of dimensions: {combination!r}")
        dimensions[_plain(part[1])] = _plain(part[2])
        position = part.end()
    return dimensions


def each_dimension(combination: str) -> Iterable[str]:
    """Each `name=value` of a combination on its own, as a tally shows it (rule 39)."""
    return (f"{name}={value}" for name, value in dimensions_of(combination).items())


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text)


def _plain(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL)
