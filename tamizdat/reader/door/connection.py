"""One reader's connection: reads heads, writes answers in order, waits no longer than allowed.

A connection is *held* while it cannot take the next request: the reader is slow to take the last
answer, a large file is under way, its hash is being computed, or the connection is ending. A held
connection reads nothing, so what a reader sends ahead stays in the kernel, not in our memory. It
does not see the end of what the reader sends either: when it does, nothing is owed any more, and
the event loop closes it once what is written has gone.

No deadline is a timer of its own: the door calls `tick` about once a second.
"""

import asyncio
import math
import os
import re
from functools import partial
from typing import TYPE_CHECKING, cast

from tamizdat.reader.door.answers import Answer, Span, answer, notice
from tamizdat.reader.door.folder import Version
from tamizdat.reader.door.requests import Refusal, Request, read_request
from tamizdat.reader.door.shelf import NotMeasured

if TYPE_CHECKING:
    from tamizdat.reader.door.doorway import Door

_END = b"\r\n\r\n"
_LONE_LINE_FEED = re.compile(rb"(?<!\r)\n")
_TRIES = 3  # a large file replaced while it is measured is measured anew, but not for ever


class Connection(asyncio.BufferedProtocol):
    def __init__(self, door: "Door") -> None:
        self._door = door
        self._transport: asyncio.Transport
        self._buffer = b""
        self._deadline = math.inf
        self._slow = False
        self._measuring = False
        self._ending = False
        self._is_last = False  # after what was asked so far, no more
        self._closes = False  # after the answer under way, no more
        self._span: Span | None = None
        self._file = -1
        self._sent = 0
        self._left = -1

    # What the event loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are asyncio's in all but ancestry.
        self._transport = cast(asyncio.Transport, transport)
        self._deadline = self._door.clock() + self._door.limits.head_seconds
        if not self._door.admit(self):
            self._ending = True
            self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._ending = True
        self._close_file()
        self._door.forget(self)

    def get_buffer(self, sizehint: int) -> memoryview:
        """Lend the door's one buffer; it is read out before another connection can fill it."""
        return self._door.incoming

    def buffer_updated(self, nbytes: int) -> None:
        if self._ending:
            return
        data = bytes(self._door.incoming[:nbytes])
        is_new = not self._buffer
        self._buffer = data if is_new else self._buffer + data
        if not self._is_held:
            self._advance(is_new)

    def pause_writing(self) -> None:
        self._slow = True

    def resume_writing(self) -> None:
        # Not at once: asyncio is in the middle of a write here, and does not expect to be closed.
        self._door.soon(self._resume)

    # What the door calls.

    @property
    def is_waiting(self) -> bool:
        """Whether nothing is owed to the reader at this moment."""
        is_idle = self._ending or not self._is_held
        return is_idle and self._transport.get_write_buffer_size() == 0

    def tick(self, now: float) -> None:
        """End the connection when its time is up."""
        if now < self._deadline:
            return
        left = self._transport.get_write_buffer_size() + self._unsent
        if left and left != self._left:
            self._left = left
            self._deadline = now + self._door.limits.stall_seconds
        elif left or self._ending or not self._buffer:
            self._transport.abort()
        else:
            self._refuse(408)

    def dismiss(self) -> None:
        """End the connection, after the answer under way if there is one."""
        self._is_last = True
        if not self._is_held:
            self._transport.close()

    def abort(self) -> None:
        self._transport.abort()

    # Requests.

    @property
    def _is_held(self) -> bool:
        return self._slow or self._measuring or self._ending or self._span is not None

    def _resume(self) -> None:
        self._slow = False
        self._continue()

    def _continue(self) -> None:
        """Go on after having been held."""
        if self._ending:
            return
        try:
            self._send_span()
        except OSError as error:
            self._fail(error)
        if not self._is_held:
            self._transport.resume_reading()
            self._advance(True)

    def _advance(self, is_new: bool) -> None:
        """Answer each request that is complete, until there is none or the connection is held."""
        buffer, start = self._buffer, 0
        while not self._is_held:
            end = buffer.find(_END, start, start + self._door.limits.head_bytes)
            if end < 0:
                break
            end += len(_END)
            self._handle(buffer[start:end])
            start = end
        self._buffer = buffer[start:]
        if self._ending:
            self._buffer = b""
        elif self._is_held:
            self._transport.pause_reading()
        else:
            self._await_more(is_new or start > 0)

    def _await_more(self, is_new: bool) -> None:
        """Wait for the rest of a head, from its first byte on, or for a new one."""
        limits = self._door.limits
        if len(self._buffer) >= limits.head_bytes:
            self._refuse(431)
        elif self._buffer and _LONE_LINE_FEED.search(self._buffer):
            self._refuse(400)
        elif self._is_last:
            self._transport.close()
        elif is_new:
            self._left = -1
            wait = limits.head_seconds if self._buffer else limits.idle_seconds
            self._deadline = self._door.clock() + wait

    def _handle(self, head: bytes) -> None:
        try:
            self._respond(read_request(head), 1)
        except Refusal as refusal:
            self._refuse(refusal.status)
        except Exception as error:  # whatever it is, one connection must not end the door
            self._fail(error)

    def _respond(self, request: Request, attempt: int) -> None:
        try:
            found = answer(request, self._door.shelf)
            if found.span is not None and request.method != b"HEAD":
                self._open(found.span)
            self._send(found, request)
        except NotMeasured as unknown:
            if attempt > _TRIES:
                self._send(notice(503), request)
            else:
                self._measure(unknown, request, attempt)

    def _open(self, span: Span) -> None:
        file = self._door.shelf.open(span.copy)
        if file is None:  # replaced since it was measured
            raise NotMeasured(span.copy.name, span.copy.encoding)
        self._file, self._span, self._sent = file, span, span.start

    def _measure(self, unknown: NotMeasured, request: Request, attempt: int) -> None:
        self._measuring = True
        self._deadline = math.inf
        future = self._door.measure(unknown)
        future.add_done_callback(partial(self._measured, request, attempt))

    def _measured(
        self, request: Request, attempt: int, future: asyncio.Future[tuple[Version, bytes] | None]
    ) -> None:
        self._measuring = False
        if self._ending or future.cancelled():
            return
        self._deadline = self._door.clock() + self._door.limits.stall_seconds
        try:
            if learned := future.result():
                self._door.shelf.learn(*learned)
            self._respond(request, attempt + 1)
        except Refusal as refusal:
            self._refuse(refusal.status)
        except Exception as error:  # as in _handle
            self._fail(error)
        self._continue()

    # Answers.

    def _send(self, found: Answer, request: Request) -> None:
        keeps = request.keeps_alive
        said = b"" if keeps and not request.is_http10 else _CONNECTION[keeps]
        body = b"" if request.method == b"HEAD" else found.body
        self._transport.write(b"".join((self._door.opening(found.status), said, found.head, body)))
        self._closes = not keeps
        self._send_span()

    def _send_span(self) -> None:
        """Write as much of a large file as the reader takes without our keeping it."""
        while self._span is not None and not self._slow:
            size = min(self._door.limits.chunk_bytes, self._unsent)
            chunk = os.pread(self._file, size, self._sent) if size else b""
            if len(chunk) != size:
                raise OSError  # cut short in place; the length we promised cannot be kept
            self._transport.write(chunk)
            self._sent += size
            if not self._unsent:
                self._close_file()
        if self._closes and self._span is None:
            self._end()

    @property
    def _unsent(self) -> int:
        return 0 if self._span is None else self._span.stop - self._sent

    def _close_file(self) -> None:
        self._span = None
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _refuse(self, status: int) -> None:
        found = notice(status)
        parts = (self._door.opening(status), _CONNECTION[False], found.head, found.body)
        self._transport.write(b"".join(parts))
        self._end()

    def _fail(self, error: Exception) -> None:
        self._door.report(error)
        self._ending = True
        self._close_file()
        self._transport.abort()

    def _end(self) -> None:
        """Send no more, and read on for a moment so that the last answer arrives whole."""
        self._ending = True
        self._buffer = b""
        self._deadline = self._door.clock() + self._door.limits.linger_seconds
        if not self._transport.is_closing():
            self._transport.write_eof()
            self._transport.resume_reading()


_CONNECTION = {True: b"Connection: keep-alive\r\n", False: b"Connection: close\r\n"}
