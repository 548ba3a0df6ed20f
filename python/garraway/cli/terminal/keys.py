"""Single keys from a terminal, while it is drawn on. Touches the terminal's settings and puts them back."""

import asyncio
import contextlib
import os
import termios
import tty
from collections.abc import Callable, Iterator
from typing import TextIO


@contextlib.contextmanager
def keys(stream: TextIO, pressed: Callable[[str], None]) -> Iterator[bool]:
    """Hands each character typed to `pressed`, unechoed; yields whether there is a terminal to type at.

    Ctrl-C stays a signal. A terminal that another job has in hand is left alone.
    """
    if not _ours(stream):
        yield False
        return
    number = stream.fileno()
    before = termios.tcgetattr(number)
    loop = asyncio.get_running_loop()

    def read() -> None:
        typed = os.read(number, 64)
        if not typed:
            loop.remove_reader(number)
        for character in typed.decode("ascii", "ignore"):
            pressed(character)

    tty.setcbreak(number, termios.TCSANOW)
    loop.add_reader(number, read)
    try:
        yield True
    finally:
        loop.remove_reader(number)
        termios.tcsetattr(number, termios.TCSANOW, before)


def _ours(stream: TextIO) -> bool:
    """Whether it is a terminal, and this process is in its foreground."""
    try:
        return stream.isatty() and os.tcgetpgrp(stream.fileno()) == os.getpgrp()
    except (OSError, ValueError):
        return False
