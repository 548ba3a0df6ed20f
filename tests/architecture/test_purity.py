"""types, book and engine know no clock, no float, no I/O and no random iteration order.

Clippy holds most of it, and here is the proof that it does; reading the sources holds what a list of types cannot.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PURE = ("types", "book", "engine")

PLANTED = """
/// Planted.
pub mod planted {
    /// Planted.
    pub fn float_type(price: f64) -> bool {
        price > 1.0
    }
    /// Planted.
    pub fn single_float_type(price: u32) -> u32 {
        price as f32 as u32
    }
    /// Planted.
    pub fn float_arithmetic() -> bool {
        let price = 1.5;
        price * 2.0 > 2.5
    }
    /// Planted.
    pub fn random_order() -> usize {
        let orders: std::collections::HashMap<u8, u8> = Default::default();
        let accounts: std::collections::HashSet<u8> = Default::default();
        orders.len() + accounts.len()
    }
    /// Planted.
    pub fn clock() {
        let _ = std::time::Instant::now();
        let _ = std::time::SystemTime::now();
        std::thread::sleep(Default::default());
        let _ = std::thread::spawn(|| ());
    }
}
"""

COMPLAINTS = {
    "disallowed type `f64`",
    "disallowed type `f32`",
    "floating-point arithmetic detected",
    "disallowed type `std::collections::HashMap`",
    "disallowed type `std::collections::HashSet`",
    "disallowed type `std::time::Instant`",
    "disallowed type `std::time::SystemTime`",
    "disallowed method `std::thread::sleep`",
    "disallowed method `std::thread::spawn`",
}

COMMENT_OR_TEXT = re.compile(r"""//[^\n]*|'(?:\\.|[^'\\])'|"(?:\\.|[^"\\])*\"""", re.DOTALL)
# A float literal whose type is never written, and the doors to the machine, named one by one or in a list.
DOORS = r"(?:env|fs|io|net|os|process|thread|time)\b"
IMPURE = re.compile(rf"(?<![\w.])\d[\d_]*(?:\.\d|_?f(?:32|64)\b)|\bstd::{DOORS}|\bstd::\{{[^;]*\b{DOORS}")


def clippy(*, workspace: Path, crate: str, target: Path) -> subprocess.CompletedProcess[str]:
    command = ["cargo", "clippy", "--quiet", "--locked", "-p", f"garraway-{crate}", "--lib", "--", "-D", "warnings"]
    settings = {name: text for name, text in os.environ.items() if name != "CLIPPY_CONF_DIR"}
    settings |= {"CARGO_TARGET_DIR": str(target), "CARGO_TERM_COLOR": "never"}
    return subprocess.run(command, cwd=workspace, env=settings, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("target")


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    for name in ("Cargo.toml", "Cargo.lock", "clippy.toml"):
        shutil.copy(ROOT / name, tmp_path)
    for name in ("crates", "benches"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("target", "tests", "__pycache__"))
    return tmp_path


@pytest.mark.parametrize("crate", PURE)
def test_clippy_refuses_each_planted_impurity(workspace: Path, target: Path, crate: str) -> None:
    root = workspace / "crates" / crate / "src" / "lib.rs"
    root.write_text(root.read_text() + PLANTED)
    found = clippy(workspace=workspace, crate=crate, target=target)
    assert found.returncode != 0
    assert {complaint for complaint in COMPLAINTS if complaint not in found.stderr} == set(), found.stderr


@pytest.mark.parametrize("crate", PURE)
def test_pure_sources_name_no_float_and_no_surroundings(crate: str) -> None:
    sources = (ROOT / "crates" / crate / "src").rglob("*.rs")
    found = [
        (str(path), hit[0]) for path in sources for hit in IMPURE.finditer(COMMENT_OR_TEXT.sub("", path.read_text()))
    ]
    assert found == []


@pytest.mark.parametrize(
    "line", ["let x = 1.5;", "let x = 2_f64;", "use std::fs;", "use std::{fmt, io::Read};", "std::env::args()"]
)
def test_the_reading_finds_what_it_looks_for(line: str) -> None:
    assert IMPURE.search(line)


@pytest.mark.parametrize(
    "line", ["let x = pair.0.1;", "let x = 0..10;", "use std::fmt;", "use std::{fmt, mem};", "let x = 1_000_u64;"]
)
def test_the_reading_lets_integers_pass(line: str) -> None:
    assert not IMPURE.search(line)
