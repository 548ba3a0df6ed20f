"""A password of PostgreSQL that is rotated while a process holds it: in a file, and in AWS."""

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import boto3
import psycopg
import pytest
from moto.server import ThreadedMotoServer
from psycopg import sql
from sqlalchemy import text
from sqlalchemy.engine import URL, make_url

from garraway.cli.database import of_settings
from garraway.cli.failures import Failure
from garraway.cli.secrets import fetched, held
from garraway.config import Settings
from garraway.store import Database, DatabaseAway

ROLE = "rotated"
FIRST, SECOND, THIRD = "first-Password-1", "second-Password-2", "third-Password-3"


@pytest.fixture
def change(postgresql_url: str) -> Iterator[Callable[[str], None]]:
    """Gives the role another password."""
    with psycopg.connect(postgresql_url, autocommit=True) as owner:
        owner.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(ROLE)))

        def alter(password: str) -> None:
            owner.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(ROLE), sql.Literal(password)))

        alter(FIRST)
        yield alter
        owner.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(ROLE)))


def settings(postgresql_url: str, reference: str, **secrets: object) -> Settings:
    owner = make_url(postgresql_url)
    url = URL.create("postgresql", username=ROLE, database=owner.database, query=owner.query).render_as_string()
    told = {"url": url, "password": reference, "pool_size": 1, "pool_overflow": 1}
    return Settings.model_validate({"database": told, "secrets": {"refresh_s": 1, **secrets}})


def asked(database: Database) -> int:
    with database.reading() as connection:
        return int(connection.execute(text("SELECT pg_backend_pid()")).scalar_one())


def end(postgresql_url: str, backend: int) -> None:
    """Ends a connection, as a restart of the server or a proxy does."""
    with psycopg.connect(postgresql_url, autocommit=True) as owner:
        owner.execute("SELECT pg_terminate_backend(%s)", [backend])


def written(path: Path, password: str) -> None:
    new = path.with_suffix(".new")
    new.touch(mode=0o600)
    new.write_text(password + "\n")
    new.replace(path)


def test_a_rotated_password_is_used_by_new_connections(
    postgresql_url: str, change: Callable[[str], None], tmp_path: Path
) -> None:
    path = tmp_path / "password"
    written(path, FIRST)
    told = settings(postgresql_url, f"file:{path}", refresh_s=3_600, ttl_s=7_200)
    with held(told) as secrets:
        database = of_settings(told, None, secrets)
        first = asked(database)
        change(SECOND)
        written(path, SECOND)
        assert asked(database) == first, "the open connection goes on"
        end(postgresql_url, first)
        # The store still keeps the first one; it is refused, and read anew.
        second = asked(database)
        assert second != first
        change(THIRD)
        written(path, THIRD)
        secrets.store.refresh()
        end(postgresql_url, second)
        assert asked(database) not in {first, second}
        database.close()


def test_a_password_that_is_wrong_is_told_and_never_shown(
    postgresql_url: str, change: Callable[[str], None], tmp_path: Path
) -> None:
    path = tmp_path / "password"
    written(path, SECOND)
    told = settings(postgresql_url, f"file:{path}")
    database = of_settings(told)
    with pytest.raises(DatabaseAway) as refused:
        asked(database)
    assert SECOND not in str(refused.value)
    assert "password" in str(refused.value)
    change(SECOND)
    asked(database)
    database.close()


def test_a_secret_that_is_gone_fails_closed_after_its_time(
    postgresql_url: str, change: Callable[[str], None], tmp_path: Path
) -> None:
    del change
    path = tmp_path / "password"
    written(path, FIRST)
    told = settings(postgresql_url, f"file:{path}", ttl_s=2)
    secrets = fetched(told)
    database = of_settings(told, None, secrets)
    backend = asked(database)
    path.unlink()
    end(postgresql_url, backend)
    asked(database)  # within its time
    now_s = secrets.store.monotonic_s()
    secrets.store.monotonic_s = lambda: now_s + 2.1
    for backend in (asked(database),):
        end(postgresql_url, backend)
    with pytest.raises(DatabaseAway, match="its password cannot be had"):
        asked(database)
    written(path, FIRST)
    asked(database)
    database.close()


def test_a_secret_that_cannot_be_had_refuses_the_start(postgresql_url: str, tmp_path: Path) -> None:
    told = settings(postgresql_url, f"file:{tmp_path / 'none'}")
    with pytest.raises(Failure, match=r"database\.password is file:.*cannot be opened"), held(told):
        pass


def test_a_password_rotated_in_aws_is_taken_in_the_background(
    postgresql_url: str, change: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        aws = boto3.session.Session().client(
            "secretsmanager", region_name="eu-central-1", endpoint_url=f"http://{host}:{port}"
        )
        aws.create_secret(Name="db", SecretString=json.dumps({"password": FIRST}))
        manager = {"provider": "aws", "aws_region": "eu-central-1", "aws_endpoint": f"http://{host}:{port}"}
        told = settings(postgresql_url, "aws:db#password", **manager)
        with held(told) as secrets:
            reference = told.database.password
            assert reference is not None
            database = of_settings(told, None, secrets)
            backend = asked(database)
            change(SECOND)
            aws.put_secret_value(SecretId="db", SecretString=json.dumps({"password": SECOND}))
            taken = threading.Event()
            while secrets.store.get(reference).reveal() != SECOND:
                taken.wait(0.05)
            end(postgresql_url, backend)
            assert asked(database) != backend
            database.close()
    finally:
        server.stop()
