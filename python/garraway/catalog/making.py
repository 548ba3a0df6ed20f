"""Bars of a catalog's dataset, made and put into the catalog; prices adjusted for splits. Touches the files."""

import hashlib
from dataclasses import dataclass
from typing import Final

import numpy as np

from garraway.catalog.bars import BarRule, Made, Ticks, bars_of, resampled
from garraway.catalog.catalog import Catalog, Entry, Moment, dataset_name, folder_of
from garraway.catalog.errors import BarsInvalid, FileUnreadable
from garraway.catalog.folder import staging
from garraway.catalog.importing import STEM_DIGITS
from garraway.catalog.kinds import DAY_NS, FACTOR_DECIMALS, Kind, Rows
from garraway.catalog.manifest import IMPORTER, Dataset, Part, Source, Units
from garraway.catalog.partitions import Partitions
from garraway.catalog.sessions import Session

MADE: Final = "bars"
"""Format of a source that is a dataset of the catalog."""
OF_QUOTES: Final = ("mid", "bid", "ask")


@dataclass(frozen=True, slots=True)
class Bars:
    """Bars that were made, and the dataset that they are."""

    dataset: str
    made: Made
    units: Units


def make_bars(
    catalog: Catalog,
    name: str,
    by: str,
    *,
    of: str = "mid",
    session: Session | None = None,
    start: Moment | None = None,
    end: Moment | None = None,
) -> Bars:
    """Makes bars of trades, quotes or shorter bars and puts them into the catalog, in place of those made so before.

    What a bar is `by` stands in `BarRule.parsed`.

    Of quotes they are `of` the `mid`, the `bid` or the `ask`; a middle is exact: its unit is a tenth of the price's.
    The session, of bars by time, is their zone and hours. Without `start` and `end` all of the dataset is taken.

    Raises: DatasetUnknown; BarsInvalid; FileUnreadable; ManifestDamaged.
    """
    dataset = catalog.dataset(name)
    decimals = dataset.units.price_decimals + (dataset.kind == Kind.QUOTES and of == "mid")
    rule = BarRule.parsed(by, price_decimals=decimals, quantity_decimals=dataset.units.quantity_decimals)
    rows = catalog.array(name, start=start, end=end)
    basis, units = dataset.of or "trades", dataset.units
    if dataset.kind == Kind.BARS:
        made = resampled(rows, rule, session)
    elif dataset.kind == Kind.TRADES:
        made = bars_of(Ticks(rows["at_ns"], rows["price"], rows["quantity"]), rule, session)
    elif dataset.kind == Kind.QUOTES:
        made, basis = bars_of(_of_quotes(rows, of, rule), rule, session), of
        units = _finer(units) if of == "mid" else units
    else:
        raise BarsInvalid(f"{name} holds {dataset.kind}: bars are made of trades, quotes or shorter bars")
    if not len(made.bars):
        raise BarsInvalid(f"{name} has too little for one bar by {rule.text}: take a smaller measure or more time")
    span = [str(start), str(end)]
    return Bars(_put(catalog, dataset, rule, (basis, session, span), made, units), made, units)


def adjusted(bars: Rows, factors: Rows) -> Rows:
    """Bars with prices as they would be, had splits and dividends been paid before: raw price times both factors.

    Args:
        bars: rows of kind bars, raw.
        factors: rows of kind factors of the same instrument.
    Returns: rows whose prices are rounded half to even, and whose quantities are the raw ones.
    Raises: BarsInvalid: there are no factors.
    Source: the factors of the first day that is the bar's or later, as in Lean.
    """
    if not len(factors):
        raise BarsInvalid("there are no factors: import the factor file of the instrument")
    # Days of factors are midnights of the market: that of a bar's day is less than a day before it.
    midnights = np.searchsorted(factors["at_ns"], bars["at_ns"] - DAY_NS, side="right")
    which = np.minimum(midnights, len(factors) - 1)
    price, split = factors["price_factor"][which].astype(object), factors["split_factor"][which].astype(object)
    whole = 10 ** (2 * FACTOR_DECIMALS)
    rows = bars.copy()
    for column in ("open", "high", "low", "close"):
        product = bars[column].astype(object) * price * split
        rows[column] = [_half_even(int(each), whole) for each in product]
    return rows


def _half_even(number: int, unit: int) -> int:
    whole, rest = divmod(number, unit)
    return whole + (2 * rest > unit or (2 * rest == unit and whole % 2 == 1))


def _of_quotes(rows: Rows, of: str, rule: BarRule) -> Ticks:
    if of not in OF_QUOTES:
        raise BarsInvalid(f"--of {of!r} is none of {', '.join(OF_QUOTES)}: give one of them")
    if rule.weighs:
        raise BarsInvalid(f"quotes have no quantity that traded: by {rule.text} needs trades")
    sides = ("bid", "ask") if of == "mid" else (of,)
    there = np.logical_and.reduce([rows[side] > 0 for side in sides])
    kept = rows[there]
    price = (kept["bid"] + kept["ask"]) * 5 if of == "mid" else kept[of]
    return Ticks(kept["at_ns"], price, np.zeros(len(kept), np.int64))


def _finer(units: Units) -> Units:
    """With a tenth of the price's unit: the middle of two prices is a multiple of it."""
    return Units(units.price_decimals + 1, units.quantity_decimals, units.currency, units.zone)


def _put(
    catalog: Catalog, of: Dataset, rule: BarRule, basis: tuple[str, Session | None, list[str]], made: Made, units: Units
) -> str:
    """Puts the bars into the catalog, and gives the name of their dataset."""
    what, session, span = basis
    timed = rule.measure == "time" and session is not None and session != Session()
    hours = f"@{_hours(session)}" if session is not None and timed else ""
    period = rule.text + hours
    name = dataset_name(venue=of.venue, symbol=of.symbol, kind=Kind.BARS, of=what, period=period)
    old = {dataset.name: dataset for dataset in catalog.datasets()}.get(name)
    if old is not None and old.sources[0].file != of.name:
        raise BarsInvalid(f"{name} was made of {old.sources[0].file}: remove it first")
    digest = hashlib.sha256("\n".join([period, *span, *(part.sha256 for part in of.parts)]).encode()).hexdigest()
    partition = "year" if rule.measure == "time" and rule.size >= DAY_NS else "month"
    blank = Dataset(name, of.venue, of.symbol, Kind.BARS, what, period, partition, units, [], [])
    home = folder_of(blank)
    try:
        with staging(catalog.folder) as folder:
            partitions = Partitions(folder, Kind.BARS, partition, digest[:STEM_DIGITS])
            partitions.add(made.bars)
            written = partitions.close()
            parts = [Part(f"{home}/{each.name}", each.sha256, *each[2:], digest) for each in written]
            notes = {"outside the session": made.outside, "after the last bar": made.left}
            source = Source(
                file=of.name,
                sha256=digest,
                format=MADE,
                importer=IMPORTER,
                rows_read=of.rows,
                rows=len(made.bars),
                first_ns=parts[0].first_ns,
                last_ns=parts[-1].last_ns,
                problems={},
                notes={what: count for what, count in notes.items() if count},
            )
            new = Dataset(name, of.venue, of.symbol, Kind.BARS, what, period, partition, units, [source], parts)
            catalog.add([Entry(new, {f"{home}/{each.name}": folder / each.name for each in written})], replace=True)
    except OSError as error:
        raise FileUnreadable(f"{catalog.folder} cannot be written to ({error.strerror or error}): free it") from error
    return name


def _hours(session: Session) -> str:
    """A session as a name: `America-New_York-0930+6.5h`."""
    minutes, length = session.start_ns // (60 * 10**9), session.length_ns // (60 * 10**9)
    return f"{session.zone.replace('/', '-')}-{minutes // 60:02d}{minutes % 60:02d}+{length}m"
