"""Every figure of docs/performance.md: `make bench`. Pairs are interleaved in one run; medians of their ratios count.

With `../shared/bench/exchange` beside the checkout it generates the workloads with known tapes and builds two C++
yardsticks (a textbook book of std::map, and a limit probe without anything a product needs) under `target/bench`.
Without it, it measures our own sample alone.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from garraway import _native

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared" / "bench" / "exchange"
OUT = ROOT / "target" / "bench"
CHUNK = 65_536
P99_NS = 400
"""Most that 99 of 100 operations of the plain workload may take in the engine."""

WORKLOADS = {
    "plain": (["-n", "1000000", "--seed", "23"], "be94047a6928122a"),
    "deep": (["-n", "1000000", "--seed", "23", "--preload", "100000", "--drift-every", "100000"], "c6709b2bec16067a"),
}


@dataclass
class Figure:
    """A ratio that must not be above its limit."""

    name: str
    ratios: list[float]
    limit: float
    ours_ns: list[float] = field(default_factory=list)
    theirs_ns: list[float] = field(default_factory=list)

    def row(self) -> dict[str, object]:
        """The figure as it is told."""
        ratio = statistics.median(self.ratios)
        return {
            "figure": self.name,
            "ours_ns": round(statistics.median(self.ours_ns), 1),
            "theirs_ns": round(statistics.median(self.theirs_ns), 1),
            "ratio": round(ratio, 3),
            "limit": self.limit,
            "holds": ratio <= self.limit,
        }


def build() -> None:
    """Generates the workloads and builds the yardsticks, where that was not done before."""
    OUT.mkdir(parents=True, exist_ok=True)
    for name, (arguments, _) in WORKLOADS.items():
        path = OUT / f"{name}.csv"
        if not path.exists():
            command = [sys.executable, str(SHARED / "gen_ops.py"), *arguments, "-o", str(path) + ".part"]
            subprocess.run(command, check=True, env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})
            Path(str(path) + ".part").rename(path)
    for name in ("stdmap", "ladder"):
        if not (OUT / name).exists():
            flags = ["-std=c++20", "-O3", "-march=native", "-DNDEBUG"]
            subprocess.run(["g++", *flags, str(SHARED / f"{name}.cpp"), "-o", str(OUT / name)], check=True)


def yardstick(name: str, workload: Path, tape: str) -> float:
    """Nanoseconds for one operation of a C++ book, one run."""
    told = subprocess.run([str(OUT / name), str(workload), "1"], check=True, capture_output=True, text=True).stdout
    found = re.search(r"median\s+([\d.]+) ns/op.*tape (\w+)", told)
    if not found or found[2] != tape:
        raise SystemExit(f"{name} on {workload.name}: {told!r}, expected tape {tape}")
    return float(found[1])


def ours(measure: Callable[..., _native.BenchReport], workload: Path, tape: str) -> float:
    """Nanoseconds for one operation of ours, one run."""
    report = measure(str(workload), 1)
    if report["tape"] != tape:
        raise SystemExit(f"{measure.__name__} on {workload.name}: tape {report['tape']}, expected {tape}")
    return report["ns_per_op"]


def from_python(setup: bytes, commands: np.ndarray, out: np.ndarray, peak: int) -> float:
    """Nanoseconds for one command through `Engine.apply`, in chunks into a reused buffer."""
    engine = _native.Engine(reserve_orders=peak)
    engine.apply(setup, 1, out)
    start = time.perf_counter_ns()
    for first in range(0, len(commands), CHUNK):
        engine.apply(commands[first : first + CHUNK], 1, out)
    return (time.perf_counter_ns() - start) / len(commands)


def compare(rounds: int) -> list[Figure]:
    """Runs everything `rounds` times in turn."""
    figures: dict[str, Figure] = {}

    def add(name: str, limit: float, mine: float, other: float) -> None:
        figure = figures.setdefault(name, Figure(name, [], limit))
        figure.ratios.append(mine / other)
        figure.ours_ns.append(mine)
        figure.theirs_ns.append(other)

    plain = str(OUT / "plain.csv")
    setup, raw, peak = _native.bench_commands(plain)
    commands = np.frombuffer(raw, _native.COMMAND).copy()
    out = np.ones(_native.MIN_EVENTS + 4 * CHUNK, _native.EVENT)
    for _ in track(range(rounds), "interleaved rounds", console=Console(stderr=True)):
        for name, (_, tape) in WORKLOADS.items():
            path = OUT / f"{name}.csv"
            textbook, probe = yardstick("stdmap", path, tape), yardstick("ladder", path, tape)
            engine, book = ours(_native.bench_engine, path, tape), ours(_native.bench_book, path, tape)
            add(f"engine / textbook book, {name}", 1.5 if name == "plain" else 2.0, engine, textbook)
            add(f"book / limit probe, {name}", 2.5, book, probe)
            add(f"book / textbook book, {name}", 0.5, book, textbook)
        rust = _native.bench_engine_batches(plain, CHUNK, 1)[0]
        add("Python batches / Rust batches", 1.15, from_python(setup, commands, out, peak), rust)
    return list(figures.values())


def latencies(paths: list[Path]) -> list[dict[str, object]]:
    """Percentiles of one operation, the clock's own 20 ns or so included."""
    rows: list[dict[str, object]] = []
    for path in paths:
        for measure in (_native.bench_book, _native.bench_engine):
            report = measure(str(path), 3)
            rows.append({"what": measure.__name__.removeprefix("bench_"), "workload": path.stem, **report})
            del rows[-1]["runs"]
    return rows


def machine() -> str:
    """The machine in a line."""
    model = next((line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("model name")), platform.processor())  # fmt: skip
    return f"{model}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}"


def show(found: dict[str, object]) -> None:
    """Tables for people."""
    console = Console()
    for title in ("figures", "latencies"):
        rows = found[title]
        if not isinstance(rows, list) or not rows:
            continue
        table = Table(*rows[0], title=title)
        for row in rows:
            table.add_row(*(f"{value:.1f}" if isinstance(value, float) and value > 10 else str(value)
                            for value in row.values()))  # fmt: skip
        console.print(table)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    if SHARED.is_dir():
        build()
        figures, paths = [figure.row() for figure in compare(given.rounds)], [OUT / f"{name}.csv" for name in WORKLOADS]
    else:
        print(f"{SHARED} is not there: no yardsticks, only our own sample", file=sys.stderr)
        OUT.mkdir(parents=True, exist_ok=True)
        sample = OUT / "sample.csv"
        subprocess.run([sys.executable, str(ROOT / "benches" / "sample.py"), str(sample)], check=True)
        figures, paths = [], [sample]
    latencies_found = latencies(paths)
    found: dict[str, object] = {"machine": machine(), "figures": figures, "latencies": latencies_found}
    if given.json:
        print(json.dumps(found, indent=2))
    else:
        show(found)
    engine = [row for row in latencies_found if (row["what"], row["workload"]) == ("engine", "plain")]
    slow = [row for row in engine if int(str(row["p99_ns"])) > P99_NS]
    if slow or not all(figure["holds"] for figure in figures):
        raise SystemExit("a figure does not hold")


if __name__ == "__main__":
    main()
