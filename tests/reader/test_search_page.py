"""The page to search on, in a browser: found, told, and asked of nobody but the site itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import brotli
import pytest
from markupsafe import Markup
from playwright.sync_api import Browser, Page, expect

from tamizdat.reader.pages import Head, IndexEntry, Link, SearchPage, StoryPage, Text
from tamizdat.reader.render import render
from tamizdat.reader.scripts import script
from tamizdat.reader.search.entries import entry
from tamizdat.reader.search.segments import (
    NAME,
    Change,
    Segment,
    change,
    manifest,
    manifest_path,
)
from tests.browser import SITE, Answer, Reading, chromium, needs_chromium, reading
from tests.reader.axe import AXE
from tests.reader.sample_pages import PUBLISHED, bare_story, site

pytestmark = needs_chromium

BUDGET = 60_000  # bytes of index for one question
STORIES = {
    "en": [
        ("The dam holds", "<p>The river rose.</p>"),
        ("A mill burns", "<p>Rivers of smoke.</p>"),
    ],
    "ru": [("Плотина устояла", "<p>Река поднялась.</p>"), ("Ёлка на площади", "<p>Зима.</p>")],
    "fa": [("سد ایستاد", "<p>رودخانه‌ها بالا آمد.</p>"), ("کتاب‌های ممنوع", "<p>زمستان.</p>")],
}
QUESTIONS = {
    "en": ("dams", ["The dam holds"]),
    "ru": ("елки", ["Ёлка на площади"]),
    "fa": ("كتابها", ["کتاب‌های ممنوع"]),
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def a_story(number: int, headline: str, text: str) -> StoryPage:
    return replace(
        bare_story(),
        head=Head(f"/2026/11/{number}/", headline),
        headline=headline,
        standfirst=f"{headline}, in a sentence & more.",
        section=Link("Politics", "/politics/"),
        published=PUBLISHED - timedelta(days=number),
        body=(Text(Markup(text)),),
    )


def edition(language: str, more: int = 0) -> dict[str, bytes]:
    """Return the files of a small edition with its index, by their addresses."""
    stories = [*STORIES[language], *((f"Number {n}", "<p>Endless.</p>") for n in range(more))]
    changes = [
        Change(n, after=entry(a_story(n, *each), site(language)), day=20_000)
        for n, each in enumerate(stories)
    ]
    empty = Segment(1, bits=3, shards=bytes(NAME << 3))
    segment, files = change(empty, changes, dict[str, bytes]().__getitem__)
    found = {f"/{path}": data for path, data in files.fresh.items()}
    found[f"/{manifest_path(language)}"] = manifest(language, [segment])
    whole = script("search/page.js")
    found |= {f"/{each.path}": each.data for each in (*whole.imports, whole)}
    page = SearchPage(
        Head("/search/", "Search", is_indexed=False, scripts=(f"/{whole.path}",), fetches=True),
        "Search",
        f"/{manifest_path(language)}",
        (IndexEntry(Link("November 2026", "/2026/11/")),),
    )
    found["/search/"] = render(page, replace(site(language), script="", logo="", icon=""))
    found |= {each.after.document[0]: b"<!doctype html>" for each in changes if each.after.document}
    return found


def served(files: dict[str, bytes]) -> Answer:
    """Answer with these files, whatever becomes of them."""

    def answer(path: str) -> tuple[bytes, str] | None:
        data = files.get(path)
        return None if data is None else (data, kind_of(path))

    return answer


def kind_of(path: str) -> str:
    return "text/javascript" if path.endswith(".js") else "text/html; charset=utf-8"


def headlines(page: Page) -> list[str]:
    return page.locator("#hits h2").all_text_contents()


def asked_for(page: Page, question: str) -> None:
    page.locator("#q").fill(question)
    page.keyboard.press("Enter")


@pytest.mark.parametrize("language", ["en", "ru", "fa"])
def test_a_question_is_answered_in_each_language_in_few_bytes_and_by_the_site_alone(
    browser: Browser, language: str
) -> None:
    files = edition(language)
    question, expected = QUESTIONS[language]
    with reading(browser, served(files)) as reader:
        page = reader.open("/search/")
        asked_for(page, question)
        expect(page.locator("#hits li")).to_have_count(1)
        assert headlines(page) == expected
        assert page.locator("#found").inner_text().strip()
        assert page.locator("#hits mark").first.inner_text() in expected[0]
        assert urlsplit(page.url).query == ""
        assert "q=" not in "".join(each.split("#")[0] for each in reader.asked)
        assert reader.complaints == []
        assert weight(reader, files) < BUDGET
        assert page.context.cookies() == []
        assert page.evaluate("localStorage.length + sessionStorage.length") == 0


def weight(reader: Reading, files: dict[str, bytes]) -> int:
    """Add up what was loaded of the index, as it is sent."""
    index = [
        urlsplit(each).path for each in reader.asked if urlsplit(each).path.startswith("/search/")
    ]
    return sum(
        len(brotli.compress(files[path], quality=5) if path.endswith("json") else files[path])
        for path in index
        if path != "/search/"
    )


def test_the_back_button_leads_from_question_to_question_and_a_link_asks_its_own(
    browser: Browser,
) -> None:
    with reading(browser, served(edition("en"))) as reader:
        page = reader.open("/search/#q=mill")
        expect(page.locator("#hits h2")).to_have_text(["A mill burns"])
        assert page.locator("#q").input_value() == "mill"
        asked_for(page, "dam")
        expect(page.locator("#hits h2")).to_have_text(["The dam holds"])
        page.go_back()
        expect(page.locator("#hits h2")).to_have_text(["A mill burns"])
        assert page.locator("#q").input_value() == "mill"
        page.locator("#hits a").click()
        assert page.url == f"{SITE}/2026/11/1/"
        assert reader.complaints == []


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("zebra", "No story has these words."),
        ("the and", "These words are too common, or too short, to look for. Try another one."),
        ("mill dam", "No story has all of these words. With some of them: 2 stories"),
        ("river", "2 stories"),
        ("dam", "1 story"),
        ("   ", "Find stories by their words."),
    ],
)
def test_what_was_found_is_said_where_a_screen_reader_hears_it(
    browser: Browser, question: str, said: str
) -> None:
    with reading(browser, served(edition("en"))) as reader:
        page = reader.open("/search/")
        asked_for(page, question)
        expect(page.get_by_role("status")).to_have_text(said)
        assert reader.complaints == []


def test_more_stories_come_when_they_are_asked_for_and_the_first_of_them_has_the_focus(
    browser: Browser,
) -> None:
    with reading(browser, served(edition("en", more=14))) as reader:
        page = reader.open("/search/#q=endless")
        expect(page.locator("#hits li")).to_have_count(10)
        page.get_by_role("button", name="More stories").click()
        expect(page.locator("#hits li")).to_have_count(14)
        expect(page.locator("#hits a").nth(10)).to_be_focused()
        expect(page.locator("#more")).to_be_hidden()


def test_without_scripts_the_page_leads_to_every_month(browser: Browser) -> None:
    with reading(browser, served(edition("en")), java_script_enabled=False) as reader:
        page = reader.open("/search/")
        expect(page.locator("#unscripted")).to_be_visible()
        expect(page.locator("#search")).to_be_hidden()
        expect(page.get_by_role("link", name="November 2026")).to_be_visible()


def test_what_the_browser_kept_of_an_old_index_is_asked_for_again(browser: Browser) -> None:
    files, newer = edition("en"), edition("en", more=3)
    with reading(browser, served(files)) as reader:
        page = reader.open("/search/#q=dam")
        expect(page.locator("#hits li")).to_have_count(1)
        for path in [path for path in files if path.endswith(".bin")]:
            del files[path]
        files.update(newer)
        asked_for(page, "sentence")  # a word that each story has: its shard is another one now
        expect(page.locator("#hits li")).to_have_count(5)


@pytest.mark.parametrize("harm", ["gone", "altered"])
def test_an_index_that_is_not_whole_is_said_plainly(browser: Browser, harm: str) -> None:
    files = edition("en")
    for path in [path for path in files if path.endswith(".bin")]:
        if harm == "gone":
            del files[path]
        else:
            files[path] = files[path][:-1] + b"!"
    with reading(browser, served(files)) as reader:
        page = reader.open("/search/#q=dam")
        expect(page.get_by_role("status")).to_contain_text("could not be loaded from this site")
        expect(page.get_by_role("link", name="November 2026")).to_be_visible()


def test_text_of_the_index_is_never_taken_for_html_or_a_script(browser: Browser) -> None:
    files = edition("en")
    path = next(path for path in files if path.endswith(".json") and path != "/search/en.json")
    documents = json.loads(files[path])
    for at, address in enumerate(["javascript:alert(1)", "//other.example/"]):
        documents[at][0] = address
        documents[at][1] = "<img src=//other.example/> dam mill"
    files[path] = json.dumps(documents).encode()
    with reading(browser, served(files)) as reader:
        page = reader.open("/search/")
        page.evaluate("crypto.subtle.digest = undefined")  # else the bytes would be refused
        page.evaluate("Object.defineProperty(crypto, 'subtle', {value: undefined})")
        asked_for(page, "river")
        expect(page.locator("#hits li")).to_have_count(2)
        links = page.locator("#hits a").evaluate_all("found => found.map(each => each.href)")
        assert links == [f"{SITE}/", f"{SITE}/"]
        assert page.locator("#hits img").count() == 0
        assert reader.complaints == []


@pytest.mark.parametrize("language", ["en", "fa"])
def test_axe_finds_nothing_on_a_page_of_hits(browser: Browser, language: str) -> None:
    question = QUESTIONS[language][0]
    with reading(
        browser, served(edition(language)), viewport={"width": 360, "height": 800}
    ) as reader:
        page = reader.open(f"/search/#q={question}")
        expect(page.locator("#hits li")).to_have_count(1)
        page.evaluate(AXE)
        found: Any = page.evaluate("axe.run(document)")
        assert [each["id"] for each in found["violations"]] == []
        assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
