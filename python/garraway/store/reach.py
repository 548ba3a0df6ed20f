"""Which rows a query may give back: the permission's reach, applied in SQL. Touches nothing."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, false, or_, true


@dataclass(frozen=True, slots=True)
class Reach:
    """All rows, or those of some groups, of one user and of some accounts."""

    everything: bool = False
    groups: frozenset[int] = frozenset()
    user_id: int | None = None
    accounts: frozenset[int] = frozenset()

    def clause(
        self,
        *,
        user_id: ColumnElement[int] | None = None,
        group: ColumnElement[int] | None = None,
        account: ColumnElement[int] | None = None,
    ) -> ColumnElement[bool]:
        """The condition, for a table with these columns. No column that the reach speaks of: no row."""
        if self.everything:
            return true()
        ways: list[ColumnElement[bool]] = []
        if user_id is not None and self.user_id is not None:
            ways.append(user_id == self.user_id)
        if group is not None and self.groups:
            ways.append(group.in_(sorted(self.groups)))
        if account is not None and self.accounts:
            ways.append(account.in_(sorted(self.accounts)))
        return or_(*ways) if ways else false()


EVERYTHING = Reach(everything=True)
"""For the program's own questions, which no person asked."""
