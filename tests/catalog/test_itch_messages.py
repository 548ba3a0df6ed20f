"""Messages of ITCH 5.0 against another parser, and as rows of the native reader."""

import inspect
import re
from io import BytesIO
from pathlib import Path
from random import Random

import pytest
from itch.messages import messages as their_classes
from itch.parser import MessageParser

from garraway import _native
from garraway.catalog import encode_itch, framed, itch_message, write_itch_sample

NAMES = sorted(_native.ITCH_MESSAGES)
TEXT = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


def drawn(name: str, rng: Random) -> dict[str, int | str]:
    """Values for every field of a message, up to the largest."""
    values: dict[str, int | str] = {}
    for field, _, size, is_text in _native.ITCH_MESSAGES[name]["fields"]:
        if is_text:
            values[field] = "".join(rng.choices(TEXT, k=rng.randint(1, size)))
        else:
            values[field] = rng.choice((0, 1, 256**size - 1, rng.randrange(256**size)))
    return values


def their_fields(message: object) -> list[object]:
    """What the other parser read, in the order of its own layout."""
    source = inspect.getsource(message.__class__.__init__)
    names = [name for name in re.findall(r"self\.(\w+),", source) if name != "message_format"]
    found = [getattr(message, name) for name in names]
    return [value.decode().rstrip() if isinstance(value, bytes) else value for value in found]


def theirs(file: bytes) -> list[tuple[str, int, list[object]]]:
    """Type, time and fields of each message, by the other parser."""
    parsed = MessageParser().parse_file(BytesIO(file))
    return [(message.message_type.decode(), message.timestamp, their_fields(message)) for message in parsed]


def test_both_have_the_same_types_and_sizes() -> None:
    ours = {spec["kind"]: spec["size"] for spec in _native.ITCH_MESSAGES.values()}
    assert ours == {kind.decode(): each.message_size for kind, each in their_classes.items()}
    assert len(ours) == 23


@pytest.mark.parametrize("name", NAMES)
def test_another_parser_reads_the_fields_that_were_written(name: str) -> None:
    rng = Random(name)
    for _ in range(50):
        values = drawn(name, rng)
        ((kind, time, fields),) = theirs(framed(itch_message(name, **values)))
        wanted = [value for field, value in values.items() if field != "timestamp"]
        assert (kind, time, fields) == (_native.ITCH_MESSAGES[name]["kind"], values["timestamp"], wanted)


@pytest.mark.parametrize("name", NAMES)
def test_native_rows_have_the_fields_that_were_written(name: str) -> None:
    values = drawn(name, Random(name))
    rows, consumed, ended, damage = _native.itch_read(framed(itch_message(name, **values)), 1000)
    ((offset, time, order, new_order, match, shares, stock, price, locate, kind, code),) = rows.tolist()
    assert (consumed, ended, damage, offset) == (_native.ITCH_MESSAGES[name]["size"] + 2, False, None, 1000)
    assert (time, locate, chr(kind)) == (
        values["timestamp"],
        values["stock_locate"],
        _native.ITCH_MESSAGES[name]["kind"],
    )
    assert order == values.get("order", values.get("original_order", 0))
    assert (new_order, match) == (values.get("new_order", 0), values.get("match_number", 0))
    assert shares == values.get("shares", values.get("canceled_shares", 0))
    assert stock.decode().rstrip() == values.get("stock", "")
    assert price == values.get("price", values.get("execution_price", values.get("cross_price", 0)))
    codes = [str(values[field]) for field in ("side", "event", "state", "printable", "cross_type") if field in values]
    assert code == (ord(codes[0]) if codes else 0)


def test_another_parser_reads_every_message_of_an_encoded_file(tmp_path: Path) -> None:
    source, target = write_itch_sample(tmp_path), tmp_path / "sample.itch"
    count = encode_itch(source, target)
    content = target.read_bytes()
    found = theirs(content)
    rows, consumed, ended, damage = _native.itch_read(content, 0)
    assert (len(found), len(rows), consumed, ended, damage) == (count, count, len(content), True, None)
    assert [(kind, time) for kind, time, _ in found] == [(chr(row["kind"]), row["timestamp_ns"]) for row in rows]
    for (kind, _, fields), offset in zip(found, rows["offset"].tolist(), strict=True):
        name = next(name for name, spec in _native.ITCH_MESSAGES.items() if spec["kind"] == kind)
        names = [field for field, *_ in _native.ITCH_MESSAGES[name]["fields"] if field != "timestamp"]
        values = {field: value for field, value in zip(names, fields, strict=True) if isinstance(value, int | str)}
        time = int(rows["timestamp_ns"][rows["offset"] == offset][0])
        again = framed(itch_message(name, timestamp=time, **values))
        assert content[offset : offset + len(again)] == again


def test_wrong_values_are_refused() -> None:
    with pytest.raises(KeyError):
        itch_message("Nothing")
    with pytest.raises(TypeError, match=r"OrderDelete\.order is 'x': give a number"):
        itch_message("OrderDelete", order="x")
    with pytest.raises(TypeError, match="OrderDelete has no field price"):
        itch_message("OrderDelete", price=1)
    with pytest.raises(OverflowError):
        itch_message("OrderDelete", timestamp=2**48)
    with pytest.raises(ValueError, match=r"TradingAction\.stock is 'TOOLONGNAME': give at most 8 characters"):
        itch_message("TradingAction", stock="TOOLONGNAME")
