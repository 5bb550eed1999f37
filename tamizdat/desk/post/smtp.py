"""Letters to a mail server (RFC 5321), over one connection while it lasts."""

from __future__ import annotations

import contextlib
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from tamizdat.desk.post.ways import Refused, Server, TryLater, Unsure

PATIENCE = 30.0  # seconds for one answer


class Smtp:
    """Hands letters to one server. ``context`` is for servers with certificates of their own."""

    def __init__(
        self, server: Server, context: ssl.SSLContext | None = None, helo: str = ""
    ) -> None:
        self.server = server
        self.helo = helo or "localhost"  # this machine's own name is nobody's business
        self.context = context or ssl.create_default_context()
        self._line: smtplib.SMTP | None = None

    def announce(self, sender: str, to: str) -> None:
        with self._answered():
            line = self._reached()
            options = () if to.isascii() else ("SMTPUTF8",)
            if options and not line.has_extn("smtputf8"):
                raise Refused("the server takes no international addresses")
            line.rset()
            _accept(line.mail(sender, options))
            _accept(line.rcpt(to))

    def hand_over(self, letter: bytes) -> None:
        try:
            _accept(self._reached().data(letter))
        except smtplib.SMTPDataError as error:  # the text was not even asked for
            raise _reason(error.smtp_code) from None
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            raise Unsure(f"the line broke while a letter was handed over: {_kind(error)}") from None

    def close(self) -> None:
        if self._line is not None:
            with contextlib.suppress(OSError, smtplib.SMTPException):
                self._line.quit()
            self._line.close()
        self._line = None

    def _reached(self) -> smtplib.SMTP:
        if self._line is None:
            self._line = self._connect()
            self._greet(self._line)  # whatever goes wrong from here on, ``close`` finds the line
        return self._line

    def _connect(self) -> smtplib.SMTP:
        server = self.server
        if server.is_wrapped:
            return smtplib.SMTP_SSL(
                server.host, server.port, self.helo, timeout=PATIENCE, context=self.context
            )
        return smtplib.SMTP(server.host, server.port, self.helo, timeout=PATIENCE)

    def _greet(self, line: smtplib.SMTP) -> None:
        server = self.server
        line.ehlo()
        if server.must_start or (not server.is_wrapped and line.has_extn("starttls")):
            self._encrypt(line)
        if server.user:
            line.login(server.user, server.password)

    def _encrypt(self, line: smtplib.SMTP) -> None:
        if not line.has_extn("starttls"):
            raise TryLater("the server offers no encryption (STARTTLS); nothing was sent")
        line.starttls(context=self.context)
        line.ehlo()

    @contextmanager
    def _answered(self) -> Iterator[None]:
        """Turn what goes wrong before the text into what may be done about it."""
        try:
            yield
        except (TryLater, Refused):
            self.close()
            raise
        except smtplib.SMTPServerDisconnected as error:  # as idle lines are: the next one is new
            self.close()
            raise TryLater(_kind(error)) from None
        except smtplib.SMTPResponseException as error:
            self.close()
            raise TryLater(f"the server answered {error.smtp_code}") from None
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            raise TryLater(_kind(error)) from None


def _accept(answer: tuple[int, bytes]) -> None:
    if not 200 <= answer[0] < 300:
        raise _reason(answer[0])


def _reason(code: int) -> TryLater | Refused:
    said = f"the server answered {code}"
    return Refused(said) if 500 <= code < 600 else TryLater(said)


def _kind(error: Exception) -> str:
    """Name an error without what it quotes."""
    return type(error).__name__
