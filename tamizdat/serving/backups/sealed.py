"""A sealed file of named members, written and read as a stream.

It is a tar archive (POSIX, pax) inside an age file, so that ``age -d FILE | tar x`` opens it
without this program. A member whose length is not known beforehand lies in pieces, ``NAME/000000``
and on, which ``cat NAME/*`` puts together.

Rules:

* Memory stays flat: one piece is held, whatever the length of the whole.
* What is read of a member is not to be trusted before the stream has ended well: age authenticates
  each 64 KiB as it comes, and tells a file that was cut off from one that ended.
"""

from __future__ import annotations

import os
import re
import tarfile
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import IO, Any

import pyrage

from tamizdat.serving.backups.errors import BackupError, CannotOpen, Damaged
from tamizdat.serving.backups.recipients import Identity, Recipient

PIECE = 4 << 20  # bytes
BLOCK = 1 << 20
Progress = Callable[[int, int], None]
_PIECES = re.compile(r"(.+)/(\d{6,})")


class Writer:
    """Puts members into a sealed file, one after another."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self._tar = tarfile.open(  # noqa: SIM115 - closed by ``end``
            mode="w|", fileobj=pipe, bufsize=BLOCK, format=tarfile.PAX_FORMAT
        )

    def add(self, name: str, data: bytes) -> None:
        """Put a member in whole."""
        member = tarfile.TarInfo(name)
        member.size, member.mode = len(data), 0o600
        self._tar.addfile(member, BytesIO(data))
        _forget(self._tar)

    def pour(self, name: str, blocks: Iterable[bytes]) -> int:
        """Put a member in as pieces; return how many."""
        count, waiting = 0, bytearray()
        for block in blocks:
            waiting += block
            while len(waiting) >= PIECE:
                self.add(f"{name}/{count:06}", bytes(waiting[:PIECE]))
                del waiting[:PIECE]
                count += 1
        if waiting or not count:
            self.add(f"{name}/{count:06}", bytes(waiting))
            count += 1
        return count

    def end(self) -> None:
        self._tar.close()

    def give_up(self) -> None:
        """Let tarfile write no end, not even when it is collected as waste."""
        self._tar.fileobj.closed = True  # type: ignore[attr-defined]  # its own stream


@contextmanager
def sealing(file: Path, recipients: Sequence[Recipient]) -> Iterator[Writer]:
    """Make a sealed file, which appears under its name when it is whole and durable."""
    aside = file.with_name(f".{file.name}.part")
    source, sink = os.pipe()
    thread = _Thread(lambda: _encrypt(source, aside, recipients))
    try:
        with os.fdopen(sink, "wb", buffering=BLOCK) as pipe:
            writer = Writer(pipe)
            try:
                yield writer
                writer.end()
            except BaseException:
                writer.give_up()
                raise
        thread.end()
        aside.replace(file)
        _sync_folder(file.parent)
    except BaseException as problem:
        with suppress(Exception):
            thread.join()
        aside.unlink(missing_ok=True)
        if isinstance(problem, BrokenPipeError) and thread.problem is not None:
            raise _cannot_write(file, thread.problem) from None
        if problem is thread.problem and isinstance(problem, OSError):
            raise _cannot_write(file, problem) from None
        raise


def _encrypt(source: int, aside: Path, recipients: Sequence[Recipient]) -> None:
    with os.fdopen(source, "rb", buffering=BLOCK) as reading:
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb", buffering=BLOCK) as writing:
            pyrage.encrypt_io(reading, writing, list(recipients))
            writing.flush()
            os.fsync(writing.fileno())


def _cannot_write(file: Path, problem: Exception) -> BackupError:
    reason = getattr(problem, "strerror", None) or type(problem).__name__
    return BackupError(f"{file} cannot be written ({reason})")


@dataclass(frozen=True)
class Member:
    """One piece of what was put in; most have only the piece 0."""

    name: str
    piece: int
    size: int
    stream: IO[bytes]

    def blocks(self) -> Iterator[bytes]:
        while block := self.stream.read(BLOCK):
            yield block

    def whole(self, at_most: int = PIECE) -> bytes:
        """Return a small member. Raises Damaged where it is longer than it may be."""
        if self.size > at_most:
            raise Damaged(f"{self.name} is longer than it may be ({self.size} bytes)")
        return self.stream.read()


@contextmanager
def unsealing(
    file: Path, identities: Sequence[Identity], progress: Progress | None = None
) -> Iterator[Iterator[Member]]:
    """Read a sealed file's members. Raises CannotOpen or Damaged, at the latest when it ends.

    ``progress`` is called with bytes of the sealed file: read, and in all.
    """
    try:
        opened = _Watched(file, progress)
    except OSError as problem:
        raise CannotOpen(f"{file} cannot be read ({problem.strerror})") from None
    source, sink = os.pipe()
    stop = threading.Event()
    thread = _Thread(lambda: _decrypt(opened, sink, identities, stop))
    pipe = os.fdopen(source, "rb", buffering=BLOCK)
    try:
        with pipe:
            yield _members(pipe)
            _drain(pipe)
        thread.end()
    except BaseException as problem:
        stop.set()
        with suppress(Exception):
            pipe.close()
        with suppress(Exception):
            thread.join()
        if isinstance(problem, Exception) and _is_ours(thread.problem):
            raise _reason(file, thread.problem) from None
        if isinstance(problem, (tarfile.TarError, EOFError)):
            raise Damaged(f"{file} is no backup of ours, or was cut off") from None
        raise


def _decrypt(
    opened: _Watched, sink: int, identities: Sequence[Identity], stop: threading.Event
) -> None:
    with opened, os.fdopen(sink, "wb", buffering=BLOCK) as writing:
        try:
            pyrage.decrypt_io(opened, writing, list(identities))
        except OSError:
            if not stop.is_set():
                raise


class _Watched:
    """A file that tells how far it was read."""

    def __init__(self, file: Path, progress: Progress | None) -> None:
        self._file = file.open("rb")
        self._length = file.stat().st_size
        self._progress = progress

    def read(self, size: int = -1) -> bytes:
        block = self._file.read(size)
        if self._progress:
            self._progress(self._file.tell(), self._length)
        return block

    def __enter__(self) -> _Watched:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


def _members(pipe: IO[bytes]) -> Iterator[Member]:
    with tarfile.open(mode="r|", fileobj=pipe, bufsize=BLOCK) as tar:
        while (member := tar.next()) is not None:
            _forget(tar)
            stream = tar.extractfile(member) if member.isreg() else None
            if stream is None:
                raise Damaged(f"{member.name} in the backup is no plain file")
            fitting = _PIECES.fullmatch(member.name)
            name, piece = (fitting[1], int(fitting[2])) if fitting else (member.name, 0)
            yield Member(name, piece, member.size, stream)


def _forget(tar: tarfile.TarFile) -> None:
    """Let go of the members that tarfile remembers, which are all that it has seen."""
    tar.members = []  # type: ignore[attr-defined]  # it has no other way, and no type for this one


def _drain(pipe: IO[bytes]) -> None:
    """Read what follows the last member, so that the end is authenticated too."""
    while pipe.read(BLOCK):
        pass


def _is_ours(problem: Exception | None) -> bool:
    return problem is not None and not isinstance(problem, BrokenPipeError)


def _reason(file: Path, problem: Exception | None) -> BackupError:
    if isinstance(problem, pyrage.DecryptError):
        if "keys" in str(problem):
            return CannotOpen(f"{file} was not sealed to this identity; name another")
        return Damaged(f"{file} is no age file, or its beginning is damaged")
    return Damaged(f"{file} is damaged or was cut off; fetch another copy")


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class _Thread(threading.Thread):
    """A thread whose error is raised where it is ended."""

    def __init__(self, deed: Any) -> None:
        super().__init__(daemon=True)
        self._deed = deed
        self.problem: Exception | None = None
        self.start()

    def run(self) -> None:
        try:
            self._deed()
        except Exception as problem:
            self.problem = problem

    def end(self) -> None:
        """Wait for its end. Raises what it raised."""
        self.join()
        if self.problem is not None:
            raise self.problem
