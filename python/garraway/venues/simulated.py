"""What a simulated venue is: instruments, account, latency and fill rules. Records alone; touches nothing.

Defaults are conservative: orders meet the next quote and not the one at which they were decided, limits fill only once
the market is a tick beyond them, no more fills than was quoted, positions are paid in full.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Final, Literal

from garraway.venues.errors import VenueError

Number = Decimal | int | str


class SettingInvalid(VenueError):
    """A setting of a simulated venue cannot be; the text names it, its value, the limit and the remedy."""


def _one_of(name: str, value: str, words: tuple[str, ...]) -> None:
    if value not in words:
        raise SettingInvalid(f"{name} is {value!r}: take {', '.join(words)}")


@dataclass(frozen=True, slots=True)
class Fills:
    """When orders fill, and at what price."""

    market: Literal["next", "standing"] = "next"
    """`next`: an order meets the next quote of its instrument (of bars the next open) that comes once it has arrived;
    `standing`: the quote that stands when it arrives (of bars the close at which it was decided)."""
    limit: Literal["through", "touch", "quote"] = "through"
    """A limit order that waits fills at its limit once the market is a tick beyond it (`through`), or reaches it
    (`touch`); or at the quote that reaches it (`quote`), so that what is better goes to the order."""
    sized: bool = True
    """No more lots fill at a quote than it has; a quote without a size has any number."""

    def __post_init__(self) -> None:
        """SettingInvalid names a word that is none."""
        _one_of("fills.market", self.market, ("next", "standing"))
        _one_of("fills.limit", self.limit, ("through", "touch", "quote"))


FILLS: Final[Mapping[str, Fills]] = {
    "next": Fills(),
    "open": Fills(),
    "close": Fills(market="standing"),
    "through": Fills(market="standing"),
    "touch": Fills(market="standing", limit="touch"),
    "quote": Fills(market="standing", limit="quote"),
}
"""Fill rules by a word: `next` (the default; of bars: `open`); the others fill at the standing quote."""


def fills_named(word: str) -> Fills:
    """Fill rules by a word. SettingInvalid: there are none of this name."""
    _one_of("fill", word, tuple(FILLS))
    return FILLS[word]


@dataclass(frozen=True, slots=True)
class Instrument:
    """An instrument that the house deals: a contract on something, priced in the quote asset."""

    symbol: str
    tick: Number = "0.01"
    """Prices are multiples of it, in the quote asset for one whole of what is traded."""
    lot: Number = 1
    """What one lot is, in wholes."""
    quote_asset: str = "USD"
    money_decimals: int = 8
    """Decimals of a ledger unit of the quote asset, 0 to 12."""
    margin: Number = 1
    """Part of a position's cost that it holds: 1 is paid in full, 0.01 a hundredth."""
    fee: Number = 0
    """Part of the value of each fill that is charged."""
    half_spread: Number = 0
    """How far bid and ask lie from the price of a bar or trade, in the quote asset; quotes have their own."""

    def __post_init__(self) -> None:
        """SettingInvalid names what cannot be."""
        tick, half = _decimal("tick", self.tick), _decimal("half_spread", self.half_spread)
        if not 0 < tick <= 1_000_000 or self.price_decimals > 9:
            raise SettingInvalid(f"tick {self.tick} of {self.symbol}: give one of 0.000000001 to 1000000")
        lot = _decimal("lot", self.lot)
        if not Decimal("1e-9") <= lot <= 1_000_000_000 or lot * 10**9 % 1:
            raise SettingInvalid(f"lot {self.lot} of {self.symbol}: give one of 0.000000001 to 1000000000")
        if half < 0 or half % tick:
            raise SettingInvalid(
                f"half_spread {self.half_spread} of {self.symbol}: give ticks of {self.tick}, 0 or more"
            )
        if not 0 <= self.money_decimals <= 12:
            raise SettingInvalid(f"money_decimals {self.money_decimals} of {self.symbol}: give 0 to 12")
        if not Decimal("1e-9") <= _decimal("margin", self.margin) <= 1:
            raise SettingInvalid(f"margin {self.margin} of {self.symbol}: give a part above 0, at most 1")
        if not 0 <= _decimal("fee", self.fee) <= Decimal("0.1"):
            raise SettingInvalid(f"fee {self.fee} of {self.symbol}: give a part of 0 to 0.1")
        if not 1 <= len(self.symbol) <= 16 or not all(c.isalnum() or c in "-_" for c in self.symbol):
            raise SettingInvalid(f"symbol {self.symbol!r}: give 1 to 16 letters, digits, - or _")

    @property
    def price_decimals(self) -> int:
        """Decimals of a price unit: as many as the tick has."""
        exponent = _decimal("tick", self.tick).normalize().as_tuple().exponent
        return max(0, -exponent) if isinstance(exponent, int) else 0

    @property
    def tick_units(self) -> int:
        """Price units in a tick."""
        return int(_decimal("tick", self.tick).scaleb(self.price_decimals))

    @property
    def half_spread_units(self) -> int:
        """Price units of half the spread."""
        return int(_decimal("half_spread", self.half_spread).scaleb(self.price_decimals))

    @property
    def lot_size(self) -> int:
        """A lot in 1e-9."""
        return int(_decimal("lot", self.lot).scaleb(9))

    @property
    def margin_rate(self) -> int:
        """The margin in 1e-9."""
        return int(_decimal("margin", self.margin).scaleb(9))

    @property
    def fee_rate(self) -> int:
        """The fee in 1e-9."""
        return int(_decimal("fee", self.fee).scaleb(9))


@dataclass(frozen=True, slots=True)
class SimulatedVenue:
    """A venue in this process: what is traded in it, what the account has, how orders fill."""

    instruments: tuple[Instrument, ...] = ()
    """Those that are not given are made from the data: as fine as its prices are, a lot of 1."""
    cash: Number = 1_000_000
    """What the account has at the start, in the quote asset."""
    fills: Fills = field(default_factory=Fills)
    latency_ns: int = 0
    """How long an order or cancel is under way."""

    def __post_init__(self) -> None:
        """SettingInvalid names what cannot be."""
        if not 0 <= self.latency_ns <= 3_600_000_000_000:
            raise SettingInvalid(f"latency_ns {self.latency_ns}: give 0 to an hour, 3600000000000")
        if not 0 <= _decimal("cash", self.cash) <= 10**12:
            raise SettingInvalid(f"cash {self.cash}: give 0 to 1000000000000")
        if len({one.quote_asset for one in self.instruments}) > 1:
            raise SettingInvalid("instruments of one account have one quote asset: run the others apart")

    def cash_units(self, money_decimals: int) -> int:
        """The cash in ledger units. SettingInvalid: it is finer than they are, or too much."""
        units = _decimal("cash", self.cash).scaleb(money_decimals)
        if units % 1 or units >= 2**62:
            raise SettingInvalid(f"cash {self.cash}: give whole units of 1e-{money_decimals}, less than 2^62 of them")
        return int(units)


def _decimal(name: str, value: Number) -> Decimal:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise SettingInvalid(f"{name} {value!r} is no number: give one like 0.01") from None
    if not number.is_finite():
        raise SettingInvalid(f"{name} {value!r} is not finite: give a number like 0.01")
    return number
