"""Passwords that attackers try first. Touches one file, where the settings name one.

The built-in list is generated here by a rule (the words and habits that every such list begins with: common words,
keyboard rows, runs, years, endings and letter swaps). It is not copied from any published list, and does not replace
one: an operator names the file of a full list (`SHA1:COUNT` in hexadecimal, sorted by hash, as its
publishers hand it out), which is searched on disk.
"""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import BinaryIO, Final

_WORDS: Final = (
    "password passwort passw0rd welcome letmein admin administrator login master dragon monkey football baseball "
    "soccer hockey superman batman sunshine princess shadow michael jordan charlie iloveyou trustno1 whatever "
    "starwars computer internet samsung google secret summer winter spring autumn monday friday january december "
    "trading trader exchange bitcoin ethereum money broker forex garraway change changeme default guest test testing "
    "hello freedom flower cheese chocolate banana orange cookie ginger pepper hunter ranger killer maggie daniel "
    "andrew jessica thomas robert london berlin paris newyork america england germany qwerty azerty qwertz asdf zxcv"
)
_ROWS: Final = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop", "azertyuiop", "1234567890", "abcdefghijklmnop")
_ENDINGS: Final = (
    "",
    "1",
    "12",
    "123",
    "1234",
    "12345",
    "123456",
    "!",
    "1!",
    "123!",
    "@123",
    "#1",
    "01",
    "007",
    "69",
    "99",
)
_YEARS: Final = tuple(str(year) for year in range(1950, 2031))
_SWAPS: Final = {ord(letter): sign for letter, sign in zip("aoeis", "@031$", strict=True)}
_LEAST: Final = 8
_LINE: Final = 40


@dataclass(frozen=True, slots=True)
class Breached:
    """The built-in list, and the full one where there is a file."""

    full: Path | None = None

    def __contains__(self, password: str) -> bool:
        """Whether it is known, in any case of its letters."""
        folded = password.casefold()
        return folded in generated() or _one_sign(folded) or (self.full is not None and _in_file(self.full, password))


@cache
def generated() -> frozenset[str]:
    """The passwords of 8 characters or more that the rule makes, in lower case."""
    return frozenset(text for text in _made() if len(text) >= _LEAST)


def _made() -> Iterator[str]:
    for word in _WORDS.split():
        for form in {*_swapped(word), word[::-1], word + word}:
            for ending in (*_ENDINGS, *_YEARS):
                yield form + ending
                yield ending + form
    for row in _ROWS:
        for start in range(len(row)):
            for end in range(start + 3, len(row) + 1):
                run = row[start:end]
                yield from (run, run[::-1], run + run, run + "123", "123" + run, run + "!")
    for day in range(1, 32):
        for month in range(1, 13):
            for year in _YEARS:
                yield f"{day:02}{month:02}{year}"
                yield f"{year}{month:02}{day:02}"
    yield from ("1q2w3e4r", "1q2w3e4r5t", "1qaz2wsx", "q1w2e3r4", "qazwsxedc", "zaq12wsx", "1qazxsw2", "a1b2c3d4")
    yield from ("123123123", "12341234", "11223344", "87654321", "1234567891", "123456789a", "abcd1234", "abc12345")


def _swapped(word: str) -> Iterator[str]:
    """The word, with one kind of letter written as a sign, and with all of them."""
    yield word
    yield word.translate(_SWAPS)
    for letter, sign in _SWAPS.items():
        yield word.replace(chr(letter), sign)


def _one_sign(text: str) -> bool:
    """The same one or two signs again and again."""
    return len(set(text)) <= 2


def _in_file(path: Path, password: str) -> bool:
    """Bisects the file's lines, each of which begins with 40 hexadecimal digits, in rising order."""
    wanted = hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper().encode()
    with path.open("rb") as stream:
        low, high = 0, os.fstat(stream.fileno()).st_size
        while low < high:
            middle = (low + high) // 2
            found, end = _line_from(stream, middle)
            if found and found < wanted:
                low = end
            else:
                high = middle
        return _line_from(stream, low)[0] == wanted


def _line_from(stream: BinaryIO, offset: int) -> tuple[bytes, int]:
    """The first whole line that begins at or after `offset`: its hash and where it ends."""
    stream.seek(max(offset - 1, 0))
    if offset > 0:
        stream.readline()
    line = stream.readline()
    return line[:_LINE].upper(), stream.tell()
