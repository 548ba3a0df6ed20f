"""JSON as this API takes it: an object without tricks. Touches nothing.

Refused: a key that comes twice, nesting beyond `DEPTH`, NaN and Infinity, integers beyond 64 bits, text that is no
UTF-8 or holds NUL. Numbers with a point are refused where a field is read: decimals are strings.
"""

import contextlib
import json
from typing import Annotated, Any, Final, NoReturn

import msgspec

from garraway.api.problems import Problem, invalid

Json = dict[str, Any] | list[Any] | str | int | float | bool | None
"""What a JSON text can say."""
DEPTH: Final = 16
HIGHEST: Final = 2**63 - 1
LOWEST: Final = -(2**63)
_DIGITS: Final = 20


def loads(body: bytes) -> Json:
    """The value of a JSON text. Raises: Problem (400 for what is no JSON, 422 for what is refused)."""
    plain = _plain(body)
    return plain if plain is not None else strictly(body)


def strictly(body: bytes) -> Json:
    """The value, looked at part by part: `loads` for whatever is not plain, and its naive twin."""
    if body.count(b"{") + body.count(b"[") > DEPTH and _depth(body) > DEPTH:
        raise Problem(400, "JsonTooDeep", f"JSON is nested deeper than {DEPTH}: send it flatter")
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Problem(400, "JsonMalformed", f"byte {error.start} is no UTF-8: send UTF-8") from error
    if "\\u0000" in text or "\0" in text:
        raise Problem(400, "JsonMalformed", "the text holds NUL: leave it out")
    try:
        value: Json = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise Problem(400, "JsonMalformed", f"no JSON: {error.msg} at {error.pos}") from error
    except _TooLarge:
        with contextlib.suppress(json.JSONDecodeError):  # what is wrong behind the integer is not looked at any more
            _NAMING.decode(text)  # once more, slowly: an object around the integer names the field
        raise Problem(422, "IntegerTooLarge", _BEYOND) from None
    if "\\u" in text:
        _refuse_halves(value)
    return value


def _plain(body: bytes) -> Json:
    """The value of one flat object in which nothing can hide, by the fast decoder; None: look closer.

    An object has at most one member more than the text has commas, so that as many names as that leave no room for a
    name that came twice. Escapes could write a name in two ways or hide NUL; they are left to the slow way.
    """
    if b"\\" in body or b"[" in body or body.count(b"{") != 1:
        return None
    try:
        found = _FLAT.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return found if len(found) == body.count(b",") + 1 else None


def _refuse_halves(value: Json) -> None:
    """Half a surrogate pair can be written as an escape, and is no text."""
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError as error:
        raise Problem(400, "JsonMalformed", "an escape is half of a surrogate pair: send whole characters") from error


def _depth(body: bytes) -> int:
    """How deep brackets are nested outside of strings."""
    depth = deepest = 0
    quoted = escaped = False
    for byte in body:
        if quoted:
            quoted = escaped or byte != 0x22
            escaped = byte == 0x5C and not escaped
        elif byte == 0x22:
            quoted = True
        elif byte in b"{[":
            depth += 1
            deepest = max(deepest, depth)
        elif byte in b"}]":
            depth -= 1
    return deepest


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise invalid(twice[:64], "KeyRepeated", f"key {twice[:64]!r} comes twice: send it once")
    return found


def _integer(text: str) -> int:
    if len(text) <= _DIGITS and LOWEST <= (number := int(text)) <= HIGHEST:
        return number
    raise _TooLarge


def _constant(text: str) -> NoReturn:
    raise Problem(400, "JsonMalformed", f"{text} is no JSON: send a number")


class _TooLarge(Exception):
    """An integer beyond 64 bits."""


_BEYOND: Final = "an integer is beyond 64 bits: send a smaller one"


def _marked(text: str) -> int | _TooLarge:
    try:
        return _integer(text)
    except _TooLarge as error:
        return error


def _named(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    for key, value in pairs:
        if _is_too_large(value):
            raise invalid(key[:64], "IntegerTooLarge", _BEYOND)
    return dict(pairs)


def _is_too_large(value: object) -> bool:
    return isinstance(value, _TooLarge) or (isinstance(value, list) and any(map(_is_too_large, value)))


_NAMING: Final = json.JSONDecoder(object_pairs_hook=_named, parse_int=_marked)
_FLAT: Final = msgspec.json.Decoder(dict[str, str | bool | Annotated[int, msgspec.Meta(ge=LOWEST, le=HIGHEST)] | None])
_DECODER: Final = json.JSONDecoder(object_pairs_hook=_object, parse_int=_integer, parse_constant=_constant)
