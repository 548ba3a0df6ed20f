"""The list of instruments: a row each, in an auction with what it would give. A view in, styled text out."""

from typing import Final

from rich.text import Text

from garraway.cli.terminal import words
from garraway.cli.terminal.view import Shown, View
from garraway.records import Phase, Side
from garraway.units import price_text

SYMBOL: Final = 9
PHASE: Final = 13
LAST: Final = 10
CHANGE: Final = 11
SIDE: Final = 11
"""Columns of the best bid, and of the best ask; an auction takes both."""
VOLUME: Final = 11
COMING: Final = 28
"""Columns of the next change of phase, where there is room for it."""
SHORT: Final = {
    Phase.OPENING_AUCTION: "opening",
    Phase.VOLATILITY_AUCTION: "volatility",
    Phase.CLOSING_AUCTION: "closing",
}
"""Phases with a diamond are auctions: the sign says so."""


def listing(view: View, width: int, rows: int) -> list[Text]:
    """A title and as many instruments as there is room for, the chosen one among them."""
    room = rows - 1
    first = max(0, min(view.chosen - room + 1, len(view.instruments) - room)) if view.instruments else 0
    found = [_titles(width)]
    places = range(first, min(first + room, len(view.instruments)))
    found += [_row(view, place, width) for place in places]
    return found + [Text() for _ in range(rows - len(found))]


def _titles(width: int) -> Text:
    text = f"   {'':<{SYMBOL}}{'phase':<{PHASE}}{'last':>{LAST}}{'change':>{CHANGE}}"
    text += f"{'bid':>{SIDE}}{'ask':>{SIDE}}{'volume':>{VOLUME}}"
    if width >= len(text) + COMING:
        text += "   next"
    return Text(text, "dim")


def _row(view: View, place: int, width: int) -> Text:
    shown, chosen = view.instruments[place], place == view.chosen
    sign, style = words.SIGNS[shown.standing.phase]
    name = SHORT.get(shown.standing.phase, words.NAMES[shown.standing.phase])
    last = price_text(shown.standing.last, shown.terms) if shown.standing.last else "-"
    change_style, change = words.change(shown)
    row = Text.assemble(
        ("▸" if chosen else " ", "bold"),
        (f"{place + 1} " if view.keys else "  ", "dim"),
        (f"{shown.terms.symbol:<{SYMBOL}}", "bold" if chosen else ""),
        (f"{sign} {name:<{PHASE - 2}}", style),
        (f"{last:>{LAST}}", "bold"),
        (f"{change:>{CHANGE}}", change_style),
        _prices(shown),
        f"{words.lots(shown, shown.ladder.day_lots):>{VOLUME}}",
    )
    if width >= row.cell_len + COMING:
        row.append(f"   {words.until(shown, view.now_ns)}", "dim")
    return row


def _prices(shown: Shown) -> Text:
    """Best bid and ask; of an auction price, lots and what would be left over; nothing where nothing trades."""
    found, width = words.auction(shown), 2 * SIDE
    if found is not None:
        sign, style, _ = words.LEFT_OVER[found.side]
        left = f"{sign}{words.lots(shown, found.left_over)}" if found.left_over else sign
        text = f"{words.auction_price(shown, found)} × {words.lots(shown, found.lots)}"
        return Text.assemble((f"{text:>{width - 1 - len(left)}} ", "bold yellow"), (left, style))
    bids, asks = shown.ladder.best(Side.BUY, 1), shown.ladder.best(Side.SELL, 1)
    if shown.standing.phase is not Phase.CONTINUOUS:
        return Text(f"{'no auction price' if shown.standing.phase.collects else 'no trading':>{width}}", "dim")
    bid = price_text(bids[0][0], shown.terms) if bids else "-"
    ask = price_text(asks[0][0], shown.terms) if asks else "-"
    return Text.assemble((f"{bid:>{SIDE}}", "green"), (f"{ask:>{SIDE}}", "red"))
