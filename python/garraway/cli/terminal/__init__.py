"""What `garraway up` shows: a screen that is drawn again and again, or a line a second. Touches the terminal."""

from garraway.cli.terminal import marks
from garraway.cli.terminal.plain import plain_line
from garraway.cli.terminal.screen import screen
from garraway.cli.terminal.view import Latency, Rates, View
from garraway.cli.terminal.watch import Watch

__all__ = ["Latency", "Rates", "View", "Watch", "marks", "plain_line", "screen"]
