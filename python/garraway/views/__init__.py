"""Views of the event log: what is open now. Touches the log's files through `_native`."""

from garraway.views.live import LiveViews, NotYet, ViewsError, ViewsStopped

__all__ = ["LiveViews", "NotYet", "ViewsError", "ViewsStopped"]
