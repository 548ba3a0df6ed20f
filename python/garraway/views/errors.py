"""What can be wrong between the event log and the views. Touches nothing.

ViewsError
├── LogPruned      events that the views lack are no longer in the log
├── LogShorter     the views know events that the log does not have
├── NotYet         the views have not come as far as was asked
└── ViewsStopped   the views in memory ended
"""


class ViewsError(Exception):
    """The views cannot be built, or cannot answer."""


class LogPruned(ViewsError):
    """Events that the views lack are no longer in the log."""


class LogShorter(ViewsError):
    """The views know events that the log does not have."""


class NotYet(ViewsError):
    """The views have not come as far as was asked; ask again."""


class ViewsStopped(ViewsError):
    """The views ended; the message says why."""
