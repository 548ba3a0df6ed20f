"""Interfaces of other venues, mapped onto this one, so that programs written for those trade here.

A facade maps and nothing else: orders go through the desk of the native API, with its permissions, references, client
order ids, limits and log lines. It is mounted under a prefix of its own and words errors as the other venue does.
"""

from garraway.api.facades.facade import Facade

__all__ = ["Facade"]
