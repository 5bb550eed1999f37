"""Judges that others wrote: the W3C's validator of HTML (vnu) and EPUBCheck, one door to both.

    from tests.tools import epubcheck, vnu

    assert vnu(edition.rglob("*.html")) == []
    assert epubcheck(book) == []

Each call starts one Java, which takes seconds: give ``vnu`` many files at once. What is found
comes back as ``Complaint``, all of it: errors, warnings and mere remarks. Where a judge is not
installed the test that asks it is skipped, with what to install; ``make test`` installs both.
Neither judge asks a network.
"""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

VNU = Path(__file__).parent / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"
PATIENCE = 240.0  # seconds; a test machine may be busy, and this is only a bound


@dataclass(frozen=True)
class Complaint:
    """What a judge says: ``kind`` is error, warning or info; ``line`` 0 where it names none."""

    kind: str
    file: str
    line: int
    text: str
    extract: str = ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line} {self.kind}: {self.text} {self.extract!r}"


def vnu(paths: Iterable[Path | str], *, css_too: bool = False) -> list[Complaint]:
    """Return what the W3C's validator says of these files (``.html``, ``.svg``, ``.xhtml``).

    A file is taken for what its name's ending says. ``css_too`` takes ``.css`` as well. An address
    on this machine (``served``) serves as well, and must where a page's policy says 'self': a
    file on disk has no origin.
    """
    files = [str(path) for path in paths]
    if not files:
        raise ValueError("no file to judge: a test that judges nothing says nothing")
    words = ["--format", "json", "--exit-zero-always", "--stdout", "--also-check-svg"]
    words += ["--also-check-css"] if css_too else []
    said = _java(_vnu_jar(), [*words, *files])
    found = json.loads(said.stdout)["messages"]
    return [_of_vnu(message) for message in found if not _is_mistaken(message)]


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Hand out a folder on loopback; gives its address, without a closing slash."""
    handler = partial(_Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


def epubcheck(path: Path) -> list[Complaint]:
    """Return what EPUBCheck says of a book."""
    said = _java(_epubcheck_jar(), [str(path), "--json", "-", "--quiet"])
    try:
        report = json.loads(said.stdout)
    except ValueError:
        raise AssertionError(f"EPUBCheck gave no report: {said.stderr[-2000:]}") from None
    return [_of_epubcheck(message) for message in report["messages"]]


def _java(jar: Path, words: list[str]) -> subprocess.CompletedProcess[str]:
    if shutil.which("java") is None:
        pytest.skip("needs Java: make system")
    # One thread of the collector and the plain compiler: short runs on machines with few cores.
    tuning = ["-Xss4m", "-Xmx1g", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
    tuning += ["-Dnu.validator.servlet.allow-forbidden-hosts=true"]  # ours, on loopback
    command = ["java", *tuning, "-Djava.awt.headless=true", "-jar", str(jar), *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)


def _vnu_jar() -> Path:
    if not VNU.exists():
        pytest.skip("needs vnu from the npm registry: make .venv/installed-tools")
    return VNU


def _epubcheck_jar() -> Path:
    found = importlib.util.find_spec("epubcheck")
    if found is None or found.origin is None:
        pytest.skip("needs EPUBCheck: make .venv/installed-dev")
    return Path(found.origin).with_name("epubcheck.jar")


def _is_mistaken(message: dict[str, Any]) -> bool:
    """Tell what vnu has wrong about a page's own Content-Security-Policy, as of 26.9.27.

    To vnu a file is of another origin than what lies beside it; a data block (``type`` is not a
    script's) is a script that runs; and ``data:`` does not allow pictures in ``data:``. A browser
    knows better, and tests ask its console (``tests.browser``).
    """
    text, extract = message.get("message", ""), message.get("extract", "")
    is_own = "violates Content Security Policy" in text and ("“/" in text or "“data:" in text)
    is_data = "Inline script violates" in text and '<script type="application/' in extract
    return is_own or is_data


def _of_vnu(message: dict[str, Any]) -> Complaint:
    # "info" with the subtype "warning" is what the validator calls a warning.
    kind = message.get("subType") if message["type"] == "info" else message["type"]
    file = unquote(urlsplit(message.get("url", "")).path)
    text, extract = message.get("message", ""), message.get("extract", "")
    return Complaint(kind or "info", file, message.get("lastLine", 0), text, extract)


def _of_epubcheck(message: dict[str, Any]) -> Complaint:
    places = message.get("locations") or [{}]
    file, line = places[0].get("path", ""), max(places[0].get("line", 0), 0)
    kind = message["severity"].lower()
    return Complaint(kind, file, line, f"{message['ID']} {message['message']}")
