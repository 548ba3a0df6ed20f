"""What `garraway up` makes of a folder: what is missing and no more, secrets kept, children kept alive."""

import asyncio
import hashlib
import itertools
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from garraway.cli.failures import Failure
from garraway.cli.up import people, plan
from garraway.cli.up.child import QUICK_DEATHS, Child
from garraway.cli.up.credentials import Credentials
from garraway.cli.up.listings import ASSETS, LISTINGS, USD, Listing
from garraway.records import EVENT, EVENTS, KINDS, Phase, body, encode, head
from garraway.venues import Directory, ExchangeVenue, running
from garraway.venues.directory import Session

DEADLINE_S = 60
TOLD = {
    "ListInstrument": "InstrumentListed",
    "OpenAccount": "AccountOpened",
    "SetRules": "RulesSet",
    "SetTicks": "TicksSet",
    "DefineFeePlan": "FeePlanDefined",
    "DefineGroup": "GroupDefined",
    "SetLimits": "LimitsSet",
}
"""Which event a command of the plan makes."""
NUMBERED = {"DefineFeePlan": "plan", "DefineGroup": "group", "SetLimits": "id"}
ITEMS_AT = 4
"""Where the items of SetTicks stand in its body."""


def kinds(commands: list[bytes]) -> list[str]:
    return [KINDS[head(command)["kind"]] for command in commands]


def applied(directory: Directory, commands: list[bytes]) -> Directory:
    """The directory after the commands, as the events of an exchange would tell it."""
    for command in commands:
        kind, tail, top = KINDS[head(command)["kind"]], command[36:], head(command)
        event = np.zeros(1, dtype=EVENT)
        event["account"], event["instrument"] = top["account"], top["instrument"]
        if kind == "DefineSession":
            name = body(kind, tail)["name"]
            assert isinstance(name, bytes)
            directory.sessions[int(body(kind, tail)["session"])] = Session(0, name.decode(), top["account"])
            continue
        if kind == "DefineSource":
            event["kind"], event["value"] = EVENTS["SourceDefined"], body(kind, tail)["defined"]
        elif kind == "DefineAsset":
            event["kind"], event["instrument"] = EVENTS["AssetDefined"], body(kind, tail)["asset"]
        elif kind == "Deposit":
            event["kind"], event["detail"] = EVENTS["Posted"], 1
            event["instrument"], event["value"] = body(kind, tail)["asset"], body(kind, tail)["amount"]
        else:
            event["kind"] = EVENTS[TOLD[kind]]
            if kind in NUMBERED:
                event["value"] = body(kind, tail)[NUMBERED[kind]]
            if kind == "SetLimits":
                event["fee"] = body(kind, tail)["scope"]
        directory.apply(event, [tail[ITEMS_AT:] if kind == "SetTicks" else tail])
    return directory


@pytest.fixture
def credentials(tmp_path: Path) -> Credentials:
    return Credentials.load(tmp_path / "credentials.json", people.CLIENTS)


def test_an_empty_venue_lacks_everything_in_an_order_that_works(credentials: Credentials) -> None:
    found = kinds(plan.missing(Directory(), credentials))
    listed = ["ListInstrument", "SetRules", "SetTicks", *["ListInstrument", "SetRules"] * 3]
    grouped = ["DefineFeePlan", "DefineGroup", "OpenAccount", "SetLimits", "DefineSession", "Deposit"]
    assert [kind for kind, _ in itertools.groupby(found)] == ["DefineSource", "DefineAsset", *listed, *grouped]
    assert found.count("Deposit") == len(people.funds())
    assert (
        found.count("OpenAccount")
        == len(people.accounts())
        == 5 * len(LISTINGS) + len(people.CLIENTS | people.STRATEGIES)
    )


def test_a_prepared_venue_lacks_nothing(credentials: Credentials) -> None:
    directory = applied(Directory(), plan.missing(Directory(), credentials))
    assert plan.missing(directory, credentials.defined()) == []


def test_an_interrupted_preparation_goes_on_where_it_stopped(credentials: Credentials) -> None:
    everything = plan.missing(Directory(), credentials)
    for done in range(len(everything)):
        directory = applied(Directory(), everything[:done])
        assert [kind for kind in kinds(plan.missing(directory, credentials)) if kind != "DefineSession"] == [
            kind for kind in kinds(everything[done:]) if kind != "DefineSession"
        ]


def test_an_account_that_spent_its_money_is_not_funded_again(credentials: Credentials) -> None:
    directory = applied(Directory(), plan.missing(Directory(), credentials))
    event = np.zeros(1, dtype=EVENT)
    event["kind"], event["account"], event["instrument"] = EVENTS["Posted"], 200, USD
    event["detail"], event["value"] = 2, -people.funds()[200, USD]
    directory.apply(event, [b""])
    assert plan.missing(directory, credentials.defined()) == []


def test_new_secrets_redefine_the_sessions(credentials: Credentials) -> None:
    directory = applied(Directory(), plan.missing(Directory(), credentials))
    credentials.path.unlink()
    renewed = Credentials.load(credentials.path, people.CLIENTS)
    assert renewed.secrets != credentials.secrets
    commands = plan.missing(directory, renewed)
    assert kinds(commands) == ["DefineSession"] * len(people.CLIENTS)
    secret = renewed.secrets["demo1"]
    verifier = body("DefineSession", commands[0][36:])["verifier"]
    assert verifier == hashlib.sha256(secret.salt + secret.text.encode()).digest().rstrip(b"\0")


def test_sessions_are_bound_to_the_loopback_network(credentials: Credentials) -> None:
    command = next(one for one in plan.missing(Directory(), credentials) if kinds([one]) == ["DefineSession"])
    said = body("DefineSession", command[36:])
    network = said["network"]
    assert isinstance(network, bytes)
    assert (network.ljust(16, b"\0"), said["network_prefix"]) == (bytes(10) + b"\xff\xff\x7f" + bytes(3), 104)


def test_all_but_fx_fit_ouch(credentials: Credentials) -> None:
    directory = applied(Directory(), plan.missing(Directory(), credentials))
    over_ouch = {one.terms.symbol: one.over_ouch for one in directory.instruments.values()}
    assert over_ouch == {"GARR": True, "BTC-USD": True, "EUR-USD": False, "GARR-F": True}


def test_makers_and_members_are_in_their_groups() -> None:
    groups = {account: people.group(account) for account in people.accounts()}
    assert [account for account, group in groups.items() if group == people.MAKERS] == [100, 110, 120, 130]
    assert [account for account, group in groups.items() if group == people.MEMBERS] == [200, 201]


@pytest.mark.parametrize("listing", LISTINGS, ids=lambda listing: listing.terms.symbol)
def test_listings_are_what_the_engine_counts_exactly(listing: Listing) -> None:
    terms = listing.terms
    assert listing.reference_price % listing.ticks.tick_at(listing.reference_price) == 0
    assert terms.min_price % terms.tick == terms.max_price % terms.tick == 0
    assert all(start % tick == 0 and tick % terms.tick == 0 for start, tick in listing.steps)
    assert terms.price_unit * terms.lot_size * 10 ** ASSETS[listing.quote_asset].scale % 10**18 == 0
    if listing.base_asset:
        assert terms.lot_size * 10 ** ASSETS[listing.base_asset].scale % 10**9 == 0
    assert (listing.phase is Phase.CLOSED) == bool(listing.day), "what has days starts closed"


def test_secrets_are_kept_for_their_owner_alone(credentials: Credentials) -> None:
    assert credentials.path.stat().st_mode & 0o777 == 0o600
    assert Credentials.load(credentials.path, people.CLIENTS).secrets == credentials.secrets
    assert Credentials.load(credentials.path, [*people.CLIENTS, "demo3"]).secrets.keys() == {"demo1", "demo2", "demo3"}


def test_a_damaged_file_of_secrets_is_named_with_a_remedy(tmp_path: Path) -> None:
    path = tmp_path / "credentials.json"
    path.write_text("{")
    with pytest.raises(Failure, match="remove it"):
        Credentials.load(path, people.CLIENTS)


def test_a_child_that_cannot_start_is_given_up_with_its_last_words(tmp_path: Path) -> None:
    ticking = itertools.count()
    child = Child("market", ["market", "--rate", "0"], tmp_path / "market.log", lambda: float(next(ticking)))
    with pytest.raises(Failure, match=rf"market ended {QUICK_DEATHS} times .*last with 2.*--rate") as failure:
        asyncio.run(asyncio.wait_for(child.keep(), DEADLINE_S))
    assert child.restarts == QUICK_DEATHS
    assert str(tmp_path / "market.log") in str(failure.value)


def test_a_child_is_kept_until_it_is_stopped(tmp_path: Path) -> None:
    async def scenario() -> int:
        child = Child("exchange", ["exchange", "--folder", str(tmp_path)], tmp_path / "exchange.log", time.monotonic)
        keeping = asyncio.ensure_future(child.keep())
        async with await ExchangeVenue.connect(tmp_path, wait_s=DEADLINE_S):
            assert running(tmp_path)["pid"] == child.pid
        code = await child.stop(DEADLINE_S)
        await keeping
        return code

    assert asyncio.run(scenario()) == 0


def test_a_command_that_names_no_field_of_its_kind_never_leaves(credentials: Credentials) -> None:
    assert all(head(command)["length"] == len(command) for command in plan.missing(Directory(), credentials))
    assert encode("Tick") != b""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--postgres-folder", "elsewhere"], "--postgres-folder is of no use without --postgres: add it"),
        (["--postgres"], "database.url is postgresql://ada@elsewhere/venue: leave one out"),
    ],
)
def test_a_database_is_said_once(tmp_path: Path, words: list[str], said: str) -> None:
    file = tmp_path / "garraway.toml"
    file.write_text('[database]\nurl = "postgresql://ada@elsewhere/venue"\npassword = "env:DATABASE_PASSWORD"\n')
    command = [sys.executable, "-m", "garraway.cli", "up", "--folder", str(tmp_path / "venue"), "--config", str(file)]
    found = subprocess.run([*command, *words], capture_output=True, text=True, check=False, timeout=DEADLINE_S)
    assert found.returncode != 0
    assert found.stderr.endswith(f"{said}\n")
    assert not (tmp_path / "venue").exists()
