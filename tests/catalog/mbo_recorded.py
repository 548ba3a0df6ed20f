"""Small MBO days, written by hand with Databento's own encoder, and their replay."""

from datetime import date
from pathlib import Path
from types import SimpleNamespace

import databento_dbn as dbn

from garraway.catalog import MboReport, replay_mbo

START = 1_700_000_000 * 10**9
DAY = 86_400 * 10**9
TICK = 250_000_000
LAST, SNAPSHOT = 128, 32
INSTRUMENT = 7


def head(**other: object) -> bytes:
    """The head of a file of the instrument ABC, number 7."""
    span = SimpleNamespace(start_date=date(2023, 11, 14), end_date=date(2023, 11, 16), symbol=str(INSTRUMENT))
    known = {
        "dataset": "TEST.MBO",
        "start": START,
        "end": START + DAY,
        "stype_in": dbn.SType.RAW_SYMBOL,
        "stype_out": dbn.SType.INSTRUMENT_ID,
        "schema": dbn.Schema.MBO,
        "symbols": ["ABC"],
        "mappings": [SimpleNamespace(raw_symbol="ABC", intervals=[span])],
        "version": 3,
    }
    return bytes(dbn.Metadata(**{**known, **other}))  # type: ignore[arg-type]


def record(
    second: int,
    action: str,
    side: str,
    order: int,
    ticks: int,
    lots: int,
    flags: int = LAST,
    *,
    instrument: int = INSTRUMENT,
    publisher: int = 1,
) -> bytes:
    """A record `second` seconds after the start, at a price of so many ticks of 0.25."""
    return bytes(
        dbn.MBOMsg(
            publisher_id=publisher,
            instrument_id=instrument,
            ts_event=START + second * 10**9,
            order_id=order,
            price=ticks * TICK,
            size=lots,
            action=dbn.Action(action),
            side=dbn.Side(side),
            ts_recv=START + second * 10**9 + 5,
            flags=flags,
            sequence=second,
        )
    )


def day(text: str) -> list[bytes]:
    """Records, one a line: action, side, order, ticks, lots; a line that does not end with `+` ends its packet."""
    made = []
    for second, line in enumerate(filter(None, map(str.strip, text.splitlines()))):
        action, side, order, ticks, lots, *more = line.split()
        flags = 0 if "+" in more else LAST
        flags |= SNAPSHOT if "snapshot" in more else 0
        made.append(record(second, action, side, int(order), int(ticks), int(lots), flags))
    return made


def written(file: Path, *records: bytes) -> Path:
    file.write_bytes(head() + b"".join(records))
    return file


def played(folder: Path, text: str, *, skip: bool = False) -> MboReport:
    """The replay of a day."""
    return replay_mbo([written(folder / "day.dbn", *day(text))], skip=skip, check_every=1)


def counts(report: MboReport, *names: str) -> dict[str, int]:
    """Some counts by name, of the records or of every replay."""
    found = report.as_json()
    return {name: found[name] for name in names}
