"""A draft on a running venue: written by one, approved by another, published by the engine, compared with what was."""

import itertools
from typing import Any

import httpx2
import pytest
from tests.api.facades.test_alpaca_py import projector
from tests.api.venue import Venue

__all__ = ["projector"]
ADMIN, DEALER, COMPLIANCE = "Admin", "Dealer", "Compliance"
PATH = "/api/v1/admin/drafts"
TIERS = [{"traded": "0", "plan": 1}, {"traded": "1000000", "plan": 2}]
GROUPS = itertools.count(3_000)


def asked(venue: Venue, who: str, method: str, path: str, said: dict[str, Any] | None = None) -> httpx2.Response:
    with venue.client(who) as client:
        return client.request(method, path, json=said)


def told(venue: Venue, who: str, method: str, path: str, said: dict[str, Any] | None = None) -> dict[str, Any]:
    reply = asked(venue, who, method, path, said)
    assert reply.status_code in {200, 201}, reply.text
    found: dict[str, Any] = reply.json()
    return found


def submitted(venue: Venue, group: int, content: dict[str, Any]) -> dict[str, Any]:
    made = told(venue, DEALER, "POST", PATH, {"kind": "group", "number": group, "content": content, "reason": "a test"})
    assert (made["state"], made["version"], made["payload_hash"]) == ("draft", 1, None)
    said = {"version": 1, "reason": "please look"}
    return told(venue, DEALER, "POST", f"{PATH}/{made['draft_id']}/submit", said)


def approved(venue: Venue, draft: dict[str, Any]) -> dict[str, Any]:
    """As Compliance approves it; the engine's answer may take a moment."""
    path = f"{PATH}/{draft['draft_id']}"
    told(venue, COMPLIANCE, "POST", f"{path}/approve", {"payload_hash": draft["payload_hash"], "reason": "looked at"})
    venue.until(lambda: told(venue, COMPLIANCE, "GET", path)["state"] != "approved")
    return told(venue, COMPLIANCE, "GET", path)


def test_a_group_is_drafted_approved_published_and_compared(venue: Venue) -> None:
    group = next(GROUPS)
    for plan in (1, 2):
        rates = {"plan": plan, "maker_rate": "0", "taker_rate": "0.0001", "reason": "a test"}
        assert asked(venue, ADMIN, "POST", "/api/v1/admin/fee-plans", rates).status_code in {201, 409}
    content = {"name": f"g{group}", "asset": "USD", "tiers": TIERS}
    first = submitted(venue, group, content)
    diff = told(venue, ADMIN, "GET", f"{PATH}/{first['draft_id']}/diff")
    assert (diff["published"], [one["field"] for one in diff["changes"]]) == (None, ["asset", "name", "tiers"])
    own = {"payload_hash": first["payload_hash"], "reason": "my own"}
    assert asked(venue, DEALER, "POST", f"{PATH}/{first['draft_id']}/approve", own).status_code == 403
    published = approved(venue, first)
    assert (published["state"], published["refused"]) == ("published", None)

    second = submitted(venue, group, content | {"tiers": TIERS[:1]})
    event = published["published_event"]
    venue.until(lambda: told(venue, ADMIN, "GET", f"{PATH}/{second['draft_id']}/diff")["published_event"] == event)
    diff = told(venue, ADMIN, "GET", f"{PATH}/{second['draft_id']}/diff")
    tiers = [{"traded": "0.00", "plan": 1}, {"traded": "1000000.00", "plan": 2}]
    assert diff["published"] == {"name": f"g{group}", "asset": "USD", "tiers": tiers}


def test_what_was_defined_anew_meanwhile_is_not_published_over(venue: Venue) -> None:
    group = next(GROUPS)
    draft = submitted(venue, group, {"name": f"g{group}"})
    made = {"group": group, "name": f"h{group}", "reason": "in between"}
    assert told(venue, ADMIN, "POST", "/api/v1/admin/groups", made)["status"] == "accepted"
    path = f"{PATH}/{draft['draft_id']}"
    venue.until(lambda: told(venue, ADMIN, "GET", f"{path}/diff")["published"] is not None)
    said = {"payload_hash": draft["payload_hash"], "reason": "looked at"}
    for way in (f"{path}/approve", f"/api/v1/admin/approvals/{draft['approval_id']}/approve"):
        reply = asked(venue, COMPLIANCE, "POST", way, said)
        assert (reply.status_code, reply.json()["code"]) == (409, "DraftStale"), reply.text
    diff = told(venue, ADMIN, "GET", f"{path}/diff")
    assert diff["changes"] == [{"field": "name", "published": f"h{group}", "draft": f"g{group}"}]
    assert told(venue, DEALER, "POST", f"{path}/withdraw", {"reason": "late"})["state"] == "withdrawn"


def test_what_the_engine_refuses_is_told_with_its_reason(venue: Venue) -> None:
    content = {"name": "none", "asset": "USD", "tiers": [{"traded": "0", "plan": 199}]}
    refused = approved(venue, submitted(venue, next(GROUPS), content))
    assert (refused["state"], refused["refused"]["code"], refused["published_event"]) == (
        "refused",
        "FeePlanUnknown",
        None,
    )


GROUP = {"kind": "group", "number": 5, "content": {"name": "gold"}, "reason": "a test"}
BAD = [
    (GROUP | {"kind": "rules"}, "kind"),
    (GROUP | {"number": 0}, "number"),
    (GROUP | {"number": 2**63}, "number"),
    (GROUP | {"content": {"name": "no such name!"}}, "content.name"),
    (GROUP | {"content": {"name": "gold", "more": 1}}, "content.more"),
    (GROUP | {"content": {"name": "gold", "asset": "NONE", "tiers": TIERS}}, "asset"),
    (GROUP | {"content": {"name": "gold", "asset": "USD", "tiers": [{"traded": "9" * 30, "plan": 1}]}}, "traded"),
    (GROUP | {"content": {"name": "gold", "tiers": [{"traded": "0.1", "plan": 256}]}}, "content.tiers.0.plan"),
    (GROUP | {"content": {"name": "gold", "tiers": TIERS * 33}}, "content.tiers"),
]


@pytest.mark.parametrize(("said", "field"), BAD)
def test_what_could_never_be_published_is_not_drafted(venue: Venue, said: dict[str, Any], field: str) -> None:
    reply = asked(venue, DEALER, "POST", PATH, said)
    assert reply.status_code == 422, reply.text
    assert [one["field"] for one in reply.json()["errors"]] == [field]


def test_groups_are_told_with_the_tiers_that_this_service_defined(venue: Venue, projector: None) -> None:
    group, path = next(GROUPS), "/api/v1/admin/groups"
    for plan in (1, 2):
        rates = {"plan": plan, "maker_rate": "0", "taker_rate": "0.0001", "reason": "a test"}
        assert asked(venue, ADMIN, "POST", "/api/v1/admin/fee-plans", rates).status_code in {201, 409}
    made = {"group": group, "name": f"t{group}", "asset": "USD", "tiers": TIERS, "reason": "a test"}
    assert told(venue, ADMIN, "POST", path, made)["status"] == "accepted"

    def found() -> dict[str, Any] | None:
        return next((one for one in told(venue, ADMIN, "GET", path)["items"] if one["group"] == group), None)

    venue.until(lambda: found() is not None)
    said = [{"traded": "0.00", "plan": 1}, {"traded": "1000000.00", "plan": 2}]
    assert found() == {"group": group, "name": f"t{group}", "asset": "USD", "tiers": said, "accounts": 0}
    others = [one for one in told(venue, ADMIN, "GET", path)["items"] if one["group"] < 16]
    assert others, "groups that the operator defined are told, too"
