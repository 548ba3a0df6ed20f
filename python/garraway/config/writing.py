"""Settings written as TOML. Touches nothing."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from garraway.config.settings import Settings


def resolved_text(settings: Settings) -> str:
    """All settings as one file, with whole paths: what one process hands on to another."""
    told = settings.shown()
    told["venue"]["folder"] = str(settings.folder)
    return toml_text(told)


def toml_text(table: Mapping[str, Any]) -> str:
    """The table as TOML, values before tables; what is None is left out."""
    return "\n".join(_lines(table, ())).strip() + "\n"


def _lines(table: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[str]:
    values = {key: value for key, value in table.items() if not isinstance(value, Mapping) and value is not None}
    if path and (values or not table):
        yield ""
        yield f"[{'.'.join(map(_key, path))}]"
    for key, value in values.items():
        yield f"{_key(key)} = {_value(value)}"
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _lines(value, (*path, key))


def _key(name: str) -> str:
    bare = name.replace("-", "").replace("_", "").isalnum() and name.isascii()
    return name if bare else json.dumps(name)


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    isoformat = getattr(value, "isoformat", None)
    return str(isoformat()) if isoformat is not None else json.dumps(str(value), ensure_ascii=False)
