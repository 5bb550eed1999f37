"""Reader pages in Chromium, answered by the test itself: no port, no network.

A ``Reading`` is one window. It notes every address that was asked for (``asked``), and whatever a
reader's page must never bring about (``complaints``): a message in the console, an error of a
script, a file that is not there, another host.
"""

from __future__ import annotations

import mimetypes
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect, sync_playwright

from tamizdat.reader.scripts import FOLDER, script

CHROMIUM = shutil.which("chromium")
# Pages are the same bytes on either database (tests/golden holds both runs to the same files):
# browsers look at them in the run on SQLite alone.
IS_SECOND_RUN = "TAMIZDAT_NEWSROOM_DATABASE" in os.environ
needs_chromium = pytest.mark.skipif(
    CHROMIUM is None or IS_SECOND_RUN,
    reason="looked at on SQLite" if IS_SECOND_RUN else "needs Chromium: make system",
)

SITE = "https://lantern.test"  # nothing listens there; a secure context, as readers have
PIXEL = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 3 2"/>'
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-quic"]
# Without these Chromium asks its maker's hosts for news at every start.
FLAGS += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]

Answer = Callable[[str], tuple[bytes, str] | None]  # of a path: bytes and media type

# How long a test waits for what it expects to see: a test machine may be busy, and this is only a
# bound. Playwright's own is five seconds.
expect.set_options(timeout=60_000)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start a browser; one for a module is enough."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@dataclass
class Reading:
    """One window of a reader, and what it came to."""

    page: Page
    context: BrowserContext
    answer: Answer
    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def open(self, path: str) -> Page:
        self.page.goto(SITE + path)
        return self.page

    def open_whole(self, path: str) -> Page:
        """Open a page and wait until its appeal, if it bears one, has what its script brings."""
        page = self.open(path)
        if page.locator(".plea").count():
            page.locator(".plea").scroll_into_view_if_needed()
            for mark, brought in (("data-no", "button"), ("data-goal", "meter")):
                if page.locator(f".plea[{mark}]").count():
                    page.locator(f".plea {brought}").first.wait_for()
            page.evaluate("scrollTo(0, 0)")
        return page

    def _answer(self, route: Route) -> None:
        address = route.request.url
        self.asked.append(address)
        if not address.startswith(f"{SITE}/"):
            self.complaints.append(f"asked another host: {address}")
            return route.abort()
        found = self.answer(unquote(urlsplit(address).path))
        if found is None:
            self.complaints.append(f"asked for what is not there: {address}")
            return route.fulfill(status=404, body="")
        return route.fulfill(body=found[0], content_type=found[1])


@contextmanager
def reading(browser: Browser, answer: Answer, **look: Any) -> Iterator[Reading]:
    """Open a window; ``look`` is what Playwright's new_context takes (viewport, color_scheme …)."""
    context = browser.new_context(**look)
    reader = Reading(context.new_page(), context, answer)
    reader.page.on("console", lambda message: reader.complaints.append(message.text))
    reader.page.on("pageerror", lambda error: reader.complaints.append(str(error)))
    context.route("**/*", reader._answer)
    yield reader
    context.close()


def from_pages(pages: Mapping[str, bytes]) -> Answer:
    """Answer with these pages by path, a pixel for any picture, and scripts by their own names."""
    imported: dict[str, bytes] = {}  # by a script that was asked for

    def answer(path: str) -> tuple[bytes, str] | None:
        if path in pages:
            return pages[path], "text/html; charset=utf-8"
        name = path.removeprefix("/media/")
        if name == path:
            return None
        if path in imported:
            return imported[path], "text/javascript"
        if name.endswith(".js") and (FOLDER / name).is_file():
            imported.update({f"/{each.path}": each.data for each in script(name).imports})
            return script(name).data, "text/javascript"
        if name.rpartition("/")[2] in _imported():
            return _imported()[name.rpartition("/")[2]], "text/javascript"
        is_picture = name.endswith((".svg", ".png", ".jpg", ".jpeg", ".webp", ".avif"))
        return (PIXEL, "image/svg+xml") if is_picture else (b"", _type_of(name))

    return answer


@cache
def _imported() -> dict[str, bytes]:
    """Return every script by the name under which others import it."""
    names = (path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.js"))
    return {each.path.rpartition("/")[2]: each.data for each in map(script, names)}


def from_folder(root: Path) -> Answer:
    """Answer with the files of an edition, as a plain host does."""

    def answer(path: str) -> tuple[bytes, str] | None:
        file = root / path.strip("/")
        file = file / "index.html" if file.is_dir() else file
        return (file.read_bytes(), _type_of(file.name)) if file.is_file() else None

    return answer


def _type_of(name: str) -> str:
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return f"{kind}; charset=utf-8" if kind.startswith("text/") else kind
