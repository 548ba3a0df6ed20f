"""The document of this API, and the page that shows it and tries it. Nothing comes from another host."""

from functools import cache
from pathlib import Path
from typing import Final

import msgspec
from fastapi import APIRouter, Response
from starlette.requests import Request

from garraway.api.permits import public
from garraway.api.serving import Served

PAGES: Final = Path(__file__).parents[1] / "pages"
PAGE_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; frame-ancestors 'none'; "
    "base-uri 'none'; form-action 'none'"
)
KINDS: Final = {"reference.css": "text/css; charset=utf-8", "reference.js": "text/javascript; charset=utf-8"}

routes = APIRouter(include_in_schema=False, dependencies=[public()])


@routes.get("/openapi.json")
async def openapi_document(request: Request, services: Served) -> Response:
    """The OpenAPI document."""
    del services
    return Response(msgspec.json.encode(request.app.openapi()), media_type="application/json")


@routes.get("/docs")
async def reference_page() -> Response:
    """The page."""
    headers = {"Content-Security-Policy": PAGE_POLICY}
    return Response(_page("reference.html"), media_type="text/html; charset=utf-8", headers=headers)


@routes.get("/docs/reference.css")
async def reference_style() -> Response:
    """How the page looks."""
    return Response(_page("reference.css"), media_type=KINDS["reference.css"])


@routes.get("/docs/reference.js")
async def reference_script() -> Response:
    """What the page does."""
    return Response(_page("reference.js"), media_type=KINDS["reference.js"])


@cache
def _page(name: str) -> bytes:
    return (PAGES / name).read_bytes()
