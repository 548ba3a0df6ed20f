"""Lines as columns, and columns of dates and times in a zone as ns UTC. Touches nothing.

Fields in quotes are taken; the fast way is for lines without.
"""

import csv
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from garraway.catalog.errors import OptionMissing
from garraway.catalog.importers.job import Faults
from garraway.catalog.importers.text import Chunk
from garraway.catalog.kinds import Longs, Mask

if TYPE_CHECKING:
    import polars as pl

SECOND_NS: Final = 10**9


class Table:
    """The fields of some lines: those that have as many as they must."""

    def __init__(self, chunk: Chunk, width: int, faults: Faults, *, separator: str = ",") -> None:
        """Splits the lines; blank ones are left out, others of another width are bad. Raises: FileDamaged."""
        import polars as pl  # noqa: PLC0415

        numbers = np.arange(chunk.first, chunk.first + len(chunk.lines))
        lines, self._member, self._faults = chunk.lines, chunk.member, faults
        filled = (lines.str.strip_chars() != "").to_numpy()
        quoted = bool(lines.str.contains('"', literal=True).any())
        fields: list[list[str]] = []
        if quoted:
            fields = [next(csv.reader([line], delimiter=separator), []) for line in lines.to_list()]
            counts = np.array([len(each) for each in fields])
        else:
            counts = lines.str.count_matches(separator, literal=True).to_numpy() + 1
        wrong = filled & (counts != width)
        for row in np.flatnonzero(wrong).tolist():
            what = f"{counts[row]} columns in {lines[row][:60]!r}, {width} must be there"
            faults.bad(int(numbers[row]), what, member=self._member)
        kept = filled & ~wrong
        self.numbers: Longs = numbers[kept]
        if quoted:
            good = [fields[row] for row in np.flatnonzero(kept).tolist()]
            self.columns = [pl.Series([each[at] for each in good], dtype=pl.String) for at in range(width)]
        else:
            split = lines.filter(pl.Series(kept)).str.split_exact(separator, width - 1)
            self.columns = [split.struct.field(f"field_{at}").str.strip_chars() for at in range(width)]

    def __len__(self) -> int:
        """Lines."""
        return len(self.numbers)

    def without(self, wrong: Mask, column: int, what: str) -> None:
        """Takes lines out whose value in a column is wrong. Raises: FileDamaged, unless they are skipped."""
        import polars as pl  # noqa: PLC0415

        if not wrong.any():
            return
        for row in np.flatnonzero(wrong).tolist():
            value = (self.columns[column][row] or "")[:60]
            self._faults.bad(int(self.numbers[row]), f"{value!r} {what}", member=self._member)
        kept = ~wrong
        self.numbers = self.numbers[kept]
        self.columns = [column.filter(pl.Series(kept)) for column in self.columns]


def zone_of(name: str) -> ZoneInfo:
    """A time zone. Raises: OptionMissing: there is none of the name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise OptionMissing(f"{name!r} is no time zone: give --zone like UTC or America/New_York") from error


def local_ns(local: "pl.Series", zone: str) -> "pl.Series":
    """Times of a zone's clock, as Datetime without a zone, in ns UTC.

    An hour that the clock shows twice is the first of the two; null where the clock never shows the time.
    """
    import polars as pl  # noqa: PLC0415

    zone_of(zone)
    aware = local.cast(pl.Datetime("ns"), strict=False).dt.replace_time_zone(
        zone, ambiguous="earliest", non_existent="null"
    )
    return aware.dt.epoch("ns")


def dates(texts: "pl.Series", form: str = "%Y%m%d") -> "pl.Series":
    """Midnight of days as Datetime; null where a text is none."""
    import polars as pl  # noqa: PLC0415

    return texts.str.to_date(form, strict=False).cast(pl.Datetime("ns"), strict=False)


def null_mask(column: "pl.Series") -> Mask:
    """Where a column has no value."""
    return column.is_null().to_numpy()
