"""Indicators. The numbers are reckoned in Rust, by the same code for whole arrays and for single rows.

May touch the native module alone.
"""

from garraway.signals.indicators import Indicator, Kind, Parameter, compute, kinds

__all__ = ["Indicator", "Kind", "Parameter", "compute", "kinds"]
