"""People of a small back office, and what they do, for tests of money."""

from dataclasses import dataclass

from sqlalchemy import Connection

from garraway.broker import Approvals, Hand, MoneyPolicy, transfers
from garraway.broker.transfers import Wish
from garraway.identity import Origin, Principal
from garraway.identity.principal import Role, Scope
from garraway.store import Database, users
from garraway.store import approvals as approval_rows
from garraway.store import transfers as transfer_rows
from garraway.store.approvals import Approval
from garraway.store.reach import EVERYTHING
from garraway.store.transfers import Transfer

NOW_NS = 1_800_000_000_000_000_000
USD = 1
ACCOUNT = 500
APPROVALS = Approvals(transfers.APPROVAL)
POLICY = MoneyPolicy(alone_up_to={USD: 1_000})


@dataclass(frozen=True)
class Desk:
    """Three people: a client and two of Finance."""

    database: Database
    client: Principal
    finance: Principal
    second: Principal

    @classmethod
    def open(cls, database: Database) -> "Desk":
        with database.writing() as connection:
            people = [
                _person(connection, login, roles)
                for login, roles in (
                    ("client@example.com", {Role.TRADER}),
                    ("finance@example.com", {Role.FINANCE}),
                    ("second@example.com", {Role.FINANCE}),
                )
            ]
            users.assign_account(connection, people[0].user_id, ACCOUNT, at_ns=NOW_NS)
        return cls(database, *people)

    def ask(self, kind: str, amount: int, *, by: Principal | None = None, policy: MoneyPolicy = POLICY) -> Transfer:
        """A transfer that is asked for, as it stands then."""
        asker = by or self.client
        wish = Wish(kind=kind, account=ACCOUNT, asset=USD, amount=amount, note="rent")
        with self.database.writing() as connection:
            transfer_id = transfers.ask(connection, wish, hand(asker), policy, by_client=asker is self.client)
        return self.transfer(transfer_id)

    def approve(self, transfer: Transfer, *, by: Principal, at_ns: int = NOW_NS) -> None:
        """Allows it, having looked at it."""
        assert transfer.approval_id is not None
        shown = self.approval(transfer.approval_id).payload_hash
        with self.database.writing() as connection:
            APPROVALS.approve(connection, transfer.approval_id, payload_hash=shown, hand=hand(by, at_ns=at_ns))

    def transfer(self, transfer_id: int) -> Transfer:
        """As it stands."""
        with self.database.reading() as connection:
            found = transfer_rows.transfer(connection, transfer_id, EVERYTHING)
        assert found is not None
        return found

    def approval(self, approval_id: int) -> Approval:
        """As it stands."""
        with self.database.reading() as connection:
            found = approval_rows.approval(connection, approval_id)
        assert found is not None
        return found


def hand(principal: Principal, *, at_ns: int = NOW_NS, reason: str = "as agreed") -> Hand:
    """The principal at a moment."""
    return Hand(principal=principal, origin=Origin("192.0.2.7"), at_ns=at_ns, reason=reason)


def _person(connection: Connection, login: str, roles: set[Role]) -> Principal:
    user_id = users.insert_user(
        connection, login=login, name=login.partition("@")[0], roles=roles, group_id=0, at_ns=NOW_NS
    )
    assert user_id is not None
    return Principal(
        user_id=user_id,
        login=login,
        roles=frozenset(roles),
        accounts=frozenset({ACCOUNT}) if Role.TRADER in roles else frozenset(),
        groups=frozenset(),
        scopes=frozenset(Scope),
        session_id="session",
        key_id=None,
        authenticated_at_s=0,
        second_factor_at_s=0,
        second_factor_enrolled=True,
        address="192.0.2.7",
    )
