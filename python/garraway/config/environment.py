"""Settings from environment variables: `GARRAWAY_SECTION__FIELD`. Touches nothing; the variables are handed in.

Text is text; other values are written as in TOML, lists also with commas (`a, b`).
"""

import tomllib
from collections.abc import Iterator, Mapping
from typing import Any, Final, get_args, get_origin

from garraway.config.sections import Section
from garraway.config.settings import Settings

PREFIX: Final = "GARRAWAY_"
BETWEEN: Final = "__"
TOP: Final = ("GARRAWAY_ENVIRONMENT",)
"""Variables of settings that stand in no section."""


Override = tuple[tuple[str, ...], str, Any]
"""A setting's path, the name of what gave it, its value."""


def overrides(variables: Mapping[str, str]) -> Iterator[Override]:
    """Every variable that names a setting."""
    for name in sorted(variables):
        if name in TOP or (name.startswith(PREFIX) and BETWEEN in name):
            path = _path(name.removeprefix(PREFIX).split(BETWEEN))
            yield path, name, _value(path, variables[name])


_TREE: Final[object] = Settings


def given(options: Mapping[str, tuple[str, str]]) -> Iterator[Override]:
    """Options of the command line: setting -> (option, text)."""
    for key, (name, text) in options.items():
        path = tuple(key.split("."))
        yield path, name, _value(path, text)


def variable(path: tuple[str, ...]) -> str:
    """Name of the variable that sets this setting."""
    return PREFIX + BETWEEN.join(part.upper() for part in path)


def _value(path: tuple[str, ...], text: str) -> Any:  # noqa: ANN401 -- whatever the setting holds
    kind = _annotation(path)
    if get_origin(kind) is tuple:
        return _list(text)
    if kind in {int, float, bool} or _is_table(kind):
        return _as_toml(text)
    return text


def _path(parts: list[str]) -> tuple[str, ...]:
    """The setting's path: its own names in small letters, names within a table (symbols, codes) as they are."""
    kind, path = _TREE, []
    for part in parts:
        own = not _is_table(kind)
        path.append(part.lower() if own else part)
        kind = _below(kind, path[-1])
    return tuple(path)


def _annotation(path: tuple[str, ...]) -> object:
    """The declared type of a setting; None for one that there is not."""
    kind = _TREE
    for part in path:
        kind = _below(kind, part)
    return kind


def _below(kind: object, part: str) -> object:
    """The declared type of what stands under this name in a section or a table."""
    if isinstance(kind, type) and issubclass(kind, Section):
        field = kind.model_fields.get(part)
        return None if field is None else field.annotation
    return get_args(kind)[1] if _is_table(kind) else None


def _is_table(kind: object) -> bool:
    return get_origin(kind) is Mapping


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
