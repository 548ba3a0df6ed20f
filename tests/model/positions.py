"""Positions in futures and their collateral, from docs/concepts/risk.md, "Instruments"."""

from tests.model.register import Position
from tests.model.state import BUY, Instrument, Order, State


def most_lots(instrument: Instrument) -> int:
    """Most lots of a position, long or short: what 40 bits hold, and whose value at the highest price 62 bits hold."""
    return min(2**40 - 1, (2**62 - 1) // instrument.value(instrument.max_price, 1))


def lots_of(state: State, account: int, instrument: int) -> int:
    """The account's position, negative when short."""
    position = state.register.positions.get((account, instrument))
    return position.lots if position else 0


def collateral(instrument: Instrument, position: Position | None) -> int:
    """What a position keeps held in the quote asset: what it could still lose within the price range."""
    if position is None:
        return 0
    if position.lots >= 0:
        return instrument.value(position.mark - instrument.min_price, position.lots)
    return instrument.value(instrument.max_price - position.mark, -position.lots)


def change(state: State, account: int, where: int, lots: int) -> int:
    """Adds lots to the account's position at the settlement price; returns by how much more collateral is held."""
    instrument, positions = state.instruments[where], state.register.positions
    before = collateral(instrument, positions.get((account, where)))
    after = lots_of(state, account, where) + lots
    positions.pop((account, where), None)
    if after:
        positions[account, where] = Position(after, instrument.settlement)
    return hold_more(state, account, where, collateral(instrument, positions.get((account, where))) - before)


def mark(state: State, account: int, where: int, price: int) -> int:
    """Marks the account's position at a new settlement price; returns by how much more collateral is held."""
    instrument, position = state.instruments[where], state.register.positions[account, where]
    before = collateral(instrument, position)
    position.mark = price
    return hold_more(state, account, where, collateral(instrument, position) - before)


def hold_more(state: State, account: int, where: int, more: int) -> int:
    """Collateral is held by the account that pays for this one."""
    state.ledger.holds[state.payer(account), state.instruments[where].quote] += more
    return more


def closable(state: State, account: int, where: int, side: int) -> int:
    """Lots of the position that an order of this side would close."""
    lots = lots_of(state, account, where)
    return max(0, -lots if side == BUY else lots)


def excess(state: State, order: Order) -> int:
    """Lots of a reduce-only order beyond the position that it closes; of any other order 0."""
    if not order.reduce_only:
        return 0
    return max(0, order.open - closable(state, order.account, order.instrument, order.side))


def open_lots(state: State, account: int, where: int, side: int, *, without: Order | None = None) -> int:
    """Open lots of all orders of the account in the instrument and on the side."""
    orders = state.accounts[account].open.values()
    return sum(each.open for each in orders if (each.instrument, each.side) == (where, side) and each is not without)


def range_fits(max_price: int, max_quantity: int, price_value: int) -> bool:
    """The largest order at the highest price can be counted, with room for what is added to it."""
    return max_quantity * max_price * price_value < 2**62
