"""1,000 backtests on one worker and on two, turn by turn: how much the second core gives. The rows must be the same.

python benches/sweep.py [--rounds 3] [--bars 20000] [--on ray]
"""

import argparse
import os
import resource
import statistics
import sys
import time
from pathlib import Path

import numpy as np
import polars as pl

from garraway.trading import load
from garraway.trading.sweep import Sweep, sweep

STRATEGY = Path(__file__).resolve().parent.parent / "examples" / "ema_cross.py"
HOUR_NS = 3_600_000_000_000


def bars(count: int) -> pl.DataFrame:
    """A random walk of hours."""
    random = np.random.default_rng(3)
    close = np.round(100 * np.exp(np.cumsum(random.normal(0, 0.001, count))), 2)
    opens = np.concatenate([close[:1], close[:-1]])
    return pl.DataFrame(
        {
            "ts": 1_704_067_200_000_000_000 + np.arange(count) * HOUR_NS,
            "open": opens,
            "high": np.maximum(opens, close) + 0.05,
            "low": np.minimum(opens, close) - 0.05,
            "close": close,
            "volume": np.full(count, 10),
        }
    )


def timed(source: pl.DataFrame, workers: int) -> tuple[Sweep, float]:
    """The sweep and its seconds after the first run: how long workers take to start is no matter of cores."""
    begun: list[float] = []

    def told(done: int, _total: int) -> None:
        if done and not begun:
            begun.append(time.perf_counter())

    strategy = load(f"{STRATEGY}:EmaCross")
    found = sweep(strategy, source, workers=workers, progress=told, fast=range(2, 27), slow=range(30, 70))
    return found, time.perf_counter() - begun[0]


def cpu_s() -> float:
    """Seconds of CPU of all workers that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> int:
    """Prints a line a round and the median; exit code 1 where rows differ or a run failed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--bars", type=int, default=20_000)
    asked = parser.parse_args()
    source, ratios, same = bars(asked.bars), [], True
    for _ in range(asked.rounds):
        before = cpu_s()
        one, alone = timed(source, 1)
        between = cpu_s()
        two, together = timed(source, 2)
        spent, both = between - before, cpu_s() - between
        same = same and one.to_json() == two.to_json() and one.runs["error"].is_null().all()
        ratios.append(alone / together)
        said = f"{alone:.1f} s on one, {together:.1f} s on two, load {os.getloadavg()[0]:.1f}"
        print(f"{one.runs.height} runs: {said}: {ratios[-1]:.2f} x; CPU {spent:.1f} s and {both:.1f} s")
    print(f"median {statistics.median(ratios):.2f} x, rows {'the same' if same else 'DIFFER, or failed'}")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
