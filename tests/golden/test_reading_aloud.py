"""What a screen reader has to say of a page, pinned: order, landmarks, names, states, languages.

The files in ``aria/`` are the accessibility tree as the browser gives it to a screen reader, in
the order in which it is read. ``make golden`` writes them anew; whoever reviews the difference
reads it as a listener would hear it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tamizdat.reader import stylesheet
from tests.browser import chromium, from_folder, needs_chromium, reading
from tests.golden import pinning

ARIA = Path(__file__).parent / "aria"
PAGES = {
    "home": "/",
    "story": "/2026/11/the-dam/",
    "later-part": "/2026/11/records/2/",
    "persian-home": "/fa/",
    "persian-story": "/fa/2026/11/sadd/",
    "russian-story": "/ru/2026/11/plotina/",
    "list": "/politics/",
    "author": "/authors/mira-solen/",
    "search": "/search/",
    "verify": "/verify/",
    "not-found": "/404.html",
}
LANGUAGES = """() => [...document.querySelectorAll('body [lang]')].map(
  each => `${each.lang}: ${each.textContent.trim().slice(0, 40)}`)"""
RECORD = re.compile(r"(Record \d+\.) .*")  # of the long story: nothing to listen to


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.mark.long
@needs_chromium
def test_a_screen_reader_hears_what_is_pinned(golden_edition: Path, browser: Browser) -> None:
    with reading(browser, from_folder(golden_edition)) as reader:
        found = {}
        for name, path in PAGES.items():
            page = reader.open_whole(path)
            tree = RECORD.sub(r"\1 …", page.locator("body").aria_snapshot())
            spoken = page.evaluate("[document.documentElement.lang, document.title]")
            others = "".join(f"# in {each}\n" for each in page.evaluate(LANGUAGES))
            found[f"{name}.yaml"] = pinning.readable(
                f"# {spoken[0]}: {spoken[1]}\n{others}{tree}\n"
            )
        assert reader.complaints == []
    if pinning.is_renewing():
        pinning.renew(ARIA, found)
    told = "\n".join(pinning.differences(pinning.pinned(ARIA), found))
    assert not told, f"{told}\nIf that is meant: make golden, and look at the difference"


def test_nothing_is_shown_in_another_order_than_it_is_read() -> None:
    found = {
        rule[0].strip()
        for part in Path(stylesheet.__file__).with_name("style").glob("*.css")
        for rule in re.findall(r"([^{}]+)\{([^{}]*)\}", part.read_text(encoding="utf-8"))
        if re.search(r"(?<![\w-])order:|-reverse\b|\bdense\b", rule[1])
    }
    assert found == {".row picture"}  # which says nothing: a teaser's picture has no alt text
