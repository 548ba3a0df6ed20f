"""The figures of strategies over recorded data, in docs/performance.md: CPU seconds, medians of several runs.

With `../shared/bench/algo` beside the checkout the rows are its million bars and quotes, whose results are known;
without it, a million of our own.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from garraway.cli.bench_strategies import EmaCross, Quoter
from garraway.trading import Strategy, backtest, compiled

if TYPE_CHECKING:
    from collections.abc import Callable

    from garraway.trading import Result

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared" / "bench" / "algo" / "gen.py"
OUT = ROOT / "target" / "bench"
KNOWN = {"bars": (45_303, 31.83), "quotes": (8_105, -930_323.27)}


class Silent(Strategy):
    """Looks at every quote and does nothing."""

    def on_quote(self, quote: object) -> None:
        """Nothing."""


class Turner(Strategy):
    """An order at every quote: in and out."""

    def on_quote(self, quote: object) -> None:  # noqa: ARG002 - in or out is all it asks
        """Turns."""
        self.target(self.pos == 0)


def rows(name: str) -> Path:
    """The file of bars or quotes, made where it is not there."""
    file = OUT / f"{name}.npy"
    if not file.exists():
        OUT.mkdir(parents=True, exist_ok=True)
        if SHARED.exists():
            subprocess.run([sys.executable, str(SHARED), str(OUT)], check=True, capture_output=True)
        else:
            sys.path.insert(0, str(ROOT))
            from tests.trading import rows as drawn  # noqa: PLC0415 - from the checkout

            np.save(file, getattr(drawn, name)(1_000_000))
    return file


def cpu(run: Callable[[], Result]) -> tuple[float, Result]:
    """CPU seconds of a run, and what it came to."""
    start = time.process_time()
    result = run()
    return time.process_time() - start, result


def command(name: str, file: Path) -> dict[str, object]:
    """The whole command in a process of its own."""
    told = subprocess.run(
        [sys.executable, "-m", "garraway.cli", "bench", "backtest", name, str(file), "--json"],
        check=True,
        capture_output=True,
        text=True,
    )
    return json.loads(told.stdout)


def measure(repeats: int) -> dict[str, float]:
    """Everything, in turn, so many times."""
    bars, quotes = np.load(rows("bars")), np.load(rows("quotes"))
    part = quotes[:100_000]
    runs: dict[str, Callable[[], Result]] = {
        "bars, Python": lambda: backtest(EmaCross(), bars, fill="close"),
        "bars, half of them": lambda: backtest(EmaCross(), bars[:500_000], fill="close"),
        "bars, compiled": lambda: backtest(compiled("ema_cross", from_first=1), bars, fill="close"),
        "quotes, limit orders": lambda: backtest(Quoter(), quotes, fill="touch", margin="0.01"),
        "quotes, Python looks": lambda: backtest(Silent(), quotes),
        "quotes, compiled looks": lambda: backtest(compiled("idle"), quotes),
        "100,000 quotes, an order each": lambda: backtest(Turner(), part, fill="close"),
        "100,000 quotes, Python looks": lambda: backtest(Silent(), part),
    }
    found: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(repeats):
        for name, run in runs.items():
            found[name].append(cpu(run)[0])
    seconds = {name: statistics.median(times) for name, times in found.items()}
    told = {name: command(name, rows(name)) for name in ("bars", "quotes")}
    if SHARED.exists():
        exact = (told["bars"]["orders"], told["bars"]["pnl"]), (told["quotes"]["fills"], told["quotes"]["cash"])
        if exact != (KNOWN["bars"], KNOWN["quotes"]):
            raise SystemExit(f"results differ: {exact}, expected {KNOWN}")
    orders = seconds["100,000 quotes, an order each"] - seconds["100,000 quotes, Python looks"]
    return {
        **{f"{name}, s": round(one, 3) for name, one in seconds.items()},
        "an order from Python, us": round(orders * 10, 2),
        "Python looks, events/s": round(1e6 / seconds["quotes, Python looks"]),
        "compiled looks, events/s": round(1e6 / seconds["quotes, compiled looks"]),
        "whole command, bars, s": told["bars"]["cpu_s"],
        "whole command, quotes, s": told["quotes"]["cpu_s"],
        "resident, bars, MB": told["bars"]["rss_mb"],
        "resident, quotes, MB": told["quotes"]["rss_mb"],
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    figures = measure(options.repeats)
    if options.json:
        print(json.dumps(figures))
    else:
        for name, value in figures.items():
            print(f"{name:<36} {value:>14,}")
