"""The model itself: records as documented, money conserved, price-time priority, fees worked by hand."""

import struct
from dataclasses import replace
from random import Random

import pytest
from tests.differential.streams import PROFILES, Profile, Stream
from tests.model.commands import BODY, BYTES, CODES, HEAD, Kind, MalformedError, decode, encode
from tests.model.engine import Level, Model
from tests.model.events import FIELDS, SIZE, Event, EventKind
from tests.model.events import decode as decode_event
from tests.model.events import encode as encode_event
from tests.model.limits import BILLION, MAX_FEE_RATE
from tests.model.matching import charge
from tests.model.rejects import Reason
from tests.model.state import BUY, SELL, Order, rounded

USD, XYZ = 1, 2
ANN, BOB = 16, 17


class Desk:
    """A model with XYZ for USD in whole units, and two funded accounts."""

    def __init__(self, *, maker_fee_rate: int = 0, taker_fee_rate: int = 0) -> None:
        self.model = Model()
        self.number = 0
        self.operator(Kind.DefineAsset, asset=USD, code=b"USD")
        self.operator(Kind.DefineAsset, asset=XYZ, code=b"XYZ")
        self.operator(
            Kind.ListInstrument,
            instrument=1,
            symbol=b"XYZ",
            base_asset=XYZ,
            quote_asset=USD,
            execution=1,
            price_unit=BILLION,
            lot_size=BILLION,
            tick=1,
            min_price=1,
            max_price=10**6,
            max_quantity=10**6,
            max_notional=10**12,
            maker_fee_rate=maker_fee_rate,
            taker_fee_rate=taker_fee_rate,
        )
        for account in (ANN, BOB):
            limits = {"max_quantity": 10**6, "max_notional": 10**12, "max_open_orders": 100}
            self.operator(Kind.OpenAccount, account=account, firm=1, **limits)
            for asset in (USD, XYZ):
                self.operator(Kind.Deposit, account=account, asset=asset, amount=10**6)

    def operator(self, kind: Kind, **values: int | bytes) -> None:
        self.number += 1
        record = encode(kind, items=(), tail=b"", source=1, source_seq=self.number, **values)
        assert self.model.apply(record, 1)[0].kind != EventKind.Rejected

    def place(self, account: int, ref: int, side: int, quantity: int, price: int) -> list[Event]:
        values = {"account": account, "instrument": 1, "client_ref": ref, "side": side, "order_type": 1}
        values |= {"time_in_force": 1, "quantity": quantity, "price": price}
        return self.model.apply(encode(Kind.PlaceOrder, items=(), tail=b"", **values), 1)


def test_event_is_96_bytes_of_the_documented_fields() -> None:
    numbers = range(1, len(FIELDS) + 1)
    event = Event(**dict(zip(FIELDS, numbers, strict=True)))
    record = encode_event(event)
    assert len(record) == SIZE
    assert decode_event(record) == event
    assert (record[2], record[30], record[31]) == (event.kind, event.side, event.detail)
    assert struct.unpack_from("<Q", record, 8) == (event.event_id,)
    assert struct.unpack_from("<Q", record, 40) == (event.client_ref,)
    assert struct.unpack_from("<q", record, 88) == (event.released,)


@pytest.mark.parametrize("kind", list(Kind), ids=lambda kind: kind.name)
def test_fields_of_a_command_do_not_overlap(kind: Kind) -> None:
    taken = [
        offset + index for offset, code in (HEAD | BODY[kind]).values() for index in range(struct.calcsize(CODES[code]))
    ]
    assert len(taken) == len(set(taken))
    assert max(taken) < BYTES[kind]


def test_items_and_tail_stand_after_the_body() -> None:
    record = encode(Kind.DefineSession, items=[16, 17], tail=b"hello", account=16, name=b"ALPHA")
    assert len(record) == 128 + 2 * 8 + 8
    assert record[128:] == bytes([16, 0, 0, 0, 0, 0, 0, 0, 17, 0, 0, 0, 0, 0, 0, 0]) + b"hello\0\0\0"
    command = decode(record)
    assert (command.items, command["tail"], command.names["name"]) == ((16, 17), 5, b"ALPHA".ljust(16, b"\0"))


@pytest.mark.parametrize(("offset", "value"), [(0, 95), (0, 104), (2, 0), (2, 14), (3, 0), (3, 2), (4, 1), (6, 129)])
def test_bytes_that_are_no_command_are_malformed(offset: int, value: int) -> None:
    record = bytearray(encode(Kind.Tick))
    record[offset] = value
    model = Model()
    with pytest.raises(MalformedError):
        model.apply(bytes(record), 1)
    assert model.last_seq == 0


@pytest.mark.parametrize(
    ("billionths", "units"),
    [(0, 0), (499_999_999, 0), (500_000_000, 1), (1_499_999_999, 1), (-500_000_000, 0), (-500_000_001, -1)],
)
def test_halves_go_up(billionths: int, units: int) -> None:
    assert rounded(billionths) == units


def test_fees_are_rounded_over_the_order_not_over_the_fill() -> None:
    rng = Random(1)
    for _ in range(300):
        order = Order(order_id=1, account=ANN, instrument=1, client_ref=1, side=SELL, time_in_force=1, price=1, open=1)
        rate = rng.randint(0, MAX_FEE_RATE)
        values = [rng.choice([1, 3, rng.randint(1, 1000), rng.randint(1, 2**62)]) for _ in range(rng.randint(1, 50))]
        fees = [charge(order, rate * value) for value in values]
        assert sum(fees) == rounded(rate * sum(values))
        assert min(fees) >= 0


def test_worked_example_of_a_carry() -> None:
    """At 10 %: 3, 3, 3 and 1 make 0.3, 0.6, 0.9 and 1.0 in all, of which 0, 1, 1 and 1 have been charged."""
    desk = Desk(maker_fee_rate=100_000_000)
    desk.place(BOB, 1, SELL, 10, 1)
    fees = [desk.place(ANN, ref, BUY, lots, 1)[2].fee for ref, lots in ((1, 3), (2, 3), (3, 3), (4, 1))]
    assert fees == [0, 1, 0, 0]
    assert desk.model.balances()[2, USD] == (1, 0)


def test_worked_example_of_a_trade() -> None:
    desk = Desk(maker_fee_rate=10_000_000, taker_fee_rate=30_000_000)
    desk.place(BOB, 7, SELL, 10, 100)
    accepted, traded, resting, incoming = desk.place(ANN, 9, BUY, 4, 101)
    seq = accepted.event_id >> 16
    shared = {"at_ns": 1, "instrument": 1}
    assert accepted == Event(
        kind=7, account=ANN, event_id=seq << 16, side=1, detail=1, client_ref=9, price=101, quantity=4, leaves=4,
        value=1, released=-(404 + 12), **shared,
    )  # fmt: skip
    assert traded == Event(
        kind=11, event_id=seq << 16 | 1, side=1, client_ref=seq - 1 << 16, price=100, quantity=4, leaves=6, value=400,
        **shared,
    )  # fmt: skip
    assert resting == Event(
        kind=12, account=BOB, event_id=seq << 16 | 2, side=2, detail=1, client_ref=7, price=100, quantity=4, leaves=6,
        value=400, fee=4, released=4, **shared,
    )  # fmt: skip
    assert incoming == Event(
        kind=12, account=ANN, event_id=seq << 16 | 3, side=1, detail=2, client_ref=9, price=100, quantity=4, leaves=0,
        value=400, fee=12, released=416, **shared,
    )  # fmt: skip
    assert desk.model.balances() == {
        (1, USD): (-(2 * 10**6), 0),
        (1, XYZ): (-(2 * 10**6), 0),
        (2, USD): (16, 0),
        (2, XYZ): (0, 0),
        (ANN, USD): (10**6 - 412, 0),
        (ANN, XYZ): (10**6 + 4, 0),
        (BOB, USD): (10**6 + 396, 0),
        (BOB, XYZ): (10**6 - 4, 6),
    }


def test_book_is_sorted_by_price_and_then_by_time() -> None:
    desk = Desk()
    for ref, (account, price) in enumerate([(ANN, 99), (BOB, 101), (ANN, 100), (BOB, 99), (ANN, 101)], 1):
        desk.place(account, ref, SELL, ref, price)
    book = desk.model.book(1)
    assert [order.client_ref for order in book.ask_orders] == [1, 4, 3, 2, 5]
    assert book.asks == [Level(99, 5, 2), Level(100, 3, 1), Level(101, 7, 2)]
    assert book.bids == []


def test_orders_trade_by_priority() -> None:
    desk = Desk()
    for ref, price in enumerate([98, 100, 99, 100], 1):
        desk.place(BOB, ref, BUY, 1, price)
    events = desk.place(ANN, 1, SELL, 4, 98)
    filled = [event.client_ref for event in events if event.kind == EventKind.Filled and event.account == BOB]
    assert filled == [2, 4, 3, 1]


def test_a_check_notices_money_out_of_nothing() -> None:
    desk = Desk()
    desk.model.check()
    desk.model.state.ledger.balances[ANN, USD] += 1
    with pytest.raises(AssertionError, match="add up"):
        desk.model.check()


def test_work_continues_by_itself_where_it_is_asked_for() -> None:
    """A slice of 8 makes two trades; the same commands with and without a sequencer's Continue end alike."""
    stream = Stream(next(profile for profile in PROFILES if profile.name == "slices"), 1)
    by_itself = Model(8, continue_work=True)
    by_hand = Model(8)
    for sent in stream.commands(by_itself, 600):
        wanted = by_itself.apply(sent.record, sent.at_ns)
        got = by_hand.apply(sent.record, sent.at_ns)
        while by_hand.busy():
            got += by_hand.apply(encode(Kind.Continue, instrument=by_hand.busy()[0]), sent.at_ns)
        assert got == wanted
    assert by_itself.last_seq > 600


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)
def test_everything_adds_up_after_every_command(profile: Profile) -> None:
    stream = Stream(profile, seed=3)
    model = stream.model()
    for sent in stream.commands(model, 400):
        model.apply(sent.record, sent.at_ns)
        model.check()


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)
def test_the_set_up_of_a_stream_is_taken(profile: Profile) -> None:
    world = replace(profile.world, warm=0)
    stream = Stream(replace(profile, world=world), seed=4)
    model = stream.model()
    count = 11 + world.instruments + world.accounts * 7
    reasons = [
        Reason(event.detail)
        for sent in stream.commands(model, count)
        for event in model.apply(sent.record, sent.at_ns)
        if event.kind == EventKind.Rejected
    ]
    assert reasons == []


def test_streams_reach_every_reason_and_every_kind_of_event() -> None:
    seen: set[tuple[int, int]] = set()
    for profile in PROFILES:
        for seed in (1, 2):
            stream = Stream(profile, seed)
            model = stream.model()
            for sent in stream.commands(model, 1500):
                seen |= {(event.kind, event.detail) for event in model.apply(sent.record, sent.at_ns)}
    assert {kind for kind, _ in seen} == set(EventKind)
    assert {detail for kind, detail in seen if kind == EventKind.Rejected} == set(Reason)


def test_the_same_seed_gives_the_same_stream() -> None:
    def records(seed: int) -> list[bytes]:
        stream = Stream(PROFILES[-1], seed)
        model = stream.model()
        made = []
        for sent in stream.commands(model, 300):
            made.append(sent.record)
            model.apply(sent.record, sent.at_ns)
        return made

    assert records(5) == records(5)
    assert records(5) != records(6)
