"""`garraway admin` and `garraway audit`, as typed."""

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from garraway.store import Database, upgrade


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    database = Database.open(f"sqlite:///{tmp_path}/garraway.db")
    upgrade(database)
    database.close()
    return tmp_path


def run(folder: Path, *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    url = f"sqlite:///{folder}/garraway.db"
    where = [] if words[1] in {"grants", "rotate-signing-key"} else ["--url", url]
    if words[0] == "admin":
        where += ["--folder", str(folder)]
    command = [sys.executable, "-m", "garraway.cli", *words, *where]
    return subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=120, check=False)


def bootstrap(folder: Path, password: str = "a horse in the attic") -> subprocess.CompletedProcess[str]:
    return run(folder, "admin", "bootstrap", "--login", "root@example.com", "--password-stdin", stdin=password + "\n")


def test_the_first_administrator_is_made_once_and_audited(folder: Path) -> None:
    refused = bootstrap(folder, "password1234")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "known to attackers" in refused.stderr
    made = bootstrap(folder)
    assert (made.returncode, made.stdout) == (0, "user 1 is SuperAdmin: log in and enrol a second factor\n")
    again = bootstrap(folder)
    assert (again.returncode, again.stderr[:30]) == (1, "garraway: there is a SuperAdmi")
    entry = json.loads(run(folder, "audit", "export").stdout)
    assert (entry["action"], entry["actor"], entry["seq"]) == ("admin.bootstrap", "operator", 1)
    rows = list(csv.reader(io.StringIO(run(folder, "audit", "export", "--format", "csv").stdout)))
    assert [row[8] for row in rows] == ["action", "admin.bootstrap"]
    assert {path.stat().st_mode & 0o777 for path in (folder / "keys").iterdir()} == {0o600}


def test_a_tampered_chain_is_told_with_its_entry(folder: Path) -> None:
    bootstrap(folder)
    whole = run(folder, "audit", "verify")
    assert whole.returncode == 0
    heads = whole.stdout.splitlines()
    assert [head.rpartition(":")[0] for head in heads] == ["admin:1", "security:0"]
    assert run(folder, "audit", "verify", "--head", heads[0]).returncode == 0
    assert run(folder, "audit", "verify", "--head", "admin:x").returncode == 2
    database = Database.open(f"sqlite:///{folder}/garraway.db")
    with database.writing() as connection:
        connection.execute(text("DROP TRIGGER audit_entries_no_update"))
        connection.execute(text("UPDATE audit_entries SET reason = 'other'"))
    database.close()
    broken = run(folder, "audit", "verify")
    assert broken.returncode == 1
    assert broken.stderr == (
        "garraway: audit chain 'admin' is broken at entry 1: compare it with an export or a backup\n"
    )


def test_a_chain_written_again_is_found_by_the_signed_heads(folder: Path) -> None:
    bootstrap(folder)
    unsigned = run(folder, "audit", "verify", "--folder", str(folder))
    assert (unsigned.returncode, unsigned.stderr[:31]) == (0, "no signed heads were looked at:")
    assert run(folder, "audit", "export", "--folder", str(folder)).returncode == 0
    held = run(folder, "audit", "verify", "--folder", str(folder))
    assert (held.returncode, held.stderr) == (0, "held to 1 signed heads\n")
    key = json.loads((folder / "audit-heads.jsonl").read_text())["key"]
    assert run(folder, "audit", "verify", "--folder", str(folder), "--audit-key", key).returncode == 0
    wrong = run(folder, "audit", "verify", "--folder", str(folder), "--audit-key", "0" * 64)
    assert (wrong.returncode, "was not signed by the audit key" in wrong.stderr) == (1, True)
    (folder / "garraway.db").unlink()
    upgrade(Database.open(f"sqlite:///{folder}/garraway.db"))
    lost = run(folder, "audit", "verify", "--folder", str(folder))
    assert (lost.returncode, lost.stderr) == (
        1,
        "garraway: audit chain 'admin' ends at entry 0, entry 1 was noted: entries were cut off\n",
    )
    (folder / "audit-heads.jsonl").unlink()
    assert "signed heads is gone" in run(folder, "audit", "verify", "--folder", str(folder)).stderr


def test_grants_and_signing_keys(folder: Path) -> None:
    assert "REVOKE UPDATE, DELETE, TRUNCATE" in run(folder, "audit", "grants", "--role", 'a"b').stdout
    made = run(folder, "admin", "rotate-signing-key")
    assert made.stdout.endswith("signs from now on\n")
    assert len(list((folder / "keys").glob("signing-*.json"))) == 2
