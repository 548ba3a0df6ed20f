"""Our own PostgreSQL: who may come in, what it promises, and that it starts again."""

import asyncio
import os
import signal
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import psycopg
import pytest

from garraway.store import PostgresqlFailed, postgresql_server
from garraway.store.postgresql_server import PostgresqlServer

DEADLINE_S = 60


def test_folder_socket_and_password_are_open_to_its_user_alone(postgresql: PostgresqlServer) -> None:
    modes = {
        name: stat.S_IMODE((postgresql.folder / name).stat().st_mode)
        for name in (".", "cluster", "password", ".s.PGSQL.5432")
    }
    assert modes == {".": 0o700, "cluster": 0o700, "password": 0o600, ".s.PGSQL.5432": 0o700}


def test_it_demands_a_password_listens_on_no_network_and_checks_its_pages(postgresql: PostgresqlServer) -> None:
    with psycopg.connect(postgresql.url("postgres")) as connection:
        found = {
            name: connection.execute(f"SHOW {name}").fetchone()
            for name in ("listen_addresses", "data_checksums", "password_encryption", "TimeZone")
        }
        methods = connection.execute("SELECT DISTINCT auth_method FROM pg_hba_file_rules").fetchall()
    assert found == {
        "listen_addresses": ("",),
        "data_checksums": ("on",),
        "password_encryption": ("scram-sha-256",),
        "TimeZone": ("UTC",),
    }
    assert methods == [("scram-sha-256",)]


def test_a_wrong_password_is_refused(postgresql: PostgresqlServer) -> None:
    url = postgresql.url("postgres").replace("garraway:", "garraway:wrong", 1)
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(url)


def test_what_was_written_is_there_after_a_stop_and_a_start() -> None:
    with tempfile.TemporaryDirectory(prefix="garraway-postgresql-") as name:
        Path(name).chmod(0o711)
        server = PostgresqlServer.start(Path(name) / "server")
        with psycopg.connect(server.create_database("kept")) as connection:
            connection.execute("CREATE TABLE numbers (number bigint)")
            connection.execute("INSERT INTO numbers VALUES (7)")
        adopted = PostgresqlServer.start(Path(name) / "server")
        adopted.stop()
        assert not server.running()
        again = PostgresqlServer.start(Path(name) / "server")
        with psycopg.connect(again.create_database("kept")) as connection:
            assert connection.execute("SELECT number FROM numbers").fetchall() == [(7,)]
        again.stop()


def test_a_folder_too_deep_for_a_socket_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PostgresqlFailed, match="too long"):
        PostgresqlServer.start(tmp_path / ("deep" * 30))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as another user")
def test_root_runs_it_as_somebody_else(postgresql: PostgresqlServer) -> None:
    pid = (postgresql.cluster / "postmaster.pid").read_text().splitlines()[0]
    owner = subprocess.run(["stat", "-c", "%U", f"/proc/{pid}"], capture_output=True, text=True, check=True).stdout
    assert owner.strip() in {"postgres", "nobody"}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as another user")
def test_root_is_told_where_the_other_user_may_not_pass(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(PostgresqlFailed, match="may not pass"):
        PostgresqlServer.start(closed / "server")


def test_without_binaries_it_tells_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch, tmp_path)
    with pytest.raises(PostgresqlFailed, match=r"no PostgreSQL is installed: `pip install garraway\[postgres\]`"):
        PostgresqlServer.prepare(tmp_path / "server")


def test_a_cluster_of_a_version_that_is_not_installed_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed(monkeypatch, tmp_path, 17, 12)
    (tmp_path / "server" / "cluster").mkdir(parents=True)
    (tmp_path / "server" / "cluster" / "PG_VERSION").write_text("14\n")
    with pytest.raises(PostgresqlFailed, match="is of PostgreSQL 14, installed is 17, 12: install 14"):
        PostgresqlServer.prepare(tmp_path / "server")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as another user")
def test_root_is_told_where_the_other_user_may_not_run_the_binaries(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed(monkeypatch, tmp_path, 17)
    (tmp_path / "installed").chmod(0o700)
    with pytest.raises(PostgresqlFailed, match=r"may not pass .* install the system's package"):
        PostgresqlServer.prepare(tmp_path / "server")


def installed(monkeypatch: pytest.MonkeyPatch, folder: Path, *versions: int) -> None:
    """Has the module see these versions alone, as the system's."""
    for version in versions:
        binaries = folder / "installed" / str(version) / "bin"
        binaries.mkdir(parents=True)
        for name in ("initdb", "postgres"):
            (binaries / name).write_text(f"#!/bin/sh\necho 'postgres (PostgreSQL) {version}.3'\n")
            (binaries / name).chmod(0o755)
    monkeypatch.setattr(postgresql_server, "_SYSTEM", folder / "installed")
    monkeypatch.setattr(postgresql_server, "find_spec", lambda _: None)


def test_the_command_takes_over_from_a_server_that_was_left_behind(passable_folder: Path) -> None:
    folder = passable_folder / "server"
    left = PostgresqlServer.start(folder)

    async def scenario() -> int:
        command = [sys.executable, "-m", "garraway.cli", "postgresql", "--folder", str(folder)]
        process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.DEVNULL)
        try:
            while postmaster(folder) != process.pid or not left.running():  # noqa: ASYNC110 - it changes in another process
                await asyncio.sleep(0.05)
        finally:
            process.send_signal(signal.SIGINT)
        return await process.wait()

    assert asyncio.run(asyncio.wait_for(scenario(), DEADLINE_S)) == 0
    assert not left.running()


def postmaster(folder: Path) -> int | None:
    """The pid of the server on a cluster, as its own file says."""
    try:
        return int((folder / "cluster" / "postmaster.pid").read_text().split()[0])
    except (FileNotFoundError, IndexError):
        return None
