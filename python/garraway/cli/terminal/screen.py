"""The live screen: ladder, price line, last trades, rates, where to connect. A view in, styled text out.

What colour says is always said by place, sign or word as well.
"""

from datetime import UTC, datetime
from typing import Final

from rich.text import Text

from garraway.cli.terminal import marks
from garraway.cli.terminal.view import View
from garraway.records import Side
from garraway.units import price_text, quantity_text, scaled_text

SMALLEST: Final = (60, 16)
"""Columns and rows below which parts are cut off."""
BETWEEN: Final = " │ "
FOOTER_ROWS: Final = 4
PRICE_COLUMNS: Final = 10
LOTS_COLUMNS: Final = 8
SECOND_NS: Final = 1_000_000_000
BASIS_POINTS: Final = 10_000
SIDES: Final = {int(Side.BUY): ("▲ buy ", "green"), int(Side.SELL): ("▼ sell", "red")}


def screen(view: View, width: int, height: int) -> Text:
    """The whole screen: `height` rows of at most `width` characters."""
    width, height = max(width, SMALLEST[0]), max(height, SMALLEST[1])
    body = height - FOOTER_ROWS - 2
    left = min(58, width * 46 // 100)
    right = width - left - len(BETWEEN)
    price_rows = max(5, body * 2 // 5)
    panel = _price(view, right, price_rows) + _trades(view, right, body - price_rows)
    rows = [_header(view, width), _rule(width)]
    for ladder_row, panel_row in zip(_ladder(view, left, body), panel, strict=True):
        rows.append(Text.assemble(_pad(ladder_row, left), (BETWEEN, "dim"), panel_row))
    rows += _footer(view, width)
    for row in rows:
        row.truncate(width)
    return Text("\n").join(rows)


def _header(view: View, width: int) -> Text:
    start = Text.assemble((" GARRAWAY ", "bold reverse"))
    if view.terms is not None:
        pair = view.terms.symbol + (f"/{view.quote.code}" if view.quote is not None else "")
        start.append(f"  {pair}", "bold")
    last = view.ladder.last
    if last is not None and view.terms is not None:
        style, change = _change(view)
        start.append(f"  {price_text(last.price, view.terms)}", "bold").append(f"  {change}", style)
    state = ("● " if view.state == "trading" else "○ ") + view.state
    end = Text.assemble(
        (state, "bold green" if view.state == "trading" else "bold yellow"),
        (f"   up {marks.duration(view.uptime_s)} ", "dim"),
    )
    return Text.assemble(start, " " * max(1, width - start.cell_len - end.cell_len), end)


def _change(view: View) -> tuple[str, str]:
    """Style and text of the change from the first price shown to the last, in percent."""
    first, last = view.prices[0] if view.prices else 0, view.ladder.last
    if not first or last is None:
        return "dim", ""
    points = (last.price - first) * BASIS_POINTS // first
    sign, style = ("▲ +", "green") if points > 0 else ("▼ -", "red") if points < 0 else ("= ", "dim")
    return style, f"{sign}{scaled_text(abs(points), 2)} %"


def _ladder(view: View, width: int, rows: int) -> list[Text]:
    """Asks above, bids below, the best ones in the middle; bars share one scale."""
    titles = Text(f" {'':<4}{'price':>{PRICE_COLUMNS}}{'lots':>{LOTS_COLUMNS}}  open", "dim")
    depth = (rows - 2) // 2
    bids, asks = view.ladder.best(Side.BUY, depth), view.ladder.best(Side.SELL, depth)
    most = max((level.lots for _, level in bids + asks), default=0)
    bar = width - PRICE_COLUMNS - LOTS_COLUMNS - 7

    def row(price: int, lots: int, word: str, style: str) -> Text:
        assert view.terms is not None
        return Text.assemble(
            (f" {word:<4}", "dim"),
            (f"{price_text(price, view.terms):>{PRICE_COLUMNS}}", f"bold {style}"),
            f"{quantity_text(lots, view.terms):>{LOTS_COLUMNS}}  ",
            (marks.bar(lots, most, bar), style),
        )

    above = [row(price, level.lots, "ask", "red") for price, level in reversed(asks)]
    below = [row(price, level.lots, "bid", "green") for price, level in bids]
    found = [titles, *(Text() for _ in range(depth - len(above))), *above, _spread(view), *below]
    return found + [Text() for _ in range(rows - len(found))]


def _spread(view: View) -> Text:
    bids, asks = view.ladder.best(Side.BUY, 1), view.ladder.best(Side.SELL, 1)
    if view.terms is None or not bids or not asks:
        return Text(" one side is empty" if bids or asks else " no orders", "dim")
    ticks = (asks[0][0] - bids[0][0]) // view.terms.tick
    spread = price_text(asks[0][0] - bids[0][0], view.terms)
    return Text(f" {'':<4}{spread:>{PRICE_COLUMNS}}  spread, {ticks} tick{'s' * (ticks != 1)}", "dim")


def _price(view: View, width: int, rows: int) -> list[Text]:
    label = PRICE_COLUMNS
    columns = width - label
    seconds = len(view.prices)
    long = f"{seconds} s" if seconds < 120 else f"{seconds // 60} min"
    title = Text(f"last price, {long}" if view.prices else "no trades yet", "dim")
    if view.terms is None or not view.prices:
        return [title, *(Text() for _ in range(rows - 1))]
    drawn = [Text.assemble((row, "cyan")) for row in marks.line(view.prices, columns, rows - 2)]
    for place, price in ((0, max(view.prices)), (len(drawn) - 1, min(view.prices))):
        drawn[place].append(f"{price_text(price, view.terms):>{label}}", "dim")
    return [title, *drawn, Text("─" * width, "dim")]


def _trades(view: View, width: int, rows: int) -> list[Text]:
    titles = Text(f"{'time (UTC)':<13}{'side':<7}{'price':>{PRICE_COLUMNS}}{'lots':>{LOTS_COLUMNS}}"[:width], "dim")
    found = [titles]
    if view.terms is not None:
        for trade in list(view.ladder.trades)[:-rows:-1]:
            side, style = SIDES[trade.side]
            at = datetime.fromtimestamp(trade.at_ns // SECOND_NS, UTC).strftime("%H:%M:%S")
            found.append(
                Text.assemble(
                    (f"{at}.{trade.at_ns // 1_000_000 % 1000:03} ", "dim"),
                    (f"{side:<7}", style),
                    f"{price_text(trade.price, view.terms):>{PRICE_COLUMNS}}",
                    f"{quantity_text(trade.quantity, view.terms):>{LOTS_COLUMNS}}",
                )
            )
    return found + [Text() for _ in range(rows - len(found))]


def _footer(view: View, width: int) -> list[Text]:
    rates = Text.assemble(
        (f" {view.rates.orders:,}", "bold"),
        (" orders/s  ", "dim"),
        (f"{view.rates.trades:,}", "bold"),
        (" trades/s  ", "dim"),
        (f"{view.rates.rejects:,}", "bold"),
        (" rejects/s", "dim"),
    )
    for part in _latency(view):
        if rates.cell_len + part.cell_len <= width:
            rates.append_text(part)
    connect = Text.assemble(
        (" OUCH ", "dim"),
        (view.ouch or "not yet", "bold"),
        ("  user ", "dim"),
        (", ".join(view.sessions) or "none", "bold"),
    )
    connect.append("  password in ", "dim")
    connect.append(_tail_of(view.credentials, width - connect.cell_len))
    rest = Text.assemble(
        ("  journal ", "dim"), f"{view.command_seq:,}", ("  logged in ", "dim"), f"{view.logged_in}", *_restarts(view)
    )
    door = Text.assemble((" door ", "dim"), _tail_of(view.door, width - 6 - rest.cell_len))
    return [_rule(width), rates, connect, Text.assemble(door, rest)]


def _latency(view: View) -> list[Text]:
    """Percentiles beside the durability that they hold for: without it they say nothing."""
    found = view.latency
    if found is None or not found.count:
        return [Text.assemble((f"  ack ({view.durability}) not measured yet", "dim"))]
    start = Text.assemble((f"  ack ({view.durability})", "dim"))
    percentiles = (("p50", found.p50_ns), ("p99", found.p99_ns), ("p99.9", found.p999_ns), ("max", found.max_ns))
    return [start, *(Text.assemble((f" {name} ", "dim"), (marks.span(ns), "bold")) for name, ns in percentiles)]


def _restarts(view: View) -> list[str | tuple[str, str]]:
    died = {name: count for name, count in view.restarts.items() if count}
    if not died:
        return [("  restarts ", "dim"), "0"]
    return [("  restarts ", "dim"), (", ".join(f"{name} {count}" for name, count in died.items()), "bold yellow")]


def _tail_of(text: str, width: int) -> str:
    return text if len(text) <= width else "…" + text[-max(width - 1, 1) :]


def _rule(width: int) -> Text:
    return Text("─" * width, "dim")


def _pad(text: Text, width: int) -> Text:
    text.truncate(width, pad=True)
    return text
