"""The desk's views over HTTP for a real browser, and a place beside that browser's event loop."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from django.core.handlers.wsgi import WSGIHandler
from django.db import connections

from tamizdat.databases import PEOPLE


class Server(socketserver.ThreadingMixIn, WSGIServer):
    daemon_threads = True


class Silent(WSGIRequestHandler):
    def log_message(self, *given: Any) -> None:
        """Nothing is said of a request."""


class Desk(WSGIHandler):
    """The desk's views over HTTP; a thread's connection goes with its request."""

    def __call__(self, environ: Any, start_response: Any) -> Any:
        try:
            answer = list(super().__call__(environ, start_response))
        finally:
            connections.close_all()
        return answer


@contextmanager
def desk_over_http() -> Iterator[str]:
    """Serve the desk for a while; gives its address."""
    server = make_server("127.0.0.1", 0, Desk(), Server, Silent)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://localhost:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Elsewhere:
    """Runs the newsroom's own deeds beside the browser's event loop."""

    def __init__(self) -> None:
        self.pool = ThreadPoolExecutor(1)

    def __call__(self, deed: Callable[[], Any]) -> Any:
        return self.pool.submit(deed).result()

    def close(self) -> None:
        self.pool.submit(lambda: connections[PEOPLE].close()).result()
        self.pool.shutdown()


@contextmanager
def elsewhere() -> Iterator[Elsewhere]:
    found = Elsewhere()
    try:
        yield found
    finally:
        found.close()
