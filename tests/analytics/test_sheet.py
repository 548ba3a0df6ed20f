"""The tear sheet: whole in itself, harmless, the same each time, and what its charts and words keep to."""

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.analytics.runs import DAY, MONDAY, MadeRun, days, drawn, equity, fills, nothing, orders

from garraway.analytics import FrameInvalid, PageUnwritable, page, report
from garraway.analytics.sheet.charts import rolling_sharpe
from garraway.analytics.sheet.markup import VOID
from garraway.analytics.sheet.scales import Scale, nice_step, thinned, time_ticks
from garraway.analytics.sheet.wording import bps, count, lasting, moment, money, percent, price, ratio

HEADER: dict[str, Any] = {
    "strategy": "EmaCross",
    "parameters": {"fast": 10, "slow": 20},
    "assumptions": {"market": "at the next open", "fees_bps": 2, "instruments": [{"symbol": "SYM0", "tick": "0.01"}]},
    "source": [{"file": "bars.parquet", "sha256": "ab" * 32}],
    "seed": 1,
    "hash": "c0ffee" + "0" * 58,
}


class Reader(HTMLParser):
    """Tags that must close each other in order, the elements seen, and the text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in VOID | {"rect", "path"} or (tag == "rect"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module")
def text() -> str:
    return page(drawn(1, header=HEADER), trials=20)


def test_the_page_is_whole_in_itself(text: str) -> None:
    read = Reader(text)
    assert read.open == []
    assert read.seen & {"script", "link", "img", "iframe", "object", "embed", "form", "base"} == set()
    assert {one for one in read.attributes if one.startswith("on") or one in {"src", "href"}} == set()
    assert re.findall(r"https?:|url\(|@import|NaN|nan\b|inf\b|None", text) == []
    assert len(text.encode()) < 1_000_000


def test_the_page_tells_what_ran_and_what_came_of_it(text: str) -> None:
    said = Reader(text).text
    for part in (
        "EmaCross",
        "fast = 10, slow = 20",
        "c0ffee",
        "at the next open",
        "0.01",
        "bars.parquet",
        "SYM0",
        "Sharpe",
    ):
        assert part in said
    for title in (
        "Equity",
        "Drawdown",
        "Returns of months",
        "Returns of days",
        "Rolling Sharpe",
        "Trades on the price",
    ):
        assert title in said
    assert "best of 20 runs" in said


def test_the_same_run_makes_the_same_page(text: str) -> None:
    assert page(drawn(1, header=HEADER), trials=20) == text


def test_names_are_text_whatever_they_are() -> None:
    wicked = "<script>alert('x')</script>\"><img src=x onerror=alert(1)>"
    run = drawn(1, count=40)
    named = MadeRun(
        run.fills.with_columns(instrument=pl.lit(wicked), tag=pl.lit(wicked), liquidity=pl.lit(wicked)),
        run.orders.with_columns(instrument=pl.lit(wicked)),
        run.equity,
        {
            "strategy": wicked,
            "parameters": {wicked: wicked},
            "assumptions": {wicked: wicked},
            "hash": wicked,
            wicked: wicked,
        },
    )
    read = Reader(page(named))
    assert read.seen & {"script", "img"} == set()
    assert "onerror" not in read.attributes
    assert read.text.count(wicked) > 5


@pytest.mark.parametrize(
    "run",
    [
        nothing(),
        MadeRun(fills(), orders(), days(100.0)),
        MadeRun(fills(), orders(), days(*[100.0] * 100)),
        MadeRun(fills(), orders(), days(-5.0, -6.0, -5.0)),
        MadeRun(fills(), orders(), equity((MONDAY, 1.0), (MONDAY, 1.0))),
        drawn(2, count=1),
        drawn(2, count=2, span_days=1),
        drawn(3, count=400, span_days=2),
        drawn(4, instruments=9),
    ],
    ids=["nothing", "one sample", "flat", "below nothing", "one moment", "one fill", "two fills", "two days", "many"],
)
def test_every_run_has_a_page(run: MadeRun) -> None:
    assert Reader(page(run)).open == []


def test_a_long_run_makes_a_small_page() -> None:
    count_, random = 200_000, np.random.default_rng(1)
    at = MONDAY + np.arange(count_) * 60_000_000_000
    worth = 1e5 + np.cumsum(random.normal(0, 5, count_))
    samples = pl.DataFrame({"at_ns": at, "equity": worth, "cash": worth, "position_value": 0.0})
    run = drawn(1, count=4000)
    assert len(page(MadeRun(run.fills, run.orders, samples)).encode()) < 500_000


def test_prices_of_the_run_are_taken() -> None:
    run = drawn(1)
    prices = run.fills.select("at_ns", "instrument", "price")
    assert page(run, prices=prices) != page(run)
    assert "slippage" in page(run, prices=prices).lower()


def test_a_report_is_written_where_it_was_asked_for(tmp_path: Path) -> None:
    written = report(drawn(1), tmp_path / "sheet.html")
    assert written.read_text(encoding="utf-8") == page(drawn(1))
    with pytest.raises(PageUnwritable, match=r"sheet\.html: No such file or directory; give a file in a folder"):
        report(drawn(1), tmp_path / "nowhere" / "sheet.html")


def test_a_bad_frame_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    run = drawn(1)
    with pytest.raises(FrameInvalid, match="fills has no column price"):
        report(MadeRun(run.fills.drop("price"), run.orders, run.equity), tmp_path / "sheet.html")
    assert list(tmp_path.iterdir()) == []


def test_thinning_keeps_ends_and_extremes() -> None:
    values = np.random.default_rng(2).normal(size=50_000)
    kept = thinned(np.arange(50_000), values, columns=100)
    assert len(kept) <= 400
    assert {0, 49_999, int(values.argmin()), int(values.argmax())} <= set(kept.tolist())
    assert thinned(np.arange(10), values[:10]).tolist() == list(range(10))


@pytest.mark.parametrize(
    ("rough", "nice"), [(0.3, 0.5), (1.0, 1.0), (1.1, 2.0), (4.9, 5.0), (70.0, 100.0), (0.0, 1.0), (float("nan"), 1.0)]
)
def test_steps_are_round(rough: float, nice: float) -> None:
    assert nice_step(rough) == nice


def test_a_scale_without_width_still_has_ticks() -> None:
    assert Scale.of(np.array([5.0, 5.0])).ticks()
    assert Scale.of(np.zeros(0)).ticks()


@pytest.mark.parametrize(
    "span", [1, 60, 3600, 86_400, 3 * 86_400, 20 * 86_400, 400 * 86_400, 4000 * 86_400, 40_000 * 86_400]
)
def test_times_are_named_at_round_places(span: int) -> None:
    last = MONDAY + 1 + span * 10**9
    found = time_ticks(MONDAY + 1, last)
    assert 0 < len(found) <= 9
    assert all(MONDAY < at <= last for at, _ in found)


def test_numbers_are_worded_for_people() -> None:
    assert [money(one) for one in (None, 1234.567, -0.004, -1.5, 2_500_000.4)] == [
        "–",
        "1,234.57",
        "0.00",
        "−1.50",
        "2,500,000",
    ]
    assert [percent(0.1234), percent(-0.00001234), percent(1e-12), ratio(-1.005), bps(2.0)] == [
        "12.34\u202f%",
        "−0.0012\u202f%",
        "0.00\u202f%",
        "−1.00",
        "2.00\u202fbps",
    ]
    assert [price(1.08501), price(100.0), price(12345.678), count(12345)] == [
        "1.08501",
        "100.00",
        "12,345.68",
        "12,345",
    ]
    said = [lasting(one) for one in (None, 2e-6, 0.25, 61, 90_000, 40_000_000)]
    assert said == ["–", "2\u202fµs", "250\u202fms", "1\u202fmin 1\u202fs", "1\u202fd 1\u202fh", "1\u202fy 97\u202fd"]
    assert moment(MONDAY + DAY - 1) == "2024-01-01 23:59:59"


def test_rolling_ratios_equal_those_of_single_windows() -> None:
    values = np.random.default_rng(3).normal(0.001, 0.01, 100)
    found = rolling_sharpe(values, 21, 252)
    plain = [values[row : row + 21].mean() / values[row : row + 21].std(ddof=1) * np.sqrt(252) for row in range(80)]
    assert found == pytest.approx(np.array(plain))
    assert np.isnan(rolling_sharpe(np.zeros(30), 21, 252)).all()
