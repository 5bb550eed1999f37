"""The box in which mails lie, on a server (IMAP4rev1, RFC 3501; POP3, RFC 1939).

``imaps://user:password@host:port/FOLDER``  encrypted from the start
``imap://…``                                by STARTTLS, which is demanded but on this machine
``pop3s://user:password@host:port``, ``pop3://…``  likewise

Rules:

* Without encryption nothing is said to another machine, least of all a password.
* The box is ours alone. A mail is taken away when it was carried out, not before.
* Of a mail no more comes than is looked at (``letters.LONGEST``), however long it is.
* What goes wrong is told by its kind: a server's words may quote an address.
"""

from __future__ import annotations

import contextlib
import imaplib
import poplib
import re
import ssl
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from tamizdat.desk.post.ways import LOCAL
from tamizdat.newsletters.inbox.letters import LONGEST

PATIENCE = 60.0  # seconds for one answer
AT_ONCE = 500  # mails of one look
LINE = 8_192  # bytes of a line that are kept
TOP_LINES = 400  # of a mail that is longer than we look at
PORTS = {"imap": 143, "imaps": 993, "pop3": 110, "pop3s": 995}


class BadBox(Exception):
    """The setting names no box; the message says what was expected."""


class BoxAway(Exception):
    """The box cannot be reached now; it is tried again."""


@dataclass(frozen=True)
class Place:
    """Where a box is, and how it is opened."""

    kind: str  # imap, imaps, pop3, pop3s
    host: str
    port: int
    user: str = field(repr=False)
    password: str = field(repr=False)
    folder: str = "INBOX"
    patience: float = PATIENCE

    @property
    def is_wrapped(self) -> bool:
        return self.kind.endswith("s")

    @property
    def must_start(self) -> bool:
        return not self.is_wrapped and self.host not in LOCAL


class Box(Protocol):
    """Mails one by one."""

    def mails(
        self, without: Collection[str] = (), last: Collection[str] = ()
    ) -> Iterator[tuple[str, bytes]]:
        """Yield each mail with its name in the box, AT_ONCE at most. Raises BoxAway.

        Those whose names are in ``without`` are not even fetched, those in ``last`` come last: what
        lies in the box for long keeps nothing new from being seen.
        """

    def take_away(self, name: str) -> None:
        """Take a mail out of the box. Raises BoxAway."""

    def close(self) -> None:
        """Hang up. What was taken away is gone for good after it."""


def place_of(setting: str) -> Place:
    """Read a box's place from its setting. Raises BadBox, which never repeats it."""
    try:
        found = urlsplit(setting)
        port = found.port
    except ValueError:
        raise BadBox("expected imaps://user:password@host, found no sound port") from None
    if found.scheme not in PORTS or not found.hostname or not found.username:
        raise BadBox("expected imaps://user:password@host/FOLDER or pop3s://user:password@host")
    return Place(
        found.scheme,
        found.hostname,
        port or PORTS[found.scheme],
        unquote(found.username),
        unquote(found.password or ""),
        unquote(found.path.strip("/")) or "INBOX",
    )


def open_box(
    place: Place, context: ssl.SSLContext | None = None, patience: float = PATIENCE
) -> Box:
    """Open a box. ``context`` is for servers with certificates of their own; ``patience``: seconds
    for one answer. Raises BoxAway."""
    known = context or ssl.create_default_context()
    place = replace(place, patience=patience)
    with _reached():
        return Imap(place, known) if place.kind.startswith("imap") else Pop(place, known)


class Imap:
    """A folder on an IMAP server."""

    def __init__(self, place: Place, context: ssl.SSLContext) -> None:
        if place.is_wrapped:
            self._line: imaplib.IMAP4 = imaplib.IMAP4_SSL(
                place.host, place.port, ssl_context=context, timeout=place.patience
            )
        else:
            self._line = imaplib.IMAP4(place.host, place.port, timeout=place.patience)
        try:
            if not place.is_wrapped and (place.must_start or "STARTTLS" in self._line.capabilities):
                self._line.starttls(context)
            self._line.login(place.user, place.password)
            _agreed(self._line.select(_quoted(place.folder)))
        except BaseException:
            self.close()
            raise

    def mails(
        self, without: Collection[str] = (), last: Collection[str] = ()
    ) -> Iterator[tuple[str, bytes]]:
        with _reached():
            _, (found, *_) = self._line.uid("SEARCH", "ALL")
        there = (found or b"").decode("ascii", "replace").split()
        for name in _of_one_look(there, without, last):
            raw = self._fetch(name)
            if raw is not None:
                yield name, raw

    def take_away(self, name: str) -> None:
        with _reached():
            _agreed(self._line.uid("STORE", name, "+FLAGS.SILENT", r"(\Deleted)"))
            # With UIDPLUS (RFC 4315) this very one; without it, all that bear the mark.
            if "UIDPLUS" in self._line.capabilities:
                _agreed(self._line.uid("EXPUNGE", name))
            else:
                _agreed(self._line.expunge())

    def close(self) -> None:
        with contextlib.suppress(OSError, imaplib.IMAP4.error):
            self._line.logout()  # which hangs up
        with contextlib.suppress(OSError):  # where it did not come to that
            self._line.shutdown()

    def _fetch(self, name: str) -> bytes | None:
        with _reached():
            _, answer = self._line.uid("FETCH", name, f"(BODY.PEEK[]<0.{LONGEST}>)")
        for part in answer or []:
            if isinstance(part, tuple):
                return bytes(part[1])
        return None  # somebody else took it away


class Pop:
    """A POP3 server's one box."""

    def __init__(self, place: Place, context: ssl.SSLContext) -> None:
        self._numbers: dict[str, int] = {}
        if place.is_wrapped:
            self._line: poplib.POP3 = _LongLinesSsl(
                place.host, place.port, timeout=place.patience, context=context
            )
        else:
            self._line = _LongLines(place.host, place.port, timeout=place.patience)
        try:
            if not place.is_wrapped and (place.must_start or "STLS" in self._line.capa()):
                self._line.stls(context)
            self._line.user(place.user)
            self._line.pass_(place.password)
        except BaseException:
            self.close()
            raise

    def mails(
        self, without: Collection[str] = (), last: Collection[str] = ()
    ) -> Iterator[tuple[str, bytes]]:
        with _reached():
            _, lines, _ = self._line.list()
            names = self._names()
        there = {
            names.get(number, number): (int(number), int(size))
            for number, size in _pairs(lines)
            if size.isdecimal()
        }
        for name in _of_one_look(there, without, last):
            number, size = there[name]
            self._numbers[name] = number
            yield name, self._fetch(number, size)

    def take_away(self, name: str) -> None:
        with _reached():
            self._line.dele(self._numbers[name])

    def _names(self) -> dict[str, str]:
        """Return names that hold from one visit to the next; numbers do not."""
        try:
            _, lines, _ = self._line.uidl()
        except poplib.error_proto:  # an option (RFC 1939, section 7)
            return {}
        return dict(_pairs(lines))

    def close(self) -> None:
        # QUIT is what takes away for good (RFC 1939, section 6).
        with contextlib.suppress(OSError, poplib.error_proto):
            self._line.quit()
        with contextlib.suppress(OSError):
            self._line.close()

    def _fetch(self, number: int, size: int) -> bytes:
        with _reached():
            ask = self._line.retr if size <= LONGEST else self._top
            _, lines, _ = ask(number)
        return b"\r\n".join(lines)[:LONGEST]

    def _top(self, number: int) -> tuple[bytes, list[bytes], int]:
        return self._line.top(number, TOP_LINES)


class _LongLines(poplib.POP3):
    """Cuts lines that are too long; poplib would fail at them, and be lost in the answer."""

    def _getline(self) -> tuple[bytes, int]:
        found = self.file.readline(LINE)
        if not found:
            raise poplib.error_proto("-ERR EOF")
        rest = found
        while not rest.endswith(b"\n"):
            rest = self.file.readline(LINE)
            if not rest:
                raise poplib.error_proto("-ERR EOF")
        return re.sub(rb"[\r\n]+\Z", b"", found), len(found)


class _LongLinesSsl(_LongLines, poplib.POP3_SSL):
    """Likewise, encrypted from the start."""


def _of_one_look(
    there: Iterable[str], without: Collection[str], last: Collection[str]
) -> list[str]:
    names = [name for name in there if name not in without]
    return sorted(names, key=lambda name: name in last)[:AT_ONCE]


def _pairs(lines: list[bytes]) -> list[tuple[str, str]]:
    """Read lines of a number and a word; what is none is left out."""
    found = (line.decode("ascii", "replace").split() for line in lines)
    return [(each[0], each[1]) for each in found if len(each) == 2 and each[0].isdecimal()]


def _agreed(answer: tuple[str, Any]) -> None:
    if answer[0] != "OK":
        raise imaplib.IMAP4.error("refused")


def _quoted(folder: str) -> str:
    escaped = folder.replace("\\", r"\\").replace('"', r"\"")
    return f'"{escaped}"'


@contextlib.contextmanager
def _reached() -> Iterator[None]:
    """Turn what goes wrong into one thing that says no more than its kind."""
    try:
        yield
    except (OSError, EOFError, ValueError, imaplib.IMAP4.error, poplib.error_proto) as error:
        raise BoxAway(f"the box could not be reached: {type(error).__name__}") from None
