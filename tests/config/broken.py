"""Broken settings, each with what the check must find: (name, file, findings as (severity, code, key))."""

from dataclasses import dataclass

PRODUCTION = """
version = 1
environment = "production"
[venue]
folder = "/var/lib/garraway"
durability = "fsync"
[exchange]
ouch_port = 9001
[database]
url = "postgresql://garraway@10.0.0.2/garraway"
password = "file:/etc/garraway/db"
[service]
tls_cert = "/etc/garraway/tls.pem"
tls_key = "/etc/garraway/tls.key"
[identity]
issuer = "https://trade.example"
relying_party = "trade.example"
webauthn_origins = ["https://trade.example"]
admin_networks = ["10.0.0.0/16"]
key_passphrase = "file:/etc/garraway/passphrase"
pepper = "file:/etc/garraway/pepper"
[backup]
folder = "/var/backups/garraway"
every_s = 900
encryption_key = "file:/etc/garraway/backup"
"""
"""Sound settings of production: cases below put other values over them."""


@dataclass(frozen=True)
class Broken:
    name: str
    text: str
    found: tuple[tuple[str, str, str], ...]
    line: int | None = None
    """The line that the first finding names."""


def dev(name: str, text: str, *found: tuple[str, str, str], line: int | None = None) -> Broken:
    return Broken(name, text, found, line)


def production(name: str, values: dict[str, str | None], *found: tuple[str, str, str]) -> Broken:
    """The sound file with these settings in place of its own; None takes one out."""
    lines, section, left = [], "", dict(values)
    for line in PRODUCTION.strip().splitlines():
        if line.startswith("["):
            lines += [f"{key.split('.')[1]} = {value}" for key, value in _of(left, section)]
            section = line.strip("[]")
        key = f"{section}.{line.partition(' =')[0]}".lstrip(".")
        if key in values:
            value = left.pop(key)
            lines += [] if value is None else [f"{line.partition(' =')[0]} = {value}"]
        else:
            lines.append(line)
    lines += [f"{key.split('.')[1]} = {value}" for key, value in _of(left, section)]
    for key, value in left.items():
        table, _, name_of = key.rpartition(".")
        lines += [f"[{table}]", f"{name_of} = {value}"]
    return Broken(name, "\n".join(lines), found)


def _of(left: dict[str, str | None], section: str) -> list[tuple[str, str | None]]:
    mine = [key for key in left if key.rpartition(".")[0] == section and section]
    return [(key, left.pop(key)) for key in mine]


def error(code: str, key: str) -> tuple[str, str, str]:
    return ("error", code, key)


def warning(code: str, key: str) -> tuple[str, str, str]:
    return ("warning", code, key)


SCHEDULE = "[schedules.instruments.X]\n"
PLAN = "schedules.instruments.X"

CASES = (
    # The file itself.
    dev("no toml", "[service\nport = 1\n", error("syntax", ""), line=1),
    dev("key twice", "[service]\nport = 1\nport = 2\n", error("syntax", ""), line=3),
    dev("newer version", "version = 7\n", error("version", "version"), line=1),
    dev("flat file of before", 'folder = "var"\n', error("version", "version")),
    dev("version of another type", 'version = "1"\n', error("type", "version"), line=1),
    # Unknown keys.
    dev("unknown section", "[sevice]\nport = 1\n", error("unknown-key", "sevice"), line=1),
    dev("unknown key", "[service]\n\nprot = 1\n", error("unknown-key", "service.prot"), line=3),
    dev("key of another section", "[service]\nfolder = 'x'\n", error("unknown-key", "service.folder"), line=2),
    dev("unknown top key", "debug = true\n", error("unknown-key", "debug"), line=1),
    dev(
        "unknown key of a schedule",
        SCHEDULE + "calendar = 'FX'\nopne = 1\n",
        error("unknown-key", f"{PLAN}.opne"),
        line=3,
    ),
    # Types and ranges.
    dev("number as text", "[service]\nport = '80'\n", error("type", "service.port"), line=2),
    dev("number with a point", "[service]\nport = 80.5\n", error("type", "service.port"), line=2),
    dev("truth as a number", "[log]\npretty = 1\n", error("type", "log.pretty"), line=2),
    dev("port too high", "[exchange]\nouch_port = 65536\n", error("range", "exchange.ouch_port"), line=2),
    dev("port below zero", "[exchange]\nouch_port = -1\n", error("range", "exchange.ouch_port"), line=2),
    dev("no address", "[exchange]\nouch_host = 'localhost'\n", error("value", "exchange.ouch_host"), line=2),
    dev("no such environment", "environment = 'prod'\n", error("type", "environment"), line=1),
    dev("no such durability", "[venue]\ndurability = 'memory'\n", error("type", "venue.durability"), line=2),
    dev("no such level", "[log]\nlevel = 'INFO'\n", error("type", "log.level"), line=2),
    dev("section as a value", "service = 3\n", error("type", "service"), line=1),
    dev("no database", "[database]\nurl = 'mysql://x@y/z'\n", error("value", "database.url"), line=2),
    dev(
        "password in the address", "[database]\nurl = 'postgresql://a:b@h/n'\n", error("value", "database.url"), line=2
    ),
    dev("secret in clear", "[identity]\npepper = 'hunter2'\n", error("reference", "identity.pepper"), line=2),
    dev("no key of vault", "[identity]\npepper = 'vault:a/b'\n", error("reference", "identity.pepper"), line=2),
    dev("no origin", "[service]\ncors_origins = ['https://a/b']\n", error("value", "service.cors_origins"), line=2),
    dev(
        "no network", "[service]\ntrusted_proxies = ['10.0.0.1/8']\n", error("value", "service.trusted_proxies"), line=2
    ),
    dev("amount as a number", "[money.approval_above]\nUSD = 5\n", error("type", "money.approval_above.USD"), line=2),
    dev(
        "amount too fine",
        "[money.approval_above]\nUSD = '0.123456789'\n",
        error("type", "money.approval_above.USD"),
        line=2,
    ),
    dev("no such calendar", SCHEDULE + "calendar = 'XLON'\n", error("type", f"{PLAN}.calendar"), line=2),
    dev("no calendar", SCHEDULE + "pre_open_s = 1\n", error("type", f"{PLAN}.calendar"), line=1),
    dev(
        "time with a zone", SCHEDULE + "calendar = 'UTC'\nopen = '08:00:00Z'\n", error("value", f"{PLAN}.open"), line=3
    ),
    dev("two origins", "[service]\ncors_origins = ['a', 'b']\n", *[error("value", "service.cors_origins")] * 2, line=2),
    dev("retention of none", "[backup]\nretention_days = 0\n", error("range", "backup.retention_days"), line=2),
    dev(
        "two at once, and a rule across",
        "[service]\nport = 8081\nprot = 1\n[log]\nlevel = 'x'\n",
        error("unknown-key", "service.prot"),
        error("type", "log.level"),
        error("port-conflict", "service.ws_port"),
        line=3,
    ),
    # Across sections, in development.
    dev("ws port is api port", "[service]\nws_port = 8080\n", error("port-conflict", "service.ws_port"), line=2),
    dev("ouch port is api port", "[exchange]\nouch_port = 8080\n", error("port-conflict", "service.port")),
    dev("door too long", f"[exchange]\ndoor = '/tmp/{'x' * 120}'\n", error("socket-path", "exchange.door"), line=2),
    dev("certificate without key", "[service]\ntls_cert = 'a.pem'\n", error("tls-half", "service.tls_cert"), line=2),
    dev("key without certificate", "[service]\ntls_key = 'a.pem'\n", error("tls-half", "service.tls_key"), line=2),
    dev(
        "proxy that nobody trusts",
        "[service]\ntls_ended_by_proxy = true\n",
        error("tls-proxy", "service.tls_ended_by_proxy"),
    ),
    dev("clear text beyond the host", "[service]\nhost = '0.0.0.0'\n", warning("clear-text", "service.host"), line=2),
    dev(
        "star beside others",
        "[service]\ncors_origins = ['*', 'http://a']\n",
        error("cors-mixed", "service.cors_origins"),
    ),
    dev(
        "everyone is a proxy",
        "[service]\ntrusted_proxies = ['0.0.0.0/0']\n",
        warning("proxy-any", "service.trusted_proxies"),
    ),
    dev(
        "many are proxies",
        "[service]\ntrusted_proxies = ['0.0.0.0/4']\n",
        warning("proxy-wide", "service.trusted_proxies"),
    ),
    dev("pool waits too long", "[database]\npool_timeout_s = 30\n", error("timeout-order", "database.pool_timeout_s")),
    dev(
        "statement too long",
        "[service]\nrequest_timeout_s = 20\n",
        warning("timeout-order", "database.statement_timeout_s"),
    ),
    dev(
        "key above its user",
        "[service]\nkey_requests_per_minute = 2000\n",
        warning("rate-order", "service.key_requests_per_minute"),
    ),
    dev("held below output", "[exchange]\nheld_bytes = 4096\n", error("memory-order", "exchange.held_bytes")),
    dev(
        "refresh too short",
        "[identity]\nrefresh_token_s = 3600\naccess_token_s = 3600\n",
        error("timeout-order", "identity.refresh_token_s"),
    ),
    dev(
        "lockout upside down",
        "[identity]\nlockout_first_s = 7200\n",
        error("timeout-order", "identity.lockout_first_s"),
    ),
    dev(
        "webauthn elsewhere",
        "[identity]\nrelying_party = 'a.example'\n",
        error("webauthn-domain", "identity.webauthn_origins"),
    ),
    dev(
        "vault without all",
        "[secrets]\nprovider = 'vault'\n",
        error("provider-half", "secrets.vault_url"),
        error("provider-half", "secrets.vault_token"),
    ),
    dev(
        "half an approle",
        "[secrets]\nprovider = 'vault'\nvault_url = 'https://v'\nvault_role_id = 'r'\n",
        error("provider-half", "secrets.vault_role_id"),
    ),
    dev("aws without a region", "[secrets]\nprovider = 'aws'\n", error("provider-half", "secrets.aws_region")),
    dev("another provider", "[identity]\npepper = 'aws:x'\n", error("provider-other", "identity.pepper"), line=2),
    dev("refresh after the end", "[secrets]\nttl_s = 30\n", error("timeout-order", "secrets.refresh_s")),
    dev(
        "user missing", "[database]\nurl = 'postgresql://127.0.0.1/n'\n", error("database-url", "database.url"), line=2
    ),
    dev("password of sqlite", "[database]\npassword = 'env:X'\n", warning("database-password", "database.password")),
    dev(
        "remote without password",
        "[database]\nurl = 'postgresql://u@h/n'\n",
        error("database-password", "database.password"),
    ),
    dev("log in the journal", "[log]\nfolder = 'var/journal'\n", error("folder-shared", "log.folder"), line=2),
    dev(
        "keys among logs", "[identity]\nkey_folder = 'var/log'\n", error("folder-shared", "identity.key_folder"), line=2
    ),
    # Schedules.
    dev(
        "hours of a calendar",
        SCHEDULE + "calendar = 'XNYS'\nopen = 09:00:00\n",
        error("schedule-hours", f"{PLAN}.open"),
        line=3,
    ),
    dev(
        "auction of one that never closes",
        SCHEDULE + "calendar = 'ALWAYS'\npre_open_s = 5\n",
        error("schedule-always", f"{PLAN}.pre_open_s"),
        line=3,
    ),
    dev("no day", SCHEDULE + "calendar = 'UTC'\nweekdays = []\n", error("schedule-never", f"{PLAN}.weekdays"), line=3),
    dev(
        "a day twice",
        SCHEDULE + "calendar = 'UTC'\nweekdays = [1, 1]\n",
        error("schedule-double", f"{PLAN}.weekdays"),
        line=3,
    ),
    dev(
        "session shorter than its auction",
        SCHEDULE + "calendar = 'UTC'\nopen = 08:00:00\nclose = 08:10:00\nclosing_auction_s = 900\n",
        error("schedule-short", f"{PLAN}.closing_auction_s"),
        line=5,
    ),
    dev(
        "pre-open before the close",
        SCHEDULE + "calendar = 'UTC'\nopen = 08:00:00\nclose = 07:30:00\npre_open_s = 3600\n",
        error("schedule-overlap", f"{PLAN}.pre_open_s"),
        line=5,
    ),
    dev(
        "early close that is late",
        SCHEDULE + "calendar = 'UTC'\ncloses_at = { 2026-12-24 = 18:00:00 }\n",
        error("schedule-early", f"{PLAN}.closes_at"),
        line=3,
    ),
    # Production.
    production("sound", {}),
    production("lost with the machine", {"venue.durability": '"os"'}, warning("durability", "venue.durability")),
    production("relative folder", {"venue.folder": '"var"'}, error("folder-relative", "venue.folder")),
    production("no tls", {"service.tls_cert": None, "service.tls_key": None}, error("tls-missing", "service.tls_cert")),
    production("every page", {"service.cors_origins": '["*"]'}, error("cors-any", "service.cors_origins")),
    production(
        "page in clear", {"service.cors_origins": '["http://a"]'}, error("origin-clear", "service.cors_origins")
    ),
    production(
        "everyone is a proxy there",
        {"service.trusted_proxies": '["::/0"]'},
        error("proxy-any", "service.trusted_proxies"),
    ),
    production("port that nobody knows", {"exchange.ouch_port": "0"}, error("port-free", "exchange.ouch_port")),
    production("ouch in clear", {"exchange.ouch_host": '"10.0.0.1"'}, warning("clear-text", "exchange.ouch_host")),
    production("no pepper", {"identity.pepper": None}, error("secret-unnamed", "identity.pepper")),
    production(
        "keys unencrypted", {"identity.key_passphrase": None}, error("secret-unnamed", "identity.key_passphrase")
    ),
    production(
        "backups unencrypted", {"backup.encryption_key": None}, error("secret-unnamed", "backup.encryption_key")
    ),
    production("default issuer", {"identity.issuer": None}, error("identity-default", "identity.issuer")),
    production("issuer in clear", {"identity.issuer": '"http://a.example"'}, error("issuer", "identity.issuer")),
    production(
        "short passwords",
        {"identity.password_characters": "8"},
        warning("password-short", "identity.password_characters"),
    ),
    production(
        "admins from everywhere", {"identity.admin_networks": None}, warning("admin-any", "identity.admin_networks")
    ),
    production("sqlite", {"database.url": None, "database.password": None}, warning("database-small", "database.url")),
    production("no backup", {"backup.every_s": "0"}, warning("backup-none", "backup.every_s")),
    production("backup beside", {"backup.folder": None}, warning("backup-beside", "backup.folder")),
    production("debug", {"log.level": '"debug"'}, warning("log-debug", "log.level")),
    production(
        "secret in the environment",
        {"identity.pepper": '"env:PEPPER"'},
        warning("secret-environment", "identity.pepper"),
    ),
)
