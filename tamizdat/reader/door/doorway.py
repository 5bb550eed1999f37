"""The door itself: takes connections, keeps count of them, and closes in good order."""

import asyncio
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from email.utils import formatdate
from http import HTTPStatus
from pathlib import Path
from socket import socket
from typing import Any

from tamizdat.reader.door.connection import Connection
from tamizdat.reader.door.folder import Version
from tamizdat.reader.door.limits import Limits
from tamizdat.reader.door.shelf import NotMeasured, Shelf

_BACKLOG = 1024


def print_error(error_class: str) -> None:
    """Write the class of an error and nothing else: its text may hold an address or a path."""
    print(f"reader door: {error_class}", file=sys.stderr, flush=True)


class Door:
    """Serves the edition below `root`; `wall` gives the time of day in seconds since 1970."""

    def __init__(
        self,
        root: Path,
        limits: Limits | None = None,
        wall: Callable[[], float] = time.time,
        write_error: Callable[[str], None] = print_error,
    ) -> None:
        self.limits = limits or Limits()
        self.shelf = Shelf(root, self.limits)
        self._wall = wall
        self._write_error = write_error
        self._connections: dict[Connection, None] = {}
        self._openings: dict[int, bytes] = {}
        self.incoming = memoryview(bytearray(self.limits.read_bytes))
        self._second = -1
        self._silent_until: dict[str, float] = {}
        self._emptied = asyncio.Event()
        # One thread: a reader who asks for many large files cannot take the machine.
        self._measurer = ThreadPoolExecutor(1, "measurer")
        self._server: asyncio.Server
        self._ticking: asyncio.TimerHandle
        self.clock: Callable[[], float] = time.monotonic

    async def open(self, listening: socket) -> None:
        """Begin to answer on a bound socket."""
        self._loop = asyncio.get_running_loop()
        self._loop.set_debug(False)  # debugging writes peers' addresses
        self._loop.set_exception_handler(self._report_context)
        self.clock = self._loop.time
        self._server = await self._loop.create_server(
            lambda: Connection(self), sock=listening, backlog=_BACKLOG
        )
        self._tick()

    async def close(self) -> None:
        """Take no more connections, let answers under way finish, then close."""
        self._ticking.cancel()
        self._server.close()
        for connection in list(self._connections):
            connection.dismiss()
        await self._wait_until_empty(self.limits.closing_seconds)
        for connection in list(self._connections):
            connection.abort()
        await self._wait_until_empty(1.0)
        self._measurer.shutdown(wait=False, cancel_futures=True)

    def sweep(self, now: float) -> None:
        """End each connection whose time is up at `now` (on the loop's clock)."""
        for connection in list(self._connections):
            connection.tick(now)

    # What connections call.

    def admit(self, connection: Connection) -> bool:
        """Count a new connection; when all places are taken, the oldest waiting one gives way."""
        has_place = len(self._connections) < self.limits.connections or self._free_place()
        if has_place:
            self._connections[connection] = None
            self._emptied.clear()
        return has_place

    def forget(self, connection: Connection) -> None:
        self._connections.pop(connection, None)
        if not self._connections:
            self._emptied.set()

    def opening(self, status: int) -> bytes:
        """Return the status line and the Date field (RFC 9110, 6.6.1), made once a second."""
        now = self._wall()
        if int(now) != self._second:
            self._second = int(now)
            self._openings.clear()
        made = self._openings.get(status)
        if made is None:
            phrase = HTTPStatus(status).phrase
            text = f"HTTP/1.1 {status} {phrase}\r\nDate: {formatdate(now, usegmt=True)}\r\n"
            made = self._openings[status] = text.encode("ascii")
        return made

    def measure(self, unknown: NotMeasured) -> asyncio.Future[tuple[Version, bytes] | None]:
        return self._loop.run_in_executor(
            self._measurer, self.shelf.measure, unknown.name, unknown.encoding
        )

    def soon(self, deed: Callable[[], None]) -> None:
        self._loop.call_soon(deed)

    def report(self, error: BaseException | None) -> None:
        """Say the class of an error, each class once a minute: a line for each request would tell
        when someone read, and could fill a disk."""
        name = "unknown error" if error is None else type(error).__name__
        now = self._wall()
        if now >= self._silent_until.get(name, 0.0):
            self._silent_until[name] = now + 60
            self._write_error(name)

    # Private.

    async def _wait_until_empty(self, seconds: float) -> None:
        if self._connections:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._emptied.wait(), seconds)

    def _free_place(self) -> bool:
        for connection in self._connections:
            if connection.is_waiting:
                self.forget(connection)
                connection.abort()
                return True
        return False

    def _tick(self) -> None:
        self.sweep(self.clock())
        self._ticking = self._loop.call_later(1.0, self._tick)

    def _report_context(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        # The context holds transports, whose text holds the reader's address.
        self.report(context.get("exception"))
