"""Log events: one JSON object a line, with a name and fields. A leaf; clock and stream are handed in.

Never a sentence, never a secret (`redaction` sees to it), never a client's name.
"""

from garraway.log.events import Log
from garraway.log.redaction import redacted

__all__ = ["Log", "redacted"]
