"""What a browser does with every page of an edition: asks one host, keeps nothing, needs no script.

Looked at is the golden edition, which has a page of every kind.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser import SITE, chromium, from_folder, needs_chromium, reading

pytestmark = needs_chromium

KEPT = """async () => ({
  cookie: document.cookie,
  local: localStorage.length, session: sessionStorage.length,
  databases: (await indexedDB.databases()).length,
  caches: (await caches.keys()).length,
  workers: (await navigator.serviceWorker.getRegistrations()).length })"""
NOTHING = {"cookie": "", "local": 0, "session": 0, "databases": 0, "caches": 0, "workers": 0}
# In steps, so that whatever waits to be seen is asked for.
SCROLL = """async () => {
  for (let at = 0; at < document.body.scrollHeight; at += 600) {
    scrollTo(0, at); await new Promise(requestAnimationFrame) } }"""
READABLE = """() => {
  const said = document.querySelector('main p') || document.querySelector('main')
  const look = getComputedStyle(said)
  return said.innerText.length > 0 && said.getBoundingClientRect().height > 0 &&
    look.visibility === 'visible' && getComputedStyle(document.body).maxWidth !== 'none' }"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def pages_of(edition: Path) -> list[str]:
    """Return the paths of all pages but the forwards, which lead away from themselves."""
    files = [file.relative_to(edition) for file in sorted(edition.rglob("*.html"))]
    own = [file for file in files if file.parts[0] != "bundles"]
    return [f"/{file.as_posix()}".removesuffix("index.html") for file in own]


@pytest.mark.long
def test_no_page_asks_another_host_or_for_what_is_not_there_or_leaves_anything_behind(
    golden_edition: Path, browser: Browser
) -> None:
    with reading(browser, from_folder(golden_edition)) as reader:
        for path in pages_of(golden_edition):
            page = reader.open(path)
            page.evaluate(SCROLL)
            assert page.evaluate(KEPT) == NOTHING, path
        assert reader.context.cookies() == []
        assert reader.complaints == []
        assert all(address.startswith(f"{SITE}/") for address in reader.asked)


@pytest.mark.long
def test_the_text_of_any_page_is_there_after_one_request(
    golden_edition: Path, browser: Browser
) -> None:
    edition = from_folder(golden_edition)
    with reading(
        browser, lambda path: edition(path) if path.endswith(("/", ".html")) else None
    ) as (reader):
        for path in pages_of(golden_edition):
            page = reader.open(path)
            assert page.evaluate(READABLE), path


def test_a_page_reads_the_same_without_javascript(golden_edition: Path, browser: Browser) -> None:
    edition = from_folder(golden_edition)
    texts = "[...document.querySelectorAll('main :is(h1, h2, h3, p, li)')].map(e => e.textContent)"
    with (
        reading(browser, edition) as usual,
        reading(browser, edition, java_script_enabled=False) as bare,
    ):
        for path in ("/", "/2026/11/the-dam/", "/fa/2026/11/sadd/", "/politics/"):
            with_scripts = set(usual.open(path).evaluate(texts))
            assert with_scripts >= set(bare.open(path).evaluate(texts)), path
        assert not [address for address in bare.asked if address.endswith(".js")]
