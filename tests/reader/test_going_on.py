"""A long story in a browser: its next part comes into the page, or its link is followed."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence

import brotli
import pytest
from playwright.sync_api import Browser, Page, Route, sync_playwright

from tamizdat.reader.pages import Text
from tamizdat.reader.parts import Part
from tamizdat.reader.render import render
from tamizdat.reader.scripts import script
from tests.reader.sample_pages import BLOCKS, site
from tests.reader.test_parts import divided, long_story, of, prose

CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
HOST = "http://lantern.test"
STORY = f"{HOST}/2026/11/dam/"
PIXEL = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 3 2"/>'

Open = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-quic"]
        yield playwright.chromium.launch(executable_path=CHROMIUM, args=flags)


@pytest.fixture(scope="module")
def parts() -> list[Part]:
    found = divided(long_story(words=6000))
    assert len(found) > 2
    return found


@pytest.fixture
def open_story(browser: Browser, parts: list[Part]) -> Iterator[Open]:
    """Return what opens the story, or another one. ``broken``: how often a fetch fails. No host is
    asked."""
    scripts = {f"{HOST}/media/{name}": script(name).data for name in ("page.js", "rest.js")}
    contexts = []
    complaints: list[str] = []

    def open_it(*, broken: int = 0, runs: bool = True, of: Sequence[Part] = parts) -> Page:
        pages = {f"{HOST}{part.head.path}": render(part, site()) for part in of}
        context = browser.new_context(java_script_enabled=runs)
        contexts.append(context)
        left = broken

        def answer(route: Route) -> None:
            nonlocal left
            url = route.request.url.partition("#")[0]
            if route.request.resource_type == "fetch" and left:
                left -= 1
                route.fulfill(status=503, body="later")
            elif url in pages:
                route.fulfill(body=pages[url], content_type="text/html; charset=utf-8")
            elif url in scripts:
                route.fulfill(body=scripts[url], content_type="text/javascript")
            else:
                route.fulfill(body=PIXEL, content_type="image/svg+xml")

        context.route("**/*", answer)
        page = context.new_page()
        if not broken:
            page.on("console", lambda message: complaints.append(message.text))
        page.goto(STORY)
        return page

    yield open_it
    for context in contexts:
        context.close()
    assert complaints == []


def go_on(page: Page, number: int) -> None:
    page.locator(".onward a").click()
    page.wait_for_url(f"{STORY}{number}/**")


def test_the_script_is_small_and_needs_no_other() -> None:
    sent = script("rest.js")
    assert len(brotli.compress(sent.data)) <= 1000
    assert sent.imports == ()


def test_a_story_goes_on_in_its_page_until_it_is_whole(open_story: Open, parts: list[Part]) -> None:
    page = open_story()
    assert page.locator(".topics").count() == page.locator(".more").count() == 0
    for number in range(2, len(parts) + 1):
        before = page.locator(".body > *").count()
        go_on(page, number)
        block = f"document.querySelectorAll('.body > *')[{before}]"
        assert page.evaluate(f"document.activeElement === {block}")
        assert f"Part {number} of {len(parts)}" in page.title()
    assert page.locator("h1").count() == 1
    assert page.locator(".body > *").count() == sum(len(part.body) for part in parts)
    assert page.locator(".onward").count() == 0
    assert page.locator(".topics").count() == page.locator(".more").count() == 1


# Of each element in the blocks that come in but for the first, whose margin is its place's. Sizes
# hang on which pictures have come.
LOOKS = """all => all.slice(1).flatMap((block) => [block, ...block.querySelectorAll("*")])
  .flatMap((one) => ["", "::before", "::after"].map((part) => {
    const style = getComputedStyle(one, part);
    const size = /^(width|height|.*-origin|(block|inline)-size)$/;
    const names = [...style].filter((name) => !size.test(name));
    return one.tagName + part + names.map((name) => `${name}:${style[name]}`).join(";");
  }))"""


def test_what_comes_in_looks_as_it_does_on_its_own_page(open_story: Open) -> None:
    plain = [Text(text) for text in prose("en", 2400)]
    page = open_story(of=divided(of([*plain, *BLOCKS[1:]])))
    before = page.locator(".body > *").count()
    go_on(page, 2)
    joined = page.locator(f".body > :nth-child(n + {before + 1})").evaluate_all(LOOKS)
    page.goto(f"{STORY}2/")
    assert joined == page.locator(".body > *").evaluate_all(LOOKS)
    assert any(one.startswith("TABLE") for one in joined)


def test_its_notes_come_along_once_each_and_lead_back_to_every_mention(open_story: Open) -> None:
    page = open_story()
    for number in (2, 3):
        go_on(page, number)
    links = page.locator('.body a[href^="#"], .notes a[href^="#"]')
    for name in links.evaluate_all("all => all.map((one) => one.hash.slice(1))"):
        assert page.locator(f'[id="{name}"]').count() == 1
    numbers = page.locator(".notes li").evaluate_all("all => all.map((one) => one.value)")
    assert numbers == list(range(1, len(numbers) + 1))
    first = page.locator("#note-1 a.back").evaluate_all("all => all.map((one) => one.hash)")
    assert first == ["#ref-1-1", "#ref-1-2"]


def test_back_leads_to_the_part_where_the_next_was_asked_for(open_story: Open) -> None:
    page = open_story()
    go_on(page, 2)
    page.go_back()
    assert page.url == STORY
    assert page.locator(".onward a").get_attribute("href") == "/2026/11/dam/3/"


def test_pictures_stay_away_from_who_reads_without_them(open_story: Open) -> None:
    page = open_story()
    page.goto(f"{STORY}#text")
    go_on(page, 2)
    assert page.url == f"{STORY}2/#text"


def test_where_it_cannot_be_fetched_the_link_is_followed(open_story: Open) -> None:
    page = open_story(broken=1)
    go_on(page, 2)
    page.locator(".story.part").wait_for()
    assert page.locator("a[rel=prev]").get_attribute("href") == "/2026/11/dam/"


def test_without_scripts_the_link_is_followed(open_story: Open) -> None:
    page = open_story(runs=False)
    go_on(page, 2)
    assert page.locator(".story.part").count() == 1
