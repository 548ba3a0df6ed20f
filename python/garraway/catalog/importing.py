"""Files into a catalog: format, units and clock found, rows read, held to the rules, written, added. Touches files.

Nothing of a file is in the catalog until all of it is.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec

from garraway.catalog import manifest
from garraway.catalog.blocks import Watch
from garraway.catalog.catalog import Catalog, Entry, dataset_name, folder_of
from garraway.catalog.errors import FileUnreadable, FormatUnknown, OptionMissing, UnitsInvalid
from garraway.catalog.folder import digest_of, staging
from garraway.catalog.importers import FORMATS, Format, find_format
from garraway.catalog.importers.job import Bad, Batch, Faults, Gauge, Job, Options, Units
from garraway.catalog.importers.lean import ZONES
from garraway.catalog.importers.names import hints_of
from garraway.catalog.importers.periods import period_ns
from garraway.catalog.kinds import DAY_NS, Kind
from garraway.catalog.manifest import IMPORTER, Dataset, Part, Source, Tally
from garraway.catalog.partitions import PART_ROWS, Partitions
from garraway.catalog.rules import RULES, Cleaner

WAITING_MOST: Final = 4 * PART_ROWS
"""Rows of all datasets together that wait in memory."""
STEM_DIGITS: Final = 12
_CURRENCIES: Final = (
    "USDT", "USDC", "BUSD", "USD", "EUR", "GBP", "JPY", "CHF", "CAD", "AUD", "NZD", "SEK", "NOK", "XBT", "BTC", "ETH",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one dataset's rows of a file."""

    dataset: str
    rows_read: int
    rows: int
    problems: dict[str, Tally]
    changed: bool
    """Whether they were added; not where the dataset had the file already."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a file."""

    file: str
    format: str
    sha256: str
    datasets: list[Taken]
    bad: int
    bad_first: list[Bad]
    """The first hundred of what could not be read."""
    notes: dict[str, int]
    clock_behind_ns: int


def import_file(
    catalog: Catalog, file: Path, options: Options, *, until_ns: int, watch: Watch | None = None
) -> Imported:
    """Adds a file's rows to a catalog; a file that it has already changes nothing.

    Args:
        catalog: where to.
        file: the file.
        options: what its content and name do not say.
        until_ns: rows at or after it are of the future: the time of the import.
        watch: told how many bytes of the file have been read; once more from the start where units are found first.
    Raises: CatalogError.
    """
    try:
        return _imported(catalog, file, options, until_ns, watch)
    except UnitsInvalid as error:
        raise UnitsInvalid(f"{file}: {error}") from error


def _imported(catalog: Catalog, file: Path, options: Options, until_ns: int, watch: Watch | None) -> Imported:
    digest = digest_of(file)
    form = chosen_format(file, options.format)
    gauge = _gauge(catalog, file, form, options, watch)
    job = _job(file, options, gauge, Faults(file, options.skip_bad), watch)
    with staging(catalog.folder) as folder:
        run = _Run(catalog, job, form, digest, until_ns, folder)
        try:
            for batch in form.read(job):
                run.take(batch)
            job.notes["quantities rounded to the unit"] += gauge.rounded
            entries = run.entries()
        except OSError as error:
            raise FileUnreadable(f"{folder} cannot be written to ({error.strerror or error}): free it") from error
        if not entries:
            raise OptionMissing(f"{file} has no rows of {', '.join(sorted(options.symbols)) or 'any instrument'}")
        changed = set(catalog.add(entries))
    taken = [
        Taken(entry.dataset.name, source.rows_read, source.rows, source.problems, entry.dataset.name in changed)
        for entry in entries
        for source in entry.dataset.sources
    ]
    faults = job.faults
    return Imported(
        file.name, form.name, digest, taken, faults.count, faults.first, dict(+job.notes), gauge.clock_behind_ns
    )


def chosen_format(file: Path, name: str | None) -> Format:
    """The format of that name, or the one that the content has. Raises: FormatUnknown; FileUnreadable."""
    if name is None:
        return find_format(file)
    if name not in FORMATS:
        raise FormatUnknown(f"{name!r} is no format: give one of {', '.join(FORMATS)}")
    return FORMATS[name]


def currency_of(symbol: str, otherwise: str) -> str:
    """The currency of an instrument's prices, as far as its name says: the part behind `-` or `/`, or a known end."""
    for separator in "/-":
        _, found, quote = symbol.rpartition(separator)
        if found and quote.isalpha() and quote.upper() in _CURRENCIES:
            return quote.upper()
    ends = [currency for currency in _CURRENCIES if symbol.endswith(currency) and len(symbol) > len(currency) + 1]
    # Six letters are a pair of currencies: EURUSD. Others end with one only where it is a crypto-currency's.
    return ends[0] if ends and symbol.isalpha() and len(symbol) >= 6 else otherwise


def _job(file: Path, options: Options, gauge: Gauge, faults: Faults, watch: Watch | None) -> Job:
    return Job(file, hints_of(str(file.absolute())), options, faults, gauge, watch)


def _gauge(catalog: Catalog, file: Path, form: Format, options: Options, watch: Watch | None) -> Gauge:
    """Units and clock of a file: from options and format, else by reading it once."""
    gauge = Gauge(surveying=True)
    job = _job(file, options, gauge, Faults(file, skip=True), watch)
    price, quantity = options.price_decimals, options.quantity_decimals
    given = form.units(job)
    if given is None and price is not None and quantity is not None:
        given = Units(price, quantity)
    gauge.fixed = given
    if given is None or form.clock:
        for _ in form.read(job):
            continue
    gauge.surveying = False
    if given is None:
        venue = form.venue(job)
        gauge.units = {
            symbol: _known_units(catalog, venue, symbol, Units(_or(price, found.price), _or(quantity, found.quantity)))
            for symbol, found in gauge.units.items()
        }
    return gauge


def _or(given: int | None, found: int) -> int:
    return found if given is None else given


def _known_units(catalog: Catalog, venue: str, symbol: str, found: Units) -> Units:
    """The units of what the catalog has of an instrument, where they are fine enough for a file's."""
    for dataset in manifest.load(catalog.folder).values():
        units = dataset.units
        same = (dataset.venue, dataset.symbol) == (venue, symbol) and dataset.sources[0].format != "bars"
        if same and units.price_decimals >= found.price and units.quantity_decimals >= found.quantity:
            return Units(units.price_decimals, units.quantity_decimals)
    return found


@dataclass(slots=True)
class _Target:
    """One dataset while a file is read."""

    batch: Batch
    cleaner: Cleaner
    partitions: Partitions
    staged: Path


@dataclass(slots=True)
class _Run:
    """The datasets that come of one file."""

    catalog: Catalog
    job: Job
    form: Format
    digest: str
    until_ns: int
    folder: Path
    targets: dict[tuple[str, Kind, str, str], _Target] = field(default_factory=dict)

    def take(self, batch: Batch) -> None:
        """Cleans rows and hands them on. Raises: OSError."""
        key = (batch.symbol, batch.kind, batch.of, batch.period)
        target = self.targets.get(key)
        if target is None:
            target = self.targets[key] = self._target(batch)
        target.partitions.add(target.cleaner.clean(batch.rows))
        if sum(each.partitions.waiting for each in self.targets.values()) > WAITING_MOST:
            for each in self.targets.values():
                each.partitions.flush()

    def entries(self) -> list[Entry]:
        """The datasets, with all their files written. Raises: OSError."""
        return [self._entry(target) for target in self.targets.values()]

    def _target(self, batch: Batch) -> _Target:
        staged = self.folder / f"{len(self.targets):06d}"
        staged.mkdir()
        partitions = Partitions(staged, batch.kind, partition_of(batch.kind, batch.period), self.digest[:STEM_DIGITS])
        return _Target(batch, Cleaner(batch.kind, until_ns=self.until_ns), partitions, staged)

    def _entry(self, target: _Target) -> Entry:
        written = target.partitions.close()
        target.cleaner.resorted(target.partitions.dropped)
        blank = self._blank(target.batch)
        home = folder_of(blank)
        parts = [Part(f"{home}/{each.name}", each.sha256, *each[2:], self.digest) for each in written]
        source = Source(
            file=self.job.file.name,
            sha256=self.digest,
            format=self.form.name,
            importer=IMPORTER,
            rows_read=target.cleaner.rows_read,
            rows=sum(part.rows for part in parts),
            first_ns=parts[0].first_ns if parts else 0,
            last_ns=parts[-1].last_ns if parts else 0,
            problems=target.cleaner.tallies() | self._told(target.batch),
            bad=self.job.faults.count,
            notes=dict(+self.job.notes),
            clock_behind_ns=self.job.gauge.clock_behind_ns,
        )
        dataset = msgspec.structs.replace(blank, sources=[source], parts=parts)
        return Entry(dataset, {f"{home}/{each.name}": target.staged / each.name for each in written})

    def _blank(self, batch: Batch) -> Dataset:
        """The dataset without sources and parts."""
        symbol, kind = batch.symbol, batch.kind
        venue = self.form.venue(self.job)
        if not venue:
            raise OptionMissing(f"{self.job.file.name} does not say its venue: give --venue")
        name = dataset_name(venue=venue, symbol=symbol, kind=kind, of=batch.of, period=batch.period)
        found = self.job.gauge.of(symbol)
        currency = self.job.options.currency or currency_of(symbol, self.form.currency)
        units = manifest.Units(found.price, found.quantity, currency, self._zone(venue))
        partition = partition_of(kind, batch.period)
        return Dataset(name, venue, symbol, kind, batch.of, batch.period, partition, units, [], [])

    def _zone(self, venue: str) -> str:
        """The zone of the source's local times."""
        if self.job.options.zone is not None:
            return self.job.options.zone
        if self.form.name in {"lobster", "itch", "itch-csv", "pitch"}:
            return ZONES["usa"]
        return ZONES.get(venue, "UTC") if self.form.name.startswith("lean") else "UTC"

    def _told(self, batch: Batch) -> dict[str, Tally]:
        """The problems that the reader has seen."""
        return {
            problem.value: Tally(count, RULES[problem][kind])
            for (symbol, kind, problem), count in self.job.found.items()
            if (symbol, kind) == (batch.symbol, batch.kind)
        }


def partition_of(kind: Kind, period: str) -> str:
    """How a dataset is divided into files."""
    if kind == Kind.FACTORS:
        return "all"
    if kind != Kind.BARS:
        return "day"
    return "year" if period_ns(period) >= DAY_NS else "month"
