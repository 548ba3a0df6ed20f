"""The defining commands, from docs/concepts/engine.md, "Definitions": each makes one event or is refused."""

import re

from tests.model.commands import Command
from tests.model.events import EventKind, Reply
from tests.model.limits import (
    BILLION,
    FIRST_SOURCE,
    I64_MAX,
    MAX_ASSET,
    MAX_FEE_RATE,
    MAX_INSTRUMENT,
    MAX_ORDER_QUANTITY,
    MAX_SCALE,
    MAX_SESSION,
    MAX_SOURCE,
)
from tests.model.positions import range_fits
from tests.model.register import CONTRACT, FUTURE, SPOT
from tests.model.rejects import Reason, lowest
from tests.model.state import COLLECTING, Asset, Dealing, Instrument, Session, Source, State


def name_of(raw: bytes, longest: int) -> bytes | None:
    """The name in a field filled up with zeros, or None where it is no name."""
    name = raw.rstrip(b"\0")
    return name if re.fullmatch(rb"[A-Za-z0-9_-]{1,%d}" % longest, name) else None


def define_source(state: State, command: Command, reply: Reply) -> Reason | None:
    """DefineSource -> SourceDefined."""
    number, rights = command["defined"], command["rights"]
    name = name_of(command.names["name"], 10)
    reason = lowest(
        {
            Reason.IdInvalid: not FIRST_SOURCE <= number <= MAX_SOURCE,
            Reason.AlreadyDefined: number in state.sources or name in {each.name for each in state.sources.values()},
            Reason.NameInvalid: name is None,
            Reason.RightsInvalid: not 1 <= rights <= 31,
        }
    )
    if reason or name is None:
        return reason
    state.sources[number] = Source(name, rights)
    reply.say(EventKind.SourceDefined, value=number)
    return None


def define_asset(state: State, command: Command, reply: Reply) -> Reason | None:
    """DefineAsset -> AssetDefined."""
    number, scale = command["asset"], command["scale"]
    code = name_of(command.names["code"], 8)
    reason = lowest(
        {
            Reason.IdInvalid: not 1 <= number <= MAX_ASSET,
            Reason.AlreadyDefined: number in state.assets or code in {each.code for each in state.assets.values()},
            Reason.NameInvalid: code is None,
            Reason.ScaleInvalid: scale > MAX_SCALE or command["display"] > scale,
        }
    )
    if reason or code is None:
        return reason
    state.assets[number] = Asset(code, scale)
    reply.say(EventKind.AssetDefined, instrument=number)
    return None


def list_instrument(state: State, command: Command, reply: Reply) -> Reason | None:
    """ListInstrument -> InstrumentListed."""
    number, kind, base, quote = (command[name] for name in ("instrument", "kind_of", "base_asset", "quote_asset"))
    symbol = name_of(command.names["symbol"], 16)
    reason = lowest(
        {
            Reason.IdInvalid: not 1 <= number <= MAX_INSTRUMENT,
            Reason.AlreadyDefined: number in state.instruments
            or symbol in {each.symbol for each in state.instruments.values()},
            Reason.NameInvalid: symbol is None,
            Reason.AssetUnknown: quote not in state.assets
            or (base != 0 if kind in {FUTURE, CONTRACT} else base not in state.assets),
            Reason.AssetsSame: base == quote,
            Reason.ExecutionInvalid: command["execution"] not in {1, 2},
            Reason.KindInvalid: kind not in {SPOT, FUTURE, CONTRACT}
            or (kind == CONTRACT) != (command["execution"] == 2),
        }
    ) or refusal_of_numbers(state, command)
    reason = reason or lowest(
        {
            Reason.PhaseInvalid: not 1 <= command["phase"] <= 7
            or (kind == CONTRACT and command["phase"] in COLLECTING),
            Reason.InstrumentBusy: not state.register.splitting.isdisjoint({base, quote}),
        }
    )
    if reason or symbol is None:
        return reason
    state.instruments[number] = Instrument(
        symbol=symbol,
        base=base,
        quote=quote,
        kind=kind,
        phase=command["phase"],
        price_value=price_value(state, command) or 0,
        lot_value=lot_value(state, command) or 0,
        tick=command["tick"],
        min_price=command["min_price"],
        max_price=command["max_price"],
        max_quantity=command["max_quantity"],
        max_notional=command["max_notional"],
        maker_fee_rate=command["maker_fee_rate"],
        taker_fee_rate=command["taker_fee_rate"],
        dealing=Dealing() if kind == CONTRACT else None,
    )
    reply.say(EventKind.InstrumentListed, instrument=number)
    return None


def refusal_of_numbers(state: State, command: Command) -> Reason | None:
    """What is wrong with the units, ranges, limits and rates of a listing whose assets are known."""
    tick, lowest_price, highest_price = command["tick"], command["min_price"], command["max_price"]
    lot = lot_value(state, command)
    units = lowest(
        {
            Reason.NotionalNotExact: price_value(state, command) is None,
            Reason.LotNotExact: lot is None,
            Reason.TickInvalid: tick < 1,
        }
    )
    if units or lot is None:
        return units
    return lowest(
        {
            Reason.PriceRangeInvalid: not 1 <= lowest_price <= highest_price
            or lowest_price % tick != 0
            or highest_price % tick != 0,
            Reason.LimitInvalid: not 1 <= command["max_quantity"] <= MAX_ORDER_QUANTITY
            or command["max_quantity"] * lot > I64_MAX
            or command["max_notional"] < 1
            or (
                command["kind_of"] in {FUTURE, CONTRACT}
                and not range_fits(highest_price, command["max_quantity"], price_value(state, command) or 0)
            ),
            Reason.FeeRateInvalid: not 0 <= command["maker_fee_rate"] <= MAX_FEE_RATE
            or not 0 <= command["taker_fee_rate"] <= MAX_FEE_RATE,
        }
    )


def price_value(state: State, command: Command) -> int | None:
    """Ledger units of the quote asset for one lot at the price 1, or None where that is not exact."""
    price_unit, lot_size = command["price_unit"], command["lot_size"]
    if price_unit < 1 or lot_size < 1:
        return None
    return exact(price_unit * lot_size * 10 ** state.assets[command["quote_asset"]].scale, BILLION * BILLION)


def lot_value(state: State, command: Command) -> int | None:
    """Ledger units of the base asset in one lot, or None where that is not exact; 1 of a future, which has none."""
    if command["kind_of"] in {FUTURE, CONTRACT}:
        return 1
    if command["lot_size"] < 1:
        return None
    return exact(command["lot_size"] * 10 ** state.assets[command["base_asset"]].scale, BILLION)


def exact(dividend: int, divisor: int) -> int | None:
    """The quotient where it is whole and positive and fits 63 bits."""
    quotient, rest = divmod(dividend, divisor)
    return quotient if rest == 0 and 1 <= quotient <= I64_MAX else None


def define_session(state: State, command: Command, reply: Reply) -> Reason | None:
    """DefineSession -> SessionDefined."""
    number, firm, default = command["session"], command["firm"], command["account"]
    name = name_of(command.names["name"], 6)
    others = {each.name for session, each in state.sessions.items() if session != number}
    listed = [each["account"] for each in command.items]
    accounts = [state.accounts.get(account) for account in (default, *listed)]
    reason = lowest(
        {
            Reason.IdInvalid: not 1 <= number <= MAX_SESSION or firm < 1,
            Reason.AlreadyDefined: name in others,
            Reason.NameInvalid: name is None,
            Reason.ProtocolInvalid: command["protocol"] != 1
            or command["network_prefix"] > 128
            or command["cancel_on"] > 2,
            Reason.AccountUnknown: None in accounts,
            Reason.FirmDiffers: default not in listed
            or any(account is not None and account.firm != firm for account in accounts),
        }
    )
    if reason or name is None:
        return reason
    state.sessions[number] = Session(name, firm, tuple(listed))
    state.note_session(number)
    reply.say(EventKind.SessionDefined, account=default, value=number, detail=command["protocol"])
    return None
