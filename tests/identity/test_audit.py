"""The audit chain: append-only, gap-free, every change of a byte found; exports that no spreadsheet runs.

`GARRAWAY_TAMPERS` sets how many single bytes are changed, one at a time (2,000 by default; the long form 10,000).
"""

import csv
import io
import json
import os
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DatabaseError

from garraway.identity import AuditBroken, Origin, Principal, Role, Scope, audit
from garraway.identity.audit import Act
from garraway.store import Database, upgrade
from garraway.store import audit as rows
from garraway.store.audit import AuditEntry, AuditHead
from garraway.store.roles import service_grants

TAMPERS = int(os.environ.get("GARRAWAY_TAMPERS", "2000"))
NOW_NS = 1_800_000_000 * 10**9
ORIGIN = Origin("192.0.2.1", "curl/8", "c-1")
BOSS = Principal(
    user_id=7,
    login="boss@example.com",
    roles=frozenset({Role.ADMIN}),
    accounts=frozenset(),
    groups=frozenset(),
    scopes=frozenset(Scope),
    session_id="s1",
    key_id=None,
    authenticated_at_s=1,
    second_factor_at_s=1,
    second_factor_enrolled=True,
    address="192.0.2.1",
)


def write(database: Database, number: int) -> None:
    for one in range(1, number + 1):
        act = Act("user.update", f"user:{one}", {"name": "Ada", "group": 1}, {"name": "Z\u00f6e", "group": 1}, "asked")
        with database.writing() as connection:
            audit.record(connection, act, at_ns=NOW_NS + one, by=BOSS, origin=ORIGIN)


def verified(database: Database, heads: dict[str, AuditHead] | None = None) -> list[audit.Verified]:
    noted = {chain: {head.seq: head.hash} for chain, head in (heads or {}).items() if head.seq}
    with database.reading() as connection:
        return audit.verify(connection, noted=noted)


def entries(database: Database) -> list[AuditEntry]:
    with database.reading() as connection:
        return list(rows.audit_entries(connection, "admin"))


def unguard(connection: Connection) -> None:
    """What somebody with the database owner's rights can do: takes the triggers away."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("ALTER TABLE audit_entries DISABLE TRIGGER ALL"))
        return
    for verb in ("update", "delete", "replace"):
        connection.execute(text(f"DROP TRIGGER audit_entries_no_{verb}"))


def test_an_entry_tells_who_what_whence_why_and_what_changed(migrated: Database) -> None:
    write(migrated, 1)
    (entry,) = entries(migrated)
    assert replace(entry, hash="") == AuditEntry(
        chain="admin",
        seq=1,
        at_ns=NOW_NS + 1,
        actor_id=7,
        actor="boss@example.com",
        proof="session:s1",
        address="192.0.2.1",
        user_agent="curl/8",
        action="user.update",
        object="user:1",
        before='{"name":"Ada"}',
        after='{"name":"Z\u00f6e"}',
        reason="asked",
        correlation_id="c-1",
        prev_hash="0" * 64,
        hash="",
    )


def test_entries_of_many_writers_have_no_gap(migrated: Database) -> None:
    def write_some(_: int) -> None:
        for _ in range(10):
            with migrated.writing() as connection:
                audit.record(connection, Act("a.b", "c:1"), at_ns=NOW_NS, by="operator", origin=ORIGIN)

    with ThreadPoolExecutor(8) as writers:
        list(writers.map(write_some, range(8)))
    assert [one.seq for one in entries(migrated)] == list(range(1, 81))
    assert [(one.chain, one.entries) for one in verified(migrated)] == [("admin", 80), ("security", 0)]


def test_an_entry_is_as_lasting_as_its_change(migrated: Database) -> None:
    def fail() -> None:
        with migrated.writing() as connection:
            audit.record(connection, Act("a.b", "c:1"), at_ns=NOW_NS, by="operator", origin=ORIGIN)
            raise ZeroDivisionError

    write(migrated, 1)
    with pytest.raises(ZeroDivisionError):
        fail()
    write(migrated, 1)
    assert [one.seq for one in entries(migrated)] == [1, 2]
    assert verified(migrated)[0].entries == 2


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entries SET reason = 'other'",
        "UPDATE audit_entries SET hash = hash",
        "DELETE FROM audit_entries",
        "DELETE FROM audit_entries WHERE seq = 3",
        "REPLACE",
        "TRUNCATE audit_entries",
    ],
)
def test_no_statement_changes_an_entry(migrated: Database, statement: str) -> None:
    write(migrated, 3)
    if statement == "REPLACE":
        columns = ", ".join(one.name for one in fields(AuditEntry))
        copy = f"INTO audit_entries ({columns}) SELECT {columns} FROM audit_entries"
        statement = f"INSERT OR REPLACE {copy}" if migrated.dialect == "sqlite" else f"INSERT {copy}"
    with pytest.raises(DatabaseError), migrated.writing() as connection:
        connection.execute(text(statement))
    assert verified(migrated)[0].entries == 3


def tampers(stream: random.Random, whole: list[AuditEntry]) -> Iterator[tuple[AuditEntry, str, object]]:
    """One byte of one column of one entry, other than it was."""
    names = [one.name for one in fields(AuditEntry)]
    while True:
        entry, name = stream.choice(whole), stream.choice(names)
        old = getattr(entry, name)
        if isinstance(old, int):
            new: object = old ^ (1 << stream.randrange(40))
        elif old:
            place = stream.randrange(len(old))
            new = old[:place] + stream.choice("abcdefxyz0123456789 ,'") + old[place + 1 :]
        else:
            new = "x"
        if new != old:
            yield entry, name, new


def test_every_tampered_byte_is_found(migrated: Database) -> None:
    write(migrated, 5)
    whole, count = entries(migrated), TAMPERS if migrated.dialect == "sqlite" else TAMPERS // 10
    missed = []
    with migrated.writing() as connection:
        unguard(connection)
        untouched = connection.begin_nested()
        for _, (entry, name, new) in zip(range(count), tampers(random.Random(9), whole), strict=False):
            where = f"chain = '{entry.chain}' AND seq = {entry.seq}"
            try:
                connection.execute(text(f"UPDATE audit_entries SET {name} = :new WHERE {where}"), {"new": new})
                audit.verify(connection)
                missed.append((entry.seq, name, new))
            except (AuditBroken, DatabaseError):
                pass
            untouched.rollback()
            untouched = connection.begin_nested()
    assert missed == []
    assert verified(migrated)[0].entries == 5


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("DELETE FROM audit_entries WHERE seq = 2", "entry 2"),
        ("DELETE FROM audit_entries WHERE seq = 1", "entry 1"),
        ("DELETE FROM audit_entries WHERE seq = 5", "entries are missing"),
        ("DELETE FROM audit_entries", "entries are missing"),
        ("DELETE FROM audit_heads WHERE chain = 'admin'", "head is gone"),
        ("DELETE FROM audit_heads WHERE chain = 'security'", "head is gone"),
        ("UPDATE audit_heads SET seq = 4 WHERE chain = 'admin'", "entries are missing"),
        ("UPDATE audit_entries SET chain = 'other' WHERE seq = 5", "no such chain"),
        ("UPDATE audit_entries SET chain = 'security' WHERE seq = 5", "missing"),
    ],
)
def test_what_is_cut_out_or_moved_is_found(migrated: Database, change: str, told: str) -> None:
    write(migrated, 5)
    with migrated.writing() as connection:
        unguard(connection)
        connection.execute(text(change))
    with pytest.raises(AuditBroken, match=told):
        verified(migrated)


def test_a_head_noted_elsewhere_finds_an_end_cut_off_with_its_head(migrated: Database) -> None:
    write(migrated, 5)
    with migrated.reading() as connection:
        noted = rows.audit_heads(connection)
    fourth = entries(migrated)[3]
    write(migrated, 1)
    assert verified(migrated, noted)[0].entries == 6
    with migrated.writing() as connection:
        unguard(connection)
        connection.execute(text("DELETE FROM audit_entries WHERE seq > 4"))
        connection.execute(text(f"UPDATE audit_heads SET seq = 4, hash = '{fourth.hash}' WHERE chain = 'admin'"))
    assert verified(migrated)[0].entries == 4
    with pytest.raises(AuditBroken, match="entry 5 was noted"):
        verified(migrated, noted)
    write(migrated, 2)
    with pytest.raises(AuditBroken, match="written again"):
        verified(migrated, {"admin": AuditHead(5, noted["admin"].hash)})


def test_secrets_stay_out_of_entries(migrated: Database) -> None:
    secret = "grw_reset_" + "s" * 43
    act = Act(
        "a.b",
        "c:1",
        {"password": "hunter2hunter2"},
        {"note": f"link {secret}", "totp_seed": "JBSW", "roles": ["Admin"]},
    )
    with migrated.writing() as connection:
        audit.record(connection, act, at_ns=NOW_NS, by=BOSS, origin=ORIGIN)
    (entry,) = entries(migrated)
    assert entry.before == '{"password":"[redacted]"}'
    assert entry.after == '{"note":"link [redacted]","roles":["Admin"],"totp_seed":"[redacted]"}'


def test_exports_are_whole_and_no_cell_is_a_formula(migrated: Database) -> None:
    origin = Origin("192.0.2.1", "=HYPERLINK(1)", "@c")
    for reason in ("=1+1", "+1", "-1", "@sum", 'a "quoted", line', "plain"):
        with migrated.writing() as connection:
            audit.record(connection, Act("a.b", "c:1", reason=reason), at_ns=NOW_NS, by=BOSS, origin=origin)
    whole = entries(migrated)
    table, lines = io.StringIO(), io.StringIO()
    assert audit.export_csv(iter(whole), table) == audit.export_jsonl(iter(whole), lines) == 6
    cells = [cell for row in csv.reader(io.StringIO(table.getvalue())) for cell in row]
    assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))] == []
    assert [AuditEntry(**json.loads(line)) for line in lines.getvalue().splitlines()] == whole


def test_the_applications_role_can_only_add(postgresql_url: str) -> None:
    database = Database.open(postgresql_url)
    upgrade(database)
    role = "garraway_app"
    with database.writing() as connection:
        if not connection.execute(text(f"SELECT 1 FROM pg_roles WHERE rolname = '{role}'")).scalar():
            connection.execute(text(f"CREATE ROLE {role}"))
        for statement in service_grants(role):
            connection.execute(text(statement))
    with database.writing() as connection:
        connection.execute(text(f"SET LOCAL ROLE {role}"))
        audit.record(connection, Act("a.b", "c:1"), at_ns=NOW_NS, by=BOSS, origin=ORIGIN)
    for statement in (
        "UPDATE audit_entries SET reason = 'x'",
        "DELETE FROM audit_entries",
        "TRUNCATE audit_entries",
        "ALTER TABLE audit_entries DISABLE TRIGGER ALL",
        "DROP TABLE audit_entries",
        "DELETE FROM audit_heads",
        "UPDATE alembic_version SET version_num = '0001'",
        "DELETE FROM view_balances",
    ):
        with pytest.raises(DatabaseError, match=r"permission denied|must be owner"):
            act_as(database, role, statement)
    assert verified(database)[0].entries == 1
    database.close()


def act_as(database: Database, role: str, statement: str) -> None:
    with database.writing() as connection:
        connection.execute(text(f"SET LOCAL ROLE {role}"))
        connection.execute(text(statement))
