"""Phases, changes, auctions and countdowns in words; what colour says, a sign says as well. Touches nothing."""

from typing import Final

from garraway.cli.terminal.view import Shown
from garraway.records import Phase, Side
from garraway.units import price_text, scaled_text
from garraway.venues import Auction

SECOND_NS: Final = 1_000_000_000
BASIS_POINTS: Final = 10_000
NANO_DECIMALS: Final = 9
NAMES: Final = {phase: phase.name.lower().replace("_", " ").replace("pre open", "pre-open") for phase in Phase}
"""Phases as people write them."""
SIGNS: Final = {
    Phase.CONTINUOUS: ("●", "green"),
    Phase.PRE_OPEN: ("◇", "yellow"),
    Phase.OPENING_AUCTION: ("◆", "yellow"),
    Phase.HALT: ("‖", "red"),
    Phase.VOLATILITY_AUCTION: ("◆", "magenta"),
    Phase.CLOSING_AUCTION: ("◆", "yellow"),
    Phase.CLOSED: ("○", "dim"),
    Phase.SUSPENDED: ("×", "red"),
    Phase.DELISTED: ("×", "dim"),
}
"""A sign and a style for each phase."""
LEFT_OVER: Final = {int(Side.BUY): ("▲", "green", "buy"), int(Side.SELL): ("▼", "red", "sell"), 0: ("=", "dim", "even")}


def phase(shown: Shown) -> str:
    """The name of its phase."""
    return NAMES[shown.standing.phase]


def change(shown: Shown) -> tuple[str, str]:
    """Style and text of the change from the day's base to the last price, in percent."""
    base, last = shown.standing.base, shown.standing.last
    if not base or not last:
        return "dim", ""
    points = abs(last - base) * BASIS_POINTS // base
    sign, style = ("▲ +", "green") if last > base else ("▼ -", "red")
    if points == 0:
        sign, style = "= ", "dim"
    return style, f"{sign}{scaled_text(points, 2)} %"


def auction(shown: Shown) -> Auction | None:
    """What its auction would give, while orders are collected for one."""
    return shown.standing.indicated if shown.standing.phase.collects else None


def auction_price(shown: Shown, found: Auction) -> str:
    """The auction's price, a dash without one."""
    return price_text(found.price, shown.terms) if found.price else "-"


def lots(shown: Shown, count: int) -> str:
    """Lots as a quantity, with the decimals of a lot and thousands apart."""
    text = scaled_text(count * shown.terms.lot_size, NANO_DECIMALS, shown=shown.terms.lot_decimals)
    whole, point, part = text.partition(".")
    return f"{int(whole):,}{point}{part}"


def until(shown: Shown, now_ns: int) -> str:
    """The next change and how long until then: `closing auction in 1:07`; empty where none is known."""
    coming = shown.next_change
    if coming is None:
        return ""
    seconds = max(0, -(-(coming.at_ns - now_ns) // SECOND_NS))
    hours, minutes = seconds // 3600, seconds // 60 % 60
    left = f"{hours}:{minutes:02}:{seconds % 60:02}" if hours else f"{minutes}:{seconds % 60:02}"
    return f"{NAMES[Phase(coming.phase)]} in {left}"


def day(date: int) -> str:
    """A business date with dashes."""
    return f"{date // 10_000}-{date // 100 % 100:02}-{date % 100:02}"
