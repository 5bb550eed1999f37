"""A door in a thread of its own, and readers that say exactly the bytes they are told to."""

import asyncio
import gzip
import os
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import brotli

from tamizdat.reader.door import Door, Limits

Result = TypeVar("Result")

PATIENCE = 10.0
POLICY = "default-src 'none'; img-src 'self'; style-src 'self'"


@dataclass(frozen=True)
class Reply:
    status: int
    fields: dict[str, str]
    body: bytes


class Reader:
    """One connection to a door."""

    def __init__(self, address: tuple[str, int], receive_buffer: int | None = None) -> None:
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(PATIENCE)
        self._came = b""
        try:
            self.socket.connect(address)
        except OSError:
            self.socket.close()
            raise

    def say(self, content: bytes) -> None:
        self.socket.sendall(content)

    def hear(self, to: str = "GET") -> Reply:
        """Read one reply, by its Content-Length."""
        while b"\r\n\r\n" not in self._came:
            self._more()
        head, _, self._came = self._came.partition(b"\r\n\r\n")
        line, *rest = head.decode("latin-1").split("\r\n")
        status = int(line.split(" ")[1])
        fields: dict[str, str] = {}
        for field in rest:
            name, value = field.split(": ", 1)
            assert name not in fields, f"{name} twice"
            fields[name] = value
        has_body = to != "HEAD" and status != 304
        return Reply(status, fields, self._take(int(fields["Content-Length"])) if has_body else b"")

    def is_closed(self) -> bool:
        """Whether the door sends nothing more and has closed its side."""
        try:
            return self._came == b"" and self.socket.recv(1) == b""
        except ConnectionResetError:
            return True

    def close(self) -> None:
        self.socket.close()

    def _take(self, size: int) -> bytes:
        while len(self._came) < size:
            self._more()
        taken, self._came = self._came[:size], self._came[size:]
        return taken

    def _more(self) -> None:
        came = self.socket.recv(65536)
        if not came:
            raise EOFError
        self._came += came


class OpenDoor:
    """A door that is open in another thread."""

    def __init__(self, door: Door, errors: list[str]) -> None:
        self.door = door
        self.errors = errors
        self.told = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._readers: list[Reader] = []
        self.address: tuple[str, int] = ("", 0)

    def reader(self, receive_buffer: int | None = None) -> Reader:
        reader = Reader(self.address, receive_buffer)
        self._readers.append(reader)
        return reader

    def get(self, path: str, method: str = "GET", **fields: str) -> Reply:
        """Ask for one path on a connection of its own; `if_range` means If-Range."""
        lines = [f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items()]
        reader = self.reader()
        reader.say(f"{method} {path} HTTP/1.1\r\nHost: a\r\n{''.join(lines)}\r\n".encode())
        reply = reader.hear(method)
        reader.close()
        return reply

    def say(self, content: bytes) -> Reply:
        """Send raw bytes on a connection of its own and read one reply."""
        reader = self.reader()
        reader.say(content)
        reply = reader.hear()
        reader.close()
        return reply

    def inside(self, deed: Callable[[], Result]) -> Result:
        """Do something in the door's own thread."""
        done: Future[Result] = Future()

        def act() -> None:
            try:
                done.set_result(deed())
            except BaseException as error:  # handed to the caller's thread
                done.set_exception(error)

        self._loop.call_soon_threadsafe(act)
        return done.result(PATIENCE)

    def later(self, seconds: float) -> None:
        """Let the door believe that so many seconds have passed since its last look."""
        self.inside(lambda: self.door.sweep(self.door.clock() + seconds))

    def places_taken(self) -> int:
        return self.inside(lambda: len(self.door._connections))

    def end(self) -> None:
        """Begin to close the door; does nothing when it is closed."""
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self.told.set)

    def close_readers(self) -> None:
        for reader in self._readers:
            reader.close()


@contextmanager
def open_door(
    root: Path,
    limits: Limits | None = None,
    new_loop: Callable[[], asyncio.AbstractEventLoop] | None = None,
) -> Iterator[OpenDoor]:
    listening = socket.create_server(("127.0.0.1", 0))
    # A small one, so that a slow reader is felt soon, whatever this machine's kernel allows.
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 64 * 1024)
    opened: Future[OpenDoor] = Future()
    thread = threading.Thread(target=_keep_open, args=(root, limits, new_loop, listening, opened))
    thread.start()
    door = opened.result(PATIENCE)
    door.address = listening.getsockname()[:2]
    try:
        yield door
    finally:
        door.close_readers()
        door.end()
        thread.join(PATIENCE)
        assert not thread.is_alive()


def _keep_open(
    root: Path,
    limits: Limits | None,
    new_loop: Callable[[], asyncio.AbstractEventLoop] | None,
    listening: socket.socket,
    opened: "Future[OpenDoor]",
) -> None:
    async def live() -> None:
        errors: list[str] = []
        door = Door(root, limits, write_error=errors.append)
        await door.open(listening)
        outside = OpenDoor(door, errors)
        opened.set_result(outside)
        await outside.told.wait()
        await door.close()

    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(live())


def write(root: Path, name: str, content: bytes, time: int | None = None) -> Path:
    """Replace a file by rename, as the baker does; `time` is its time of change in ns."""
    path = root / name.lstrip("/")
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.new")
    beside.write_bytes(content)
    if time is not None:
        os.utime(beside, ns=(time, time))
    beside.replace(path)
    return path


def bake(root: Path, name: str, content: bytes, time: int) -> None:
    """Replace a file and its compressed siblings in the baker's order."""
    write(root, f"{name}.br", brotli.compress(content), time)
    write(root, f"{name}.gz", gzip.compress(content, mtime=0), time)
    write(root, name, content, time)


def page(text: str) -> bytes:
    return (
        '<!doctype html><html><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        f"<title>{text}</title></head><body><p>{text}</p></body></html>\n"
    ).encode()
