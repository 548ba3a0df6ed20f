"""Settings read from a file and the environment: all that is wrong with them is found in one go. Touches the file."""

import difflib
import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, time
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from garraway.config.environment import Override, given, overrides
from garraway.config.findings import ConfigInvalid, Finding
from garraway.config.lines import lines_of, nearest_line
from garraway.config.migration import version_of
from garraway.config.references import HIDDEN
from garraway.config.settings import VERSION, Settings
from garraway.config.tree import Key, below, field_at, fields, is_table, kind_of, names_secret

FILE_BYTES_AT_MOST: Final = 1 << 20
DEFAULT: Final = "default"
PASSWORD: Final = re.compile(r"(://[^:/@\s]*):.*@")
"""A password within an address."""
Options = Mapping[str, tuple[str, str]]
NO_OPTIONS: Final[Options] = {}


@dataclass(frozen=True, slots=True)
class Draft:
    """Settings as they were read: the tree if they make one, and everything that is wrong with them."""

    settings: Settings | None
    findings: tuple[Finding, ...] = ()
    name: str = ""
    """The file's name."""
    lines: Mapping[Key, int] = field(default_factory=dict)
    provisional: Settings | None = None
    """Where there is no tree: one in which what is wrong has its default, for the rules across sections."""
    variables: Mapping[Key, str] = field(default_factory=dict)
    """Settings that an environment variable set."""

    def where(self, key: Key) -> str:
        """Where the setting was given."""
        if key in self.variables:
            return self.variables[key]
        line = nearest_line(self.lines, key)
        if line is not None:
            return f"{self.name}:{line}"
        return next((name for path, name in self.variables.items() if path[: len(key)] == key), DEFAULT)


def load(path: Path | None, variables: Mapping[str, str], options: Options = NO_OPTIONS) -> Settings:
    """The settings of the file (None: the defaults), environment and options over it. Raises: ConfigInvalid."""
    draft = read(path, variables, options)
    if draft.settings is None:
        raise ConfigInvalid(draft.findings)
    return draft.settings


def read(path: Path | None, variables: Mapping[str, str], options: Options = NO_OPTIONS) -> Draft:
    """The draft of the file, environment and options over it; never raises for what they hold.

    Args:
        path: the file (TOML); None for the defaults.
        variables: the environment.
        options: setting, such as `venue.folder` -> (option of the command line, its text), over both.
    """
    if path is None:
        return parse("", name=DEFAULT, variables=variables, options=options)
    try:
        with path.open("rb") as stream:
            content = stream.read(FILE_BYTES_AT_MOST + 1)
        if len(content) > FILE_BYTES_AT_MOST:
            return _unreadable(path, f"is larger than {FILE_BYTES_AT_MOST} bytes", "name a file of settings")
        text = content.decode("utf-8")
    except OSError as error:
        return _unreadable(path, f"cannot be read: {error.strerror}", "name a file of settings that can be read")
    except UnicodeDecodeError as error:
        return _unreadable(path, f"is not UTF-8 at byte {error.start}", "write it in UTF-8")
    return parse(text, name=str(path), variables=variables, options=options)


def parse(text: str, *, name: str, variables: Mapping[str, str], options: Options = NO_OPTIONS) -> Draft:
    """The draft of a file's text, environment and options over it."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = _line_of(error)
        found = Finding("error", "syntax", "", f"{name}:{line}", f"is no TOML: {error}", "mend the line")
        return Draft(None, (found,), name)
    version = version_of(document)
    if version != VERSION:
        return Draft(None, (_of_version(version, name, lines_of(text)),), name)
    named: dict[Key, str] = {}
    findings = list(_overlay(document, [*overrides(variables), *given(options)], named))
    draft = Draft(None, (), name, lines_of(text), variables=named)
    try:
        settings = _tree(document)
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=True, include_input=True)
        findings += [_finding(detail, draft) for detail in details]
        return replace(
            draft, findings=_without_repeats(findings), provisional=_without(document, [_path(one) for one in details])
        )
    if findings:
        return replace(draft, findings=tuple(findings), provisional=settings)
    return replace(draft, settings=settings)


def _tree(document: Mapping[str, Any]) -> Settings:
    return Settings.model_validate_json(json.dumps(document, default=_plain), strict=True)


def _without(document: dict[str, Any], keys: list[Key]) -> Settings | None:
    """The tree without these keys; None where it is none even so."""
    for key in keys:
        table: Any = document
        for part in key[:-1]:
            table = table.get(part) if isinstance(table, dict) else None
        if isinstance(table, dict) and key:
            table.pop(key[-1], None)
    try:
        return _tree(document)
    except ValidationError:
        return None


def _overlay(document: dict[str, Any], values: Iterable[Override], named: dict[Key, str]) -> Iterator[Finding]:
    """Writes environment and options over the file."""
    for path, name, value in values:
        table: Any = document
        for part in path[:-1]:
            table = table.setdefault(part, {})
            if not isinstance(table, dict):
                yield Finding("error", "unknown-key", ".".join(path), name, f"{part} is no table", "unset the variable")
                break
        else:
            table[path[-1]] = value
            named[path] = name


def _plain(value: object) -> str:
    assert isinstance(value, date | time), value
    return value.isoformat()


def _finding(detail: ErrorDetails, draft: Draft) -> Finding:
    key = _path(detail)
    dotted, where = ".".join(key), draft.where(key)
    if detail["type"] == "extra_forbidden":
        return Finding("error", "unknown-key", dotted, where, "there is no such setting", _nearest(key))
    said = detail["msg"].removeprefix("Value error, ")
    if names_secret(kind_of(key)):
        remedy = "put the secret into a file or a variable, and name that here"
        return Finding("error", "reference", dotted, where, said, remedy)
    code = "range" if detail["type"] in _RANGES else "value" if detail["type"] == "value_error" else "type"
    return Finding("error", code, dotted, where, f"{_shown(detail['input'])}: {said}", _remedy(key))


_RANGES: Final = frozenset({"greater_than_equal", "less_than_equal", "greater_than", "less_than"})


def _path(detail: ErrorDetails) -> Key:
    """The setting's path: without places in lists and the names that pydantic gives to the members of a union."""
    path: list[str] = []
    kind = kind_of(())
    for part in detail["loc"]:
        if not isinstance(part, str) or not (fields(kind) or is_table(kind)):
            break
        path.append(part)
        kind = below(kind, part)
    return tuple(path)


def _nearest(key: Key) -> str:
    """What may have been meant by a name that there is not."""
    names = list(fields(kind_of(key[:-1])))
    close = difflib.get_close_matches(key[-1], names, n=1, cutoff=0.6)
    if close:
        return f"did you mean {close[0]}?"
    elsewhere = [f"{section}.{key[-1]}" for section in fields(kind_of(())) if key[-1] in fields(kind_of([section]))]
    if elsewhere:
        return f"it stands in another section: {', '.join(elsewhere)}"
    return f"remove it; there are {', '.join(names)}" if names else "remove it"


def _remedy(key: Key) -> str:
    """What the setting is, as it is documented."""
    declared = field_at(key)
    return "mend it" if declared is None else f"it is: {declared.description}"


def _shown(value: object) -> str:
    """The value, short, without what may be a secret in it."""
    if isinstance(value, dict | list):
        return "a table" if isinstance(value, dict) else "a list"
    text = PASSWORD.sub(r"\1:" + HIDDEN + "@", repr(value))
    return text if len(text) <= 60 else text[:57] + "..."


def _line_of(error: tomllib.TOMLDecodeError) -> str:
    words = str(error).partition("line ")[2]
    return words.partition(",")[0] or "end"


def _of_version(version: int, name: str, lines: Mapping[Key, int]) -> Finding:
    where = f"{name}:{lines.get(('version',), 1)}"
    if 0 <= version < VERSION:
        remedy = f"run `garraway config migrate --config {name}`"
    else:
        remedy = "use the release that wrote the file"
    what = f"the file is of version {version} of the settings, this release reads {VERSION}"
    return Finding("error", "version", "version", where, what, remedy)


def _unreadable(path: Path, what: str, remedy: str) -> Draft:
    return Draft(None, (Finding("error", "unreadable", "", str(path), what, remedy),), str(path))


def _without_repeats(findings: list[Finding]) -> tuple[Finding, ...]:
    """One finding for each setting, rule and value: a union's members each complain of it."""
    kept: dict[tuple[str, str, str], Finding] = {}
    for found in findings:
        kept.setdefault((found.key, found.code, found.what.partition(": ")[0]), found)
    return tuple(kept.values())
