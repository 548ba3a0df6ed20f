"""A process that ends with the one that started it. Touches the kernel's death signal (Linux, prctl(2))."""

import ctypes
import os
import signal
from typing import Final

from garraway.cli.failures import Failure

PR_SET_PDEATHSIG: Final = 1


def end_with(parent: int, number: signal.Signals = signal.SIGTERM) -> None:
    """Has the kernel send a signal to this process when its parent dies, however it dies.

    It is asked again after a change of user, which makes the kernel forget it.

    Args:
        parent: the parent's pid; 0 for a process that stands alone.
        number: the signal.
    Raises: Failure: the parent is gone already.
    """
    if parent == 0:
        return
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(number), 0, 0, 0)
    if os.getppid() != parent:
        raise Failure(f"parent {parent} is gone: start this again from a running one")
