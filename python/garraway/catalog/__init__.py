"""Recorded market data: files read strictly, and recorded days played through the engine. Touches files and the engine in process."""

from garraway.catalog.errors import BooksInvalid, CatalogError, CommandRefused, FileDamaged, FileUnreadable
from garraway.catalog.lobster import Kind, Message, Row, messages, rows
from garraway.catalog.replay import replay_lobster
from garraway.catalog.report import Counts, Difference, OracleReport, ReplayReport, Why

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
    "Why",
    "messages",
    "replay_lobster",
    "rows",
]
