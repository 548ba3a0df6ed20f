"""The naive engine: slow, integers only, written from docs/concepts/engine.md and docs/reference alone.

It shares no code and no constants with the product; both must make the same events, byte for byte.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby, product
from typing import Final

from tests.model.accounts import define_fee_plan, define_group, open_account, set_account
from tests.model.book import priced
from tests.model.busts import bust_trade
from tests.model.checks import check_dealt, check_positions, check_register, check_trades, collaterals
from tests.model.commands import Command, Kind, decode
from tests.model.commands import encode as encode_command
from tests.model.days import end_of_day
from tests.model.dealer import set_dealing, set_markup, set_quote
from tests.model.definitions import define_asset, define_session, define_source, list_instrument
from tests.model.dividends import pay_dividend
from tests.model.due import start
from tests.model.events import Event, EventKind, Reply, encode
from tests.model.limits import (
    FEE_INCOME,
    GATEWAY,
    HOUSE,
    MAX_EVENTS,
    MAX_ORDERS,
    MIN_EVENTS,
    OUTSIDE,
    SETTLEMENT,
    SOURCE_WINDOW,
)
from tests.model.links import has_too_much, holds
from tests.model.money import deposit, withdraw
from tests.model.orders import cancel_order, continue_work, place_order, replace_order, signed
from tests.model.quotes import mass_quote
from tests.model.rejects import Reason
from tests.model.risk import set_kill, set_limits, set_restriction
from tests.model.rules import set_reference, set_rules, set_ticks
from tests.model.state import BUY, CONTINUOUS, SELL, Instrument, Order, State
from tests.model.stops import is_reached
from tests.model.sweeps import mass_cancel, unclean_start
from tests.model.terms import change_instrument, split_instrument
from tests.model.timers import set_phase, set_schedule, tick

__all__ = ["Book", "Event", "Level", "Model", "encode"]


@dataclass(frozen=True, slots=True)
class Level:
    """All orders of one side at one price."""

    price: int
    quantity: int
    orders: int


@dataclass(frozen=True, slots=True)
class Book:
    """An instrument's book; every list has the best first."""

    bids: list[Level]
    asks: list[Level]
    bid_orders: list[Order]
    ask_orders: list[Order]


def clean_close(state: State, command: Command, reply: Reply) -> Reason | None:
    """CleanClose -> Closed."""
    reply.say(EventKind.Closed)
    return None


TRADE: Final = 1
MONEY: Final = 2
DEFINE: Final = 4
OPERATE: Final = 8
QUOTE: Final = 16
GATEWAY_ONLY: Final = 0

COMMANDS: Final[dict[Kind, tuple[int, Callable[[State, Command, Reply], Reason | None]]]] = {
    Kind.DefineSource: (DEFINE, define_source),
    Kind.DefineAsset: (DEFINE, define_asset),
    Kind.ListInstrument: (DEFINE, list_instrument),
    Kind.OpenAccount: (DEFINE, open_account),
    Kind.DefineSession: (DEFINE, define_session),
    Kind.Deposit: (MONEY, deposit),
    Kind.Withdraw: (MONEY, withdraw),
    Kind.PlaceOrder: (TRADE, place_order),
    Kind.CancelOrder: (TRADE, cancel_order),
    Kind.ReplaceOrder: (TRADE, replace_order),
    Kind.Tick: (GATEWAY_ONLY, tick),
    Kind.Continue: (GATEWAY_ONLY, continue_work),
    Kind.CleanClose: (GATEWAY_ONLY, clean_close),
    Kind.UncleanStart: (GATEWAY_ONLY, unclean_start),
    Kind.MassCancel: (TRADE, mass_cancel),
    Kind.MassQuote: (TRADE, mass_quote),
    Kind.SetPhase: (OPERATE, set_phase),
    Kind.SetSchedule: (OPERATE, set_schedule),
    Kind.SetReference: (OPERATE, set_reference),
    Kind.SetRules: (DEFINE, set_rules),
    Kind.SetTicks: (DEFINE, set_ticks),
    Kind.DefineFeePlan: (DEFINE, define_fee_plan),
    Kind.DefineGroup: (DEFINE, define_group),
    Kind.SetAccount: (DEFINE, set_account),
    Kind.SetLimits: (DEFINE, set_limits),
    Kind.SetKill: (OPERATE, set_kill),
    Kind.SetRestriction: (OPERATE, set_restriction),
    Kind.EndOfDay: (OPERATE, end_of_day),
    Kind.ChangeInstrument: (DEFINE, change_instrument),
    Kind.SplitInstrument: (OPERATE, split_instrument),
    Kind.BustTrade: (OPERATE, bust_trade),
    Kind.SetQuote: (QUOTE, set_quote),
    Kind.SetDealing: (DEFINE, set_dealing),
    Kind.SetMarkup: (DEFINE, set_markup),
    Kind.PayDividend: (OPERATE, pay_dividend),
}
"""Per kind: the right that it needs, and what it does."""


class Model:
    """An engine that is fed one command record at a time."""

    def __init__(
        self, slice_events: int = MAX_EVENTS, capacity: int = MAX_ORDERS, *, continue_work: bool = False
    ) -> None:
        """An empty venue.

        Args:
            slice_events: most events of one command, 8 to 32,768.
            capacity: most open orders, all instruments together.
            continue_work: after each command `Continue` is applied until no work is left, as a sequencer does.
        """
        assert MIN_EVENTS <= slice_events <= MAX_EVENTS
        assert 1 <= capacity <= MAX_ORDERS
        self.state = State(slice_events, capacity)
        self.state.settle = lambda instrument: start(self.state, instrument)
        self.continue_work = continue_work
        self.last_seq = 0
        self.last_at_ns = 0

    def apply(self, record: bytes, at_ns: int) -> list[Event]:
        """The events of one command, and of the `Continue`s after it where this model sends them.

        Raises: MalformedError: the bytes are no command; nothing has changed.
        """
        events = self._apply_one(decode(record), at_ns)
        while self.continue_work and self.unfinished():
            events += self._apply_one(decode(encode_command(Kind.Continue, instrument=self.unfinished()[0])), at_ns)
        return events

    def _apply_one(self, command: Command, at_ns: int) -> list[Event]:
        self.last_seq += 1
        self.last_at_ns = max(at_ns, self.last_at_ns)
        reply = Reply(self.last_seq, self.last_at_ns, command["source"], command["source_seq"])
        self.state.reply, self.state.at_ns, self.state.command_seq = reply, self.last_at_ns, self.last_seq
        reason = self._verdict_on_source(command) or self._carry_out(command, reply)
        if reason:
            assert reply.made == []
            reply.own = None
            self._refuse(command, reason, reply)
        return reply.made

    def _verdict_on_source(self, command: Command) -> Reason | None:
        source = self.state.sources.get(command["source"])
        if source is None:
            return Reason.SourceUnknown
        if command["source"] == GATEWAY:
            return None
        number = command["source_seq"]
        if number < max(1, source.last - SOURCE_WINDOW + 1):
            return Reason.SourceTooOld
        if number > source.last + 1:
            return Reason.SourceGap
        if number <= source.last:
            same = source.sent[number] == command.record
            return Reason.SourceRepeat if same else Reason.SourceBodyDiffers
        source.last = number
        source.sent[number] = command.record
        return None

    def _carry_out(self, command: Command, reply: Reply) -> Reason | None:
        right, do = COMMANDS[command.kind]
        rights = self.state.sources[command["source"]].rights
        permitted = command["source"] == GATEWAY if right == GATEWAY_ONLY else rights & right != 0
        return do(self.state, command, reply) if permitted else Reason.NotPermitted

    def _refuse(self, command: Command, reason: Reason, reply: Reply) -> None:
        repeated = {
            Kind.PlaceOrder: ("side", "price", "quantity"),
            Kind.CancelOrder: ("quantity",),
            Kind.ReplaceOrder: ("price", "quantity"),
        }
        reply.say(
            EventKind.Rejected,
            named=True,
            detail=int(reason),
            account=command["account"],
            instrument=command["instrument"],
            client_ref=command["client_ref"],
            value=int(command.kind),
            fee=signed(command["target"]) if command.kind is Kind.ReplaceOrder else 0,
            **{name: command[name] for name in repeated.get(command.kind, ())},
        )

    def busy(self) -> list[int]:
        """Instruments with work that Continue goes on with, lowest first."""
        return sorted(number for number, each in self.state.instruments.items() if each.work is not None)

    def unfinished(self) -> list[int]:
        """What a sequencer continues, in turn: busy instruments, then sweeps (0)."""
        return self.busy() + [0] * (len(self.state.sweeps) > 0)

    def balances(self) -> dict[tuple[int, int], tuple[int, int]]:
        """(account, asset) -> (balance, held), of all accounts, the venue's own first, and all assets."""
        accounts = [OUTSIDE, FEE_INCOME, SETTLEMENT, HOUSE, *sorted(self.state.accounts)]
        ledger = self.state.ledger
        return {key: (ledger.balances[key], ledger.holds[key]) for key in product(accounts, sorted(self.state.assets))}

    def book(self, instrument: int) -> Book:
        """Levels and orders of both sides of a listed instrument, what is displayed of them."""
        sides = self.state.instruments[instrument].sides
        bids, asks = ([order for order in sides[side] if not order.hidden] for side in (BUY, SELL))
        return Book(levels(bids), levels(asks), bids, asks)

    def check(self) -> None:
        """Asserts what holds after every command."""
        state = self.state
        totals: Counter[int] = Counter()
        for (_, asset), balance in state.ledger.balances.items():
            totals[asset] += balance
        assert not any(totals.values()), f"balances do not add up to zero: {totals}"
        self._check_holds()
        for number, account in state.accounts.items():
            assert len(account.open) <= account.max_open_orders
            for asset in state.assets:
                dealt = any(each.dealing is not None and each.quote == asset for each in state.instruments.values())
                assert dealt or state.ledger.free(number, asset) >= 0, f"account {number} lacks asset {asset}"
        for asset in state.assets:
            # What the house loses may be taken out.
            assert state.ledger.free(OUTSIDE, asset) <= -min(0, state.ledger.balances[HOUSE, asset])
        assert state.open_orders() <= state.capacity
        self._check_books()
        check_positions(state)
        check_dealt(state)
        check_register(state)
        check_trades(state)

    def _check_holds(self) -> None:
        held = collaterals(self.state)
        for number, account in self.state.accounts.items():
            for client_ref, order in account.open.items():
                instrument = self.state.instruments[order.instrument]
                assert (order.account, order.client_ref) == (number, client_ref)
                assert order.hold == holds(self.state, order)[order]
                held[self.state.payer(number), instrument.held_asset(order.side)] += order.hold
        assert {key: hold for key, hold in held.items() if hold} == {
            key: hold for key, hold in self.state.ledger.holds.items() if hold
        }

    def _check_books(self) -> None:
        standing: list[Order] = []
        for instrument in self.state.instruments.values():
            for side, orders in instrument.sides.items():
                assert orders == sorted(orders, key=Order.priority)
                assert all(order.side == side and order.place == "book" for order in orders)
            for order in instrument.orders():
                assert order.open > 0
                assert not order.display or order.place != "book" or 1 <= order.shown <= min(order.display, order.open)
            if instrument.work is None:
                self._check_rest(instrument)
            standing += instrument.orders()
        opened = [order for account in self.state.accounts.values() for order in account.open.values()]
        assert {id(order) for order in opened} == {id(order) for order in standing}
        assert len(opened) == len(standing)

    def _check_rest(self, instrument: Instrument) -> None:
        """What holds of an instrument whose work is done."""
        assert not instrument.due or self.state.sweeps
        assert instrument.working is None
        assert instrument.frozen is None
        if instrument.phase != CONTINUOUS or instrument.dealing is not None:
            return
        buys, sells = priced(instrument, BUY), priced(instrument, SELL)
        assert not buys or not sells or buys[0][0] < sells[0][0], "crossed"
        last = instrument.last
        for stop in instrument.standing("stop"):
            assert not last or not is_reached(stop, last, last), "a stop that was reached waits"
        for order in instrument.orders():
            assert not has_too_much(order), "a pair is not level"
            assert order.place != "book" or not order.minimum


def levels(orders: list[Order]) -> list[Level]:
    """The levels of displayed orders sorted by priority; of an iceberg its slice."""
    grouped = ((price, list(group)) for price, group in groupby(orders, key=lambda order: order.price))
    return [Level(price, sum(order.in_front() for order in group), len(group)) for price, group in grouped]
