"""A venue of the engine in this process on which orders of every kind are placed at random, and its whole event log."""

from random import Random
from typing import Any

import numpy as np
from tests.venues.simulated import SimulatedEngine, floor

from garraway.records import EVENTS, EventArray, Flags, OrderType, Phase, TimeInForce, encode

ROUNDS = 600


class RecordedEngine(SimulatedEngine):
    """An engine whose events are kept, with the tails that a log has: definitions and the text of orders."""

    def __init__(self) -> None:
        """Sets up as its parent does."""
        self.events: list[EventArray] = []
        self.tails: list[bytes] = []
        super().__init__()

    def submit(self, commands: list[bytes], source: int = 2) -> EventArray:  # type: ignore[override]
        """As the parent's; each command by itself, so that its tail is known."""
        found = []
        for command in commands:
            events = super().submit([command], source)
            self.events.append(events)
            self.tails += [tail_of(command, events)] + [b""] * (len(events) - 1) if len(events) else []
            found.append(events)
        return np.concatenate(found)


def tail_of(command: bytes, events: EventArray) -> bytes:
    """What the log says behind the first event of a command: the definition, or the command's own tail."""
    names = {
        EVENTS[name]: size
        for name, size in (
            ("SourceDefined", 20),
            ("AssetDefined", 20),
            ("InstrumentListed", 100),
            ("AccountOpened", 36),
        )
    }
    kind = int(events[0]["kind"])
    if kind in names:
        return command[36 : 36 + names[kind]]
    length = int.from_bytes(command[6:8], "little")
    return command[96 : 96 + length] if kind in (EVENTS["Accepted"], EVENTS["Replaced"], EVENTS["Rejected"]) else b""


def trade(engine: RecordedEngine, seed: int, *, rounds: int = ROUNDS) -> None:
    """A market with makers and noise, and beside it orders of every kind, auctions and a split."""
    market, random = floor(seed=seed), Random(seed)
    last_ref = 1_000_000
    for turn in range(rounds):
        market.apply(engine.submit(market.step()))
        last_ref += 1
        engine.submit([special(random, last_ref)])
        if random.random() < 0.2:
            target = random.randint(1_000_001, last_ref)
            quantity, price = random.randint(1, 400), _price(random)
            last_ref += 1
            fields: dict[str, Any] = {
                "account": 109,
                "client_ref": last_ref,
                "target": target,
                "quantity": quantity,
                "price": price,
            }
            engine.submit([encode("ReplaceOrder", tail=b"r%d" % last_ref, **fields)])
        if turn % 100 == 99:
            engine.submit([encode("SetPhase", instrument=1, phase=Phase.OPENING_AUCTION)], source=1)
            engine.submit([special(random, last_ref + one) for one in range(1, 21)])
            last_ref += 20
            engine.submit([encode("SetPhase", instrument=1, phase=Phase.CONTINUOUS)], source=1)
        if turn == rounds // 2:
            engine.submit([encode("EndOfDay", business_date=20260105)], source=1)


def special(random: Random, client_ref: int) -> bytes:
    """An order of account 109 of any kind."""
    quantity = random.randint(1, 300)
    fields: dict[str, Any] = {"account": 109, "client_ref": client_ref, "instrument": 1, "side": random.randint(1, 2)}
    fields |= {"price": _price(random), "quantity": quantity, "order_type": OrderType.LIMIT}
    fields |= {"time_in_force": TimeInForce.GOOD_TILL_CANCEL}
    forms: list[dict[str, Any]] = [
        {},
        {"display": max(1, quantity // 3)} if quantity > 1 else {},
        {"flags": Flags.HIDDEN},
        {"flags": Flags.POST_ONLY},
        {"time_in_force": TimeInForce.IMMEDIATE_OR_CANCEL},
        {"order_type": OrderType.STOP_LIMIT, "trigger": _price(random)},
        {"order_type": OrderType.TRAILING_STOP, "trigger": random.randint(1, 9) * 100},
        {"order_type": OrderType.MIDPOINT_PEG},
        {"time_in_force": TimeInForce.DAY},
    ]
    return encode("PlaceOrder", tail=b"t%d" % client_ref, **(fields | random.choice(forms)))


def _price(random: Random) -> int:
    return 1_000_000 + random.randint(-30, 30) * 100
