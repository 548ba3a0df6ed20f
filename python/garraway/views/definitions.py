"""What is defined: assets, instruments, accounts, groups, fee plans. Touches nothing but `records` and the state."""

from collections.abc import Mapping

from garraway.records import InstrumentKind, Phase, body
from garraway.views.event import Event, Fields
from garraway.views.rows import Account, Asset, FeePlan, Group, Instrument
from garraway.views.state import Views

Said = Mapping[str, int | bytes]
NO_STEPS = "[]"


def asset_defined(views: Views, event: Fields, tail: bytes) -> None:
    """An asset."""
    said, number = body("DefineAsset", tail), event[6]
    row = Asset(number, _text(said, "code"), _number(said, "scale"), _number(said, "display"))
    views.assets[number] = views.changes.assets[number] = row


def instrument_listed(views: Views, event: Fields, tail: bytes) -> None:
    """An instrument. Source of the values of price and lot: docs/concepts/engine.md, "Definitions"."""
    said, at_ns, number = body("ListInstrument", tail), event[5], event[6]
    kind = _number(said, "kind") or InstrumentKind.SPOT
    base, quote = _number(said, "base_asset"), _number(said, "quote_asset")
    price_unit, lot_size = _number(said, "price_unit"), _number(said, "lot_size")
    has_no_base = kind in {InstrumentKind.FUTURE, InstrumentKind.CONTRACT}
    row = Instrument(
        instrument=number,
        symbol=_text(said, "symbol"),
        base_asset=base,
        quote_asset=quote,
        kind=kind,
        execution=_number(said, "execution"),
        phase=_number(said, "phase") or Phase.CONTINUOUS,
        price_unit=price_unit,
        lot_size=lot_size,
        price_value=price_unit * lot_size * 10 ** views.assets[quote].scale // 10**18,
        lot_value=1 if has_no_base else lot_size * 10 ** views.assets[base].scale // 10**9,
        tick=_number(said, "tick"),
        tick_steps=NO_STEPS,
        min_price=_number(said, "min_price"),
        max_price=_number(said, "max_price"),
        max_quantity=_number(said, "max_quantity"),
        max_notional=_number(said, "max_notional"),
        maker_fee_rate=_number(said, "maker_fee_rate"),
        taker_fee_rate=_number(said, "taker_fee_rate"),
        reference=0,
        last=0,
        settlement=0,
        settled_id=0,
        split_new=1,
        split_old=1,
        listed_at_ns=at_ns,
        changed_at_ns=at_ns,
    )
    views.instruments[number] = views.changes.instruments[number] = row


def instrument_changed(views: Views, event: Fields, tail: bytes) -> None:
    """Other terms; another tick clears the table of ticks."""
    said, row = body("ChangeInstrument", tail), views.instruments[event[6]]
    if _number(said, "tick") != row.tick:
        row.tick_steps = NO_STEPS
    row.symbol = _text(said, "symbol")
    for name in ("tick", "min_price", "max_price", "max_quantity", "max_notional"):
        setattr(row, name, _number(said, name))
    row.changed_at_ns = event[5]
    views.changes.instruments[row.instrument] = row


def account_opened(views: Views, event: Fields, tail: bytes) -> None:
    """An account."""
    said, number, at_ns = body("OpenAccount", tail), event[3], event[5]
    row = Account(
        account=number,
        firm=_number(said, "firm"),
        group_id=_number(said, "group"),
        clearing=_number(said, "clearing"),
        max_quantity=_number(said, "max_quantity"),
        max_notional=_number(said, "max_notional"),
        max_open_orders=_number(said, "max_open_orders"),
        self_trade=_number(said, "self_trade"),
        self_trade_of=_number(said, "self_trade_of"),
        opened_at_ns=at_ns,
        changed_at_ns=at_ns,
    )
    views.accounts[number] = views.changes.accounts[number] = row
    if row.clearing:
        views.payers[number] = row.clearing


def account_changed(views: Views, event: Fields, tail: bytes) -> None:
    """Another group or self-trade prevention."""
    said, row = body("SetAccount", tail), views.accounts[event[3]]
    row.group_id, row.changed_at_ns = _number(said, "group"), event[5]
    row.self_trade, row.self_trade_of = _number(said, "self_trade"), _number(said, "self_trade_of")
    views.changes.accounts[row.account] = row


def group_defined(views: Views, event: Fields, tail: bytes) -> None:
    """A group, or another form of it."""
    said, heard = body("DefineGroup", tail), Event._make(event)
    asset = _number(said, "asset") if heard.quantity else 0
    views.changes.groups[heard.value] = Group(heard.value, _text(said, "name"), asset, heard.quantity, heard.at_ns)


def fee_plan_defined(views: Views, event: Fields, tail: bytes) -> None:
    """A fee plan, or other rates of it."""
    said, heard = body("DefineFeePlan", tail), Event._make(event)
    rates = _number(said, "maker_rate"), _number(said, "taker_rate")
    views.changes.fee_plans[heard.value] = FeePlan(heard.value, *rates, heard.at_ns)


def _number(said: Said, name: str) -> int:
    value = said[name]
    assert isinstance(value, int)
    return value


def _text(said: Said, name: str) -> str:
    value = said[name]
    assert isinstance(value, bytes)
    return value.decode("ascii")
