"""OAuth's authorization page: who asks for what; the person logs in with the second factor, and allows or denies.

No session of the page itself: whoever allows gives password and code for this one request, so that nobody else's form
can allow anything. A ticket carries the request from page to page, sealed and bound to a cookie, so that nobody is
logged in unawares by a form of another's making either.
"""

import binascii
import json
import re
import secrets
from dataclasses import asdict, dataclass
from typing import Annotated, Final

from fastapi import APIRouter, Cookie, Form, Query, Response
from pydantic import BaseModel, Field

from garraway.api.authorization_page import Shown, asking, refusing, style
from garraway.api.origins import From
from garraway.api.permits import public
from garraway.api.services import Services
from garraway.api.serving import Served
from garraway.identity import (
    Busy,
    Forbidden,
    GateStale,
    Grant,
    KeyFileUnsafe,
    Locked,
    OAuthRefused,
    Origin,
    Unauthenticated,
    log_in,
    oauth,
    sessions,
)
from garraway.identity.factors import Code, RecoveryCode
from garraway.identity.oauth import Authorization, Question
from garraway.identity.tokens import base64url, canonical_base64url

routes = APIRouter(include_in_schema=False)
COOKIE: Final = "garraway_authorize"
TICKET_S: Final = 600
AGAIN: Final = "The page is too old, or was opened in another browser."
_DIGITS: Final = re.compile(r"[0-9]{6}")
_DRAWN: Final = re.compile(r"[A-Za-z0-9_-]{22,64}")


class AuthorizeAsked(BaseModel):
    """RFC 6749, section 4.1.1, and RFC 7636, section 4.3; parameters that nobody knows are passed over."""

    response_type: Annotated[str, Field(max_length=32)] = ""
    client_id: Annotated[str, Field(max_length=64)] = ""
    redirect_uri: Annotated[str, Field(max_length=500)] = ""
    scope: Annotated[str, Field(max_length=200)] = ""
    state: Annotated[str, Field(max_length=500)] = ""
    code_challenge: Annotated[str, Field(max_length=128)] = ""
    code_challenge_method: Annotated[str, Field(max_length=16)] = ""


class Decided(BaseModel):
    """The form."""

    ticket: Annotated[str, Field(max_length=4_096)] = ""
    decision: Annotated[str, Field(max_length=16)] = ""
    login: Annotated[str, Field(max_length=508)] = ""
    password: Annotated[str, Field(max_length=1_024)] = ""
    code: Annotated[str, Field(max_length=40)] = ""


@dataclass(frozen=True, slots=True)
class Ticket:
    """A request on its way from page to page; `challenge`: the password was right."""

    asked: Authorization
    expires_at_s: int
    challenge: str = ""


Told = Annotated[str, Cookie(alias=COOKIE, max_length=64)]
SafeTold = Annotated[str, Cookie(alias=f"__Host-{COOKIE}", max_length=64)]


@routes.get("/oauth/authorize.css", dependencies=[public()])
async def authorize_style() -> Response:
    """How the page looks."""
    return Response(style(), media_type="text/css; charset=utf-8")


@routes.get("/oauth/authorize", dependencies=[public()])
def authorize_page(
    asked: Annotated[AuthorizeAsked, Query()], services: Served, told: Told = "", safely: SafeTold = ""
) -> Response:
    """The page, where the request is one that can be allowed."""
    authorization = Authorization(**asked.model_dump())
    try:
        question = oauth.question(services.identity, authorization)
    except OAuthRefused as refused:
        return refusing(f"The request is not from a program that is known here: {refused}.")
    if isinstance(question, str):
        return _sent_to(question)
    kept = _kept(services, told, safely)
    cookie = kept if _DRAWN.fullmatch(kept) else secrets.token_urlsafe(24)
    ticket = Ticket(authorization, services.identity.at_s + TICKET_S)
    reply = asking(Shown(question, _sealed(services, ticket, cookie)))
    secure = services.edge.encrypted
    name = f"__Host-{COOKIE}" if secure else COOKIE
    reply.set_cookie(name, cookie, max_age=TICKET_S, path="/", secure=secure, httponly=True, samesite="lax")
    return reply


@routes.post("/oauth/authorize", dependencies=[public(logs_in=True)])
def authorize_decision(
    said: Annotated[Decided, Form()], services: Served, origin: From, told: Told = "", safely: SafeTold = ""
) -> Response:
    """What the person decided: on to the program, or the page again."""
    cookie = _kept(services, told, safely)
    ticket = _opened(services, said.ticket, cookie)
    if ticket is None:
        return refusing(AGAIN)
    try:
        question = oauth.question(services.identity, ticket.asked)
    except OAuthRefused as refused:
        return refusing(f"The request is not from a program that is known here: {refused}.")
    if isinstance(question, str):
        return _sent_to(question)
    if said.decision != "allow":
        return _sent_to(oauth.deny(services.identity, ticket.asked))
    return _allowed(services, question, ticket, said, cookie, origin)


def _allowed(
    services: Services, question: Question, ticket: Ticket, said: Decided, cookie: str, origin: Origin
) -> Response:
    """On to the program with a code, or to the second factor, or the page again with what was wrong."""
    identity = services.identity
    shown = Shown(question, said.ticket, code=bool(ticket.challenge), login=said.login)
    try:
        outcome = _proven(services, ticket, said, origin)
        if isinstance(outcome, log_in.SecondFactorAsked):
            asked = Ticket(ticket.asked, ticket.expires_at_s, outcome.challenge)
            return asking(Shown(question, _sealed(services, asked, cookie), code=True))
        try:
            principal = identity.gate.bearer(outcome.access_token, at_s=identity.at_s, address=origin.address)
            return _sent_to(oauth.authorize(identity, principal, ticket.asked))
        finally:
            # It was for this one decision.
            sessions.end_by_token(identity, outcome.access_token, origin=origin)
    except Unauthenticated as wrong:
        return _again(shown, str(wrong), 401)
    except Locked as locked:
        return _again(shown, str(locked), 429, {"Retry-After": str(locked.retry_after_s)})
    except (Busy, GateStale):
        return _again(shown, "too much is going on at the moment: try again in a second", 503, {"Retry-After": "1"})
    except Forbidden as refused:
        return _again(shown, str(refused), 403)


def _proven(services: Services, ticket: Ticket, said: Decided, origin: Origin) -> Grant | log_in.SecondFactorAsked:
    if not ticket.challenge:
        return log_in.log_in(services.identity, login=said.login, password=said.password, origin=origin)
    typed = said.code.strip()
    proof = Code(typed) if _DIGITS.fullmatch(typed) else RecoveryCode(typed)
    return log_in.second_factor(services.identity, ticket.challenge, proof, origin=origin)


def _again(shown: Shown, why: str, status: int, headers: dict[str, str] | None = None) -> Response:
    return asking(
        Shown(shown.question, shown.ticket, shown.code, shown.login, why[:1].upper() + why[1:] + "."), status, headers
    )


def _sent_to(location: str) -> Response:
    """The browser goes on, by GET whatever brought it here (RFC 9700, section 4.12)."""
    return Response(status_code=303, headers={"Location": location, "Referrer-Policy": "no-referrer"})


def _kept(services: Services, told: str, safely: str) -> str:
    """The cookie: over TLS the one whose name no other host of the domain can set."""
    return safely if services.edge.encrypted else told


def _sealed(services: Services, ticket: Ticket, cookie: str) -> str:
    content = json.dumps(asdict(ticket)).encode()
    return base64url(services.identity.sealer.seal(content, belongs_to=f"authorize:{cookie}"))


def _opened(services: Services, text: str, cookie: str) -> Ticket | None:
    """The ticket, if it is one of ours, of this browser, and not too old."""
    if not _DRAWN.fullmatch(cookie):
        return None
    try:
        content = services.identity.sealer.open(canonical_base64url(text), belongs_to=f"authorize:{cookie}")
    except (ValueError, binascii.Error, KeyFileUnsafe):
        return None
    said = json.loads(content)
    ticket = Ticket(Authorization(**said["asked"]), said["expires_at_s"], said["challenge"])
    return ticket if services.identity.at_s < ticket.expires_at_s else None
