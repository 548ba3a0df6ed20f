"""The page of the reference that says which view tables there are; from the tables themselves."""

from collections.abc import Iterator

from sqlalchemy import BigInteger, Column, Table

from garraway.store.tables import METADATA
from garraway.store.wide import WideInteger

NAME = "tables.md"


def page() -> str:
    """Markdown."""
    lines = [
        "# View tables",
        "",
        "Made by `make docs` from `python/garraway/store/tables`; edit those, not this page. What the numbers mean:",
        "[the database](../operating/database.md). `integer` has 64 bits, `wide` 128. **Bold** columns are the key.",
    ]
    for table in sorted(view_tables(), key=lambda table: table.name):
        lines += _section(table)
    return "\n".join(lines) + "\n"


def view_tables() -> list[Table]:
    """The tables that the projector writes: what others may read."""
    return [table for name, table in METADATA.tables.items() if name.startswith("view_")]


def _section(table: Table) -> Iterator[str]:
    yield from ("", f"## {table.name}", "", str(table.info["doc"]), "", "| column | type |", "|---|---|")
    for column in table.columns:
        name = f"**`{column.name}`**" if column.primary_key else f"`{column.name}`"
        yield f"| {name} | {_type(column)}{' or null' if column.nullable else ''} |"
    for index in sorted(table.indexes, key=lambda index: str(index.name)):
        yield from ("", f"Index: {', '.join(column.name for column in index.columns)}.")


def _type(column: Column[object]) -> str:
    if isinstance(column.type, WideInteger):
        return "wide"
    return "integer" if isinstance(column.type, BigInteger) else str(column.type).lower()
