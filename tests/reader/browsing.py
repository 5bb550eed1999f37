"""A real browser that gets a few pages from this process, and what it asked for.

Nothing is asked of a network: every request is answered here or refused.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Route, sync_playwright

from tamizdat.reader.pages import Page
from tamizdat.reader.render import render
from tamizdat.reader.scripts import script
from tests.reader.sample_pages import site

CHROMIUM = shutil.which("chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-quic"]
NO_SCRIPTS = "--blink-settings=scriptEnabled=false"
PIXEL = b'<svg xmlns="http://www.w3.org/2000/svg" width="3" height="2" viewBox="0 0 3 2"/>'
HOST = "http://lantern.test"


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


def without_scripts(browser: Browser) -> Browser:
    """Open a second browser whose reader has switched scripts off."""
    return browser.browser_type.launch(executable_path=CHROMIUM, args=[*FLAGS, NO_SCRIPTS])


class Edition:
    """Pages at their addresses, the script of every page, and any picture that is asked for."""

    def __init__(self, browser: Browser, pages: dict[str, Page], language: str = "en") -> None:
        self.pages = {f"{HOST}{path}": render(page, site(language)) for path, page in pages.items()}
        self.browser = browser
        self.asked: list[str] = []

    def reader(self, **options: Any) -> BrowserContext:
        context = self.browser.new_context(**options)
        context.route("**/*", self._answer)
        return context

    @property
    def pictures(self) -> list[str]:
        """Name the pictures and recordings that were asked for."""
        return [url for url in self.asked if "/media/" in url and not url.endswith(".js")]

    def _answer(self, route: Route) -> None:
        url = route.request.url.partition("#")[0]
        self.asked.append(url)
        if url in self.pages:
            route.fulfill(body=self.pages[url], content_type="text/html; charset=utf-8")
        elif url == f"{HOST}/media/page.js":
            route.fulfill(body=script("page.js").data, content_type="text/javascript")
        elif url.startswith(f"{HOST}/media/"):
            route.fulfill(body=PIXEL, content_type="image/svg+xml")
        else:
            route.abort()
