"""What can go wrong with the frames of a run.

    AnalyticsError
    ├── FrameInvalid     a column is missing, of another type, or has a value that none of its kind can have
    ├── OptionInvalid    a parameter is out of its range
    └── PageUnwritable   the tear sheet cannot be written where it was asked for

Each text names the frame, the column or parameter, the value and what to do.
"""


class AnalyticsError(Exception):
    """A run cannot be looked at."""


class FrameInvalid(AnalyticsError):
    """A frame is not one of the contract's."""


class OptionInvalid(AnalyticsError):
    """A parameter is out of its range."""


class PageUnwritable(AnalyticsError):
    """The folder is not there, or may not be written."""
