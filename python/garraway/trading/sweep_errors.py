"""What can go wrong with many runs.

    SweepError
    ├── GridInvalid        the parameters to go through are none, or too many
    ├── StrategyUnusable   the class cannot be sent to another process
    ├── FolderUnusable     the folder of results cannot be read or written
    ├── SplitInvalid       the rows cannot be split so
    ├── PoolUnavailable    what should run them is not there, or has ended
    └── NothingRan         no run came to a result

A run that fails by itself is no error of the sweep: its row says what happened.
"""


class SweepError(Exception):
    """A sweep cannot be made."""


class GridInvalid(SweepError):
    """The parameters to go through are none, or too many."""


class StrategyUnusable(SweepError):
    """The class cannot be sent to another process."""


class FolderUnusable(SweepError):
    """The folder of results cannot be read or written."""


class SplitInvalid(SweepError):
    """The rows cannot be split so."""


class PoolUnavailable(SweepError):
    """What should run them is not there, or has ended."""


class NothingRan(SweepError):
    """No run came to a result."""
