"""A mail server for tests and benches: it takes mails, keeps count, and fails on demand.

It is an asyncio server in a thread of its own (``serving``), or a program (``python -m
tests.newsletters.sender.servers PORT LOG``) that writes one line for each mail that it took, before
it says so: what stands in the log, a mailbox has.
"""

from __future__ import annotations

import asyncio
import os
import ssl
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

FEATURES = ("PIPELINING", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES", "SIZE 50000000")
DROP, STALL = "drop", "stall"  # in an answer's place: hang up; say nothing

# Asked with a step ("mail", "rcpt", "data", "end", "taken") and what it is about (a recipient);
# returns what is answered, DROP, STALL, or "" for what is usual. "taken" comes after a mail is kept
# and before it is said.
Fault = Callable[[str, str], str]


@dataclass
class Taken:
    """One mail that a server took."""

    sender: str
    to: tuple[str, ...]
    data: bytes


@dataclass
class Server:
    """What a server says and keeps."""

    features: tuple[str, ...] = FEATURES
    fault: Fault = lambda step, about: ""
    keep: Callable[[Taken], object] | None = None
    tls: ssl.SSLContext | None = None
    is_wrapped: bool = False
    greeting: bytes = b"220 mail.example ESMTP\r\n"
    said: list[str] = field(default_factory=list)  # commands that were heard
    mails: list[Taken] = field(default_factory=list)
    connections: int = 0
    port: int = 0

    def take(self, mail: Taken) -> None:
        if self.keep is None:
            self.mails.append(mail)
        else:
            self.keep(mail)

    @property
    def recipients(self) -> list[str]:
        return [to for mail in self.mails for to in mail.to]


class _Hung(Exception):
    """The server hangs up."""


class Session:
    """One connection."""

    def __init__(
        self, server: Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.server, self.reader, self.writer = server, reader, writer
        self.sender, self.to, self.is_bad = "", list[str](), False
        self.chunks = b""

    async def serve(self) -> None:
        self.server.connections += 1
        try:
            with suppress(_Hung, OSError, ssl.SSLError, ValueError, asyncio.IncompleteReadError):
                self.writer.write(self.server.greeting)
                while line := await self.reader.readline():
                    await self._do(line.decode("utf-8", "replace").rstrip("\r\n"))
                    await self.writer.drain()
            self.writer.close()
            with suppress(OSError, ssl.SSLError):
                await self.writer.wait_closed()
        finally:
            self.writer.transport.abort()

    async def _do(self, line: str) -> None:
        word = line.partition(" ")[0].upper()
        self.server.said.append(line)
        deed = getattr(self, f"_{word.lower()}", None)
        if deed is None:
            self._say("500 5.5.2 what?")
        else:
            await deed(line)

    async def _ehlo(self, line: str) -> None:
        lines = ["mail.example", *self.server.features]
        if self.server.tls and not self._is_encrypted:
            lines.append("STARTTLS")
        marks = ["-"] * (len(lines) - 1) + [" "]
        for mark, each in zip(marks, lines, strict=True):
            self._say(f"250{mark}{each}")

    @property
    def _is_encrypted(self) -> bool:
        return self.writer.get_extra_info("sslcontext") is not None

    async def _starttls(self, line: str) -> None:
        if not self._asked("starttls", ""):
            self._say("220 2.0.0 go on")
        await self.writer.drain()
        assert self.server.tls is not None
        await self.writer.start_tls(self.server.tls)

    async def _auth(self, line: str) -> None:
        if line == "AUTH LOGIN":
            for _ in range(2):
                self._say("334 VXNlcm5hbWU6")
                self.server.said.append((await self.reader.readline()).decode().strip())
        if not self._asked("auth", line):
            self._say("235 2.7.0 welcome")

    async def _mail(self, line: str) -> None:
        self.sender, self.to = _address(line), []
        self.is_bad = self._asked("mail", self.sender)
        if not self.is_bad:
            self._say("250 2.1.0 fine")

    async def _rcpt(self, line: str) -> None:
        to = _address(line)
        if self.is_bad:
            self._say("503 5.5.1 no sender")
        elif not self._asked("rcpt", to):
            self.to.append(to)
            self._say("250 2.1.5 fine")

    async def _data(self, line: str) -> None:
        if self._asked("data", self._about):
            return
        if not self.to:
            self._say("554 5.5.1 no recipients")
            return
        self._say("354 go on")
        await self.writer.drain()
        data = b""
        while (each := await self.reader.readline()) != b".\r\n":
            if not each.endswith(b"\n"):
                raise _Hung
            data += each[1:] if each.startswith(b".") else each
        self._end(data)

    async def _bdat(self, line: str) -> None:
        _, size, *last = line.split()
        self.chunks += await self.reader.readexactly(int(size))
        if not self.to:
            self.chunks = b""
            self._say("503 5.5.1 no recipients")
        elif last:
            data, self.chunks = self.chunks, b""
            self._end(data)
        else:
            self._say("250 2.0.0 more")

    def _end(self, data: bytes) -> None:
        about, mail = self._about, Taken(self.sender, tuple(self.to), data)
        self.to = []
        if self._asked("end", about):
            return
        self.server.take(mail)
        if not self._asked("taken", about):
            self._say("250 2.0.0 taken")

    async def _rset(self, line: str) -> None:
        self.to, self.is_bad = [], False
        self._say("250 2.0.0 fine")

    async def _noop(self, line: str) -> None:
        self._say("250 2.0.0 fine")

    async def _quit(self, line: str) -> None:
        self._say("221 2.0.0 bye")
        raise _Hung

    @property
    def _about(self) -> str:
        return self.to[0] if self.to else ""

    def _asked(self, step: str, about: str) -> bool:
        """Answer as the fault says; return whether it said anything."""
        words = self.server.fault(step, about)
        if words == DROP:
            raise _Hung
        if words and words != STALL:
            self._say(words)
        return bool(words)

    def _say(self, words: str) -> None:
        self.writer.write(words.encode() + b"\r\n")


def _address(line: str) -> str:
    return line.partition("<")[2].partition(">")[0]


async def _listen(server: Server, port: int) -> asyncio.Server:
    context = server.tls if server.is_wrapped else None

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.CancelledError):  # asyncio's own callback would complain of it
            await Session(server, reader, writer).serve()

    return await asyncio.start_server(one, "127.0.0.1", port, ssl=context, limit=1 << 22)


@contextmanager
def serving(server: Server) -> Iterator[Server]:
    """Run a server in a thread of its own; its port is then known."""
    loop = asyncio.new_event_loop()
    listening = loop.run_until_complete(_listen(server, 0))
    server.port = listening.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(_close(listening), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


async def _close(listening: asyncio.Server) -> None:
    listening.close()
    mine = asyncio.current_task()
    others = [each for each in asyncio.all_tasks() if each is not mine]
    for each in others:
        each.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    for _ in range(3):  # transports close in the rounds after
        await asyncio.sleep(0)


def logging_to(log: str) -> Callable[[Taken], object]:
    """Return what writes each recipient down, with one write, before the mail is answered for."""
    opened = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    return lambda mail: os.write(opened, "".join(f"{to}\n" for to in mail.to).encode())


async def _main(port: int, log: str, fault: Fault) -> None:
    server = Server(fault=fault, keep=logging_to(log))
    server.said = _Nothing()
    async with await _listen(server, port) as listening:
        await listening.serve_forever()


class _Nothing(list[str]):
    def append(self, each: str) -> None:
        """Keep nothing: a bench says a million things."""


def dead_half(step: str, about: str) -> str:
    """Let every domain with an odd number ask for patience."""
    domain = about.partition("@")[2]
    number = "".join(letter for letter in domain if letter.isdigit())
    if step == "rcpt" and number and int(number) % 2:
        return "451 4.4.1 no answer from host"
    return ""


FAULTS: dict[str, Fault] = {"none": lambda step, about: "", "dead": dead_half}

if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(_main(int(sys.argv[1]), sys.argv[2], FAULTS[(*sys.argv, "none")[3]]))
