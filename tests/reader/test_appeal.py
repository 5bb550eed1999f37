"""An appeal on a reader's page: what it weighs, what closes it, what is kept, and its meter."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from io import BytesIO

import pytest
from PIL import Image
from playwright.sync_api import Browser, expect

from tamizdat.edition.tree import compressed
from tamizdat.reader import meters
from tamizdat.reader.asks import ask_of
from tamizdat.reader.pages import ListPage, Measure, Onward, StoryPage, StoryPart
from tamizdat.reader.render import render
from tamizdat.reader.scripts import script
from tests.browser import Answer, chromium, from_pages, needs_chromium, reading
from tests.reader.sample_pages import ask, asking, full_pages, site, story

METER = meters.file({"1a2b3c4d": Measure(62, date(2026, 11, 19))}, ["en", "ru", "fa"])
KEPT = "() => [localStorage.appeals ?? null, localStorage.length, sessionStorage.length]"


def with_meter(pages: Mapping[str, bytes], meter: bytes = METER) -> Answer:
    answer = from_pages(pages)
    return lambda path: (meter, "application/json") if path == f"/{meters.FILE}" else answer(path)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


def pages(place: str = "end") -> dict[str, bytes]:
    full, around = full_pages(), asking(site(), place)
    return {"/story/": render(full["story"], around), "/en/": render(full["front"], around)}


# Which page shows it


def test_a_story_in_parts_asks_once_at_its_end_or_at_its_top() -> None:
    first, later = full_pages()["first part"], full_pages()["later part"]
    assert isinstance(first, StoryPage)
    assert isinstance(later, StoryPart)
    last = replace(later, onward=None, section="/politics/")
    middle = replace(last, onward=Onward("/x/", 3, 3))
    at_end, at_top = asking(site()), asking(site(), "top")
    assert [bool(ask_of(each, at_end)) for each in (first, middle, last)] == [False, False, True]
    assert [bool(ask_of(each, at_top)) for each in (first, middle, last)] == [True, False, False]


def test_only_stories_and_lists_ask() -> None:
    around = asking(site(), "top")
    asks = {name for name, page in full_pages().items() if ask_of(page, around)}
    lists = {f"{of} list" for of in ("author", "topic", "month", "year")}
    assert asks == {"story", "first part", "front", *lists}
    section = full_pages()["section list"]
    assert isinstance(section, ListPage)  # a section's list has the address by which it is known
    own = replace(section, head=replace(section.head, path="/politics/"))
    assert ask_of(own, around)
    assert ask_of(replace(own, number=4), around)


def test_a_site_without_appeals_shows_none() -> None:
    assert ask_of(story(), site()) is None
    assert b"plea" not in render(story(), site())


# What it weighs


def test_an_appeal_adds_little_to_a_story() -> None:
    without = len(compressed(render(story(), site())))
    assert len(compressed(render(story(), asking(site())))) - without <= 520
    line = asking(site(), is_line=True)
    assert len(compressed(render(story(), line))) - without <= 420


def test_its_script_is_small() -> None:
    assert len(compressed(script("appeal.js").data)) <= 1_500


# In a browser


@needs_chromium
def test_what_is_closed_stays_closed_on_this_device_and_nothing_else_is_kept(
    browser: Browser,
) -> None:
    with reading(browser, with_meter(pages())) as reader:
        page = reader.open("/story/")
        expect(page.locator(".plea")).to_be_visible()
        assert page.evaluate(KEPT) == [None, 0, 0]
        page.get_by_role("button", name="Not today").click()
        expect(page.locator(".plea")).to_have_count(0)
        assert page.evaluate(KEPT) == [ask().key, 1, 0]
        page = reader.open("/story/")
        expect(page.locator(".plea")).to_have_count(0)
        assert reader.complaints == []


@needs_chromium
def test_who_gives_already_is_asked_by_no_appeal(browser: Browser) -> None:
    both = {**pages(), "/en/": pages("top")["/en/"]}
    with reading(browser, with_meter(both)) as reader:
        page = reader.open("/en/")
        page.get_by_role("button", name="I already give").click()
        assert page.evaluate(KEPT) == ["*", 1, 0]
        page = reader.open("/story/")
        expect(page.locator(".plea")).to_have_count(0)


@needs_chromium
def test_the_notice_at_the_top_has_a_cross_that_says_what_it_does(browser: Browser) -> None:
    with reading(browser, with_meter(pages("top"))) as reader:
        page = reader.open("/en/")
        cross = page.get_by_role("button", name="Not today")
        expect(cross).to_have_accessible_name("Not today")
        cross.focus()
        page.keyboard.press("Enter")
        expect(page.locator(".plea")).to_have_count(0)
        assert page.evaluate("document.activeElement.id") == "content"


@needs_chromium
def test_without_javascript_it_stands_plainly_and_offers_nothing_that_needs_it(
    browser: Browser,
) -> None:
    with reading(browser, with_meter(pages()), java_script_enabled=False) as reader:
        page = reader.open("/story/")
        expect(page.locator(".plea .give")).to_have_attribute("href", "/support/")
        expect(page.locator(".plea button")).to_have_count(0)
        assert not [each for each in reader.asked if each.endswith(meters.FILE)]


@needs_chromium
def test_the_meter_is_fetched_when_the_appeal_is_seen_and_moves_without_another_page(
    browser: Browser,
) -> None:
    moved = {"now": METER}
    answer = with_meter(pages())
    with reading(
        browser,
        lambda path: (
            (moved["now"], "application/json") if path == f"/{meters.FILE}" else answer(path)
        ),
        viewport={"width": 390, "height": 600},
    ) as reader:
        page = reader.open("/story/")
        page.wait_for_load_state("networkidle")
        assert not [each for each in reader.asked if each.endswith(meters.FILE)]
        page.locator(".plea").scroll_into_view_if_needed()
        meter = page.locator(".plea meter")
        expect(meter).to_have_js_property("value", 62)
        said = "62% of this month’s goal, counted to the end of 19 November 2026"
        expect(page.locator(".plea .far")).to_contain_text(said)
        moved["now"] = meters.file({"1a2b3c4d": Measure(104, date(2026, 11, 20))}, ["en"])
        page = reader.open("/story/")
        page.locator(".plea").scroll_into_view_if_needed()
        expect(meter).to_have_js_property("value", 100)
        expect(page.locator(".plea .far")).to_contain_text("104%")
        assert reader.complaints == []


# How high the appeal is, and how far down in it its button stands, in pixels.
PLACES = """() => { const plea = document.querySelector(".plea").getBoundingClientRect();
  const give = document.querySelector(".give").getBoundingClientRect();
  return [plea.height, give.top - plea.top].map(Math.round) }"""


@needs_chromium
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("language", ["en", "ru", "fa"])
def test_nothing_jumps_when_its_buttons_and_its_meter_come(
    browser: Browser, language: str, width: int
) -> None:
    full, sums = full_pages(language), ((language, "€3,100 / €5,000"),)
    meter = meters.file({ask().key: Measure(62, date(2026, 11, 19), sums=sums)}, [language])
    for place, name in (("top", "front"), ("top", "story")):
        answer = with_meter({"/": render(full[name], asking(site(language), place))}, meter)
        before, after = (
            places(browser, each, width) for each in (without_a_script(answer), answer)
        )
        assert before == after, (place, name)


@needs_chromium
def test_at_the_end_of_a_story_the_meter_is_there_before_the_reader_is(browser: Browser) -> None:
    with reading(browser, with_meter(pages()), viewport={"width": 390, "height": 700}) as reader:
        page = reader.open("/story/")
        plea, meter = page.locator(".plea"), page.locator(".plea meter")
        page.wait_for_load_state("networkidle")
        expect(meter).to_have_count(0)
        page.evaluate("scrollTo(0, document.querySelector('.plea').offsetTop - 1.5 * innerHeight)")
        expect(meter).to_have_count(1)
        expect(plea).not_to_be_in_viewport()


def without_a_script(answer: Answer) -> Answer:
    """Answer as if the scripts were still on their way: with empty ones."""
    return lambda path: (b"", "text/javascript") if path.endswith(".js") else answer(path)


def places(browser: Browser, answer: Answer, width: int) -> list[int]:
    with reading(browser, answer, viewport={"width": width, "height": 900}) as reader:
        page = reader.open("/")
        page.locator(".plea").scroll_into_view_if_needed()
        page.wait_for_load_state("networkidle")
        found: list[int] = page.evaluate(PLACES)
        return found


@needs_chromium
@pytest.mark.parametrize("address", ["/story/", "/support/"])
def test_the_meter_is_filled_to_its_whole_height_and_stands_in_its_own_room(
    browser: Browser, address: str
) -> None:
    own = {"/support/": render(full_pages()["support"], asking(site()))}
    with reading(browser, with_meter({**pages(), **own})) as reader:
        page = reader.open(address)
        page.locator(".plea, .goal").scroll_into_view_if_needed()
        meter = page.locator("meter[aria-label]")  # the script's own
        meter.scroll_into_view_if_needed()
        box = meter.bounding_box()
        assert box is not None
        # A column of pixels in the part that is filled, from above the meter to below it.
        clip = {"x": box["x"] + 9, "y": box["y"] - 6, "width": 1, "height": box["height"] + 12}
        drawn = Image.open(BytesIO(page.screenshot(clip=clip))).convert("RGB")
        column = [drawn.getpixel((0, y)) for y in range(drawn.height)]
        marked = [y for y, colour in enumerate(column) if colour == column[drawn.height // 2]]
        assert len(marked) >= int(box["height"]) - 1  # at half pixels an edge is of mixed colour
        assert len(set(column[:5])) == len(set(column[-5:])) == 1


@needs_chromium
@pytest.mark.long
@pytest.mark.parametrize("meter", [b"", b"[]", b'{"1a2b3c4d":{}}', b"<html>"])
def test_a_meter_that_cannot_be_read_leaves_the_button(browser: Browser, meter: bytes) -> None:
    with reading(browser, with_meter(pages(), meter)) as reader:
        page = reader.open("/story/")
        page.locator(".plea").scroll_into_view_if_needed()
        page.wait_for_load_state("networkidle")
        expect(page.locator(".plea .give")).to_be_visible()
        expect(page.locator(".plea meter")).to_have_count(0)
        assert reader.complaints == []


def test_persian_says_percent_in_its_own_sign() -> None:
    assert meters.sentence(Measure(62, date(2026, 11, 19)), "fa").startswith("\u06f6\u06f2\u066a ")


def test_the_file_of_meters_says_no_sum_where_none_is_published() -> None:
    (found,) = json.loads(METER).values()
    assert found.keys() == {"percent", "until", "text"}
    assert not [text for text in found["text"].values() if "€" in text]
