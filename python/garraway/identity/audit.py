"""The audit chain: what was done, in the transaction that did it, each entry hashed over the one before.

    hash = SHA-256(prev_hash as 32 bytes || canonical JSON of the entry without its hashes)

Canonical JSON: keys sorted, no spaces, integers and strings only (RFC 8785 for such values). Two chains: `admin` for
what people decide, `security` for log-ins and refusals, whose number anybody can raise.
"""

import csv
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Final, Literal, TextIO

from sqlalchemy import Connection

from garraway.identity.errors import AuditBroken
from garraway.identity.origin import Origin
from garraway.identity.principal import Principal
from garraway.identity.text import shown
from garraway.log import redacted, redacted_text
from garraway.store import audit as rows
from garraway.store.audit import AuditEntry, AuditHead

Chain = Literal["admin", "security"]
Fields = Mapping[str, object]
Noted = Mapping[str, Mapping[int, str]]
"""Heads that were noted: chain -> number of the entry -> its hash."""

CHAINS: Final[tuple[Chain, ...]] = ("admin", "security")
ORIGIN_HASH: Final = "0" * 64
REASON_LENGTH: Final = 500
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a spreadsheet takes for the beginning of a formula."""
_HASHES: Final = frozenset({"prev_hash", "hash"})


@dataclass(frozen=True, slots=True)
class Act:
    """What was done: `action` as `noun.verb`, to what (`noun:name`), the fields that changed, and why."""

    action: str
    thing: str
    before: Fields | None = None
    after: Fields | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Verified:
    """A whole chain: how many entries, and its head's hash, to be kept elsewhere and compared later."""

    chain: str
    entries: int
    hash: str


def record(
    connection: Connection, act: Act, *, at_ns: int, by: Principal | str, origin: Origin, chain: Chain = "admin"
) -> int:
    """Appends an entry in the transaction of the change that it tells of; its number, of which none is left out.

    `by` is the principal, or a word where there is none, such as `anonymous` or `operator`. Fields that stayed the
    same, and secrets, are left out.
    """
    head = rows.lock_audit_head(connection, chain)
    old, new = changed(act.before, act.after)
    known = by if isinstance(by, Principal) else None
    entry = AuditEntry(
        chain=chain,
        seq=head.seq + 1,
        at_ns=at_ns,
        actor_id=None if known is None else known.user_id,
        actor=str(by) if known is None else known.login,
        proof="none" if known is None else proof_of(known),
        address=shown(origin.address, 64),
        user_agent=redacted_text(origin.agent),
        action=act.action,
        object=shown(act.thing),
        before=old,
        after=new,
        reason=redacted_text(shown(act.reason, REASON_LENGTH)),
        correlation_id=shown(origin.correlation_id, 64),
        prev_hash=head.hash,
        hash="",
    )
    rows.append_audit_entry(connection, _hashed(entry))
    return entry.seq


def changed(before: Fields | None, after: Fields | None) -> tuple[str | None, str | None]:
    """Both sides as canonical JSON, without secrets and without what stayed the same."""
    if before is not None and after is not None:
        same = {name for name in before.keys() & after.keys() if before[name] == after[name]}
        before = {name: value for name, value in before.items() if name not in same}
        after = {name: value for name, value in after.items() if name not in same}
    return _told(before), _told(after)


def canonical(value: object) -> str:
    """The one JSON text of a value made of texts, integers, booleans, None, lists and mappings."""
    return json.dumps(_plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def proof_of(principal: Principal) -> str:
    """By what the principal is known: `session:...` or `key:...`."""
    return f"session:{principal.session_id}" if principal.session_id else f"key:{principal.key_id}"


def verify(connection: Connection, *, noted: Noted | None = None) -> list[Verified]:
    """Reads every entry of every chain again.

    `noted` are heads noted earlier and kept elsewhere: the chains must still contain them. Without, nobody can tell
    whether the newest entries were cut off together with their head, or all of them written again.
    Raises: AuditBroken: an entry was changed, added, moved or removed.
    """
    kept = rows.audit_heads(connection)
    wrong = sorted(set(kept) ^ set(CHAINS) | set(rows.audit_chains(connection)) - set(CHAINS))
    if wrong:
        raise AuditBroken(f"audit chain {wrong[0]!r}: no such chain, or its head is gone: somebody changed the tables")
    return [_verify_chain(connection, chain, kept[chain], (noted or {}).get(chain, {})) for chain in CHAINS]


def export_csv(entries: Iterator[AuditEntry], stream: TextIO) -> int:
    """Writes entries as CSV, no cell of which a spreadsheet takes for a formula; how many."""
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow([one.name for one in fields(AuditEntry)])
    return _count(entries, lambda entry: writer.writerow([_cell(value) for value in asdict(entry).values()]))


def export_jsonl(entries: Iterator[AuditEntry], stream: TextIO) -> int:
    """Writes entries as canonical JSON, one a line; how many."""
    return _count(entries, lambda entry: stream.write(canonical(asdict(entry)) + "\n"))


def _told(side: Fields | None) -> str | None:
    return None if side is None else canonical(redacted(dict(side)))


def _count(entries: Iterator[AuditEntry], write: Callable[[AuditEntry], object]) -> int:
    number = 0
    for entry in entries:
        write(entry)
        number += 1
    return number


def _cell(value: object) -> object:
    """A text that begins like a formula gets an apostrophe before it."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _verify_chain(connection: Connection, chain: str, kept: AuditHead, noted: Mapping[int, str]) -> Verified:
    seq, last = 0, ORIGIN_HASH
    for entry in rows.audit_entries(connection, chain):
        if entry.seq != seq + 1 or entry.prev_hash != last or entry.hash != _hashed(entry).hash:
            raise AuditBroken(
                f"audit chain {chain!r} is broken at entry {seq + 1}: compare it with an export or a backup"
            )
        seq, last = entry.seq, entry.hash
        if noted.get(seq, last) != last:
            raise AuditBroken(f"audit chain {chain!r} was written again: entry {seq} is not the one that was noted")
    if (kept.seq, kept.hash) != (seq, last):
        raise AuditBroken(
            f"audit chain {chain!r} ends at entry {seq}, its head is entry {kept.seq}: entries are missing"
        )
    if max(noted, default=0) > seq:
        raise AuditBroken(
            f"audit chain {chain!r} ends at entry {seq}, entry {max(noted)} was noted: entries were cut off"
        )
    return Verified(chain, seq, last)


def _hashed(entry: AuditEntry) -> AuditEntry:
    said = {name: value for name, value in asdict(entry).items() if name not in _HASHES}
    over = _bytes(entry.prev_hash) + canonical(said).encode("utf-8", "surrogatepass")
    return AuditEntry(**{**said, "prev_hash": entry.prev_hash, "hash": hashlib.sha256(over).hexdigest()})


def _bytes(prev_hash: object) -> bytes:
    """The hash before; anything else than 64 small hexadecimal digits, as after tampering, as its own text."""
    text = str(prev_hash)
    whole = len(text) == 64 and all(sign in "0123456789abcdef" for sign in text)
    return bytes.fromhex(text) if whole else repr(prev_hash).encode()


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, frozenset | set):
        return sorted(_plain(one) for one in value)  # type: ignore[type-var]
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, bytes):
        return value.hex()
    raise TypeError(f"audit entries hold no {type(value).__name__}: give its text")
