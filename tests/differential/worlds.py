"""What a stream sets up before it trades: assets, instruments, accounts, sources and their first deposits."""

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import cycle, product
from random import Random
from typing import Final

from tests.model.commands import BODY, CODES, HEAD, ITEM, Kind, encode
from tests.model.limits import (
    BILLION,
    FEE_INCOME,
    GATEWAY,
    I64_MAX,
    I64_MIN,
    MAX_ACCOUNT,
    MAX_FEE_RATE,
    OPERATOR,
    OUTSIDE,
    U64_MAX,
)

Values = dict[str, int]
Names = dict[str, bytes]
CENTRE: Final = 1000
"""Ticks around which orders are placed."""


RANGES: Final = {
    "u8": (0, 255),
    "u16": (0, 65535),
    "u32": (0, 2**32 - 1),
    "u64": (0, U64_MAX),
    "i64": (I64_MIN, I64_MAX),
}
"""Least and most of each type of field."""


Items = tuple[dict[str, int], ...]
"""Items of a command, each its fields by name."""


@dataclass(slots=True)
class Draft:
    """A command before its encoding; a source or number that is not among the values is chosen by the stream."""

    kind: Kind
    values: Values
    names: Names = field(default_factory=dict)
    items: tuple[dict[str, int], ...] = ()
    tail: bytes = b""
    stray: Values = field(default_factory=dict)
    """Fields of other kinds of 96 bytes, which this kind does not use."""

    def encoded(self) -> bytes:
        """The record; a value beyond its field becomes the nearest that fits."""
        layout = HEAD | BODY[self.kind]
        fields = ITEM.get(self.kind, {})
        items = [{name: nearest(value, fields[name][1]) for name, value in item.items()} for item in self.items]
        numbers = {name: nearest(value, layout[name][1]) for name, value in self.values.items()}
        record = bytearray(encode(self.kind, items=items, tail=self.tail, **numbers, **self.names))
        for name, value in self.stray.items():
            offset, code = FIXED[name]
            struct.pack_into(CODES[code], record, offset, value)
        return bytes(record)


def nearest(value: int, code: str) -> int:
    """The number itself, or the end of the type's range that it lies beyond."""
    lowest, highest = RANGES[code]
    return max(lowest, min(highest, value))


FIXED: Final = BODY[Kind.PlaceOrder] | BODY[Kind.Deposit]
"""Fields of all kinds of 96 bytes: no two overlap."""


@dataclass(frozen=True, slots=True)
class World:
    """How a profile wants its venue set up."""

    instruments: int = 3
    accounts: int = 8
    wealth_lots: int = 20_000
    """Each account gets funds for about so many lots."""
    fees: str = "usual"
    """`usual`, `none` or `rounding`: odd rates on values of a few ledger units."""
    max_open_orders: int = 200
    huge: bool = False
    """Values near 2^63."""
    firms: int = 3
    self_trade: bool = False
    """All modes of self-trade prevention are dealt out to the accounts; else own orders trade."""
    phases: tuple[int, ...] = (1,)
    """Phases in which instruments start, dealt out in turn."""
    references: bool = False
    """Every instrument gets a reference price."""
    ranged: bool = True
    """Some instruments have a narrow range of prices."""
    more: "Callable[[Setup], Iterator[Draft]] | None" = None
    """What else there is, set up before the deposits."""
    warm: int = 0
    """So many commands of source 2 that do nothing, to fill its window."""


ASSETS: Final = {
    1: (b"USD", 8, 2),
    2: (b"EUR", 2, 2),
    3: (b"XYZ", 0, 0),
    4: (b"BTC-1", 8, 8),
    7: (b"TOK_12", 12, 0),
    4095: (b"JPY", 4, 0),
}
SELF_TRADES: Final = [(0, 0), *product((1, 2, 3, 4), (1, 2))]
"""Modes of self-trade prevention, and whose orders are own."""
SOURCES: Final = {
    2: (b"trader", 1),
    3: (b"bank", 2),
    4: (b"lister", 4),
    5: (b"all", 15),
    1022: (b"quoter", 16),
    1023: (b"last-one_0", 3),
}


@dataclass(slots=True)
class Setup:
    """Draws the drafts of a world."""

    world: World
    rng: Random
    capacity: int
    values: dict[int, int] = field(default_factory=dict)
    """Instrument -> ledger units of a lot at the centre."""

    def drafts(self) -> Iterator[Draft]:
        """All of the set-up, in an order in which every command is taken."""
        for number, (name, rights) in SOURCES.items():
            yield Draft(Kind.DefineSource, {"defined": number, "rights": rights, "source": OPERATOR}, {"name": name})
        for number, (code, scale, display) in ASSETS.items():
            yield Draft(Kind.DefineAsset, {"asset": number, "scale": scale, "display": display}, {"code": code})
        for number in range(1, self.world.instruments + 1):
            draft = self.listing(number, b"I-%d" % number)
            draft.values["phase"] = self.world.phases[(number - 1) % len(self.world.phases)]
            yield draft
            if self.world.references:
                centre = CENTRE * draft.values["tick"]
                yield Draft(Kind.SetReference, {"instrument": number, "price": centre, "what": 1})
        self_trades = [(0, 0)]
        if self.world.self_trade:
            self_trades = self.rng.sample(SELF_TRADES, len(SELF_TRADES))
        for number, self_trade in zip(self.accounts(), cycle(self_trades), strict=False):
            yield self.account(number, self_trade)
        if self.world.more:
            yield from self.world.more(self)
        yield from self.deposits()
        for _ in range(self.world.warm):
            yield Draft(Kind.CancelOrder, {"source": 2, "account": 16, "client_ref": self.rng.getrandbits(64)})

    def accounts(self) -> list[int]:
        """Numbers of the accounts, the last one the highest there is."""
        return [*range(16, 15 + self.world.accounts), MAX_ACCOUNT]

    def account(self, number: int, self_trade: tuple[int, int]) -> Draft:
        """An account with limits that matter now and then."""
        mode, whose = self_trade
        values: Values = {
            "account": number,
            "firm": 1 + number % self.world.firms,
            "max_quantity": self.rng.choice([500, 10_000, I64_MAX]),
            "max_notional": self.rng.choice([I64_MAX, I64_MAX, 10**12]),
            "max_open_orders": min(self.capacity, self.rng.randint(1, self.world.max_open_orders)),
            "self_trade": mode,
            "self_trade_of": whose,
        }
        return Draft(Kind.OpenAccount, values)

    def listing(self, number: int, symbol: bytes) -> Draft:
        """An instrument whose values are exact."""
        rng = self.rng
        base, quote = rng.sample(sorted(ASSETS), 2)
        if self.world.huge:
            base, quote = 3, 7
        base_scale, quote_scale = ASSETS[base][1], ASSETS[quote][1]
        lot_power = rng.randint(max(0, 9 - base_scale), 9)
        unit_power = max(0, 18 - quote_scale - lot_power)
        if self.world.fees != "rounding":
            unit_power = min(18, unit_power + rng.randint(0, 2))
        lot_size = rng.choice([1, 1, 5, 25]) * 10**lot_power
        price_unit = rng.choice([1, 1, 2, 5]) * 10**unit_power
        if self.world.huge:
            lots, units = rng.choice([(1, 1), (1, 1000), (1, 9 * BILLION), (2**31, 1), (2**31, 4), (2**32, 2)])
            lot_size, price_unit = BILLION * lots, 10 ** (18 - quote_scale) * units
        tick = 1 if self.world.huge else rng.choice([1, 1, 5, 25])
        maker, taker = self.rates()
        values: Values = {
            "instrument": number,
            "base_asset": base,
            "quote_asset": quote,
            "execution": 1,
            "kind_of": 1,
            "phase": 1,
            "price_unit": price_unit,
            "lot_size": lot_size,
            "tick": tick,
            "min_price": tick * rng.choice([1, 1, CENTRE - 20]),
            "max_price": tick * rng.choice([CENTRE + 20, 10 * CENTRE, 10**9]),
            "max_notional": I64_MAX,
            "maker_fee_rate": maker,
            "taker_fee_rate": taker,
        }
        price_value = price_unit * lot_size * 10**quote_scale // BILLION**2
        if price_value * CENTRE * tick > I64_MAX:
            values |= {"min_price": 1, "max_price": I64_MAX // price_value + 1}
        lot_value = lot_size * 10**base_scale // BILLION
        most = min(2**32 - 1, I64_MAX // lot_value)
        values["max_quantity"] = most if self.world.huge else rng.choice([min(most, 1000), most])
        value = CENTRE * tick * price_value
        if rng.random() < 0.3:
            values["max_notional"] = min(I64_MAX, 3000 * value)
        self.values[number] = max(value, lot_value)
        return Draft(Kind.ListInstrument, values, {"symbol": symbol})

    def rates(self) -> tuple[int, int]:
        """Maker and taker fee rates."""
        if self.world.fees == "none":
            return 0, 0
        if self.world.fees == "rounding":
            return self.rng.randint(0, MAX_FEE_RATE), self.rng.randint(0, MAX_FEE_RATE)
        return self.rng.choice([(0, 0), (250_000, 750_000), (750_000, 250_000), (1, 3), (0, MAX_FEE_RATE)])

    def deposits(self) -> Iterator[Draft]:
        """Funds for every account, of every asset, some scarce; nothing for the venue's own accounts."""
        wealth = max(self.values.values()) * self.world.wealth_lots
        for account in self.accounts():
            assert account not in {OUTSIDE, FEE_INCOME}
            for asset in ASSETS:
                amount = max(1, wealth // self.rng.choice([1, 1, 1, 10, 1000]))
                for _ in range(3 if self.world.huge else 1):
                    yield Draft(
                        Kind.Deposit, {"account": account, "asset": asset, "amount": min(amount, I64_MAX), "source": 1}
                    )


SYSTEM: Final = {Kind.Tick, Kind.Continue, Kind.CleanClose, Kind.UncleanStart}
TRADING: Final = {Kind.PlaceOrder, Kind.CancelOrder, Kind.ReplaceOrder, Kind.MassQuote}
OPERATING: Final = {
    Kind.SetPhase,
    Kind.SetSchedule,
    Kind.SetReference,
    Kind.SetKill,
    Kind.SetRestriction,
    Kind.EndOfDay,
    Kind.SplitInstrument,
    Kind.BustTrade,
    Kind.PayDividend,
}


def senders(kind: Kind) -> list[int]:
    """Sources of the set-up that may send the kind."""
    if kind in SYSTEM:
        return [GATEWAY]
    if kind in TRADING:
        return [GATEWAY, GATEWAY, GATEWAY, OPERATOR, 2, 5, 1023]
    if kind is Kind.SetQuote:
        return [GATEWAY, GATEWAY, OPERATOR, 1022]
    if kind in {Kind.Deposit, Kind.Withdraw}:
        return [OPERATOR, 3, 5, 1023]
    if kind in OPERATING:
        return [OPERATOR, 5]
    return [OPERATOR, 2, 5] if kind is Kind.MassCancel else [OPERATOR, 4, 5]
