"""Accounts of users: numbered here, opened by a command. Touches store."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from garraway.broker import commands
from garraway.broker.errors import AccountsFull
from garraway.broker.hand import Hand, note
from garraway.identity.audit import Act
from garraway.records import SelfTrade, SelfTradeOf, encode
from garraway.store import account_numbers, users

FIRST: Final = 100_000
"""The lowest number of a user's account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountTerms:
    """How accounts of users are opened; sizes in lots, notional in ledger units."""

    group: int = 0
    max_quantity: int = 999_999
    max_notional: int = 2**62
    max_open_orders: int = 1_000
    self_trade: SelfTrade = SelfTrade.CANCEL_NEWEST
    accounts_of_one: int = 5
    """Accounts that a user may open."""


def open_account(connection: Connection, user_id: int, terms: AccountTerms, hand: Hand) -> int:
    """Gives a user an account, a firm of its own; its number. The engine opens it when the outbox is sent.

    Raises: AccountsFull.
    """
    user = users.user_by_id(connection, user_id)
    assert user is not None, "only a user who exists is given an account"
    if len(user.accounts) >= terms.accounts_of_one:
        raise AccountsFull(f"{len(user.accounts)} accounts, at most {terms.accounts_of_one}: use one of them")
    account = FIRST + account_numbers.next_number(connection, hand.at_ns) - 1
    given = users.assign_account(connection, user_id, account, at_ns=hand.at_ns)
    assert given, "a number of the counter is nobody's yet"
    record = encode(
        "OpenAccount",
        account=account,
        firm=account,
        max_quantity=terms.max_quantity,
        max_notional=terms.max_notional,
        max_open_orders=terms.max_open_orders,
        self_trade=terms.self_trade,
        self_trade_of=SelfTradeOf.ACCOUNT,
        group=terms.group,
    )
    commands.queue(connection, record, purpose=f"account:{account}", at_ns=hand.at_ns)
    note(connection, hand, Act("account.open", f"account:{account}", after={"user_id": user_id, "group": terms.group}))
    return account
