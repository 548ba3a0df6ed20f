"""One moment as one line of text, for logs and pipes. Touches nothing."""

from garraway.cli.terminal import marks, words
from garraway.cli.terminal.view import Shown, View
from garraway.records import Phase, Side
from garraway.units import price_text


def plain_line(view: View) -> str:
    """State, each instrument's phase and prices, rates, latency, journal position and where to connect."""
    said = [marks.duration(view.uptime_s), view.state]
    if view.instruments:
        said.append(" | ".join(_instrument(shown, view.now_ns) for shown in view.instruments))
    said.append(f"trades {view.trade_count}")
    if view.business_date:
        said.append(f"{words.day(view.business_date)} ended")
    said += [f"orders/s {view.rates.orders}", f"trades/s {view.rates.trades}", f"rejects/s {view.rates.rejects}"]
    if view.latency is not None and view.latency.count:
        said.append(
            f"ack({view.durability}) p50 {marks.span(view.latency.p50_ns)} p99 {marks.span(view.latency.p99_ns)}"
        )
    said += [f"journal {view.command_seq}", f"ouch {view.ouch or '-'}", f"api {view.api or '-'}"]
    said.append("restarts " + (", ".join(f"{name} {count}" for name, count in view.restarts.items() if count) or "0"))
    return "  ".join(said)


def _instrument(shown: Shown, now_ns: int) -> str:
    said = [shown.terms.symbol, words.phase(shown)]
    found = words.auction(shown)
    if found is not None:
        side = words.LEFT_OVER[found.side][2]
        said.append(f"at {words.auction_price(shown, found)} x {words.lots(shown, found.lots)}")
        said.append(f"{side} {words.lots(shown, found.left_over)}" if found.left_over else side)
    elif shown.standing.phase is Phase.CONTINUOUS:
        bids, asks = shown.ladder.best(Side.BUY, 1), shown.ladder.best(Side.SELL, 1)
        bid = price_text(bids[0][0], shown.terms) if bids else "-"
        ask = price_text(asks[0][0], shown.terms) if asks else "-"
        said.append(f"{bid}/{ask}")
    if shown.standing.last:
        said.append(f"last {price_text(shown.standing.last, shown.terms)}")
    if (coming := words.until(shown, now_ns)) != "":
        said.append(f"({coming})")
    return " ".join(said)
