"""The tables, one file per noun. Importing this room puts them all on `METADATA`."""

from garraway.store.metadata import METADATA
from garraway.store.tables import view_definitions, view_history, view_progress, view_standings

__all__ = ["METADATA", "view_definitions", "view_history", "view_progress", "view_standings"]
