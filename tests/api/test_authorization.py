"""The authorization page, with authlib as a stranger's program and a browser that keeps cookies and reads forms."""

import asyncio
import re
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from html import unescape
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import httpx2
import pyotp
import pytest
from authlib.common.security import generate_token  # type: ignore[import-untyped]
from authlib.integrations.requests_client import OAuth2Session  # type: ignore[import-untyped]
from tests.api.fakes import services
from tests.identity.people import PASSWORD, register, trader

from garraway.api import EdgeSettings, Services, create_app, serve
from garraway.api.routes import authorization
from garraway.api.routes.authorization import Ticket
from garraway.api.server import Server, ServerSettings
from garraway.identity import Breached, Identity, Origin, Policy, RelyingParty, Role, Scope, assembly, factors, oauth
from garraway.identity.oauth import Authorization, NewClient
from garraway.identity.principal import Principal
from garraway.store import Database, audit, upgrade

BACK = "http://127.0.0.1:1/back?app=7"
NAME = '<b>Trading & "Robot"</b>'
HERE = Origin("127.0.0.1", "tests", "c-1")
INPUT = re.compile(r'<input type="hidden" name="ticket" value="([^"]+)">')


@dataclass
class Browser:
    """Follows no redirect by itself and fills in the form that it was shown last."""

    http: httpx2.Client
    page: httpx2.Response = field(init=False)

    def open(self, url: str) -> httpx2.Response:
        self.page = self.http.get(url)
        return self.page

    def send(self, decision: str = "allow", **fields: str) -> httpx2.Response:
        found = INPUT.search(self.page.text)
        assert found is not None, self.page.text
        form = {"ticket": unescape(found[1]), "decision": decision, **fields}
        self.page = self.http.post("/oauth/authorize", data=form)
        return self.page


@dataclass
class Place:
    """The service, a program that it knows, and its people."""

    identity: Identity
    url: str
    program: NewClient
    stack: ExitStack
    """Closes what browsers and programs opened."""

    def browser(self) -> Browser:
        return Browser(self.stack.enter_context(httpx2.Client(base_url=self.url)))

    def stranger(self, scope: str = "read trade") -> OAuth2Session:
        session = OAuth2Session(
            self.program.client_id,
            scope=scope,
            redirect_uri=BACK,
            code_challenge_method="S256",
            token_endpoint_auth_method="none",
        )
        self.stack.callback(session.close)
        return session

    def asked(self, session: OAuth2Session, verifier: str, **other: str) -> tuple[str, str]:
        url, state = session.create_authorization_url(self.url + "/oauth/authorize", code_verifier=verifier, **other)
        return str(url), str(state)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """On a port of its own, as programs and browsers meet it."""
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")
    database = Database.open(f"sqlite:///{tmp_path}/people.db")
    upgrade(database)
    party = RelyingParty("example.com", "Garraway", ("https://example.com",))
    policy = Policy(issuer="https://venue.example", lockout_failures=3)
    with assembly.opened(
        database, tmp_path / "keys", time.time_ns, relying_party=party, breached=Breached(), policy=policy
    ) as identity:
        program = oauth.create_client(
            identity, boss(identity), name=NAME, redirect_uris=[BACK], scopes=[Scope.READ, Scope.TRADE],
            confidential=False, origin=HERE,
        )  # fmt: skip
        made = replace(
            services(edge=EdgeSettings(logins_per_minute=1_000)),
            identity=identity,
            database=database,
            clock=time.time_ns,
            monotonic_s=time.monotonic,
        )
        server = Server(serve(create_app(made)), ServerSettings(host="127.0.0.1", port=0))
        ready = threading.Event()
        thread = threading.Thread(target=lambda: asyncio.run(served(server, ready)))
        thread.start()
        assert ready.wait(60)
        with ExitStack() as stack:
            yield Place(identity, f"http://127.0.0.1:{server.port}", program, stack)
        server.should_exit = True
        thread.join()
    database.close()


async def served(server: Server, ready: threading.Event) -> None:
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn tells nobody
        await asyncio.sleep(0.01)
    ready.set()
    await task


def boss(identity: Identity) -> Principal:
    at_s = identity.at_s
    return Principal(
        1, "boss@example.com", frozenset({Role.SUPER_ADMIN}), frozenset(), frozenset(), frozenset(Scope), "s", None,
        at_s, at_s, True, "127.0.0.1",
    )  # fmt: skip


def enrolled(identity: Identity, login: str) -> tuple[pyotp.TOTP, list[str]]:
    """An authenticator app of a new trader, and the recovery codes."""
    me = trader(identity, login)
    app = pyotp.parse_uri(factors.begin_totp(identity, me))
    assert isinstance(app, pyotp.TOTP)
    return app, factors.confirm_totp(identity, me, app.now(), origin=HERE)


def test_a_stranger_s_program_gets_what_the_person_allows(place: Place) -> None:
    register(place.identity)
    session, verifier = place.stranger(), generate_token(48)
    url, state = place.asked(session, verifier)
    browser = place.browser()
    page = browser.open(url)
    assert page.status_code == 200
    assert "&lt;b&gt;Trading &amp; &quot;Robot&quot;&lt;/b&gt; asks for access" in page.text
    assert "place, change and cancel orders" in page.text
    assert "withdrawals" not in page.text
    answer = browser.send(login="ada@example.com", password=PASSWORD)
    assert answer.status_code == 303
    location = answer.headers["location"]
    query = parse_qs(urlsplit(location).query)
    assert location.startswith(BACK + "&code=")
    assert (query["state"], query["iss"]) == ([state], ["https://venue.example"])
    tokens = session.fetch_token(
        place.url + "/oauth/token", authorization_response=location, state=state, code_verifier=verifier
    )
    assert tokens["scope"] == "read trade"
    me = httpx2.get(place.url + "/api/v1/auth/me", headers={"Authorization": f"Bearer {tokens['access_token']}"}).json()
    assert (me["login"], me["scopes"]) == ("ada@example.com", ["read", "trade"])
    assert session.refresh_token(place.url + "/oauth/token")["access_token"] != tokens["access_token"]
    # The log-in of the page is over with it.
    with place.identity.database.reading() as connection:
        done = [one.action for one in audit.audit_entries(connection, "security")]
    assert done[-2:] == ["log_in.succeeded", "session.log_out"]


def test_the_second_factor_is_asked_for(place: Place) -> None:
    app, codes = enrolled(place.identity, "bob@example.com")
    for proof in (app.at(time.time() + 30), codes[0]):
        session, verifier = place.stranger("read"), generate_token(48)
        url, state = place.asked(session, verifier)
        browser = place.browser()
        browser.open(url)
        page = browser.send(login="bob@example.com", password=PASSWORD)
        assert (page.status_code, "Code of your authenticator app" in page.text) == (200, True)
        assert 'name="password"' not in page.text
        page = browser.send(code="AAAA-AAAA")
        assert (page.status_code, "The second factor does not hold." in page.text) == (401, True)
        answer = browser.send(code=proof)
        assert answer.status_code == 303, answer.text
        tokens = session.fetch_token(
            place.url + "/oauth/token",
            authorization_response=answer.headers["location"],
            state=state,
            code_verifier=verifier,
        )
        assert tokens["scope"] == "read"


def test_the_person_may_say_no(place: Place) -> None:
    browser = place.browser()
    url, state = place.asked(place.stranger(), generate_token(48))
    browser.open(url)
    answer = browser.send("deny")
    query = parse_qs(urlsplit(answer.headers["location"]).query)
    assert (answer.status_code, query["error"], query["state"]) == (303, ["access_denied"], [state])
    browser.open(url)
    assert "access_denied" in browser.send("anything else", login="ada@example.com").headers["location"]


def test_wrong_log_ins_are_told_alike_and_locked(place: Place) -> None:
    register(place.identity)
    url, _ = place.asked(place.stranger(), generate_token(48))
    told = set()
    for login in ("ada@example.com", "nobody@example.com"):
        browser = place.browser()
        browser.open(url)
        page = browser.send(login=login, password="wrong wrong wrong")
        assert page.status_code == 401
        told.add(INPUT.sub("", page.text).replace(login, ""))
    assert len(told) == 1
    browser = place.browser()
    browser.open(url)
    for _ in range(2):
        browser.send(login="ada@example.com", password="wrong wrong wrong")
    browser.send(login="ada@example.com", password=PASSWORD)
    assert (browser.page.status_code, browser.page.headers["retry-after"]) == (429, "30")
    assert "too many wrong attempts" in browser.page.text.lower()


WRONG = (
    ({"client_id": "c" + "0" * 32}, None),
    ({"redirect_uri": "https://evil.example/back"}, None),
    ({"redirect_uri": BACK + "&more=1"}, None),
    ({"response_type": "token"}, "unsupported_response_type"),
    ({"code_challenge_method": "plain"}, "invalid_request"),
    ({"code_challenge": ""}, "invalid_request"),
    ({"scope": "read withdraw"}, "invalid_scope"),
    ({"scope": ""}, "invalid_scope"),
)


@pytest.mark.parametrize(("other", "error"), WRONG)
def test_a_wrong_request_is_refused_here_or_sent_back(place: Place, other: dict[str, str], error: str | None) -> None:
    url, _ = place.asked(place.stranger(), generate_token(48))
    asked = {name: found[0] for name, found in parse_qs(urlsplit(url).query).items()} | other
    answer = place.browser().http.get("/oauth/authorize", params=asked)
    if error is None:
        assert (answer.status_code, "location" in answer.headers) == (400, False)
        assert "evil" not in answer.text
    else:
        assert parse_qs(urlsplit(answer.headers["location"]).query)["error"] == [error]


def test_a_form_without_its_cookie_or_changed_or_old_allows_nothing(place: Place) -> None:
    register(place.identity)
    url, _ = place.asked(place.stranger(), generate_token(48))
    mine, theirs = place.browser(), place.browser()
    ticket = cast("Any", INPUT.search(mine.open(url).text))[1]
    theirs.open(url)
    form = {"decision": "allow", "login": "ada@example.com", "password": PASSWORD}
    assert place.browser().http.post("/oauth/authorize", data=form | {"ticket": ticket}).status_code == 400
    for wrong in (ticket[:-2] + "AA", ticket + "A", "", "é"):
        assert mine.http.post("/oauth/authorize", data=form | {"ticket": wrong}).status_code == 400
    assert theirs.http.post("/oauth/authorize", data=form | {"ticket": ticket}).status_code == 400
    asked = Authorization("code", place.program.client_id, BACK, "read", "", "c" * 43, "S256")
    known = cast("Services", SimpleNamespace(identity=place.identity))
    for life_s, status in ((-1, 400), (60, 303)):
        made = Ticket(asked, place.identity.at_s + life_s)
        sealed = authorization._sealed(known, made, mine.http.cookies["garraway_authorize"])
        assert mine.http.post("/oauth/authorize", data=form | {"ticket": sealed}).status_code == status
    assert mine.http.post("/oauth/authorize", data=form | {"ticket": ticket}).status_code == 303


def test_the_page_has_no_script_and_cannot_be_framed(place: Place) -> None:
    url, _ = place.asked(place.stranger(), generate_token(48))
    page = place.browser().open(url)
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self' http://127.0.0.1:1;" in policy
    assert "unsafe" not in policy
    assert (page.headers["x-frame-options"], page.headers["referrer-policy"]) == ("DENY", "no-referrer")
    assert page.headers["cache-control"] == "no-store"
    assert "<script" not in page.text
    assert " style=" not in page.text
    assert {"HttpOnly", "SameSite=lax"} <= {part.strip() for part in page.headers["set-cookie"].split(";")}
    for target in re.findall(r'(?:src|href)="([^"]+)"', page.text):
        assert httpx2.get(place.url + target).headers["content-type"].startswith("text/css")
