"""Strategies from files: `FILE:Class`. Touches files, and runs what is in them."""

import importlib.util
import sys
from pathlib import Path

from garraway.trading.errors import StrategyInvalid
from garraway.trading.hashing import sha256
from garraway.trading.parameters import Value, from_text
from garraway.trading.strategy import Strategy


def load(where: str) -> type[Strategy]:
    """The class that `FILE:Class` names; without `:Class` the only one of the file. StrategyInvalid: there is none."""
    name, _, wanted = where.partition(":") if not Path(where).is_file() else (where, "", "")
    path = Path(name)
    if not path.is_file():
        raise StrategyInvalid(f"there is no file {name}: give FILE:Class, like ema_cross.py:EmaCross")
    module_name = f"garraway_strategy_{path.stem}_{sha256(str(path.resolve()).encode()).hexdigest()[:8]}"
    spec = importlib.util.spec_from_file_location(module_name, path)
    if spec is None or spec.loader is None:
        raise StrategyInvalid(f"{name} is no Python file: give FILE:Class, like ema_cross.py:EmaCross")
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module
    try:
        spec.loader.exec_module(module)
    except StrategyInvalid:
        raise
    except Exception as error:
        raise StrategyInvalid(f"{name} cannot be run: {type(error).__name__}: {error}") from error
    found = {
        key: value
        for key, value in vars(module).items()
        if isinstance(value, type) and issubclass(value, Strategy) and value.__module__ == module_name
    }
    if wanted in found:
        return found[wanted]
    if not wanted and len(found) == 1:
        return next(iter(found.values()))
    told = ", ".join(found) or "no strategy"
    raise StrategyInvalid(
        f"{name} has {told}: " + (f"there is no {wanted}" if wanted else "name one of them, FILE:Class")
    )


def configured(cls: type[Strategy], texts: list[str]) -> Strategy:
    """An instance with parameters from texts like `fast=5`. StrategyInvalid names one that cannot be."""
    values: dict[str, Value] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals:
            raise StrategyInvalid(f"--set {text}: write NAME=VALUE, like fast=5")
        values[name] = from_text(cls.__name__, cls.PARAMETERS, name, value)
    return cls(**values)
