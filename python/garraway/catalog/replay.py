"""A recorded LOBSTER day played through our matching. Touches the files and, by `History`, the engine.

    1. the deepest book's first row is the opening book; the first message is already in it
    2. each further message becomes commands of the participants
    3. after each message our book is compared with the books' rows

Source: docs/guides/replay.md.
"""

from collections.abc import Sequence
from pathlib import Path

from garraway.catalog.blocks import Watch
from garraway.catalog.errors import BooksInvalid, CommandRefused
from garraway.catalog.lobster import messages
from garraway.catalog.oracle import Oracle
from garraway.catalog.player import Player
from garraway.catalog.report import ReplayReport


def replay_lobster(
    file: Path, books: Sequence[Path], *, watch: Watch | None = None, check_every: int = 0
) -> ReplayReport:
    """Plays the messages of `file` through a new engine and compares it with `books`.

    Args:
        file: LOBSTER messages; .csv, .csv.zst or .csv.gz.
        books: orderbook files of the same messages, at least one; a book may end before the messages do.
        watch: told how many bytes of `file` have been read.
        check_every: proves the engine's invariants after so many messages each; 0: at the end alone.
    Raises: CatalogError: a file is missing, damaged, or does not go with the others.
    """
    if not books:
        raise BooksInvalid("no book is given: give at least one orderbook file with --book")
    oracles = [Oracle(book) for book in books]
    stream = messages(file, watch)
    first = next(stream, None)
    if first is None:
        raise BooksInvalid(f"{file} is empty: give a LOBSTER message file")
    replay = Player(file, oracles, symbol="LOBSTER")
    try:
        replay.open(max(oracles, key=lambda oracle: oracle.levels), first)
        for message in stream:
            replay.apply(message)
            if check_every and replay.counts.messages % check_every == 0:
                replay.history.check()
    except CommandRefused as refusal:
        line = replay.counts.messages
        raise CommandRefused(f"{file}, line {line}: the engine does not follow: {refusal}") from refusal
    return replay.close()
