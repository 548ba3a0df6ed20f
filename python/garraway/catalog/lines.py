"""Lines of a text file, plain or compressed (.zst, .gz), streamed. Touches the file alone.

A file that was cut is refused: compressed streams must end, and so must the last line.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from garraway.catalog.blocks import PackingBroken, Watch, blocks
from garraway.catalog.errors import FileDamaged

LINE_BYTES: Final = 1 << 16
"""Longest line taken: a book row of a thousand levels has less."""


def numbered_lines(file: Path, watch: Watch | None = None) -> Iterator[tuple[int, bytes]]:
    """The lines of `file` with their numbers from 1, without their line ends.

    Raises: FileUnreadable; FileDamaged: the file is cut or its compression is broken.
    """
    number, rest = 0, b""
    try:
        for block in blocks(file, watch):
            *whole, rest = (rest + block).split(b"\n")
            for line in whole:
                number += 1
                yield number, line
            if len(rest) > LINE_BYTES:
                raise FileDamaged(file, number + 1, f"no line end within {LINE_BYTES} bytes", "give a text file")
    except PackingBroken as error:
        raise error.told(file, number + 1, f"line {number}") from error
    if rest:
        what = f"the file ends within the line {shown(rest)}"
        raise FileDamaged(file, number + 1, what, "fetch it again, or end the line if it is whole")


def shown(value: bytes) -> str:
    """A value for an error's text, cut to a length that a terminal can take."""
    text = value[:60].decode("ascii", "backslashreplace")
    return repr(text if len(value) <= 60 else text + "...")
