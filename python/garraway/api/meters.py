"""The metrics of the service, by the names that dashboards know. One registry, made by the composition root."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Self

from prometheus_client import CollectorRegistry, Counter, Gauge, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from garraway.api.ports import Views
from garraway.api.tallies import Counts, Durations

REST: Final = ("rest",)
STATUSES: Final = ("accepted", "rejected", "unknown")
SECONDS: Final = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)


class _Streams(Collector):
    """The hub's own figures, asked for when they are read."""

    def __init__(self, views: Views) -> None:
        self._views = views

    def collect(self) -> Iterator[Metric]:
        """Figures by the names that dashboards know."""
        said = self._views.statistics()
        for name, (kind, told, doc) in _HUB.items():
            value = said[name]
            assert isinstance(value, int)
            yield kind(told, doc, value=value)


_HUB: Final[dict[str, tuple[type[CounterMetricFamily] | type[GaugeMetricFamily], str, str]]] = {
    "events": (CounterMetricFamily, "views_events", "Events folded."),
    "connections": (GaugeMetricFamily, "ws_connections", "WebSocket connections."),
    "subscriptions": (GaugeMetricFamily, "ws_subscriptions", "Subscriptions of WebSocket connections."),
    "accepted": (CounterMetricFamily, "ws_accepted", "WebSocket connections accepted."),
    "refused": (CounterMetricFamily, "ws_refused", "WebSocket connections refused."),
    "messages": (CounterMetricFamily, "ws_messages", "WebSocket messages sent."),
    "bytes": (CounterMetricFamily, "ws_bytes", "WebSocket bytes sent."),
    "conflated": (CounterMetricFamily, "marketdata_conflated_updates", "Book updates left out for slow clients."),
    "cut_slow": (CounterMetricFamily, "marketdata_slow_consumer_disconnects", "Clients cut for not reading."),
    "cut_login": (CounterMetricFamily, "ws_cut_login", "Clients cut because their log-in ended."),
    "cut_protocol": (CounterMetricFamily, "ws_cut_protocol", "Clients cut for what they sent."),
}


@dataclass(frozen=True, slots=True)
class Meters:
    """What is counted. Labels come from bounded sets only: routes, methods, statuses, roles, reasons."""

    registry: CollectorRegistry
    requests: Counts
    request_seconds: Durations
    denied: Counter
    unauthenticated: Counter
    throttled: Counter
    in_flight: Gauge
    door_connected: Gauge
    sequence: Gauge
    read_waits: Counter
    ack_seconds: Durations
    placed: Counts

    @classmethod
    def new(cls, *, version: str, views: Views | None = None) -> Self:
        """Fresh meters in a registry of their own."""
        registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        if views is not None:
            registry.register(_Streams(views))
        build = Gauge("app_build_info", "What runs here.", ["component", "version"], registry=registry)
        build.labels("service", version).set(1)
        requests = Counts("http_requests", "Requests.", ("route", "method", "code"))
        request_seconds = Durations(
            "http_request_duration_seconds", "From the head of a request to its reply.", ("route",), SECONDS
        )
        ack_seconds = Durations(
            "venue_order_ack_seconds", "From an order to its durable outcome.", ("protocol",), SECONDS
        )
        placed = Counts("api_orders", "Orders of clients, by what became of them.", ("status",))
        placed.found.update({(status,): 0 for status in STATUSES})
        for hot in (requests, request_seconds, ack_seconds, placed):
            registry.register(hot)
        return cls(
            registry=registry,
            requests=requests,
            request_seconds=request_seconds,
            denied=Counter("authz_denied", "Requests that were not permitted.", ["route"], registry=registry),
            unauthenticated=Counter("auth_refused", "Requests whose credentials were refused.", registry=registry),
            throttled=Counter("http_throttled", "Requests beyond a rate limit.", ["scope"], registry=registry),
            in_flight=Gauge("http_requests_in_flight", "Requests under way.", registry=registry),
            door_connected=Gauge("venue_door_connected", "1 while the exchange's door is open.", registry=registry),
            sequence=Gauge("venue_sequence", "The last command that this process knows of.", registry=registry),
            read_waits=Counter("api_read_waits", "Reads that waited for a command.", ["result"], registry=registry),
            ack_seconds=ack_seconds,
            placed=placed,
        )

    def acknowledged(self, status: str, seconds: float) -> None:
        """An order got its outcome, or none in time."""
        self.ack_seconds.observe(REST, seconds)
        self.placed.count((status,))

    def replied(self, *, route: str, method: str, status: int, seconds: float) -> None:
        """A reply went out."""
        self.requests.count((route, method, str(status)))
        self.request_seconds.observe((route,), seconds)
