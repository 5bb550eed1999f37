"""The vault's process: seals and looks up one address at a time, behind a Unix socket.

    python -m tamizdat.vault.process --keys HOME/keys/vault --socket HOME/run/vault.sock

Rules:

* It holds the index key and public keys. It has no private key and no database: it can neither
  open nor list, whoever asks.
* It answers its own user, and those who are named with ``--user``, whoever may reach the socket
  (the kernel says who asks: SO_PEERCRED).
* It answers no more often than ``rates`` allows, and says how much of that is used: a number for
  all together.
* It seals short texts as well, which nobody can look up.
* A connection is one question, which has DEADLINE seconds and a bounded length. More than
  CONNECTIONS at once wait for their turn.
* A new key that is put in force is taken up with the next question.
* Nothing that it says or logs holds an address. No other process of the same user can look into
  its memory, and a crash leaves no core (PR_SET_DUMPABLE).
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import ctypes
import os
import pwd
import resource
import signal
import socket
import struct
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tamizdat import scrubbing
from tamizdat.vault import asking, keys
from tamizdat.vault.addressing import normalise
from tamizdat.vault.errors import BadAddress, VaultError
from tamizdat.vault.rates import Bucket, Rate
from tamizdat.vault.sealing import box_of, index_of, key_id_of, seal

DEADLINE = 2.0  # seconds for a question to come and its answer to go
CONNECTIONS = 64
CANNOT = 78  # EX_CONFIG: trying again is no use
PR_SET_DUMPABLE = 4
_CREDENTIALS = struct.Struct("3i")  # process, user, group


@dataclass
class Keys:
    """The keys as the folder has them now; read again when another one is in force."""

    folder: Path
    index: bytes = field(default=b"", repr=False)
    public: bytes = b""
    _seen: tuple[int, int] | None = None

    def refresh(self) -> None:
        """Take up what has changed. Raises NoKeys, DamagedKeys."""
        try:
            state = (self.folder / keys.CURRENT).stat()
        except OSError:
            keys.current_id(self.folder)  # says what is wrong
            raise
        seen = (state.st_ino, state.st_mtime_ns)
        if seen != self._seen:
            self.public = keys.public_key(self.folder, keys.current_id(self.folder))
            self.index = keys.index_key(self.folder)
            self._seen = seen


class Answering:
    """Answers questions, one for each connection."""

    def __init__(self, held: Keys, bucket: Bucket, users: frozenset[int]) -> None:
        self.held = held
        self.bucket = bucket
        self.users = users
        self._places = asyncio.Semaphore(CONNECTIONS)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection. Whatever comes, nothing is raised."""
        asked = writer.get_extra_info("socket")
        with contextlib.suppress(OSError, EOFError, TimeoutError):
            if _user_of(asked) in self.users:
                async with self._places, asyncio.timeout(DEADLINE):
                    writer.write(asking.frame(self.answer(await _question(reader))))
                    await writer.drain()
        writer.close()

    def answer(self, question: bytes) -> bytes:
        """Return the answer to one question."""
        kind = question[:1]
        if kind == asking.DAY:
            return asking.answer_day(self.bucket.used())
        if not self.bucket.take(tells=kind != asking.TEXT):
            return asking.BUSY
        try:
            return self._answer(kind, question[1:])
        except BadAddress:
            return asking.BAD_ADDRESS
        except VaultError as error:  # the keys; its message names a file, never an address
            print(f"vault: {error}", file=sys.stderr, flush=True)
            return asking.NO_KEYS
        except Exception as error:
            # The error's text may hold what was asked. Its kind is enough to look for it.
            print(f"vault: {type(error).__name__} in a question", file=sys.stderr, flush=True)
            return asking.BAD_QUESTION

    def _answer(self, kind: bytes, typed: bytes) -> bytes:
        try:
            text = typed.decode()
        except UnicodeDecodeError:
            return asking.BAD_QUESTION
        self.held.refresh()
        if kind == asking.SEAL:
            return asking.answer_sealed(seal(text, self.held.public, self.held.index))
        if kind == asking.INDEX:
            return asking.DONE + index_of(normalise(text), self.held.index)
        if kind == asking.TEXT and len(typed) <= asking.LONGEST_TEXT:
            public = self.held.public
            return asking.answer_text(key_id_of(public), box_of(text, public))
        return asking.BAD_QUESTION


async def _question(reader: asyncio.StreamReader) -> bytes:
    """Read one frame. Raises EOFError where it is cut short or longer than any question."""
    (length,) = asking.HEAD.unpack(await reader.readexactly(asking.HEAD.size))
    if not 0 < length <= asking.LONGEST_QUESTION:
        raise EOFError
    return await reader.readexactly(length)


def _user_of(asked: socket.socket) -> int:
    found = asked.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    return int(_CREDENTIALS.unpack(found)[1])


async def listen(place: Path, answering: Answering, ready: Callable[[], object]) -> None:
    """Answer at the socket until SIGTERM or SIGINT."""
    listening = _listen(place, answering.users)
    server = await asyncio.start_unix_server(
        answering.serve, sock=listening, limit=asking.LONGEST_QUESTION, backlog=CONNECTIONS
    )
    told = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    async with server:
        ready()
        await told.wait()
    place.unlink(missing_ok=True)


def _listen(place: Path, users: frozenset[int]) -> socket.socket:
    """Bind beside the place and rename, so that a dead process's socket is replaced at once."""
    aside = place.with_name(f".{place.name}.{os.getpid()}")
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listening.bind(str(aside))
    # Others are let to the socket only where they may ask; SO_PEERCRED decides in any case.
    aside.chmod(0o600 if users == {os.geteuid()} else 0o666)
    aside.replace(place)
    return listening


def keep_to_itself() -> None:
    """Let nobody look into this process's memory, and leave no core."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)


def main(words: list[str] | None = None) -> int:
    options = _parser().parse_args(words)
    os.umask(0o077)
    scrubbing.install()
    keep_to_itself()
    held = Keys(options.keys)
    try:
        held.refresh()
    except VaultError as error:
        print(f"vault: {error}", file=sys.stderr)
        return CANNOT
    rate = Rate(options.rate, options.burst, options.day)
    users = frozenset({os.geteuid(), *options.user})
    answering = Answering(held, Bucket(rate, time.monotonic), users)
    asyncio.run(listen(options.socket, answering, lambda: None))
    return 0


def _parser() -> argparse.ArgumentParser:
    usual = Rate()
    parser = argparse.ArgumentParser(prog="tamizdat.vault.process", description=__doc__)
    parser.add_argument("--keys", type=Path, required=True, metavar="DIR")
    parser.add_argument("--socket", type=Path, required=True, metavar="FILE")
    parser.add_argument("--rate", type=float, default=usual.a_second, help="questions a second")
    parser.add_argument("--burst", type=int, default=usual.burst, help="questions at once")
    parser.add_argument("--day", type=int, default=usual.a_day, help="questions in a day")
    parser.add_argument(
        "--user", type=_user, action="append", default=[], help="another user who may ask"
    )
    return parser


def _user(text: str) -> int:
    try:
        return int(text) if text.isdigit() else pwd.getpwnam(text).pw_uid
    except KeyError:
        raise argparse.ArgumentTypeError(f"this machine knows no user {text!r}") from None


if __name__ == "__main__":
    sys.exit(main())
