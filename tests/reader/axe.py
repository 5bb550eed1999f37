"""axe and a browser's console, asked about pages.

A page is looked at by day at three widths with every rule that axe has, and then in the dark, with
more contrast and with forced colours by the rules about colour (the others look at what such a mode
does not change). ``make test-all`` does all of that; ``make test`` one of the widths and one of the
other looks for each page and language, by turns. What axe cannot decide by itself counts as well,
unless ``UNDECIDED`` says why it cannot, and who has looked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar
from zlib import crc32

import axe_playwright_python
from playwright.sync_api import Page

from tests import sizes
from tests.browser import Reading

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
REFERENCES = ('<sup class="ref"', '<sup id="ref-')  # a note's number
# By rule and axe's reason: signs in the markup of what it is about.
UNDECIDED = {
    # The arrow back from a note: in the colour of links; its name says where it leads.
    ("color-contrast", "nonBmp"): ('class="back"',),
    ("color-contrast-enhanced", "nonBmp"): ('class="back"',),
    ("label-content-name-mismatch", "label-content-name-mismatch"): ('class="back"',),
    # The tall letters of the newsroom's name reach into the line below it; what is there to tap on
    # a note's number reaches into the lines around it. Neither paints anything.
    ("color-contrast", "bgOverlap"): ('class="tagline"', *REFERENCES),
    ("color-contrast-enhanced", "bgOverlap"): ('class="tagline"', *REFERENCES),
    # What is cut off at the edge of a row that scrolls: sections, a gallery.
    ("color-contrast", "elmPartiallyObscured"): ("",),
    ("color-contrast-enhanced", "elmPartiallyObscured"): ("",),
}
RUN = """options => axe.run(document, options).then(found =>
  [...found.violations, ...found.incomplete].flatMap(rule => rule.nodes.map(node => ({
    rule: rule.id, html: node.html, said: node.failureSummary || '',
    why: found.incomplete.includes(rule) ? [...node.any, ...node.all, ...node.none].map(
      check => (check.data && check.data.messageKey) || check.id) : null }))))"""


def look_at(
    reader: Reading, paths: Iterable[str], prepare: Callable[[Page], object] = lambda page: None
) -> list[str]:
    """Open each page; return what axe and the console find. ``prepare`` sees a page before axe."""
    found: list[str] = []
    for path in paths:
        reader.page.emulate_media(**DAY)  # type: ignore[arg-type] # names are checked as it runs
        page = reader.open(path)
        prepare(page)
        page.evaluate(AXE)
        found += [f"{path}: {each}" for each in complaints_of(page)]
    return found + reader.complaints


def complaints_of(page: Page) -> Iterator[str]:
    """Give what axe finds on a page that is open, in some of the looks, or in all of them."""
    every_rule = {"rules": {rule: {"enabled": True} for rule in MORE_RULES}}
    looked_at = some(page, WIDTHS)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 844})
        if width in looked_at:
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
