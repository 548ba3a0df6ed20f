"""Every route says who may ask it."""

from fastapi.routing import APIRoute

from garraway.api.app import PAGES, ROUTERS
from garraway.api.permits import Needs, Public


def test_every_route_declares_one_permission() -> None:
    undeclared = []
    for routes in (*ROUTERS, *PAGES):
        for route in routes.routes:
            assert isinstance(route, APIRoute)
            declared = [one.call for one in route.dependant.dependencies if isinstance(one.call, (Needs, Public))]
            if len(declared) != 1:
                undeclared.append((sorted(route.methods or ()), route.path))
    assert undeclared == []
