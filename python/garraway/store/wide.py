"""A column for integers of 128 bits: `numeric(39, 0)` on PostgreSQL, text on SQLite, an `int` in Python on both."""

from decimal import Decimal
from typing import Any, Final

from sqlalchemy import Dialect, Numeric, String, TypeDecorator
from sqlalchemy.types import TypeEngine

DIGITS: Final = 39
"""Of the largest integer of 128 bits."""


class WideInteger(TypeDecorator[int]):
    """Sums of money: exact on either database. SQLite cannot reckon with it, PostgreSQL can."""

    impl = String
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The column's type on a database."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(Numeric(DIGITS, 0))
        return dialect.type_descriptor(String(DIGITS + 1))

    def process_bind_param(self, value: int | None, dialect: Dialect) -> int | str | None:
        """What the driver is given."""
        return value if value is None or dialect.name == "postgresql" else str(value)

    def process_result_value(self, value: str | Decimal | None, dialect: Dialect) -> int | None:  # noqa: ARG002 - the base class hands it over
        """What a query gives."""
        return None if value is None else int(value)
