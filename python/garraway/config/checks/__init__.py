"""All that is wrong or unwise with settings, found in one go. Touches this host only when it is handed in."""

from pathlib import Path
from typing import Final

from garraway.config.checks import network, people, schedules, storage
from garraway.config.checks.host import Host, on_host
from garraway.config.checks.strength import Resolve, strength
from garraway.config.findings import Finding
from garraway.config.reading import Draft

RULES: Final = (*network.RULES, *people.RULES, *storage.RULES, *schedules.RULES)

__all__ = ["Host", "Resolve", "check"]


def check(
    draft: Draft, *, host: Host | None = None, resolve: Resolve | None = None, file: Path | None = None
) -> tuple[Finding, ...]:
    """Every finding: of the reading, of the rules across sections, of this host, of the secrets.

    Args:
        draft: what was read.
        host: this host, to ask for ports, paths, open files, memory and disk as well.
        resolve: fetches the secrets, to judge their strength as well.
        file: the file of settings, whose own mode is looked at with `host`.
    """
    settings = draft.settings or draft.provisional
    if settings is None:
        return draft.findings
    faults = [fault for rule in RULES for fault in rule(settings)]
    if host is not None:
        faults += on_host(settings, host, file)
    if resolve is not None:
        faults += strength(settings, resolve)
    wrong = {found.key for found in draft.findings}
    placed = [
        Finding(
            fault.severity, fault.code, fault.key, draft.where(tuple(fault.key.split("."))), fault.what, fault.remedy
        )
        for fault in faults
        if fault.key not in wrong  # its value was not taken, so the rule looked at the default
    ]
    return (*draft.findings, *placed)
