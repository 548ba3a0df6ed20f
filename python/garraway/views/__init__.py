"""Views of the event log: history in SQL by the projector, and what is open now from the fold in memory.

Touches `store`, and the log's files through `_native`.
"""

from garraway.views.errors import LogPruned, LogShorter, NotYet, ViewsError, ViewsStopped
from garraway.views.live import LiveViews
from garraway.views.projector import Projector, collect_seldom, rebuild, run

__all__ = [
    "LiveViews",
    "LogPruned",
    "LogShorter",
    "NotYet",
    "Projector",
    "ViewsError",
    "ViewsStopped",
    "collect_seldom",
    "rebuild",
    "run",
]
