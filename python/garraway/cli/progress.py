"""A bar of the bytes of files that a command has read, on a terminal alone."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from garraway.catalog import Watch

T = TypeVar("T")


def watched(name: str, files: Sequence[Path], work: Callable[[Watch], T], *, progress: bool) -> T:
    """Does `work` with a progress bar of the bytes that it has read of `files`."""
    columns = (TextColumn(name), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    shown = progress and console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=not shown) as bar:
        size = sum(file.stat().st_size for file in files) if all(file.is_file() for file in files) else None
        task = bar.add_task(name, total=size)
        return work(lambda read: bar.update(task, completed=read))
