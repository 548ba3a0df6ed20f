"""Orders as commands: what a client asks for, in the units of the engine, and the records of it. Touches `records`."""

from dataclasses import dataclass

from garraway.records import Flags, OrderType, Side, TimeInForce, encode


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOrder:
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
        return encode(
            "PlaceOrder",
            tail=text,
            account=self.account,
            client_ref=client_ref,
            instrument=self.instrument,
            side=self.side,
            order_type=self.order_type,
            time_in_force=self.time_in_force,
            flags=self.flags,
            price=self.price,
            quantity=self.quantity,
            target=self.target,
            trigger=self.trigger,
            display=self.display,
            minimum=self.minimum,
            expire_s=self.expire_s,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacement:
    """What is to stand in the place of an open order; `quantity` is what it may fill in all."""

    account: int
    target: int
    price: int
    quantity: int
    trigger: int = 0

    def record(self, client_ref: int, text: bytes) -> bytes:
        """The command that replaces it."""
        return encode(
            "ReplaceOrder",
            tail=text,
            account=self.account,
            client_ref=client_ref,
            target=self.target,
            price=self.price,
            quantity=self.quantity,
            trigger=self.trigger,
        )


def cancel_record(account: int, client_ref: int, quantity: int = 0) -> bytes:
    """The command that cancels an order, or reduces it to what it may fill in all."""
    return encode("CancelOrder", account=account, client_ref=client_ref, quantity=quantity)
