"""People for tests: a clock that stands still, traders and staff, and their second factors."""

import re
from dataclasses import dataclass

import pyotp

from garraway.identity import Identity, Origin, Principal, Role, factors, log_in, people
from garraway.identity.factors import Code
from garraway.identity.sessions import Grant
from garraway.store import users

PASSWORD = "a horse in the attic"
HERE = Origin("192.0.2.1", "tests", "c-1")
START_NS = 1_800_000_000 * 10**9


@dataclass
class Clock:
    """The time is what the test says."""

    now_ns: int = START_NS

    def __call__(self) -> int:
        return self.now_ns

    def forward(self, seconds: float) -> None:
        self.now_ns += int(seconds * 10**9)


def register(identity: Identity, login: str = "ada@example.com") -> int:
    """A trader's number."""
    people.register(identity, login=login, name="Ada", password=PASSWORD, origin=HERE)
    with identity.database.reading() as connection:
        user = users.user_by_login(connection, login)
    assert user is not None
    return user.user_id


def granted(identity: Identity, login: str = "ada@example.com", password: str = PASSWORD) -> Grant:
    """Tokens of a user without second factor."""
    outcome = log_in.log_in(identity, login=login, password=password, origin=HERE)
    assert isinstance(outcome, Grant)
    return outcome


def principal_of(identity: Identity, grant: Grant, address: str = HERE.address) -> Principal:
    """Whose access token it is, after the gate read what is new."""
    identity.gate.refresh()
    return identity.gate.bearer(grant.access_token, at_s=identity.at_s, address=address)


def trader(identity: Identity, login: str = "ada@example.com") -> Principal:
    """A registered trader, logged in by password."""
    register(identity, login)
    return principal_of(identity, granted(identity, login))


@dataclass
class App:
    """An authenticator app."""

    seed: str

    def code(self, identity: Identity, step: int = 0) -> str:
        """The code of the present step, or of another."""
        return pyotp.TOTP(self.seed).at(identity.at_s + 30 * step)


def enrol(identity: Identity, principal: Principal, clock: Clock) -> App:
    """Enrols an app; the next step has begun when it returns, so that its code is fresh."""
    found = re.search("secret=([A-Z2-7]+)", factors.begin_totp(identity, principal))
    assert found is not None
    app = App(found[1])
    factors.confirm_totp(identity, principal, app.code(identity), origin=HERE)
    clock.forward(30)
    return app


def with_second_factor(identity: Identity, login: str, app: App, clock: Clock, address: str = HERE.address) -> Grant:
    """Logs in by password and code."""
    asked = log_in.log_in(identity, login=login, password=PASSWORD, origin=HERE)
    assert isinstance(asked, log_in.SecondFactorAsked)
    grant = log_in.second_factor(identity, asked.challenge, Code(app.code(identity)), origin=HERE)
    clock.forward(30)
    return grant


def staff(
    identity: Identity, clock: Clock, *roles: Role, login: str = "boss@example.com", groups: tuple[int, ...] = ()
) -> Principal:
    """A member of staff with these roles, logged in with a second factor."""
    register(identity, login)
    with identity.database.writing() as connection:
        user = users.user_by_login(connection, login)
        assert user is not None
        users.set_roles(connection, user.user_id, roles)
        users.set_groups(connection, user.user_id, groups)
    identity.gate.refresh()
    app = enrol(identity, principal_of(identity, granted(identity, login)), clock)
    return principal_of(identity, with_second_factor(identity, login, app, clock))
