"""The report of an order-by-order replay as text for people: records, auctions, and what every replay shows."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from garraway.catalog.mbo_report import MboReport, Uncross
from garraway.catalog.summary import aligned, price_text, summary
from garraway.catalog.uncross import Equilibrium

PRICE_DECIMALS: Final = 9
SKIPS_SHOWN: Final = 10


def mbo_summary(report: MboReport) -> str:
    """The report in lines of at most 80 characters, file names aside."""
    parts = [_head(report), *(_auction(each) for each in report.uncrosses), _none(report), _skips(report)]
    texts = ["\n".join(lines) for part in parts if (lines := list(part))]
    return "\n\n".join([*texts, summary(report.replay, PRICE_DECIMALS)])


def _head(report: MboReport) -> Iterator[str]:
    counts = report.counts
    types = ", ".join(f"{kind} {count:,}" for kind, count in report.types.items())
    yield f"{report.symbol}; records: {types}; tick {price_text(report.tick, PRICE_DECIMALS)}"
    rows = {
        "packets": f"{counts.packets:,}, of these {counts.collected:,} with a crossed book",
        "resumed": f"{counts.resumed:,} times, {counts.snapshot_different:,} orders differ between files",
        "corrected": f"{counts.corrected:,} commands after auctions that were not ours",
        "prevented": f"{counts.prevented:,} orders cancelled instead of filled",
        "amended": f"{counts.amended:,} resting orders amended to trade",
        "beyond shown": f"{counts.beyond_shown:,} lots",
        "doubtful": f"{counts.off_price:,} off price, {counts.unsettled:,} unsettled, {len(report.skipped):,} skipped",
        "whole book": "equal at the end" if report.book_equal else "not equal at the end",
    }
    for name, value in rows.items():
        yield f"{name:<17}{value}"


def _auction(each: Uncross) -> Iterator[str]:
    yield f"Auction of {_time(each.exchange_ns)}, reference {price_text(each.reference, PRICE_DECIMALS)}:"
    head = ("price", "lots", "left over", "by")
    exchange = (price_text(each.price, PRICE_DECIMALS), f"{each.volume:,}", "-", "the exchange")
    yield from aligned(
        [
            head,
            exchange,
            (*_equilibrium(each.of_all), "our engine, unshown orders at any price"),
            (*_equilibrium(each.of_shown), "our engine, shown orders alone"),
        ]
    )
    yield f"  unshown: {each.unshown_buys:,} lots bought, {each.unshown_sells:,} sold"
    if each.refused is not None:
        yield f"  with them the engine takes no part: {each.refused.partition(':')[0]}"
    same, other = each.same_orders, each.different_orders
    yield f"  shown orders filled alike: {same:,}, otherwise: {other:,}"
    same, other = each.same_orders_of_shown, each.different_orders_of_shown
    yield f"    without the unshown: {same:,}, otherwise: {other:,}"


def _none(report: MboReport) -> Iterator[str]:
    if report.no_auction is not None:
        yield f"No auction: {report.no_auction}."


def _equilibrium(found: Equilibrium | None) -> tuple[str, str, str]:
    if found is None:
        return "-", "0", "-"
    side = "buy" if found.imbalance > 0 else "sell"
    left = f"{abs(found.imbalance):,} {side}" if found.imbalance else "0"
    return price_text(found.price, PRICE_DECIMALS), f"{found.volume:,}", left


def _skips(report: MboReport) -> Iterator[str]:
    if not report.skipped:
        return
    yield f"Skipped records, {len(report.skipped):,}:"
    for skip in report.skipped[:SKIPS_SHOWN]:
        yield f"  byte {skip.row}: {skip.why}"
    if len(report.skipped) > SKIPS_SHOWN:
        yield f"  and {len(report.skipped) - SKIPS_SHOWN:,} more: see --json"


def _time(at_ns: int) -> str:
    whole, part = divmod(at_ns, 10**9)
    return f"{datetime.fromtimestamp(whole, UTC):%Y-%m-%d %H:%M:%S}.{part:09} UTC"
