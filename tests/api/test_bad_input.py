"""Bad input on a running venue: 4xx with the field named, never 5xx."""

import json
from typing import Any

import pytest
from tests.api.venue import Venue

GOOD = {"symbol": "BTC-USD", "side": "buy", "quantity": "0.01", "price": "58000"}
HUGE = "9" * 30
FIELDS: list[tuple[dict[str, Any], str]] = [
    ({"price": "58000.25"}, "price"),
    ({"price": "58000.0000000001"}, "price"),
    ({"price": "-1"}, "price"),
    ({"price": "0"}, "price"),
    ({"price": "9223372036854775808"}, "price"),
    ({"price": HUGE}, "price"),
    ({"price": "1e5"}, "price"),
    ({"price": "NaN"}, "price"),
    ({"price": "Infinity"}, "price"),
    ({"price": 58000}, "price"),
    ({"price": 58000.5}, "price"),
    ({"price": ""}, "price"),
    ({"price": " 58000"}, "price"),
    ({"price": "٥٨٠٠٠"}, "price"),
    ({"price": "58000" * 20}, "price"),
    ({"price": None}, "price"),
    ({"price": ["58000"]}, "price"),
    ({"quantity": "0"}, "quantity"),
    ({"quantity": "-0.01"}, "quantity"),
    ({"quantity": "0.0001"}, "quantity"),
    ({"quantity": "9223372036854775807"}, "quantity"),
    ({"quantity": True}, "quantity"),
    ({"side": "BUY"}, "side"),
    ({"side": "buy; DROP TABLE users"}, "side"),
    ({"symbol": "NONE"}, "symbol"),
    ({"symbol": "' OR 1=1 --"}, "symbol"),
    ({"symbol": "=cmd|' /C calc'!A0"[:16]}, "symbol"),
    ({"symbol": "../../etc/passwd"}, "symbol"),
    ({"symbol": "\u202eDSU-CTB"}, "symbol"),
    ({"symbol": ""}, "symbol"),
    ({"type": "iceberg"}, "type"),
    ({"time_in_force": "forever"}, "time_in_force"),
    ({"time_in_force": "gtd", "expire_at": "tomorrow"}, "expire_at"),
    ({"time_in_force": "gtd", "expire_at": "2001-01-01T00:00:00Z"}, "expire_at"),
    ({"time_in_force": "gtd", "expire_at": "2090-01-01T00:00:00"}, "expire_at"),
    ({"time_in_force": "gtd", "expire_at": "9999-12-31T23:59:59Z"}, "expire_at"),
    ({"type": "stop"}, "trigger_price"),
    ({"type": "stop", "trigger_price": "61000.1"}, "trigger_price"),
    ({"trigger_price": "61000"}, "trigger_price"),
    ({"type": "trailing_stop", "trailing_distance": "0.3"}, "trailing_distance"),
    ({"type": "trailing_stop", "trailing_distance": HUGE}, "trailing_distance"),
    ({"type": "primary_peg", "peg_offset": "-0.1"}, "peg_offset"),
    ({"display_quantity": "0.0000001"}, "display_quantity"),
    ({"minimum_quantity": "x"}, "minimum_quantity"),
    ({"one_cancels_other": "-1"}, "one_cancels_other"),
    ({"one_cancels_other": "18446744073709551616"}, "one_cancels_other"),
    ({"one_triggers_other": "0"}, "one_triggers_other"),
    ({"one_cancels_other": "1", "one_triggers_other": "1"}, "one_cancels_other"),
    ({"client_order_id": ""}, "client_order_id"),
    ({"client_order_id": "a" * 37}, "client_order_id"),
    ({"client_order_id": "two words"}, "client_order_id"),
    ({"client_order_id": "newline\n"}, "client_order_id"),
    ({"client_order_id": "\u202edi"}, "client_order_id"),
    ({"client_order_id": "<script>"}, "client_order_id"),
    ({"account": 0}, "account"),
    ({"account": -1}, "account"),
    ({"account": 2**32}, "account"),
    ({"account": "200"}, "account"),
    ({"unknown": 1}, "unknown"),
    ({"post_only": "yes"}, "post_only"),
]


@pytest.mark.parametrize(("changed", "field"), FIELDS)
def test_a_field_that_cannot_be_taken_is_named(venue: Venue, changed: dict[str, Any], field: str) -> None:
    with venue.client() as client:
        reply = client.post("/api/v1/orders", json=GOOD | changed)
        assert reply.status_code == 422, reply.text
        assert [one["field"] for one in reply.json()["errors"]] == [field]


BODIES = [
    (json.dumps(GOOD)[:-1].encode(), 400),
    (b'{"symbol":"BTC-USD","symbol":"GARR","side":"buy","quantity":"1","price":"1"}', 422),
    (b"[" * 10_000 + b"]" * 10_000, 400),
    (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, 400),
    (json.dumps(GOOD | {"symbol": "BTC\0USD"}).encode(), 400),
    (json.dumps(GOOD).encode("utf-16"), 400),
    (b'{"price": 1' + b"0" * 400 + b"}", 422),
    (b'{"price": NaN}', 400),
    (b'{"price": -Infinity}', 400),
    (b"null", 422),
    (b"[]", 422),
    (b'"text"', 422),
    (b"", 422),
    (b" " * 70_000, 413),
]


@pytest.mark.parametrize(("body", "status"), BODIES)
def test_a_body_that_is_no_order_is_refused(venue: Venue, body: bytes, status: int) -> None:
    with venue.client() as client:
        reply = client.post("/api/v1/orders", content=body, headers={"Content-Type": "application/json"})
    assert reply.status_code == status, reply.text
    assert reply.headers["content-type"] == "application/problem+json"


TARGETS = [
    ("GET", "/api/v1/orders/abc", 422),
    ("GET", "/api/v1/orders/99999999999999999999", 422),
    ("GET", "/api/v1/orders/18446744073709551615", 404),
    ("GET", "/api/v1/orders/123456789", 404),
    ("GET", "/api/v1/orders/by-client-id/%00", 422),
    ("GET", "/api/v1/orders/by-client-id/..%2f..%2fetc", 404),
    ("GET", "/api/v1/orders?limit=0", 422),
    ("GET", "/api/v1/orders?limit=1e9", 422),
    ("GET", "/api/v1/orders?cursor=%27%20OR%201=1", 422),
    ("GET", "/api/v1/orders?cursor=AAAA", 422),
    ("GET", "/api/v1/orders?min_seq=-1", 422),
    ("GET", "/api/v1/orders?min_seq=99999999999999999999999", 422),
    ("GET", "/api/v1/orders?account=99999999999", 422),
    ("GET", "/api/v1/instruments/%00/book", 404),
    ("GET", "/api/v1/instruments/BTC-USD/book?depth=100000", 422),
    ("GET", "/api/v1/instruments/BTC-USD/candles?since_ts_ns=9223372036854775808", 422),
    ("GET", "/api/v1/instruments/BTC-USD/candles?since_ts_ns=2&until_ts_ns=1", 422),
    ("GET", "/api/v1/instruments/%E2%80%AE/ticker", 404),
    ("GET", "/api/v1/accounts/0", 422),
    ("GET", "/api/v1/accounts/9223372036854775808", 422),
    ("GET", "/api/v1/analytics?since_date=2&until_date=1", 422),
    ("DELETE", "/api/v1/orders/0", 422),
    ("DELETE", "/api/v1/orders?side=both", 422),
    ("DELETE", "/api/v1/orders?symbol=NONE", 422),
    ("DELETE", "/api/v1/orders?side=buy&side=sell", 422),
    ("DELETE", "/api/v1/orders?sides=buy", 422),
    ("DELETE", "/api/v1/orders/by-client-id/nobodys", 404),
    ("TRACE", "/api/v1/orders", 405),
    ("GET", "/api/v1/../../etc/passwd", 404),
]


@pytest.mark.parametrize(("method", "target", "status"), TARGETS)
def test_a_target_that_names_nothing_is_refused(venue: Venue, method: str, target: str, status: int) -> None:
    with venue.client() as client:
        reply = client.request(method, venue.url + target)
    assert reply.status_code == status, reply.text
    assert reply.headers["content-type"] == "application/problem+json"
