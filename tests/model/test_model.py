"""The model itself: records as documented, money conserved, price-time priority, fees worked by hand."""

import re
import struct
from dataclasses import replace
from itertools import pairwise, product
from pathlib import Path
from random import Random

import pytest
from tests.differential.profiles import PROFILES, Profile
from tests.differential.streams import Stream
from tests.model.commands import BODY, BYTES, CODES, HEAD, Kind, MalformedError, decode, encode
from tests.model.engine import Level, Model
from tests.model.events import FIELDS, SIZE, Event, EventKind
from tests.model.events import decode as decode_event
from tests.model.events import encode as encode_event
from tests.model.limits import BILLION, MAX_FEE_RATE
from tests.model.matching import Outlook, dry_run
from tests.model.rejects import Reason
from tests.model.state import BUY, SELL, Order, charge, rounded

USD, XYZ = 1, 2
ANN, BOB = 16, 17


class Desk:
    """A model with XYZ for USD in whole units, and two funded accounts."""

    def __init__(
        self, *, maker_fee_rate: int = 0, taker_fee_rate: int = 0, self_trade: int = 0, self_trade_of: int = 0
    ) -> None:
        """The mode of self-trade prevention is Ann's; Bob has none."""
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
            kind_of=1,
            phase=1,
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
            modes = {"self_trade": self_trade, "self_trade_of": self_trade_of} if account == ANN else {}
            self.operator(Kind.OpenAccount, account=account, firm=1, **limits, **modes)
            for asset in (USD, XYZ):
                self.operator(Kind.Deposit, account=account, asset=asset, amount=10**6)

    def operator(self, kind: Kind, **values: int | bytes) -> None:
        self.number += 1
        record = encode(kind, items=(), tail=b"", source=1, source_seq=self.number, **values)
        assert self.model.apply(record, 1)[0].kind != EventKind.Rejected

    def place(self, account: int, ref: int, side: int, quantity: int, price: int, **more: int) -> list[Event]:
        values = {"account": account, "instrument": 1, "client_ref": ref, "side": side, "order_type": 1}
        values |= {"time_in_force": 1, "quantity": quantity, "price": price} | more
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


def test_new_fields_stand_where_the_reference_says() -> None:
    account = encode(Kind.OpenAccount, self_trade=4, self_trade_of=2)
    assert (len(account), account[56:64]) == (72, bytes([0, 0, 0, 0, 4, 2, 0, 0]))
    order = encode(Kind.PlaceOrder, side=1, order_type=1, time_in_force=1, flags=1)
    assert (len(order), order[36:40]) == (96, bytes([1, 1, 1, 1]))


def test_rejects_are_those_of_the_reference() -> None:
    page = (Path(__file__).parents[2] / "docs" / "reference" / "rejects.md").read_text(encoding="utf-8")
    rows = {name: int(code) for code, name in re.findall(r"^\| (\d+) \| `(\w+)` \|", page, re.MULTILINE)}
    assert rows == {reason.name: int(reason) for reason in Reason}


@pytest.mark.parametrize("kind", list(Kind), ids=lambda kind: kind.name)
def test_fields_of_a_command_do_not_overlap(kind: Kind) -> None:
    taken = [
        offset + index for offset, code in (HEAD | BODY[kind]).values() for index in range(struct.calcsize(CODES[code]))
    ]
    assert len(taken) == len(set(taken))
    assert max(taken) < BYTES[kind]


def test_items_and_tail_stand_after_the_body() -> None:
    record = encode(
        Kind.DefineSession, items=[{"account": 16}, {"account": 17}], tail=b"hello", account=16, name=b"ALPHA"
    )
    assert len(record) == 128 + 2 * 8 + 8
    assert record[128:] == bytes([16, 0, 0, 0, 0, 0, 0, 0, 17, 0, 0, 0, 0, 0, 0, 0]) + b"hello\0\0\0"
    command = decode(record)
    assert (command.items, command["tail"], command.names["name"]) == (
        ({"account": 16}, {"account": 17}),
        5,
        b"ALPHA".ljust(16, b"\0"),
    )


@pytest.mark.parametrize(("offset", "value"), [(0, 95), (0, 104), (2, 0), (2, 36), (3, 0), (3, 2), (4, 1), (6, 129)])
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
        (3, USD): (0, 0),
        (3, XYZ): (0, 0),
        (4, USD): (0, 0),
        (4, XYZ): (0, 0),
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


@pytest.mark.parametrize(
    ("mode", "cancelled"),
    [
        (0, []),
        (1, [(ANN, 2, 3, 0)]),
        (2, [(ANN, 1, 5, 0)]),
        (3, [(ANN, 1, 5, 0), (ANN, 2, 3, 0)]),
        (4, [(ANN, 1, 3, 2), (ANN, 2, 3, 0)]),
    ],
)
def test_each_mode_cancels_what_its_row_says(mode: int, cancelled: list[tuple[int, ...]]) -> None:
    desk = Desk(self_trade=mode, self_trade_of=1 if mode else 0)
    desk.place(ANN, 1, SELL, 5, 100)
    events = desk.place(ANN, 2, BUY, 3, 100)[1:]
    desk.model.check()
    told = [(each.account, each.client_ref, each.quantity, each.leaves) for each in events if each.kind != 11]
    assert {each.detail for each in events} == ({5} if mode else {0, 1, 2})
    assert (told if mode else []) == cancelled


def test_worked_example_of_a_decrement_by_firm() -> None:
    """Bob's resting 5 and Ann's incoming 8, both of firm 1: 5 of each go, Bob's without the source of Ann's command."""
    desk = Desk(taker_fee_rate=30_000_000, self_trade=4, self_trade_of=2)
    desk.place(BOB, 7, SELL, 5, 100)
    accepted, resting, incoming = desk.place(ANN, 9, BUY, 8, 101, source_seq=77)
    seq = accepted.event_id >> 16
    shared = {"kind": 9, "at_ns": 1, "instrument": 1, "detail": 5, "quantity": 5}
    assert resting == Event(
        account=BOB, event_id=seq << 16 | 1, side=2, client_ref=7, price=100, value=seq - 1 << 16, released=5, **shared
    )
    assert incoming == Event(
        account=ANN, event_id=seq << 16 | 2, side=1, client_ref=9, price=101, leaves=3, value=seq << 16,
        released=(808 + 24) - (303 + 9), source_seq=77, **shared,
    )  # fmt: skip
    assert desk.model.balances()[ANN, USD] == (10**6, 303 + 9)
    assert desk.model.balances()[BOB, XYZ] == (10**6, 0)
    assert [order.open for order in desk.model.book(1).bid_orders] == [3]


def test_the_account_that_rests_is_not_asked() -> None:
    desk = Desk(self_trade=3, self_trade_of=2)
    desk.place(ANN, 1, SELL, 5, 100)
    kinds = [event.kind for event in desk.place(BOB, 1, BUY, 5, 100)]
    assert kinds == [EventKind.Accepted, EventKind.Traded, EventKind.Filled, EventKind.Filled]


@pytest.mark.parametrize(("mode", "outlook"), [(0, "FILLS"), (1, "FAILS"), (2, "FILLS"), (3, "FAILS"), (4, "FAILS")])
def test_a_dry_run_changes_nothing_and_passes_over_own_orders_in_mode_2_only(mode: int, outlook: str) -> None:
    desk = Desk(self_trade=mode, self_trade_of=1)
    desk.place(BOB, 1, SELL, 2, 100)
    desk.place(ANN, 1, SELL, 2, 100)
    desk.place(BOB, 2, SELL, 2, 100)
    before = repr(desk.model.state)
    order = Order(order_id=0, account=ANN, instrument=1, client_ref=2, side=BUY, time_in_force=3, price=100, open=4)
    assert dry_run(desk.model.state, order, 4) is Outlook[outlook]
    assert dry_run(desk.model.state, replace(order, open=2), 2) is Outlook.FILLS
    assert dry_run(desk.model.state, replace(order, open=7), 7) is Outlook.FAILS
    assert repr(desk.model.state) == before


@pytest.mark.parametrize(("price", "kind"), [(99, EventKind.Accepted), (100, EventKind.Rejected)])
def test_a_post_only_order_stays_off_the_best_opposite_price(price: int, kind: EventKind) -> None:
    desk = Desk()
    desk.place(BOB, 1, SELL, 2, 100)
    (event,) = desk.place(ANN, 1, BUY, 1, price, flags=1)
    assert event.kind == kind
    assert event.detail == (Reason.PostOnlyWouldTrade if kind == EventKind.Rejected else 1)


def test_a_check_notices_money_out_of_nothing() -> None:
    desk = Desk()
    desk.model.check()
    desk.model.state.ledger.balances[ANN, USD] += 1
    with pytest.raises(AssertionError, match="add up"):
        desk.model.check()


def test_work_continues_by_itself_where_it_is_asked_for() -> None:
    """A slice of 8 makes one trade; the same commands with and without a sequencer's Continue end alike."""
    stream = Stream(next(profile for profile in PROFILES if profile.name == "slices"), 1)
    by_itself = Model(8, continue_work=True)
    by_hand = Model(8)
    for sent in stream.commands(by_itself, 600):
        wanted = by_itself.apply(sent.record, sent.at_ns)
        got = by_hand.apply(sent.record, sent.at_ns)
        while by_hand.unfinished():
            got += by_hand.apply(encode(Kind.Continue, instrument=by_hand.unfinished()[0]), sent.at_ns)
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
    count = 11 + world.instruments * (1 + world.references) + world.accounts * 7
    reasons = [
        Reason(event.detail)
        for sent in stream.commands(model, count)
        for event in model.apply(sent.record, sent.at_ns)
        if event.kind == EventKind.Rejected
    ]
    assert reasons == []


OWN_PROFILES = [profile for profile in PROFILES if profile.world.self_trade]


@pytest.mark.parametrize("profile", OWN_PROFILES, ids=lambda profile: profile.name)
def test_nobody_who_forbids_it_trades_with_its_own(profile: Profile) -> None:
    """The incoming order's account, its mode and what it compares, looked up anew from the events of each trade."""
    stream = Stream(profile, seed=5)
    model = stream.model()
    own_cancels = 0
    for sent in stream.commands(model, 1500):
        events = model.apply(sent.record, sent.at_ns)
        own_cancels += sum(event.kind == EventKind.Canceled and event.detail == 5 for event in events)
        for resting, incoming in pairwise(events):
            if (resting.kind, resting.detail, incoming.kind, incoming.detail) == (12, 1, 12, 2):
                taker, maker = model.state.accounts[incoming.account], model.state.accounts[resting.account]
                own = resting.account == incoming.account
                own |= taker.self_trade_of == 2 and taker.firm == maker.firm
                assert taker.self_trade == 0 or not own
    assert own_cancels > 0


def test_streams_meet_own_orders_in_every_mode_by_account_and_by_firm() -> None:
    seen: set[tuple[Kind, int, int]] = set()
    for profile in OWN_PROFILES:
        stream = Stream(profile, seed=6)
        model = stream.model()
        for sent in stream.commands(model, 1500):
            command = decode(sent.record)
            prevented = [each for each in model.apply(sent.record, sent.at_ns) if (each.kind, each.detail) == (9, 5)]
            if prevented and command.kind in {Kind.PlaceOrder, Kind.ReplaceOrder}:
                account = model.state.accounts[command["account"]]
                seen.add((command.kind, account.self_trade, account.self_trade_of))
    assert seen >= set(product((Kind.PlaceOrder, Kind.ReplaceOrder), (1, 2, 3, 4), (1, 2)))


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
