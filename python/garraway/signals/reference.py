"""The reference of indicators, written from the native module's table."""

from garraway.signals.indicators import Kind, Parameter, kinds

NAME = "indicators.md"
HEAD = """# Indicators

Made by `make docs` from the table in `crates/signals`; edit that, not this page.
How they are used: [the guide](../guides/signals.md).

A row is what an indicator is fed with. Outputs are NaN until there are enough rows; what would be divided by nothing
is 0 unless it says otherwise.
"""
ROWS = {"value": "a series", "open": "bars", "bid": "quotes", "first": "two series"}


def page() -> str:
    """The page in Markdown."""
    groups: dict[str, list[Kind]] = {}
    for kind in kinds().values():
        groups.setdefault(kind.columns[0], []).append(kind)
    return "\n".join([HEAD, *(_section(first, group) for first, group in groups.items())])


def _section(first: str, group: list[Kind]) -> str:
    rows = [
        f"| `{kind.name}` | {', '.join(_parameter(one) for one in kind.parameters) or 'none'} "
        f"| {', '.join(f'`{output}`' for output in kind.outputs)} | {kind.what} |"
        for kind in group
    ]
    title = f"## Of {ROWS[first]}\n\nA row: {', '.join(group[0].columns)}.\n"
    return "\n".join([title, "| name | parameters | outputs | what |", "|---|---|---|---|", *rows, ""])


def _parameter(one: Parameter) -> str:
    most = "" if one.most >= 1_000_000 else f" to {one.most:g}"
    return f"`{one.name}` {one.default:g} (from {one.least:g}{most})"
