"""Recorded market data: files read strictly, recorded days played through our matching.

Touches files, and the engine in this process.
"""

from garraway.catalog.errors import BooksInvalid, CatalogError, CommandRefused, FileDamaged, FileUnreadable
from garraway.catalog.lobster import Kind, Message, Row, messages, rows
from garraway.catalog.replay import replay_lobster
from garraway.catalog.report import Counts, Difference, OracleReport, ReplayReport, Why
from garraway.catalog.sample import Sample, write_sample
from garraway.catalog.summary import summary

__all__ = [
    "BooksInvalid",
    "CatalogError",
    "CommandRefused",
    "Counts",
    "Difference",
    "FileDamaged",
    "FileUnreadable",
    "Kind",
    "Message",
    "OracleReport",
    "ReplayReport",
    "Row",
    "Sample",
    "Why",
    "messages",
    "replay_lobster",
    "rows",
    "summary",
    "write_sample",
]
