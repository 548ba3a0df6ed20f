"""One account of the market as its events tell it: open orders, inventory, last reference."""

from dataclasses import dataclass, field

import numpy as np

from garraway.records import EVENTS, EventArray, Flags, OrderType, Side, TimeInForce, encode
from garraway.venues import OpenOrders, Order


@dataclass(frozen=True, slots=True)
class Wish:
    """An order as a trader wants it: prices in price units, quantities in lots, as in PlaceOrder."""

    side: Side
    price: int
    lots: int
    time_in_force: TimeInForce = TimeInForce.GOOD_TILL_CANCEL
    order_type: OrderType = OrderType.LIMIT
    flags: Flags = Flags.NONE
    display: int = 0
    trigger: int = 0


@dataclass(slots=True)
class Trader:
    """An account that trades one instrument.

    `inventory_lots` is what it bought less what it sold. References are taken from `last_ref` on, which never falls:
    after a restart it is read from the log again.
    """

    account: int
    instrument: int
    inventory_lots: int = 0
    last_ref: int = 0
    orders: OpenOrders = field(default_factory=OpenOrders)

    def __post_init__(self) -> None:
        """Narrows the fold of open orders to this account."""
        self.orders.account = self.account

    def apply(self, events: EventArray) -> None:
        """Takes a batch of events, in order."""
        mine = events[(events["account"] == self.account) & (events["client_ref"] > 0)]
        if not len(mine):
            return
        filled = mine[(mine["kind"] == EVENTS["Filled"]) & (mine["instrument"] == self.instrument)]
        self.inventory_lots += int(np.where(filled["side"] == Side.BUY, filled["quantity"], -filled["quantity"]).sum())
        self.last_ref = max(self.last_ref, int(mine["client_ref"].max()))
        for _ in self.orders.apply(mine):
            pass

    def open(self, side: int | None = None) -> list[Order]:
        """Its open orders in this instrument, oldest first; of one side where it is given."""
        mine = (one for one in self.orders.by_key.values() if one.instrument == self.instrument)
        return sorted((one for one in mine if side in {None, one.side}), key=lambda order: order.client_ref)

    def place(self, wish: Wish) -> bytes:
        """The command that places an order under the next reference."""
        self.last_ref += 1
        return encode(
            "PlaceOrder",
            account=self.account,
            instrument=self.instrument,
            client_ref=self.last_ref,
            side=wish.side,
            order_type=wish.order_type,
            time_in_force=wish.time_in_force,
            flags=wish.flags,
            price=wish.price,
            quantity=wish.lots,
            display=wish.display,
            trigger=wish.trigger,
        )

    def replace(self, order: Order, price: int, lots: int) -> bytes:
        """The command that moves an open order to another price, with so many lots open."""
        self.last_ref += 1
        return encode(
            "ReplaceOrder",
            account=self.account,
            instrument=self.instrument,
            client_ref=self.last_ref,
            target=order.client_ref,
            price=price,
            quantity=order.filled + lots,
        )

    def cancel(self, order: Order) -> bytes:
        """The command that cancels an open order."""
        return encode("CancelOrder", account=self.account, instrument=self.instrument, client_ref=order.client_ref)
