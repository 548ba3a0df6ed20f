"""Fuzzes the engine for some seconds: `make fuzz`, or `make fuzz ARGS=600`, or `make fuzz ARGS="60 --target records"`.

Built with the stable compiler: its coverage pass is asked for by flags, and libFuzzer, which comes with the crate
libfuzzer-sys, is built by the C++ compiler. Inputs that reached something new stay in `target/fuzz/corpus` for the next
time; a failing input is kept in `target/fuzz/findings`. Exit 1 when there is one.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.differential.streams import PROFILES, Stream  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator

OUT = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve() / "fuzz"
SHARES = {"commands": 0.6, "records": 0.15, "snapshots": 0.25}
"""The targets, and which part of the time each gets."""
LONGEST = 4096
"""Bytes of an input."""
FLAGS = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "--cfg=fuzzing",
]
PULSE = re.compile(r"^#(\d+)\s+\S+\s+cov: (\d+) ft: (\d+) corp: (\d+)", re.MULTILINE)
POINTS = re.compile(r"Loaded \d+ PC tables \((\d+) PCs\)")
RUNS = re.compile(r"^stat::number_of_executed_units:\s+(\d+)", re.MULTILINE)
FINDING = re.compile(r"Test unit written to (\S+)")


@dataclass
class Outcome:
    """What came of one target."""

    target: str
    seconds: int
    executions: int
    points: int
    of: int
    inputs: int
    finding: Path | None
    told: str


def build(host: str) -> Path:
    """Builds the targets; returns the folder in which they lie."""
    environment = {**os.environ, "RUSTFLAGS": " ".join(FLAGS), "CARGO_TARGET_DIR": str(OUT)}
    command = ["cargo", "build", "--release", "--manifest-path", str(ROOT / "fuzz" / "Cargo.toml")]
    subprocess.run([*command, "--target", host], env=environment, check=True)
    return OUT / host / "release"


def seeds(target: str) -> Iterator[bytes]:
    """Inputs to begin with: streams of the differential tests as bytes, or any bytes where they are choices."""
    if target != "records":
        for seed in range(32):
            yield Random(seed).randbytes(40 * (1 + seed))
        return
    for profile in PROFILES:
        stream = Stream(profile, 1)
        model, records = stream.model(), b""
        for sent in stream.commands(model, 60):
            model.apply(sent.record, sent.at_ns)
            if len(records) + len(sent.record) > LONGEST:
                break
            records += sent.record
        yield records


def run(target: str, folder: Path, seconds: int) -> Outcome:
    """Runs one target."""
    corpus, begin, findings = OUT / "corpus" / target, OUT / "seeds" / target, OUT / "findings"
    for path in (corpus, begin, findings):
        path.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds(target)):
        (begin / str(number)).write_bytes(seed)
    options = [f"-max_total_time={seconds}", f"-max_len={LONGEST}", "-timeout=20", "-print_final_stats=1"]
    command = [str(folder / target), str(corpus), str(begin), *options, f"-artifact_prefix={findings}/{target}-"]
    told = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    text = told.stderr
    pulses, found = PULSE.findall(text), FINDING.search(text)
    last = pulses[-1] if pulses else ("0", "0", "0", "0")
    points, runs = POINTS.search(text), RUNS.search(text)
    failed = told.returncode != 0
    return Outcome(
        target=target,
        seconds=seconds,
        executions=int(runs[1] if runs else last[0]),
        points=int(last[1]),
        of=int(points[1]) if points else 0,
        inputs=int(last[3]),
        finding=Path(found[1]) if found else folder / target if failed else None,
        told=text[text.find("panicked at") if "panicked at" in text else -3000 :][:3000],
    )


def main() -> int:
    parser = argparse.ArgumentParser(description="fuzz the engine")
    parser.add_argument("seconds", nargs="?", type=int, default=60, help="for all targets together (60)")
    parser.add_argument("--target", choices=SHARES, help="only this one, for the whole time")
    options = parser.parse_args()
    console = Console()
    version = subprocess.run(["rustc", "-vV"], capture_output=True, text=True, check=True).stdout
    folder = build(version.split("host: ")[1].split()[0])
    shares = {options.target: 1.0} if options.target else SHARES
    table = Table("target", "seconds", "executions", "per second", "points reached", "inputs kept", "finding")
    failing = []
    for target, share in shares.items():
        seconds = max(1, round(options.seconds * share))
        with console.status(f"{target}, {seconds} s"):
            outcome = run(target, folder, seconds)
        reached = f"{outcome.points:,} of {outcome.of:,}"
        rate = f"{outcome.executions // max(1, seconds):,}"
        finding = outcome.finding.name if outcome.finding else "none"
        table.add_row(target, str(seconds), f"{outcome.executions:,}", rate, reached, str(outcome.inputs), finding)
        if outcome.finding:
            failing.append(outcome)
    console.print(table)
    for outcome in failing:
        console.print(outcome.told, markup=False, highlight=False)
        console.print(
            f"again: GARRAWAY_SHOW=1 {folder / outcome.target} {outcome.finding}", markup=False, soft_wrap=True
        )
    return 1 if failing else 0


if __name__ == "__main__":
    sys.exit(main())
