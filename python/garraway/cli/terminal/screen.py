"""The live screen: instruments, ladder, price line, last trades, rates, where to connect. A view in, styled text out.

What colour says is always said by place, sign or word as well.
"""

from datetime import UTC, datetime
from typing import Final

from rich.text import Text

from garraway.cli.terminal import marks, words
from garraway.cli.terminal.listing import listing
from garraway.cli.terminal.view import Shown, View
from garraway.records import Side
from garraway.units import price_text

SMALLEST: Final = (60, 16)
"""Columns and rows below which parts are cut off."""
BETWEEN: Final = " │ "
FOOTER_ROWS: Final = 4
PRICE_COLUMNS: Final = 10
LOTS_COLUMNS: Final = 8
SECOND_NS: Final = 1_000_000_000
LISTED_FROM: Final = 22
"""Rows from which on there is room for the list of instruments."""
BODY_AT_LEAST: Final = 12
SIDES: Final = {int(Side.BUY): ("▲ buy ", "green"), int(Side.SELL): ("▼ sell", "red")}


def screen(view: View, width: int, height: int) -> Text:
    """The whole screen: `height` rows of at most `width` characters."""
    width, height = max(width, SMALLEST[0]), max(height, SMALLEST[1])
    rows = [_header(view, width), _rule(width)]
    if height >= LISTED_FROM:
        rows += listing(view, width, min(len(view.instruments) + 1, height - FOOTER_ROWS - 3 - BODY_AT_LEAST + 1))
        rows.append(_large_rule(view, width))
    body = height - FOOTER_ROWS - len(rows)
    left = min(58, width * 46 // 100)
    right = width - left - len(BETWEEN)
    price_rows = max(5, body * 2 // 5)
    panel = _price(view.large, right, price_rows) + _trades(view.large, right, body - price_rows)
    for ladder_row, panel_row in zip(_ladder(view.large, left, body), panel, strict=True):
        rows.append(Text.assemble(_pad(ladder_row, left), (BETWEEN, "dim"), panel_row))
    rows += _footer(view, width)
    for row in rows:
        row.truncate(width)
    return Text("\n").join(rows)


def _header(view: View, width: int) -> Text:
    start = Text.assemble((" GARRAWAY ", "bold reverse"))
    shown = view.large
    if shown is not None:
        sign, style = words.SIGNS[shown.standing.phase]
        start.append(f"  {shown.terms.symbol}", "bold").append(f"  {sign} {words.phase(shown)}", style)
        if shown.standing.last:
            change_style, change = words.change(shown)
            start.append(f"  {price_text(shown.standing.last, shown.terms)}", "bold").append(
                f"  {change}", change_style
            )
    state = ("● " if view.state == "trading" else "○ ") + view.state
    end = Text.assemble(
        (state, "bold green" if view.state == "trading" else "bold yellow"),
        (f"   up {marks.duration(view.uptime_s)} ", "dim"),
    )
    return Text.assemble(start, " " * max(1, width - start.cell_len - end.cell_len), end)


def _large_rule(view: View, width: int) -> Text:
    """The line between list and ladder: what is to come for the instrument shown, and how to choose another."""
    shown = view.large
    if shown is None:
        return _rule(width)
    said = [shown.terms.symbol + (f" in {shown.quote.code}" if shown.quote is not None else "")]
    if (coming := words.until(shown, view.now_ns)) != "":
        said.append(coming)
    if not shown.instrument.over_ouch:
        said.append("not over OUCH")
    if view.business_date:
        said.append(f"{words.day(view.business_date)} ended")
    end = f" keys 1-{min(len(view.instruments), 9)} choose, 0 turns ─" if view.keys else "─"
    start = f"─ {' · '.join(said)} "
    if len(start) + len(end) > width:
        end = "─"
    return Text.assemble((start + "─" * max(0, width - len(start) - len(end)) + end, "dim"))


def _ladder(shown: Shown | None, width: int, rows: int) -> list[Text]:
    """Asks above, bids below, the best ones in the middle; bars share one scale."""
    if shown is None:
        return [Text() for _ in range(rows)]
    titles = Text(f" {'':<4}{'price':>{PRICE_COLUMNS}}{'lots':>{LOTS_COLUMNS}}  open", "dim")
    depth = (rows - 2) // 2
    bids, asks = shown.ladder.best(Side.BUY, depth), shown.ladder.best(Side.SELL, depth)
    most = max((level.lots for _, level in bids + asks), default=0)
    bar = width - PRICE_COLUMNS - LOTS_COLUMNS - 7

    def row(price: int, lots: int, word: str, style: str) -> Text:
        return Text.assemble(
            (f" {word:<4}", "dim"),
            (f"{price_text(price, shown.terms):>{PRICE_COLUMNS}}", f"bold {style}"),
            f"{words.lots(shown, lots):>{LOTS_COLUMNS}}  ",
            (marks.bar(lots, most, bar), style),
        )

    above = [row(price, level.lots, "ask", "red") for price, level in reversed(asks)]
    below = [row(price, level.lots, "bid", "green") for price, level in bids]
    found = [titles, *(Text() for _ in range(depth - len(above))), *above, _middle(shown), *below]
    return found + [Text() for _ in range(rows - len(found))]


def _middle(shown: Shown) -> Text:
    """Between the sides: the spread, or what the auction would give."""
    found = words.auction(shown)
    if found is not None:
        sign, style, side = words.LEFT_OVER[found.side]
        over = f"{sign} {side} {words.lots(shown, found.left_over)}" if found.left_over else f"{sign} {side}"
        price = words.auction_price(shown, found)
        return Text.assemble(
            (" ◆   ", "yellow"),
            (f"{price:>{PRICE_COLUMNS}}{words.lots(shown, found.lots):>{LOTS_COLUMNS}}", "bold yellow"),
            (f" {over}", style),
        )
    bids, asks = shown.ladder.best(Side.BUY, 1), shown.ladder.best(Side.SELL, 1)
    if not bids or not asks:
        return Text(" one side is empty" if bids or asks else " no orders", "dim")
    away = asks[0][0] - bids[0][0]
    spread = price_text(abs(away), shown.terms)
    if away <= 0:
        return Text(f" {'':<4}{spread:>{PRICE_COLUMNS}}  crossed", "dim")
    ticks = away // shown.standing.ticks.tick_at(bids[0][0])
    return Text(f" {'':<4}{spread:>{PRICE_COLUMNS}}  spread, {ticks} tick{'s' * (ticks != 1)}", "dim")


def _price(shown: Shown | None, width: int, rows: int) -> list[Text]:
    label = PRICE_COLUMNS
    columns = width - label
    if shown is None or not shown.prices:
        return [Text("no trades yet", "dim"), *(Text() for _ in range(rows - 1))]
    seconds = len(shown.prices)
    long = f"{seconds} s" if seconds < 120 else f"{seconds // 60} min"
    drawn = [Text.assemble((row, "cyan")) for row in marks.line(shown.prices, columns, rows - 2)]
    for place, price in ((0, max(shown.prices)), (len(drawn) - 1, min(shown.prices))):
        drawn[place].append(f"{price_text(price, shown.terms):>{label}}", "dim")
    return [Text(f"last price, {long}", "dim"), *drawn, Text("─" * width, "dim")]


def _trades(shown: Shown | None, width: int, rows: int) -> list[Text]:
    titles = Text(f"{'time (UTC)':<13}{'side':<7}{'price':>{PRICE_COLUMNS}}{'lots':>{LOTS_COLUMNS}}"[:width], "dim")
    found = [titles]
    for trade in list(shown.ladder.trades)[:-rows:-1] if shown is not None else ():
        assert shown is not None
        side, style = SIDES[trade.side]
        at = datetime.fromtimestamp(trade.at_ns // SECOND_NS, UTC).strftime("%H:%M:%S")
        found.append(
            Text.assemble(
                (f"{at}.{trade.at_ns // 1_000_000 % 1000:03} ", "dim"),
                (f"{side:<7}", style),
                f"{price_text(trade.price, shown.terms):>{PRICE_COLUMNS}}",
                f"{words.lots(shown, trade.quantity):>{LOTS_COLUMNS}}",
            )
        )
    return found + [Text() for _ in range(rows - len(found))]


DOOR = "  door "
DOOR_LEAST = 12
"""Columns that the door's path needs at least to be worth showing."""


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
    reach = Text.assemble((" API ", "dim"), (view.api or "not yet", "bold"))
    room = width - reach.cell_len - rest.cell_len - len(DOOR)
    if room >= DOOR_LEAST:
        reach.append(DOOR, "dim").append(_tail_of(view.door, room))
    return [_rule(width), rates, connect, Text.assemble(reach, rest)]


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
