"""What can be wrong between the event log and the views. Touches nothing.

ViewsError
├── LogPruned    events that the views lack are no longer in the log
└── LogShorter   the views know events that the log does not have
"""


class ViewsError(Exception):
    """The views cannot be built from this log."""


class LogPruned(ViewsError):
    """Events that the views lack are no longer in the log."""


class LogShorter(ViewsError):
    """The views know events that the log does not have."""
