"""What fills cost: positions with exact cost, and the profit that a trade which makes one smaller realises.

Source: docs/operating/database.md, "Positions and profit".
"""

from garraway.views.rows import DailyPnl, Instrument, Position
from garraway.views.state import Views


def filled(views: Views, account: int, instrument: int, lots: int, value: int, fee: int) -> Position:
    """A fill's effect on position and day: `lots` are negative when sold, `value` is what they came to."""
    position, day = views.position(account, instrument), views.day_pnl(account, instrument)
    realised = traded(position, lots, value)
    position.realised += realised
    day.realised += realised
    _count(position, day, lots, value, fee)
    return position


def dealt(views: Views, account: int, instrument: int, lots: int, value: int, fee: int) -> Position:
    """A fill that the house dealt: its gain, which the engine says, comes with `gained`."""
    position, day = views.position(account, instrument), views.day_pnl(account, instrument)
    position.quantity += lots
    position.cost += value if lots > 0 else -value
    _count(position, day, lots, value, fee)
    return position


def gained(views: Views, account: int, instrument: int, gain: int) -> Position:
    """What the fill before, or a split, realised of positions against the house: so much is out of their cost."""
    position, day = views.position(account, instrument), views.day_pnl(account, instrument)
    position.cost += gain
    position.realised += gain
    day.realised += gain
    return position


def _count(position: Position, day: DailyPnl, lots: int, value: int, fee: int) -> None:
    position.fees += fee
    day.fees += fee
    day.fills += 1
    if lots > 0:
        day.bought += lots
        day.bought_value += value
    else:
        day.sold -= lots
        day.sold_value += value


def traded(position: Position, lots: int, value: int) -> int:
    """Moves a position by a trade; what it realises. Closing a part takes its share of the cost, halves rounded up."""
    paid = value if lots > 0 else -value
    held = position.quantity
    position.quantity = held + lots
    if held == 0 or (held > 0) == (lots > 0):
        position.cost += paid
        return 0
    closed = min(abs(held), abs(lots))
    for_closed = paid * closed // abs(lots)  # exact: a trade has one price
    of_closed = position.cost if closed == abs(held) else rounded(position.cost * closed, abs(held))
    position.cost += paid - for_closed - of_closed
    return -for_closed - of_closed


def taken_back(views: Views, account: int, instrument: int, lots: int, value: int, fee: int) -> Position:
    """The opposite of a fill, on the day on which it is taken back; `lots` are those of the fill."""
    position, day = views.position(account, instrument), views.day_pnl(account, instrument)
    realised = traded(position, -lots, value)
    position.realised += realised
    position.fees -= fee
    day.realised += realised
    day.fees -= fee
    return position


def corrected(views: Views, account: int, instrument: int, gain: int) -> Position:
    """The difference that a corrected price makes is realised on the day of the correction."""
    position, day = views.position(account, instrument), views.day_pnl(account, instrument)
    position.realised += gain
    day.realised += gain
    return position


def collateral(instrument: Instrument, position: Position) -> int:
    """What a position in a future holds. Source: docs/concepts/risk.md, "Future"."""
    end = instrument.min_price if position.quantity >= 0 else instrument.max_price
    return position.quantity * (position.mark - end) * instrument.price_value


def rounded(numerator: int, denominator: int) -> int:
    """The nearest integer, halves up; the denominator is positive."""
    return (2 * numerator + denominator) // (2 * denominator)
