"""Reading with a keyboard, with large type, with wide spacing, without motion (WCAG 2.2, AA)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser import chromium, from_folder, needs_chromium, reading

pytestmark = needs_chromium

PAGES = (
    "/",
    "/2026/11/the-dam/",
    "/fa/2026/11/sadd/",
    "/fa/",
    "/politics/",
    "/search/",
    "/verify/",
)
NAMED = """const places = [...document.querySelectorAll('*')]
const named = each => `${each.tagName} ${places.indexOf(each)} ` +
  (each.getAttribute('href') || each.getAttribute('aria-label') || each.innerText || '')
"""
# What can be reached by the Tab key, in the document's order. A closed box hides what is in it.
REACHABLE = f"""() => {{ {NAMED}
  const all = document.querySelectorAll(
    'a[href], button, input:not([type=hidden]), select, textarea, summary, audio[controls], ' +
    'video[controls], [tabindex="0"]')
  return [...all].filter(each => each.checkVisibility({{visibilityProperty: true}}) &&
    !each.disabled && !each.closest('details:not([open]) > :not(summary)')).map(named) }}"""
STOP = f"""() => {{ {NAMED}
  const each = document.activeElement
  if (each === document.body || !each) return null
  const look = getComputedStyle(each), box = each.getBoundingClientRect()
  const outlined = look.outlineStyle !== 'none' && parseFloat(look.outlineWidth) >= 2
  return {{
    name: named(each),
    seen: outlined && each.matches(':focus-visible'),
    there: box.width > 0 && box.bottom > 0 && box.top < innerHeight &&
      box.right > 0 && box.left < innerWidth }} }}"""
CLIPPED = """() => [...document.querySelectorAll('body *')].filter(each => {
  const look = getComputedStyle(each)
  const cuts = look.overflowX + look.overflowY
  if (!/hidden|clip/.test(cuts) || !each.innerText || !each.checkVisibility()) return false
  if (each.closest('.skip, [class*="visually"], [class*="hidden"]')) return false
  return each.scrollWidth > each.clientWidth + 1 || each.scrollHeight > each.clientHeight + 1
}).map(each => each.outerHTML.slice(0, 120))"""
MOVING = """() => document.getAnimations().length +
  [...document.querySelectorAll('*')].filter(each => {
    const look = getComputedStyle(each)
    return parseFloat(look.transitionDuration) > 0.01 || look.scrollBehavior === 'smooth'
  }).length"""
# WCAG 1.4.12, to the letter.
SPACING = """* { line-height: 1.5 !important; letter-spacing: .12em !important;
  word-spacing: .16em !important } p { margin-bottom: 2em !important }"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def stops(page: Page) -> list[dict[str, Any]]:
    """Press Tab until the focus leaves the page; return where it stopped, each place once."""
    found: list[dict[str, Any]] = []
    for _ in range(400):
        page.keyboard.press("Tab")
        stop = page.evaluate(STOP)
        if stop is None:
            return found
        if not found or found[-1]["name"] != stop["name"]:  # a player has stops of its own inside
            found.append(stop)
    raise AssertionError(f"the focus does not leave: {found[-1]}")


@pytest.mark.long
@pytest.mark.parametrize("path", PAGES)
def test_tab_goes_through_everything_in_the_order_of_reading_and_is_seen(
    golden_edition: Path, browser: Browser, path: str
) -> None:
    with reading(browser, from_folder(golden_edition)) as reader:
        page = reader.open_whole(path)
        reachable = page.evaluate(REACHABLE)
        found = stops(page)
        assert [each["name"] for each in found] == reachable
        assert found[0]["name"].endswith(" #content")
        assert [each["name"] for each in found if not each["seen"]] == []
        assert [each["name"] for each in found if not each["there"]] == []


def test_the_first_tab_and_enter_lead_past_the_masthead(
    golden_edition: Path, browser: Browser
) -> None:
    with reading(browser, from_folder(golden_edition)) as reader:
        page = reader.open("/2026/11/the-dam/")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.closest('main') !== null")


def test_a_footnote_leads_to_its_note_and_back(golden_edition: Path, browser: Browser) -> None:
    with reading(browser, from_folder(golden_edition), java_script_enabled=False) as reader:
        page = reader.open("/2026/11/the-dam/")
        page.locator("#ref-2-1 a").press("Enter")
        assert page.url.endswith("#note-2")
        page.locator("#note-2 .back").press("Enter")
        assert page.url.endswith("#ref-2-1")


def test_who_wants_no_motion_sees_none(golden_edition: Path, browser: Browser) -> None:
    with reading(browser, from_folder(golden_edition), reduced_motion="reduce") as reader:
        for path in PAGES:
            assert reader.open(path).evaluate(MOVING) == 0, path


@pytest.mark.long
@pytest.mark.parametrize(
    ("what", "css", "viewport", "scale"),
    [
        ("zoom to 200 % in a window of 640", "", {"width": 320, "height": 400}, 2),
        ("zoom to 400 % in a window of 1280", "", {"width": 320, "height": 256}, 4),
        ("type of twice the size", "html { font-size: 200% }", {"width": 640, "height": 800}, 1),
        ("wide spacing", SPACING, {"width": 320, "height": 800}, 1),
    ],
)
def test_nothing_is_cut_off_or_scrolls_sideways(
    golden_edition: Path, browser: Browser, what: str, css: str, viewport: Any, scale: int
) -> None:
    look = {"viewport": viewport, "device_scale_factor": scale, "bypass_csp": True}
    with reading(browser, from_folder(golden_edition), **look) as reader:
        for path in PAGES:
            page = reader.open(path)
            if css:
                page.add_style_tag(content=css)
            width = page.evaluate("document.documentElement.scrollWidth")
            assert width <= viewport["width"], f"{path}, {what}"
            assert page.evaluate(CLIPPED) == [], f"{path}, {what}"
