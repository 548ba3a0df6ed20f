"""What the fold knows, and what a batch of events changed of it. Touches nothing.

Only what later events can still change is kept: open orders, present candles, the figures of the day that goes on.
Rows are absolute: written twice they say the same.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from garraway.views.rows import (
    Account,
    Asset,
    Balance,
    Candle,
    DailyPnl,
    Execution,
    FeePlan,
    Group,
    Instrument,
    Order,
    Position,
    Progress,
    Statistics,
)

Row = tuple[object, ...]


@dataclass(slots=True)
class Changes:
    """What a batch changed: each row once, as it is at the end of the batch."""

    first_id: int = 0
    """The batch's first event: orders placed before it are in the database."""
    assets: dict[int, Asset] = field(default_factory=dict)
    instruments: dict[int, Instrument] = field(default_factory=dict)
    accounts: dict[int, Account] = field(default_factory=dict)
    groups: dict[int, Group] = field(default_factory=dict)
    fee_plans: dict[int, FeePlan] = field(default_factory=dict)
    placed: list[Order] = field(default_factory=list)
    """Orders that are new in the batch."""
    orders: dict[int, Order] = field(default_factory=dict)
    """Older ones, by placed_id."""
    executions: list[Row] = field(default_factory=list)
    busts: list[Execution] = field(default_factory=list)
    """Executions whose trade was taken back or corrected."""
    entries: list[Row] = field(default_factory=list)
    positions: dict[tuple[int, int], Position] = field(default_factory=dict)
    balances: dict[tuple[int, int], Balance] = field(default_factory=dict)
    candles: dict[tuple[int, int, int], Candle] = field(default_factory=dict)
    day_ended: bool = False
    """The rows of the day that goes on are to be written anew: it got its date."""
    ended_pnl: list[DailyPnl] = field(default_factory=list)
    pnl: dict[tuple[int, int], DailyPnl] = field(default_factory=dict)
    ended_statistics: dict[int, Statistics] = field(default_factory=dict)
    """By instrument: these are no longer of the day that goes on. A second day's end within a batch goes to `older`."""
    older_statistics: list[Statistics] = field(default_factory=list)
    statistics: dict[int, Statistics] = field(default_factory=dict)
    turnovers: list[tuple[int, int, int, int, int]] = field(default_factory=list)
    """The venue's own figures of a day that ended: lots, trades, value, business date, instrument."""


def _no_executions(_: int) -> list[Execution]:
    return []


@dataclass(slots=True)
class Views:
    """The state of the fold."""

    progress: Progress = field(default_factory=Progress)
    assets: dict[int, Asset] = field(default_factory=dict)
    instruments: dict[int, Instrument] = field(default_factory=dict)
    accounts: dict[int, Account] = field(default_factory=dict)
    payers: dict[int, int] = field(default_factory=dict)
    """The clearing account of each account that has one: its money moves there."""
    orders: dict[tuple[int, int], Order] = field(default_factory=dict)
    """Open ones by (account, client_ref)."""
    positions: dict[tuple[int, int], Position] = field(default_factory=dict)
    balances: dict[tuple[int, int], Balance] = field(default_factory=dict)
    candles: dict[tuple[int, int], Candle] = field(default_factory=dict)
    """The last one by (instrument, width_s)."""
    pnl: dict[tuple[int, int], DailyPnl] = field(default_factory=dict)
    """Of the day that goes on, by (account, instrument)."""
    statistics: dict[int, Statistics] = field(default_factory=dict)
    """Of the day that goes on, by instrument."""
    changes: Changes = field(default_factory=Changes)
    stored_executions: Callable[[int], list[Execution]] = _no_executions
    """The executions of a trade that the database has."""

    def balance(self, account: int, asset: int) -> Balance:
        """A balance that is about to change."""
        key = account, asset
        row = self.balances.get(key)
        if row is None:
            row = self.balances[key] = Balance(account, asset, 0, 0, 0, 0)
        self.changes.balances[key] = row
        return row

    def position(self, account: int, instrument: int) -> Position:
        """A position that is about to change."""
        key = account, instrument
        row = self.positions.get(key)
        if row is None:
            row = self.positions[key] = Position(account, instrument, 0, 0, 0, 0, 0, 0, 0)
        self.changes.positions[key] = row
        return row

    def day_pnl(self, account: int, instrument: int) -> DailyPnl:
        """The figures of the day that goes on, about to change."""
        key = account, instrument
        row = self.pnl.get(key)
        if row is None:
            row = self.pnl[key] = DailyPnl(0, account, instrument, 0, 0, 0, 0, 0, 0, 0)
        self.changes.pnl[key] = row
        return row

    def executions_of(self, trade_id: int) -> list[Execution]:
        """The two executions of a trade, each of this batch or of the database; none where they were pruned."""
        of_batch = [Execution(*row) for row in self.changes.executions if row[2] == trade_id]  # type: ignore[arg-type]
        found = self.stored_executions(trade_id) + of_batch
        later = {bust.execution_id: bust for bust in self.changes.busts}
        return [later.get(execution.execution_id, execution) for execution in found]
