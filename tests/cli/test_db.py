"""`garraway db`, `projector` and `views` as a user meets them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url
from tests.support.recorded import Demonstration

from garraway import store
from garraway.cli.database import opened
from garraway.cli.failures import Failure
from garraway.store.postgresql_server import PostgresqlServer

EVENTS = 500


def run(*arguments: str, url: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "garraway.cli", *arguments, "--url", url]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, cwd=folder)


def test_a_database_goes_up_and_down(database_url: str, tmp_path: Path) -> None:
    def said(*arguments: str) -> tuple[str, str, list[str]]:
        found = run(*arguments, "--json", url=database_url, folder=tmp_path)
        assert found.returncode == 0, found.stderr
        told = json.loads(found.stdout)
        return told["revision"], told["newest"], told["pending"]

    revision, newest, pending = said("db", "init")
    assert (revision, pending) == (newest, [])
    assert said("db", "up") == (newest, newest, [])
    assert run("db", "version", url=database_url, folder=tmp_path).stdout == f"{newest}\n"
    assert said("db", "down", "base", "--yes")[0] == "base"
    assert said("db", "status")[2][-1] == newest


def test_the_file_of_settings_names_database_and_password(
    postgresql: PostgresqlServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = make_url(postgresql.create_database("settings"))
    monkeypatch.setenv("DATABASE_PASSWORD", str(url.password))
    config = tmp_path / "garraway.toml"
    address = f"postgresql://{url.username}@/settings?host={url.query['host']}"
    config.write_text(f'version = 1\n[database]\nurl = "{address}"\npassword = "env:DATABASE_PASSWORD"\n')
    database = opened(None, config)
    assert store.status(database).revision == store.BASE
    database.close()
    monkeypatch.delenv("DATABASE_PASSWORD")
    with pytest.raises(Failure, match=r"env:DATABASE_PASSWORD.*not set"):
        opened(None, config)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["db", "status"], 1, ["none.db", "garraway db init"]),
        (["db", "down", "base"], 2, ["--yes", "backup"]),
        (["projector"], 1, ["garraway db init"]),
        (["views", "prune", "--before", "soon"], 2, ["'soon'", "yyyy-mm"]),
    ],
)
def test_a_failure_is_one_line_that_says_value_and_remedy(
    tmp_path: Path, arguments: list[str], code: int, words: list[str]
) -> None:
    found = run(*arguments, url=f"sqlite:///{tmp_path}/none.db", folder=tmp_path)
    assert (found.returncode, found.stdout) == (code, "")
    assert [word for word in words if word not in found.stderr] == []
    assert list(tmp_path.iterdir()) == []


def test_views_are_rebuilt_and_pruned(sqlite_url: str, tmp_path: Path) -> None:
    made = Demonstration(seed=4)
    made.run(EVENTS)
    made.recorder.write(tmp_path)
    run("db", "init", url=sqlite_url, folder=tmp_path)
    found = run("views", "rebuild", "--folder", str(tmp_path), "--json", url=sqlite_url, folder=tmp_path)
    assert json.loads(found.stdout) == {"events": len(made.recorder.events)}
    pruned = run("views", "prune", "--before", "2027-01", "--json", url=sqlite_url, folder=tmp_path)
    assert json.loads(pruned.stdout)["view_ledger_entries"] > 0
