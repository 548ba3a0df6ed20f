"""What the hub of WebSockets asks of the service: who a token is, and to cancel orders of who left. Touches `identity`.

The hub runs in a thread of Rust and knows no people; it asks, and is answered by calls.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Final, Protocol

from garraway.api.access_log import AccessLog
from garraway.api.desk import Desk
from garraway.api.problems import Problem
from garraway.api.refusals import noted
from garraway.identity import Identity, IdentityError, Origin, Permission, permitted, require
from garraway.identity.gate import Cut
from garraway.records import Scope

VIEW: Final = Permission("view", "orders")
CANCEL: Final = Permission("cancel", "orders")
SECOND_NS: Final = 10**9
TRIES: Final = 5
"""How often a mass cancel is tried while the exchange is away: each waits for it."""


class Hub(Protocol):
    """What this needs of `garraway._native.Views`."""

    def allow(
        self,
        connection: int,
        accounts: Sequence[int],
        *,
        may_cancel: bool,
        login_session: str,
        user: int,
        expires_at_ns: int,
    ) -> None:
        """Lets a connection see accounts, and have their orders cancelled or not."""
        ...

    def refuse(self, connection: int, reason: str) -> None:
        """Tells a connection that its token is not good."""
        ...

    def reply(self, connection: int, text: str) -> None:
        """Answers a call."""
        ...

    def follow(
        self, connection: int, account: int, text: str, *, login_session: str, user: int, expires_at_ns: int
    ) -> None:
        """Answers a call, and tells the connection of an account from now on."""
        ...

    def unfollow(self, connection: int, text: str) -> None:
        """Answers a call, and tells the connection of no account any more."""
        ...

    def cut(
        self, reason: str, *, connection: int | None = None, login_session: str | None = None, user: int | None = None
    ) -> None:
        """Closes connections at once."""
        ...


class Streams:
    """Answers the hub."""

    def __init__(
        self,
        hub: Hub,
        identity: Identity,
        desk: Desk,
        log: AccessLog,
        calls: Callable[[dict[str, Any]], None],
        *,
        clock: Callable[[], int],
    ) -> None:
        """Listens to the gate from now on; requests are handed in, `calls` takes those of another interface."""
        self._hub = hub
        self._identity = identity
        self._desk = desk
        self._log = log
        self._calls = calls
        self._clock = clock
        self._tasks: set[asyncio.Task[None]] = set()
        identity.gate.on_cut(self._cut)

    def close(self) -> None:
        """Gives up what is under way."""
        for task in self._tasks:
            task.cancel()

    def take(self, request: dict[str, Any]) -> None:
        """One request of the hub."""
        if request["kind"] == "auth":
            self._admit(request["connection"], request["token"], request["address"])
        elif request["kind"] == "call":
            self._calls(request)
        elif request["kind"] == "cancel":
            self._begin(self._cancel(request["accounts"], request["cause"]))

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _admit(self, connection: int, token: str, address: str) -> None:
        at_s = self._clock() // SECOND_NS
        try:
            principal = self._identity.gate.bearer(token, at_s=at_s, address=address)
            require(principal, VIEW, at_s=at_s)
            claims = self._identity.tokens.verify(token, at_s=at_s)
        except IdentityError as error:
            self._audit(error, address)
            self._hub.refuse(connection, str(error))
            return
        self._hub.allow(
            connection,
            sorted(principal.accounts),
            may_cancel=permitted(principal, CANCEL),
            login_session=claims.session_id,
            user=principal.user_id,
            expires_at_ns=claims.expires_at_s * SECOND_NS,
        )
        # What ended since it was looked up was told to the hub before it knew of the log-in.
        if not self._identity.gate.live(principal, at_ns=self._clock()):
            self._hub.cut("revoked", connection=connection)

    def _audit(self, error: IdentityError, address: str) -> None:
        if error.refused is not None:
            self._begin(noted(self._identity, self._log, error.refused, Origin(address, "websocket")))

    def _cut(self, cut: Cut) -> None:
        """Called from the gate's thread."""
        if cut.session_id is not None:
            self._hub.cut(cut.reason, login_session=cut.session_id)
        elif cut.key_id is not None:
            self._hub.cut(cut.reason, login_session=f"key:{cut.key_id}")
        else:
            self._hub.cut(cut.reason, user=cut.user_id)

    async def _cancel(self, accounts: Sequence[int], cause: str) -> None:
        for account in accounts:
            for _ in range(TRIES):
                try:
                    told = await self._desk.mass_cancel(scope=Scope.ACCOUNT, number=account)
                except Problem:
                    continue  # the exchange was away for as long as the desk waits: try again
                self._log.write("info", "orders_cancelled", account=account, cause=cause, command_seq=told.seq)
                break
            else:
                self._log.write("error", "orders_not_cancelled", account=account, cause=cause)
