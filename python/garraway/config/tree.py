"""The declared tree, walked by names: what a path leads to. Touches nothing."""

from collections.abc import Iterable, Mapping
from typing import get_args, get_origin

from pydantic.fields import FieldInfo

from garraway.config.references import Reference
from garraway.config.sections import Section
from garraway.config.settings import Settings

Key = tuple[str, ...]
"""A setting's path: names of sections and fields, and within tables names of its own, such as symbols."""


def kind_of(path: Iterable[str]) -> object:
    """The declared type of what stands at this path; None where nothing is declared."""
    kind: object = Settings
    for part in path:
        kind = below(kind, part)
    return kind


def below(kind: object, part: str) -> object:
    """The declared type of what stands under this name in a section or a table."""
    if is_table(kind):
        return get_args(kind)[1]
    field = fields(kind).get(part)
    return None if field is None else field.annotation


def fields(kind: object) -> Mapping[str, FieldInfo]:
    """The fields of a section; none of anything else."""
    return kind.model_fields if isinstance(kind, type) and issubclass(kind, Section) else {}


def field_at(path: Key) -> FieldInfo | None:
    """The innermost field on the way to this path."""
    found, kind = None, kind_of(())
    for part in path:
        found = fields(kind).get(part, found)
        kind = below(kind, part)
    return found


def is_table(kind: object) -> bool:
    """Whether this declares a table with names of its own."""
    return get_origin(kind) is Mapping


def names_secret(kind: object) -> bool:
    """Whether this declares a reference to a secret: what stands in its place may be the secret itself."""
    return kind is Reference or any(names_secret(part) for part in get_args(kind))
