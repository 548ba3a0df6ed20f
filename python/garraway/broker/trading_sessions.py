"""Log-ins of trading protocols: defined, given a new secret, closed. Touches store; secrets leave once, to the caller.

A session is closed by defining it again with a verifier that no secret fits: the exchange then ends its connection,
since whoever is logged in did so under other terms.
"""

import hashlib
import ipaddress
import secrets
import string
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from garraway.broker import commands
from garraway.broker.errors import SessionInvalid, SessionMissing
from garraway.broker.hand import Hand, note
from garraway.identity.audit import Act
from garraway.records import encode, replaced, session_account
from garraway.store import trading_sessions as rows
from garraway.store import users

OUCH: Final = 1
SECRET_CHARACTERS: Final = 10
"""All that a SoupBinTCP log-in holds: so a session is bound to a network besides."""
ALPHABET: Final = string.ascii_letters + string.digits
NAME_CHARACTERS: Final = frozenset(string.ascii_letters + string.digits + "-_")
NAME_LENGTH: Final = 6
WIDEST: Final = {4: 8, 6: 48}
"""By version of IP the shortest prefix of a network that binds a secret of ten characters."""
V4_MAPPED: Final = b"\0" * 10 + b"\xff\xff"
SALT_BYTES: Final = 16
VERIFIER_BYTES: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionTerms:
    """Who logs in by which name, from where, and trades on which accounts, the first where none is named."""

    name: str
    firm: int
    accounts: tuple[int, ...]
    network: ipaddress.IPv4Network | ipaddress.IPv6Network
    cancel_on: int = 0
    """When its orders go: 0 never, 1 when its connection is lost, 2 also when it logs out."""


def define(connection: Connection, session: int, terms: SessionTerms, hand: Hand) -> tuple[int, str]:
    """Defines a session, or an existing one anew with a new secret.

    Returns: its command in the outbox, and the secret, which is told this once.
    Raises: SessionInvalid.
    """
    _insist(connection, session, terms)
    secret = "".join(secrets.choice(ALPHABET) for _ in range(SECRET_CHARACTERS))
    salt = secrets.token_bytes(SALT_BYTES)
    blank = _record(session, terms)
    record = replaced(blank, salt=salt, verifier=hashlib.sha256(salt + secret.encode("ascii")).digest())
    outbox_id = commands.queue(connection, record, purpose=_named(session), at_ns=hand.at_ns)
    rows.put(
        connection,
        session=session,
        name=terms.name,
        account=terms.accounts[0],
        command=blank,
        at_ns=hand.at_ns,
    )
    after = {"name": terms.name, "accounts": list(terms.accounts), "network": str(terms.network)}
    note(connection, hand, Act("trading_session.define", _named(session), after=after))
    return outbox_id, secret


def close(connection: Connection, session: int, hand: Hand) -> int:
    """Closes a session: nobody logs in by it again before it is defined anew; its command in the outbox.

    Raises: SessionMissing: it is closed, or was not defined here.
    """
    kept = rows.trading_session(connection, session)
    outbox_id = None if kept is None else _close(connection, kept, hand.at_ns)
    if kept is None or outbox_id is None:
        raise SessionMissing(f"session {session} is closed, or was not defined by the back office")
    note(connection, hand, Act("trading_session.close", _named(session), before={"name": kept.name}))
    return outbox_id


def cut(connection: Connection, user_id: int, at_ns: int) -> list[int]:
    """Closes every session that trades on an account of this user, whose rights end in this transaction; their numbers.

    What ended the rights stands in the audit chain already.
    """
    user = users.user_by_id(connection, user_id)
    accounts = frozenset[int]() if user is None else user.accounts
    kept = rows.trading_sessions(connection, accounts=accounts)
    return [one.session for one in kept if _close(connection, one, at_ns) is not None]


def _close(connection: Connection, kept: rows.TradingSession, at_ns: int) -> int | None:
    if not rows.close(connection, kept.session, at_ns):
        return None
    anew = replaced(kept.command, salt=secrets.token_bytes(SALT_BYTES), verifier=secrets.token_bytes(VERIFIER_BYTES))
    return commands.queue(connection, anew, purpose=_named(kept.session), at_ns=at_ns)


def _insist(connection: Connection, session: int, terms: SessionTerms) -> None:
    if not 1 <= len(terms.name) <= NAME_LENGTH or not set(terms.name) <= NAME_CHARACTERS:
        raise SessionInvalid("name", f"{terms.name!r}: take 1 to {NAME_LENGTH} of letters, digits, - and _")
    widest = WIDEST[terms.network.version]
    if terms.network.prefixlen < widest:
        raise SessionInvalid("network", f"{terms.network} is too wide: /{widest} or narrower")
    holder = next((one for one in rows.trading_sessions(connection) if one.name == terms.name), None)
    if holder is not None and holder.session != session:
        raise SessionInvalid("name", f"{terms.name!r} belongs to session {holder.session}: take another")


def _record(session: int, terms: SessionTerms) -> bytes:
    """The definition, salt and verifier blank."""
    network, prefix = terms.network.network_address.packed, terms.network.prefixlen
    if isinstance(terms.network, ipaddress.IPv4Network):
        network, prefix = V4_MAPPED + network, 8 * len(V4_MAPPED) + prefix
    return encode(
        "DefineSession",
        items=[session_account(account) for account in terms.accounts],
        account=terms.accounts[0],
        session=session,
        firm=terms.firm,
        protocol=OUCH,
        name=terms.name,
        network=network,
        network_prefix=prefix,
        cancel_on=terms.cancel_on,
    )


def _named(session: int) -> str:
    return f"trading_session:{session}"
