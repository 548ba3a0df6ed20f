"""What is wrong with settings: where, what, and what to do. Touches nothing.

    ConfigError
    ├── ConfigInvalid       the settings cannot be used; holds all findings
    └── MigrationRefused    the file cannot be brought to this version

Findings are for people and for machines: each has a rule's name, a place, and a remedy.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal


class ConfigError(Exception):
    """Settings cannot be had."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong (error) or unwise (warning). Never holds a secret."""

    severity: Literal["error", "warning"]
    code: str
    """Name of the rule, such as `unknown-key`."""
    key: str
    """The setting, such as `service.port`; empty for the file as a whole."""
    where: str
    """File and line, or the environment variable, or `default`."""
    what: str
    """What is wrong, with the value and the limit."""
    remedy: str
    """What to do."""

    def __str__(self) -> str:
        """One line for people."""
        key = f"{self.key}: " if self.key else ""
        return f"{self.where}: {self.severity}: {key}{self.what}; {self.remedy} [{self.code}]"


class ConfigInvalid(ConfigError):
    """The settings cannot be used."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        """Holds all of them; the text has a line for each."""
        self.findings = tuple(findings)
        super().__init__("\n".join(map(str, findings)))


class MigrationRefused(ConfigError):
    """The file cannot be brought to this version."""
