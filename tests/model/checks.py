"""What holds of positions, buckets, results and trades after every command."""

from collections import Counter

from tests.model.limits import BILLION, SETTLEMENT
from tests.model.positions import collateral, most_lots
from tests.model.register import CONTRACT, FUTURE
from tests.model.results import assets_under
from tests.model.risk import rates
from tests.model.state import RESTING, State


def collaterals(state: State) -> Counter[tuple[int, int]]:
    """What positions keep held, by account that pays and asset."""
    held: Counter[tuple[int, int]] = Counter()
    for (account, where), position in state.register.positions.items():
        instrument = state.instruments[where]
        held[state.payer(account), instrument.quote] += collateral(instrument, position)
    for (where, account, _), dealt in state.register.dealt.items():
        held[state.payer(account), state.instruments[where].quote] += dealt.margin
    return held


def check_positions(state: State) -> None:
    """Lots add up to zero and are marked at the settlement price, what settlement gave and took is even."""
    totals: Counter[int] = Counter()
    for (account, where), position in state.register.positions.items():
        instrument = state.instruments[where]
        assert account in state.accounts
        assert instrument.kind == FUTURE
        assert 0 < abs(position.lots) <= most_lots(instrument)
        assert position.mark == instrument.settlement or instrument.locks
        assert collateral(instrument, position) >= 0
        totals[where] += position.lots
    assert not any(totals.values()), f"positions do not add up to zero: {totals}"
    if not any(instrument.locks for instrument in state.instruments.values()):
        assert not any(state.ledger.balances[SETTLEMENT, asset] for asset in state.assets)


def check_register(state: State) -> None:
    """Buckets and results are those that the limits ask for; plans are those of some tier."""
    register = state.register
    assert {scope: bucket.rate for scope, bucket in register.buckets.items()} == rates(state)
    assert all(0 <= bucket.units <= bucket.rate * BILLION for bucket in register.buckets.values())
    assert register.results.keys() == {(each, asset) for each in state.accounts for asset in assets_under(state, each)}
    for account in state.accounts.values():
        group = register.groups.get(account.group)
        assert account.plan in {0, *(tier.plan for tier in group.tiers)} if group else account.plan == 0


def check_trades(state: State) -> None:
    """Each trade has an id of its own, later than those before it, and an instrument's day counts some of the last."""
    trades = state.register.trades
    assert [each.trade for each in trades] == sorted({each.trade for each in trades})
    for number, instrument in state.instruments.items():
        of_it = [each for each in trades if each.instrument == number]
        day = of_it[len(of_it) - instrument.day.trades :]
        assert len(day) == instrument.day.trades
        assert bool(day) == bool(instrument.day.first)
        if instrument.day.trades:
            assert instrument.day.lowest <= min(instrument.day.first, instrument.day.highest)
            assert instrument.day.highest >= instrument.day.first


def check_dealt(state: State) -> None:
    """Positions against the house can have come about; what waits for a quote is of what the house deals."""
    for (number, account, position), held in state.register.dealt.items():
        instrument = state.instruments[number]
        assert instrument.kind == CONTRACT
        assert (position != 0) == state.accounts[account].hedging
        assert 0 < abs(held.lots) <= most_lots(instrument)
        assert 0 <= held.margin <= held.cost <= instrument.value(instrument.max_price, abs(held.lots))
    for instrument in state.instruments.values():
        for order in instrument.orders():
            assert instrument.kind == CONTRACT or order.place not in {"quote", "next"}
            assert instrument.kind != CONTRACT or order.hold == 0
            assert order.place != "quote" or (order.is_limit and order.time_in_force in RESTING)
