"""A running exchange with what `garraway up` lists, a strategy's account, and somebody to trade with. For tests."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

from garraway.cli.up import people, plan
from garraway.cli.up.child import Child
from garraway.cli.up.credentials import Credentials
from garraway.cli.up.listings import CRYPTO_LISTING, FX_LISTING
from garraway.records import EventArray, OrderType, PriceKind, Side, TimeInForce, encode
from garraway.trading.reconcile import AccountStanding
from garraway.venues import Directory, ExchangeVenue, Tape

DEADLINE_S = 20
SOURCE = "strategy1"
ACCOUNT = people.STRATEGIES[SOURCE]
OTHER = people.CLIENTS["demo1"]
BTC = CRYPTO_LISTING
EUR = FX_LISTING
MIDDLE = BTC.reference_price
TICK = BTC.terms.tick


@dataclass
class House:
    """The venue's folder, and a connection as the operator, who trades for the other account."""

    folder: Path
    operator: ExchangeVenue
    last_ref: int = 0

    async def do(self, *commands: bytes) -> None:
        """Commands of the operator, all of which must be done."""
        outcomes = await self.operator.submit(commands)
        assert [one for one in outcomes if not one.done] == []

    def order(self, side: Side, price: int, lots: int, *, account: int = OTHER, instrument: int = BTC.number) -> bytes:
        """A limit order with the next reference of the house."""
        self.last_ref += 1
        return encode(
            "PlaceOrder",
            account=account,
            instrument=instrument,
            client_ref=self.last_ref,
            side=side,
            order_type=OrderType.LIMIT,
            time_in_force=TimeInForce.GOOD_TILL_CANCEL,
            price=price,
            quantity=lots,
        )

    async def quote(self, bid: int, ask: int, lots: int = 1_000) -> None:
        """The other account's orders on both sides, its earlier ones cancelled."""
        await self.do(
            encode("MassCancel", scope=1, id=OTHER),
            self.order(Side.BUY, bid, lots),
            self.order(Side.SELL, ask, lots),
        )

    def events(self) -> EventArray:
        """The whole log so far."""
        return Tape(self.folder).read(1 << 20).events

    async def standing(self, account: int = ACCOUNT) -> AccountStanding:
        """The account as the log tells it now, with all that the operator has sent."""
        found = AccountStanding(account)
        async for batch in self.operator.own_history(Tape(self.folder), 0):
            found.apply(batch.events)
        return found


@contextlib.asynccontextmanager
async def house(folder: Path) -> AsyncIterator[House]:
    """A running exchange, prepared."""
    (folder / "run").mkdir(parents=True, exist_ok=True)
    child = Child(
        "exchange", ["exchange", "--folder", str(folder), "--ouch-port", "0"], folder / "exchange.log", loop_s
    )
    keeping = asyncio.ensure_future(child.keep())
    try:
        async with await ExchangeVenue.connect(folder, wait_s=DEADLINE_S) as operator:
            found = House(folder, operator)
            credentials = Credentials.load(folder / "run" / "credentials.json", people.CLIENTS)
            await found.do(
                *plan.missing(Directory(), credentials),
                *(
                    encode("SetReference", instrument=one.number, what=PriceKind.REFERENCE, price=one.reference_price)
                    for one in (BTC, EUR)
                ),
            )
            yield found
    finally:
        assert await child.stop(DEADLINE_S) == 0, child.last_words()
        await keeping


def loop_s() -> float:
    return asyncio.get_running_loop().time()


async def until(condition: Callable[[], bool]) -> None:
    """Waits for what happens in another task or process."""
    async with asyncio.timeout(DEADLINE_S):
        while not condition():  # noqa: ASYNC110 -- it changes outside of this loop
            await asyncio.sleep(0.005)
