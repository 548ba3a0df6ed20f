"""The day's result of accounts whose loss is limited, from docs/concepts/risk.md, "Limits"."""

from typing import Final

from tests.model.register import OF_ACCOUNT, OF_GROUP, Tally
from tests.model.state import Instrument, State

MOST_LOTS: Final = 2**62
"""What repeated splits can make of a result's lots at most."""


def assets_under(state: State, number: int) -> set[int]:
    """Assets in which the account's loss is limited, by itself or by its group."""
    limits = state.register.limits
    scopes = [(OF_ACCOUNT, number), (OF_GROUP, state.accounts[number].group)]
    return {limits[scope].asset for scope in scopes if scope in limits and limits[scope].max_loss}


def look_who_is_under(state: State) -> None:
    """Starts results for accounts that came under a limit of their loss, drops those that are under none any more."""
    under = {(number, asset) for number in state.accounts for asset in assets_under(state, number)}
    results = state.register.results
    for key in results.keys() - under:
        del results[key]
    for key in under - results.keys():
        start(state, *key)


def start_day(state: State, number: int) -> None:
    """The account's results start anew."""
    for asset in assets_under(state, number):
        start(state, number, asset)


def start(state: State, number: int, asset: int) -> None:
    """An empty result; positions in futures count as if bought now at the settlement price."""
    tallies = {}
    for (account, where), position in state.register.positions.items():
        instrument = state.instruments[where]
        if account == number and instrument.quote == asset:
            tallies[where] = Tally(-instrument.value(instrument.settlement, position.lots), position.lots)
    for where in sorted({where for where, owner, _ in state.register.dealt if owner == number}):
        instrument = state.instruments[where]
        if instrument.quote == asset:
            lots = sum(
                held.lots for (at, owner, _), held in state.register.dealt.items() if (at, owner) == (where, number)
            )
            tallies[where] = Tally(-instrument.value(value_price(instrument), lots), lots)
    state.register.results[number, asset] = tallies


def value_price(instrument: Instrument) -> int:
    """The price by which open lots count: the last one, of what the house deals the middle of its quote; 0 for none."""
    if instrument.dealing is None:
        return instrument.last
    return instrument.dealing.quote.middle() if instrument.dealing.quote else 0


def count_fill(state: State, number: int, where: int, *, cash: int, lots: int) -> None:
    """Adds what a fill brought, or cost where it is negative."""
    tallies = state.register.results.get((number, state.instruments[where].quote))
    if tallies is not None:
        tally = tallies.setdefault(where, Tally())
        tally.cash += cash
        tally.lots = kept(tally.lots + lots)


def split_lots(state: State, where: int, numerator: int, denominator: int) -> None:
    """Lots of a split instrument become more or fewer, rounded downwards."""
    for tallies in state.register.results.values():
        if where in tallies:
            tallies[where].lots = kept(tallies[where].lots * numerator // denominator)


def kept(lots: int) -> int:
    """So many lots, or the nearest number that a result can have."""
    return max(-MOST_LOTS, min(MOST_LOTS, lots))


def loss(state: State, number: int, asset: int) -> int:
    """What the account lost since its day began; instruments without a last price do not count."""
    result = 0
    for where, tally in state.register.results[number, asset].items():
        instrument = state.instruments[where]
        if price := value_price(instrument):
            result += tally.cash + instrument.value(price, tally.lots)
    return -result
