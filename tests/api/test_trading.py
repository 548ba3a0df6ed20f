"""Trading over REST on a running venue: orders of every type, and reading one's own writes."""

import itertools
from typing import Any

import pytest
from tests.api.venue import ACCOUNT, OTHER, Venue

COUNT = itertools.count(1)
BTC = "BTC-USD"


@pytest.fixture(autouse=True)
def nothing_open(venue: Venue) -> None:
    """Whoever used the venue before may have left orders behind."""
    for who in ("trader", "other"):
        with venue.client(who) as client:
            assert client.delete("/api/v1/orders").status_code == 200


def placed(venue: Venue, who: str = "trader", **order: object) -> dict[str, Any]:
    """What became of an order for a little bitcoin."""
    with venue.client(who) as client:
        reply = client.post("/api/v1/orders", json={"symbol": BTC, "side": "buy", "quantity": "0.01"} | order)
    assert reply.status_code == 201, reply.text
    said: dict[str, Any] = reply.json()
    return said


def order_of(venue: Venue, said: dict[str, Any], who: str = "trader") -> dict[str, Any]:
    """The order, read once its command is known."""
    with venue.client(who) as client:
        reply = client.get(f"/api/v1/orders/{said['order_ref']}", params={"min_seq": said["seq"]})
    assert reply.status_code == 200, reply.text
    found: dict[str, Any] = reply.json()["order"]
    return found


TYPES: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"price": "59000"}, {"status": "open", "type": "limit", "time_in_force": "gtc", "price": "59000.0"}),
    ({"price": "59000", "time_in_force": "day"}, {"status": "open", "time_in_force": "day"}),
    ({"price": "59000", "time_in_force": "gtd", "expire_at": "2090-01-01T00:00:00Z"}, {"time_in_force": "gtd"}),
    ({"price": "59000", "time_in_force": "ioc"}, {"status": "canceled", "reason": "not_filled"}),
    ({"price": "59000", "time_in_force": "fok"}, {"status": "canceled", "reason": "not_fillable"}),
    ({"price": "59000", "post_only": True}, {"status": "open", "post_only": True}),
    ({"price": "59000", "hidden": True}, {"status": "open", "hidden": True}),
    ({"price": "59000", "display_quantity": "0.002"}, {"status": "open", "display_quantity": "0.002"}),
    ({"price": "59000", "minimum_quantity": "0.01"}, {"status": "canceled", "reason": "not_fillable"}),
    ({"type": "market"}, {"status": "canceled", "type": "market", "time_in_force": "ioc"}),
    ({"type": "market_to_limit", "price": "60000"}, {"status": "canceled", "type": "market_to_limit"}),
    ({"type": "stop", "trigger_price": "61000"}, {"status": "open", "trigger_price": "61000.0"}),
    (
        {"type": "stop_limit", "trigger_price": "61000", "price": "61500"},
        {"status": "open", "trigger_price": "61000.0", "price": "61500.0"},
    ),
    ({"type": "trailing_stop", "trailing_distance": "500"}, {"status": "open", "trailing_distance": "500.0"}),
    ({"type": "primary_peg", "peg_offset": "-10", "price": "60000"}, {"status": "open", "peg_offset": "-10.0"}),
    ({"type": "midpoint_peg", "price": "60000"}, {"status": "open", "peg_offset": "0.0"}),
    ({"type": "market_peg", "peg_offset": "-0.5", "price": "60000"}, {"status": "open", "peg_offset": "-0.5"}),
]


@pytest.mark.parametrize(("asked", "expected"), TYPES)
def test_an_order_of_each_type_is_placed_and_read_back(
    venue: Venue, asked: dict[str, Any], expected: dict[str, Any]
) -> None:
    said = placed(venue, **asked)
    assert (said["status"], said["account"], said["reason"]) == ("accepted", ACCOUNT, None)
    order = order_of(venue, said)
    assert {name: order[name] for name in expected} == expected
    with venue.client() as client:
        client.delete(f"/api/v1/orders/{said['order_ref']}")


def test_a_trade_shows_in_orders_fills_balances_positions_and_the_tape(venue: Venue) -> None:
    resting = placed(venue, "other", side="sell", price="60000")
    taking = placed(venue, price="60000")
    order = order_of(venue, taking)
    assert (order["status"], order["filled_quantity"], order["average_price"]) == ("filled", "0.01", "60000.0")
    assert order_of(venue, resting, "other")["status"] == "filled"
    with venue.client() as client:
        seen = {"min_seq": taking["seq"]}
        fill = client.get("/api/v1/fills", params=seen).json()["items"][0]
        assert (fill["order_ref"], fill["liquidity"], fill["value"]) == (taking["order_ref"], "taker", "600.00")
        positions = client.get("/api/v1/positions", params=seen).json()["items"]
        assert BTC in {one["symbol"] for one in positions}
        balances = {one["asset"]: one for one in client.get("/api/v1/balances", params=seen).json()["items"]}
        assert float(balances["BTC"]["total"]) > 10
        trade = client.get(f"/api/v1/instruments/{BTC}/trades").json()["items"][0]
        assert (trade["price"], trade["quantity"], trade["side"]) == ("60000.0", "0.01", "buy")
        assert client.get(f"/api/v1/instruments/{BTC}/ticker").json()["last"] == "60000.0"


def test_a_market_order_without_a_price_is_bounded_by_the_collar(venue: Venue) -> None:
    placed(venue, "other", side="sell", price="60000", quantity="0.02")
    placed(venue, price="60000")  # the collar is around the last price
    order = order_of(venue, placed(venue, type="market"))
    assert (order["status"], order["average_price"], order["price"]) == ("filled", "60000.0", "63000.0")


def test_an_order_is_replaced_reduced_and_cancelled(venue: Venue) -> None:
    said = placed(venue, price="58000", client_order_id=f"life-{next(COUNT)}")
    with venue.client() as client:
        replaced = client.put(
            f"/api/v1/orders/{said['order_ref']}", json={"price": "58000.5", "quantity": "0.02"}
        ).json()
        assert replaced["status"] == "accepted"
        old, new = order_of(venue, said | {"seq": replaced["seq"]}), order_of(venue, replaced)
        assert (old["status"], old["replaced_by"]) == ("replaced", replaced["order_ref"])
        assert (new["price"], new["quantity"], new["client_order_id"]) == ("58000.5", "0.02", said["client_order_id"])
        reduced = client.patch(f"/api/v1/orders/{replaced['order_ref']}", json={"quantity": "0.015"}).json()
        assert order_of(venue, replaced | {"seq": reduced["seq"]})["open_quantity"] == "0.015"
        gone = client.delete(f"/api/v1/orders/by-client-id/{said['client_order_id']}").json()
        assert gone["status"] == "accepted"
        order = order_of(venue, replaced | {"seq": gone["seq"]})
        assert (order["status"], order["reason"]) == ("canceled", "by_owner")


def test_an_order_that_the_engine_rejects_is_an_order_with_a_reason(venue: Venue) -> None:
    said = placed(venue, side="sell", price="60000", quantity="16")
    assert (said["status"], said["reason"]["code"]) == ("rejected", "FundsInsufficient")
    order = order_of(venue, said)
    assert (order["status"], order["reason"]) == ("rejected", "FundsInsufficient")
    with venue.client() as client:
        reply = client.delete("/api/v1/orders/999999")
    assert (reply.status_code, reply.json()["status"], reply.json()["reason"]["code"]) == (
        200,
        "rejected",
        "OrderUnknown",
    )


def test_one_order_cancels_the_other_and_a_bracket_waits_for_its_parent(venue: Venue) -> None:
    parent = placed(venue, price="57000")
    profit = placed(venue, side="sell", price="62000", one_triggers_other=parent["order_ref"])
    loss = placed(
        venue, side="sell", type="stop", trigger_price="56000", price="55000", one_triggers_other=parent["order_ref"]
    )
    assert [profit["status"], loss["status"]] == ["accepted", "accepted"]
    with venue.client() as client:
        gone = client.delete(f"/api/v1/orders/{parent['order_ref']}").json()
    for child in (profit, loss):
        order = order_of(venue, child | {"seq": gone["seq"]})
        assert (order["status"], order["reason"]) == ("canceled", "linked")
    stop = placed(venue, side="sell", type="stop", trigger_price="56000", price="55000")
    pair = placed(venue, side="sell", price="62000", one_cancels_other=stop["order_ref"])
    with venue.client() as client:
        gone = client.delete(f"/api/v1/orders/{stop['order_ref']}").json()
    assert order_of(venue, pair | {"seq": gone["seq"]})["reason"] == "linked"


def test_a_client_order_id_is_used_once_at_a_time(venue: Venue) -> None:
    text = f"mine-{next(COUNT)}"
    first = placed(venue, price="58000", client_order_id=text)
    with venue.client() as client:
        body = {"symbol": BTC, "side": "buy", "quantity": "0.01", "price": "58000", "client_order_id": text}
        refused = client.post("/api/v1/orders", json=body)
        assert (refused.status_code, refused.json()["code"]) == (409, "ClientOrderIdTaken")
        assert refused.json()["order_ref"] == first["order_ref"]
        found = client.get(f"/api/v1/orders/by-client-id/{text}").json()["order"]
    assert found["order_ref"] == first["order_ref"]
    with venue.client("other") as client:
        assert client.post("/api/v1/orders", json=body).status_code == 201, "another account may use it, too"


def test_all_open_orders_of_a_side_are_cancelled_at_once(venue: Venue) -> None:
    placed(venue, "other", price="57000")
    keeps = placed(venue, "other", side="sell", price="62500")
    with venue.client("other") as client:
        gone = client.delete("/api/v1/orders", params={"symbol": BTC, "side": "buy"}).json()
        left = client.get("/api/v1/orders", params={"min_seq": gone["seq"]}).json()["items"]
    assert keeps["order_ref"] in {one["order_ref"] for one in left}
    assert {one["side"] for one in left} == {"sell"}


def test_a_reduce_only_order_closes_a_position_of_a_future(venue: Venue) -> None:
    placed(venue, "other", symbol="GARR-F", side="sell", quantity="5", price="100")
    placed(venue, symbol="GARR-F", quantity="5", price="100")
    said = placed(venue, symbol="GARR-F", side="sell", quantity="5", price="101", reduce_only=True)
    assert order_of(venue, said)["reduce_only"] is True
    too_many = placed(venue, symbol="GARR-F", side="sell", quantity="6", price="101", reduce_only=True)
    assert too_many["reason"]["code"] == "PositionTooSmall"


def test_requests_are_signed_by_a_key(venue: Venue) -> None:
    order = {"symbol": BTC, "side": "buy", "quantity": "0.01", "price": "58000"}
    said = venue.signed("POST", "/api/v1/orders", order)
    assert said.status_code == 201
    target = f"/api/v1/orders/{said.json()['order_ref']}"
    assert venue.signed("DELETE", target).json()["status"] == "accepted"
    forbidden = venue.signed("GET", "/api/v1/admin/groups")
    assert forbidden.status_code == 403


def test_nobody_reaches_another_persons_account(venue: Venue) -> None:
    said = placed(venue, "other", price="57000")
    with venue.client() as client:
        for reply in (
            client.get("/api/v1/balances", params={"account": OTHER}),
            client.get(f"/api/v1/orders/{said['order_ref']}", params={"account": OTHER}),
            client.delete(f"/api/v1/orders/{said['order_ref']}", params={"account": OTHER}),
            client.post(
                "/api/v1/orders",
                json={"symbol": BTC, "side": "buy", "quantity": "1", "price": "1", "account": OTHER},
            ),
        ):
            assert (reply.status_code, reply.json()["code"]) == (404, "Missing"), reply.request.url
    with venue.client("") as client:
        reply = client.get("/api/v1/balances")
        assert (reply.status_code, reply.headers["www-authenticate"]) == (401, 'Bearer realm="garraway"')


def test_a_read_waits_for_a_command_and_says_when_it_did_not_come(venue: Venue) -> None:
    with venue.client() as client:
        reply = client.get("/api/v1/balances", params={"min_seq": 2**47})
    assert (reply.status_code, reply.json()["code"], reply.json()["retryable"]) == (409, "NotYet", True)


def test_open_orders_come_page_by_page(venue: Venue) -> None:
    refs = [placed(venue, "other", symbol="EUR-USD", quantity="1000", price="1.08")["order_ref"] for _ in range(5)]
    found: list[str] = []
    cursor: dict[str, str] = {}
    with venue.client("other") as client:
        while True:
            page = client.get("/api/v1/orders", params={"limit": "2", "symbol": "EUR-USD"} | cursor).json()
            found += [one["order_ref"] for one in page["items"]]
            if page["next_cursor"] is None:
                break
            cursor = {"cursor": page["next_cursor"]}
    assert found == refs[::-1]


def test_the_log_tells_correlation_id_and_command_together(venue: Venue) -> None:
    with venue.client() as client:
        headers = {"X-Correlation-Id": f"follow-me-{next(COUNT)}"}
        body = {"symbol": BTC, "side": "buy", "quantity": "0.01", "price": "58000"}
        said = client.post("/api/v1/orders", json=body, headers=headers)
    wanted = headers["X-Correlation-Id"]
    assert said.headers["x-correlation-id"] == wanted
    venue.until(lambda: any(line.get("correlation_id") == wanted for line in venue.log("service")))
    line = next(line for line in venue.log("service") if line.get("correlation_id") == wanted)
    assert (line["command_seq"], line["order_ref"]) == (said.json()["seq"], said.json()["order_ref"])


def test_a_refused_permission_shows_in_the_audit_chain(venue: Venue) -> None:
    with venue.client("trader") as client:
        refused = client.post("/api/v1/admin/funds/deposit", headers={"X-Correlation-Id": "refused-1"})
        assert (refused.status_code, refused.json()["code"]) == (403, "Forbidden")
        assert client.get(f"/api/v1/accounts/{OTHER}").status_code == 404
        user_id = client.get("/api/v1/auth/me").json()["user_id"]
    asked = {"chain": "security", "action": "permission.refused", "actor_id": user_id}
    with venue.client("Compliance") as client:
        items = client.get("/api/v1/admin/audit", params=asked).json()["items"]
    told = {(one["object"], one["after"]["permission"], one["after"]["why"]): one for one in items}
    assert told["-", "funds.deposit", "Forbidden"]["correlation_id"] == "refused-1"
    assert told[f"account:{OTHER}", "accounts.view", "Missing"]["actor"] == "trader@example.com"
