"""Order: an order that is put together before it is sent. Touches nothing."""

from dataclasses import dataclass
from typing import Any, Literal

from garraway.trading.errors import StrategyInvalid


@dataclass(frozen=True, slots=True)
class Order:
    """An order for `Strategy.submit`. Prices in the quote asset, quantities in lots.

    Without a limit, stop or trail it is a market order; a stop with a limit is a stop limit.
    """

    side: Literal["buy", "sell"]
    quantity: int = 1
    limit: float | None = None
    stop: float | None = None
    trail: float | None = None
    """Distance at which a stop follows the market."""
    tp: float | None = None
    """Limit of an exit with gain, sent once this order is done."""
    sl: float | None = None
    """Stop of an exit with loss."""
    tif: Literal["gtc", "ioc", "fok", "day", "gtd"] | None = None
    until: int | None = None
    """When it expires, ns since 1970."""
    reduce_only: bool = False
    tag: str | None = None
    symbol: str | None = None
    """The instrument, the first of the run if none is named."""

    def __post_init__(self) -> None:
        """StrategyInvalid: the side is none."""
        if self.side not in ("buy", "sell"):
            raise StrategyInvalid(f"side is {self.side!r}: take 'buy' or 'sell'")

    def terms(self) -> dict[str, Any]:
        """What is neither side, quantity nor instrument."""
        names = ("limit", "stop", "trail", "tp", "sl", "tif", "until", "reduce_only", "tag")
        return {name: getattr(self, name) for name in names}
