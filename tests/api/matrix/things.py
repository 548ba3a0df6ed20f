"""What a cell asks for: things of the asker's own, of another, and of nobody, made anew where asking uses them up."""

import itertools
from dataclasses import replace
from functools import partial
from typing import Any, Final, Literal

from tests.api.matrix.callers import FAR, NEAR, STRANGER, Caller, Cast, new_user
from tests.api.venue import issued

from garraway.cli.up import people as demo_people
from garraway.identity import Role
from garraway.store import api_keys, drafts, login_sessions, oauth_clients, user_settings, users
from garraway.store.api_keys import ApiKey
from garraway.store.login_sessions import LoginSession
from garraway.store.oauth_clients import OAuthClient
from garraway.store.user_settings import UserSetting

Ownership = Literal["own", "others", "staff", "nobody"]
NOBODY: Final = {
    "account": 4_000_000,
    "user_id": 4_000_000,
    "order_ref": 4_000_000,
    "client_order_id": "nobodys",
    "transfer_id": 4_000_000,
    "approval_id": 4_000_000,
    "draft_id": 4_000_000,
    "payload_hash": "0" * 64,
    "session_id": "nobodys",
    "key_id": "nobodys",
    "key": "nobodys",
    "client_id": "nobodys",
    "credential_id": "nobodys",
    "group": 4_000,
    "plan": 200,
    "session": 60_000,
    "symbol": "NONE",
}
"""Names of things that there are none of."""
DAY_NS: Final = 86_400 * 10**9
ORDER: Final = {"symbol": "BTC-USD", "side": "buy", "quantity": "0.01", "price": "58000"}


class Things:
    """Makes and names things over the cast; `of` gives what stands in a request in place of `<name>` and `{name}`."""

    def __init__(self, cast: Cast) -> None:
        """An open order of each client, and nothing else yet."""
        self._cast = cast
        self._count = itertools.count(1)
        near, far, program = cast.trader, cast.stranger, cast.callers["OAuth client"]
        number = new_user(cast.identity, "drafting", Role.DEALER, 0)
        proof = partial(issued, cast.identity, number, "drafting")
        self._author = Caller(name="drafting", user_id=number, account=0, client_id=0, proof=proof)
        self._orders = {one.account: self._ordered(one) for one in (near, far, program)}

    def of(self, kind: str, ownership: Ownership, caller: Caller) -> dict[str, Any]:
        """A thing of this kind by its names; one that asking uses up is new."""
        number = next(self._count)
        free = {"number": number, "new_group": 100 + number % 3_900, "new_plan": 10 + number % 180}
        if ownership == "nobody":
            return NOBODY | free
        whose = self._cast.stranger if ownership == "others" else self._client(caller)
        made = getattr(self, f"_{kind}", self._nothing)(ownership, caller, whose)
        order_ref = self._orders[whose.account]
        order = {"order_ref": order_ref, "client_order_id": f"matrix-{whose.account}"}
        named = {"account": whose.account, "user_id": whose.user_id, "group": NEAR, "plan": 1, "session": 1}
        return NOBODY | free | {"symbol": "BTC-USD"} | named | order | made

    def _client(self, caller: Caller) -> Caller:
        """Whose things are a caller's own: a trader's itself, of staff the near client."""
        found = [self._cast.trader, self._cast.callers["OAuth client"]]
        return next(one for one in found if one.user_id == caller.client_id)

    def _nothing(self, *_: object) -> dict[str, Any]:
        return {}

    def _fresh_user(self, ownership: Ownership, *_: object) -> dict[str, Any]:
        group = NEAR if ownership == "own" else FAR
        role = Role.SUPPORT if ownership == "staff" else Role.TRADER
        return {"user_id": new_user(self._cast.identity, f"fresh-{next(self._count)}", role, group)}

    def _disabled_user(self, ownership: Ownership, *_: object) -> dict[str, Any]:
        made = self._fresh_user(ownership)
        with self._cast.identity.database.writing() as connection:
            users.update_user(connection, made["user_id"], status="disabled")
        return made

    def _own_session(self, ownership: Ownership, caller: Caller, whose: Caller) -> dict[str, Any]:
        """A log-in session of the asker itself, staff or not."""
        return self._session_of(_self_or(whose, caller, ownership))

    def _own_key(self, ownership: Ownership, caller: Caller, whose: Caller) -> dict[str, Any]:
        return self._key_of(_self_or(whose, caller, ownership))

    def _own_setting(self, ownership: Ownership, caller: Caller, whose: Caller) -> dict[str, Any]:
        user_id = _self_or(whose, caller, ownership)
        one = UserSetting(key=f"cell-{user_id}", value="1", set_at_ns=self._cast.identity.clock())
        with self._cast.identity.database.writing() as connection:
            assert user_settings.set_user_setting(connection, user_id, one)
        return {"key": one.key}

    def _clients_key(self, _ownership: Ownership, _caller: Caller, whose: Caller) -> dict[str, Any]:
        return self._key_of(whose.user_id)

    def _transfer(self, _ownership: Ownership, _caller: Caller, whose: Caller) -> dict[str, Any]:
        """A deposit that a client announced: it waits for an approval."""
        said = {"account": whose.account, "asset": "USD", "amount": "10", "note": "matrix"}
        asker = replace(whose, proof=partial(issued, self._cast.identity, whose.user_id, f"asker-{whose.user_id}"))
        made = self._asked(asker, "/api/v1/transfers/deposits", said)
        shown = self._cast.ask(
            self._cast.callers["SuperAdmin"], "GET", f"/api/v1/admin/approvals/{made['approval_id']}"
        )
        return {
            "transfer_id": made["transfer_id"],
            "approval_id": made["approval_id"],
            "payload_hash": shown.json()["payload_hash"],
        }

    def _draft(self, ownership: Ownership, caller: Caller, _whose: Caller) -> dict[str, Any]:
        """A draft that the asker itself began, or another member of staff."""
        author = caller.user_id if ownership == "own" and caller.user_id else self._cast.stranger.user_id
        with self._cast.identity.database.writing() as connection:
            made = drafts.insert_draft(
                connection,
                kind="group",
                number=NEAR,
                content='{"asset":null,"name":"drafted","tiers":[]}',
                author_id=author,
                at_ns=self._cast.identity.clock(),
                expires_at_ns=self._cast.identity.clock() + DAY_NS,
            )
        return {"draft_id": made}

    def _submitted_draft(self, *_: object) -> dict[str, Any]:
        """A draft that waits for an approval; its author asks for nothing else in the matrix."""
        author, path = self._author, "/api/v1/admin/drafts"
        said = {
            "kind": "group",
            "number": 4_000 + next(self._count) % 90,
            "content": {"name": "new"},
            "reason": "a cell",
        }
        made = self._cast.ask(author, "POST", path, said)
        assert made.status_code == 201, made.text
        named = f"{path}/{made.json()['draft_id']}/submit"
        submitted = self._cast.ask(author, "POST", named, {"version": 1, "reason": "a cell"})
        assert submitted.status_code == 200, submitted.text
        return {name: submitted.json()[name] for name in ("draft_id", "payload_hash")}

    def _trading_session(self, *_: object) -> dict[str, Any]:
        self._defined(9, "matrix", STRANGER + 1)
        return {"session": 9}

    def _defined(self, session: int, name: str, account: int) -> None:
        firm = demo_people.accounts()[account]
        said = {"name": name, "firm": firm, "accounts": [account], "network": "127.0.0.0/8", "reason": "a cell"}
        path = f"/api/v1/admin/trading-sessions/{session}"
        reply = self._cast.ask(self._cast.callers["SuperAdmin"], "PUT", path, said)
        assert (reply.status_code, reply.json()["command"]["status"]) == (200, "accepted"), reply.text

    def _seen_session(self, _ownership: Ownership, _caller: Caller, whose: Caller) -> dict[str, Any]:
        """A trading session of a client's account."""
        session = 20 + whose.account
        self._defined(session, f"s{whose.account}", whose.account)
        return {"session": session}

    def _oauth_client(self, *_: object) -> dict[str, Any]:
        name = f"matrix-{next(self._count)}"
        with self._cast.identity.database.writing() as connection:
            client = OAuthClient(name, name, None, "[]", "read", None, self._cast.identity.clock())
            oauth_clients.insert_client(connection, client)
        return {"client_id": name}

    def _session_of(self, user_id: int) -> dict[str, Any]:
        name, now = f"matrix-{next(self._count)}", self._cast.identity.clock()
        session = LoginSession(name, user_id, "tests", "read", "127.0.0.1", "", now, now, now, now, now + DAY_NS)
        with self._cast.identity.database.writing() as connection:
            login_sessions.insert_session(connection, session)
        return {"session_id": name}

    def _key_of(self, user_id: int) -> dict[str, Any]:
        name, now = f"matrix-k-{next(self._count)}", self._cast.identity.clock()
        key = ApiKey(name, user_id, "matrix", "ed25519", bytes(32), "read", "[]", now, now + DAY_NS)
        with self._cast.identity.database.writing() as connection:
            api_keys.insert_key(connection, key)
        return {"key_id": name, "user_id": user_id}

    def _ordered(self, owner: Caller) -> str:
        said = ORDER | {"account": owner.account, "client_order_id": f"matrix-{owner.account}"}
        reply = self._cast.ask(owner, "POST", "/api/v1/orders", said)
        assert (reply.status_code, reply.json()["status"]) == (201, "accepted"), reply.text
        found: str = reply.json()["order_ref"]
        return found

    def _asked(self, asker: Caller, path: str, said: dict[str, Any]) -> dict[str, Any]:
        reply = self._cast.ask(asker, "POST", path, said)
        assert reply.status_code == 202, reply.text
        found: dict[str, Any] = reply.json()
        return found


def _self_or(whose: Caller, caller: Caller, ownership: Ownership) -> int:
    """The asker's own number, staff or not, where there is an asker and it is its own that is asked for."""
    return caller.user_id if ownership == "own" and caller.user_id else whose.user_id
