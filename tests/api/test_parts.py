"""The small parts of the edge: allowances, addresses, deadlines, cursors, prices without a limit."""

import asyncio
from dataclasses import replace
from ipaddress import ip_network

import pytest
from tests.api.fakes import TERMS

from garraway.api.addresses import client_address, within
from garraway.api.allowance import KEYS_AT_MOST, SECOND_NS, Allowance
from garraway.api.asked import worst_price
from garraway.api.deadlines import Deadlines
from garraway.api.problems import Problem
from garraway.api.reading import cursor_of, key_of
from garraway.records import Side
from garraway.units import TickTable
from garraway.venues import Rules, Standing

PROXIES = (ip_network("10.0.0.0/8"), ip_network("::1/128"))


def test_an_allowance_comes_back_evenly() -> None:
    allowance = Allowance(4, period_ns=4 * SECOND_NS)
    taken = [allowance.take("a", 0) for _ in range(5)]
    assert [(one.allowed, one.remaining, one.retry_after_s) for one in taken] == [
        (True, 3, 0),
        (True, 2, 0),
        (True, 1, 0),
        (True, 0, 0),
        (False, 0, 1),
    ]
    assert allowance.take("b", 0).remaining == 3
    assert [allowance.take("a", SECOND_NS).allowed for _ in range(2)] == [True, False]


def test_an_allowance_remembers_a_bounded_number_of_keys() -> None:
    allowance = Allowance(2)
    for number in range(KEYS_AT_MOST + 10):
        allowance.take(str(number), 0)
    assert len(allowance._whole_ns) == KEYS_AT_MOST


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("10.0.0.1", ["203.0.113.9"], "203.0.113.9"),
        ("203.0.113.1", ["198.51.100.7"], "203.0.113.1"),
        ("10.0.0.1", ["1.1.1.1, 203.0.113.9, 10.2.3.4"], "203.0.113.9"),
        ("10.0.0.1", ["1.1.1.1", "203.0.113.9"], "203.0.113.9"),
        ("10.0.0.1", ["<script>"], "10.0.0.1"),
        ("::ffff:10.0.0.1", ["203.0.113.9"], "203.0.113.9"),
        ("10.0.0.1", [], "10.0.0.1"),
    ],
)
def test_only_trusted_proxies_are_believed(peer: str, forwarded: list[str], address: str) -> None:
    assert client_address(peer, forwarded, PROXIES) == address


def test_text_that_is_no_address_lies_in_no_network() -> None:
    assert not within("nowhere", PROXIES)


def test_a_deadline_gives_up_and_a_cancelled_task_is_not_mistaken_for_it() -> None:
    async def scenario() -> None:
        deadlines, loop = Deadlines(0.05), asyncio.get_running_loop()
        never: asyncio.Future[int | None] = loop.create_future()
        soon: asyncio.Future[int | None] = loop.create_future()
        loop.call_soon(soon.set_result, 7)
        given = await asyncio.gather(deadlines.within(never), deadlines.within(soon))
        assert list(given) == [None, 7]
        other: asyncio.Future[int | None] = loop.create_future()
        task = asyncio.create_task(deadlines.within(other))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(asyncio.wait_for(scenario(), 10))


def test_a_cursor_gives_its_key_back_and_nothing_else_does() -> None:
    assert key_of(cursor_of(7, 8), 2) == (7, 8)
    assert key_of(None, 2) is None
    for text in ("AAAA", cursor_of(7), cursor_of(1, 2, 3), "LTE", cursor_of(2**63, 1), "MS4y0"):
        with pytest.raises(Problem) as refused:
            key_of(text, 2)
        assert refused.value.errors[0].field == "cursor"


def test_an_order_without_a_limit_goes_to_the_end_of_the_collar_on_tick() -> None:
    rules = Rules(static_band=0, dynamic_band=0, collar=50_000_000, auction_ns=0, band_action=0, resume=0)
    standing = Standing(TickTable(TERMS.tick), reference=1_000_001, rules=rules)
    assert worst_price(TERMS, standing, Side.BUY) == 1_050_000
    assert worst_price(TERMS, standing, Side.SELL) == 950_100
    assert worst_price(TERMS, replace(standing, last=TERMS.max_price), Side.BUY) == TERMS.max_price
    with pytest.raises(Problem) as refused:
        worst_price(TERMS, Standing(TickTable(TERMS.tick), rules=rules), Side.BUY)
    assert refused.value.errors[0].field == "price"
