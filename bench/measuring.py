"""A measured figure and the limit it stands beside."""

import resource
import sys
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from time import perf_counter


@dataclass(frozen=True)
class Measurement:
    """`figure` of the product beside `limit` of the barest thing that could do it, both in `unit`."""

    name: str
    figure: float
    limit: float
    unit: str
    note: str = ""

    @property
    def ratio(self) -> float:
        return self.figure / self.limit if self.limit else 0.0


def seconds(work: Callable[[], object]) -> float:
    """How long it takes, once."""
    begin = perf_counter()
    work()
    return perf_counter() - begin


def median_seconds(work: Callable[[], object], *, times: int = 5) -> float:
    """How long it takes, the median of several runs."""
    return median(seconds(work) for _ in range(times))


def peak_megabytes() -> float:
    """The most memory that this process has held so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)
