"""Processes that end with the one that forked them, however it ends.

A process that is killed tells nobody. What it forked would go on: holding locks, which go along
with a fork (flock(2)), and keys in memory, and waiting at pipes whose other ends it holds itself.
"""

from __future__ import annotations

import ctypes
import os
import signal

PR_SET_PDEATHSIG = 1  # prctl(2)
_libc = ctypes.CDLL(None, use_errno=True)


def tie_to(parent: int, by: signal.Signals = signal.SIGKILL) -> None:
    """Have the system send this process a signal when the thread that forked it is gone.

    ``parent`` is the process of that thread, asked for before the fork: if it is gone already,
    this process ends at once.
    """
    _libc.prctl(PR_SET_PDEATHSIG, by)
    if os.getppid() != parent:
        os._exit(1)
