"""A search that chooses its runs, by Optuna. Touches nothing but that library.

Trials are asked for and told in batches of a fixed size, so that a search comes to the same runs with any number of
workers.
"""

from dataclasses import asdict, dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol, get_args

from garraway.trading.sweep_errors import GridInvalid, PoolUnavailable
from garraway.trading.sweep_grid import Grid, Parameters
from garraway.trading.sweep_runs import MEASURES

if TYPE_CHECKING:
    from collections.abc import Callable

Sampler = Literal["tpe", "random"]
FAILED: Final = -1e300


@dataclass(frozen=True, slots=True)
class Search:
    """What a search looks for, and how."""

    trials: int = 100
    by: str = "sharpe"
    """The measure of which it wants most, or with `-` before it least."""
    sampler: Sampler = "tpe"
    seed: int = 0
    batch: int = 8
    """Trials that are chosen before their results are known."""

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


class Make(Protocol):
    """Makes runs."""

    def __call__(self, asked: list[Parameters], *, total: int) -> list[dict[str, Any]]:
        """The lines of these runs, in their order."""


def searched(grid: Grid, search: Search, make: Make) -> list[Parameters]:
    """The runs of a search, each once, in the order in which they were chosen first.

    Raises: GridInvalid: the search is none. PoolUnavailable: Optuna is not installed.
    """
    _prove(search)
    try:
        optuna: Any = import_module("optuna")
    except ImportError as error:
        raise PoolUnavailable("optuna is not installed: pip install 'garraway[scale]', or leave search out") from error
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(direction="maximize", sampler=_sampler(optuna, search))
    space = {name: optuna.distributions.IntDistribution(0, len(values) - 1) for name, values in grid.items()}
    chosen: list[Parameters] = []
    for begun in range(0, search.trials, search.batch):
        batch = [study.ask(space) for _ in range(min(search.batch, search.trials - begun))]
        asked = [{name: values[trial.params[name]] for name, values in grid.items()} for trial in batch]
        for trial, line in zip(batch, make(asked, total=search.trials), strict=True):
            study.tell(trial, _worth(line, search.by))
        chosen += [one for one in asked if one not in chosen]
    return chosen


def _worth(line: dict[str, Any], by: str) -> float:
    value = (line["measures"] or {}).get(by.removeprefix("-"))
    if value is None:
        return FAILED
    return -float(value) if by.startswith("-") else float(value)


def _sampler(optuna: Any, search: Search) -> Any:
    makers: dict[str, Callable[[], Any]] = {
        "tpe": lambda: optuna.samplers.TPESampler(seed=search.seed, n_startup_trials=2 * search.batch),
        "random": lambda: optuna.samplers.RandomSampler(seed=search.seed),
    }
    return makers[search.sampler]()


def _prove(search: Search) -> None:
    if search.trials < 1 or search.batch < 1:
        raise GridInvalid(f"{search.trials} trials in batches of {search.batch}: give 1 or more of each")
    if search.sampler not in get_args(Sampler):
        raise GridInvalid(f"sampler {search.sampler!r} is none of {', '.join(get_args(Sampler))}: take one of them")
    if MEASURES.get(search.by.removeprefix("-")) is None:
        raise GridInvalid(f"{search.by!r} is no measure: take one of {', '.join(MEASURES)}")
