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
from garraway.broker.errors import SessionInvalid
from garraway.broker.hand import Hand, note
from garraway.records import body, encode, session_account
from garraway.records.commands import HEAD_SIZE
from garraway.store import trading_sessions as rows
from garraway.store import users

FIRST: Final = 1_000
"""The lowest number of a session that is defined here."""
OUCH: Final = 1
SECRET_CHARACTERS: Final = 10
"""All that a SoupBinTCP log-in holds: so a session is bound to a network besides."""
ALPHABET: Final = string.ascii_letters + string.digits
NAME_CHARACTERS: Final = frozenset(string.ascii_letters + string.digits + "-_")
NAME_LENGTH: Final = 6
WIDEST_IPV4: Final = 8
WIDEST_IPV6: Final = 48
"""Shortest prefixes of a network that binds a secret of ten characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionTerms:
    """Who logs in by which name, from where, and trades on which account."""

    name: str
    account: int
    network: ipaddress.IPv4Network | ipaddress.IPv6Network


def define(connection: Connection, terms: SessionTerms, hand: Hand, *, session: int | None = None) -> tuple[int, str]:
    """Defines a session, or an existing one again with a new secret.

    Returns: its number, and the secret, which is told this once.
    Raises: SessionInvalid.
    """
    _insist(connection, terms, session)
    number = session or max(FIRST, rows.highest(connection) + 1)
    secret = "".join(secrets.choice(ALPHABET) for _ in range(SECRET_CHARACTERS))
    salt = secrets.token_bytes(16)
    verifier = hashlib.sha256(salt + secret.encode("ascii")).digest()
    _queue(connection, number, terms, salt=salt, verifier=verifier, at_ns=hand.at_ns)
    rows.put(
        connection,
        session=number,
        name=terms.name,
        account=terms.account,
        command=_record(number, terms, salt=b"", verifier=b""),
        at_ns=hand.at_ns,
    )
    after = {"name": terms.name, "account": terms.account, "network": str(terms.network)}
    note(connection, hand, "trading_session.define", f"trading_session:{number}", after=after)
    return number, secret


def close(connection: Connection, session: int, hand: Hand) -> bool:
    """Closes a session: nobody logs in by it again before it is defined anew. False if it was closed or never was."""
    kept = rows.trading_session(connection, session)
    if kept is None or not _close(connection, kept, hand.at_ns):
        return False
    note(connection, hand, "trading_session.close", f"trading_session:{session}", before={"name": kept.name})
    return True


def cut(connection: Connection, user_id: int, at_ns: int) -> list[int]:
    """Closes every session that trades on an account of this user, whose rights end in this transaction; their numbers.

    What ended the rights stands in the audit chain already.
    """
    user = users.user_by_id(connection, user_id)
    accounts = frozenset[int]() if user is None else user.accounts
    kept = rows.trading_sessions(connection, accounts=accounts)
    return [one.session for one in kept if _close(connection, one, at_ns)]


def _close(connection: Connection, kept: rows.TradingSession, at_ns: int) -> bool:
    if not rows.close(connection, kept.session, at_ns):
        return False
    unknown = secrets.token_bytes(32)
    _queue(connection, kept.session, _terms(kept), salt=secrets.token_bytes(16), verifier=unknown, at_ns=at_ns)
    return True


def _insist(connection: Connection, terms: SessionTerms, session: int | None) -> None:
    if not 1 <= len(terms.name) <= NAME_LENGTH or not set(terms.name) <= NAME_CHARACTERS:
        raise SessionInvalid(f"name {terms.name!r}: take 1 to {NAME_LENGTH} of letters, digits, - and _")
    widest = WIDEST_IPV4 if terms.network.version == 4 else WIDEST_IPV6
    if terms.network.prefixlen < widest:
        raise SessionInvalid(f"network {terms.network} is too wide: /{widest} or narrower")
    holder = next((one for one in rows.trading_sessions(connection) if one.name == terms.name), None)
    if holder is not None and holder.session != session:
        raise SessionInvalid(f"name {terms.name!r} belongs to session {holder.session}: take another")
    if session is not None and rows.trading_session(connection, session) is None:
        raise SessionInvalid(f"there is no session {session}: leave the number out to define a new one")


def _terms(kept: rows.TradingSession) -> SessionTerms:
    said = body("DefineSession", kept.command[HEAD_SIZE:])
    network, prefix = said["network"], said["network_prefix"]
    assert isinstance(network, bytes)
    assert isinstance(prefix, int)
    address = ipaddress.IPv6Address(network.ljust(16, b"\0"))
    mapped = address.ipv4_mapped
    whole: ipaddress.IPv4Network | ipaddress.IPv6Network
    if mapped is not None:
        whole = ipaddress.IPv4Network((mapped, prefix - 96), strict=False)
    else:
        whole = ipaddress.IPv6Network((address, prefix), strict=False)
    return SessionTerms(name=kept.name, account=kept.account, network=whole)


def _queue(
    connection: Connection, number: int, terms: SessionTerms, *, salt: bytes, verifier: bytes, at_ns: int
) -> None:
    record = _record(number, terms, salt=salt, verifier=verifier)
    commands.queue(connection, record, purpose=f"trading_session:{number}", at_ns=at_ns)


def _record(number: int, terms: SessionTerms, *, salt: bytes, verifier: bytes) -> bytes:
    if terms.network.version == 4:
        network = b"\0" * 10 + b"\xff\xff" + terms.network.network_address.packed
        prefix = 96 + terms.network.prefixlen
    else:
        network, prefix = terms.network.network_address.packed, terms.network.prefixlen
    return encode(
        "DefineSession",
        items=[session_account(terms.account)],
        account=terms.account,
        session=number,
        firm=terms.account,
        protocol=OUCH,
        name=terms.name,
        network=network,
        network_prefix=prefix,
        salt=salt,
        verifier=verifier,
    )
