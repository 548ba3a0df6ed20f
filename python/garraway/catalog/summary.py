"""A replay's report as text for people: differences, books, counts, pictures of prices and depth. Touches nothing."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from garraway.catalog.lobster import PRICE_DECIMALS, TIME_DECIMALS, Level
from garraway.catalog.report import Difference, ItchReport, OracleReport, ReplayReport
from garraway.units import scaled_text

DIFFERENCES_SHOWN: Final = 40
PICTURE_WIDTH: Final = 60
BAR_WIDTH: Final = 30
HEIGHTS: Final = "▁▂▃▄▅▆▇█"
"""A price line's character by height."""


def summary(report: ReplayReport, decimals: int = PRICE_DECIMALS) -> str:
    """The report in lines of at most 80 characters, file names aside; prices have so many decimals."""
    parts = [
        _differences(report, decimals),
        _books(report.oracles),
        _counts(report),
        _prices(report.trade_prices, decimals),
        _depth(report, decimals),
    ]
    return "\n\n".join("\n".join(lines) for part in parts if (lines := list(part)))


def itch_summary(report: ItchReport) -> str:
    """The same for an ITCH file: its instrument and types of message first."""
    types = ", ".join(f"{kind} {count:,}" for kind, count in report.types.items())
    cut = "\nThe file ends without the end of messages: it is a part of a day." if report.complete is False else ""
    return f"{report.symbol}; messages of the file: {types}{cut}\n\n{summary(report.replay)}"


def _differences(report: ReplayReport, decimals: int) -> Iterator[str]:
    if not report.differences:
        return
    yield "Executions in which our matching would take another resting order:"
    head = ("line", "time", "side", "price", "size", "file took", "we take", "why")
    shown = [_difference(each, decimals) for each in report.differences[:DIFFERENCES_SHOWN]]
    yield from aligned([head, *shown])
    left_off = report.counts.different - min(len(report.differences), DIFFERENCES_SHOWN)
    if left_off:
        yield f"and {left_off:,} more: see --json"


def _difference(each: Difference, decimals: int) -> tuple[str, ...]:
    return (
        str(each.row),
        scaled_text(each.at_ns, TIME_DECIMALS),
        each.side,
        price_text(each.price, decimals),
        str(each.quantity),
        str(each.file_order),
        "-" if each.our_order is None else str(each.our_order),
        each.why.value.replace("_", " "),
    )


def _books(oracles: Iterable[OracleReport]) -> Iterator[str]:
    for each in oracles:
        yield f"{each.file.name}, {each.rows:,} rows"
        last = "" if each.first_difference is None else f", all up to row {each.first_difference:,}"
        yield f"  best quotes equal in {_share(each.l1_equal, each.rows)} of the rows{last}"
        if each.levels > 1:
            always = max((depth for depth, equal in each.levels_equal.items() if equal == each.rows), default=0)
            every = _share(each.depth_equal, each.rows)
            yield f"  all {each.levels} levels equal in {every}, the first {always} in every row"


def _counts(report: ReplayReport) -> Iterator[str]:
    counts = report.counts
    rows = {
        "messages": f"{counts.messages:,}",
        "executions": f"{counts.executions:,}",
        "same order": f"{counts.same_order:,} = {_share(counts.same_order, counts.executions)}",
        "different": f"{counts.different:,}",
        "unseen, hidden": f"{counts.unseen:,}, {counts.hidden:,}",
        "seeded": f"{counts.seeded:,} orders",
        "beyond the seed": f"{counts.beyond_seed:,}",
        "engine": f"{report.commands:,} commands, {report.events:,} events, {report.open_orders:,} orders open",
        "state, events": f"{report.state_hash}, {report.events_hash[:16]}",
    }
    if counts.crossing:
        rows["adds that cross"] = f"{counts.crossing:,}, {counts.removed:,} orders removed"
    for name, value in rows.items():
        yield f"{name:<17}{value}"


def _prices(prices: Sequence[int], decimals: int) -> Iterator[str]:
    if not prices:
        return
    low, high = min(prices), max(prices)
    first, second, last = (price_text(price, decimals) for price in (low, high, prices[-1]))
    yield f"{len(prices):,} trades of ours, {first} to {second}, last {last}"
    width = min(PICTURE_WIDTH, len(prices))
    # The last price of each of `width` equal stretches of trades.
    shown = [prices[(place + 1) * len(prices) // width - 1] for place in range(width)]
    top = len(HEIGHTS) - 1
    yield "".join(HEIGHTS[(price - low) * top // (high - low) if high > low else 0] for price in shown)


def _depth(report: ReplayReport, decimals: int) -> Iterator[str]:
    levels: list[tuple[str, Level]] = [("ask", level) for level in reversed(report.asks)]
    levels += [("bid", level) for level in report.bids]
    if not levels:
        return
    yield "Our book at the end, best levels:"
    most = max(quantity for _, (_, quantity) in levels)
    for side, (price, quantity) in levels:
        yield f"  {side} {price_text(price, decimals):>10} {quantity:>8,} {'█' * max(1, quantity * BAR_WIDTH // most)}"


def aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Columns to the right, the last one to the left."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [cell.rjust(width) for cell, width in zip(row[:-1], widths, strict=False)]
        yield "  ".join([*cells, row[-1]])


def price_text(price: int, decimals: int) -> str:
    """A price in full, with two decimals at least."""
    return scaled_text(price, decimals, shown=2)


def _share(part: int, whole: int) -> str:
    """A share in per cent, cut to two digits: 100 only where it is all."""
    return "-" if whole == 0 else f"{scaled_text(part * 10_000 // whole, 2)} %"
