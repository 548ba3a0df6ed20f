"""The OpenAPI 3.1 document: what FastAPI knows, the raw routes besides, and what every route has in common.

Made from the routes alone, without services, so that `garraway reference` can write it and a test can compare it.
"""

from collections.abc import Sequence
from copy import deepcopy
from typing import Any, Final

import msgspec
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute

from garraway import __version__
from garraway.api.permits import Needs
from garraway.api.raw import RawRoute
from garraway.identity import Permission

Document = dict[str, Any]
SCHEMES: Final = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "An access token of 10 minutes: see docs/guides/rest.md.",
    },
    "signature": {
        "type": "apiKey",
        "in": "header",
        "name": "garraway-key",
        "description": "An API key; garraway-timestamp and garraway-signature go with it.",
    },
}
DESCRIPTION: Final = """Orders, market data, accounts and the back office of a Garraway venue.

Decimals and ids are strings. Times are RFC 3339 in UTC, and nanoseconds since the Unix epoch in `..._ts_ns`. A reply
bears `seq`, the last command that it knows of; a read takes `min_seq` and waits up to a second for it. Errors are
application/problem+json with a `code`, the fields in `errors`, and whether to try again in `retryable`. A business
reject of an order is a state of the order, never an HTTP error."""
PROBLEM: Final[Document] = {
    "title": "Problem",
    "description": "An error, as RFC 9457 has it.",
    "type": "object",
    "required": ["type", "title", "status", "detail", "code", "errors", "retryable", "correlation_id"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "code", "detail"],
                "properties": {name: {"type": "string"} for name in ("field", "code", "detail")},
            },
        },
        "retryable": {"type": "boolean"},
        "correlation_id": {"type": "string"},
    },
}
EVERYWHERE: Final = {
    429: "More requests than the allowance: wait `Retry-After` seconds.",
    503: "The exchange, the database or time is short: nothing was done, ask again.",
}
OF_PARAMETERS: Final = {404: "There is no such thing, or none that you may see.", 422: "A field cannot be taken."}
OF_BODIES: Final = {
    400: "The body is no JSON.",
    413: "The body is too large.",
    415: "The body is of another type.",
    422: "A field cannot be taken.",
}
OF_PRINCIPALS: Final = {401: "Nobody is logged in.", 403: "It is not permitted."}
CONFLICT: Final = {409: "It does not fit with what is there, or is not known yet."}
OF_CHANGES: Final = CONFLICT | {422: OF_PARAMETERS[422]}
OF_CREDENTIALS: Final = {401: "What was given as proof of who asks does not hold."}
UNDOCUMENTED: Final = frozenset({"/metrics"})
"""What has a format of its own."""


def document(app: FastAPI, routers: Sequence[APIRouter], raw: Sequence[RawRoute]) -> Document:
    """The whole document."""
    from fastapi.openapi.utils import get_openapi  # noqa: PLC0415 - only who writes the document pays for it

    said = get_openapi(
        title="Garraway",
        version=__version__,
        openapi_version="3.1.0",
        description=DESCRIPTION,
        routes=app.routes,
    )
    said = deepcopy(said)
    components = said.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    schemas["Problem"] = PROBLEM
    components["securitySchemes"] = SCHEMES
    for router in routers:
        for route in router.routes:
            assert isinstance(route, APIRoute)
            _complete(said["paths"], route)
    _add_raw(said, schemas, raw)
    said["paths"] = {path: dict(sorted(said["paths"][path].items())) for path in sorted(said["paths"])}
    components["schemas"] = dict(sorted(schemas.items()))
    return said


def permission_of(route: APIRoute) -> Permission | None:
    """The permission that a route declares; None of a public one."""
    found = [one.call.permission for one in route.dependant.dependencies if isinstance(one.call, Needs)]
    return found[0] if found else None


def _complete(paths: Document, route: APIRoute) -> None:
    for method in route.methods or ():
        operation = paths[route.path][method.lower()]
        operation["operationId"] = route.name
        has_body = "requestBody" in operation
        problems = dict(EVERYWHERE) if not route.path.startswith(("/health", "/live", "/ready")) else {}
        problems |= OF_PARAMETERS if operation.get("parameters") else {}
        problems |= OF_BODIES if has_body else {}
        problems |= CONFLICT if "min_seq" in str(operation.get("parameters")) else {}
        problems |= OF_CHANGES if method != "GET" else {}
        problems |= OF_CREDENTIALS if has_body and permission_of(route) is None else {}
        _secure(operation, permission_of(route), problems)
        _tell(operation, problems)


def _secure(operation: Document, permission: Permission | None, problems: dict[int, str]) -> None:
    operation["x-permission"] = "public" if permission is None else f"{permission.action}:{permission.resource}"
    if permission is not None:
        operation["security"] = [{"bearer": []}, {"signature": []}]
        problems |= OF_PRINCIPALS | {404: OF_PARAMETERS[404]}


def _tell(operation: Document, problems: dict[int, str]) -> None:
    responses = operation["responses"]
    responses.pop("422", None)
    for status, doc in problems.items():
        if str(status) not in responses:
            schema = {"$ref": "#/components/schemas/Problem"}
            responses[str(status)] = {"description": doc, "content": {"application/problem+json": {"schema": schema}}}
    operation["responses"] = dict(sorted(responses.items()))


def _add_raw(said: Document, schemas: Document, raw: Sequence[RawRoute]) -> None:
    kinds = {one.said for one in raw} | {one.asked for one in raw if one.asked is not None}
    in_order = sorted(kinds, key=lambda kind: kind.__name__)
    refs, found = msgspec.json.schema_components(in_order, ref_template="#/components/schemas/{name}")
    names = dict(zip(in_order, refs, strict=True))
    for name, schema in found.items():
        assert name not in schemas or schemas[name] == schema, f"two schemas are named {name}"
        schemas[name] = schema
    for one in raw:
        said["paths"].setdefault(one.path, {})[one.method.lower()] = _raw_operation(one, names)


def _raw_operation(one: RawRoute, names: dict[type[msgspec.Struct], Document]) -> Document:
    summary, _, description = (one.endpoint.__doc__ or "").strip().partition(". ")
    operation: Document = {
        "tags": ["order entry"],
        "operationId": one.endpoint.__name__ + "_order" * (not one.endpoint.__name__.startswith("mass")),
        "summary": summary.rstrip("."),
        "parameters": [
            *(
                {"name": name, "in": "path", "required": True, "schema": dict(schema)}
                for name, schema in one.path_schema.items()
            ),
            *(
                {"name": p.name, "in": "query", "required": False, "schema": dict(p.schema), "description": p.doc}
                for p in one.query
            ),
        ],
        "responses": {
            str(status): {"description": doc, "content": {"application/json": {"schema": names[one.said]}}}
            for status, doc in one.statuses.items()
        },
    }
    if description:
        operation["description"] = description
    problems = dict(EVERYWHERE) | OF_PARAMETERS | CONFLICT
    if one.asked is not None:
        schema = names[one.asked]
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
        problems |= OF_BODIES
    else:
        problems |= {413: OF_BODIES[413], 400: OF_BODIES[400], 415: OF_BODIES[415]}
    _secure(operation, one.permission, problems)
    _tell(operation, problems)
    return operation
