"""What `garraway up` shows: a screen that is drawn again and again, or a line a second. Touches the terminal."""

from garraway.cli.terminal import marks
from garraway.cli.terminal.choice import Choice
from garraway.cli.terminal.keys import keys
from garraway.cli.terminal.plain import plain_line
from garraway.cli.terminal.screen import screen
from garraway.cli.terminal.view import Latency, Rates, Shown, View
from garraway.cli.terminal.watch import Watch

__all__ = ["Choice", "Latency", "Rates", "Shown", "View", "Watch", "keys", "marks", "plain_line", "screen"]
