"""One frozen tree from file and environment; everything wrong is found at once and says where it stands."""

from collections.abc import Iterator
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import ValidationError

from garraway.config import ConfigInvalid, Settings, load, migrate, parse, read, reference
from garraway.config.environment import overrides
from garraway.config.sections import Section

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "deploy" / "config").glob("*.toml"))


def sections(section: type[Section]) -> Iterator[type[Section]]:
    yield section
    for field in section.model_fields.values():
        for kind in (field.annotation, *get_args(field.annotation)):
            if isinstance(kind, type) and issubclass(kind, Section):
                yield from sections(kind)


def test_nothing_is_needed_to_start_in_development(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = load(None, {})
    assert settings == Settings()
    assert settings.for_exchange() == {
        "folder": str(tmp_path / "var"),
        "door": str(tmp_path / "var" / "run" / "door.sock"),
        "durability": "os",
        "segment_bytes": 64 << 20,
        "event_segment_bytes": 256 << 20,
        "reserve_orders": 0,
        "ouch_host": "127.0.0.1",
        "ouch_port": 0,
        "ouch_connections": 1_024,
        "door_connections": 64,
        "output_bytes": 256 << 10,
        "messages_per_second": 10_000,
        "reduction_reserve_per_second": 5_000,
        "tokens_per_account": 1 << 20,
        "held_bytes": 32 << 20,
    }


@pytest.mark.parametrize("section", sorted(set(sections(Settings)), key=str))
def test_every_setting_is_documented_where_it_is_declared(section: type[Section]) -> None:
    assert [name for name, field in section.model_fields.items() if not field.description] == []
    assert section.model_config["frozen"] is True
    assert section.model_config["extra"] == "forbid"


def test_the_reference_page_is_that_of_the_tree() -> None:
    stored = (ROOT / "docs" / "operating" / "configuration.md").read_text(encoding="utf-8")
    assert stored == reference.page(stored), "docs/operating/configuration.md is stale: run `make docs`"


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_examples_are_settings(path: Path) -> None:
    draft = read(path, {})
    assert draft.findings == ()
    assert draft.settings is not None
    assert draft.settings.environment == path.stem


def test_the_example_of_an_environment_is_settings() -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()
    variables = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    draft = parse("", name="none", variables=variables)
    assert draft.findings == ()
    assert draft.settings is not None
    assert len(list(overrides(variables))) == len(variables) - 1, "all but the secret are settings"
    assert draft.settings.shown()["money"]["approval_above"] == {"USD": "10000"}


def test_the_environment_stands_over_the_file() -> None:
    text = '[service]\nport = 1000\ntrusted_proxies = ["10.0.0.0/8"]\n[log]\nlevel = "info"\n'
    variables = {
        "GARRAWAY_SERVICE__PORT": "2000",
        "GARRAWAY_SERVICE__TRUSTED_PROXIES": "192.0.2.0/24, 198.51.100.1",
        "GARRAWAY_ENVIRONMENT": "staging",
        "GARRAWAY_KILLS": "3",
        "OTHER__THING": "1",
    }
    settings = parse(text, name="a.toml", variables=variables).settings
    assert settings is not None
    assert (settings.service.port, settings.environment, settings.log.level) == (2_000, "staging", "info")
    assert settings.service.trusted_proxies == (IPv4Network("192.0.2.0/24"), IPv4Network("198.51.100.1/32"))


def test_names_within_tables_keep_their_letters_in_the_environment() -> None:
    variables = {
        "GARRAWAY_MONEY__APPROVAL_ABOVE__USD": "5",
        "GARRAWAY_SCHEDULES__INSTRUMENTS__AAPL__CALENDAR": "XNYS",
        "GARRAWAY_SCHEDULES__INSTRUMENTS__AAPL__CLOSED_ON": "2026-11-27, 2026-12-24",
        "GARRAWAY_SCHEDULES__INSTRUMENTS__AAPL__PRE_OPEN_S": "60",
    }
    settings = parse("", name="a.toml", variables=variables).settings
    assert settings is not None
    assert dict(settings.money.approval_above) == {"USD": "5"}
    plan = settings.schedules.instruments["AAPL"]
    assert (plan.calendar, plan.pre_open_s, len(plan.closed_on)) == ("XNYS", 60, 2)


def test_options_stand_over_the_environment_and_are_named() -> None:
    options = {"venue.folder": ("--folder", "there"), "exchange.ouch_port": ("--ouch-port", "70000")}
    draft = parse("", name="none", variables={"GARRAWAY_VENUE__FOLDER": "here"}, options=options)
    assert [(one.where, one.key) for one in draft.findings] == [("--ouch-port", "exchange.ouch_port")]
    assert draft.provisional is not None
    assert str(draft.provisional.venue.folder) == "there"


def test_a_tree_cannot_be_changed() -> None:
    settings: Any = parse('[money.approval_above]\nUSD = "5"\n', name="a.toml", variables={}).settings
    with pytest.raises(ValidationError):
        settings.service.port = 1
    with pytest.raises(TypeError):
        settings.money.approval_above["USD"] = "6"


def test_everything_wrong_is_told_at_once_with_its_line_or_variable() -> None:
    text = """
environment = "prod"
[servce]
port = 1
[service]
prot = 3
port = 99999
ws_port = "8081"
[schedules.instruments.AAPL]
calendar = "XNYZ"
"""
    draft = parse(text, name="a.toml", variables={"GARRAWAY_LOG__LEVEL": "loud", "GARRAWAY_LGO__X": "1"})
    assert draft.settings is None
    assert {(found.where, found.key, found.code) for found in draft.findings} == {
        ("a.toml:2", "environment", "type"),
        ("a.toml:3", "servce", "unknown-key"),
        ("a.toml:6", "service.prot", "unknown-key"),
        ("a.toml:7", "service.port", "range"),
        ("a.toml:8", "service.ws_port", "type"),
        ("a.toml:10", "schedules.instruments.AAPL.calendar", "type"),
        ("GARRAWAY_LOG__LEVEL", "log.level", "type"),
        ("GARRAWAY_LGO__X", "lgo", "unknown-key"),
    }
    remedies = {found.key: found.remedy for found in draft.findings}
    assert remedies["servce"] == "did you mean service?"
    assert remedies["service.prot"] == "did you mean port?"


def test_a_secret_written_where_its_reference_belongs_is_not_repeated() -> None:
    for said in (
        'password = "hunter2"',
        "password = 77123",
        'password = ["hunter2"]',
        'url = "postgresql://me:hunter2@h/n"',
        'url = "mysql://me:hunter2@h/n"',
    ):
        findings = parse(f"[database]\n{said}\n", name="a.toml", variables={}).findings
        assert len(findings) == 1
        assert "hunter2" not in str(ConfigInvalid(findings))
        assert "77123" not in str(ConfigInvalid(findings))


def test_a_flat_file_of_before_is_brought_into_sections() -> None:
    flat = {"folder": "venue", "durability": "fsync", "ouch_port": 9_001, "door": "run.sock", "odd": 1}
    assert migrate(flat) == {
        "version": 1,
        "venue": {"folder": "venue", "durability": "fsync"},
        "exchange": {"ouch_port": 9_001, "door": "run.sock"},
        "odd": 1,
    }
    found = parse('folder = "venue"\n', name="a.toml", variables={}).findings
    assert [(one.code, one.remedy) for one in found] == [("version", "run `garraway config migrate --config a.toml`")]


@pytest.mark.parametrize("name", ["nothing.toml", "."])
def test_a_file_that_cannot_be_read_is_a_finding(tmp_path: Path, name: str) -> None:
    assert [found.code for found in read(tmp_path / name, {}).findings] == ["unreadable"]
