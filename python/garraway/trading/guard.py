"""While a back-test runs, the wall clock and global random generators raise in its thread.

Nothing else gives the same run twice.

Touches the modules time and random and NumPy's old generator, and puts them back.
"""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from garraway.trading.errors import ClockForbidden

_CLOCKS: Final = ("time", "time_ns", "localtime", "gmtime", "ctime")
_CHANCES: Final = (
    *("random", "randint", "randrange", "uniform", "choice", "choices", "shuffle", "sample", "gauss", "normalvariate"),
    *("betavariate", "expovariate", "gammavariate", "lognormvariate", "triangular", "vonmisesvariate", "paretovariate"),
    *("weibullvariate", "getrandbits", "randbytes", "seed"),
)
_OLD_NUMPY: Final = (
    *(
        "rand",
        "randn",
        "randint",
        "random",
        "random_sample",
        "ranf",
        "sample",
        "choice",
        "shuffle",
        "permutation",
        "seed",
    ),
    *("normal", "uniform", "standard_normal", "exponential", "poisson", "binomial", "gamma", "beta", "lognormal"),
    *("integers", "bytes", "laplace", "multivariate_normal", "standard_t", "geometric", "triangular"),
)
_OURS: Final = ("logging", "rich", "threading", "asyncio", "polars", "concurrent", "warnings")
"""Who asks the clock for itself and not for the strategy."""


@contextmanager
def forbidden(module: str | None = None) -> Iterator[None]:
    """Has clocks and global chance raise ClockForbidden in this thread; so do a module's own names for them."""
    replaced = list(_replacements(threading.get_ident(), module))
    for owner, name, _, new in replaced:
        setattr(owner, name, new)
    try:
        yield
    finally:
        for owner, name, old, _ in reversed(replaced):
            setattr(owner, name, old)


def _replacements(thread: int, module: str | None) -> Iterator[tuple[Any, str, Any, Any]]:
    import random  # noqa: PLC0415 - costs time that only runs need

    numpy_random = sys.modules.get("numpy.random")
    owners = ((time, _CLOCKS, "self.now"), (random, _CHANCES, "self.rng"), (numpy_random, _OLD_NUMPY, "self.rng"))
    made: dict[int, tuple[Any, Any]] = {}
    for owner, names, instead in owners:
        for name in names:
            old = getattr(owner, name, None)
            if callable(old):
                new = _raising(old, f"{owner.__name__}.{name}" if owner else name, instead, thread)
                made[id(old)] = old, new
                yield owner, name, old, new
    strategy = sys.modules.get(module or "")
    for name, value in list(vars(strategy).items()) if strategy else ():
        if id(value) in made and made[id(value)][0] is value:
            yield strategy, name, value, made[id(value)][1]


def _raising(old: Callable[..., Any], name: str, instead: str, thread: int) -> Callable[..., Any]:
    def asked(*given: Any, **named: Any) -> Any:
        caller = sys._getframe(1).f_globals.get("__name__", "")
        if threading.get_ident() != thread or caller.partition(".")[0] in _OURS:
            return old(*given, **named)
        raise ClockForbidden(f"{name}() gives something else in each run: take {instead} in a back-test")

    return asked
