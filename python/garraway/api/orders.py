"""Orders as commands: what a client asks for, in the units of the engine, and the records of it. Touches `records`."""

from typing import Final

import msgspec

from garraway.records import Flags, OrderType, Side, TimeInForce, encoder


class NewOrder(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An order to be placed: prices in price units, quantities in lots."""

    account: int
    instrument: int
    side: Side
    order_type: OrderType
    time_in_force: TimeInForce
    price: int
    quantity: int
    flags: Flags = Flags.NONE
    target: int = 0
    trigger: int = 0
    display: int = 0
    minimum: int = 0
    expire_s: int = 0

    def record(self, client_ref: int, text: bytes) -> bytes:
        """The command that places it."""
        return _PLACE(
            self.account,
            client_ref,
            self.instrument,
            self.side,
            self.order_type,
            self.time_in_force,
            self.flags,
            self.price,
            self.quantity,
            self.target,
            self.trigger,
            self.display,
            self.minimum,
            self.expire_s,
            tail=text,
        )


class Replacement(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What is to stand in the place of an open order; `quantity` is what it may fill in all."""

    account: int
    target: int
    price: int
    quantity: int
    trigger: int = 0

    def record(self, client_ref: int, text: bytes) -> bytes:
        """The command that replaces it."""
        return _REPLACE(self.account, client_ref, self.target, self.price, self.quantity, self.trigger, tail=text)


def cancel_record(account: int, client_ref: int, quantity: int = 0) -> bytes:
    """The command that cancels an order, or reduces it to what it may fill in all."""
    return _CANCEL(account, client_ref, quantity)


_PLACE: Final = encoder(
    "PlaceOrder",
    *("account", "client_ref", "instrument", "side", "order_type", "time_in_force", "flags"),
    *("price", "quantity", "target", "trigger", "display", "minimum", "expire_s"),
)
_REPLACE: Final = encoder("ReplaceOrder", "account", "client_ref", "target", "price", "quantity", "trigger")
_CANCEL: Final = encoder("CancelOrder", "account", "client_ref", "quantity")
