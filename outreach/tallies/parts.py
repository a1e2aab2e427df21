"""Part: what one unit adds to a figure. Figure: the parts of a metric, added up."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from models.base import MetricId, UnitId
from models.enums import Additivity, Qualifier
from outreach.metrics import each_dimension, qualifier_of_counts


@dataclass(frozen=True, slots=True)
class Doubts:
    """How many parts of a sum are inexact in each way; a counter-entry takes its own out again."""

    at_least: int = 0
    nearly: int = 0
    about: int = 0

    def __add__(self, other: "Doubts") -> "Doubts":
        return Doubts(self.at_least + other.at_least, self.nearly + other.nearly, self.about + other.about)

    @property
    def qualifier(self) -> Qualifier:
        """Rule 35."""
        return qualifier_of_counts(self.at_least, self.nearly, self.about)

    @classmethod
    def of(cls, qualifier: Qualifier) -> "Doubts":
        """The doubts of one part."""
        match qualifier:
            case Qualifier.AT_LEAST:
                return cls(at_least=1)
            case Qualifier.NEARLY:
                return cls(nearly=1)
            case Qualifier.ABOUT:
                return cls(about=1)
            case Qualifier.EXACT:
                return cls()


@dataclass(frozen=True, slots=True)
class Part:
    """What one unit adds to a metric under one combination of dimensions. `value` is in hundredths."""

    metric_id: MetricId
    unit_id: UnitId
    combination: str
    value: int
    sources: int
    doubts: Doubts = Doubts()

    def joined(self, other: "Part") -> "Part":
        """Both parts of the same unit, metric and combination as one."""
        return replace(
            self,
            value=self.value + other.value,
            sources=self.sources + other.sources,
            doubts=self.doubts + other.doubts,
        )


@dataclass(frozen=True, slots=True)
class Total:
    """What a metric comes to over a subtree. The value is exact; it gets the metric's decimals when it is shown."""

    value: Decimal
    qualifier: Qualifier
    sources: int


@dataclass(frozen=True, slots=True)
class Figure:
    """A metric's total, each unit's own part of it (rule 36), and each dimension on its own (rule 39)."""

    total: Total
    by_unit: Mapping[UnitId, Decimal] = field(default_factory=dict)
    by_dimension: Mapping[str, Decimal] = field(default_factory=dict)


def hundredths(value: int) -> Decimal:
    """A whole number of hundredths as the value it stands for."""
    return Decimal(value).scaleb(-2)


@dataclass(frozen=True, slots=True)
class Off:
    """What the sum of a metric's parts is off by: a record that stands in several parts is one source."""

    sources: int = 0
    doubts: Doubts = Doubts()


def added(
    parts: Iterable[Part], additivity: Mapping[MetricId, Additivity], off: Mapping[MetricId, Off]
) -> dict[MetricId, Figure]:
    """The figures of metrics that add. One that nothing stands behind has none (rule 36)."""
    parts_of: dict[MetricId, list[Part]] = defaultdict(list)
    for part in parts:
        parts_of[part.metric_id].append(part)
    figures = {
        metric_id: Figure(
            _sum(own, additivity[metric_id], off.get(metric_id, Off())), _by_unit(own), _by_dimension(own)
        )
        for metric_id, own in parts_of.items()
    }
    return {
        metric_id: figure
        for metric_id, figure in figures.items()
        if figure.total.sources or figure.total.value
    }


def _sum(parts: Sequence[Part], additivity: Additivity, off: Off) -> Total:
    qualifier = sum((part.doubts for part in parts), off.doubts).qualifier
    if additivity is Additivity.ESTIMATE and qualifier is Qualifier.EXACT:
        # An estimate is never exact (rule 34), not even when a counter-entry took its last doubt away.
        qualifier = Qualifier.ABOUT
    return Total(
        value=hundredths(sum(part.value for part in parts)),
        qualifier=qualifier,
        sources=sum(part.sources for part in parts) + off.sources,
    )


def _by_unit(parts: Iterable[Part]) -> dict[UnitId, Decimal]:
    values: Counter[UnitId] = Counter()
    for part in parts:
        if part.value or part.sources:
            values[part.unit_id] += part.value
    return {unit: hundredths(value) for unit, value in values.items()}


def _by_dimension(parts: Iterable[Part]) -> dict[str, Decimal]:
    values: Counter[str] = Counter()
    for part in parts:
        if part.combination:
            for dimension in each_dimension(part.combination):
                values[dimension] += part.value
    return {dimension: hundredths(value) for dimension, value in values.items()}
