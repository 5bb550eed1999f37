"""The page under other conditions than a designer's: small, zoomed, printed, in forced colours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tamizdat.reader import stylesheet
from tests.reader.browsing import CHROMIUM, HOST, Edition, chromium
from tests.reader.sample_pages import full_pages, site

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
ADDRESSES = {name: f"/{name.replace(' ', '-')}/" for name in full_pages() if name != "redirect"}
LANGUAGES = ("en", "ru", "fa")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


def open_pages(browser: Browser, language: str, **options: Any) -> Page:
    pages = full_pages(language)
    edition = Edition(browser, {path: pages[name] for name, path in ADDRESSES.items()}, language)
    return edition.reader(**options).new_page()


@pytest.mark.long
@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_wider_than_the_smallest_window(browser: Browser, language: str) -> None:
    """320 px is also a window of 640 px at 200% and one of 1280 px at 400% (WCAG 1.4.10)."""
    page = open_pages(browser, language, viewport={"width": 320, "height": 640})
    wide = []
    for name, path in ADDRESSES.items():
        page.goto(f"{HOST}{path}")
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            wide.append(name)
    page.context.close()
    assert wide == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_tapped_is_as_high_as_a_finger(browser: Browser, language: str) -> None:
    page = open_pages(browser, language, viewport={"width": 390, "height": 844})
    page.goto(f"{HOST}{ADDRESSES['story']}")
    page.locator(".share button").first.wait_for()
    low = page.evaluate(
        """() => [...document.querySelectorAll(
             ".languages a, .tools a, .sections a, .foot a, .topics a, .share a, button")]
           .filter((each) => each.offsetHeight && each.getBoundingClientRect().height < 43.9)
           .map((each) => each.textContent)"""
    )
    page.context.close()
    assert low == []


# Of a whole style sheet: the selectors that the page's own leaves out though they find something.
LEFT_OUT = r"""(whole) => {
  const every = (rules, around) => [...rules].flatMap((rule) =>
    rule.media ? every(rule.cssRules, rule.conditionText)
      : (rule.selectorText ?? "").split(/,(?![^(]*\))/).map((one) => [around, one.trim()]));
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(whole);
  const carried = new Set(every(document.styleSheets[0].cssRules, "").map(String));
  const states = /::?(before|after|hover|focus-visible|focus|target)\b/g;
  return every(sheet.cssRules, "").filter(([around, one]) =>
    one && !carried.has(String([around, one])) &&
    document.querySelector(one.replace(states, "").trim() || "*"));
}"""


@pytest.mark.long
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_rule_that_a_page_does_not_carry_would_find_nothing_on_it(
    browser: Browser, language: str
) -> None:
    page = open_pages(browser, language)
    left_out = {}
    for name, path in ADDRESSES.items():
        page.goto(f"{HOST}{path}")
        whole = stylesheet.css(full_pages(language)[name].template)
        left_out[name] = page.evaluate(LEFT_OUT, str(whole))
    page.context.close()
    assert {name: found for name, found in left_out.items() if found} == {}


def test_in_forced_colours_only_the_open_section_is_marked(browser: Browser) -> None:
    page = open_pages(browser, "en", forced_colors="active")
    page.goto(f"{HOST}{ADDRESSES['story']}")
    marked = page.evaluate(
        """() => [...document.querySelectorAll(".sections a")]
           .filter((link) => getComputedStyle(link).borderBottomStyle !== "none")
           .map((link) => link.textContent)"""
    )
    page.context.close()
    assert marked == ["Politics"]


def test_on_paper_stands_the_story_with_its_addresses_and_nothing_to_click(
    browser: Browser,
) -> None:
    page = open_pages(browser, "en", color_scheme="dark")
    page.goto(f"{HOST}{ADDRESSES['story']}")
    page.emulate_media(media="print", color_scheme="dark")
    assert page.locator("nav:visible, button:visible, .more:visible, .foot:visible").count() == 0
    assert page.get_by_text(site().public_address).is_visible()
    link = page.get_by_role("link", name="The report")
    after = "it => getComputedStyle(it, '::after').content"
    assert "https://example.org/report" in link.evaluate(after)
    colours = "it => [getComputedStyle(it).color, getComputedStyle(it).backgroundColor]"
    assert page.locator("body").evaluate(colours) == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]
    page.context.close()


def test_what_has_the_focus_is_seen(browser: Browser) -> None:
    page = open_pages(browser, "en")
    page.goto(f"{HOST}{ADDRESSES['story']}")
    for _ in range(8):
        page.keyboard.press("Tab")
        style = page.evaluate(
            """() => { const { outlineStyle, outlineWidth } =
                 getComputedStyle(document.activeElement);
               return [outlineStyle, parseFloat(outlineWidth) >= 2]; }"""
        )
        assert style == ["solid", True]
    page.context.close()


def test_nothing_moves(browser: Browser) -> None:
    page = open_pages(browser, "en")
    page.goto(f"{HOST}{ADDRESSES['story']}")
    page.wait_for_function("document.documentElement.className === ''")
    moving = page.evaluate(
        """() => [...document.querySelectorAll("body :not(source, track)")]
           .filter((each) => {
             const its = getComputedStyle(each);
             return its.animationName !== "none" || its.transitionDuration !== "0s"
               || its.scrollBehavior !== "auto";
           })
           .map((each) => each.outerHTML)"""
    )
    page.context.close()
    assert moving == []
