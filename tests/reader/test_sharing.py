"""A reader passes a story on: its text, its public address, and nothing about the reader."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from markupsafe import Markup
from playwright.sync_api import Browser, Page, expect

from tamizdat.reader.pages import Link, StoryPage, Text
from tamizdat.reader.render import render
from tests.reader.browsing import CHROMIUM, HOST, Edition, chromium
from tests.reader.markup import Element, read
from tests.reader.sample_pages import bare_story, site, story

needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
ADDRESS = "https://lantern.example/2026/11/dam/"
NO_CLIPBOARD = "Object.defineProperty(navigator, 'clipboard', { value: undefined });"
NO_COMMAND = NO_CLIPBOARD + "document.execCommand = () => false;"
CLIPBOARD = """Object.defineProperty(navigator, 'clipboard', {
  value: { writeText: async (text) => { window.clip = text; } } });"""


def row(page: StoryPage, warning: str = "") -> Element:
    html = render(page, replace(site(), sharing_warning=warning))
    return next(e for e in read(html).named("section") if e.attributes.get("id") == "share")


# Without a script


def test_the_public_address_stands_there_as_text_that_nobody_can_follow() -> None:
    assert ADDRESS in row(story()).whole_text()
    assert not [a for a in row(story()).named("a") if "lantern.example" in a.attributes["href"]]


def test_nothing_is_offered_that_needs_a_script() -> None:
    assert not row(story()).named("button")
    assert {a.attributes["href"][0] for a in row(story()).named("a")} <= {"/", "#"}


def test_a_warning_stands_before_what_it_warns_of() -> None:
    warned = row(story(), "Passing this on can be a crime where you are.").whole_text()
    assert warned.index("can be a crime") < warned.index("Text only")
    assert not [p for p in row(story()).named("p") if p.attributes.get("class") == "warning"]


def test_a_story_can_be_saved_as_a_file_by_a_plain_link() -> None:
    page = replace(story(), saved=Link("", "/saved/dam.html"), saved_name="page.html")
    link = next(a for a in row(page).named("a") if "download" in a.attributes)
    assert link.attributes == {"href": "/saved/dam.html", "download": "page.html"}
    assert link.whole_text() == "Save as a file"
    assert not [a for a in row(bare_story()).named("a") if "download" in a.attributes]


# With a script


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


def reading(browser: Browser, page: StoryPage, before: str, language: str = "en") -> Page:
    """Open a story from a mirror in a browser where ``before`` has run."""
    edition = Edition(browser, {"/a/": page}, language)
    context = edition.reader()
    context.add_init_script(before)
    opened = context.new_page()
    opened.goto(f"{HOST}/a/")
    return opened


def text_of(page: Page) -> str:
    page.get_by_role("button", name="Copy text").click()
    expect(page.get_by_role("status")).not_to_be_empty()
    copied: str = page.evaluate("window.clip")
    return copied


@needs_chromium
def test_copying_the_link_gives_the_public_address_and_never_that_of_the_mirror(
    browser: Browser,
) -> None:
    page = reading(browser, story(), CLIPBOARD)
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_role("status")).to_have_text("Copied.")
    assert page.evaluate("window.clip") == ADDRESS
    page.context.close()


@needs_chromium
def test_the_copied_text_is_the_story_and_its_address(browser: Browser) -> None:
    page = reading(browser, story(), CLIPBOARD)
    parts = text_of(page).split("\n\n")
    assert parts[:2] == ["The dam was known to be cracked", "A report says so."]
    assert parts[2:4] == ["Text with a note.", "A heading"], "footnote signs are left out"
    assert "What was said" not in parts, "a pull quote says what the text says"
    assert parts[4:6] == ["What was said at length", "— Who said it"]
    assert "• Little" in parts
    assert "Lesk | 1,200" in parts
    assert parts[-1] == ADDRESS
    assert "lantern.test" not in "".join(parts)
    page.context.close()


def long_story(text: str, times: int) -> StoryPage:
    body = Markup("").join(Markup("<p>{}</p>").format(text) for _ in range(times))
    return replace(story(), body=(Text(body),))


@needs_chromium
@pytest.mark.parametrize(
    "text",
    ["Мост закрыт. «Так решили».", "پل بسته است. چرا؟", "Six. 🦊🦊"],
    ids=["ru", "fa", "emoji"],
)
def test_a_long_text_is_cut_after_a_sentence_so_that_a_message_holds_it(
    browser: Browser, text: str
) -> None:
    page = reading(browser, long_story(text, 400), CLIPBOARD)
    copied = text_of(page)
    assert 4000 < len(copied.encode("utf-16-le")) // 2 <= 4096
    before, dots, address = copied.partition(" …\n\n")
    assert dots
    assert address == ADDRESS
    assert before[-1] in ".»؟"
    expect(page.get_by_role("status")).to_contain_text("4,096")
    page.context.close()


@needs_chromium
def test_a_text_without_sentences_is_cut_after_a_word_and_one_without_words_in_no_letter(
    browser: Browser,
) -> None:
    page = reading(browser, bare_story(), CLIPBOARD)
    program = "async ([text, length]) => (await import('/media/page.js')).cut(text, length)"
    assert page.evaluate(program, ["one two three", 11]) == "one two …"
    assert page.evaluate(program, ["one two", 7]) == "one two"
    assert page.evaluate(program, ["🦊🦊🦊🦊", 7]) == "🦊🦊 …"
    assert page.evaluate(program, ["Off. And on and on", 16]) == "Off. And on …"
    page.context.close()


@needs_chromium
def test_where_there_is_no_clipboard_the_old_command_copies(browser: Browser) -> None:
    page = reading(browser, story(), NO_CLIPBOARD)
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_role("status")).to_have_text("Copied.")
    expect(page.locator("textarea")).to_be_hidden()
    expect(page.get_by_role("button", name="Copy link")).to_be_focused()
    page.context.close()


@needs_chromium
def test_where_a_page_may_not_copy_at_all_the_text_is_selected_for_the_reader(
    browser: Browser,
) -> None:
    page = reading(browser, story(), NO_COMMAND)
    page.get_by_role("button", name="Copy text").click()
    expect(page.get_by_role("status")).to_contain_text("copy it yourself")
    area = page.get_by_role("textbox", name="Copy text")
    expect(area).to_be_focused()
    assert area.evaluate("it => it.selectionEnd - it.selectionStart === it.value.length")
    assert area.input_value().endswith(ADDRESS)
    page.context.close()


@needs_chromium
@pytest.mark.parametrize(
    ("language", "name"),
    [("ru", "Скопировать ссылку"), ("fa", "رونوشت پیوند"), ("xx", "Copy link")],
)
def test_the_buttons_speak_the_language_of_the_page(
    browser: Browser, language: str, name: str
) -> None:
    page = reading(browser, story(language), CLIPBOARD, language)
    page.get_by_role("button", name=name).click()
    expect(page.get_by_role("status")).not_to_be_empty()
    page.context.close()
