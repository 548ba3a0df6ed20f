"""The parameters that a sweep goes through: each a list of values, all of them together. Touches nothing."""

from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from itertools import product
from math import isfinite, prod
from typing import Final

from garraway.trading.sweep_errors import GridInvalid

Value = int | float | str | bool | None
Parameters = dict[str, Value]
Grid = dict[str, tuple[Value, ...]]

MOST_RUNS: Final = 1_000_000


def grid_of(parameters: Mapping[str, object]) -> Grid:
    """The values of each parameter: an iterable gives several, anything else one.

    Raises: GridInvalid: a parameter without values, with one twice, or another kind of value; more than a million runs.
    """
    grid = {name: _values(name, given) for name, given in parameters.items()}
    runs = prod(len(values) for values in grid.values())
    if runs > MOST_RUNS:
        sizes = " x ".join(f"{name} {len(values)}" for name, values in grid.items())
        raise GridInvalid(f"{sizes} are {runs:,} runs, more than {MOST_RUNS:,}: take fewer values, or search=")
    return grid


def every(grid: Grid) -> list[Parameters]:
    """All combinations: the last parameter changes first."""
    return [dict(zip(grid, values, strict=True)) for values in product(*grid.values())]


def parsed(text: str) -> tuple[str, tuple[Value, ...]]:
    """`fast=5:20` (without 20), `slow=20:60:5`, `level=0.1:0.5:0.1`, `side=long,short`, `depth=3`.

    Raises: GridInvalid.
    """
    name, is_, said = text.partition("=")
    if not (is_ and name.isidentifier() and said):
        raise GridInvalid(
            f"--set {text!r} is none of fast=5:20, slow=20:60:5, side=long,short, depth=3: give one of them"
        )
    if ":" not in said:
        return name, tuple(_value(part) for part in said.split(","))
    try:
        first, end, *rest = (Decimal(part) for part in said.split(":"))
    except (InvalidOperation, ValueError) as error:
        raise GridInvalid(f"--set {text!r}: {said} is no first:end or first:end:step of numbers") from error
    step = rest[0] if len(rest) == 1 else Decimal(1)
    if len(rest) > 1 or not all(one.is_finite() for one in (first, end, step)) or step <= 0 or not first < end:
        raise GridInvalid(f"--set {text!r}: give first:end or first:end:step with first below end and a step above 0")
    if (end - first) / step > MOST_RUNS:
        raise GridInvalid(f"--set {text!r} has more than {MOST_RUNS:,} values: take a larger step")
    steps = int(-((first - end) // step)) + 1
    found = (first + number * step for number in range(steps))
    return name, tuple(_number(one) for one in found if one < end)


def _values(name: str, given: object) -> tuple[Value, ...]:
    several = isinstance(given, Iterable) and not isinstance(given, str | bytes)
    values = tuple(given) if several and isinstance(given, Iterable) else (given,)
    if not values:
        raise GridInvalid(f"{name} has no values: give at least one")
    for value in values:
        plain = isinstance(value, int | float | str | bool) or value is None
        if not plain or (isinstance(value, float) and not isfinite(value)):
            raise GridInvalid(f"{name} has the value {value!r}: give whole numbers, finite numbers, texts or booleans")
    if len({(type(value), value) for value in values}) < len(values):
        raise GridInvalid(f"{name} has a value twice among {values!r}: give each once")
    return values


def _value(text: str) -> Value:
    if text in {"true", "false"}:
        return text == "true"
    try:
        return _number(Decimal(text))
    except InvalidOperation:
        return text


def _number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() and "." not in str(value) else float(value)
