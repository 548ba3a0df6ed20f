"""Schemathesis on the running service: whatever is sent, nothing is a fault of ours, and replies are as documented."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.api.venue import Venue, enrol, issued, running

from garraway.api.app import openapi_json
from garraway.identity import Identity, Role
from garraway.store import Database, users

EXAMPLES = int(os.environ.get("GARRAWAY_SCHEMA_EXAMPLES", "2"))
"""Examples of each operation and role; the long form takes more, and all roles."""
ALL = ("trader", *(role for role in Role if role is not Role.TRADER), "")
ASKED = os.environ.get("GARRAWAY_SCHEMA_ROLES", "trader,SuperAdmin")
"""Roles with commas between, or `all`; `trader` has an account, and the last of all is nobody."""
ROLES = ALL if ASKED == "all" else tuple(ASKED.split(","))
DECOYS = 300
schema = schemathesis.openapi.from_dict(json.loads(openapi_json()))
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@schema.hook
def map_query(context: schemathesis.HookContext, query: dict[str, Any] | None) -> dict[str, Any] | None:
    """Without waits for commands that never come: each takes a second."""
    return {name: value for name, value in query.items() if name != "min_seq"} if query else query


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator["Own"]:
    """A venue for this file alone: among what is sent are kill switches and the end of users.

    Numbers of users that are likely to be drawn belong to decoys; that every role was itself to the end is checked.
    """
    folder = tmp_path_factory.mktemp("schema") / "v"
    with running(folder, rate=1_000_000, people=behind_decoys) as venue, venue.identity() as identity:
        found = Own(venue, identity)
        yield found
        known = {who: httpx2.get(venue.url + "/api/v1/auth/me", headers=found.bearer(who)) for who in venue.tokens}
    assert {who: reply.status_code for who, reply in known.items()} == dict.fromkeys(known, 200)


@dataclass(frozen=True)
class Own:
    """The venue, and tokens that are never old: a run takes longer than one lives."""

    venue: Venue
    identity: Identity

    def bearer(self, who: str) -> dict[str, str]:
        if not who:
            return {}
        with self.identity.database.reading() as connection:
            user = users.user_by_login(connection, f"{who.lower()}@example.com")
        assert user is not None
        return {"Authorization": f"Bearer {issued(self.identity, user.user_id, f'session-{who.lower()}')}"}


def behind_decoys(venue: Venue) -> None:
    database = Database.open(venue.database)
    with database.writing() as connection:
        for number in range(DECOYS):
            login = f"decoy-{number}@example.com"
            users.insert_user(connection, login=login, name="decoy", roles=["Trader"], group_id=0, at_ns=1)
    database.close()
    enrol(venue)


@pytest.mark.parametrize("role", ROLES)
@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_no_request_finds_a_fault(own: Own, role: str, case: schemathesis.Case[Any]) -> None:
    case.call_and_validate(base_url=own.venue.url, headers=own.bearer(role), checks=CHECKS)
