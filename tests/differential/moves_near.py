"""What the moves have in common: accounts, instruments and prices near the edges of what the model knows."""

from random import Random

from tests.differential.worlds import (
    CENTRE,
    Draft,
    Values,
)
from tests.model.commands import Kind
from tests.model.engine import Model
from tests.model.limits import (
    U64_MAX,
)
from tests.model.state import BUY, SELL, Instrument, Order


def pick_account(rng: Random, model: Model) -> int:
    """An open account."""
    return rng.choice(sorted(model.state.accounts))


def pick_instrument(rng: Random, model: Model) -> tuple[int, Instrument]:
    """A listed instrument, low numbers and those that take orders more often."""
    numbers = sorted(model.state.instruments)
    if rng.random() < 0.8:
        numbers = [each for each in numbers if model.state.instruments[each].phase in {1, 2, 3, 5, 6}] or numbers
    number = numbers[min(rng.randrange(len(numbers)), rng.randrange(len(numbers)))]
    return number, model.state.instruments[number]


def next_ref(rng: Random, model: Model, account: int) -> int:
    """A reference above the account's last, mostly the next one."""
    step = 1 if rng.random() < 0.9 else rng.randint(1, 1000)
    return min(U64_MAX, model.state.accounts[account].last_ref + step)


def near_touch(rng: Random, instrument: Instrument, side: int, *, aggressive: bool) -> int:
    """A price some ticks from the touch, on the tick and mostly within the range."""
    own, other = instrument.sides[side], instrument.sides[SELL if side == BUY else BUY]
    towards = 1 if side == BUY else -1
    ticks = CENTRE
    if other:
        ticks = other[0].price // instrument.tick - towards
    elif own:
        ticks = own[0].price // instrument.tick
    elif CENTRE * instrument.tick > instrument.max_price:
        ticks = rng.randint(instrument.min_price, instrument.max_price) // instrument.tick
    ticks += (rng.randint(1, 9) if aggressive else -int(rng.expovariate(0.3))) * towards
    price = ticks * instrument.tick
    lowest = -(-instrument.min_price // instrument.tick) * instrument.tick
    return max(lowest, min(instrument.max_price, price)) if rng.random() < 0.98 else price


def most_lots(model: Model, account: int, instrument: Instrument, price: int) -> int:
    """Lots that the limits of account and instrument allow at the price, at least one."""
    owner = model.state.accounts[account]
    by_value = min(instrument.max_notional, owner.max_notional) // max(1, instrument.value(price, 1))
    return max(1, min(instrument.max_quantity, owner.max_quantity, by_value))


def order(rng: Random, model: Model, *, aggressive: bool, time_in_force: int = 1, order_type: int = 1) -> Draft:
    """A sensible order."""
    account = pick_account(rng, model)
    number, instrument = pick_instrument(rng, model)
    side = rng.choice([BUY, SELL])
    price = near_touch(rng, instrument, side, aggressive=aggressive)
    quantity = rng.choice([1, 1, 2, 10, rng.randint(1, 100), rng.randint(1, 300)])
    if rng.random() < 0.97:
        quantity = min(quantity, most_lots(model, account, instrument, price))
    values: Values = {
        "account": account,
        "instrument": number,
        "client_ref": next_ref(rng, model, account),
        "side": side,
        "order_type": order_type,
        "time_in_force": time_in_force,
        "price": price,
        "quantity": quantity,
    }
    return Draft(Kind.PlaceOrder, values)


def pick_order(rng: Random, model: Model) -> Order | None:
    """An open order, now and then one that is being worked off."""
    working = [each.working for each in model.state.instruments.values() if each.working]
    if working and rng.random() < 0.3:
        return rng.choice(working)
    accounts = [each for each in model.state.accounts.values() if each.open]
    return rng.choice(list(rng.choice(accounts).open.values())) if accounts else None


def place(rng: Random, model: Model) -> Draft:
    """An order that mostly rests."""
    return order(rng, model, aggressive=rng.random() < 0.3)
