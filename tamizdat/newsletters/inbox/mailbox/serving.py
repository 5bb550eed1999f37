"""The mailbox's door: the standard library's server, on 127.0.0.1."""

from __future__ import annotations

from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

from tamizdat.newsletters.inbox.mailbox import pages
from tamizdat.newsletters.inbox.mailbox.mails import Outbox
from tamizdat.newsletters.inbox.mailbox.pages import Page

HOST = "127.0.0.1"
NAMES = ("127.0.0.1", "localhost")
PATIENCE = 10.0  # seconds for a request
HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}


def answer(outbox: Outbox, path: str) -> tuple[int, Page]:
    """Return the status and the page at a path."""
    name, _, part = path.partition("?")[0].strip("/").partition("/")
    if not name:
        return 200, pages.list_of(outbox.listed())
    raw, mail = outbox.raw(name), outbox.read(name)
    if raw is None or mail is None or part not in ("", "html", "source"):
        return 404, pages.nothing()
    if part == "html":
        return 200, pages.frame_of(mail)
    return 200, pages.source_of(raw) if part == "source" else pages.mail_of(name, mail)


class Handler(BaseHTTPRequestHandler):
    """Answers GET and HEAD; everything else is 501, by the standard library."""

    server_version, sys_version = "mailbox", ""
    timeout: ClassVar[float] = PATIENCE
    outbox: Outbox

    def do_GET(self) -> None:
        self._answer(lambda body: self.wfile.write(body))

    def do_HEAD(self) -> None:
        self._answer(lambda body: None)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def _answer(self, write: Callable[[bytes], object]) -> None:
        name = self.headers.get("Host", "").rpartition(":")[0] or self.headers.get("Host", "")
        if name not in NAMES:  # another site's script, behind a name that leads here
            self.send_error(403)
            return
        status, page = answer(self.outbox, self.path)
        self.send_response(status)
        for key, value in HEADERS.items():
            self.send_header(key, value)
        self.send_header("Content-Type", page.kind)
        self.send_header("Content-Security-Policy", page.policy)
        self.send_header("Content-Length", str(len(page.body)))
        self.end_headers()
        write(page.body)


def server(folder: Path, port: int) -> ThreadingHTTPServer:
    """Return a server that listens on this machine alone. Raises OSError."""
    kind = type("Bound", (Handler,), {"outbox": Outbox(folder)})
    return ThreadingHTTPServer((HOST, port), kind)


def serve(folder: Path, port: int) -> None:
    """Serve until told to end. Raises OSError."""
    with server(folder, port) as serving:
        serving.serve_forever()
