"""Log events: one JSON object a line, with a name and fields. A leaf; clock and stream are handed in.

Never a sentence, never a secret, never a client's name.
"""

from garraway.log.events import Log

__all__ = ["Log"]
