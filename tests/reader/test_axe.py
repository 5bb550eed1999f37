"""What axe and a browser's console say of each kind of page: nothing.

Every kind of page is looked at in three languages: by day at three widths with every rule that axe
has, and then in the dark, with more contrast and with forced colours by the rules about colour (the
others look at what such a mode does not change). ``make test-all`` does all of that; ``make test``
one of the widths and one of the other looks for each page and language, by turns. What axe cannot
decide by itself counts as well, unless ``UNDECIDED`` says why it cannot, and who has looked.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar
from zlib import crc32

import axe_playwright_python
import pytest
from playwright.sync_api import Browser, Page

from tamizdat.reader.render import render
from tests import sizes
from tests.browser import chromium, from_folder, needs_chromium, reading
from tests.reader.sample_pages import asking, full_pages, site
from tests.reader.test_appeal import with_meter

pytestmark = needs_chromium

T = TypeVar("T")

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
WIDTHS = (320, 390, 1280)
DAY = {"color_scheme": "light", "forced_colors": "none", "contrast": "no-preference"}
OTHER_LOOKS = (
    *(({"color_scheme": "dark"}, width) for width in WIDTHS),
    ({"contrast": "more"}, 390),
    ({"contrast": "more", "color_scheme": "dark"}, 390),
    ({"forced_colors": "active"}, 390),
    ({"forced_colors": "active", "color_scheme": "dark"}, 390),
)
# Rules that axe leaves out unless it is asked: targets of 24 pixels (WCAG 2.2), and its trials.
MORE_RULES = ("target-size", "label-content-name-mismatch", "css-orientation-lock")
MORE_RULES += ("td-has-header", "table-fake-caption")
# By rule and axe's reason: signs in the markup of what it is about.
UNDECIDED = {
    # The arrow back from a note: in the colour of links; its name says where it leads.
    ("color-contrast", "nonBmp"): ('class="back"',),
    ("color-contrast-enhanced", "nonBmp"): ('class="back"',),
    ("label-content-name-mismatch", "label-content-name-mismatch"): ('class="back"',),
    # The tall letters of the newsroom's name reach into the line below it; what is there to tap on
    # a note's number reaches into the lines around it. Neither paints anything.
    ("color-contrast", "bgOverlap"): ('class="tagline"', 'class="ref"'),
    ("color-contrast-enhanced", "bgOverlap"): ('class="tagline"', 'class="ref"'),
    # What is cut off at the edge of a row that scrolls: sections, a gallery.
    ("color-contrast", "elmPartiallyObscured"): ("",),
    ("color-contrast-enhanced", "elmPartiallyObscured"): ("",),
}
RUN = """options => axe.run(document, options).then(found =>
  [...found.violations, ...found.incomplete].flatMap(rule => rule.nodes.map(node => ({
    rule: rule.id, html: node.html, said: node.failureSummary || '',
    why: found.incomplete.includes(rule) ? [...node.any, ...node.all, ...node.none].map(
      check => (check.data && check.data.messageKey) || check.id) : null }))))"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.mark.parametrize("language", ["en", "ru", "fa"])
def test_axe_and_the_console_find_nothing_on_any_page_in_any_light(
    browser: Browser, language: str
) -> None:
    pages = {name: page for name, page in full_pages(language).items() if name != "redirect"}
    numbered = {f"/{number}/": name for number, name in enumerate(pages)}
    html = {path: render(pages[name], site(language)) for path, name in numbered.items()}
    found: list[str] = []
    with reading(browser, with_meter(html)) as reader:
        for path, name in numbered.items():
            reader.page.emulate_media(**DAY)  # type: ignore[arg-type] # names are checked as it runs
            page = reader.open(path)
            page.evaluate(AXE)
            found += [f"{name}: {each}" for each in complaints_of(page)]
        assert found + reader.complaints == []


@pytest.mark.parametrize("language", ["en", "fa"])
def test_axe_finds_nothing_on_pages_that_ask_for_support(browser: Browser, language: str) -> None:
    full, around = full_pages(language), site(language)
    pages = {
        "/end/": render(full["story"], asking(around)),
        "/line/": render(full["story"], asking(around, is_line=True)),
        "/top/": render(full["front"], asking(around, "top")),
    }
    found: list[str] = []
    with reading(browser, with_meter(pages)) as reader:
        for path in pages:
            reader.page.emulate_media(**DAY)  # type: ignore[arg-type] # as above
            page = reader.open(path)
            page.locator(".plea button").first.wait_for()
            page.evaluate(AXE)
            found += [f"{path}: {each}" for each in complaints_of(page)]
        assert found + reader.complaints == []


def test_axe_finds_nothing_on_what_scripts_and_files_show(
    golden_edition: Path, browser: Browser
) -> None:
    paths = ("/search/", "/fa/search/", "/verify/", "/bundles/2026/11/the-dam.html")
    paths += ("/bundles/fa/week.html", "/2026/11/records/2/")
    found: list[str] = []
    with reading(browser, from_folder(golden_edition)) as reader:
        for path in paths:
            reader.page.emulate_media(**DAY)  # type: ignore[arg-type] # as above
            page = reader.open(path)
            if "search" in path:
                page.locator("#q").fill("سد" if "fa" in path else "dam")
                page.locator("#q").press("Enter")
                page.locator("#hits a").first.wait_for()
            page.evaluate(AXE)
            found += [f"{path}: {each}" for each in complaints_of(page)]
        assert found + reader.complaints == []


def complaints_of(page: Page) -> Iterator[str]:
    """Give what axe finds on a page that is open, in some of the looks, or in all of them."""
    every_rule = {"rules": {rule: {"enabled": True} for rule in MORE_RULES}}
    for width in some(page, WIDTHS):
        page.set_viewport_size({"width": width, "height": 844})
        yield from axe(page, every_rule, f"{width}")
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            yield f"wider than a window of {width}"
    colours = {"runOnly": {"type": "tag", "values": ["cat.color"]}}
    for look, width in some(page, OTHER_LOOKS):
        page.emulate_media(**{**DAY, **look})  # type: ignore[arg-type] # as above
        page.set_viewport_size({"width": width, "height": 844})
        yield from axe(page, colours, f"{width} {look}")


def some(page: Page, looks: tuple[T, ...]) -> tuple[T, ...]:
    """Return one of the looks, another one for another page or language; all, with
    ``--everything``."""
    if sizes.is_everything:
        return looks
    name = f"{page.url} {page.evaluate('document.documentElement.lang')}"
    return (looks[crc32(name.encode()) % len(looks)],)


def axe(page: Page, options: dict[str, Any], where: str) -> Iterator[str]:
    for each in page.evaluate(RUN, {"iframes": False, **options}):
        if not is_known(each["rule"], each["why"], each["html"]):
            why = each["why"] or ""
            yield f"{where}: {each['rule']} {why} {each['html'][:160]} {each['said'][:300]}"


def is_known(rule: str, why: list[str] | None, html: str) -> bool:
    """Say whether this is nothing but what people have looked at."""
    signs = [UNDECIDED.get((rule, key), ()) for key in why or [""]]
    return all(any(sign in html for sign in each) for each in signs)
