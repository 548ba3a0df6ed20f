"""Price bands and collars, from docs/concepts/phases.md, "Rules"."""

from typing import Final

from tests.model.book import reaches, worse
from tests.model.limits import BILLION
from tests.model.rejects import Reason
from tests.model.state import BUY, CONTINUOUS, MARKET, STOP, TRAILING_STOP, Instrument, Order

REFUSED: Final = 1
AUCTION: Final = 2


def band(around: int, width: int) -> tuple[int, int]:
    """Lower and upper end of a band."""
    return -(-around * (BILLION - width) // BILLION), around * (BILLION + width) // BILLION


def band_end(instrument: Instrument, side: int) -> int | None:
    """The price beyond which an order of the side does not trade in continuous trading."""
    rules = instrument.rules
    latest = instrument.last or instrument.reference
    bands = []
    if rules.static_band and instrument.reference:
        bands.append(band(instrument.reference, rules.static_band))
    if rules.dynamic_band and latest:
        bands.append(band(latest, rules.dynamic_band))
    if not bands:
        return None
    return min(upper for _, upper in bands) if side == BUY else max(lower for lower, _ in bands)


def collar_end(instrument: Instrument, side: int) -> int | None:
    """The price beyond which no order of the side may be priced."""
    latest = instrument.last or instrument.reference
    if not instrument.rules.collar or not latest:
        return None
    lower, upper = band(latest, instrument.rules.collar)
    return upper if side == BUY else lower


def price_refusal(instrument: Instrument, side: int, price: int) -> Reason | None:
    """What collar and band say of a limit order's price."""
    collar, end = collar_end(instrument, side), band_end(instrument, side)
    if collar is not None and not reaches(side, collar, price):
        return Reason.PriceOutsideCollar
    asked = instrument.phase == CONTINUOUS and instrument.rules.band_action == REFUSED
    return Reason.PriceOutsideBand if asked and end is not None and not reaches(side, end, price) else None


def limit_of(instrument: Instrument, order: Order, price: int) -> int:
    """How far an order that enters may go by its own price and by the collar of a market order."""
    end = collar_end(instrument, order.side) if order.order_type in {MARKET, STOP, TRAILING_STOP} else None
    return price if end is None else worse(order.side, price, end)
