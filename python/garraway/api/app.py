"""The application put together: routes, the edge around them, the document that describes them."""

from functools import cache, partial
from typing import Final

import msgspec
from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from garraway.api import openapi
from garraway.api.allowance import Allowance
from garraway.api.edge import Edge
from garraway.api.facades import Facade, alpaca, binance
from garraway.api.problems import FAULT, Problem, problem_of
from garraway.api.raw import RawRoute, RawRouter
from garraway.api.refusals import audited
from garraway.api.routes import (
    account_opening,
    accounts,
    admin_orders,
    admin_venue,
    analytics,
    approvals,
    auth,
    authorization,
    documents,
    drafts,
    health,
    instruments,
    keys,
    market,
    notifications,
    oauth,
    order_entry,
    orders,
    sessions,
    settings,
    transfers,
    users,
)
from garraway.api.services import Services
from garraway.broker import BrokerError
from garraway.identity import IdentityError
from garraway.records import RecordsError
from garraway.store import StoreError
from garraway.units import UnitsError
from garraway.venues import VenueError
from garraway.views import ViewsError

ROUTERS: Final[tuple[APIRouter, ...]] = (
    instruments.routes,
    market.routes,
    orders.routes,
    accounts.routes,
    account_opening.routes,
    transfers.routes,
    notifications.routes,
    settings.routes,
    analytics.routes,
    admin_orders.routes,
    admin_venue.routes,
    approvals.routes,
    drafts.routes,
    auth.routes,
    sessions.routes,
    keys.routes,
    users.routes,
    oauth.routes,
    health.routes,
)
"""The routes of every noun, each with its whole path."""
PAGES: Final[tuple[APIRouter, ...]] = (documents.routes, authorization.routes)
"""What browsers show; not in the document."""
RAW: Final[tuple[RawRoute, ...]] = order_entry.ROUTES
"""Routes without FastAPI; they stand before the others."""
FACADES: Final[tuple[Facade, ...]] = (binance.FACADE, alpaca.FACADE)
"""Interfaces of other venues, each under a prefix of its own, none of them in the document."""
ERRORS: Final = (
    HTTPException,
    RequestValidationError,
    Problem,
    IdentityError,
    BrokerError,
    StoreError,
    SQLAlchemyError,
    ViewsError,
    VenueError,
    UnitsError,
    RecordsError,
)
"""What `problem_of` knows; anything else is a fault."""
CORS_HEADERS: Final = (
    "authorization",
    "content-type",
    "garraway-key",
    "garraway-timestamp",
    "garraway-window",
    "garraway-nonce",
    "garraway-signature",
    "idempotency-key",
    "x-correlation-id",
)
CORS_EXPOSED: Final = (
    "x-correlation-id",
    "retry-after",
    "ratelimit-limit",
    "ratelimit-remaining",
    "ratelimit-reset",
)


def create_app(services: Services) -> FastAPI:
    """The application over these services; `serve` wraps it for the server."""
    app = _bare_app()
    app.state.services = services
    app.state.users = Allowance(services.edge.user_requests_per_minute)
    app.state.keys = Allowance(services.edge.key_requests_per_minute)
    app.state.logins = Allowance(services.edge.logins_per_minute)
    for kind in (*ERRORS, Exception):
        app.add_exception_handler(kind, _told)
    return app


def serve(app: FastAPI) -> ASGIApp:
    """The application as the server runs it: the edge around it, CORS where origins are named."""
    services: Services = app.state.services
    inner: ASGIApp = app
    if services.edge.origins:
        inner = CORSMiddleware(
            app,
            allow_origins=services.edge.origins,
            allow_methods=("GET", "POST", "PUT", "PATCH", "DELETE"),
            allow_headers=CORS_HEADERS,
            expose_headers=CORS_EXPOSED,
        )
    streams = {one.prefix: one.streams(services) for one in FACADES if one.streams is not None}
    return Edge(inner, app, RawRouter(RAW), {one.prefix: one.worded for one in FACADES}, streams)


def openapi_json() -> str:
    """The document as it is committed: docs/reference/openapi.json."""
    return msgspec.json.format(msgspec.json.encode(_bare_app().openapi()), indent=1).decode() + "\n"


def _bare_app() -> FastAPI:
    app = FastAPI(title="Garraway", openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.router.routes.extend(one.route() for one in RAW)
    for routes in (*ROUTERS, *PAGES):
        app.include_router(routes)
    for facade in FACADES:
        app.mount(facade.prefix, facade.app)
    described = cache(partial(openapi.document, app, ROUTERS, RAW))
    app.openapi = described  # type: ignore[method-assign] # FastAPI's own way to give another document
    return app


async def _told(request: Request, error: Exception) -> Response:
    await audited(request.app.state.services, request.scope, error)
    reply = request.scope["garraway.reply"]
    problem = reply.worded(problem_of(error) or FAULT)
    body = problem.body(reply.correlation_id)
    return Response(body, problem.status, headers=dict(problem.headers), media_type=problem.media_type)
