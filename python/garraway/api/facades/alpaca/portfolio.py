"""What an account was worth over time: each step's balances at that step's last prices. Touches `units`.

Balances of a step are those of now less what was posted since, so that a pruned journal leaves what it still holds
right. Prices are closes of candles; before its first trade an instrument counts at what that began with, without any
trade at its price of now. Source: Alpaca's API documentation, "Get Account Portfolio History".
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

import msgspec
from sqlalchemy import Connection

from garraway.api.facades.alpaca import symbols
from garraway.api.facades.alpaca.asking import Ask
from garraway.api.facades.alpaca.positions import price_of, worth_of
from garraway.api.facades.alpaca.refusals import refusal, unsupported
from garraway.api.reading import queried
from garraway.store import history
from garraway.units import AssetTerms, money_text
from garraway.venues import Instrument

Said = dict[str, Any]
SECOND_NS: Final = 10**9
DAY_S: Final = 86_400
POINTS_AT_MOST: Final = 10_080
"""Minutes of a week."""
STEPS: Final = {"1Min": 60, "5Min": 300, "15Min": 900, "1H": 3_600, "1D": DAY_S}
WIDTHS: Final = {60: 60, 300: 300, 900: 300, 3_600: 3_600, DAY_S: DAY_S}
"""Step -> width of the candles that its prices come from, in s."""
DAYS: Final = {"D": 1, "W": 7, "M": 30, "A": 365}
_PERIOD: Final = re.compile(r"([1-9]\d{0,3})([DWMA])")
_RATIO_DECIMALS: Final = 6


class Stretch(msgspec.Struct, frozen=True):
    """What is asked for: steps from `start_s` on, left-aligned in UTC, up to `end_s`."""

    timeframe: str
    step_s: int
    start_s: int
    end_s: int

    @property
    def starts_s(self) -> range:
        """When each step begins."""
        return range(self.start_s, self.end_s, self.step_s)


async def portfolio(ask: Ask) -> Said:
    """What the account was worth at the end of each step, and how that differs from what it was worth first."""
    query, services = ask.query, ask.services
    _insist_supported(ask)
    by_day = query.word("pnl_reset", frozenset({"no_reset", "per_day"})) == "per_day"
    stretch = _stretch(ask)
    number = ask.account
    money = symbols.cash(services.directory)
    if money is None:
        raise refusal(503, "nothing is listed yet: ask again")
    asset, terms = money
    held = [one for one in symbols.shown(services.directory) if _counts(ask, one, asset)]

    def ask_store(connection: Connection) -> list[int]:
        balances = _balances(connection, number, stretch)
        worth = list(balances.get(asset, [0] * len(stretch.starts_s)))
        for instrument in held:
            totals = balances.get(instrument.base_asset)
            if totals is not None and any(totals):
                prices = _prices(connection, ask, instrument, stretch)
                for at, (total, price) in enumerate(zip(totals, prices, strict=True)):
                    worth[at] += worth_of(services, instrument, total, price)
        return worth

    _, worth = await queried(services, ask_store)
    return _said(stretch, worth, terms, by_day=by_day)


def _insist_supported(ask: Ask) -> None:
    """Refuses what Alpaca knows and nothing here answers to. Raises: Refusal."""
    if ask.query.text("intraday_reporting") not in {None, "continuous"}:
        raise unsupported("intraday_reporting", "is continuous here: leave it out")
    if ask.query.flag("extended_hours") is False:
        raise unsupported("extended_hours", "all hours are told here: leave it out")
    if ask.query.text("cashflow_types") not in {None, "NONE"}:
        raise unsupported("cashflow_types", "money in and out is told by /api/v1/ledger")


def _stretch(ask: Ask) -> Stretch:
    query = ask.query
    start_ns, end_ns, date_ns = (query.time_ns(name) for name in ("start", "end", "date_end"))
    if end_ns is not None and date_ns is not None:
        raise query.refused("date_end", "leave out either end or date_end")
    now_s = ask.services.clock() // SECOND_NS
    end_s = (
        end_ns // SECOND_NS if end_ns is not None else date_ns // SECOND_NS + DAY_S if date_ns is not None else now_s
    )
    period_s = _period_s(ask)
    if start_ns is not None and period_s is not None:
        if end_ns is not None or date_ns is not None:
            raise query.refused("period", "leave out one of period, start and the end")
        end_s = start_ns // SECOND_NS + period_s
    end_s = min(end_s, now_s)
    start_s = start_ns // SECOND_NS if start_ns is not None else max(end_s - (period_s or DAYS["M"] * DAY_S), 0)
    if start_s >= end_s:
        raise query.refused("start", "is not before the end, or not before now")
    timeframe = query.word("timeframe", frozenset(STEPS)) or _usual_timeframe(end_s - start_s)
    step_s = STEPS[timeframe]
    start_s = start_s // step_s * step_s
    points = -(-(end_s - start_s) // step_s)
    if points > POINTS_AT_MOST:
        raise query.refused("timeframe", f"{points} points: at most {POINTS_AT_MOST}, take a longer one")
    return Stretch(timeframe, step_s, start_s, end_s)


def _period_s(ask: Ask) -> int | None:
    text = ask.query.text("period")
    if text is None:
        return None
    match = _PERIOD.fullmatch(text)
    if match is None:
        raise ask.query.refused("period", f"{text[:32]!r} is none: write it like 1D, 2W, 3M or 1A")
    return int(match[1]) * DAYS[match[2]] * DAY_S


def _usual_timeframe(length_s: int) -> str:
    if length_s < 7 * DAY_S:
        return "1Min"
    return "15Min" if length_s < 30 * DAY_S else "1D"


def _counts(ask: Ask, instrument: Instrument, asset: int) -> bool:
    """Whether what is held of its base asset is valued by this instrument, in cash."""
    shown = symbols.of_asset(ask.services.directory, instrument.base_asset)
    return shown == instrument and instrument.quote_asset == asset != instrument.base_asset


def _balances(connection: Connection, account: int, stretch: Stretch) -> Mapping[int, Sequence[int]]:
    """Of each asset the balances at the ends of the steps, in ledger units."""
    posted = history.posted(
        connection, account, since_ns=stretch.start_s * SECOND_NS, step_ns=stretch.step_s * SECOND_NS
    )
    count, found = len(stretch.starts_s), {}
    for asset, total in history.balances(connection, account).items():
        steps = posted.get(asset, {})
        balance = total - sum(amount for step, amount in steps.items() if step >= count)
        totals = [0] * count
        for step in reversed(range(count)):
            totals[step] = balance
            balance -= steps.get(step, 0)
        found[asset] = totals
    return found


def _prices(connection: Connection, ask: Ask, instrument: Instrument, stretch: Stretch) -> Iterator[int]:
    """The last price at the end of each step, in price units."""
    width_s, start_ns, end_ns = WIDTHS[stretch.step_s], stretch.start_s * SECOND_NS, stretch.end_s * SECOND_NS
    before = history.candles(connection, instrument.number, width_s=60, since_ns=0, until_ns=start_ns, limit=1)
    candles = history.candles(
        connection,
        instrument.number,
        width_s=width_s,
        since_ns=start_ns,
        until_ns=end_ns,
        limit=POINTS_AT_MOST * stretch.step_s // width_s,
        oldest_first=True,
    )
    first = [row["close"] for row in before] or [row["open"] for row in candles[:1]]
    price = first[0] if first else price_of(ask.services, instrument)
    return _carried(price, ((row["start_ns"], row["close"]) for row in candles), stretch)


def _carried(price: int, closes: Iterable[tuple[int, int]], stretch: Stretch) -> Iterator[int]:
    """A price for each step: that of the last close within it or before it."""
    waiting = iter(closes)
    following = next(waiting, None)
    for start_s in stretch.starts_s:
        while following is not None and following[0] < (start_s + stretch.step_s) * SECOND_NS:
            price = following[1]
            following = next(waiting, None)
        yield price


def _said(stretch: Stretch, worth: list[int], terms: AssetTerms, *, by_day: bool) -> Said:
    first = next((at for at, one in enumerate(worth) if one), None)
    base = worth[first] if first is not None else 0
    bases = list(_bases(stretch, worth, base, by_day=by_day))
    said: Said = {
        "timestamp": list(stretch.starts_s),
        "equity": [Decimal(money_text(one, terms)) for one in worth],
        "profit_loss": [
            Decimal(money_text(one - basis if basis else 0, terms)) for one, basis in zip(worth, bases, strict=True)
        ],
        "profit_loss_pct": [_ratio(one, basis) for one, basis in zip(worth, bases, strict=True)],
        "base_value": Decimal(money_text(base, terms)),
        "timeframe": stretch.timeframe,
        "cashflow": {},
    }
    if first is not None:
        at = datetime.fromtimestamp(stretch.starts_s[first], UTC)
        said["base_value_asof"] = at.date().isoformat()
    return said


def _bases(stretch: Stretch, worth: list[int], base: int, *, by_day: bool) -> Iterator[int]:
    """What each step is compared with: the first worth there was, or that at the end of the day before."""
    day, basis, last = stretch.start_s // DAY_S, base, base
    began = False
    for start_s, one in zip(stretch.starts_s, worth, strict=True):
        if by_day and start_s // DAY_S != day:
            day, basis = start_s // DAY_S, last
        began = began or bool(one)
        yield basis if began else 0
        last = one or last


def _ratio(worth: int, basis: int) -> Decimal | None:
    """Profit as a part of the basis, cut to a millionth; none without one."""
    if basis <= 0:
        return None
    return Decimal((worth - basis) * 10**_RATIO_DECIMALS // basis).scaleb(-_RATIO_DECIMALS)
