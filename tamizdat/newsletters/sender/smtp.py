"""Mails on a line to a mail server: one after the other, each answered for.

A mail costs one write and one read where the server lets it: the end of one mail and the envelope
of the next are said together (RFC 2920), with BDAT (RFC 3030) or with DATA. Never is more than one
mail past its last byte and unanswered on a line: that is what a crash or a cut may leave uncertain.

Rules:

1. A mail's data is written after its envelope was accepted, and never before.
2. It was taken when 250 came after its last byte had been written. An answer that comes sooner is
   not true, and ends the line.
3. Where the line ends before the last byte was written, the mail was surely not taken. After it,
   nobody knows (``UNSURE``).
4. A mail is *untouched* when a server does not take us at all, or cannot take such an address: that
   is nothing against the mail.
5. Of the reader's domain tells what was answered about her mail, or the silence there. What befell
   the line in the middle of a mail is our server's trouble.

Sources: RFC 5321, 2920, 3030, 1870 (SIZE), 6531 (SMTPUTF8), 3463 (enhanced codes).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from tamizdat.newsletters.sender.replies import Reply, Untrue
from tamizdat.newsletters.sender.talking import ENDS, Place, Talk

NO_UTF8 = "no SMTPUTF8"  # a server that takes no address but an ASCII one
MAILS = 10_000  # after so many a line is ended, and another one begun
PATH = re.compile(r"[^\s<>\x00-\x20\x7f]+@[^\s<>\x00-\x20\x7f]+")
# No such mailbox, domain or system; no address; one that moved or was closed (RFC 3463, 3.2, 3.3).
NO_SUCH = ("5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1")


class Kind(Enum):
    """What became of a mail."""

    TAKEN = "taken"
    LATER = "later"  # surely not taken; may be later
    REFUSED = "refused"  # surely not taken, and never will be
    NO_SUCH = "no such address"  # likewise, because of the address itself
    UNSURE = "unsure"  # nobody knows
    UNTOUCHED = "untouched"  # surely not taken, and not because of this mail: try another way


@dataclass(frozen=True)
class Mail:
    """One mail to one person. ``domain`` is what throttles go by.

    ``is_dotless`` says that no line of it begins with a full stop, and that the last one is ended:
    then nobody has to look through it once more (RFC 5321, section 4.5.2).
    """

    number: int
    sender: str
    to: str = field(repr=False)
    data: bytes = field(repr=False)
    domain: bytes = b""
    is_dotless: bool = False

    @property
    def is_ascii(self) -> bool:
        return self.to.isascii()


@dataclass(frozen=True)
class Answer:
    """What became of a mail, and why: the server's numbers, or a word of ours. ``is_of_domain``
    says whether that tells anything about the reader's domain."""

    mail: Mail
    kind: Kind
    reason: str = ""
    is_of_domain: bool = True


class Desk(Protocol):
    """What a line asks of the loop that drives it."""

    def next_mail(self, line: Line) -> Mail | None:
        """Return a mail to hand over, if there is one."""

    def handing(self, mail: Mail) -> None:
        """Note that the last bytes of a mail are about to be written."""

    def answered(self, line: Line, answer: Answer) -> None:
        """Take what became of a mail."""

    def broke(self, line: Line, reason: str) -> None:
        """Hear that a line ended. Mails on it were answered before."""


class Line(Talk):
    """A connection, and the mails that are under way on it."""

    def __init__(
        self, place: Place, desk: Desk, clock: Callable[[], float], *, may_chunk: bool = True
    ) -> None:
        self._desk = desk
        self.cannot_chunk = False  # the server offered BDAT and did not know it
        self.was_idle = False  # when it ended
        self.done = 0  # mails that were taken
        self._announced: Mail | None = None  # its envelope was written
        self._handed: Mail | None = None  # its data was, or is being, written
        self._trouble: tuple[str, Reply] | None = None  # with the envelope that was announced
        self._behind = 0  # bytes to write that come after the mail that was handed over
        self._must_reset = False
        super().__init__(place, clock, may_chunk=may_chunk)

    # For the loop

    @property
    def is_idle(self) -> bool:
        """Say whether it could take a mail now."""
        return self.is_ready and not (self._announced or self._handed or self._due or self._out)

    @property
    def holds(self) -> list[Mail]:
        """The mails that are under way on it."""
        return [each for each in (self._handed, self._announced) if each is not None]

    @property
    def is_international(self) -> bool:
        """Say whether it takes addresses that are not ASCII."""
        return "SMTPUTF8" in self.features

    @property
    def is_handing(self) -> bool:
        """Say whether a mail's data is being written, or was and waits for its answer."""
        return self._handed is not None

    @property
    def is_worn(self) -> bool:
        return self.done >= MAILS

    def kick(self) -> None:
        """Take a mail, if the line is idle and there is one."""
        if self.is_idle:
            self._take()
            self.advance()

    def quit(self) -> None:
        """Hang up politely; only where nothing is under way."""
        with suppress(OSError):
            self.socket.send(b"QUIT\r\n")
        self._close()

    def end(self, reason: str, *, is_silent: bool = False) -> None:
        """End the line and say what became of its mails."""
        if self.is_over:
            return
        step = self._due[0] if self._due else ""
        handed, announced = self._handed, self._announced
        self.was_idle = self.is_idle
        self._handed = self._announced = None
        self._close()
        if handed is not None:
            # While there is more to write than what comes behind it, its end was not written.
            is_cut_short = len(self._out) > self._behind
            kind = Kind.LATER if is_cut_short else Kind.UNSURE
            self._answer(handed, kind, reason, is_of_domain=False)
        if announced is not None:
            is_its_own = is_silent and step in ("rcpt", "data")
            self._answer(announced, Kind.LATER if is_its_own else Kind.UNTOUCHED, reason)
        self._desk.broke(self, reason)

    # The envelope

    def _begin(self) -> None:
        super()._begin()
        self._take()

    def _take(self) -> None:
        """Announce another mail, if there is one."""
        if self._announced is not None or self.is_worn or self.is_over:
            return
        while (mail := self._desk.next_mail(self)) is not None:
            if PATH.fullmatch(mail.to) is None:
                self._answer(mail, Kind.REFUSED, "not an address")
            elif not mail.is_ascii and not self.is_international:
                self._answer(mail, Kind.UNTOUCHED, NO_UTF8)
            else:
                self._announce(mail)
                return

    def _announce(self, mail: Mail) -> None:
        self._announced, self._trouble = mail, None
        before = len(self._out)
        if self._must_reset:
            self._must_reset = False
            self._say("rset", b"RSET\r\n")
        sender = mail.sender.encode()
        self._say("mail", b"MAIL FROM:<%b>%b\r\n" % (sender, self._parameters(mail)))
        self._say("rcpt", b"RCPT TO:<%b>\r\n" % mail.to.encode())
        if not self._chunks:
            self._say("data", b"DATA\r\n")
        self._behind = len(self._out) - before

    @property
    def _chunks(self) -> bool:
        return "CHUNKING" in self.features

    def _parameters(self, mail: Mail) -> bytes:
        found = b" SIZE=%d" % len(mail.data) if "SIZE" in self.features else b""
        return found if mail.is_ascii else found + b" BODY=8BITMIME SMTPUTF8"

    def _take_up(self, step: str, reply: Reply) -> None:
        if reply.code == 421 and step in ("rcpt", "data") and self._announced is not None:
            # It hangs up at this mail: another time, so that it does not stop all others.
            mail, self._announced = self._announced, None
            self._answer(mail, Kind.LATER, reply.numbers)
        if reply.code == 421 and step in ENDS:
            self._on_body(reply)
            self.end(reply.numbers)
            return
        super()._take_up(step, reply)

    def _on_rset(self, reply: Reply) -> None:
        if reply.code // 100 != 2:
            self.end(reply.numbers)

    def _on_mail(self, reply: Reply) -> None:
        if reply.code // 100 != 2:
            self._refused("mail", reply)

    def _on_rcpt(self, reply: Reply) -> None:
        if reply.code // 100 != 2:
            self._refused("rcpt", reply)
        if self._chunks and self._announced is not None:
            if self._trouble is not None:
                self._drop()
            else:
                self._hand("bdat", _chunk(self._announced))

    def _refused(self, step: str, reply: Reply) -> None:
        if self._trouble is None:
            self._trouble = (step, reply)
        if self._held:  # nothing more has to be said of this mail
            self._held.clear()
            self._drop()

    def _drop(self) -> None:
        """Answer for the mail whose envelope was not taken, and go on."""
        mail, self._announced = self._announced, None
        assert mail is not None  # noqa: S101 - an envelope is some mail's
        assert self._trouble is not None  # noqa: S101 - it was not taken for a reason
        step, reply = self._trouble
        kind = verdict(step, reply)
        self._must_reset = True
        self._answer(mail, kind, reply.numbers)
        if kind is Kind.UNTOUCHED:
            self.end(reply.numbers)
            return
        self._take()

    def _on_data(self, reply: Reply) -> None:
        mail = self._announced
        assert mail is not None  # noqa: S101 - DATA was said for it
        if reply.code == 354 and self._trouble is None:
            data = mail.data if mail.is_dotless else stuffed(mail.data)
            self._hand("body", data + b".\r\n")
            return
        if reply.code == 354:  # with nobody to send to: an empty mail (RFC 2920, section 3.1)
            self._out += b".\r\n"
            self._due.append("void")
        elif self._trouble is None:
            self._trouble = ("data", reply)
        self._drop()

    def _on_void(self, reply: Reply) -> None:
        if reply.code // 100 == 2:
            raise Untrue("a mail to nobody was taken")

    # The mail

    def _hand(self, step: str, data: bytes) -> None:
        """Write a mail, and with it the envelope of the next. From here on it may be taken."""
        mail, self._announced = self._announced, None
        assert mail is not None  # noqa: S101 - it was announced
        self._handed, self._behind = mail, 0
        self._desk.handing(mail)
        self._due.append(step)
        self._out += data
        if "PIPELINING" in self.features:
            self._take()

    def _on_bdat(self, reply: Reply) -> None:
        if reply.code in (500, 502):  # it offered what it does not know
            self.cannot_chunk = True
            mail, self._handed = self._handed, None
            assert mail is not None  # noqa: S101 - its data was written
            self._answer(mail, Kind.UNTOUCHED, reply.numbers)
            self.end(reply.numbers)
            return
        self._on_body(reply)

    def _on_body(self, reply: Reply) -> None:
        if len(self._out) > self._behind:
            raise Untrue("a mail was answered before it had been written")
        kind = verdict("body", reply)
        mail, self._handed = self._handed, None
        assert mail is not None  # noqa: S101 - its data was written
        self._answer(mail, kind, reply.numbers)
        if kind is Kind.TAKEN:
            self.done += 1
        if self._announced is None:
            self._must_reset = kind is not Kind.TAKEN
            self._take()

    def _answer(self, mail: Mail, kind: Kind, reason: str, *, is_of_domain: bool = True) -> None:
        self._desk.answered(self, Answer(mail, kind, reason, is_of_domain))


def verdict(step: str, reply: Reply) -> Kind:
    """Say what an answer means for a mail. Raises Untrue where it means nothing."""
    kind = reply.code // 100
    if kind == 2 and step == "body":
        return Kind.TAKEN
    if step == "mail":  # it is not about this mail: the server does not take us
        return Kind.UNTOUCHED
    if kind == 4:
        return Kind.LATER
    if kind == 5:
        is_address = step == "rcpt" and reply.enhanced in NO_SUCH
        return Kind.NO_SUCH if is_address else Kind.REFUSED
    raise Untrue("an answer that does not fit what was said")


def stuffed(data: bytes) -> bytes:
    """Double the full stops that begin a line, and end the last line (RFC 5321, section 4.5.2)."""
    if b"\n." in data:
        data = data.replace(b"\r\n.", b"\r\n..")
    if data[:1] == b".":
        data = b"." + data
    return data if data.endswith(b"\r\n") else data + b"\r\n"


def _chunk(mail: Mail) -> bytes:
    return b"BDAT %d LAST\r\n%b" % (len(mail.data), mail.data)
