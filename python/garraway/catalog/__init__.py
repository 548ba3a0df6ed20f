"""Recorded market data: files read strictly, kept as Parquet, played through our matching, made into bars.

Touches files, and the engine in this process.
"""

from garraway.catalog.bars import BarRule, Made, Ticks, bars_of, resampled
from garraway.catalog.blocks import Watch
from garraway.catalog.catalog import Catalog
from garraway.catalog.errors import (
    BarsInvalid,
    BooksInvalid,
    CatalogError,
    CommandRefused,
    DatasetUnknown,
    FileDamaged,
    FileUnreadable,
    FormatUnknown,
    ManifestDamaged,
    OptionMissing,
    Overlapping,
    PricesInvalid,
    SymbolInvalid,
    UnitsInvalid,
)
from garraway.catalog.importers.job import Options
from garraway.catalog.importing import Imported, Taken, import_file
from garraway.catalog.itch import ItchFile, ItchMessage, itch_parquet
from garraway.catalog.itch_replay import replay_itch, replay_itch_csv
from garraway.catalog.itch_sample import write_itch_sample
from garraway.catalog.itch_writer import encode_itch, framed, itch_message
from garraway.catalog.lobster import Kind, Message, Row, messages, rows
from garraway.catalog.making import Bars, adjusted, make_bars
from garraway.catalog.manifest import Dataset, Part, Source, Tally, Units
from garraway.catalog.mbo import MboFile, mbo_parquet
from garraway.catalog.mbo_replay import replay_mbo
from garraway.catalog.mbo_report import AuctionFill, MboCounts, MboReport, Uncross
from garraway.catalog.mbo_summary import mbo_summary
from garraway.catalog.replay import replay_lobster
from garraway.catalog.report import Counts, Difference, ItchReport, OracleReport, ReplayReport, Why
from garraway.catalog.sample import Sample, write_sample
from garraway.catalog.sessions import Session
from garraway.catalog.summary import itch_summary, summary
from garraway.catalog.uncross import Equilibrium, Interest, equilibrium, lots_filled

__all__ = [
    "AuctionFill",
    "BarRule",
    "Bars",
    "BarsInvalid",
    "BooksInvalid",
    "Catalog",
    "CatalogError",
    "CommandRefused",
    "Counts",
    "Dataset",
    "DatasetUnknown",
    "Difference",
    "Equilibrium",
    "FileDamaged",
    "FileUnreadable",
    "FormatUnknown",
    "Imported",
    "Interest",
    "ItchFile",
    "ItchMessage",
    "ItchReport",
    "Kind",
    "Made",
    "ManifestDamaged",
    "MboCounts",
    "MboFile",
    "MboReport",
    "Message",
    "OptionMissing",
    "Options",
    "OracleReport",
    "Overlapping",
    "Part",
    "PricesInvalid",
    "ReplayReport",
    "Row",
    "Sample",
    "Session",
    "Source",
    "SymbolInvalid",
    "Taken",
    "Tally",
    "Ticks",
    "Uncross",
    "Units",
    "UnitsInvalid",
    "Watch",
    "Why",
    "adjusted",
    "bars_of",
    "encode_itch",
    "equilibrium",
    "framed",
    "import_file",
    "itch_message",
    "itch_parquet",
    "itch_summary",
    "lots_filled",
    "make_bars",
    "mbo_parquet",
    "mbo_summary",
    "messages",
    "replay_itch",
    "replay_itch_csv",
    "replay_lobster",
    "replay_mbo",
    "resampled",
    "rows",
    "summary",
    "write_itch_sample",
    "write_sample",
]
