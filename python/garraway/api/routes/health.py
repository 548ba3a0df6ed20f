"""Whether this process lives, started and may take work; what it counts. Probes ask these; nothing here is throttled.

Liveness looks at the process alone: a database that is away must not have the service restarted.
"""

from typing import Annotated, Final, Literal

from fastapi import APIRouter, Response
from prometheus_client import generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from starlette.requests import Request

from garraway.api.addresses import within
from garraway.api.decimals import Said
from garraway.api.permits import Caller, let_in, needs, public
from garraway.api.reading import queried
from garraway.api.services import Services
from garraway.api.serving import Served
from garraway.identity import Permission
from garraway.store import StoreError, history

TICK_NS: Final = 5 * 10**9
"""An event loop that did not come round for so long hangs."""

routes = APIRouter(tags=["health"])
State = Literal["up", "down"]


class HealthSaid(Said):
    """Whether it is so, and what the process is doing."""

    status: State
    state: Literal["starting", "serving", "draining"]


class PartSaid(Said):
    """One thing that the service depends on."""

    status: State
    detail: str


class DeepSaid(Said):
    """Every dependency."""

    status: State
    parts: dict[str, PartSaid]
    seq: int


@routes.get("/health/live", dependencies=[public()], responses={503: {"model": HealthSaid}})
async def health_live(services: Served, response: Response) -> HealthSaid:
    """Whether the event loop comes round. Never looks at a dependency."""
    health = services.health
    ticked = health.ticked_ns == 0 or services.clock() - health.ticked_ns < TICK_NS
    return _said(services, response, up=ticked)


@routes.get("/live", dependencies=[public()], responses={503: {"model": HealthSaid}})
async def live(services: Served, response: Response) -> HealthSaid:
    """As `/health/live`."""
    return await health_live(services, response)


@routes.get("/health/startup", dependencies=[public()], responses={503: {"model": HealthSaid}})
async def health_startup(services: Served, response: Response) -> HealthSaid:
    """Whether the event log has been read."""
    return _said(services, response, up=services.health.started)


@routes.get("/health/ready", dependencies=[public()], responses={503: {"model": HealthSaid}})
async def health_ready(services: Served, response: Response) -> HealthSaid:
    """Whether new work may be sent here: started, not draining, and the exchange's door is open."""
    health = services.health
    return _said(services, response, up=health.started and not health.draining and services.door.connected)


@routes.get("/ready", dependencies=[public()], responses={503: {"model": HealthSaid}})
async def ready(services: Served, response: Response) -> HealthSaid:
    """As `/health/ready`."""
    return await health_ready(services, response)


@routes.get("/health", dependencies=[public()], responses={503: {"model": HealthSaid}})
async def health(services: Served, response: Response) -> HealthSaid:
    """As `/health/ready`."""
    return await health_ready(services, response)


@routes.get("/health/deep", responses={503: {"model": DeepSaid}})
async def health_deep(
    services: Served, response: Response, caller: Annotated[Caller, needs("view", "operations")]
) -> DeepSaid:
    """Every dependency, for operators."""
    del caller
    parts = {
        "exchange": PartSaid(
            status="up" if services.door.connected else "down",
            detail="its door is open" if services.door.connected else "its door is closed: orders get 503",
        ),
        "views": _views(services),
        "database": await _database(services),
    }
    whole: State = "up" if all(part.status == "up" for part in parts.values()) else "down"
    response.status_code = 200 if whole == "up" else 503
    return DeepSaid(status=whole, parts=parts, seq=services.views.seq)


@routes.get(
    "/metrics", response_class=Response, dependencies=[public()], responses={200: {"content": {"text/plain": {}}}}
)
async def metrics(services: Served, request: Request) -> Response:
    """Metrics as Prometheus reads them: for networks that are let in, and for operators."""
    if not within(request.scope["garraway.address"], services.edge.scrapers):
        let_in(request.scope, Permission("view", "operations"))
    services.meters.door_connected.set(services.door.connected)
    services.meters.sequence.set(services.views.seq)
    return Response(generate_latest(services.meters.registry), media_type=CONTENT_TYPE_LATEST)


def _said(services: Services, response: Response, *, up: bool) -> HealthSaid:
    health = services.health
    response.status_code = 200 if up else 503
    state: Literal["starting", "serving", "draining"] = "draining" if health.draining else "serving"
    return HealthSaid(status="up" if up else "down", state=state if health.started else "starting")


def _views(services: Services) -> PartSaid:
    failure = services.views.statistics()["failure"]
    if failure is not None:
        return PartSaid(status="down", detail=str(failure))
    return PartSaid(status="up", detail=f"the event log is read up to command {services.views.seq}")


async def _database(services: Services) -> PartSaid:
    try:
        seq, _ = await queried(services, history.known_seq)
    except StoreError as error:
        return PartSaid(status="down", detail=str(error))
    behind = services.views.seq - seq
    return PartSaid(status="up", detail=f"its views know command {seq}, {behind} behind the event log")
