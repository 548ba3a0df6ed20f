"""Garraway: an exchange on one deterministic engine. Commands go in, events come out.

The rooms are listed in ARCHITECTURE.md; `garraway.cli` puts them together, `garraway._native` is the engine itself.
"""

__version__ = "0.1.0"
