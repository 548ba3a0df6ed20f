"""The style sheet of the page: light and dark, screens, phones and paper. Touches the file beside it."""

from pathlib import Path


def style() -> str:
    """The whole of it, as it stands beside this file."""
    return Path(__file__).with_name("style.css").read_text(encoding="utf-8")
