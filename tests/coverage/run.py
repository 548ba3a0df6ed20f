"""Coverage of book and engine by the Rust tests and by the differential streams: `make coverage`.

The tests of the three pure crates and the native module are built with counters; the differential streams, scenarios
and tests of the native module run against that module, and all counters are added up. Exit 1 where a crate has fewer
branches taken than `LEAST_BRANCHES`. ARGS="--missed" lists each branch that was never taken both ways.

cargo-llvm-cov is installed below the target folder. The profile tools must be of the compiler's own LLVM: those of its
component llvm-tools are taken where it has it, else the same toolchain with the component is installed below the target
folder. Branch counters are unstable in the stable compiler, hence RUSTC_BOOTSTRAP.
"""

import argparse
import json
import os
import shlex
import shutil
import subprocess
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table

ROOT: Final = Path(__file__).resolve().parents[2]
OUT: Final = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve() / "coverage"
CARGO_LLVM_COV: Final = "0.9.1"
CRATES: Final = ("book", "engine")
TESTED: Final = ("types", *CRATES)
LEAST_BRANCHES: Final = 95.0
"""Per cent, of each crate."""
PYTEST: Final = ("tests/differential/test_engine_equals_model.py", "tests/scenarios", "tests/native")
KINDS: Final = ("regions", "lines", "branches")
PLAIN: Final = ["--no-cfg-coverage", "--no-cfg-coverage-nightly"]
"""The tests are built as they are built elsewhere."""

Branch = tuple[int, int, int, int]


@dataclass
class Source:
    """What was reached of one file: (reached, all) by kind, and the branches never taken one of their two ways."""

    name: str
    counts: dict[str, tuple[int, int]]
    missed: list[str] = field(default_factory=list)


def run(command: list[str], environment: dict[str, str]) -> str:
    """Runs a command and returns what it said; what it says of errors is shown."""
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{done.stdout[-4000:]}\n{shlex.join(command)}: exit {done.returncode}")
    return done.stdout


def tools() -> dict[str, str]:
    """The environment with cargo-llvm-cov and the profile tools, which are installed where they are not there."""
    environment = {**os.environ, "RUSTC_BOOTSTRAP": "1", "CARGO_TARGET_DIR": str(OUT / "build")}
    environment["PATH"] = f"{OUT / 'tools' / 'bin'}{os.pathsep}{environment['PATH']}"
    version = subprocess.run(["rustc", "-vV"], capture_output=True, text=True, check=True).stdout
    facts = dict(line.split(": ", 1) for line in version.splitlines() if ": " in line)
    if not (OUT / "tools" / "bin" / "cargo-llvm-cov").exists():
        install = ["cargo", "install", "--quiet", "--locked", "--root", str(OUT / "tools")]
        run(
            [*install, "cargo-llvm-cov", "--version", CARGO_LLVM_COV],
            {**os.environ, "CARGO_TARGET_DIR": str(OUT / "install")},
        )
        shutil.rmtree(OUT / "install", ignore_errors=True)
    if "LLVM_COV" not in environment or "LLVM_PROFDATA" not in environment:
        folder = profile_tools(facts["host"], facts["release"])
        environment |= {"LLVM_COV": str(folder / "llvm-cov"), "LLVM_PROFDATA": str(folder / "llvm-profdata")}
    return environment


def profile_tools(host: str, release: str) -> Path:
    """The folder of llvm-cov and llvm-profdata."""
    sysroot = subprocess.run(["rustc", "--print", "sysroot"], capture_output=True, text=True, check=True).stdout.strip()
    inside = Path("lib") / "rustlib" / host / "bin"
    own = OUT / "rustup" / "toolchains" / f"{release}-{host}"
    for toolchain in (Path(sysroot), own):
        if (toolchain / inside / "llvm-cov").exists():
            return toolchain / inside
    if shutil.which("rustup") is None:
        sys.exit(
            "no llvm-tools beside rustc and no rustup: set LLVM_COV and LLVM_PROFDATA to tools of rustc's LLVM version"
        )
    command = [
        "rustup",
        "toolchain",
        "install",
        f"{release}-{host}",
        "--profile",
        "minimal",
        "--component",
        "llvm-tools",
    ]
    run([*command, "--no-self-update"], {**os.environ, "RUSTUP_HOME": str(OUT / "rustup")})
    return own / inside


def counted(environment: dict[str, str]) -> dict[str, str]:
    """The environment in which cargo builds with counters and programs write them."""
    told = run(["cargo", "llvm-cov", "show-env", "--branch", "--sh", *PLAIN], environment)
    pairs = (shlex.split(line)[1].split("=", 1) for line in told.splitlines() if line.startswith("export "))
    return environment | dict(pairs)


def native_module(environment: dict[str, str]) -> Path:
    """A copy of the Python package with the counting native module: the folder to import it from."""
    run(["cargo", "build", "--quiet", "--locked", "--package", "garraway-python"], environment)
    folder = OUT / "python"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(
        ROOT / "python" / "garraway", folder / "garraway", ignore=shutil.ignore_patterns("*.so", "__pycache__")
    )
    shutil.copy(OUT / "build" / "debug" / "lib_native.so", folder / "garraway" / "_native.abi3.so")
    return folder


def measure(console: Console) -> Any:  # noqa: ANN401 - as llvm-cov writes it
    """Runs everything; returns llvm-cov's export."""
    with console.status("tools"):
        environment = counted(tools())
    with console.status("clean"):
        run(["cargo", "llvm-cov", "clean", "--workspace"], environment)
    with console.status("tests of " + ", ".join(TESTED)):
        packages = [word for crate in TESTED for word in ("--package", f"garraway-{crate}")]
        run(["cargo", "test", "--quiet", "--locked", *packages], environment)
    with console.status("native module"):
        folder = native_module(environment)
    with console.status("differential streams, scenarios, native tests"):
        pytest = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *PYTEST]
        run(pytest, {**environment, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"})
    report = OUT / "report.json"
    run(["cargo", "llvm-cov", "report", "--branch", "--json", "--output-path", str(report)], environment)
    return json.loads(report.read_text())


def sources(export: Any) -> list[Source]:  # noqa: ANN401
    """The files of the crates that count."""
    found = []
    for one in export["data"][0]["files"]:
        path = Path(one["filename"])
        name = path.relative_to(ROOT / "crates") if path.is_relative_to(ROOT / "crates") else path
        if name.parts[0] in CRATES and name.parts[1] == "src":
            counts = {kind: (one["summary"][kind]["covered"], one["summary"][kind]["count"]) for kind in KINDS}
            found.append(Source(str(name), counts, missed(path, one["branches"])))
    return found


def missed(path: Path, branches: list[list[int]]) -> list[str]:
    """Branches of a file that no test took one of the two ways, with their line."""
    taken: dict[Branch, list[int]] = defaultdict(lambda: [0, 0])
    for first, column, last, end, true, false, *_ in branches:
        place = taken[first, column, last, end]
        place[0] += true
        place[1] += false
    lines = path.read_text(encoding="utf-8").splitlines()
    return [
        f"{place[0]}:{place[1]} never {'true' if not true else 'false'}: {lines[place[0] - 1].strip()}"
        for place, (true, false) in sorted(taken.items())
        if not true or not false
    ]


def share(reached: int, of: int) -> float:
    """Per cent."""
    return 100 * reached / of if of else 100.0


def main() -> int:
    parser = argparse.ArgumentParser(description="coverage of book and engine")
    parser.add_argument("--missed", action="store_true", help="list the branches that were not taken both ways")
    parser.add_argument("--json", action="store_true", help="print the shares as JSON")
    options = parser.parse_args()
    console = Console(stderr=options.json)
    files = sources(measure(console))
    table = Table("file", *KINDS)
    shares: dict[str, dict[str, float]] = {}
    for crate in CRATES:
        own = [source for source in files if source.name.startswith(f"{crate}/")]
        for source in own:
            table.add_row(source.name, *(told(*source.counts[kind]) for kind in KINDS))
        sums = {kind: tuple(map(sum, zip(*(source.counts[kind] for source in own), strict=True))) for kind in KINDS}
        table.add_row(f"[bold]{crate}", *(f"[bold]{told(*sums[kind])}" for kind in KINDS), end_section=True)
        shares[crate] = {kind: round(share(*sums[kind]), 2) for kind in KINDS}
    console.print(table)
    if options.missed:
        for source in files:
            for line in source.missed:
                console.print(f"{source.name}:{line}", markup=False, highlight=False, soft_wrap=True)
    if options.json:
        print(json.dumps(shares))
    short = [crate for crate in CRATES if shares[crate]["branches"] < LEAST_BRANCHES]
    if short:
        console.print(f"fewer than {LEAST_BRANCHES:g} % of the branches of {', '.join(short)} were taken: see --missed")
    return 1 if short else 0


def told(reached: int, of: int) -> str:
    """A share as people read it."""
    return f"{share(reached, of):.1f} % of {of}" if of else "-"


if __name__ == "__main__":
    sys.exit(main())
