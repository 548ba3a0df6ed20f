"""The command line: the composition root, where clocks, streams, stores and venues are made and handed in."""

from garraway.cli.app import main

__all__ = ["main"]
