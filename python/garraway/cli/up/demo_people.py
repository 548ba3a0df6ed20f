"""Who may log in at the demonstration: one administrator, one of Finance, one trader. Touches the database.

They are made once, with passwords drawn here; an installation that is not for development gets nobody.
"""

import secrets
import string
from dataclasses import dataclass
from typing import Final

from garraway.cli.identity import identity_of
from garraway.cli.secrets import fetched
from garraway.config import Settings
from garraway.identity import Origin, Role, people
from garraway.store import Database, users

PEOPLE: Final = {
    "admin@example.com": ("Demonstration administrator", Role.SUPER_ADMIN),
    "finance@example.com": ("Demonstration finance", Role.FINANCE),
    "trader@example.com": ("Demonstration trader", Role.TRADER),
}
PASSWORD_CHARACTERS: Final = 20
ORIGIN: Final = Origin("local", "garraway up")
_ALPHABET: Final = string.ascii_letters + string.digits


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who was made just now."""

    login: str
    role: Role
    password: str


def make(database: Database, settings: Settings) -> list[Person]:
    """Makes whoever is missing, with the keys that the settings name; those that were there are not told again."""
    with database.reading() as connection:
        wanted = [login for login in PEOPLE if users.user_by_login(connection, login) is None]
    if not wanted:
        return []
    with identity_of(settings, database, fetched(settings, keys=True)) as identity:
        drawn = [Person(login, PEOPLE[login][1], _password()) for login in wanted]
        return [
            one
            for one in drawn
            if people.provide(
                identity,
                people.NewUser(one.login, PEOPLE[one.login][0], roles=(one.role,)),
                password=one.password,
                origin=ORIGIN,
            )
        ]


def table(made: list[Person]) -> str:
    """Logins and passwords, which are told this once."""
    rows = [f"  {one.login:<22} {one.password}   {one.role}" for one in made]
    return "\n".join(["who may log in (told this once; the passwords are kept nowhere):", *rows])


def _password() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(PASSWORD_CHARACTERS))
