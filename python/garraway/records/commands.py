"""Commands as bytes: head, body by kind, items, tail. Everything about a layout is read from `_native.COMMANDS`.

RecordsError
├── KindUnknown    no such command
├── FieldUnknown   the command has no such field
└── FieldInvalid   the value does not fit the field, or the record is too long
"""

import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from operator import itemgetter
from typing import Final

import numpy as np

from garraway import _native

Value = int | str | bytes

ALIGN: Final = 8
VERSION: Final = 1
HEAD_SIZE: Final = max(offset + np.dtype(form).itemsize for _, offset, form in _native.COMMAND_HEAD)
FILLED_IN: Final = frozenset({"length", "kind", "version", "items", "tail", "reserved"})
"""Fields of the head that `encode` writes itself."""
KINDS: Final[Mapping[int, str]] = {int(entry["code"]): name for name, entry in _native.COMMANDS.items()}
"""Names of the kinds of command by their codes."""


class RecordsError(ValueError):
    """A record cannot be written as asked."""


class KindUnknown(RecordsError):
    """There is no such command."""


class FieldUnknown(RecordsError):
    """The command has no such field."""


class FieldInvalid(RecordsError):
    """A value does not fit its field; `field` is its name, where it is one field's doing."""

    def __init__(self, text: str, field: str | None = None) -> None:
        """Puts the text together."""
        super().__init__(text)
        self.field = field


@dataclass(frozen=True, slots=True)
class _Field:
    offset: int
    size: int
    pack: struct.Struct | None
    """None for bytes."""


@dataclass(frozen=True, slots=True)
class _Layout:
    code: int
    size: int
    item_size: int
    fields: Mapping[str, _Field]
    """Of head and body; a body's field stands for the head's of the same name (`kind` of ListInstrument)."""
    item_fields: Mapping[str, _Field]


def encode(kind: str, /, *, items: Sequence[bytes] = (), tail: bytes = b"", **fields: Value) -> bytes:
    """The whole record of one command; fields that are not named are zero.

    Args:
        kind: name of the command, e.g. `PlaceOrder`.
        items: the counted items, each of the kind's item size.
        tail: bytes that the engine never reads, echoed in the command's own outcome.
        fields: fields of head and body by name; text for byte fields is ASCII.
    Raises: KindUnknown, FieldUnknown, FieldInvalid.
    """
    layout = _layout(kind)
    content = b"".join(items)
    if len(content) != len(items) * layout.item_size:
        raise FieldInvalid(f"{kind} takes items of {layout.item_size} bytes, got {[len(item) for item in items]}")
    if len(tail) > _native.LIMITS["MAX_TAIL"]:
        raise FieldInvalid(f"tail of {len(tail)} bytes, at most {_native.LIMITS['MAX_TAIL']}: shorten it")
    used = layout.size + len(content) + len(tail)
    record = bytearray(-(-used // ALIGN) * ALIGN)
    if len(record) > _native.LIMITS["MAX_COMMAND"]:
        raise FieldInvalid(f"{kind} of {len(record)} bytes, at most {_native.LIMITS['MAX_COMMAND']}: send fewer items")
    filled = {"length": len(record), "kind": layout.code, "version": VERSION, "items": len(items), "tail": len(tail)}
    for name, number in filled.items():
        _write(record, kind, _head_fields(), name, number)
    for name, value in fields.items():
        if name in FILLED_IN and layout.fields[name] == _head_fields()[name]:
            raise FieldUnknown(f"{kind}.{name} is filled in by itself: leave it out")
        _write(record, kind, layout.fields, name, value)
    record[layout.size : used] = content + tail
    return bytes(record)


def encoder(kind: str, /, *names: str) -> Callable[..., bytes]:
    """A function that writes commands of one kind as `encode` does, much faster, for those who send many.

    It takes the values of `names`, all of them integers, in this order, and a tail.
    Raises (both): FieldUnknown, FieldInvalid.
    """
    layout = _layout(kind)
    wanted = ("length", "kind", "version", "items", "tail", *names)
    unknown = [name for name in names if name not in layout.fields or name in FILLED_IN]
    if unknown:
        raise FieldUnknown(f"{kind} has no field {unknown[0]!r} to be written")
    places = sorted((layout.fields[name].offset, index) for index, name in enumerate(wanted))
    form, end = "<", 0
    for offset, index in places:
        packer = layout.fields[wanted[index]].pack
        assert packer is not None
        form += f"{offset - end}x{packer.format[1:]}"
        end = offset + packer.size
    whole = struct.Struct(form + f"{layout.size - end}x")
    longest = _native.LIMITS["MAX_TAIL"]
    in_order = itemgetter(*(index for _, index in places))

    def write(*values: int, tail: bytes = b"") -> bytes:
        size = -(-(layout.size + len(tail)) // ALIGN) * ALIGN
        if len(tail) > longest:
            raise FieldInvalid(f"tail of {len(tail)} bytes, at most {longest}: shorten it")
        given = (size, layout.code, VERSION, 0, len(tail), *values)
        try:
            return (whole.pack(*in_order(given)) + tail).ljust(size, b"\0")
        except struct.error as error:
            raise FieldInvalid(f"{kind} with {dict(zip(names, values, strict=True))}: {error}") from error

    return write


def stamped(record: bytes, *, source: int, source_seq: int) -> bytes:
    """The same command as the given source's number `source_seq`."""
    stamp = bytearray(record)
    for packer, offset, value in zip(*_stamp_fields(), (source, source_seq), strict=True):
        packer.pack_into(stamp, offset, value)
    return bytes(stamp)


def replaced(record: bytes, /, **fields: Value) -> bytes:
    """The same command with other values in these fields. Raises: FieldUnknown, FieldInvalid."""
    kind, other = KINDS[head(record)["kind"]], bytearray(record)
    for name, value in fields.items():
        _write(other, kind, _layout(kind).fields, name, value)
    return bytes(other)


def head(record: bytes) -> dict[str, int]:
    """The fields of a command's head."""
    return {
        name: field.pack.unpack_from(record, field.offset)[0]
        for name, field in _head_fields().items()
        if field.pack is not None
    }


def length(record: bytes) -> int:
    """The bytes of a command, as its head says."""
    field = _head_fields()["length"]
    assert field.pack is not None
    found: int = field.pack.unpack_from(record, field.offset)[0]
    return found


def body(kind: str, content: bytes) -> dict[str, int | bytes]:
    """The fields of a command's body, as definition events carry it. Text comes without its filling zeros."""
    layout = _layout(kind)
    found: dict[str, int | bytes] = {}
    for name, field in layout.fields.items():
        start = field.offset - HEAD_SIZE
        if field.offset < HEAD_SIZE or start + field.size > len(content):
            continue
        found[name] = _read(content, field, start - field.offset)
    return found


def item(kind: str, /, **fields: Value) -> bytes:
    """One item of a command, e.g. a change of phase of `SetSchedule`; fields that are not named are zero.

    Raises: KindUnknown, FieldUnknown, FieldInvalid.
    """
    layout = _layout(kind)
    content = bytearray(layout.item_size)
    for name, value in fields.items():
        _write(content, f"item of {kind}", layout.item_fields, name, value)
    return bytes(content)


def items(kind: str, content: bytes) -> list[dict[str, int | bytes]]:
    """The whole items of a command of this kind that `content` holds, as the tails of some events do."""
    layout = _layout(kind)
    starts = range(0, len(content) - layout.item_size + 1, layout.item_size) if layout.item_size else range(0)
    return [{name: _read(content, field, start) for name, field in layout.item_fields.items()} for start in starts]


def session_account(account: int) -> bytes:
    """One item of DefineSession: the account, and zeros."""
    return item("DefineSession", account=account)


def _read(content: bytes, field: _Field, start: int) -> int | bytes:
    at = start + field.offset
    if field.pack is None:
        return content[at : at + field.size].rstrip(b"\0")
    number: int = field.pack.unpack_from(content, at)[0]
    return number


def _write(record: bytearray, kind: str, fields: Mapping[str, _Field], name: str, value: Value) -> None:
    field = fields.get(name)
    if field is None:
        raise FieldUnknown(f"{kind} has no field {name!r}: it has {', '.join(sorted(set(fields) - FILLED_IN))}")
    if field.pack is None:
        text = value.encode("ascii", "replace") if isinstance(value, str) else value
        if not isinstance(text, bytes) or len(text) > field.size:
            raise FieldInvalid(f"{kind}.{name} is {value!r}: it holds at most {field.size} bytes", name)
        record[field.offset : field.offset + len(text)] = text
        return
    try:
        field.pack.pack_into(record, field.offset, value)
    except struct.error as error:
        raise FieldInvalid(f"{kind}.{name} is {value!r}: {error}", name) from error


@cache
def _layout(kind: str) -> _Layout:
    entry = _native.COMMANDS.get(kind)
    if entry is None:
        raise KindUnknown(f"there is no command {kind!r}: there are {', '.join(_native.COMMANDS)}")
    fields = {name: _field(offset, np.dtype(form)) for name, offset, form in entry["fields"]}
    of_item = {name: _field(offset, np.dtype(form)) for name, offset, form in entry["item_fields"]}
    return _Layout(entry["code"], entry["size"], entry["item_size"], {**_head_fields(), **fields}, of_item)


@cache
def _stamp_fields() -> tuple[tuple[struct.Struct, ...], tuple[int, ...]]:
    """How source and number are written, and where."""
    fields = [_head_fields()[name] for name in ("source", "source_seq")]
    return tuple(field.pack for field in fields if field.pack is not None), tuple(field.offset for field in fields)


@cache
def _head_fields() -> Mapping[str, _Field]:
    return {name: _field(offset, np.dtype(form)) for name, offset, form in _native.COMMAND_HEAD}


def _field(offset: int, form: np.dtype[np.generic]) -> _Field:
    if form.kind in "SV":
        return _Field(offset, form.itemsize, None)
    letter = {1: "b", 2: "h", 4: "i", 8: "q"}[form.itemsize]
    return _Field(offset, form.itemsize, struct.Struct("<" + (letter.upper() if form.kind == "u" else letter)))
