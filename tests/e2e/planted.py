"""Secrets of more than twenty kinds, planted in a venue: in its settings, by what people do, and in requests.

`Real` ones are what the service was given or gave out; `SHAPED` ones only look like some, and go into every field.
"""

import hashlib
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pyotp
from tests.api.venue import Venue

from garraway.identity.tokens import base64url

MARK = "cAnArY7Q9zX2cAnArY7Q9zX2cAnArY7Q9zX2"
SHAPED = {
    "refresh token": f"grw_refresh_{MARK}",
    "authorization code": f"grw_code_{MARK}",
    "challenge": f"grw_challenge_{MARK}",
    "reset secret": f"grw_reset_{MARK}",
    "client secret": f"grw_client_{MARK}",
    "API secret": f"grw_hmac_{MARK}",
    "access token": f"eyJhbGciOiJFZDI1NTE5In0.{MARK}.{MARK}",
    "Authorization header": f"Bearer {MARK}",
    "webhook's credentials": f"https://hook:{MARK}@host.example/x",
    "password in a text": f"password={MARK}",
    "Vault token": f"hvs.{MARK}",
    "private key": f"-----BEGIN PRIVATE KEY-----{MARK}-----END PRIVATE KEY-----",
    "password hash": f"$argon2id$v=19$m=19456,t=2,p=1${MARK}${MARK}",
}
HEADERS = {
    "cookie": f"garraway_authorize={MARK}; session={MARK}",
    "proxy-authorization": f"Basic {MARK}",
    "x-api-key": MARK,
    "x-mbx-apikey": MARK,
    "garraway-signature": MARK,
    "idempotency-key": MARK,
    "user-agent": f"robot (token={MARK})",
    "referer": f"https://x.example/?access_token={MARK}",
}
PASSWORD, GUESS, NEXT = "eve has a Secret-Sentence 1", "a wrong Secret-Guess 2 of eve", "eve's next Secret-Sentence 3"
BACK = "https://robot.example/back"


@dataclass
class Planted:
    """Kind -> the secrets themselves."""

    real: dict[str, list[str]] = field(default_factory=dict)

    def add(self, kind: str, *values: str) -> str:
        """Notes secrets of a kind; the last of them."""
        self.real.setdefault(kind, []).extend(values)
        return values[-1]


def environment(folder: Path, planted: Planted) -> dict[str, str]:
    """Settings that name secrets, each in a file of its own or in the environment."""
    folder.mkdir(mode=0o700)
    told = {}
    for setting, kind in (
        ("DATABASE__PASSWORD", "database password"),
        ("IDENTITY__PEPPER", "pepper"),
        ("IDENTITY__KEY_PASSPHRASE", "passphrase"),
        ("BACKUP__ENCRYPTION_KEY", "backup key"),
    ):
        path = folder / kind.replace(" ", "-")
        path.touch(mode=0o600)
        path.write_text(planted.add(kind, secrets.token_hex(24)))
        told[f"GARRAWAY_{setting}"] = f"file:{path}"
    told["GARRAWAY_SECRETS__VAULT_TOKEN"] = "env:PLANTED_VAULT_TOKEN"
    told["PLANTED_VAULT_TOKEN"] = planted.add("Vault's token", "hvs." + secrets.token_hex(16))
    told["AWS_SECRET_ACCESS_KEY"] = planted.add("AWS's key", secrets.token_hex(20))
    told["GARRAWAY_SERVICE__LOGIN_ATTEMPTS_PER_MINUTE"] = "100000"
    return told


@dataclass
class Eve:
    """A person who leaves a secret of every kind behind."""

    venue: Venue
    planted: Planted
    replies: list[str] = field(default_factory=list)
    access: str = ""

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None, status: int = 200) -> dict[str, Any]:
        """A reply that must be of this status."""
        headers = {"Authorization": f"Bearer {self.access}"} if self.access else {}
        reply = httpx2.request(method, self.venue.url + path, json=body, headers=headers, timeout=20)
        assert reply.status_code == status, (path, reply.status_code, reply.text)
        return dict(reply.json()) if reply.content else {}

    def live(self) -> None:
        """Registers, logs in wrongly and rightly, enrols, makes keys, allows a program."""
        add, login = self.planted.add, "eve@example.com"
        self.ask("POST", "/api/v1/auth/register", {"login": login, "name": "Eve", "password": PASSWORD}, 202)
        add("password", PASSWORD, GUESS)
        self.ask("POST", "/api/v1/auth/login", {"login": login, "password": GUESS}, 401)
        self.access = self.tokens(self.ask("POST", "/api/v1/auth/login", {"login": login, "password": PASSWORD}))
        uri = self.ask("POST", "/api/v1/auth/factors/totp")["uri"]
        app = pyotp.parse_uri(uri)
        assert isinstance(app, pyotp.TOTP)
        add("TOTP seed", app.secret)
        codes = self.ask("POST", "/api/v1/auth/factors/totp/confirm", {"code": app.now()})["recovery_codes"]
        add("recovery code", *codes)
        self.access = ""
        asked = self.ask("POST", "/api/v1/auth/login", {"login": login, "password": PASSWORD})["second_factor"]
        answer = {"challenge": add("challenge", asked["challenge"]), "recovery_code": codes[0]}
        self.access = self.tokens({"tokens": self.ask("POST", "/api/v1/auth/second-factor", answer)})
        for algorithm in ("hmac-sha256", "ed25519"):
            wanted = {"label": "robot", "algorithm": algorithm, "scopes": ["read", "trade"], "networks": []}
            add(f"API key {algorithm}", self.ask("POST", "/api/v1/keys", wanted, 201)["secret"])
        self.allow(codes[1])
        self.ask("PUT", "/api/v1/auth/password", {"old": PASSWORD, "new": add("password", NEXT)}, 204)

    def tokens(self, said: dict[str, Any]) -> str:
        """The access token of a reply, which is used to renew it once."""
        tokens = said["tokens"]
        self.planted.add("access token", tokens["access_token"])
        self.planted.add("refresh token", tokens["refresh_token"])
        renewed = self.ask("POST", "/api/v1/auth/refresh", {"refresh_token": tokens["refresh_token"]})
        self.planted.add("refresh token", renewed["refresh_token"])
        return self.planted.add("access token", renewed["access_token"])

    def allow(self, recovery_code: str) -> None:
        """Allows a program of the administrator's on the page; it takes its tokens."""
        add = self.planted.add
        wanted = {"name": "Robot", "redirect_uris": [BACK], "scopes": ["read"], "confidential": True}
        with self.venue.client("SuperAdmin") as root:
            program = root.post("/api/v1/admin/oauth-clients", json=wanted).json()
        add("client secret", program["client_secret"])
        verifier = add("code verifier", secrets.token_urlsafe(48))
        challenge = base64url(hashlib.sha256(verifier.encode()).digest())
        asked = {"response_type": "code", "client_id": program["client_id"], "redirect_uri": BACK, "scope": "read"}
        proof = {"code_challenge": challenge, "code_challenge_method": "S256"}
        with httpx2.Client(base_url=self.venue.url) as browser:
            page = browser.get("/oauth/authorize", params=asked | proof)
            add("cookie", *browser.cookies.values())
            for fields in ({"login": "eve@example.com", "password": PASSWORD}, {"code": recovery_code}):
                ticket = add("ticket", page.text.partition('name="ticket" value="')[2].partition('"')[0])
                page = browser.post("/oauth/authorize", data={"ticket": ticket, "decision": "allow", **fields})
            code = add("authorization code", parse_qs(urlsplit(page.headers["location"]).query)["code"][0])
            form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, "code_verifier": verifier}
            basic = (program["client_id"], program["client_secret"])
            tokens = browser.post("/oauth/token", data=form, auth=basic).json()
        add("access token", tokens["access_token"])
        add("refresh token", tokens["refresh_token"])


def invited(venue: Venue, planted: Planted) -> None:
    """Secrets that staff hand over: an invitation, a reset."""
    with venue.client("SuperAdmin") as root:
        wanted = {"login": "new@example.com", "name": "New", "roles": ["Trader"], "reason": "a new person"}
        made = root.post("/api/v1/admin/users", json=wanted)
        assert made.status_code == 201, made.text
        planted.add("invitation", made.json()["invitation"])
        reset = root.post(f"/api/v1/admin/users/{made.json()['user_id']}/reset-password", json={"reason": "lost it"})
        assert reset.status_code == 200, reset.text
        planted.add("reset secret", next(value for value in reset.json().values() if str(value).startswith("grw_")))
