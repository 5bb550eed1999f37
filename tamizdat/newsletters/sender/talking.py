"""A line to a mail server (ESMTP, RFC 5321) that never blocks: from the greeting to signing in.

What is said waits in ``_due`` for its answer; without pipelining one thing is said at a time. How
mails are handed over follows in ``smtp``.

Rules:

1. Encryption is demanded before anything else is said: STARTTLS, or from the start. A server on
   this machine may do without. What a server says before it is forgotten, and what it says too
   early ends the line (RFC 3207, section 4.2 and 5).
2. An answer is believed only where one is due, in form and in number (``replies``): so answers
   never slip from one thing that was said to another.
3. Of what a server says its numbers are kept; its words may quote an address.

Sources: RFC 5321, 2920 (pipelining), 3207 (STARTTLS), 4954 (AUTH).
"""

from __future__ import annotations

import base64
import socket
import ssl
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from tamizdat.newsletters.sender.replies import Replies, Reply, Untrue

COMMAND = 60.0  # seconds of patience for the answer to a command
END = 600.0  # for the answer to a mail's end (RFC 5321, section 4.5.3.2.6)
READ = 65_536
TOO_EARLY = "something was said before the encryption that belongs behind it"
ENDS = ("body", "bdat")  # the steps that end a mail


@dataclass(frozen=True)
class Place:
    """A mail server and how it is reached."""

    host: str
    port: int
    is_wrapped: bool = False  # encrypted from the start
    must_start: bool = True  # STARTTLS is demanded
    user: str = ""
    password: str = field(default="", repr=False)
    helo: str = "localhost"  # this machine's own name is nobody's business
    context: ssl.SSLContext | None = field(default=None, repr=False)
    command: float = COMMAND
    end: float = END


class Talk:
    """A connection to a server, and what was said on it."""

    def __init__(self, place: Place, clock: Callable[[], float], *, may_chunk: bool = True) -> None:
        self.place, self.may_chunk, self._clock = place, may_chunk, clock
        self.is_ready = False  # greeted, encrypted, signed in
        self.is_over = False
        self.features: dict[str, str] = {}
        self._replies = Replies()
        self._due: deque[str] = deque(["greeting"])  # the steps that wait for an answer
        self._held: deque[tuple[str, bytes]] = deque()  # what waits its turn, without pipelining
        self._out = b""
        self._must_wrap = place.is_wrapped  # as soon as it is connected
        self._is_shaking = False  # hands, for TLS
        self._shakes_outward = False  # and has to write for it
        self._secrets: list[bytes] = []
        self.deadline = clock() + place.command
        self.socket: socket.socket | ssl.SSLSocket = _begun(place)

    # For the loop

    def fileno(self) -> int:
        return self.socket.fileno()

    @property
    def wants_to_write(self) -> bool:
        return bool(self._out) or self._must_wrap or self._shakes_outward

    @property
    def is_encrypted(self) -> bool:
        return isinstance(self.socket, ssl.SSLSocket)

    def advance(self) -> None:
        """Read and write what can be; call it when the socket is ready for either."""
        try:
            if self._must_wrap and not self._wrapped():
                return
            if self._is_shaking and not self._shaken():
                return
            self._flush()
            self._read()
        except Untrue as error:
            self.end(f"{error}")
        except ssl.SSLError as error:
            self.end(f"encryption failed: {error.reason or 'unknown'}")
        except OSError as error:
            self.end(f"the line broke: {type(error).__name__}")

    def look_at(self, now: float) -> None:
        """End the line if its server has been silent for too long."""
        if now > self.deadline and (self._due or self._out):
            self.end("no answer in time", is_silent=True)

    def end(self, reason: str, *, is_silent: bool = False) -> None:
        """End the line."""
        self._close()

    # Saying and hearing

    def _say(self, step: str, words: bytes) -> None:
        """Say something, at once or when what was said before is answered."""
        if self._due and "PIPELINING" not in self.features:
            self._held.append((step, words))
            return
        self._due.append(step)
        self._out += words

    def _heard(self, reply: Reply, *, is_due: bool) -> None:
        if not is_due:
            if reply.code == 421:  # a server may hang up at any time (RFC 5321, section 3.8)
                self.end(reply.numbers)
                return
            raise Untrue("an answer to nothing that was said")
        self._take_up(self._due.popleft(), reply)
        if self._held and not self._due:
            self._say(*self._held.popleft())

    def _take_up(self, step: str, reply: Reply) -> None:
        """Do what follows from the answer to a step."""
        if reply.code == 421:
            self.end(reply.numbers)
            return
        getattr(self, f"_on_{step}")(reply)

    # Beginning

    def _on_greeting(self, reply: Reply) -> None:
        if reply.code != 220:
            self.end(reply.numbers)
            return
        self._greet()

    def _greet(self) -> None:
        self.features = {}
        self._say("ehlo", f"EHLO {self.place.helo}\r\n".encode())

    def _on_ehlo(self, reply: Reply) -> None:
        if reply.code != 250:
            self.end(reply.numbers)
            return
        self.features = features_of(reply)
        if not self.may_chunk:
            self.features.pop("CHUNKING", None)
        if self.is_encrypted or not (self.place.must_start or "STARTTLS" in self.features):
            self._sign_in()
        elif "STARTTLS" in self.features:
            self._say("starttls", b"STARTTLS\r\n")
        else:
            self.end("the server offers no encryption (STARTTLS); nothing was sent")

    def _on_starttls(self, reply: Reply) -> None:
        if reply.code != 220:
            self.end(f"{reply.numbers}: no encryption; nothing was sent")
            return
        if not self._replies.is_between:
            raise Untrue(TOO_EARLY)
        self._encrypt()

    def _wrapped(self) -> bool:
        """Begin to encrypt as soon as the line stands; return whether it does."""
        error = self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if error:
            raise OSError(error, "no connection")
        try:
            self.socket.getpeername()
        except OSError:
            return False
        self._must_wrap = False
        self._encrypt()
        return True

    def _encrypt(self) -> None:
        context = self.place.context or ssl.create_default_context()
        self.socket = context.wrap_socket(
            self.socket, server_hostname=self.place.host, do_handshake_on_connect=False
        )
        self._is_shaking = self._shakes_outward = True

    def _shaken(self) -> bool:
        """Go on shaking hands; return whether it is done."""
        assert isinstance(self.socket, ssl.SSLSocket)  # noqa: S101 - only then are hands shaken
        try:
            self.socket.do_handshake()
        except ssl.SSLWantReadError:
            self._shakes_outward = False
            return False
        except ssl.SSLWantWriteError:
            self._shakes_outward = True
            return False
        self._is_shaking = self._shakes_outward = False
        if not self._due:  # after STARTTLS; encrypted from the start, a greeting is due
            self._greet()
        return True

    def _sign_in(self) -> None:
        offered = self.features.get("AUTH", "").upper().split()
        user, password = self.place.user, self.place.password
        if not user:
            self._begin()
        elif "PLAIN" in offered:
            self._say("auth", b"AUTH PLAIN %b\r\n" % _encoded(f"\0{user}\0{password}"))
        elif "LOGIN" in offered:
            self._secrets = [_encoded(user), _encoded(password)]
            self._say("auth", b"AUTH LOGIN\r\n")
        else:
            self.end("the server offers no way to sign in that we know (PLAIN, LOGIN)")

    def _on_auth(self, reply: Reply) -> None:
        if reply.code == 334 and self._secrets:
            self._say("auth", self._secrets.pop(0) + b"\r\n")
        elif reply.code == 235:
            self._begin()
        else:
            self.end(f"{reply.numbers}: signing in was refused")

    def _begin(self) -> None:
        self.is_ready = True

    # The socket

    def _flush(self) -> None:
        if not self._out:
            return
        try:
            count = self.socket.send(self._out)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return
        self._out = self._out[count:]
        self._be_patient()

    def _read(self) -> None:
        while not self.is_over:
            try:
                data = self.socket.recv(READ)
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                return
            if not data:
                self.end("the server hung up")
                return
            due = len(self._due)  # what is said from here on cannot have been answered already
            for reply in self._replies.feed(data):
                if self._is_shaking:
                    raise Untrue(TOO_EARLY)
                self._heard(reply, is_due=due > 0)
                due -= 1
                if self.is_over:
                    return
            if self._is_shaking:
                return
            self._be_patient()
            self._flush()
            if not (isinstance(self.socket, ssl.SSLSocket) and self.socket.pending()):
                return

    def _be_patient(self) -> None:
        is_end = bool(self._due) and self._due[0] in ENDS
        self.deadline = self._clock() + (self.place.end if is_end else self.place.command)

    def _close(self) -> None:
        self.is_over, self.is_ready = True, False
        self.socket.close()


def features_of(reply: Reply) -> dict[str, str]:
    """Return what a server offers, from its answer to EHLO."""
    found = {}
    for line in reply.lines[1:]:
        name, _, value = line.decode("ascii", "replace").strip().partition(" ")
        found[name.upper()] = value
    return found


def _begun(place: Place) -> socket.socket:
    """Begin to connect. Raises OSError where the name leads nowhere."""
    family, kind, protocol, _, address = socket.getaddrinfo(
        place.host, place.port, type=socket.SOCK_STREAM
    )[0]
    made = socket.socket(family, kind, protocol)
    made.setblocking(False)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with suppress(BlockingIOError):
        made.connect(address)
    return made


def _encoded(text: str) -> bytes:
    return base64.b64encode(text.encode())
