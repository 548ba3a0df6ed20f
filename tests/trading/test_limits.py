"""The limits file: what holds for whom, what is wrong with it, what changed."""

from pathlib import Path

import pytest

from garraway.trading.limits import AssetDiffers, Limits, LimitsInvalid, bound, changes, digest
from garraway.trading.limits_tables import DEFAULTS
from garraway.units import AssetTerms

USD = AssetTerms("USD", scale=8, display=2)
FILE = """
[order]
max_lots = 10
max_notional = "100000"

[position]
max_lots = 50

[strategy]
max_daily_loss = "2500.50"

[breakers]
flatten = true

[symbols.BTC-USD.order]
max_lots = 5

[strategies.trend.order]
max_lots = 7

[strategies.trend.symbols.BTC-USD.position]
stop_loss_bps = 300

[strategies.trend.strategy]
max_daily_loss = "100"
"""


def whats(text: str, symbols: set[str] | None = None) -> list[tuple[str, str, str]]:
    with pytest.raises(LimitsInvalid) as caught:
        Limits.parse(text, name="limits.toml", symbols=symbols)
    return [(finding.code, finding.key, finding.where) for finding in caught.value.findings]


def test_the_innermost_table_that_says_something_wins() -> None:
    limits = Limits.parse(FILE)
    assert {
        (strategy, symbol): limits.of(strategy, symbol).order["max_lots"]
        for strategy in ("trend", "other")
        for symbol in ("BTC-USD", "GARR")
    } == {("trend", "BTC-USD"): 7, ("trend", "GARR"): 7, ("other", "BTC-USD"): 5, ("other", "GARR"): 10}
    assert limits.of("trend", "BTC-USD").position == DEFAULTS["position"] | {"max_lots": 50, "stop_loss_bps": 300}


def test_without_a_file_the_defaults_hold_and_a_day_may_lose_5000() -> None:
    limits = bound(Limits.load(None), "any", quoted_in={"GARR": "USD"}, asset=USD)
    assert (limits.whole["portfolio.max_daily_loss"], limits.by_symbol["GARR"]["order.max_distance_bps"]) == (
        500_000_000_000,
        1_000,
    )


def test_bound_limits_are_in_ledger_units_and_nanoseconds() -> None:
    limits = bound(Limits.parse(FILE), "trend", quoted_in={"BTC-USD": "USD"}, asset=USD)
    assert limits.whole == {
        "strategy.max_open_orders": 100,
        "strategy.max_orders_per_s": 50,
        "strategy.max_daily_loss": 10_000_000_000,
        "strategy.max_drawdown": 0,
        "portfolio.max_gross": 0,
        "portfolio.max_net": 0,
        "portfolio.max_positions": 0,
        "portfolio.max_daily_loss": 500_000_000_000,
        "portfolio.max_concentration_bps": 0,
        "portfolio.concentration_from": 0,
        "venue.max_age_ms": 0,
        "venue.max_away_ms": 30_000_000_000,
        "breakers.max_refusals": 20,
        "breakers.refusals_ms": 60_000_000_000,
        "breakers.flatten": 1,
    }
    assert limits.by_symbol == {
        "BTC-USD": {
            "order.max_lots": 7,
            "order.max_notional": 10_000_000_000_000,
            "order.max_distance_bps": 1_000,
            "position.max_lots": 50,
            "position.max_notional": 0,
            "position.stop_loss_bps": 300,
            "position.trailing_stop_bps": 0,
        }
    }


def test_all_mistakes_are_told_at_once_with_their_lines() -> None:
    text = '[order]\nmax_lots = -1\nmax_lot = 3\nmax_notional = 5.0\n\n[breakers]\nflatten = "yes"\n[venues]\n'
    assert whats(text) == [
        ("value", "order.max_lots", "limits.toml:2"),
        ("value", "order.max_notional", "limits.toml:4"),
        ("unknown-key", "order.max_lot", "limits.toml:3"),
        ("value", "breakers.flatten", "limits.toml:7"),
        ("unknown-key", "venues", "limits.toml:8"),
    ]


def test_what_contradicts_itself_or_names_no_symbol_is_a_mistake() -> None:
    text = (
        "[order]\nmax_lots = 9\n[position]\nmax_lots = 8\n[symbols.GARX.order]\nmax_lots = 1\n"
        "[strategies.a.symbols.BTC.order]\nmax_lots = 1\n[breakers]\nmax_refusals = 0\nrefusals_ms = 10\n"
    )
    assert whats(text, {"GARR", "BTC-USD"}) == [
        ("unknown-symbol", "symbols.GARX", "limits.toml:5"),
        ("unknown-symbol", "strategies.a.symbols.BTC", "limits.toml:7"),
        ("contradiction", "order.max_lots", "limits.toml:2"),
        ("contradiction", "breakers.refusals_ms", "limits.toml:11"),
    ]


@pytest.mark.parametrize(
    "text", ["[order", "order = 1", '[order]\nmax_notional = "-5"', '[order]\nmax_notional = "1e5"']
)
def test_bad_text_is_refused_with_a_remedy(text: str) -> None:
    with pytest.raises(LimitsInvalid) as caught:
        Limits.parse(text)
    assert all(finding.remedy and finding.where for finding in caught.value.findings)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(LimitsInvalid, match=r"none\.toml: error: cannot be read: No such file.*name a limits file"):
        Limits.load(tmp_path / "none.toml")


def test_money_finer_than_the_ledger_is_refused() -> None:
    limits = Limits.parse('[order]\nmax_notional = "1.001"')
    with pytest.raises(LimitsInvalid, match=r"1\.001"):
        bound(limits, "any", quoted_in={"GARR": "USD"}, asset=AssetTerms("USD", scale=2, display=2))


def test_instruments_of_another_asset_are_refused() -> None:
    with pytest.raises(AssetDiffers, match="limits are in USD, but quoted is EUR-GBP in GBP"):
        bound(Limits(), "any", quoted_in={"GARR": "USD", "EUR-GBP": "GBP"}, asset=USD)


def test_the_hash_follows_what_holds_and_nothing_else() -> None:
    one = Limits.parse("[order]\nmax_lots = 10").resolved("a", ["GARR"])
    same = Limits.parse("# told elsewhere\n[strategies.a.order]\nmax_lots = 10").resolved("a", ["GARR"])
    other = Limits.parse("[order]\nmax_lots = 11").resolved("a", ["GARR"])
    assert (digest(one) == digest(same), digest(one) == digest(other)) == (True, False)
    assert changes(one, other) == [("GARR.order.max_lots", 10, 11)]
    assert changes(None, {"asset": "USD"}) == [("asset", None, "USD")]
