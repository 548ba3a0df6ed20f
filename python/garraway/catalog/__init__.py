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
    SymbolInvalid,
)
from garraway.catalog.itch import ItchFile, ItchMessage
from garraway.catalog.itch_replay import replay_itch, replay_itch_csv
from garraway.catalog.itch_sample import write_itch_sample
from garraway.catalog.itch_writer import encode_itch, framed, itch_message
from garraway.catalog.lobster import Kind, Message, Row, messages, rows
from garraway.catalog.replay import replay_lobster
from garraway.catalog.report import Counts, Difference, ItchReport, OracleReport, ReplayReport, Why
from garraway.catalog.sample import Sample, write_sample
from garraway.catalog.summary import itch_summary, summary

__all__ = [
    "BooksInvalid",
    "CatalogError",
    "CommandRefused",
    "Counts",
    "Difference",
    "FileDamaged",
    "FileUnreadable",
    "ItchFile",
    "ItchMessage",
    "ItchReport",
    "Kind",
    "Message",
    "OracleReport",
    "ReplayReport",
    "Row",
    "Sample",
    "SymbolInvalid",
    "Watch",
    "Why",
    "encode_itch",
    "framed",
    "itch_message",
    "itch_summary",
    "messages",
    "replay_itch",
    "replay_itch_csv",
    "replay_lobster",
    "rows",
    "summary",
    "write_itch_sample",
    "write_sample",
]
