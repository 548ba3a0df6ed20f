"""A small venue for tests of the model: XYZ for USD and a future in whole units, two accounts with funds."""

from collections.abc import Mapping, Sequence
from typing import Final

from tests.model.commands import Kind, encode
from tests.model.engine import Model
from tests.model.events import Event, EventKind
from tests.model.limits import BILLION
from tests.model.rejects import Reason

USD, XYZ = 1, 2
STOCK, FUT = 1, 2
ANN, BOB, CAT = 16, 17, 18
MILLION: Final = 10**6
TERMS: Final = {
    "execution": 1,
    "kind_of": 1,
    "phase": 1,
    "quote_asset": USD,
    "price_unit": BILLION,
    "lot_size": BILLION,
    "tick": 1,
    "min_price": 1,
    "max_price": 1000,
    "max_quantity": MILLION,
    "max_notional": 10**12,
}


class Desk:
    """Ann and Bob of firm 1 with a million of each asset; prices from 1 to 1000, the future settled at 100."""

    def __init__(self, *, slice_events: int = 32768, **terms: int) -> None:
        """The terms are for both instruments."""
        self.model = Model(slice_events)
        self.state = self.model.state
        self.number = 0
        self.at_ns = 1
        self.refs = {ANN: 0, BOB: 0, CAT: 0}
        self.must(Kind.DefineAsset, asset=USD, code=b"USD")
        self.must(Kind.DefineAsset, asset=XYZ, code=b"XYZ")
        self.must(Kind.ListInstrument, instrument=STOCK, symbol=b"XYZ", **(TERMS | {"base_asset": XYZ} | terms))
        self.must(Kind.ListInstrument, instrument=FUT, symbol=b"FUT", **(TERMS | {"kind_of": 2} | terms))
        self.must(Kind.SetReference, instrument=FUT, price=100, what=2)
        for account in (ANN, BOB):
            self.open(account)

    def open(self, account: int, *, funds: int = MILLION, **values: int) -> list[Event]:
        """Opens an account of firm 1 and brings in its funds."""
        limits = {"max_quantity": MILLION, "max_notional": 10**12, "max_open_orders": 100}
        events = self.send(Kind.OpenAccount, account=account, **({"firm": 1} | limits | values))
        for asset in (USD, XYZ) if funds else ():
            self.must(Kind.Deposit, account=account, asset=asset, amount=funds)
        return events

    def send(self, kind: Kind, items: Sequence[Mapping[str, int]] = (), /, **values: int | bytes) -> list[Event]:
        """A command of the operator."""
        self.number += 1
        record = encode(kind, items=items, tail=b"", source=1, source_seq=self.number, **values)
        return self.checked(record)

    def must(self, kind: Kind, items: Sequence[Mapping[str, int]] = (), /, **values: int | bytes) -> list[Event]:
        """A command that is taken."""
        events = self.send(kind, items, **values)
        assert refused(events) is None, refused(events)
        return events

    def go_on(self) -> list[Event]:
        """Goes on with the oldest sweep."""
        return self.checked(encode(Kind.Continue))

    def checked(self, record: bytes) -> list[Event]:
        """Applies a record and checks the model."""
        events = self.model.apply(record, self.at_ns)
        self.model.check()
        return events

    def place(self, account: int, side: int, quantity: int, price: int, where: int = STOCK, **more: int) -> list[Event]:
        """A limit order, unless told otherwise; its reference is the account's next one."""
        self.refs[account] = ref = self.refs.get(account, 0) + 1
        values = {"account": account, "instrument": where, "client_ref": ref, "side": side, "order_type": 1}
        values |= {"time_in_force": 1, "quantity": quantity, "price": price} | more
        return self.checked(encode(Kind.PlaceOrder, items=(), tail=b"", **values))

    def replace(self, account: int, target: int, quantity: int, price: int) -> list[Event]:
        """Replaces an order by its reference."""
        self.refs[account] = ref = self.refs[account] + 1
        values = {"account": account, "client_ref": ref, "target": target, "quantity": quantity, "price": price}
        return self.checked(encode(Kind.ReplaceOrder, items=(), tail=b"", **values))

    def cross(self, seller: int, buyer: int, quantity: int, price: int, where: int = STOCK) -> Event:
        """A trade between two accounts; its Traded event."""
        assert refused(self.place(seller, 2, quantity, price, where)) is None
        return next(each for each in self.place(buyer, 1, quantity, price, where) if each.kind == EventKind.Traded)

    def balance(self, account: int, asset: int = USD) -> tuple[int, int]:
        """Balance and what of it is held."""
        return self.model.balances()[account, asset]


def refused(events: list[Event]) -> Reason | None:
    """Why a command was refused, if it was."""
    return Reason(events[0].detail) if events and events[0].kind == EventKind.Rejected else None


def kinds(events: list[Event]) -> list[str]:
    """The kinds of some events by name."""
    return [EventKind(each.kind).name for each in events]
