"""What can go wrong with strategies and their runs.

TradingError
  StrategyInvalid    a class, parameter or handler that cannot be
  SourceInvalid      recorded data that cannot be played
    BadRow           a row of it
  SettingUnknown     a setting of a run that is none
  HandlerFailed      a handler raised; its own error is the cause
  ClockForbidden     a strategy asked the wall clock, or drew from a global random generator
"""


class TradingError(Exception):
    """Something about a strategy or its run; the text names the value, the limit and the remedy."""


class StrategyInvalid(TradingError, TypeError):
    """A strategy's class, parameter or handler cannot be."""


class SourceInvalid(TradingError, ValueError):
    """Recorded data cannot be played."""


class BadRow(SourceInvalid):
    """A row cannot be: it is named by its table, place, time and problem."""


class SettingUnknown(TradingError, ValueError):
    """A setting of a run is none, or cannot be."""


class HandlerFailed(TradingError):
    """A handler raised. The text names handler, time and row; the error itself is `__cause__`."""


class ClockForbidden(TradingError, RuntimeError):
    """In a back-test time is `self.now` and chance is `self.rng`: nothing else gives the same run twice."""
