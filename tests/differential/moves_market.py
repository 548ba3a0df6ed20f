"""Moves of the operator and the clock: phases, schedules, rules, ticks, reference prices, Tick, unclean starts."""

from random import Random

from tests.differential.moves_near import pick_instrument
from tests.differential.moves_orders import EXTREMES, last_near
from tests.differential.worlds import Draft, Values
from tests.model.commands import Kind
from tests.model.engine import Model
from tests.model.limits import BILLION, GATEWAY, I64_MAX, MAX_INSTRUMENT

WAYS = {
    1: [6, 6, 4, 5, 7, 2],
    2: [3, 3, 3, 1, 4],
    3: [1, 1, 1, 7, 4],
    4: [5, 5, 1, 2, 7, 8],
    5: [1, 1, 1, 6, 7, 4],
    6: [7, 7, 7, 1, 4],
    7: [2, 2, 3, 1, 1, 8],
    8: [4, 1, 7, 2],
    9: [1, 2],
}
"""Phase -> where it mostly goes next."""


def set_phase(rng: Random, model: Model) -> Draft:
    """A change of phase, mostly one that is usual; seldom towards the end of an instrument."""
    number, instrument = pick_instrument(rng, model)
    new = rng.choice(WAYS[instrument.phase])
    if rng.random() < 0.05:
        new = rng.choice([0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 255])
    if instrument.phase in {7, 8} and rng.random() < 0.02:
        new = 9
    values: Values = {"instrument": number if rng.random() < 0.98 else MAX_INSTRUMENT, "phase": new}
    return Draft(Kind.SetPhase, values)


def back_to_trading(rng: Random, model: Model) -> Draft:
    """Takes an instrument that does not trade a step nearer to trading."""
    shut = [(number, each) for number, each in model.state.instruments.items() if each.phase not in {1, 9}]
    if not shut:
        return set_phase(rng, model)
    number, instrument = rng.choice(shut)
    new = {2: 3, 3: 1, 4: 5, 5: 1, 6: 1, 7: 3, 8: 4}[instrument.phase]
    return Draft(Kind.SetPhase, {"instrument": number, "phase": new})


def delist(rng: Random, model: Model) -> Draft:
    """A delisting of an instrument that is not the last one."""
    alive = [number for number, each in model.state.instruments.items() if each.phase != 9]
    if len(alive) < 3:
        return back_to_trading(rng, model)
    number = alive[-1]
    new = 9 if model.state.instruments[number].phase in {7, 8} else 8
    return Draft(Kind.SetPhase, {"instrument": number, "phase": new})


def set_schedule(rng: Random, model: Model) -> Draft:
    """Phases to come within the next seconds."""
    number, instrument = pick_instrument(rng, model)
    at_ns, phase, items = max(0, model.last_at_ns), instrument.phase, []
    for _ in range(rng.choice([0, 1, 2, 3, 5, 8])):
        at_ns += rng.choice([1, BILLION // 10, BILLION, 3 * BILLION])
        phase = rng.choice([each for each in WAYS[phase] if each < 8] or [2])
        items.append({"at_ns": min(at_ns, I64_MAX), "phase": phase})
    if items and rng.random() < 0.1:
        rng.choice(items).update(
            rng.choice([{"phase": rng.choice([0, 8, 9, 255])}, {"at_ns": rng.choice([*EXTREMES, model.last_at_ns])}])
        )
    if rng.random() < 0.02:
        items = [{"at_ns": max(0, model.last_at_ns) + 1 + index, "phase": 1} for index in range(129)]
    return Draft(Kind.SetSchedule, {"instrument": number if rng.random() < 0.98 else 0}, items=tuple(items))


def set_rules(rng: Random, model: Model) -> Draft:
    """Bands and collars that bite, or that are wrong."""
    number, instrument = pick_instrument(rng, model)
    near = instrument.last or instrument.reference or 1000 * instrument.tick
    ticks = BILLION * instrument.tick // max(1, near)
    static, dynamic = (rng.choice([0, 0, ticks, 2 * ticks, 3 * ticks + 1, 10 * ticks]) for _ in range(2))
    values: Values = {
        "instrument": number,
        "static_band": min(BILLION, static),
        "dynamic_band": min(BILLION, dynamic),
        "collar": min(BILLION, rng.choice([0, 0, 0, 3 * ticks, 10 * ticks])),
        "band_action": rng.choice([1, 2, 2]) if static or dynamic else 0,
        "resume": rng.choice([0, 1, 2]),
        "auction_ns": rng.choice([1, BILLION // 2, BILLION, 5 * BILLION]),
    }
    if rng.random() < 0.1:
        name = rng.choice(["static_band", "collar", "auction_ns", "band_action", "resume", "instrument"])
        values[name] = rng.choice([255, 3, 0]) if name in {"band_action", "resume"} else rng.choice(EXTREMES)
    return Draft(Kind.SetRules, values)


def no_rules(rng: Random, model: Model) -> Draft:
    """Takes bands and collar away again."""
    return Draft(Kind.SetRules, {"instrument": pick_instrument(rng, model)[0]})


def set_ticks(rng: Random, model: Model) -> Draft:
    """A table of ticks around where it trades, or none."""
    number, instrument = pick_instrument(rng, model)
    items: list[dict[str, int]] = []
    price = max(1, (instrument.last or 1000 * instrument.tick) - rng.choice([0, 2, 5, 20]) * instrument.tick)
    for _ in range(rng.choice([0, 0, 1, 2, 3])):
        tick = rng.choice([1, 2, 5]) * instrument.tick
        price = -(-price // tick) * tick
        items.append({"from_price": price, "tick": tick})
        price += rng.choice([1, 3, 8]) * instrument.tick
    if items and rng.random() < 0.1:
        rng.choice(items)[rng.choice(["from_price", "tick"])] = rng.choice([*EXTREMES, 7])
    if rng.random() < 0.02:
        items = [{"from_price": index, "tick": 1} for index in range(1, 66)]
    return Draft(Kind.SetTicks, {"instrument": number if rng.random() < 0.98 else 0}, items=tuple(items))


def set_reference(rng: Random, model: Model) -> Draft:
    """A reference price near the market."""
    number, instrument = pick_instrument(rng, model)
    price = last_near(rng, instrument)
    what = 1 if rng.random() < 0.9 else rng.choice([0, 2, 3])
    if rng.random() < 0.1:
        price = rng.choice([*EXTREMES, price + 1, instrument.max_price + instrument.tick])
    return Draft(Kind.SetReference, {"instrument": number, "price": price, "what": what})


def tick(rng: Random, model: Model) -> Draft:
    """A Tick."""
    return Draft(Kind.Tick, {"source": GATEWAY})


def unclean_start(rng: Random, model: Model) -> Draft:
    """An unclean start, after which most trading has to begin again."""
    return Draft(Kind.UncleanStart, {"source": GATEWAY if rng.random() < 0.95 else 1})
