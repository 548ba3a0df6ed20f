"""The moves that a stream is mixed of: each draws one command from what the model knows at that moment."""

import struct
from collections.abc import Callable
from random import Random
from typing import Final

from tests.differential import moves_market, moves_orders
from tests.differential.dealer_moves import DEALER_MOVES
from tests.differential.moves_definitions import NAMES, define, near
from tests.differential.moves_near import (
    most_lots,
    near_touch,
    next_ref,
    order,
    pick_account,
    pick_instrument,
    pick_order,
    place,
)
from tests.differential.moves_own import (
    fill_or_kill,
    kill_past_own,
    meet_own,
    post_only,
    replace_onto_own,
    replace_post_only,
)
from tests.differential.risk_moves import RISK_MOVES
from tests.differential.worlds import (
    FIXED,
    RANGES,
    SOURCES,
    Draft,
    Values,
    nearest,
)
from tests.model.commands import BODY, HEAD, SHAPE, Kind
from tests.model.engine import Model
from tests.model.limits import (
    GATEWAY,
    I64_MAX,
    MAX_COMMAND,
    MAX_INSTRUMENT,
    MAX_SOURCE,
    OPERATOR,
    SOURCE_WINDOW,
    U64_MAX,
)
from tests.model.state import BUY, SELL

Move = Callable[[Random, Model], Draft | bytes]


def quote(rng: Random, model: Model) -> Draft:
    """A small order that rests, to give sweeps something to meet."""
    draft = order(rng, model, aggressive=False)
    return Draft(draft.kind, draft.values | {"quantity": rng.choice([1, 2, 3, 50])})


def far(rng: Random, model: Model) -> Draft:
    """A small order at any price of the range, low ones and those far above as often as those between."""
    draft = order(rng, model, aggressive=False)
    instrument = model.state.instruments[draft.values["instrument"]]
    ticks = 1 << rng.randint(0, (instrument.max_price // instrument.tick).bit_length())
    price = instrument.tick * rng.randint(ticks // 2, ticks)
    draft.values["price"] = price = max(instrument.min_price, min(instrument.max_price, price))
    asks = instrument.sides[SELL]
    if rng.random() < 0.9:
        draft.values["side"] = SELL if asks and price >= asks[0].price else BUY
    draft.values["quantity"] = min(rng.randint(1, 3), most_lots(model, draft.values["account"], instrument, price))
    return draft


def immediate(rng: Random, model: Model) -> Draft:
    """Immediate or cancel."""
    return order(rng, model, aggressive=rng.random() < 0.8, time_in_force=2)


def market(rng: Random, model: Model) -> Draft:
    """A market order with its bound."""
    return order(rng, model, aggressive=True, time_in_force=rng.choice([2, 2, 2, 3, 1]), order_type=2)


def sweep(rng: Random, model: Model) -> Draft:
    """A large order through many levels, so that slices are used up."""
    draft = order(rng, model, aggressive=True, time_in_force=rng.choice([1, 1, 2]), order_type=rng.choice([1, 1, 2]))
    instrument = model.state.instruments[draft.values["instrument"]]
    opposite = instrument.sides[SELL if draft.values["side"] == BUY else BUY]
    if opposite:
        draft.values["price"] = opposite[rng.randrange(len(opposite))].price
        draft.values["quantity"] = max(1, min(sum(each.open for each in opposite), instrument.max_quantity))
    return draft


def flagged(rng: Random, model: Model) -> Draft:
    """An order of any type and time in force with flags that may not stand there."""
    draft = order(
        rng,
        model,
        aggressive=rng.random() < 0.5,
        time_in_force=rng.choice([0, 1, 1, 2, 3, 4]),
        order_type=rng.choice([0, 1, 1, 1, 2, 3]),
    )
    draft.values["flags"] = rng.choice([1, 1, 1, 2, 3, 128, 129, 255])
    return draft


def cancel(rng: Random, model: Model) -> Draft:
    """Cancels an open order, or one that is gone."""
    found = pick_order(rng, model)
    if found is None or rng.random() < 0.05:
        account = pick_account(rng, model)
        client_ref = rng.randint(0, model.state.accounts[account].last_ref)
        return Draft(Kind.CancelOrder, {"account": account, "client_ref": client_ref})
    return Draft(Kind.CancelOrder, {"account": found.account, "client_ref": found.client_ref})


def cancel_touch(rng: Random, model: Model) -> Draft:
    """Cancels the best order of a side, of a busy instrument if there is one."""
    busy = model.busy()
    instrument = model.state.instruments[rng.choice(busy)] if busy else pick_instrument(rng, model)[1]
    orders = instrument.sides[rng.choice([BUY, SELL])]
    if not orders:
        return cancel(rng, model)
    return Draft(Kind.CancelOrder, {"account": orders[0].account, "client_ref": orders[0].client_ref})


def reduce(rng: Random, model: Model) -> Draft:
    """Cancels a part: totals around what is filled and what is open."""
    draft = cancel(rng, model)
    found = pick_order(rng, model)
    if found is None:
        return draft
    total = found.filled + found.open
    quantity = rng.choice([found.filled - 1, found.filled, found.filled + 1, total - 1, total, rng.randint(0, total)])
    values: Values = {"account": found.account, "client_ref": found.client_ref, "quantity": quantity}
    return Draft(Kind.CancelOrder, values)


def replace(rng: Random, model: Model) -> Draft:
    """Replaces an open order: less at the same price, more, another price, across the touch, below what is filled."""
    found = pick_order(rng, model)
    if found is None:
        return place(rng, model)
    instrument = model.state.instruments[found.instrument]
    total = found.filled + found.open
    price = found.price
    if rng.random() < 0.6:
        price = near_touch(rng, instrument, found.side, aggressive=rng.random() < 0.4)
    quantity = rng.choice([total, total - 1, total + 1, found.filled, found.filled + 1, rng.randint(1, 2 * total), 0])
    values: Values = {
        "account": found.account,
        "client_ref": next_ref(rng, model, found.account),
        "target": found.client_ref,
        "price": price,
        "quantity": max(0, quantity),
    }
    return Draft(Kind.ReplaceOrder, values)


def edge_of_limits(rng: Random, model: Model) -> Draft:
    """An order exactly at a limit of price, quantity or notional, or one beyond."""
    draft = order(rng, model, aggressive=rng.random() < 0.3, time_in_force=rng.choice([1, 2]))
    account, number, price = (draft.values[name] for name in ("account", "instrument", "price"))
    instrument, owner = model.state.instruments[number], model.state.accounts[account]
    lots = min(instrument.max_quantity, owner.max_quantity)
    most_value = min(instrument.max_notional, owner.max_notional)
    step = rng.choice([-1, 0, 0, 1])
    changed: list[Values] = [
        {"price": instrument.min_price + rng.choice([-instrument.tick, 0, 1])},
        {"price": instrument.max_price + rng.choice([instrument.tick, 0, 1])},
        {"quantity": lots + step},
        {"quantity": most_value // max(1, price * instrument.price_value) + step},
        {"price": instrument.max_price, "quantity": lots},
    ]
    return Draft(draft.kind, draft.values | rng.choice(changed))


def edge_of_funds(rng: Random, model: Model) -> Draft:
    """An order that holds all that is free, or one lot more; or a replacement up to that."""
    draft = replace(rng, model) if rng.random() < 0.3 else place(rng, model)
    account, values = draft.values["account"], draft.values
    found = model.state.accounts[account].open[values["target"]] if draft.kind is Kind.ReplaceOrder else None
    instrument = model.state.instruments[found.instrument if found else values["instrument"]]
    side = found.side if found else values["side"]
    free = model.state.ledger.free(account, instrument.held_asset(side)) + (found.hold if found else 0)
    rate = max(instrument.maker_fee_rate, instrument.taker_fee_rate)
    value = max(1, instrument.value(values["price"], 1))
    lots = free * 10**9 // (value * (10**9 + rate)) if side == BUY else free // instrument.lot_value
    quantity = lots + (found.filled if found else 0) + rng.choice([-1, 0, 0, 1])
    values["quantity"] = quantity
    return draft


def deposit(rng: Random, model: Model) -> Draft:
    """Money in: some, or as much as one command can bring."""
    amount = rng.choice([1, 2, rng.randint(1, 10**9), rng.randint(1, 10**15), I64_MAX])
    values: Values = {"account": pick_account(rng, model), "asset": rng.choice(sorted(model.state.assets))}
    return Draft(Kind.Deposit, values | {"amount": amount})


def withdraw(rng: Random, model: Model) -> Draft:
    """Money out, near what is free."""
    account, asset = pick_account(rng, model), rng.choice(sorted(model.state.assets))
    free, balance = model.state.ledger.free(account, asset), model.state.ledger.balances[account, asset]
    amount = rng.choice([free, free + 1, free - 1, free // 2, free // 1000, balance])
    return Draft(Kind.Withdraw, {"account": account, "asset": asset, "amount": amount})


def go_on(rng: Random, model: Model) -> Draft:
    """Continue: of a busy instrument if there is one."""
    busy = model.unfinished()
    if not busy and rng.random() < 0.8:
        return sweep(rng, model)
    number = rng.choice(busy) if busy and rng.random() < 0.95 else rng.choice([0, 1, 2, 9, MAX_INSTRUMENT, 2**32 - 1])
    values: Values = {"instrument": number}
    if rng.random() < 0.05:
        values |= {"source": rng.choice([OPERATOR, 2, 5])}
    return Draft(Kind.Continue, values)


def tell(rng: Random, model: Model) -> Draft:
    """Tick and CleanClose, from the gateway and from others."""
    values: Values = {"source": rng.choice([GATEWAY, GATEWAY, GATEWAY, OPERATOR, 2, 4, 5])}
    return Draft(rng.choice([Kind.Tick, Kind.Tick, Kind.CleanClose]), values)


def again(rng: Random, model: Model) -> bytes:
    """A number of a source once more: the same bytes or others, in the window, at its ends, beyond it."""
    number = rng.choice([each for each in model.state.sources if each != GATEWAY])
    source = model.state.sources[number]
    sent = [each for each in source.sent if each > source.last - SOURCE_WINDOW - 3]
    old = source.last - SOURCE_WINDOW
    wanted = rng.choice([source.last, rng.randint(0, source.last), old - 1, old, old + 1, old + 2, 1])
    wanted = nearest(wanted, "u64")
    record = bytearray(source.sent.get(wanted) or source.sent.get(rng.choice(sent or [0]), any_record(number)))
    struct.pack_into("<Q", record, HEAD["source_seq"][0], wanted)
    if rng.random() < 0.4:
        offset, _ = HEAD[rng.choice(["client_ref", "account", "instrument"])]
        record[offset] ^= 1 << rng.randrange(8)
    return bytes(record)


def any_record(source: int) -> bytes:
    """Something to send for a source that sent nothing yet."""
    return Draft(Kind.CancelOrder, {"source": source, "account": 16}).encoded()


def misnumbered(rng: Random, model: Model) -> Draft:
    """A gap, zero, or an extreme number; or a source that does not exist."""
    draft = place(rng, model)
    number = rng.choice([*model.state.sources, 6, MAX_SOURCE + 1, 65535])
    last = model.state.sources[number].last if number in model.state.sources else 0
    draft.values |= {"source": number, "source_seq": rng.choice([0, last + 2, last + 1024, U64_MAX, 2**63, last + 1])}
    return draft


def not_permitted(rng: Random, model: Model) -> Draft:
    """Anything, from a source that may or may not."""
    draft = rng.choice([place, cancel, replace, deposit, withdraw, define, tell, go_on])(rng, model)
    draft.values["source"] = rng.choice([GATEWAY, OPERATOR, *SOURCES])
    return draft


SENSIBLE: Final[list[Callable[[Random, Model], Draft]]] = [
    place,
    immediate,
    fill_or_kill,
    market,
    post_only,
    cancel,
    reduce,
    replace,
    deposit,
    withdraw,
    define,
    moves_orders.stop,
    moves_orders.trailing,
    moves_orders.peg,
    moves_orders.iceberg,
    moves_orders.minimum,
    moves_orders.pair,
    moves_orders.child,
    moves_orders.good_till_date,
    moves_orders.replace_special,
    moves_orders.mass_quote,
    moves_orders.mass_cancel,
    moves_market.set_phase,
    moves_market.set_schedule,
    moves_market.set_rules,
    moves_market.set_ticks,
    moves_market.set_reference,
]


def hostile(rng: Random, model: Model) -> Draft:
    """A sensible command with one to three of its fields out of all reason."""
    draft = rng.choice(SENSIBLE)(rng, model)
    layout = HEAD | BODY[draft.kind]
    fields = [name for name in layout if name not in SHAPE and name != "source_seq"]
    for name in rng.sample(fields, min(rng.choice([1, 1, 2, 3]), len(fields))):
        code = layout[name][1]
        if code.endswith("bytes"):
            draft.names[name] = rng.choice([*NAMES, rng.randbytes(32)])[: int(code.split()[0])]
        else:
            draft.values[name] = near(rng, draft.values.get(name, 0), code)
    # A reference near the end of its range would shut the account up for the rest of the stream.
    if draft.values.get("client_ref", 0) > 2**40 and rng.random() < 0.95:
        draft.values["client_ref"] = rng.choice([0, 1])
    return draft


def tailed(rng: Random, model: Model) -> Draft:
    """A sensible command with a tail."""
    draft = rng.choice(SENSIBLE)(rng, model)
    room = MAX_COMMAND - 256 - 40 * len(draft.items)
    draft.tail = rng.randbytes(rng.choice([1, 7, 8, 9, 127, 128])) if room > 0 else b""
    return draft


def stray(rng: Random, model: Model) -> Draft:
    """A command in whose record and head stand also fields that its kind does not use."""
    moves = [place, cancel, reduce, replace, deposit, withdraw, tell, go_on]
    draft = rng.choice(moves)(rng, model)
    used = {"account", "client_ref", "instrument"} & draft.values.keys()
    unused: Values = {"account": 17, "client_ref": rng.getrandbits(64), "instrument": rng.randint(0, 5)}
    draft.values |= {name: value for name, value in unused.items() if name not in used}
    if rng.random() < 0.7:
        others = {name: RANGES[code] for name, (_, code) in FIXED.items() if name not in BODY[draft.kind]}
        draft.stray = {name: rng.randint(*span) for name, span in others.items()}
    return draft


MOVES: Final[dict[str, Move]] = (
    {
        move.__name__: move
        for move in (
            place,
            quote,
            far,
            immediate,
            fill_or_kill,
            market,
            sweep,
            meet_own,
            kill_past_own,
            replace_onto_own,
            post_only,
            replace_post_only,
            flagged,
            cancel,
            cancel_touch,
            reduce,
            replace,
            edge_of_limits,
            edge_of_funds,
            deposit,
            withdraw,
            go_on,
            tell,
            define,
            again,
            misnumbered,
            not_permitted,
            hostile,
            tailed,
            stray,
            moves_orders.stop,
            moves_orders.trailing,
            moves_orders.good_till_date,
            moves_orders.resting,
            moves_orders.peg,
            moves_orders.iceberg,
            moves_orders.hidden,
            moves_orders.minimum,
            moves_orders.market_to_limit,
            moves_orders.for_auction,
            moves_orders.pair,
            moves_orders.child,
            moves_orders.drain,
            moves_orders.replace_special,
            moves_orders.cancel_special,
            moves_orders.hit_stops,
            moves_orders.mass_quote,
            moves_orders.mass_cancel,
            moves_orders.session,
            moves_market.set_phase,
            moves_market.back_to_trading,
            moves_market.delist,
            moves_market.set_schedule,
            moves_market.set_rules,
            moves_market.no_rules,
            moves_market.set_ticks,
            moves_market.set_reference,
            moves_market.tick,
            moves_market.unclean_start,
        )
    }
    | RISK_MOVES
    | DEALER_MOVES
)
