"""Events into tables of history: the projector, and the fold it is made of. Touches `store` and the event log."""

from garraway.views.errors import LogPruned, LogShorter, ViewsError
from garraway.views.projector import Projector, rebuild, run

__all__ = ["LogPruned", "LogShorter", "Projector", "ViewsError", "rebuild", "run"]
