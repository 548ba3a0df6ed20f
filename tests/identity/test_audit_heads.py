"""Signed heads: a chain that was written again whole, or cut with its head, is found; so is a hand in the file."""

import json
import os
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from sqlalchemy import Connection, delete, insert, update
from tests.identity.test_audit import NOW_NS, unguard, write

from garraway.identity import AuditBroken, KeyFileUnsafe, audit, audit_heads
from garraway.identity.audit_heads import FILE, KEY_FILE, HeadFile
from garraway.store import Database
from garraway.store import audit as rows
from garraway.store.audit import AuditEntry, AuditHead
from garraway.store.tables.audit import AUDIT_ENTRIES, AUDIT_HEADS


@pytest.fixture
def heads(tmp_path: Path) -> HeadFile:
    return HeadFile.open(tmp_path, tmp_path / "keys")


def verified(database: Database, heads: HeadFile, folder: Path) -> list[tuple[str, int]]:
    """As `garraway audit verify` does it."""
    noted = audit_heads.noted(audit_heads.read(folder / FILE, heads.public_key))
    with database.reading() as connection:
        return [(one.chain, one.entries) for one in audit.verify(connection, noted=noted)]


def whole(connection: Connection) -> list[AuditEntry]:
    return list(rows.audit_entries(connection, "admin"))


def put_in_place(connection: Connection, entries: list[AuditEntry]) -> None:
    """The whole chain anew, its hashes and its head as they must be: what the owner of the database can do."""
    unguard(connection)
    connection.execute(delete(AUDIT_ENTRIES))
    last = audit.ORIGIN_HASH
    for seq, entry in enumerate(entries, start=1):
        hashed = audit._hashed(replace(entry, seq=seq, prev_hash=last))
        connection.execute(insert(AUDIT_ENTRIES).values(asdict(hashed)))
        last = hashed.hash
    head = update(AUDIT_HEADS).where(AUDIT_HEADS.c.chain == "admin")
    connection.execute(head.values(seq=len(entries), hash=last))


def test_a_head_is_signed_when_there_is_a_new_one(migrated: Database, heads: HeadFile, tmp_path: Path) -> None:
    write(migrated, 3)
    first = heads.sign(migrated, at_ns=NOW_NS)
    assert first is not None
    assert {chain: head.seq for chain, head in first.heads.items()} == {"admin": 3, "security": 0}
    assert heads.sign(migrated, at_ns=NOW_NS + 1) is None
    write(migrated, 1)
    second = HeadFile.open(tmp_path, tmp_path / "keys").sign(migrated, at_ns=NOW_NS + 2)
    assert second is not None
    assert (tmp_path / FILE).read_bytes() == first.line + b"\n" + second.line + b"\n"
    assert [one.at_ns for one in audit_heads.read(tmp_path / FILE, heads.public_key)] == [NOW_NS, NOW_NS + 2]
    assert verified(migrated, heads, tmp_path) == [("admin", 4), ("security", 0)]
    modes = {(tmp_path / name).stat().st_mode & 0o777 for name in (FILE, f"keys/{KEY_FILE}")}
    assert modes == {0o600}


def test_a_chain_that_was_written_again_whole_is_found(migrated: Database, heads: HeadFile, tmp_path: Path) -> None:
    write(migrated, 5)
    heads.sign(migrated, at_ns=NOW_NS)
    with migrated.writing() as connection:
        forged = [replace(one, reason="nothing happened") for one in whole(connection)]
        put_in_place(connection, forged)
    with migrated.reading() as connection:
        assert audit.verify(connection)[0].entries == 5
    with pytest.raises(AuditBroken, match="written again: entry 5"):
        verified(migrated, heads, tmp_path)


def test_one_entry_taken_out_of_a_chain_written_again_is_found(
    migrated: Database, heads: HeadFile, tmp_path: Path
) -> None:
    write(migrated, 3)
    heads.sign(migrated, at_ns=NOW_NS)
    write(migrated, 3)
    with migrated.writing() as connection:
        put_in_place(connection, whole(connection)[1:])
    with migrated.reading() as connection:
        assert audit.verify(connection)[0].entries == 5
    with pytest.raises(AuditBroken, match="written again: entry 3"):
        verified(migrated, heads, tmp_path)


def test_a_chain_cut_with_its_head_is_found(migrated: Database, heads: HeadFile, tmp_path: Path) -> None:
    write(migrated, 5)
    heads.sign(migrated, at_ns=NOW_NS)
    with migrated.writing() as connection:
        put_in_place(connection, whole(connection)[:4])
    with migrated.reading() as connection:
        assert audit.verify(connection)[0].entries == 4
    with pytest.raises(AuditBroken, match="entry 5 was noted: entries were cut off"):
        verified(migrated, heads, tmp_path)


@pytest.mark.parametrize("hand", ["changed", "removed", "moved", "forged", "gone", "garbage"])
def test_a_hand_in_the_file_is_found(migrated: Database, heads: HeadFile, tmp_path: Path, hand: str) -> None:
    for _ in range(3):
        write(migrated, 1)
        heads.sign(migrated, at_ns=NOW_NS)
    path = tmp_path / FILE
    lines = path.read_bytes().splitlines(keepends=True)
    if hand == "gone":
        path.unlink()
    elif hand == "forged":
        (tmp_path / "forger").mkdir()
        made = HeadFile.open(tmp_path / "forger", tmp_path / "forger").sign(migrated, at_ns=NOW_NS)
        assert made is not None
        path.write_bytes(made.line + b"\n")
    else:
        said = json.loads(lines[1])
        said["heads"]["admin"]["seq"] = 1
        path.write_bytes(
            {
                "changed": lines[0] + audit.canonical(said).encode() + b"\n" + lines[2],
                "removed": lines[0] + lines[2],
                "moved": lines[1] + lines[0] + lines[2],
                "garbage": lines[0] + b"\0\n" + lines[2],
            }[hand]
        )
    with pytest.raises(AuditBroken):
        verified(migrated, heads, tmp_path)


def test_a_line_that_a_crash_tore_is_written_anew(migrated: Database, heads: HeadFile, tmp_path: Path) -> None:
    write(migrated, 1)
    heads.sign(migrated, at_ns=NOW_NS)
    with (tmp_path / FILE).open("ab") as stream:
        stream.write(b'{"at_ns":18')
    assert verified(migrated, heads, tmp_path)[0] == ("admin", 1)
    write(migrated, 1)
    assert heads.sign(migrated, at_ns=NOW_NS) is not None
    assert [one.heads["admin"].seq for one in audit_heads.read(tmp_path / FILE, heads.public_key)] == [1, 2]


def test_nobody_signs_behind_a_line_of_another_key(migrated: Database, heads: HeadFile, tmp_path: Path) -> None:
    write(migrated, 1)
    heads.sign(migrated, at_ns=NOW_NS)
    (tmp_path / "keys" / KEY_FILE).write_bytes(os.urandom(32))
    with pytest.raises(AuditBroken, match="not signed by the audit key"):
        HeadFile.open(tmp_path, tmp_path / "keys").sign(migrated, at_ns=NOW_NS)


def test_a_key_that_is_lost_or_open_to_others_is_not_replaced(
    migrated: Database, heads: HeadFile, tmp_path: Path
) -> None:
    heads.sign(migrated, at_ns=NOW_NS)
    key = tmp_path / "keys" / KEY_FILE
    key.chmod(0o644)
    with pytest.raises(KeyFileUnsafe, match="others can read it"):
        HeadFile.open(tmp_path, tmp_path / "keys")
    key.unlink()
    with pytest.raises(KeyFileUnsafe, match="cannot be read"):
        HeadFile.open(tmp_path, tmp_path / "keys")
    key.touch(0o600)
    with pytest.raises(KeyFileUnsafe, match="holds 0 bytes"):
        HeadFile.open(tmp_path, tmp_path / "keys")


def test_heads_of_many_signatures_are_all_held_to() -> None:
    signed = [
        audit_heads.SignedHeads(at, {"admin": AuditHead(at, str(at)), "security": AuditHead(0, "0")}, b"")
        for at in (1, 2)
    ]
    assert audit_heads.noted(signed) == {"admin": {1: "1", 2: "2"}, "security": {}}
