"""The check finds everything at once: each broken file of the corpus gives its findings, with place and remedy."""

import base64
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.config.broken import CASES, PRODUCTION, Broken

from garraway.config import Host, Reference, Secret, SecretUnavailable, check, parse, read
from garraway.config.findings import Finding

ROOMY = Host(open_files=1 << 20, memory_bytes=64 << 30, cpus=8)
KEY = base64.b64encode(bytes(range(32))).decode()


def codes(found: tuple[Finding, ...]) -> list[tuple[str, str, str]]:
    return [(one.severity, one.code, one.key) for one in found]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_broken_file_gives_its_findings(case: Broken) -> None:
    found = check(parse(case.text, name="a.toml", variables={}))
    assert sorted(codes(found)) == sorted(case.found)
    for one in found:
        assert one.what
        assert one.remedy
        assert one.where == "default" or one.where.startswith("a.toml:")
    if case.line is not None:
        assert found[0].where == f"a.toml:{case.line}"


def test_the_corpus_is_as_large_as_it_says() -> None:
    assert len(CASES) >= 60
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.mark.parametrize("name", ["dev", "staging", "production"])
def test_examples_break_no_rule(name: str) -> None:
    path = Path(__file__).parents[2] / "deploy" / "config" / f"{name}.toml"
    assert [one for one in check(read(path, {})) if one.severity == "error"] == []


def on_host(text: str, host: Host = ROOMY, file: Path | None = None) -> list[tuple[str, str, str]]:
    return codes(check(parse(text, name="a.toml", variables={}), host=host, file=file))


@pytest.fixture
def folder(tmp_path: Path) -> str:
    (tmp_path / "venue").mkdir(mode=0o700)
    return f'[venue]\nfolder = "{tmp_path / "venue"}"\n'


@pytest.fixture
def listener() -> Iterator[int]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield taken.getsockname()[1]


def quiet(found: list[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """Without what the host that runs the tests may be short of."""
    return [one for one in found if one[1] not in {"disk", "port-taken"} or one[2] == "exchange.ouch_port"]


def test_a_port_that_is_taken_on_this_host_is_found(folder: str, listener: int) -> None:
    assert quiet(on_host(f"{folder}[exchange]\nouch_port = {listener}\n")) == [
        ("error", "port-taken", "exchange.ouch_port")
    ]


def test_an_address_of_another_host_is_found(folder: str) -> None:
    found = on_host(f"{folder}[exchange]\nouch_host = '192.0.2.1'\nouch_port = 9001\n")
    assert quiet(found) == [("error", "address", "exchange.ouch_port")]


def test_connections_beyond_the_open_files_are_found(folder: str) -> None:
    scarce = Host(open_files=1_024, memory_bytes=64 << 30, cpus=8)
    assert quiet(on_host(folder, scarce)) == [
        ("warning", "open-files", "exchange.ouch_connections"),
        ("warning", "open-files", "service.ws_connections"),
    ]


def test_memory_beyond_the_hosts_is_found(folder: str) -> None:
    small = Host(open_files=1 << 20, memory_bytes=4 << 30, cpus=8)
    text = "environment = 'staging'\n" + folder + "reserve_orders = 100000000\n"
    found = [one for one in on_host(text, small) if one[1] == "memory"]
    assert found == [("error", "memory", "venue.reserve_orders")]


def test_more_hashing_than_cores_is_found(folder: str) -> None:
    host = Host(open_files=1 << 20, memory_bytes=64 << 30, cpus=1)
    found = quiet(on_host(f"{folder}[identity]\nhashing_workers = 8\n", host))
    assert found == [("warning", "cpus", "identity.hashing_workers")]


def test_paths_that_are_missing_open_or_no_folders_are_found(tmp_path: Path, folder: str) -> None:
    key, file = tmp_path / "tls.key", tmp_path / "a-file"
    key.write_text("x")
    key.chmod(0o644)
    file.write_text("x")
    (tmp_path / "keys").mkdir(mode=0o755)
    (tmp_path / "keys").chmod(0o755)
    text = f"""{folder}[service]
tls_cert = "{tmp_path / "missing.pem"}"
tls_key = "{key}"
[log]
folder = "{file}"
[backup]
folder = "/proc/nothing"
[identity]
key_folder = "{tmp_path / "keys"}"
breached_passwords = "{tmp_path}"
"""
    assert quiet(on_host(text)) == [
        ("error", "path-missing", "service.tls_cert"),
        ("error", "path-mode", "service.tls_key"),
        ("error", "path-kind", "identity.breached_passwords"),
        ("error", "path-kind", "log.folder"),
        ("warning", "path-mode", "identity.key_folder"),
        ("error", "path-unwritable", "backup.folder"),
    ]


def test_settings_that_others_may_write_are_found(tmp_path: Path, folder: str) -> None:
    file = tmp_path / "a.toml"
    file.write_text(folder)
    file.chmod(0o666)
    assert quiet(on_host(folder, file=file)) == [("warning", "path-mode", "")]


def test_looking_at_a_host_leaves_nothing_behind(tmp_path: Path) -> None:
    on_host(f'[venue]\nfolder = "{tmp_path / "a" / "venue"}"\n')
    assert list(tmp_path.iterdir()) == []


STRONG = {
    "db": "o9Wm2XkQ7vTz4BpL",
    "passphrase": "tR5uN8cYxJ3dHs6M",
    "pepper": "aZ1bY2cX3dW4eV5fU6gT7hS8iR9jQ0kP",
    "backup": KEY,
}


@pytest.mark.parametrize(
    ("secrets", "found"),
    [
        ({}, []),
        ({"pepper": "short"}, [("error", "secret-weak", "identity.pepper")]),
        ({"pepper": "ab" * 20}, [("error", "secret-weak", "identity.pepper")]),
        ({"db": "ChangeMe-please-now"}, [("error", "secret-default", "database.password")]),
        ({"passphrase": "garraway-passphrase"}, [("error", "secret-default", "identity.key_passphrase")]),
        ({"backup": "bm90IDMyIGJ5dGVz"}, [("error", "secret-form", "backup.encryption_key")]),
        ({"backup": "no base64 at all!"}, [("error", "secret-form", "backup.encryption_key")]),
        ({"passphrase": STRONG["db"]}, [("error", "secret-shared", "identity.key_passphrase")]),
        ({"db": None}, [("error", "secret-missing", "database.password")]),
    ],
)
def test_weak_default_shared_and_missing_secrets_are_found_and_not_shown(
    secrets: dict[str, str | None], found: list[tuple[str, str, str]]
) -> None:
    kept = STRONG | secrets

    def resolve(reference: Reference) -> Secret:
        value = kept[reference.name.rpartition("/")[2]]
        if value is None:
            raise SecretUnavailable("is not there", "put it there")
        return Secret(value.encode())

    said = check(parse(PRODUCTION, name="a.toml", variables={}), resolve=resolve)
    assert codes(said) == found
    shown = "".join(map(str, said)) + repr(said)
    assert [value for value in kept.values() if value and value in shown] == []


def run(*arguments: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "garraway.cli", "config", *arguments]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GARRAWAY_")} | variables
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, cwd=folder, env=environment)


def test_the_command_tells_all_findings_as_lines_and_as_json(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("[service]\nprot = 1\nws_port = 8080\n")
    found = run("check", "--config", "a.toml", folder=tmp_path)
    assert found.returncode == 1
    assert found.stdout.splitlines() == [
        "a.toml:2: error: service.prot: there is no such setting; did you mean port? [unknown-key]",
        "a.toml:3: error: service.ws_port: 8080 is also service.port; give each a port of its own [port-conflict]",
    ]
    assert found.stderr == "garraway: 2 of 2 findings are errors: mend them and check again\n"
    told = json.loads(run("check", "--config", "a.toml", "--json", folder=tmp_path).stdout)
    assert (told["errors"], told["warnings"]) == (2, 0)
    assert told["findings"][1]["remedy"] == "give each a port of its own"
    sound = run("check", folder=tmp_path)
    assert (sound.returncode, sound.stdout) == (0, "settings of the defaults are sound, 0 warnings\n")
    assert run("check", folder=tmp_path, GARRAWAY_SERVICE__PORT="x").returncode == 1


def test_what_is_shown_can_be_read_again_and_holds_references_alone(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(
        '[identity]\npepper = "env:GARRAWAY_PEPPER"\n[money.approval_above]\nUSD = "5"\n'
        "[schedules.instruments.X]\ncalendar = 'ALWAYS'\n"
    )
    shown = run(
        "show", "--config", "a.toml", folder=tmp_path, GARRAWAY_PEPPER="planted-secret", GARRAWAY_LOG__LEVEL="debug"
    )
    assert "planted-secret" not in shown.stdout
    assert check(parse(shown.stdout, name="b.toml", variables={})) == ()
    again = parse(shown.stdout, name="b.toml", variables={}).settings
    assert again is not None
    assert (again.log.level, str(again.identity.pepper), dict(again.money.approval_above)) == (
        "debug",
        "env:GARRAWAY_PEPPER",
        {"USD": "5"},
    )
    as_json = json.loads(run("show", "--config", "a.toml", "--json", folder=tmp_path).stdout)
    assert as_json["identity"]["pepper"] == "env:GARRAWAY_PEPPER"


def test_an_older_file_is_migrated_and_kept(tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    file.write_text('folder = "venue"\nouch_port = 9001\n')
    assert run("migrate", "--config", "a.toml", folder=tmp_path).stdout == (
        'version = 1\n\n[venue]\nfolder = "venue"\n\n[exchange]\nouch_port = 9001\n'
    )
    assert file.read_text().startswith("folder"), "it is only printed"
    assert run("migrate", "--config", "a.toml", "--write", folder=tmp_path).returncode == 0
    assert parse(file.read_text(), name="a.toml", variables={}).settings is not None
    assert (tmp_path / "a.toml.v0").read_text() == 'folder = "venue"\nouch_port = 9001\n'
    file.write_text("version = 9\n")
    refused = run("migrate", "--config", "a.toml", folder=tmp_path)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "use the release that wrote the file" in refused.stderr
