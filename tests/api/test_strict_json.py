"""JSON of the edge: the fast way says what the slow way says, of every text."""

import random

import pytest

from garraway.api import strict_json
from garraway.api.problems import Problem

PIECES = (
    *(b"{", b"}", b"[", b"]", b",", b":", b" ", b"\n", b'"', b"\\", b"\\u0041", b"\\u0000", b"\\ud800", b"\0"),
    *(b'"a"', b'"a":', b'"b": ', b'"a\\u0062"', b'"x,y"', b'","', b"true", b"null", b"-0", b"1", b"01", b"1.5", b"1e2"),
    *(b"9223372036854775807", b"9223372036854775808", b"-9223372036854775809", b"NaN", b"\xc3\xa9", b"\xff", b"\x01"),
    *(b'{"a":1', b',"b":"c"', b',"a":2', b"}", b"\xed\xa0\x80", b"\xef\xbb\xbf"),
)


NAMES = (b'"a"', b'"b"', b'"c"', b'"a\\u0062"', b'"x,y"', b'"\xc3\xa9"', b"")
VALUES = (*(piece for piece in PIECES if piece[:1] not in b",:}]"), b'""', b"[1]", b'{"a":1}', b'"a":1', b"2,")


def text(stream: random.Random) -> bytes:
    """Pieces at random, or what is nearly an object."""
    if stream.random() < 0.3:
        return b"".join(stream.choices(PIECES, k=stream.randrange(9)))
    members = (stream.choice(NAMES) + b":" + stream.choice(VALUES) for _ in range(stream.randrange(5)))
    return b"{" + stream.choice((b",", b" ,\n")).join(members) + b"}"


def said(body: bytes, how: str) -> object:
    """The value with its types, or what is refused and why."""
    try:
        return repr(getattr(strict_json, how)(body))
    except Problem as problem:
        return problem.status, problem.code, problem.detail, [one.field for one in problem.errors]


def test_the_fast_way_says_what_the_slow_way_says() -> None:
    stream = random.Random(6)
    plain = 0
    for _ in range(60_000):
        body = text(stream)
        assert said(body, "loads") == said(body, "strictly"), body
        plain += strict_json._plain(body) is not None
    assert plain > 500


@pytest.mark.parametrize(
    "body",
    [
        b'{"symbol":"GARR","side":"buy","quantity":"1","post_only":true,"account":7,"client_order_id":null}',
        b' { "symbol" : "GARR" ,\n"side":"buy"}\r\n',
        '{"symbol":"\u00e9"}'.encode(),
    ],
)
def test_an_order_goes_the_fast_way(body: bytes) -> None:
    assert strict_json._plain(body) == strict_json.strictly(body)


@pytest.mark.parametrize(
    "body",
    [b'{"a":1,"a":2}', b'{"a":1,"a" :2}', b'{"a":",","a":1}', b'{"a":1,"\\u0061":2}', b'{"a":{"b":1,"b":2}}', b"{}"],
)
def test_what_might_hide_something_goes_the_slow_way(body: bytes) -> None:
    assert strict_json._plain(body) is None
