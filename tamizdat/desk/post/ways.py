"""The ways on which letters go out, chosen by one setting.

``smtp://user:password@host:port``  encrypted by STARTTLS, which is demanded but on this machine
``smtps://user:password@host:port`` encrypted from the start
``folder:NAME``                     a folder of the newsroom, for the demo: one .eml file a letter
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

LOCAL = ("localhost", "127.0.0.1", "::1")


class WayError(Exception):
    """A letter did not go; the subclass says what may be done."""


class TryLater(WayError):
    """It was surely not taken, and may be later."""


class Refused(WayError):
    """It was surely not taken, and never will be."""


class Unsure(WayError):
    """Nobody knows whether it was taken: the line broke after the last byte."""


class BadWay(Exception):
    """The setting names no way out; the message says what was expected."""


class Way(Protocol):
    """Takes letters one by one."""

    def announce(self, sender: str, to: str) -> None:
        """Say from whom and to whom a letter is. Raises TryLater, Refused."""

    def hand_over(self, letter: bytes) -> None:
        """Give the letter that was announced. Raises TryLater, Refused, Unsure."""

    def close(self) -> None:
        """Hang up."""


@dataclass(frozen=True)
class Server:
    """A mail server, and how it is reached."""

    host: str
    port: int
    is_wrapped: bool  # encrypted from the start
    must_start: bool  # encryption is demanded before anything else is said
    user: str = ""
    password: str = ""

    def __repr__(self) -> str:
        return f"Server({self.host}:{self.port})"


def way_of(setting: str, home: Path, *, is_demo: bool, helo: str = "") -> Way:
    """Return the way that a setting names. Raises BadWay."""
    from tamizdat.desk.post.folder import Folder
    from tamizdat.desk.post.smtp import Smtp

    if setting.startswith("folder:"):
        if not is_demo:
            raise BadWay("folder: keeps letters in the open, and is for the demo alone")
        return Folder(home / setting.removeprefix("folder:"))
    return Smtp(server_of(setting), helo=helo)


def server_of(setting: str) -> Server:
    """Read a server from its setting. Raises BadWay, which never repeats it."""
    try:
        found = urlsplit(setting)
        port = found.port
    except ValueError:
        raise BadWay("expected smtp://host:port, found no sound port") from None
    if found.scheme not in ("smtp", "smtps") or not found.hostname:
        raise BadWay("expected smtp://user:password@host:port or smtps://…")
    if found.path not in ("", "/") or found.query:
        raise BadWay("expected nothing after the host and its port")
    is_wrapped = found.scheme == "smtps"
    return Server(
        found.hostname,
        port or (465 if is_wrapped else 587),
        is_wrapped=is_wrapped,
        must_start=not is_wrapped and found.hostname not in LOCAL,
        user=unquote(found.username or ""),
        password=unquote(found.password or ""),
    )
