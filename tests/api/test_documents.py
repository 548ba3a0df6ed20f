"""The OpenAPI document: complete, committed as it is served, and shown by a page that needs no other host."""

import re
from pathlib import Path

import httpx2
from fastapi.routing import APIRoute
from openapi_spec_validator import validate
from starlette.routing import Route
from tests.api.fakes import services
from tests.api.test_edge import asked
from tests.api.venue import Venue

from garraway.api import create_app
from garraway.api.app import RAW, ROUTERS, openapi_json
from garraway.api.openapi import permission_of
from garraway.identity import RULES

COMMITTED = Path(__file__).parents[2] / "docs" / "reference" / "openapi.json"
METHODS = {"get", "post", "put", "patch", "delete"}


def documented() -> set[tuple[str, str]]:
    described = create_app(services()).openapi()
    return {
        (method.upper(), path)
        for path, operations in described["paths"].items()
        for method in METHODS & set(operations)
    }


def test_the_committed_document_is_the_one_that_is_served() -> None:
    assert COMMITTED.read_text(encoding="utf-8") == openapi_json(), "write it again with `make docs`"


def test_the_document_is_openapi_3_1() -> None:
    described = create_app(services()).openapi()
    assert described["openapi"] == "3.1.0"
    validate(described)


def test_every_route_is_in_the_document_with_its_permission() -> None:
    routed = {
        (method, route.path)
        for router in ROUTERS
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in route.methods or ()
    }
    raw = {(one.method, one.path) for one in RAW}
    assert documented() == routed | raw
    paths = create_app(services()).openapi()["paths"]
    assert [
        path for path, operations in paths.items() for one in operations.values() if "x-permission" not in one
    ] == []


def test_every_permission_is_one_of_the_table() -> None:
    declared = {permission_of(route) for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)}
    assert {one for one in declared | {one.permission for one in RAW} if one is not None} - set(RULES) == set()


def test_no_route_hides_outside_of_the_routers() -> None:
    known = {(one.method, one.path) for one in RAW}
    others = [
        route.path
        for route in create_app(services()).router.routes
        if isinstance(route, Route) and not known & {(method, route.path) for method in route.methods or ()}
    ]
    assert others == []


def test_the_page_loads_nothing_from_another_host() -> None:
    async def asking(client: httpx2.AsyncClient) -> None:
        page = await client.get("/docs")
        assert "script-src 'self'" in page.headers["content-security-policy"]
        assert "unsafe" not in page.headers["content-security-policy"]
        for target in re.findall(r'(?:src|href)="([^"]+)"', page.text):
            assert target.startswith("/")
            assert (await client.get(target)).status_code == 200
        assert "<script>" not in page.text
        assert " style=" not in page.text

    asked(services(), asking)


def test_metrics_are_for_scrapers_and_operators(venue: Venue) -> None:
    with venue.client("") as client:
        text = client.get("/metrics").text
        assert 'backup_last_success_timestamp_seconds{set="venue"} 0.0' in text, "a venue that was never backed up"
    for name in ("http_requests_total", "http_request_duration_seconds", "venue_order_ack_seconds", "ws_connections"):
        assert f"# TYPE {name.removesuffix('_total')}" in text, name

    async def asking(client: httpx2.AsyncClient) -> None:
        assert (await client.get("/metrics")).status_code == 401

    asked(services(), asking)
