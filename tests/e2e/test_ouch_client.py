"""The PyPI package `nasdaq-protocols`, an OUCH client nobody here wrote, against a running venue.

It takes its messages from `../shared/conformance/ouch/ouch42_np.xml`, which was written apart from any server.
"""

import asyncio
import importlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from tests.e2e.venue_process import VenueProcess, verified

from garraway.venues import running

SPEC = Path(__file__).parents[2].parent / "shared" / "conformance" / "ouch" / "ouch42_np.xml"
DEADLINE_S = 30
DAY = 99_999
IMMEDIATE = 0

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not SPEC.exists(), reason=f"{SPEC} is absent: the OUCH client of a stranger was NOT tried"),
]


@pytest.fixture(scope="module")
def oe(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """The client that the package generates from the message layouts."""
    folder = tmp_path_factory.mktemp("ouch_client")
    target = folder / "ouch_client_of_a_stranger"
    target.mkdir()
    generator = Path(sys.executable).with_name("nasdaq-ouch-codegen")
    subprocess.run(
        [str(generator), "--spec-file", str(SPEC), "--app-name", "oe", "--op-dir", str(target)],
        check=True,
        capture_output=True,
    )
    sys.path.insert(0, str(folder))
    try:
        yield importlib.import_module(target.name)
    finally:
        sys.path.remove(str(folder))


Message = Any
"""A message of the generated classes: its fields are attributes."""
Session = Any


class Client:
    """One log-in of the stranger's client, and everything that it heard."""

    def __init__(self, oe: ModuleType, session: Session) -> None:
        self._oe = oe
        self._session = session
        self.heard: list[Message] = []

    @classmethod
    async def log_in(
        cls, oe: ModuleType, folder: Path, *, user: str = "demo1", sequence: int = 1, password: str = ""
    ) -> "Client":
        host, port = running(folder)["ouch"].rsplit(":", 1)
        secrets = json.loads((folder / "run" / "credentials.json").read_text())
        session = await oe.connect_async(
            (host, int(port)), user, password or secrets[user]["text"], "", sequence=sequence
        )
        return cls(oe, session)

    async def until(self, kind: str, token: str) -> Message:
        """The next message of this kind about this order."""
        async with asyncio.timeout(DEADLINE_S):
            while True:
                message = await self._session.receive_message()
                self.heard.append(message)
                if type(message).__name__ == kind and message.token.strip() == token:
                    return message

    async def hear(self, count: int) -> list[Message]:
        """The next so many messages."""
        async with asyncio.timeout(DEADLINE_S):
            found = [await self._session.receive_message() for _ in range(count)]
        self.heard += found
        return found

    def enter(self, token: str, side: str, shares: int, price: str, tif: int = DAY) -> None:
        order = self._oe.EnterOrder()
        whole, part = price.split(".")
        values = {
            "token": token.ljust(14),
            "side": side,
            "shares": shares,
            "stock": "GARR".ljust(8),
            "price": int(whole) * 10_000 + int(part.ljust(4, "0")),
            "tif": tif,
            "firm": "DEMO",
            "display": "Y",
            "capacity": "A",
            "iso": "N",
            "minqty": 0,
            "cross": "N",
            "customer": " ",
        }
        for name, value in values.items():
            setattr(order, name, value)
        self._session.send_message(order)

    def cancel(self, token: str, shares: int = 0) -> None:
        order = self._oe.CancelOrder()
        order.token, order.shares = token.ljust(14), shares
        self._session.send_message(order)

    def replace(self, existing: str, new: str, shares: int, price: int) -> None:
        order = self._oe.ReplaceOrder()
        values = {
            "existing_token": existing.ljust(14),
            "new_token": new.ljust(14),
            "shares": shares,
            "price": price,
            "tif": DAY,
            "display": "Y",
            "iso": "N",
            "minqty": 0,
        }
        for name, value in values.items():
            setattr(order, name, value)
        self._session.send_message(order)

    async def close(self) -> None:
        await self._session.close()


def told(messages: list[Message]) -> list[str]:
    """Messages as comparable text: everything that they carry."""
    return [str(message) for message in messages]


def test_it_logs_in_trades_and_resumes_across_reconnect_and_restart(oe: ModuleType, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with await VenueProcess.start(tmp_path) as venue:
            await venue.continuous("GARR")
            client = await Client.log_in(oe, tmp_path)

            client.enter("rest1", "B", 7, "50.00")
            accepted = await client.until("Accepted", "rest1")
            assert (accepted.shares, accepted.price, accepted.side, accepted.state) == (7, 500_000, "B", "L")

            client.replace("rest1", "rest2", 9, 510_000)
            replaced = await client.until("Replaced", "rest2")
            assert (replaced.shares, replaced.price, replaced.previous_token.strip()) == (9, 510_000, "rest1")

            client.cancel("rest2")
            canceled = await client.until("Canceled", "rest2")
            assert (canceled.decrement, canceled.reason) == (9, "U")

            client.enter("trade1", "B", 5, "103.00", tif=IMMEDIATE)
            executed = await client.until("Executed", "trade1")
            assert executed.shares <= 5
            assert executed.price <= 1_030_000
            assert executed.liquidity == "R"

            heard = list(client.heard)
            await client.close()
            again = await Client.log_in(oe, tmp_path)
            assert told(await again.hear(len(heard))) == told(heard), "the stream is the same from the start"
            await again.close()
            assert await venue.stop() == 0

        async with await VenueProcess.start(tmp_path) as venue:
            await venue.continuous("GARR")
            resumed = await Client.log_in(oe, tmp_path, sequence=3)
            assert told(await resumed.hear(len(heard) - 2)) == told(heard[2:]), "and from any number, after a restart"
            resumed.enter("after1", "S", 3, "97.00", tif=IMMEDIATE)
            executed = await resumed.until("Executed", "after1")
            assert executed.shares <= 3
            await resumed.close()
            assert await venue.stop() == 0
        assert verified(tmp_path)["sound"]

    asyncio.run(scenario())


def test_a_wrong_password_is_refused(oe: ModuleType, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with await VenueProcess.start(tmp_path) as venue:
            await venue.trades()
            with pytest.raises(ConnectionRefusedError):
                await Client.log_in(oe, tmp_path, password="wrong")
            assert await venue.stop() == 0

    asyncio.run(scenario())
