"""Log events: one JSON object a line, with a name and fields. A leaf; clock and stream are handed in.

Never a sentence, never a secret, never a client's name. Fields that sound like a secret are hidden in any case; files
are rotated.
"""

from garraway.log.events import Level, Log, Stream
from garraway.log.library import LibraryHandler
from garraway.log.redaction import HIDDEN, redacted, redacted_text
from garraway.log.rotation import Retention, RotatingFile, prune, rotate_held

__all__ = [
    "HIDDEN",
    "Level",
    "LibraryHandler",
    "Log",
    "Retention",
    "RotatingFile",
    "Stream",
    "prune",
    "redacted",
    "redacted_text",
    "rotate_held",
]
