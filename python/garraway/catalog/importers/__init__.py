"""Readers of recorded files, one file for each format, and what finds the format. Touches the files alone."""

from garraway.catalog.importers.formats import FORMATS, Format, find_format

__all__ = ["FORMATS", "Format", "find_format"]
