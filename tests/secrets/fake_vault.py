"""What this project uses of Vault's HTTP API, answered as its documentation says: KV version 2 and AppRole.

Written from Vault's API pages; no Vault was run against it or against the provider.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class FakeVault:
    """The state of the fake: secrets by path, tokens that count, log-ins so far."""

    url: str = ""
    secrets: dict[str, dict[str, str]] = field(default_factory=dict)
    tokens: set[str] = field(default_factory=lambda: {"root-token"})
    sealed: bool = False
    log_ins: int = 0
    asked: list[str] = field(default_factory=list)

    def answer(self, method: str, path: str, token: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        self.asked.append(f"{method} {path}")
        if self.sealed:
            return 503, {"errors": ["Vault is sealed"]}
        if (method, path) == ("POST", "/v1/auth/approle/login"):
            return self._log_in(body)
        if token not in self.tokens:
            return 403, {"errors": ["permission denied"]}
        found = self.secrets.get(path.removeprefix("/v1/secret/data/").partition("?")[0])
        if method != "GET" or found is None:
            return 404, {"errors": []}
        return 200, {"data": {"data": found, "metadata": {"version": 1, "destroyed": False, "deletion_time": ""}}}

    def _log_in(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if body != {"role_id": "garraway", "secret_id": "the-secret-id"}:
            return 400, {"errors": ["invalid role or secret ID"]}
        self.log_ins += 1
        token = f"approle-token-{self.log_ins}"
        self.tokens.add(token)
        return 200, {"auth": {"client_token": token, "lease_duration": 60, "renewable": True}}


@contextmanager
def fake_vault() -> Iterator[FakeVault]:
    """A fake that listens on a free port."""
    vault = FakeVault()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base's name
            """Nothing: the tests look at `asked`."""

        def _answer(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            body = json.loads(content) if content else {}
            status, said = vault.answer(self.command, self.path, self.headers.get("X-Vault-Token", ""), body)
            text = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        vault.url = f"http://127.0.0.1:{server.server_port}"
        try:
            yield vault
        finally:
            server.shutdown()
            thread.join()
