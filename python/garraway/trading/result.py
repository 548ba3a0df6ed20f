"""Result: what a run came to. Frames are made when they are asked for; the same run gives the same bytes."""

from collections.abc import Mapping
from decimal import Decimal
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from garraway.records.rejects import reject
from garraway.trading.hashing import canonical, sha256

if TYPE_CHECKING:
    import polars as pl

    from garraway import _native
    from garraway.trading.strategy import Strategy
    from garraway.venues.simulated import Instrument

KINDS: Final = {1: "limit", 2: "market", 4: "stop", 5: "stop_limit", 6: "trailing_stop"}
SIDES: Final = {1: "buy", 2: "sell"}
LIQUIDITY: Final = {1: "maker", 2: "taker", 3: "dealt"}
ENDED: Final = {
    1: "by_owner",
    2: "not_filled",
    3: "not_fillable",
    4: "nothing_left",
    5: "self_trade",
    6: "expired",
    7: "mass_cancel",
    8: "linked",
    9: "funds",
    10: "off_terms",
    11: "delisted",
    12: "not_reducing",
}
"""Why the venue cancelled an order, by the `detail` of its event."""


class Result:
    """What a run came to: frames, totals, a header with all that was assumed, a hash of all that it depends on."""

    def __init__(
        self,
        run: "_native.Run",
        header: Mapping[str, Any],
        instruments: "tuple[Instrument, ...]",
        strategy: "Strategy | None",
    ) -> None:
        """Of a run that is over."""
        self._run, self.header, self._instruments = run, dict(header), instruments
        self.strategy = strategy
        """The strategy as it ended; None of a compiled one."""
        self._balance, self._cash, self._equity_twice, self._lots = run.standing()
        self.counts = run.counts()
        self._columns = {"fills": run.fills(), "orders": run.orders(), "equity": run.equity()}
        self._words = run.words()

    def __repr__(self) -> str:
        """The totals."""
        return (
            f"Result({self.header['strategy']}: {self.counts['orders']} orders, {self.counts['fills']} fills, "
            f"pnl {self.pnl:.2f}, position {self.position}, {self.hash[:12]})"
        )

    @property
    def hash(self) -> str:
        """SHA-256 of data, source of the class, parameters, settings, seed and versions."""
        return str(self.header["hash"])

    @property
    def pnl(self) -> float:
        """Gain in the quote asset, positions valued at the middle of the last quotes."""
        return float((Decimal(int(self._equity_twice)) / 2 - self._start) / self._unit)

    @property
    def cash(self) -> float:
        """What would be left if every position had been paid in full."""
        return float(Decimal(int(self._cash)) / self._unit)

    @property
    def final_equity(self) -> float:
        """What all was worth at the end."""
        return float(Decimal(int(self._equity_twice)) / 2 / self._unit)

    @property
    def position(self) -> int:
        """Lots of the first instrument held at the end, negative short."""
        return int(self._lots[0])

    @property
    def positions(self) -> dict[str, int]:
        """Lots held at the end, by symbol."""
        return {one.symbol: int(lots) for one, lots in zip(self._instruments, self._lots, strict=True)}

    @property
    def log(self) -> list[tuple[int, str, dict[str, object]]]:
        """What the strategy logged: time of the market, event, fields."""
        return self.strategy.lines if self.strategy is not None else []

    @cached_property
    def fills(self) -> "pl.DataFrame":
        """at_ns, instrument, side, price, quantity, value, fee, realised, order, liquidity, position, mid, tag."""
        import polars as pl  # noqa: PLC0415 - costs more time than a run

        rows = self._columns["fills"]
        mid = self._prices(rows["instrument"], rows["mid_twice"]) / 2
        return pl.DataFrame(
            {
                "at_ns": rows["at_ns"],
                "instrument": self._symbols(rows["instrument"]),
                "side": _named(rows["side"], SIDES),
                "price": self._prices(rows["instrument"], rows["price"]),
                "quantity": rows["quantity"],
                "value": self._money(rows["value"]),
                "fee": self._money(rows["fee"]),
                "realised": self._money(rows["realised"]),
                "order": rows["order"].astype(np.uint64),
                "liquidity": _named(rows["liquidity"], LIQUIDITY),
                "position": rows["position"],
                "mid": np.where(mid == 0, np.nan, mid),
                "tag": _named(rows["tag"], dict(enumerate(self._words["tags"]))),
            }
        )

    @cached_property
    def orders(self) -> "pl.DataFrame":
        """placed_ns, instrument, side, kind, limit, stop, quantity, filled, state, client_ref, reason, tag."""
        import polars as pl  # noqa: PLC0415 - costs more time than a run

        rows = self._columns["orders"]
        return pl.DataFrame(
            {
                "placed_ns": rows["placed_ns"],
                "instrument": self._symbols(rows["instrument"]),
                "side": _named(rows["side"], SIDES),
                "kind": _named(rows["kind"], KINDS),
                "limit": _or_nan(self._prices(rows["instrument"], rows["limit"])),
                "stop": _or_nan(self._prices(rows["instrument"], rows["stop"])),
                "quantity": rows["quantity"],
                "filled": rows["filled"],
                "state": _named(rows["state"], dict(enumerate(self._words["states"], 1))),
                "client_ref": rows["client_ref"].astype(np.uint64),
                "reason": _named(rows["reason"], _reasons(rows["reason"])),
                "tag": _named(rows["tag"], dict(enumerate(self._words["tags"]))),
            }
        )

    @cached_property
    def equity(self) -> "pl.DataFrame":
        """at_ns, equity, cash, position_value: at each bar, or at most 100,000 quotes, and at first and last row."""
        import polars as pl  # noqa: PLC0415 - costs more time than a run

        rows = self._columns["equity"]
        return pl.DataFrame({**rows, "position_value": rows["equity"] - rows["cash"]})

    def summary(self) -> dict[str, object]:
        """Totals, as JSON has them."""
        return {
            **self.counts,
            "pnl": self.pnl,
            "cash": self.cash,
            "equity": self.final_equity,
            "positions": self.positions,
            "left_out": self._run.left_out(),
        }

    def to_json(self) -> str:
        """Header, totals, fills, orders, and a digest of the equity. The same run gives the same text."""
        tables = {
            name: {key: column.tolist() for key, column in self._columns[name].items()} for name in ("fills", "orders")
        }
        equity = self._columns["equity"]
        digest = sha256(b"".join(column.tobytes() for column in equity.values())).hexdigest()
        return canonical(
            {
                "header": self.header,
                "summary": self.summary(),
                **tables,
                "tags": list(self._words["tags"]),
                "equity": {"rows": len(equity["at_ns"]), "sha256": digest},
            }
        )

    def report(self, path: str | PathLike[str]) -> None:
        """Writes the tear sheet: one page that needs nothing else."""
        from garraway.analytics import report  # noqa: PLC0415 - costs more time than a run

        report(self, Path(path))

    @property
    def _unit(self) -> int:
        return int(10 ** self._instruments[0].money_decimals)

    @property
    def _start(self) -> Decimal:
        return Decimal(str(self.header["assumptions"]["cash"])) * self._unit

    def _prices(self, instruments: NDArray[np.int64], units: NDArray[np.int64]) -> NDArray[np.float64]:
        per_price = np.array([10.0**one.price_decimals for one in self._instruments])
        prices: NDArray[np.float64] = units / per_price[instruments]
        return prices

    def _money(self, units: NDArray[np.int64]) -> NDArray[np.float64]:
        money: NDArray[np.float64] = units / float(self._unit)
        return money

    def _symbols(self, instruments: NDArray[np.int64]) -> "pl.Series":
        return _named(instruments, {place: one.symbol for place, one in enumerate(self._instruments)})


def _named(codes: NDArray[np.int64], words: Mapping[int, str]) -> "pl.Series":
    import polars as pl  # noqa: PLC0415 - costs more time than a run

    return pl.Series(codes).replace_strict(dict(words), return_dtype=pl.String)


def _or_nan(prices: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(prices == 0, np.nan, prices)


def _reasons(codes: NDArray[np.int64]) -> dict[int, str]:
    """The words of the codes that there are: a reject, why an order ended, or which limit refused it."""
    found = {}
    for code in np.unique(codes).tolist():
        if code < 1_000:
            found[code] = reject(code).name if code else ""
        else:
            found[code] = ENDED.get(code - 1_000, "") if code < 2_000 else f"limit_{code - 2_000}"
    return found
