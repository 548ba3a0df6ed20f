"""Secrets: refused at the start, kept for a while, rotated without a restart, failing closed, never shown."""

import copy
import io
import json
import pickle
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from garraway.config import Reference, ReferenceInvalid, Secret, Secrets, SecretUnavailable
from garraway.log import Log
from garraway.secrets import EnvironmentProvider, FileProvider, ProviderAway, SecretMissing, SecretStale, SecretStore

NAME = Reference("env", "NAME")
PLANTED = "planted-secret-7Q"


@dataclass
class Faked:
    """A provider that answers as the test says; the clock of the store as well."""

    value: str | None = PLANTED
    now_s: float = 0.0
    fetched: int = 0
    log: io.StringIO = field(default_factory=io.StringIO)

    def fetch(self, reference: Reference) -> Secret:
        assert reference == NAME
        self.fetched += 1
        if self.value is None:
            raise ProviderAway("does not answer", "look at it")
        return Secret(self.value.encode())

    def store(self, ttl_s: int = 100, refresh_s: int = 30) -> SecretStore:
        settings = Secrets(ttl_s=ttl_s, refresh_s=refresh_s)
        return SecretStore(settings, {"env": self}, lambda: self.now_s, Log(self.log, lambda: 1))

    def events(self) -> list[str]:
        return [json.loads(line)["event"] for line in self.log.getvalue().splitlines()]


def test_a_provider_that_is_away_at_the_start_refuses_it() -> None:
    with pytest.raises(ProviderAway, match="does not answer: look at it"):
        Faked(value=None).store().open([NAME])


def test_a_provider_that_goes_away_leaves_secrets_until_their_time_is_up_then_it_fails_closed() -> None:
    faked = Faked()
    store = faked.store()
    store.open([NAME]).close()
    store = faked.store()
    assert store.get(NAME).reveal() == PLANTED
    faked.value = None
    faked.now_s = 99.0
    store.refresh()
    assert store.get(NAME).reveal() == PLANTED
    faked.now_s = 101.0
    with pytest.raises(SecretStale, match="last read more than 100 s ago: does not answer"):
        store.get(NAME)
    faked.value = "another"
    assert store.get(NAME).reveal() == "another", "it is there again"
    assert faked.events() == ["secret_not_read", "secret_rotated"]
    assert PLANTED not in faked.log.getvalue()


def test_a_rotated_secret_is_taken_by_the_next_reading() -> None:
    faked = Faked()
    store = faked.store()
    before = store.get(NAME)
    faked.value = "rotated"
    assert store.get(NAME) == before, "it is kept"
    store.refresh()
    assert store.get(NAME).reveal() == "rotated"
    assert faked.events() == ["secret_rotated"]


def test_reading_goes_on_in_the_background() -> None:
    faked = Faked()
    store = faked.store(ttl_s=60, refresh_s=1).open([NAME])
    try:
        faked.value = "rotated"
        assert store._thread is not None
        store._thread.join(timeout=0.0)
        while store.get(NAME).reveal() != "rotated":
            store._thread.join(timeout=0.01)
    finally:
        store.close()
    assert not store._thread.is_alive()


def test_a_reference_to_a_provider_that_is_not_set_up_is_refused() -> None:
    with pytest.raises(SecretMissing, match=r"set secrets\.provider to vault"):
        Faked().store().get(Reference("vault", "a", "b"))


def test_a_secret_shows_itself_nowhere() -> None:
    secret = Secret(PLANTED.encode())
    shown = [
        repr(secret),
        str(secret),
        f"{secret}",
        f"{secret:>20}",
        repr([secret]),
        repr({"a": secret}),
    ]
    assert [text for text in shown if PLANTED in text] == []
    with pytest.raises(TypeError):
        json.dumps(secret)
    with pytest.raises(TypeError):
        pickle.dumps(secret)
    with pytest.raises(TypeError):
        copy.deepcopy(secret)
    stream = io.StringIO()
    Log(stream, lambda: 1).info("started", found=secret, table={"inner": secret})
    assert PLANTED not in stream.getvalue()
    assert secret == Secret(PLANTED.encode())
    assert secret != Secret(b"other")


@pytest.mark.parametrize("text", ["", "env:", "env:A B", "vault:x", "vault:#k", "ftp:x", "hunter2", 5, None])
def test_what_is_no_reference_is_refused_and_not_repeated(text: object) -> None:
    with pytest.raises(ReferenceInvalid) as caught:
        Reference.parse(text)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("text", ["env:NAME", "file:/a/b", "vault:a/b#c", "aws:prod/db#password", "aws:prod/key"])
def test_references_are_written_as_they_are_read(text: str) -> None:
    assert str(Reference.parse(text)) == text


@pytest.mark.parametrize("mode", [0o400, 0o600])
def test_a_secret_file_of_its_owner_is_read(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "secret"
    file.write_text("of the file\n")
    file.chmod(mode)
    assert FileProvider().fetch(Reference("file", str(file))).reveal() == "of the file"


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o700, 0o620])
def test_a_secret_file_that_others_may_touch_is_refused(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "secret"
    file.write_text(PLANTED)
    file.chmod(mode)
    with pytest.raises(SecretMissing, match=f"has mode {mode:04o}, which must be 0600 or 0400: chmod 0400"):
        FileProvider().fetch(Reference("file", str(file)))


def test_a_secret_file_must_hold_one_secret(tmp_path: Path) -> None:
    empty, large = tmp_path / "empty", tmp_path / "large"
    empty.write_text("\n")
    large.write_bytes(b"x" * 100_000)
    for path in (empty, large, tmp_path, tmp_path / "missing"):
        if path.is_file():
            path.chmod(0o600)
        with pytest.raises(SecretMissing):
            FileProvider().fetch(Reference("file", str(path)))


def test_a_variable_that_is_not_set_or_empty_is_no_secret() -> None:
    provider = EnvironmentProvider({"THERE": "x", "EMPTY": ""})
    assert provider.fetch(Reference("env", "THERE")).reveal() == "x"
    for name in ("EMPTY", "MISSING"):
        with pytest.raises(SecretUnavailable, match=f"set {name}"):
            provider.fetch(Reference("env", name))
