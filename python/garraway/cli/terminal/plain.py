"""One moment as one line of text, for logs and pipes. Touches nothing."""

from garraway.cli.terminal import marks
from garraway.cli.terminal.view import View
from garraway.records import Side
from garraway.units import price_text


def plain_line(view: View) -> str:
    """State, best prices, last trade, rates, latency, journal position and where to connect."""
    words = [marks.duration(view.uptime_s), view.state]
    if view.terms is not None:
        bids, asks = view.ladder.best(Side.BUY, 1), view.ladder.best(Side.SELL, 1)
        bid = price_text(bids[0][0], view.terms) if bids else "-"
        ask = price_text(asks[0][0], view.terms) if asks else "-"
        last = price_text(view.ladder.last.price, view.terms) if view.ladder.last is not None else "-"
        words += [view.terms.symbol, f"{bid}/{ask}", f"last {last}", f"trades {view.ladder.trade_count}"]
    words += [f"orders/s {view.rates.orders}", f"trades/s {view.rates.trades}", f"rejects/s {view.rates.rejects}"]
    if view.latency is not None and view.latency.count:
        words.append(
            f"ack({view.durability}) p50 {marks.span(view.latency.p50_ns)} p99 {marks.span(view.latency.p99_ns)}"
        )
    words += [f"journal {view.command_seq}", f"ouch {view.ouch or '-'}"]
    words.append("restarts " + ("+".join(str(count) for count in view.restarts.values()) or "0"))
    return "  ".join(words)
