"""Schemathesis on the running service: whatever is sent, nothing is a fault of ours, and replies are as documented."""

import json
import os
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.api.venue import Venue, running

from garraway.api.app import openapi_json
from garraway.identity import Role

EXAMPLES = int(os.environ.get("GARRAWAY_SCHEMA_EXAMPLES", "2"))
"""Examples of each operation and role; the long form takes more, and all roles (GARRAWAY_SCHEMA_ROLES=all)."""
ROLES = ["trader", *Role, ""] if os.environ.get("GARRAWAY_SCHEMA_ROLES") == "all" else ["trader", Role.SUPER_ADMIN]
schema = schemathesis.openapi.from_dict(json.loads(openapi_json()))
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@schema.hook
def map_query(context: schemathesis.HookContext, query: dict[str, Any] | None) -> dict[str, Any] | None:
    """Without waits for commands that never come: each takes a second."""
    return {name: value for name, value in query.items() if name != "min_seq"} if query else query


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Venue]:
    """A venue for this file alone: among what is sent are kill switches and the end of users."""
    with running(tmp_path_factory.mktemp("schema") / "v", rate=1_000_000) as found:
        yield found


@pytest.mark.parametrize("role", [role for role in ROLES if role != Role.TRADER])
@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_no_request_finds_a_fault(own: Venue, role: str, case: schemathesis.Case[Any]) -> None:
    headers = {"Authorization": f"Bearer {own.tokens[role]}"} if role else {}
    case.call_and_validate(base_url=own.url, headers=headers, checks=CHECKS)
