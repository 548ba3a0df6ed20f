"""All that is shown at one moment. Touches nothing: numbers in, text elsewhere."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from garraway.units import AssetTerms, InstrumentTerms
from garraway.venues import Change, Instrument, Ladder, Standing


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
class Shown:
    """One instrument at one moment."""

    instrument: Instrument
    standing: Standing
    quote: AssetTerms | None = None
    ladder: Ladder = field(default_factory=Ladder)
    prices: Sequence[int] = ()
    """The last price of each second, oldest first, in price units."""
    next_change: Change | None = None
    """The next change of its phase that is known of."""

    @property
    def terms(self) -> InstrumentTerms:
        """Its units."""
        return self.instrument.terms


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One moment of the venue."""

    state: str
    uptime_s: int
    durability: str
    now_ns: int = 0
    instruments: Sequence[Shown] = ()
    chosen: int = 0
    """Place in `instruments` of the one that is shown large."""
    keys: bool = False
    """Whether number keys choose."""
    business_date: int = 0
    """The business day that ended last, as yyyymmdd."""
    rates: Rates = Rates()
    trade_count: int = 0
    latency: Latency | None = None
    command_seq: int = 0
    sessions: Sequence[str] = ()
    """Names of trading sessions that may log in."""
    logged_in: int = 0
    """Connections of trading sessions at the moment."""
    ouch: str = ""
    door: str = ""
    credentials: str = ""
    api: str = ""
    """Where the API listens, once it does."""
    restarts: Mapping[str, int] = field(default_factory=dict)

    @property
    def large(self) -> Shown | None:
        """The instrument that is shown large."""
        return self.instruments[self.chosen % len(self.instruments)] if self.instruments else None
