"""The tear sheet: one HTML page of a run, self-contained, readable without a script.

Touches the file that it writes.
"""

from garraway.analytics.sheet.page import page, report

__all__ = ["page", "report"]
