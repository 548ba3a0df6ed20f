"""Settings from environment variables: `GARRAWAY_SECTION__FIELD`. Touches nothing; the variables are handed in.

Text is text; other values are written as in TOML, lists also with commas (`a, b`).
"""

import tomllib
from collections.abc import Iterator, Mapping
from typing import Any, Final, get_origin

from garraway.config.tree import Key, below, is_table, kind_of

PREFIX: Final = "GARRAWAY_"
BETWEEN: Final = "__"
TOP: Final = ("GARRAWAY_ENVIRONMENT",)
"""Variables of settings that stand in no section."""
Override = tuple[Key, str, Any]
"""A setting's path, the name of what gave it, its value."""


def overrides(variables: Mapping[str, str]) -> Iterator[Override]:
    """Every variable that names a setting."""
    for name in sorted(variables):
        if name in TOP or (name.startswith(PREFIX) and BETWEEN in name):
            path = _path(name.removeprefix(PREFIX).split(BETWEEN))
            yield path, name, _value(path, variables[name])


def given(options: Mapping[str, tuple[str, str]]) -> Iterator[Override]:
    """Options of the command line: setting -> (option, text)."""
    for key, (name, text) in options.items():
        path = tuple(key.split("."))
        yield path, name, _value(path, text)


def variable(path: Key) -> str:
    """Name of the variable that sets this setting."""
    return PREFIX + BETWEEN.join(part.upper() for part in path)


def _value(path: Key, text: str) -> Any:  # noqa: ANN401 -- whatever the setting holds
    kind = kind_of(path)
    if get_origin(kind) is tuple:
        return _list(text)
    if kind in {int, float, bool} or is_table(kind):
        return _as_toml(text)
    return text


def _path(parts: list[str]) -> Key:
    """The setting's path: its own names in small letters, names within a table (symbols, codes) as they are."""
    kind, path = kind_of(()), []
    for part in parts:
        path.append(part if is_table(kind) else part.lower())
        kind = below(kind, path[-1])
    return tuple(path)


def _list(text: str) -> Any:  # noqa: ANN401
    if text.lstrip().startswith("["):
        return _as_toml(text)
    return [part.strip() for part in text.split(",") if part.strip()]


def _as_toml(text: str) -> Any:  # noqa: ANN401
    """The value that the text writes in TOML; the text itself where it writes none."""
    try:
        return tomllib.loads(f"value = {text.strip()}\n")["value"]
    except (tomllib.TOMLDecodeError, KeyError):
        return text
