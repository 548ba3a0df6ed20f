"""The application put together: routes, the edge around them, the document that describes them."""

from typing import Final

from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from garraway.api.edge import Edge
from garraway.api.problems import MEDIA_TYPE, Problem, problem_of
from garraway.api.routes import instruments
from garraway.api.services import Services

ROUTERS: Final[tuple[APIRouter, ...]] = (instruments.routes,)
"""The routes of every noun, each with its whole path."""
CORS_HEADERS: Final = (
    "authorization", "content-type", "garraway-key", "garraway-timestamp", "garraway-signature", "idempotency-key",
    "x-correlation-id",
)  # fmt: skip
CORS_EXPOSED: Final = (
    "x-correlation-id", "retry-after", "ratelimit-limit", "ratelimit-remaining", "ratelimit-reset",
)  # fmt: skip


def create_app(services: Services) -> FastAPI:
    """The application over these services; `serve` wraps it for the server."""
    app = FastAPI(title="Garraway", openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.state.services = services
    for routes in ROUTERS:
        app.include_router(routes)
    for kind in (HTTPException, RequestValidationError, Problem):
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
    return Edge(inner, services)


async def _told(request: Request, error: Exception) -> Response:
    problem = problem_of(error)
    assert problem is not None
    body = problem.body(request.scope["garraway.reply"].correlation_id)
    return Response(body, problem.status, headers=dict(problem.headers), media_type=MEDIA_TYPE)
