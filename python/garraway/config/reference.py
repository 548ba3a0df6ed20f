"""The reference page of all settings, written from the tree itself. Touches nothing."""

from collections.abc import Iterator
from typing import Any, Final, get_args, get_origin

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from garraway.config.environment import variable
from garraway.config.references import Reference
from garraway.config.sections import InstrumentSchedule, Section
from garraway.config.settings import Settings

MARK: Final = "## Settings\n"
"""What stands above it is written by hand, what stands below it is made here."""


def page(stored: str) -> str:
    """The page with its list of settings made anew.

    Args:
        stored: the page as it is.
    """
    lines = [stored.partition(MARK)[0] + MARK]
    top = {name: field for name, field in Settings.model_fields.items() if not _is_section(field.annotation)}
    lines += ["### At the top", "", *_table("", top), ""]
    for name, field in Settings.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, Section):
            lines += [f"### [{name}]", "", _sentence(kind.__doc__), "", *_table(name, kind.model_fields), ""]
    table = "schedules.instruments.SYMBOL"
    lines += [f"### [{table}]", "", _sentence(InstrumentSchedule.__doc__), ""]
    lines += [*_table(table, InstrumentSchedule.model_fields)]
    return "\n".join(lines) + "\n"


def _table(section: str, fields: dict[str, FieldInfo]) -> Iterator[str]:
    yield "| setting | kind | default | what |"
    yield "|---|---|---|---|"
    for name, field in fields.items():
        limits = _limits(field)
        what = f"{field.description} {f'({limits})' if limits else ''}".strip()
        yield f"| `{name}` | {_kind(field.annotation)} | {_default(field)} | {what} |"
    if section and not section.endswith("SYMBOL"):
        first = next(iter(fields))
        yield ""
        yield f"In the environment, for example: `{variable((section, first))}`."


def _kind(annotation: Any) -> str:  # noqa: ANN401 -- whatever a field declares
    if annotation is type(None):
        return ""
    origin, members = get_origin(annotation), get_args(annotation)
    if str(origin) == "typing.Literal" or (members and all(isinstance(one, str | int) for one in members)):
        return " or ".join(f"`{one}`" for one in members)
    if origin is tuple:
        return f"list of {_kind(members[0])}"
    if origin is not None and "Mapping" in str(origin):
        return f"table of {_kind(members[1])}"
    if origin is not None and members and "Annotated" in str(annotation).partition("[")[0]:
        return _kind(members[0])
    if members:
        return " or ".join(dict.fromkeys(found for one in members if (found := _kind(one))))
    return _NAMES.get(getattr(annotation, "__name__", ""), "text")


_NAMES: Final = {
    "int": "number",
    "float": "number",
    "bool": "`true` or `false`",
    "str": "text",
    "Path": "path",
    "IPv4Address": "address",
    "IPv6Address": "address",
    "IPv4Network": "network",
    "IPv6Network": "network",
    "date": "date",
    "time": "time",
    Reference.__name__: "secret's reference",
    "InstrumentSchedule": "tables, see below",
}


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "needed"
    value = field.get_default(call_default_factory=True)
    if value is None or value is PydanticUndefined:
        return "none"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, tuple):
        return ", ".join(f"`{one}`" for one in value) or "none"
    if hasattr(value, "keys"):
        return "none"
    return f"`{value}`" if str(value) else "empty"


def _limits(field: FieldInfo) -> str:
    found = [
        f"{word} {getattr(one, name)}"
        for one in field.metadata
        for name, word in (("ge", "at least"), ("le", "at most"))
        if hasattr(one, name)
    ]
    return ", ".join(found)


def _is_section(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, Section)


def _sentence(text: str | None) -> str:
    return " ".join((text or "").split())
