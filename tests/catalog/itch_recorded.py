"""Small ITCH days, written by hand, and their replay."""

from pathlib import Path

from garraway.catalog import ItchReport, framed, itch_message, replay_itch

NINE_THIRTY = 34_200 * 10**9


def at(second: int, name: str, **values: int | str) -> bytes:
    """A message `second` seconds after 9:30, of the instrument 7."""
    return itch_message(name, **{"stock_locate": 7, "timestamp": NINE_THIRTY + second * 10**9, **values})


def add(second: int, order: int, side: str, shares: int, price: int, stock: str = "ABC") -> bytes:
    return at(second, "AddOrder", order=order, side=side, shares=shares, price=price, stock=stock)


def execute(second: int, order: int, shares: int) -> bytes:
    return at(second, "OrderExecuted", order=order, shares=shares)


def written(file: Path, *messages: bytes, end: bytes = b"\0\0") -> Path:
    file.write_bytes(b"".join(map(framed, messages)) + end)
    return file


def played(folder: Path, *messages: bytes, symbol: str | None = None) -> ItchReport:
    return replay_itch(written(folder / "day.itch", *messages), symbol=symbol, check_every=1)
