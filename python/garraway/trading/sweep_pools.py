"""Where the runs of a sweep are made: in this process, on processes, on Ray. The same lines come of each.

May start processes, and talk to a Ray cluster.
"""

import multiprocessing
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from importlib import import_module
from itertools import islice
from typing import Any, Final, Protocol

from garraway.trading.sweep_errors import PoolUnavailable
from garraway.trading.sweep_grid import Parameters
from garraway.trading.sweep_runs import Task, made

ONE_THREAD: Final = {"POLARS_MAX_THREADS": "1", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
"""Of a worker: there are as many workers as cores."""

SILENT: Final = {"RAY_USAGE_STATS_ENABLED": "0"}
"""Of Ray: it reports to nobody."""
STARTS: Final = 3
"""How often a Ray of this machine is started: on a busy one its parts may miss each other within Ray's own limits."""

Line = dict[str, Any]


class Pool(Protocol):
    """Makes runs."""

    def lines(self, asked: Iterable[Parameters]) -> Iterator[tuple[Parameters, Line]]:
        """Each run once, as they get ready."""

    def close(self) -> None:
        """Ends what was started."""


def pool_of(on: str, task: Task, workers: int | None) -> Pool:
    """`processes`, `here` (one after the other), `ray` (of this machine) or `ray://host:port`.

    Raises: PoolUnavailable.
    """
    if workers is not None and workers < 1:
        raise PoolUnavailable(f"{workers} workers make no run: give 1 or more")
    if on == "here":
        return Here(task)
    if on == "processes":
        return Processes(task, workers or len(os.sched_getaffinity(0)))
    if on == "ray" or on.startswith("ray://"):
        return Ray(task, on, workers)
    raise PoolUnavailable(f"on {on!r} is none of processes, here, ray, ray://host:port: take one of them")


class Here:
    """One run after the other, in this process."""

    def __init__(self, task: Task) -> None:
        """Of this sweep."""
        self._task = task

    def lines(self, asked: Iterable[Parameters]) -> Iterator[tuple[Parameters, Line]]:
        """Each run once, in the order asked for."""
        return ((parameters, made(self._task, parameters)) for parameters in asked)

    def close(self) -> None:
        """Nothing was started."""


class Processes:
    """On processes of this machine; each gets the source once."""

    def __init__(self, task: Task, workers: int) -> None:
        """So many of them, which start with the first run."""
        self._workers = workers
        with _environment(ONE_THREAD):
            self._pool = ProcessPoolExecutor(
                workers, multiprocessing.get_context("spawn"), initializer=_take, initargs=(task,)
            )

    def lines(self, asked: Iterable[Parameters]) -> Iterator[tuple[Parameters, Line]]:
        """Each run once, as they get ready; few are waiting at a time."""
        open_: dict[Future[Line], Parameters] = {}
        waiting = iter(asked)
        try:
            with _environment(ONE_THREAD):
                while True:
                    for parameters in _some(waiting, 3 * self._workers - len(open_)):
                        open_[self._pool.submit(_make, parameters)] = parameters
                    if not open_:
                        return
                    for future in wait(open_, return_when=FIRST_COMPLETED).done:
                        yield open_.pop(future), future.result()
        except BrokenProcessPool as error:
            raise PoolUnavailable(
                "a worker ended before its run did: the machine may lack memory, so take fewer workers; a script that "
                'starts a sweep needs `if __name__ == "__main__":` around it'
            ) from error

    def close(self) -> None:
        """Ends the processes; runs that are not begun are left."""
        self._pool.shutdown(cancel_futures=True)


class Ray:
    """On Ray: of this machine, or of a cluster."""

    def __init__(self, task: Task, on: str, workers: int | None) -> None:
        """Joins the cluster that this process is in already, or else starts or joins one. Raises: PoolUnavailable."""
        try:
            with _environment(SILENT):
                self._ray: Any = import_module("ray")
        except ImportError as error:
            raise PoolUnavailable(
                "ray is not installed: pip install 'garraway[scale]', or take on='processes'"
            ) from error
        self._ours = not self._ray.is_initialized()
        if self._ours:
            self._start(on, workers)
        self._task = self._ray.put(task)
        self._make = self._ray.remote(made)
        self._workers = int(self._ray.cluster_resources().get("CPU", 1))

    def lines(self, asked: Iterable[Parameters]) -> Iterator[tuple[Parameters, Line]]:
        """Each run once, as they get ready; few are waiting at a time."""
        open_: dict[Any, Parameters] = {}
        waiting = iter(asked)
        while True:
            for parameters in _some(waiting, 3 * self._workers - len(open_)):
                open_[self._make.remote(self._task, parameters)] = parameters
            if not open_:
                return
            done, _ = self._ray.wait(list(open_))
            for one in done:
                yield open_.pop(one), self._ray.get(one)

    def close(self) -> None:
        """Leaves the cluster, where it was joined here."""
        if self._ours:
            self._ray.shutdown()

    def _start(self, on: str, workers: int | None) -> None:
        options: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR"}
        if on == "ray":
            options |= {"num_cpus": workers, "include_dashboard": False, "runtime_env": {"env_vars": ONE_THREAD}}
        else:
            options |= {"address": on, "runtime_env": {"env_vars": ONE_THREAD}}
        failed: Exception | None = None
        for _ in range(STARTS if on == "ray" else 1):
            try:
                with _environment(SILENT):
                    self._ray.init(**options)
            except Exception as error:  # noqa: BLE001 - Ray has no tree of its own for what goes wrong here
                self._ray.shutdown()
                failed = error
            else:
                return
        raise PoolUnavailable(f"{on}: {failed}; is the cluster there, with the same Python and Garraway?") from failed


_task: list[Task] = []
"""In a worker: what all its runs share."""


def _take(task: Task) -> None:
    _task[:] = [task]


def _make(parameters: Parameters) -> Line:
    return made(_task[0], parameters)


def _some(waiting: Iterator[Parameters], most: int) -> list[Parameters]:
    return list(islice(waiting, max(most, 0)))


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    """Of processes that are started within; what is set already stands."""
    added = {name: value for name, value in values.items() if name not in os.environ}
    os.environ.update(added)
    try:
        yield
    finally:
        for name in added:
            os.environ.pop(name, None)
