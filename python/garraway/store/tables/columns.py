"""Columns as several tables have them; in the tables of views nothing is ever unknown, so nothing is null."""

from typing import Any, Final

from sqlalchemy import BigInteger, Column, Integer, Text

from garraway.store.wide import WideInteger

COUNTED: Final = BigInteger().with_variant(Integer, "sqlite")
"""The type of a number that the database counts up: SQLite does so for INTEGER alone."""


def number(name: str, *, key: bool = False) -> Column[Any]:
    """An integer of 64 bits."""
    return Column(name, BigInteger, primary_key=key, autoincrement=False, nullable=False)


def wide(name: str) -> Column[Any]:
    """An integer of 128 bits."""
    return Column(name, WideInteger, nullable=False)


def words(name: str) -> Column[Any]:
    """Text."""
    return Column(name, Text, nullable=False)
