"""What axe and a browser's console say of each kind of page, by day and by night, wide and narrow.

The browser gets its files from this process; nothing is asked of a network.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Route, sync_playwright

from tamizdat.reader.render import render
from tests.reader.sample_pages import full_pages, site

CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
PAGES = full_pages()
PIXEL = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 3 2"/>'


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-quic"]
        yield playwright.chromium.launch(executable_path=CHROMIUM, args=flags)


@pytest.mark.parametrize(
    ("language", "look", "width"), [("en", "light", 1280), ("fa", "dark", 390)]
)
def test_axe_and_the_console_find_nothing_on_any_page(
    browser: Browser, language: str, look: Literal["light", "dark"], width: int
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 844}, color_scheme=look)
    complaints: list[str] = []
    page = context.new_page()
    page.on("console", lambda message: complaints.append(message.text))
    html: dict[str, bytes] = {}

    def answer(route: Route) -> None:
        body = html.get(route.request.url)
        if body is not None:
            route.fulfill(body=body, content_type="text/html; charset=utf-8")
        elif route.request.url.startswith("http://lantern.test/media/"):
            route.fulfill(body=PIXEL, content_type="image/svg+xml")
        else:
            complaints.append(f"asked for {route.request.url}")
            route.abort()

    context.route("**/*", answer)
    for number, (name, shown) in enumerate(full_pages(language).items()):
        if name == "redirect":
            continue  # it leaves before it can be looked at
        address = f"http://lantern.test/{number}/"
        html[address] = render(shown, site(language))
        page.goto(address)
        found = Axe().run(page, options={"rules": {"target-size": {"enabled": True}}})
        complaints += [f"{name}: {v['id']} {v['nodes']}" for v in found.response["violations"]]
        wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
        complaints += [f"{name} is wider than the window"] if wide else []
    context.close()
    assert complaints == []
