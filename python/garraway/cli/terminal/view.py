"""All that is shown at one moment. Touches nothing: numbers in, text elsewhere."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from garraway.units import AssetTerms, InstrumentTerms
from garraway.venues import Ladder


@dataclass(frozen=True, slots=True)
class Rates:
    """What happened in a second, on average over the last few."""

    orders: int = 0
    trades: int = 0
    rejects: int = 0


@dataclass(frozen=True, slots=True)
class Latency:
    """From a command's arrival to its acknowledgement, in ns, over the last seconds."""

    count: int
    p50_ns: int
    p99_ns: int
    p999_ns: int
    max_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One moment of the venue."""

    state: str
    uptime_s: int
    durability: str
    terms: InstrumentTerms | None = None
    base: AssetTerms | None = None
    quote: AssetTerms | None = None
    ladder: Ladder = field(default_factory=Ladder)
    prices: Sequence[int] = ()
    """The last price of each second, oldest first, in price units."""
    rates: Rates = Rates()
    latency: Latency | None = None
    command_seq: int = 0
    sessions: Sequence[str] = ()
    """Names of trading sessions that may log in."""
    logged_in: int = 0
    """Connections of trading sessions at the moment."""
    ouch: str = ""
    door: str = ""
    credentials: str = ""
    restarts: Mapping[str, int] = field(default_factory=dict)
