"""Recorded market data: files read strictly, recorded days played through our matching.

Touches files, and the engine in this process.
"""

from garraway.catalog.blocks import Watch
from garraway.catalog.errors import (
    BooksInvalid,
    CatalogError,
    CommandRefused,
    FileDamaged,
    FileUnreadable,
    PricesInvalid,
    SymbolInvalid,
)
from garraway.catalog.itch import ItchFile, ItchMessage, itch_parquet
from garraway.catalog.itch_replay import replay_itch, replay_itch_csv
from garraway.catalog.itch_sample import write_itch_sample
from garraway.catalog.itch_writer import encode_itch, framed, itch_message
from garraway.catalog.lobster import Kind, Message, Row, messages, rows
from garraway.catalog.mbo import MboFile, mbo_parquet
from garraway.catalog.mbo_replay import replay_mbo
from garraway.catalog.mbo_report import AuctionFill, MboCounts, MboReport, Uncross
from garraway.catalog.mbo_summary import mbo_summary
from garraway.catalog.replay import replay_lobster
from garraway.catalog.report import Counts, Difference, ItchReport, OracleReport, ReplayReport, Why
from garraway.catalog.sample import Sample, write_sample
from garraway.catalog.summary import itch_summary, summary
from garraway.catalog.uncross import Equilibrium, Interest, equilibrium, lots_filled

__all__ = [
    "AuctionFill",
    "BooksInvalid",
    "CatalogError",
    "CommandRefused",
    "Counts",
    "Difference",
    "Equilibrium",
    "FileDamaged",
    "FileUnreadable",
    "Interest",
    "ItchFile",
    "ItchMessage",
    "ItchReport",
    "Kind",
    "MboCounts",
    "MboFile",
    "MboReport",
    "Message",
    "OracleReport",
    "PricesInvalid",
    "ReplayReport",
    "Row",
    "Sample",
    "SymbolInvalid",
    "Uncross",
    "Watch",
    "Why",
    "encode_itch",
    "equilibrium",
    "framed",
    "itch_message",
    "itch_parquet",
    "itch_summary",
    "lots_filled",
    "mbo_parquet",
    "mbo_summary",
    "messages",
    "replay_itch",
    "replay_itch_csv",
    "replay_lobster",
    "replay_mbo",
    "rows",
    "summary",
    "write_itch_sample",
    "write_sample",
]
