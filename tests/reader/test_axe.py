"""What axe and a browser's console say of each kind of page, in three languages: nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tamizdat.reader.render import render
from tests.browser import chromium, from_folder, needs_chromium, reading
from tests.reader.axe import look_at
from tests.reader.sample_pages import asking, full_pages, site
from tests.reader.test_appeal import with_meter

pytestmark = needs_chromium


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.mark.long
@pytest.mark.parametrize("language", ["en", "ru", "fa"])
def test_axe_and_the_console_find_nothing_on_any_page_in_any_light(
    browser: Browser, language: str
) -> None:
    html = {
        f"/{name.replace(' ', '-')}/": render(page, site(language))
        for name, page in full_pages(language).items()
        if name != "redirect"
    }
    with reading(browser, with_meter(html)) as reader:
        assert look_at(reader, html) == []


@pytest.mark.long
@pytest.mark.parametrize("language", ["en", "fa"])
def test_axe_finds_nothing_on_pages_that_ask_for_support(browser: Browser, language: str) -> None:
    full, around = full_pages(language), site(language)
    pages = {
        "/end/": render(full["story"], asking(around)),
        "/line/": render(full["story"], asking(around, is_line=True)),
        "/top/": render(full["front"], asking(around, "top")),
    }

    def wait(page: Page) -> None:
        page.locator(".plea button").first.wait_for()

    with reading(browser, with_meter(pages)) as reader:
        assert look_at(reader, pages, wait) == []


@pytest.mark.long
def test_axe_finds_nothing_on_what_scripts_and_files_show(
    golden_edition: Path, browser: Browser
) -> None:
    paths = ("/search/", "/fa/search/", "/verify/", "/bundles/2026/11/the-dam.html")
    paths += ("/bundles/fa/week.html", "/2026/11/records/2/")
    with reading(browser, from_folder(golden_edition)) as reader:
        assert look_at(reader, paths, search) == []


def search(page: Page) -> None:
    """Where it is a page to search on, find something there."""
    if "search" in page.url:
        page.locator("#q").fill("سد" if "fa" in page.url else "dam")
        page.locator("#q").press("Enter")
        page.locator("#hits a").first.wait_for()
