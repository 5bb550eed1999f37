"""The baker's bell: a Unix datagram socket that ``stories.changes.wake`` rings after a commit.

A datagram says only that there is something to do; it may be lost, and one stands for many.
"""

from __future__ import annotations

import os
import select
import signal
import socket
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from tamizdat.stories.changes import SOCKET


class Bell:
    """Listens in a folder from ``with`` on. A signal that arrives rings it as well."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._from_signals, self._to_self = socket.socketpair()
        for each in (self._socket, self._from_signals, self._to_self):
            each.setblocking(False)

    def __enter__(self) -> Bell:
        self.folder.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):
            (self.folder / SOCKET).unlink()  # left by a baker that was killed
        folder = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            # By the folder's descriptor: a socket's path may have 107 bytes and no more.
            self._socket.bind(f"/proc/self/fd/{folder}/{SOCKET}")
        finally:
            os.close(folder)
        signal.set_wakeup_fd(self._to_self.fileno(), warn_on_full_buffer=False)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        signal.set_wakeup_fd(-1)
        for each in (self._socket, self._from_signals, self._to_self):
            each.close()
        with suppress(FileNotFoundError):
            (self.folder / SOCKET).unlink()

    def wait(self, seconds: float) -> bool:
        """Wait for a ring; return whether it rang. Rings that came meanwhile are one."""
        sources = [self._socket, self._from_signals]
        rung, _, _ = select.select(sources, [], [], seconds)
        for source in rung:
            with suppress(BlockingIOError):
                while source.recv(64):
                    pass
        return self._socket in rung
