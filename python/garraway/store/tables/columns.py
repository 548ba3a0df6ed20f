"""Columns as the tables of views have them: nothing is ever unknown, so nothing is null."""

from typing import Any

from sqlalchemy import BigInteger, Column, Text

from garraway.store.wide import WideInteger


def number(name: str, *, key: bool = False) -> Column[Any]:
    """An integer of 64 bits."""
    return Column(name, BigInteger, primary_key=key, autoincrement=False, nullable=False)


def wide(name: str) -> Column[Any]:
    """An integer of 128 bits."""
    return Column(name, WideInteger, nullable=False)


def words(name: str) -> Column[Any]:
    """Text."""
    return Column(name, Text, nullable=False)
