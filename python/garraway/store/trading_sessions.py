"""Queries of trading sessions. Each takes the transaction in which it happens."""

from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, insert, select, update

from garraway.store.tables.trading_sessions import TRADING_SESSIONS


@dataclass(frozen=True, slots=True, kw_only=True)
class TradingSession:
    """A log-in of a trading protocol; `command` is its definition with salt and verifier blanked."""

    session: int
    name: str
    account: int
    command: bytes
    defined_at_ns: int
    closed_at_ns: int | None


def put(connection: Connection, *, session: int, name: str, account: int, command: bytes, at_ns: int) -> None:
    """Keeps the terms of a session that is defined or defined again."""
    connection.execute(delete(TRADING_SESSIONS).where(TRADING_SESSIONS.c.session == session))
    connection.execute(
        insert(TRADING_SESSIONS).values(
            session=session, name=name, account=account, command=command, defined_at_ns=at_ns
        )
    )


def close(connection: Connection, session: int, at_ns: int) -> bool:
    """Marks one closed; False if it was, or is not there."""
    done = connection.execute(
        update(TRADING_SESSIONS)
        .where(TRADING_SESSIONS.c.session == session, TRADING_SESSIONS.c.closed_at_ns.is_(None))
        .values(closed_at_ns=at_ns)
    )
    return done.rowcount == 1


def trading_session(connection: Connection, session: int) -> TradingSession | None:
    """One of them."""
    row = (
        connection.execute(select(TRADING_SESSIONS).where(TRADING_SESSIONS.c.session == session))
        .mappings()
        .one_or_none()
    )
    return None if row is None else TradingSession(**row)


def trading_sessions(connection: Connection, *, accounts: frozenset[int] | None = None) -> list[TradingSession]:
    """All, or those whose default account is one of these; in order."""
    query = select(TRADING_SESSIONS).order_by(TRADING_SESSIONS.c.session)
    if accounts is not None:
        query = query.where(TRADING_SESSIONS.c.account.in_(sorted(accounts)))
    return [TradingSession(**row) for row in connection.execute(query).mappings()]


def highest(connection: Connection) -> int:
    """The highest number taken; 0 for none."""
    return int(connection.execute(select(func.coalesce(func.max(TRADING_SESSIONS.c.session), 0))).scalar_one())
