"""Parameters of a strategy: typed class attributes, checked when one is made. Touches nothing."""

import operator
from difflib import get_close_matches
from inspect import get_annotations
from math import isfinite
from typing import Any, Final

from garraway.trading.errors import StrategyInvalid

Value = bool | int | float | str

TYPES: Final[dict[object, type]] = {
    kind: named for named in (bool, int, float, str) for kind in (named, named.__name__)
}


def declared(cls: type) -> dict[str, tuple[type, Value]]:
    """The parameters that a class declares itself: name -> type, default.

    StrategyInvalid: an attribute with a type that is none of bool, int, float and str, or a default of another type.
    """
    found: dict[str, tuple[type, Value]] = {}
    for name, annotation in get_annotations(cls).items():
        if name.startswith("_") or "ClassVar" in str(annotation) or name not in vars(cls):
            continue
        kind = TYPES.get(annotation)
        if kind is None:
            raise StrategyInvalid(
                f"{cls.__name__}.{name} is of type {annotation!r}: a parameter is bool, int, float or str; "
                "write ClassVar[...] for an attribute that is none"
            )
        found[name] = kind, checked(cls.__name__, name, kind, vars(cls)[name])
    return found


def checked(owner: str, name: str, kind: type, value: object) -> Value:
    """The value as one of the type. StrategyInvalid names parameter, value and type."""
    if kind is bool and isinstance(value, bool):
        return value
    if kind is str and isinstance(value, str):
        return value
    if not isinstance(value, bool):
        if kind is float and isinstance(value, float | int):
            return _finite(owner, name, float(value))
        if kind is int and hasattr(value, "__index__"):
            return operator.index(value)
    raise StrategyInvalid(f"{owner}.{name} is {kind.__name__}: {value!r} is {type(value).__name__}")


def given(owner: str, known: dict[str, tuple[type, Value]], values: dict[str, Any]) -> dict[str, Value]:
    """All parameters, those given in place of the defaults. StrategyInvalid names one that there is not."""
    for name in values:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            told = f"did you mean {near[0]}?" if near else f"it has {', '.join(known) or 'none'}"
            raise StrategyInvalid(f"{owner} has no parameter {name}: {told}")
    return {
        name: checked(owner, name, kind, values[name]) if name in values else default
        for name, (kind, default) in known.items()
    }


def from_text(owner: str, known: dict[str, tuple[type, Value]], name: str, text: str) -> Value:
    """A parameter's value from what was typed. StrategyInvalid names what it cannot be."""
    if name not in known:
        given(owner, known, {name: text})
    kind = known[name][0]
    words = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
    try:
        value: object = words[text.lower()] if kind is bool else kind(text)
    except (KeyError, ValueError):
        raise StrategyInvalid(f"{owner}.{name} is {kind.__name__}: {text!r} is none") from None
    return checked(owner, name, kind, value)


def _finite(owner: str, name: str, value: float) -> float:
    if not isfinite(value):
        raise StrategyInvalid(f"{owner}.{name} is {value}: give a finite number")
    return value
