"""Counts and durations of the hot path: plain integers, told as metrics when they are read. Touches nothing.

One thread counts, the event loop's; who reads may see a count that is one request behind.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

Labels = tuple[str, ...]


@dataclass(slots=True, eq=False)
class Counts(Collector):
    """A counter for each set of labels."""

    name: str
    doc: str
    labels: Sequence[str]
    found: dict[Labels, int] = field(default_factory=dict)

    def count(self, labels: Labels) -> None:
        """One more."""
        self.found[labels] = self.found.get(labels, 0) + 1

    def collect(self) -> Iterator[Metric]:
        """The metric."""
        family = CounterMetricFamily(self.name, self.doc, labels=self.labels)
        for labels, value in self.found.copy().items():
            family.add_metric(labels, value)
        yield family


@dataclass(slots=True, eq=False)
class Durations(Collector):
    """A histogram of seconds for each set of labels; a bucket holds what is at most its bound."""

    name: str
    doc: str
    labels: Sequence[str]
    bounds: Sequence[float]
    found: dict[Labels, "_Buckets"] = field(default_factory=dict)

    def observe(self, labels: Labels, seconds: float) -> None:
        """One more."""
        buckets = self.found.get(labels)
        if buckets is None:
            buckets = self.found[labels] = _Buckets([0] * (len(self.bounds) + 1))
        buckets.counts[bisect_left(self.bounds, seconds)] += 1
        buckets.total_s += seconds

    def collect(self) -> Iterator[Metric]:
        """The metric."""
        family = HistogramMetricFamily(self.name, self.doc, labels=self.labels)
        names = [*map(floatToGoString, self.bounds), "+Inf"]
        for labels, buckets in self.found.copy().items():
            below, told = 0, []
            for name, count in zip(names, buckets.counts, strict=True):
                below += count
                told.append((name, below))
            family.add_metric(labels, told, buckets.total_s)
        yield family


@dataclass(slots=True, eq=False)
class _Buckets:
    counts: list[int]
    total_s: float = 0.0
