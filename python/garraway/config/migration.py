"""Older files of settings brought to this version, a step for each. Touches nothing.

Version 0 is the flat table of what the exchange was told before there were sections: `folder`, `durability`, `door`,
`ouch_host`, `ouch_port`, `segment_bytes`, `event_segment_bytes`, `reserve_orders`. It carries no `version`.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from garraway.config.findings import MigrationRefused
from garraway.config.settings import VERSION

Table = dict[str, Any]

FLAT: Final[Mapping[str, str]] = {
    "folder": "venue",
    "durability": "venue",
    "segment_bytes": "venue",
    "event_segment_bytes": "venue",
    "reserve_orders": "venue",
    "door": "exchange",
    "ouch_host": "exchange",
    "ouch_port": "exchange",
}
"""Where the keys of version 0 stand in version 1."""


def version_of(document: Mapping[str, Any]) -> int:
    """The version a file is written in: the one it names; 0 for a flat table without one, else the present one."""
    said = document.get("version")
    if isinstance(said, int) and not isinstance(said, bool):
        return said
    return 0 if FLAT.keys() & document.keys() else VERSION


def migrate(document: Mapping[str, Any]) -> Table:
    """The same settings in the present version. Raises: MigrationRefused: the file is of a newer release."""
    version, table = version_of(document), dict(document)
    if version not in {*STEPS, VERSION}:
        raise MigrationRefused(
            f"version {version} of the settings is not one this release knows, which are 0 to {VERSION}: "
            "use the release that wrote the file"
        )
    while version < VERSION:
        table = STEPS[version](table)
        version += 1
    return {"version": VERSION, **{key: value for key, value in table.items() if key != "version"}}


def _into_sections(flat: Table) -> Table:
    """0 -> 1. Keys that version 0 did not have stay where they are, so that the check names them."""
    table: Table = {}
    for key, value in flat.items():
        if key in FLAT:
            table.setdefault(FLAT[key], {})[key] = value
        else:
            table[key] = value
    return table


STEPS: Final[Mapping[int, Callable[[Table], Table]]] = {0: _into_sections}
"""Version -> what brings a file of it to the next one."""
