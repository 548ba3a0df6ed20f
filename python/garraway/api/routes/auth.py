"""Logging in and what one proves oneself by: register, log in, second factor, refresh, step up, password, factors.

Routes are functions without `async`: they hash and write, so they run in threads.
"""

import json
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import Field, model_validator

from garraway.api.decimals import Asked, Said
from garraway.api.origins import From
from garraway.api.permits import Caller, needs, public
from garraway.api.problems import invalid
from garraway.api.serving import Served
from garraway.identity import Grant, factors, log_in, people, sessions
from garraway.identity.factors import Assertion, Code, Proof, RecoveryCode

routes = APIRouter(prefix="/api/v1/auth", tags=["log-in"])
Login = Annotated[str, Field(max_length=508, examples=["ada@example.com"])]
Password = Annotated[str, Field(max_length=1_024, json_schema_extra={"format": "password"})]
Secret = Annotated[str, Field(max_length=2_048)]
Options = dict[str, Any]


class RegisterAsked(Asked):
    """A person who wants to trade."""

    login: Login
    name: Annotated[str, Field(max_length=400)]
    password: Password


class RegisterSaid(Said):
    """The same for every login, taken or not: log in to see."""

    status: Literal["accepted"] = "accepted"


class LogInAsked(Asked):
    """A login and its password."""

    login: Login
    password: Password


class TokensSaid(Said):
    """An access token, and the refresh token that is used once for the next two."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - no password, a word of RFC 6750
    expires_in_s: int
    refresh_token: str | None
    scope: str
    session_id: str


class SecondFactorSaid(Said):
    """What is asked for, within five minutes."""

    challenge: str
    totp: bool
    assertion_options: Options | None


class LogInSaid(Said):
    """Tokens, or the question for the second factor."""

    status: Literal["granted", "second_factor"]
    tokens: TokensSaid | None = None
    second_factor: SecondFactorSaid | None = None


class ProofAsked(Asked):
    """A second factor: exactly one of the three."""

    code: Annotated[str, Field(max_length=6, examples=["123456"])] | None = None
    recovery_code: Annotated[str, Field(max_length=40)] | None = None
    assertion: Options | None = None

    @model_validator(mode="after")
    def _one(self) -> "ProofAsked":
        if sum(given is not None for given in (self.code, self.recovery_code, self.assertion)) != 1:
            raise ValueError("give one of code, recovery_code and assertion")
        return self

    def proof(self) -> Proof:
        """The proof that was given."""
        if self.code is not None:
            return Code(self.code)
        if self.recovery_code is not None:
            return RecoveryCode(self.recovery_code)
        return Assertion(json.dumps(self.assertion))


class SecondFactorAsked(ProofAsked):
    """The second step of a log-in."""

    challenge: Secret


class RefreshAsked(Asked):
    """A refresh token."""

    refresh_token: Secret


class LogOutAsked(Asked):
    """The refresh or access token of the session that is to end."""

    token: Secret


class StepUpSaid(Said):
    """An access token of the same session, its second factor fresh."""

    access_token: str
    expires_in_s: int


class PasswordAsked(Asked):
    """The present password and the next."""

    old: Password
    new: Password


class ResetAsked(Asked):
    """The one-time secret of an invitation or a reset, and the password that is chosen."""

    secret: Secret
    password: Password


class PasskeySaid(Said):
    """A WebAuthn credential."""

    credential_id: str
    label: str


class FactorsSaid(Said):
    """What second factors there are."""

    totp: bool
    passkeys: list[PasskeySaid]
    recovery_codes_left: int


class TotpSaid(Said):
    """The address that an authenticator app reads, as a QR code; it counts after a code of it."""

    uri: str


class CodeAsked(Asked):
    """A code of the new authenticator app."""

    code: Annotated[str, Field(max_length=6)]


class PasskeyAsked(Asked):
    """What `navigator.credentials.create()` gave, and a name for the authenticator."""

    credential: Options
    label: Annotated[str, Field(max_length=60)]


class OptionsSaid(Said):
    """Options for `navigator.credentials`."""

    options: Options


class CodesSaid(Said):
    """Recovery codes, told this once; none where the user has some."""

    recovery_codes: list[str]


class MeSaid(Said):
    """Who asks."""

    user_id: int
    login: str
    roles: list[str]
    accounts: list[int]
    scopes: list[str]
    session_id: str | None
    key_id: str | None
    second_factor_enrolled: bool


@routes.post("/register", status_code=202, dependencies=[public(logs_in=True)])
def register(asked: RegisterAsked, services: Served, origin: From) -> RegisterSaid:
    """Register as a trader."""
    people.register(services.identity, login=asked.login, name=asked.name, password=asked.password, origin=origin)
    return RegisterSaid()


@routes.post("/login", dependencies=[public(logs_in=True)])
def log_in_by_password(asked: LogInAsked, services: Served, origin: From) -> LogInSaid:
    """Log in by password; who has a second factor is asked for it."""
    outcome = log_in.log_in(services.identity, login=asked.login, password=asked.password, origin=origin)
    if isinstance(outcome, Grant):
        return LogInSaid(status="granted", tokens=tokens_said(outcome))
    options = None if outcome.assertion_options is None else json.loads(outcome.assertion_options)
    question = SecondFactorSaid(challenge=outcome.challenge, totp=outcome.totp, assertion_options=options)
    return LogInSaid(status="second_factor", second_factor=question)


@routes.post("/second-factor", dependencies=[public(logs_in=True)])
def answer_second_factor(asked: SecondFactorAsked, services: Served, origin: From) -> TokensSaid:
    """The second step of a log-in."""
    return tokens_said(log_in.second_factor(services.identity, asked.challenge, asked.proof(), origin=origin))


@routes.post("/refresh", dependencies=[public()])
def refresh(asked: RefreshAsked, services: Served, origin: From) -> TokensSaid:
    """New tokens for a refresh token, which is used up; a second use ends the session."""
    return tokens_said(sessions.refresh(services.identity, asked.refresh_token, origin=origin))


@routes.post("/logout", status_code=204, dependencies=[public()])
def log_out(asked: LogOutAsked, services: Served, origin: From) -> None:
    """End a session by one of its tokens."""
    sessions.end_by_token(services.identity, asked.token, origin=origin)


@routes.post("/step-up")
def step_up(
    asked: ProofAsked, services: Served, origin: From, caller: Annotated[Caller, needs("view", "profile")]
) -> StepUpSaid:
    """Give a second factor again, for what asks for a fresh one."""
    token = log_in.step_up(services.identity, caller.principal, asked.proof(), origin=origin)
    return StepUpSaid(access_token=token, expires_in_s=services.identity.tokens.lifetime_s)


@routes.get("/me")
def me(caller: Annotated[Caller, needs("view", "profile")]) -> MeSaid:
    """Who asks, as the service knows it."""
    said = caller.principal
    return MeSaid(
        user_id=said.user_id,
        login=said.login,
        roles=sorted(said.roles),
        accounts=sorted(said.accounts),
        scopes=sorted(said.scopes),
        session_id=said.session_id,
        key_id=said.key_id,
        second_factor_enrolled=said.second_factor_enrolled,
    )


@routes.put("/password", status_code=204)
def change_password(
    asked: PasswordAsked, services: Served, origin: From, caller: Annotated[Caller, needs("change", "password")]
) -> None:
    """Another password; all other sessions end."""
    people.change_password(services.identity, caller.principal, old=asked.old, new=asked.new, origin=origin)


@routes.post("/password/reset", status_code=204, dependencies=[public(logs_in=True)])
def reset_password(asked: ResetAsked, services: Served, origin: From) -> None:
    """Choose a password by the secret of an invitation or a reset; all sessions end."""
    people.reset_password(services.identity, asked.secret, asked.password, origin=origin)


@routes.get("/factors")
def list_factors(services: Served, caller: Annotated[Caller, needs("view", "factors")]) -> FactorsSaid:
    """One's second factors."""
    found = factors.enrolled(services.identity, caller.principal.user_id)
    keys = [PasskeySaid(credential_id=name, label=label) for name, label in found.passkeys]
    return FactorsSaid(totp=found.totp, passkeys=keys, recovery_codes_left=found.recovery_codes_left)


@routes.post("/factors/assertion-options")
def ask_assertion(services: Served, caller: Annotated[Caller, needs("view", "factors")]) -> OptionsSaid:
    """A challenge for `step-up` by an authenticator."""
    with services.database.writing() as connection:
        options = factors.assertion_options(services.identity, connection, caller.principal.user_id)
    if options is None:
        raise invalid("assertion", "FactorMissing", "no authenticator is enrolled: give a code")
    return OptionsSaid(options=json.loads(options))


@routes.post("/factors/totp")
def begin_totp(services: Served, caller: Annotated[Caller, needs("change", "factors")]) -> TotpSaid:
    """A new authenticator app; it counts once confirmed."""
    return TotpSaid(uri=factors.begin_totp(services.identity, caller.principal))


@routes.post("/factors/totp/confirm")
def confirm_totp(
    asked: CodeAsked, services: Served, origin: From, caller: Annotated[Caller, needs("change", "factors")]
) -> CodesSaid:
    """Enrol the app by a code of it."""
    codes = factors.confirm_totp(services.identity, caller.principal, asked.code, origin=origin)
    return CodesSaid(recovery_codes=codes)


@routes.delete("/factors/totp", status_code=204)
def remove_totp(services: Served, origin: From, caller: Annotated[Caller, needs("change", "factors")]) -> None:
    """Remove the authenticator app."""
    factors.remove(services.identity, caller.principal, origin=origin)


@routes.post("/factors/passkeys")
def begin_passkey(services: Served, caller: Annotated[Caller, needs("change", "factors")]) -> OptionsSaid:
    """Options for a new WebAuthn authenticator."""
    return OptionsSaid(options=json.loads(factors.begin_passkey(services.identity, caller.principal)))


@routes.post("/factors/passkeys/confirm")
def confirm_passkey(
    asked: PasskeyAsked, services: Served, origin: From, caller: Annotated[Caller, needs("change", "factors")]
) -> CodesSaid:
    """Enrol the authenticator by its answer."""
    credential = json.dumps(asked.credential)
    codes = factors.confirm_passkey(services.identity, caller.principal, credential, label=asked.label, origin=origin)
    return CodesSaid(recovery_codes=codes)


@routes.delete("/factors/passkeys/{credential_id}", status_code=204)
def remove_passkey(
    credential_id: str, services: Served, origin: From, caller: Annotated[Caller, needs("change", "factors")]
) -> None:
    """Remove an authenticator."""
    factors.remove(services.identity, caller.principal, origin=origin, passkey=credential_id)


@routes.post("/factors/recovery-codes")
def new_recovery_codes(
    services: Served, origin: From, caller: Annotated[Caller, needs("change", "factors")]
) -> CodesSaid:
    """Ten new recovery codes in place of those before."""
    codes = factors.new_recovery_codes(services.identity, caller.principal, origin=origin)
    return CodesSaid(recovery_codes=codes)


def tokens_said(grant: Grant) -> TokensSaid:
    """Tokens as a reply tells them."""
    return TokensSaid(
        access_token=grant.access_token,
        expires_in_s=grant.expires_in_s,
        refresh_token=grant.refresh_token,
        scope=" ".join(sorted(grant.scopes)),
        session_id=grant.session_id,
    )
