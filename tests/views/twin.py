"""The tables by the plainest means: every event noted in lists and dictionaries, every figure worked out at the end.

Nothing is shared with the fold but the names of the tables' columns. Slow on purpose.
"""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from garraway.records import EVENTS, EventArray, body, items
from garraway.units import TickTable

Row = tuple[Any, ...]
Tables = dict[str, list[Row]]
NAMES = {code: name for name, code in EVENTS.items()}
U64 = 1 << 64


def signed(number: int) -> int:
    """A number of 64 bits as SQL has it."""
    return number - U64 if number >= U64 // 2 else number


@dataclass
class Trade:
    instrument: int
    at_ns: int
    price: int
    lots: int
    value: int


@dataclass
class Move:
    """Something that changed a position, in the order in which it came."""

    account: int
    instrument: int
    kind: str
    """fill, back, correction, split"""
    lots: int = 0
    value: int = 0
    fee: int = 0
    event_id: int = 0
    at_ns: int = 0
    ratio: tuple[int, int] = (1, 1)


@dataclass
class Twin:
    """Event by event."""

    tables: dict[str, dict[Any, dict[str, Any]]] = field(default_factory=lambda: defaultdict(dict))
    by_ref: dict[tuple[int, int], dict[str, Any]] = field(default_factory=dict)
    """The order that last had a reference."""
    entries: list[Row] = field(default_factory=list)
    holds: list[tuple[int, int, int, int]] = field(default_factory=list)
    moves: list[tuple[int, Move]] = field(default_factory=list)
    """With the number of the day on which each came."""
    trades: list[Trade] = field(default_factory=list)
    statistics: dict[tuple[int, int], dict[str, int]] = field(default_factory=dict)
    touched: dict[tuple[int, int], int] = field(default_factory=dict)
    margins: defaultdict[tuple[int, int], int] = field(default_factory=lambda: defaultdict(int))
    """Of positions against the house, by account and asset."""
    dates: list[int] = field(default_factory=list)
    day_ended_id: int = 0
    future_busts: int = 0
    count: int = 0
    first: int = 0
    last: tuple[int, int] = (0, 0)

    def apply(self, events: EventArray, tails: Sequence[bytes]) -> None:
        for event, tail in zip(events, tails, strict=True):
            said = {name: int(event[name]) for name in events.dtype.names or ()}
            said["client_ref"], said["source_seq"] = signed(said["client_ref"]), signed(said["source_seq"])
            self.first = self.first or said["event_id"]
            self.last = said["event_id"], said["at_ns"]
            self.count += 1
            take = getattr(self, f"on_{NAMES[said['kind']]}", None)
            if take is not None:
                take(said, tail)

    # Definitions

    def on_AssetDefined(self, said: dict[str, int], tail: bytes) -> None:  # noqa: N802
        of: dict[str, Any] = dict(body("DefineAsset", tail))
        row = {"asset": said["instrument"], "code": of["code"].decode(), "scale": of["scale"], "display": of["display"]}
        self.tables["assets"][said["instrument"]] = row

    def on_InstrumentListed(self, said: dict[str, int], tail: bytes) -> None:  # noqa: N802
        of: dict[str, Any] = dict(body("ListInstrument", tail))
        scales = {number: row["scale"] for number, row in self.tables["assets"].items()}
        row = {"instrument": said["instrument"], "symbol": of["symbol"].decode()}
        row |= {name: of[name] for name in ("base_asset", "quote_asset")}
        row |= {"kind": of["kind"] or 1, "execution": of["execution"], "phase": of["phase"] or 1}
        row |= {name: of[name] for name in ("price_unit", "lot_size")}
        row["price_value"] = of["price_unit"] * of["lot_size"] * 10 ** scales[of["quote_asset"]] // 10**18
        row["lot_value"] = of["lot_size"] * 10 ** scales[of["base_asset"]] // 10**9 if of["base_asset"] else 1
        row |= {"tick": of["tick"], "tick_steps": "[]"}
        limits = ("min_price", "max_price", "max_quantity", "max_notional", "maker_fee_rate", "taker_fee_rate")
        row |= {name: of[name] for name in limits}
        row |= {"reference": 0, "last": 0, "settlement": 0, "settled_id": 0, "split_new": 1, "split_old": 1}
        row |= {"listed_at_ns": said["at_ns"], "changed_at_ns": said["at_ns"]}
        self.tables["instruments"][said["instrument"]] = row

    def on_InstrumentChanged(self, said: dict[str, int], tail: bytes) -> None:  # noqa: N802
        of: dict[str, Any] = dict(body("ChangeInstrument", tail))
        row = self.tables["instruments"][said["instrument"]]
        if of["tick"] != row["tick"]:
            row["tick_steps"] = "[]"
        row |= {name: of[name] for name in ("tick", "min_price", "max_price", "max_quantity", "max_notional")}
        row |= {"symbol": of["symbol"].decode(), "changed_at_ns": said["at_ns"]}

    def on_TicksSet(self, said: dict[str, int], tail: bytes) -> None:  # noqa: N802
        steps = [[step["from_price"], step["tick"]] for step in items("SetTicks", tail)]
        self.instrument(said)["tick_steps"] = json.dumps(steps)

    def on_AccountOpened(self, said: dict[str, int], tail: bytes) -> None:  # noqa: N802
        of: dict[str, Any] = dict(body("OpenAccount", tail))
        row = {"account": said["account"], "firm": of["firm"], "group_id": of["group"], "clearing": of["clearing"]}
        row |= {name: of[name] for name in ("max_quantity", "max_notional", "max_open_orders")}
        row |= {"self_trade": of["self_trade"], "self_trade_of": of["self_trade_of"]}
        self.tables["accounts"][said["account"]] = row | {"opened": said["at_ns"], "changed": said["at_ns"]}

    def on_AccountChanged(self, said: dict[str, int], tail: bytes) -> None:  # noqa: N802
        of = body("SetAccount", tail)
        row = self.tables["accounts"][said["account"]]
        row |= {"group_id": of["group"], "self_trade": of["self_trade"], "self_trade_of": of["self_trade_of"]}
        row["changed"] = said["at_ns"]

    def on_GroupDefined(self, said: dict[str, int], tail: bytes) -> None:  # noqa: N802
        of: dict[str, Any] = dict(body("DefineGroup", tail))
        tiers = said["quantity"]
        row = {"id": said["value"], "name": of["name"].decode(), "asset": of["asset"] if tiers else 0, "tiers": tiers}
        self.tables["groups"][said["value"]] = row | {"changed": said["at_ns"]}

    def on_FeePlanDefined(self, said: dict[str, int], tail: bytes) -> None:  # noqa: N802
        of = body("DefineFeePlan", tail)
        row = {"id": said["value"], "maker": of["maker_rate"], "taker": of["taker_rate"], "changed": said["at_ns"]}
        self.tables["fee_plans"][said["value"]] = row

    # Orders

    def on_Accepted(self, said: dict[str, int], tail: bytes) -> None:  # noqa: N802
        text = tail.rstrip(b"\0").decode("utf-8", "backslashreplace").replace("\0", "\\x00")
        row: dict[str, Any] = {
            "placed_id": said["event_id"],
            "placed_at_ns": said["at_ns"],
            "order_id": said["event_id"],
        }
        row |= {name: said[name] for name in ("account", "client_ref", "instrument", "side")}
        row |= {"order_type": said["value"] % 256, "time_in_force": said["detail"], "flags": said["value"] // 256}
        row |= {"price": said["price"], "trigger": said["fee"], "quantity": said["quantity"], "leaves": said["leaves"]}
        row |= {"filled": 0, "value": 0, "fee": 0, "state": 1, "reason": 0, "text": text}
        row |= {"source": said["source"], "source_seq": said["source_seq"]}
        row |= {"changed": said["at_ns"], "changed_id": said["event_id"]}
        self.tables["orders"][said["event_id"]] = self.by_ref[said["account"], said["client_ref"]] = row
        self.hold(said)

    def on_Canceled(self, said: dict[str, int], _: bytes) -> None:  # noqa: N802
        self.change(said, said["client_ref"], leaves=said["leaves"], reason=said["detail"])
        self.end(said, said["client_ref"], state=3)
        self.hold(said)

    def on_Replaced(self, said: dict[str, int], tail: bytes) -> None:  # noqa: N802
        filled = said["quantity"] - said["leaves"]
        values: dict[str, Any] = {"client_ref": said["client_ref"], "price": said["price"], "filled": filled}
        values |= {"quantity": said["quantity"], "leaves": said["leaves"]}
        if said["detail"] == 0:
            values["order_id"] = said["event_id"]
        if tail:
            values["text"] = tail.rstrip(b"\0").decode("utf-8", "backslashreplace").replace("\0", "\\x00")
        self.change(said, said["fee"], **values)
        self.hold(said)

    def on_Triggered(self, said: dict[str, int], _: bytes) -> None:  # noqa: N802
        row = self.open_order(said["account"], said["client_ref"])
        total = said["leaves"] + (row["filled"] if row else 0)
        order_id = said["event_id"]
        self.change(
            said, said["client_ref"], order_id=order_id, leaves=said["leaves"], price=said["price"], quantity=total
        )
        self.hold(said)

    on_Refilled = on_Triggered  # noqa: N815
    on_Activated = on_Triggered  # noqa: N815

    def on_OrderSplit(self, said: dict[str, int], _: bytes) -> None:  # noqa: N802
        row = self.open_order(said["account"], said["client_ref"])
        of = self.tables["instruments"][said["instrument"]]
        filled = row["filled"] * of["split_new"] // of["split_old"] if row else 0
        total = filled + said["leaves"]
        self.change(said, said["client_ref"], price=said["price"], leaves=said["leaves"], filled=filled, quantity=total)
        self.hold(said)

    def open_order(self, account: int, ref: int) -> dict[str, Any] | None:
        row = self.by_ref.get((account, ref))
        return row if row and row["state"] == 1 else None

    def change(self, said: dict[str, int], ref: int, **values: object) -> None:
        row = self.open_order(said["account"], ref)
        if row is not None:
            row |= values | {"changed": said["at_ns"], "changed_id": said["event_id"]}
            self.by_ref[row["account"], row["client_ref"]] = row

    def end(self, said: dict[str, int], ref: int, *, state: int) -> None:
        row = self.open_order(said["account"], ref)
        if row is not None and row["leaves"] == 0:
            row["state"] = state

    # Money

    def on_Filled(self, said: dict[str, int], _: bytes) -> None:  # noqa: N802
        order = self.open_order(said["account"], said["client_ref"])
        if order is not None:
            totals = {name: order[name] + said[of] for name, of in (("filled", "quantity"), ("value", "value"))}
            self.change(said, said["client_ref"], leaves=said["leaves"], fee=order["fee"] + said["fee"], **totals)
            self.end(said, said["client_ref"], state=2)
        dealt = said["detail"] == 3
        trade = said["event_id"] - (0 if dealt else said["detail"])
        names = ("price", "quantity", "leaves", "value", "fee")
        row = {"id": said["event_id"], "at_ns": said["at_ns"], "trade": trade, "account": said["account"]}
        row |= {"instrument": said["instrument"], "placed_id": order["placed_id"] if order else 0}
        row |= {"client_ref": said["client_ref"], "side": said["side"], "detail": said["detail"]}
        self.tables["executions"][said["event_id"]] = row | {name: said[name] for name in names} | {"b": 0, "c": 0}
        of = self.tables["instruments"][said["instrument"]]
        sign = 1 if said["side"] == 1 else -1
        payer, quote = self.payer(said["account"]), of["quote_asset"]
        if of["kind"] == 1:
            self.enter(said, payer, 1, of["base_asset"], sign * said["quantity"] * of["lot_value"], 7, trade)
            self.enter(said, payer, 2, quote, -sign * said["value"], 7, trade)
        elif not dealt:
            gap = said["price"] - of["settlement"]
            self.enter(said, payer, 2, quote, -sign * gap * said["quantity"] * of["price_value"], 7, trade)
        self.enter(said, payer, 3, quote, -said["fee"], 8, trade)
        self.enter(said, 2, 4, quote, said["fee"], 8, trade)
        self.hold(said)
        self.move(
            said, said["account"], "dealt" if dealt else "fill", sign * said["quantity"], said["value"], said["fee"]
        )

    def on_PositionChanged(self, said: dict[str, int], _: bytes) -> None:  # noqa: N802
        of = self.tables["instruments"][said["instrument"]]
        payer, quote = self.payer(said["account"]), of["quote_asset"]
        self.enter(said, payer, 2, quote, said["value"], 7, said["event_id"])
        self.enter(said, 4, 4, quote, -said["value"], 7, said["event_id"])
        self.margins[payer, quote] -= said["released"]
        paid = 0
        if said["detail"] == 6:
            over = abs(said["leaves"]) * of["split_new"] % of["split_old"]
            paid = (2 * said["price"] * of["price_value"] * over + of["split_new"]) // (2 * of["split_new"])
            paid = paid if said["leaves"] > 0 else -paid
        lots = said["quantity"] - said["leaves"] if said["detail"] == 6 else 0
        self.move(said, said["account"], "gain", lots, said["value"], paid)

    def on_Posted(self, said: dict[str, int], _: bytes) -> None:  # noqa: N802
        self.enter(said, said["account"], 0, said["instrument"], said["value"], said["detail"], said["fee"])
        self.touched[said["account"], said["instrument"]] = said["event_id"]

    def on_PositionMarked(self, said: dict[str, int], _: bytes) -> None:  # noqa: N802
        self.moves.append(
            (
                len(self.dates),
                Move(
                    said["account"],
                    said["instrument"],
                    "mark",
                    value=said["price"],
                    event_id=said["event_id"],
                    at_ns=said["at_ns"],
                ),
            )
        )
        quote = self.tables["instruments"][said["instrument"]]["quote_asset"]
        self.touched[self.payer(said["account"]), quote] = said["event_id"]

    def on_TradeBusted(self, said: dict[str, int], _: bytes) -> None:  # noqa: N802
        of = self.tables["instruments"][said["instrument"]]
        self.future_busts += of["kind"] == 2
        for row in self.tables["executions"].values():
            found = (row["trade"], row["instrument"], row["price"], row["quantity"])
            if found != (said["value"], said["instrument"], said["price"], said["quantity"]):
                continue
            lots = row["quantity"] if row["side"] == 1 else -row["quantity"]
            if said["fee"]:
                row["c"] = said["fee"]
                gain = (said["price"] - said["fee"]) * lots * of["price_value"]
                self.move(said, row["account"], "correction", 0, gain, 0)
            else:
                row["b"] = 1
                self.move(said, row["account"], "back", -lots, row["value"], row["fee"])

    def payer(self, account: int) -> int:
        clearing: int = self.tables["accounts"].get(account, {}).get("clearing", 0)
        return clearing or account

    def enter(
        self, said: dict[str, int], account: int, leg: int, asset: int, amount: int, reason: int, reference: int
    ) -> None:
        if amount:
            entry = (account, said["event_id"], leg, said["at_ns"], asset, amount, reason, reference)
            self.entries.append(entry)
            self.touched[account, asset] = said["event_id"]
        elif leg in {1, 2}:
            self.touched[account, asset] = said["event_id"]

    def hold(self, said: dict[str, int]) -> None:
        of = self.tables["instruments"][said["instrument"]]
        asset = of["quote_asset"] if said["side"] == 1 or of["kind"] == 2 else of["base_asset"]
        if said["released"]:
            payer = self.payer(said["account"])
            self.holds.append((payer, asset, -said["released"], said["event_id"]))
            self.touched[payer, asset] = said["event_id"]

    def move(self, said: dict[str, int], account: int, kind: str, lots: int, value: int, fee: int) -> None:
        move = Move(account, said["instrument"], kind, lots, value, fee, said["event_id"], said["at_ns"])
        move.ratio = (self.tables["instruments"][said["instrument"]]["settlement"], 0)
        self.moves.append((len(self.dates), move))

    # The market

    def instrument(self, said: dict[str, int]) -> dict[str, Any]:
        row = self.tables["instruments"][said["instrument"]]
        row["changed_at_ns"] = said["at_ns"]
        return row

    def on_Traded(self, said: dict[str, int], _: bytes) -> None:  # noqa: N802
        number, price = said["instrument"], said["price"]
        self.trades.append(Trade(number, said["at_ns"], price, said["quantity"], said["value"]))
        self.tables["instruments"][number]["last"] = price
        day = self.statistics.setdefault(
            (0, number), {"o": price, "h": price, "l": price, "c": price, "s": 0, "q": 0, "t": 0, "v": 0}
        )
        day |= {"h": max(day["h"], price), "l": min(day["l"], price), "c": price, "q": day["q"] + said["quantity"]}
        day |= {"t": day["t"] + 1, "v": day["v"] + said["value"]}

    def on_Uncrossed(self, said: dict[str, int], _: bytes) -> None:  # noqa: N802
        if said["quantity"]:
            self.instrument(said).update(reference=said["price"], last=said["price"])

    def on_PhaseChanged(self, said: dict[str, int], _: bytes) -> None:  # noqa: N802
        self.instrument(said)["phase"] = said["detail"]

    def on_ReferenceSet(self, said: dict[str, int], _: bytes) -> None:  # noqa: N802
        row = self.instrument(said)
        if said["detail"] == 1:
            row["reference"] = said["price"]
            return
        row |= {"settlement": said["price"], "settled_id": said["event_id"]}
        if (0, said["instrument"]) in self.statistics:
            self.statistics[0, said["instrument"]]["s"] = said["price"]

    def on_InstrumentSplit(self, said: dict[str, int], _: bytes) -> None:  # noqa: N802
        row = self.instrument(said)
        new, old = said["quantity"], said["leaves"]
        row |= {"split_new": new, "split_old": old}
        ticks = TickTable(row["tick"], tuple((start, tick) for start, tick in json.loads(row["tick_steps"])))

        def price(before: int) -> int:
            after = ticks.down(before * old // new)
            return max(row["min_price"], min(row["max_price"], after)) if before else 0

        row |= {name: price(row[name]) for name in ("reference", "last", "settlement")}
        if (0, said["instrument"]) in self.statistics:
            day = self.statistics[0, said["instrument"]]
            day |= {name: price(day[name]) for name in "ohlcs"} | {"q": day["q"] * new // old}
        holders = {move.account for _, move in self.moves if move.instrument == said["instrument"] and row["kind"] != 3}
        for account in holders:
            move = Move(account, said["instrument"], "split", event_id=said["event_id"], at_ns=said["at_ns"])
            move.ratio = (new, old)
            self.moves.append((len(self.dates), move))

    def on_DayEnded(self, said: dict[str, int], _: bytes) -> None:  # noqa: N802
        for row in self.tables["instruments"].values():
            settled = row["settlement"] if row["settled_id"] > self.day_ended_id else 0
            row["reference"] = settled or row["last"] or row["reference"]
        self.dates.append(said["value"])
        self.day_ended_id = said["event_id"]

    def on_DayPrices(self, said: dict[str, int], _: bytes) -> None:  # noqa: N802
        self.statistics.pop((0, said["instrument"]), None)
        prices = {"o": said["quantity"], "h": said["leaves"], "l": said["value"], "c": said["price"], "s": said["fee"]}
        self.statistics[self.dates[-1], said["instrument"]] = prices | {"q": 0, "t": 0, "v": 0}

    def on_DayTurnover(self, said: dict[str, int], _: bytes) -> None:  # noqa: N802
        day = self.statistics[self.dates[-1], said["instrument"]]
        day |= {"q": said["quantity"], "t": said["leaves"], "v": said["value"]}

    # What it comes to

    def rows(self) -> Tables:
        """Every table, sorted by its key."""
        found: Tables = {
            f"view_{name}": [tuple(row.values()) for row in rows.values()] for name, rows in self.tables.items()
        }
        found["view_ledger_entries"] = self.entries
        found["view_positions"], found["view_daily_pnl"], collateral = self.profits()
        found["view_balances"] = self.balances(collateral)
        found["view_candles"] = self.candles()
        statistics = [(date, number, *day.values()) for (date, number), day in self.statistics.items()]
        found["view_statistics"] = statistics
        date = self.dates[-1] if self.dates else 0
        found["view_progress"] = [(1, self.first, *self.last, self.count, date, self.day_ended_id)]
        return {name: sorted(rows) for name, rows in found.items()}

    def balances(self, collateral: dict[tuple[int, int], int]) -> list[Row]:
        total: dict[tuple[int, int], int] = defaultdict(int)
        held: dict[tuple[int, int], int] = defaultdict(int)
        for account, _, _, _, asset, amount, _, _ in self.entries:
            total[account, asset] += amount
        for account, asset, amount, _ in self.holds:
            held[account, asset] += amount
        return [
            (*key, total[key], held[key] + collateral.get(key, 0), collateral.get(key, 0), event_id)
            for key, event_id in self.touched.items()
        ]

    def profits(self) -> tuple[list[Row], list[Row], dict[tuple[int, int], int]]:
        """Positions, results of days, and collateral: each position's moves walked from the start."""
        positions, days = [], []
        collateral: dict[tuple[int, int], int] = defaultdict(int)
        for account, instrument in {(move.account, move.instrument) for _, move in self.moves}:
            of = self.tables["instruments"][instrument]
            walk = Walk(of["kind"] == 2)
            for day, move in self.moves:
                if (move.account, move.instrument) == (account, instrument):
                    walk.take(day, move)
            positions.append((account, instrument, *walk.row()))
            for day, row in walk.days.items():
                date = self.dates[day] if day < len(self.dates) else 0
                days.append((date, account, instrument, *row))
            if of["kind"] == 2:
                end = of["min_price"] if walk.lots >= 0 else of["max_price"]
                asked = walk.lots * (walk.mark - end) * of["price_value"]
                collateral[self.payer(account), of["quote_asset"]] += asked
        for key, margin in self.margins.items():
            collateral[key] += margin
        return positions, days, collateral

    def candles(self) -> list[Row]:
        found = []
        for width_s in (60, 300, 3600, 86400):
            groups: dict[tuple[int, int], list[Trade]] = defaultdict(list)
            for trade in self.trades:
                groups[trade.instrument, trade.at_ns // (width_s * 10**9) * (width_s * 10**9)].append(trade)
            for (instrument, start), trades in groups.items():
                prices = [trade.price for trade in trades]
                sums = sum(trade.lots for trade in trades), sum(trade.value for trade in trades), len(trades)
                found.append((instrument, width_s, start, prices[0], max(prices), min(prices), prices[-1], *sums))
        return found


@dataclass
class Walk:
    """One position from its first move on."""

    is_future: bool
    lots: int = 0
    cost: int = 0
    mark: int = 0
    realised: int = 0
    fees: int = 0
    last: tuple[int, int] = (0, 0)
    days: dict[int, list[int]] = field(default_factory=dict)

    def row(self) -> Row:
        return self.lots, self.cost, self.mark, self.realised, self.fees, *self.last

    def take(self, day: int, move: Move) -> None:
        self.last = move.at_ns, move.event_id
        if move.kind == "mark":
            self.mark = move.value
            return
        if self.is_future and self.lots == 0:
            self.mark = move.ratio[0]
        if move.kind == "split":
            self.split(day, *move.ratio)
            return
        figures = self.days.setdefault(day, [0] * 7)
        if move.kind == "gain":
            self.lots += move.lots
            self.cost += move.value - move.fee
            self.realised += move.value
            figures[0] += move.value
            return
        gain = 0
        if move.kind == "dealt":
            self.lots += move.lots
            self.cost += move.value if move.lots > 0 else -move.value
        else:
            gain = move.value if move.kind == "correction" else self.trade(move.lots, move.value)
        fee = -move.fee if move.kind == "back" else move.fee
        self.realised += gain
        self.fees += fee
        figures[0] += gain
        figures[1] += fee
        if move.kind in {"fill", "dealt"}:
            figures[2 if move.lots > 0 else 3] += abs(move.lots)
            figures[4 if move.lots > 0 else 5] += move.value
            figures[6] += 1

    def trade(self, lots: int, value: int) -> int:
        """Lot by lot in effect: first those that close, then those that open."""
        price = value // abs(lots)
        closing = min(abs(self.lots), abs(lots)) if self.lots * lots < 0 else 0
        gain = 0
        if closing:
            share = (self.cost * closing * 2 + abs(self.lots)) // (abs(self.lots) * 2)
            proceeds = price * closing if self.lots > 0 else -price * closing
            gain = proceeds - share
            self.cost -= share
        opening = abs(lots) - closing
        self.cost += price * opening if lots > 0 else -price * opening
        self.lots += lots
        return gain

    def split(self, day: int, new: int, old: int) -> None:
        lots = abs(self.lots) * new // old
        self.lots = lots if self.lots >= 0 else -lots
        if lots == 0 and self.cost:
            self.days.setdefault(day, [0] * 7)[0] -= self.cost
            self.realised -= self.cost
            self.cost = 0
