"""What the outbox holds is what the engine takes: accounts are opened, sessions defined and closed."""

import hashlib
import ipaddress

import numpy as np
import pytest
from sqlalchemy import select
from tests.broker.desk import NOW_NS, Desk, hand

from garraway import _native
from garraway.broker import AccountTerms, SessionInvalid, SessionMissing, open_account, trading_sessions
from garraway.broker.trading_sessions import SessionTerms
from garraway.records import EVENTS, EventArray, Rights, body, encode, stamped
from garraway.records.commands import HEAD_SIZE
from garraway.store import Database
from garraway.store import trading_sessions as session_rows
from garraway.store.tables.outbox import OUTBOX

LOOPBACK = ipaddress.ip_network("127.0.0.0/8")
OFFICE = ipaddress.ip_network("2001:db8::/48")


@pytest.fixture
def desk(migrated: Database) -> Desk:
    return Desk.open(migrated)


def queued(desk: Desk) -> list[bytes]:
    with desk.database.reading() as connection:
        return list(connection.execute(select(OUTBOX.c.command).order_by(OUTBOX.c.outbox_id)).scalars())


def taken(commands: list[bytes]) -> EventArray:
    """The events that an engine says to the outbox's commands."""
    rights = Rights.MONEY | Rights.DEFINE | Rights.OPERATE
    source = stamped(encode("DefineSource", defined=5, name="backoffice", rights=rights), source=1, source_seq=1)
    numbered = [stamped(one, source=5, source_seq=number) for number, one in enumerate(commands, start=1)]
    engine, events = _native.Engine(), np.zeros(_native.MIN_EVENTS + 99, _native.EVENT)
    _, said = engine.apply(b"".join([source, *numbered]), NOW_NS, events)
    engine.check()
    return events[1:said]


def test_an_account_of_a_user_is_opened(desk: Desk) -> None:
    with desk.database.writing() as connection:
        first = open_account(connection, desk.finance.user_id, AccountTerms(), hand(desk.finance))
        second = open_account(connection, desk.second.user_id, AccountTerms(), hand(desk.finance))
    events = taken(queued(desk))
    assert events["kind"].tolist() == [EVENTS["AccountOpened"]] * 2
    assert events["account"].tolist() == [first, second]
    assert (first, second) == (100_000, 100_001)


def test_a_session_is_defined_with_a_secret_that_is_told_once(desk: Desk) -> None:
    account = opened(desk)
    with desk.database.writing() as connection:
        terms = SessionTerms(name="client", firm=account, accounts=(account,), network=LOOPBACK)
        _, secret = trading_sessions.define(connection, 1_000, terms, hand(desk.finance))
    command = queued(desk)[-1]
    said = body("DefineSession", command[HEAD_SIZE:])
    assert isinstance(said["salt"], bytes)
    assert said["verifier"] == hashlib.sha256(said["salt"].ljust(16, b"\0") + secret.encode()).digest().rstrip(b"\0")
    assert (said["session"], said["network_prefix"]) == (1_000, 104)
    assert taken(queued(desk))["kind"].tolist() == [EVENTS["AccountOpened"], EVENTS["SessionDefined"]]
    with desk.database.reading() as connection:
        kept = session_rows.trading_sessions(connection)
    assert secret.encode() not in kept[0].command
    assert said["verifier"] not in kept[0].command


@pytest.mark.parametrize("network", [LOOPBACK, OFFICE, ipaddress.ip_network("192.0.2.7/32")])
def test_sessions_of_a_user_whose_rights_end_are_defined_anew_with_what_no_secret_fits(
    desk: Desk, network: ipaddress.IPv4Network | ipaddress.IPv6Network
) -> None:
    account = opened(desk)
    with desk.database.writing() as connection:
        terms = SessionTerms(name="client", firm=account, accounts=(account,), network=network)
        _, secret = trading_sessions.define(connection, 1_000, terms, hand(desk.finance))
        assert trading_sessions.cut(connection, desk.second.user_id, NOW_NS) == [1_000]
        assert trading_sessions.cut(connection, desk.second.user_id, NOW_NS) == []
        with pytest.raises(SessionMissing, match="session 1000 is closed"):
            trading_sessions.close(connection, 1_000, hand(desk.finance))
    before, after = (body("DefineSession", one[HEAD_SIZE:]) for one in queued(desk)[-2:])
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"salt", "verifier"}
    assert taken(queued(desk))["kind"].tolist()[1:] == [EVENTS["SessionDefined"]] * 2
    assert secret


@pytest.mark.parametrize(
    ("name", "network", "said"),
    [
        ("", LOOPBACK, "1 to 6"),
        ("toolong", LOOPBACK, "1 to 6"),
        ("a b", LOOPBACK, "1 to 6"),
        ("ok", ipaddress.ip_network("0.0.0.0/0"), "too wide"),
        ("ok", ipaddress.ip_network("::/0"), "too wide"),
        ("taken", LOOPBACK, "belongs to session 1000"),
    ],
)
def test_terms_that_nobody_should_have_are_refused(
    desk: Desk, name: str, network: ipaddress.IPv4Network | ipaddress.IPv6Network, said: str
) -> None:
    account = opened(desk)
    with desk.database.writing() as connection:
        other = SessionTerms(name="taken", firm=account, accounts=(account,), network=LOOPBACK)
        trading_sessions.define(connection, 1_000, other, hand(desk.finance))
    before = queued(desk)
    terms = SessionTerms(name=name, firm=account, accounts=(account,), network=network)
    with pytest.raises(SessionInvalid, match=said), desk.database.writing() as connection:
        trading_sessions.define(connection, 1_001, terms, hand(desk.finance))
    assert queued(desk) == before


def opened(desk: Desk) -> int:
    """An account of the desk's second person."""
    with desk.database.writing() as connection:
        return open_account(connection, desk.second.user_id, AccountTerms(), hand(desk.finance))
