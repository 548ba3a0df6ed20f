"""Counts of the hot path are told as the metrics library would tell them."""

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

from garraway.api.tallies import Counts, Durations

BOUNDS = (0.001, 0.5, 1, 10)
SECONDS = (0.0, 0.001, 0.0011, 0.5, 1.0, 9.99, 10.0, 10.5, 0.25)


def told(registry: CollectorRegistry) -> list[str]:
    """Every sample and its description, without the time at which a counter was made."""
    return [line for line in generate_latest(registry).decode().splitlines() if "_created" not in line]


def test_counts_and_durations_are_told_like_those_of_the_library() -> None:
    ours, theirs = CollectorRegistry(), CollectorRegistry()
    counts = Counts("hits", "Hits.", ("route", "code"))
    durations = Durations("took_seconds", "Took.", ("route",), BOUNDS)
    ours.register(counts)
    ours.register(durations)
    counter = Counter("hits", "Hits.", ["route", "code"], registry=theirs)
    histogram = Histogram("took_seconds", "Took.", ["route"], buckets=BOUNDS, registry=theirs)
    for number, seconds in enumerate(SECONDS):
        labels = "/a" if number % 2 else '/b"\n', str(200 + number % 3)
        counts.count(labels)
        durations.observe(labels[:1], seconds)
        counter.labels(*labels).inc()
        histogram.labels(labels[0]).observe(seconds)
    assert told(ours) == told(theirs)
    assert len(told(ours)) > 20
