"""A reader can leave out the pictures, and the address remembers it: nothing is stored."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, Page, expect

from tamizdat.reader.pages import Footnote, Head, Link, RedirectPage, StoryPage
from tests.reader.browsing import CHROMIUM, HOST, Edition, chromium, without_scripts
from tests.reader.sample_pages import full_pages, story

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
FULL = full_pages()
ICON = f"{HOST}/media/icon.svg"  # the browser's own, for its tab
PHONE = {"width": 390, "height": 844}


def linking() -> StoryPage:
    """A story that leads to the front by its mark, and has a footnote."""
    return replace(story(), footnotes=(Footnote(1, story().footnotes[0].html),))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def edition(browser: Browser) -> Edition:
    moved = RedirectPage(Head("/old/", "Moved", is_indexed=False), Link("", "/story/"))
    return Edition(browser, {"/story/": linking(), "/en/": FULL["front"], "/old/": moved})


@pytest.fixture
def page(edition: Edition) -> Iterator[Page]:
    context = edition.reader(viewport=PHONE)
    yield context.new_page()
    context.close()


def read_to_the_end(page: Page) -> None:
    page.evaluate(
        """async () => {
          for (let y = 0; y < document.body.scrollHeight; y += 400) {
            scrollTo(0, y);
            await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
          }
        }"""
    )
    page.wait_for_load_state("networkidle")


def shown(edition: Edition) -> set[str]:
    return set(edition.pictures) - {ICON, f"{HOST}/media/river.vtt"}


@pytest.mark.parametrize("path", ["/story/", "/en/"])
def test_no_picture_is_asked_for_in_text_only(edition: Edition, page: Page, path: str) -> None:
    page.goto(f"{HOST}{path}#text")
    read_to_the_end(page)
    assert shown(edition) == set()
    assert page.locator("main img:visible").count() == 0


def test_pictures_are_there_where_the_address_does_not_leave_them_out(
    edition: Edition, page: Page
) -> None:
    page.goto(f"{HOST}/story/")
    read_to_the_end(page)
    assert {f"{HOST}/media/dam-640.avif", f"{HOST}/media/river.jpg"} & shown(edition)
    assert page.locator("main img:visible").count() > 3


def test_the_mode_goes_along_the_links_of_this_site_and_ends_with_a_link(
    edition: Edition, page: Page
) -> None:
    page.goto(f"{HOST}/story/")
    page.locator(".tools").get_by_text("Text only").click()
    expect(page).to_have_url(f"{HOST}/story/#text")
    edition.asked.clear()
    page.get_by_role("link", name="The Lantern").first.click()
    expect(page).to_have_url(f"{HOST}/en/#text")
    read_to_the_end(page)
    assert shown(edition) == set()
    page.get_by_text("With pictures").click()
    expect(page.locator("main img").first).to_be_visible()
    expect(page).to_have_url(f"{HOST}/en/#")
    page.get_by_role("link", name="The Lantern").first.click()
    expect(page).to_have_url(f"{HOST}/en/")


def test_a_jump_to_a_footnote_and_back_brings_no_picture(edition: Edition, page: Page) -> None:
    page.goto(f"{HOST}/story/#text")
    page.locator("sup a").click()
    expect(page).to_have_url(f"{HOST}/story/#text")
    expect(page.locator("#note-1")).to_be_in_viewport()
    page.locator(".back").click()
    expect(page.locator("#ref-1-1")).to_be_in_viewport()
    read_to_the_end(page)
    assert shown(edition) == set()


def test_an_old_address_forwards_without_forgetting_the_mode(edition: Edition, page: Page) -> None:
    page.goto(f"{HOST}/old/#text", wait_until="commit")
    page.wait_for_url(f"{HOST}/story/**")
    read_to_the_end(page)
    assert page.url == f"{HOST}/story/#text"
    assert shown(edition) == set()


def test_a_link_out_of_the_site_is_left_as_it_is(page: Page) -> None:
    page.goto(f"{HOST}/story/#text")
    link = page.get_by_role("link", name="The report")
    link.click(button="right")
    assert link.get_attribute("href") == "https://example.org/report"


def test_nothing_is_kept_on_the_device(page: Page) -> None:
    page.goto(f"{HOST}/story/#text")
    kept = "[document.cookie, localStorage.length, sessionStorage.length]"
    assert page.evaluate(kept) == ["", 0, 0]


@pytest.fixture
def still(browser: Browser) -> Iterator[Browser]:
    opened = without_scripts(browser)
    yield opened
    opened.close()


def test_without_scripts_all_can_be_read_and_seen_and_text_only_is_not_offered(
    still: Browser,
) -> None:
    """A browser that runs no script fetches what is hidden too (HTML, "will lazy load")."""
    edition = Edition(still, {"/story/": linking()})
    page = edition.reader(viewport=PHONE).new_page()
    page.goto(f"{HOST}/story/")
    page.wait_for_load_state("networkidle")
    assert page.locator(".body p").first.is_visible()
    assert page.locator("main img").first.is_visible()
    assert f"{HOST}/media/dam-640.avif" in shown(edition)
    assert page.get_by_text("Text only").filter(visible=True).count() == 0
    assert page.locator(".share").get_by_role("button").count() == 0
    page.goto(f"{HOST}/story/#text")
    assert page.locator("main img:visible").count() == 0
