"""An engine whose events are kept with their tails, as the event log has them; and the demonstration market on one."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from tests.support.event_log import write_log

from garraway import _native
from garraway.cli.up import people
from garraway.cli.up.credentials import Credentials
from garraway.cli.up.listings import LISTINGS
from garraway.cli.up.plan import missing
from garraway.market import SCHEDULER_NUMBER, SOURCE_NUMBER, Floor, Market, Participants, Scheduler
from garraway.records import EVENT, KINDS, EventArray, encode, stamped
from garraway.venues import Directory

HEAD_BYTES: Final = 36
MOST_TAIL: Final = 128
STEP_NS: Final = 50_000_000
START_NS: Final = 1_790_000_000_000_000_000
_ITEMS: Final = {"SetTicks", "SetSchedule"}
_DEFINITIONS: Final = {
    *("DefineSource", "DefineAsset", "ListInstrument", "OpenAccount", "SetAccount", "ChangeInstrument", "SetRules"),
    *("DefineFeePlan", "DefineGroup", "SetLimits"),
}


class Recorder:
    """An engine and all the events that it made."""

    def __init__(self, engine: _native.Engine | None = None) -> None:
        """An empty venue."""
        self.engine = engine or _native.Engine()
        self.batches: list[EventArray] = []
        self.tails: list[bytes] = []
        self._out = np.zeros(_native.MIN_EVENTS + 64, dtype=EVENT)

    @property
    def events(self) -> EventArray:
        """All events so far."""
        return np.concatenate([np.zeros(0, dtype=EVENT), *self.batches])

    def apply(self, record: bytes, at_ns: int) -> EventArray:
        """One command; its events, those of work that goes on included."""
        found, todo = [], record
        while True:
            taken, written = self.engine.apply(todo, at_ns, self._out)
            found.append(self._out[:written].copy())
            todo = b"" if taken else todo
            if not todo and not written:
                break
        events = np.concatenate(found)
        self.batches.append(events)
        self.tails += [b"" if index else _tail(record) for index in range(len(events))]
        return events

    def write(self, folder: Path, *, files: int = 1) -> None:
        """The events as a venue's log."""
        write_log(folder, self.events, self.tails, files=files)


class Demonstration:
    """The demonstration venue with its market and schedule, in this process; `seed` draws what is traded."""

    def __init__(self, seed: int = 7, *, pace: int = 10) -> None:
        """The venue with all that is defined and funded."""
        self.recorder = Recorder()
        self.at_ns = START_NS
        self._numbers: dict[int, int] = {}
        self._floors: list[Floor] = []
        self._directory = Directory()
        self._scheduler = Scheduler({one.number: one.plan for one in LISTINGS}, source=SCHEDULER_NUMBER, pace=pace)
        with tempfile.TemporaryDirectory() as name:
            credentials = Credentials.load(Path(name) / "credentials.json", people.SESSIONS)
            self._send(missing(self._directory, credentials), source=1)
        markets = [
            Market(
                instrument=self._directory.instruments[listing.number],
                participants=Participants.of(listing.number),
                reference_price=listing.reference_price,
            )
            for listing in LISTINGS
        ]
        self._floors.append(Floor(seed=seed, source=SOURCE_NUMBER, markets=markets))
        self._floors[0].apply(self.recorder.events)

    def run(self, events: int) -> None:
        """Goes on until so many events were made in all."""
        made = sum(map(len, self.recorder.batches))
        while made < events:
            made += sum(map(len, self.step()))

    def step(self) -> list[EventArray]:
        """What falls due, what is scheduled, and the next market's turn."""
        self.at_ns += STEP_NS
        return [
            self._send([encode("Tick")], source=0),
            self._send(self._scheduler.decide(self.at_ns), source=SCHEDULER_NUMBER),
            self._send(self._floors[0].step(), source=SOURCE_NUMBER),
        ]

    def _send(self, commands: Sequence[bytes], *, source: int) -> EventArray:
        first, told = len(self.recorder.tails), [np.zeros(0, dtype=EVENT)]
        for command in commands:
            number = self._numbers[source] = self._numbers.get(source, 0) + 1 if source else 0
            told.append(self.recorder.apply(stamped(command, source=source, source_seq=number), self.at_ns))
        found, tails = np.concatenate(told), self.recorder.tails[first:]
        self._directory.apply(found, tails)
        self._scheduler.apply(found, tails)
        for floor in self._floors:
            floor.apply(found)
        return found


def _tail(record: bytes) -> bytes:
    """The tail of the first event that a command makes."""
    name = KINDS[record[2]]
    size = int(_native.COMMANDS[name]["size"])
    if name in _DEFINITIONS:
        return record[HEAD_BYTES:size]
    if name in _ITEMS:
        return record[size : size + MOST_TAIL]
    if name in {"PlaceOrder", "ReplaceOrder", "CancelOrder", "Deposit", "Withdraw", "MassCancel"}:
        items, tail = (int.from_bytes(record[at : at + 2], "little") for at in (4, 6))
        start = size + items * int(_native.COMMANDS[name]["item_size"])
        return record[start : start + tail]
    return b""
