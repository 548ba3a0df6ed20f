"""Refused permissions and credentials: counted; permissions also brought to the audit chain. Touches `identity`.

A refusal that cannot be written, because the database is away, is refused all the same and told in the log.
"""

from typing import TYPE_CHECKING

from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.types import Scope

from garraway.api.access_log import AccessLog
from garraway.api.origins import origin_of
from garraway.identity import Identity, IdentityError, Origin, Refusal, Unauthenticated
from garraway.store import StoreError

if TYPE_CHECKING:
    from garraway.api.services import Services


async def audited(services: "Services", scope: Scope, error: Exception) -> None:
    """Counts the refusal that an error tells of, if it is one, and notes it where it is of a permission."""
    if isinstance(error, Unauthenticated):
        services.meters.unauthenticated.inc()
    refusal = error.refused if isinstance(error, IdentityError) else None
    if refusal is not None:
        services.meters.denied.labels(route_of(scope)).inc()
        await noted(services.identity, services.log, refusal, origin_of(scope))


def route_of(scope: Scope) -> str:
    """The route that a request met, as the routes are declared; `none` where it met none."""
    return scope.get("garraway.route") or getattr(scope.get("route"), "path", None) or "none"


async def noted(identity: Identity, log: AccessLog, refusal: Refusal, origin: Origin) -> None:
    """Writes or counts a refusal."""
    try:
        await run_in_threadpool(
            identity.refusals.note, identity.database, refusal, origin=origin, at_ns=identity.clock()
        )
    except (StoreError, SQLAlchemyError) as lost:
        log.write("error", "refusal_not_audited", user=refusal.principal.user_id, error=str(lost))
