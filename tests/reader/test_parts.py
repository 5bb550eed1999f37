"""Long stories come in parts, each as light as a page must be, and nothing is lost between them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import brotli
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markupsafe import Markup

from tamizdat.reader import stylesheet
from tamizdat.reader.pages import (
    Block,
    FactBox,
    Footnote,
    Heading,
    Photo,
    PullQuote,
    StoryPage,
    StoryPart,
    Table,
    Text,
)
from tamizdat.reader.parts import LIMIT, Part, in_parts, paragraphs
from tamizdat.reader.render import render
from tests.reader.markup import Element, read
from tests.reader.sample_pages import BLOCKS, picture, site, story, teaser

LANGUAGES = ["en", "ru", "fa"]
SCRIPT = "/media/rest.js"
SAMPLE = Path(stylesheet.__file__).parents[1] / "importers" / "sample"


def weigh(page: Part, language: str = "en") -> int:
    packed: bytes = brotli.compress(render(page, site(language)), quality=5, lgwin=16)
    return len(packed)


def divided(page: StoryPage, language: str = "en") -> list[Part]:
    return in_parts(page, lambda part: weigh(part, language), SCRIPT)


def of(body: Sequence[Block], language: str = "en", notes: int = 0) -> StoryPage:
    """Give a story of this body, with all that stands around one."""
    footnotes = tuple(Footnote(n, Markup(f"The {n}. source.")) for n in range(1, notes + 1))
    related = tuple(teaser(number) for number in range(4))
    return replace(story(language), body=tuple(body), footnotes=footnotes, related=related)


@lru_cache
def sample_paragraphs(language: str) -> list[str]:
    """Give all paragraphs of the sample newsroom's stories in a language, as plain text."""
    found: list[str] = []
    for file in sorted((SAMPLE / language).glob("*.toml")):
        for block in tomllib.loads(file.read_text(encoding="utf-8")).get("body", []):
            for text in re.findall(r"<p>(.*?)</p>", block.get("html", ""), re.DOTALL):
                found.append(re.sub(r"<[^>]+>|\[\^\w+\]", "", text).strip())
    return found


def prose(language: str, words: int) -> list[Markup]:
    """Give paragraphs of the sample's prose that come to so many words."""
    found: list[Markup] = []
    count = 0
    for text in sample_paragraphs(language):
        if count >= words:
            break
        count += len(text.split())
        found.append(Markup("<p>{}</p>").format(text))
    assert count >= words
    return found


def long_story(language: str = "en", words: int = 3000) -> StoryPage:
    """Give a long story with a heading every few paragraphs, photos, and notes all through it.

    The first note is referred to at its beginning and again at its end.
    """
    body: list[Block] = []
    number = 0
    texts = prose(language, words)
    for at, text in enumerate(texts):
        if at % 6 == 4:
            body.append(Heading(f"Heading {at}", f"heading-{at}"))
        if at % 5 == 0:
            number += 1
            text = Markup("{}{}</p>").format(text[:-4], reference(number))
        if at == len(texts) - 1:
            text = Markup("{}{}</p>").format(text[:-4], reference(1, 2))
        body.append(Text(text))
        if at % 9 == 3:
            body.append(Photo(picture(f"Photo {at}")))
    page = of(body, language, number)
    return replace(page, footnotes=(replace(page.footnotes[0], references=2), *page.footnotes[1:]))


def reference(number: int, mention: int = 1) -> Markup:
    ids = f'class="ref" id="ref-{number}-{mention}"'
    return Markup(f'<sup {ids}><a href="#note-{number}">{number}</a></sup>')


def body_of(page: Part, language: str = "en") -> Element:
    document = read(render(page, site(language)))
    return next(e for e in document.named("div") if e.attributes.get("class") == "body")


def words_of(pages: Sequence[Part]) -> str:
    return " ".join("".join(body_of(page).whole_text() for page in pages).split())


# When a story is divided


@pytest.mark.parametrize(("language", "words"), [("en", 1200), ("ru", 900), ("fa", 900)])
def test_a_story_of_ordinary_length_comes_whole(language: str, words: int) -> None:
    body: list[Block] = [Text(text) for text in prose(language, words)]
    page = of([*body[:3], Heading("A heading", "heading"), *body[3:], *story().body[2:3]], language)
    assert divided(page, language) == [page]


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_part_of_a_long_story_is_light(language: str) -> None:
    parts = divided(long_story(language), language)
    assert len(parts) in (2, 3, 4)
    assert max(weigh(part, language) for part in parts) <= LIMIT


def test_parts_weigh_about_the_same() -> None:
    weights = [weigh(part) for part in divided(long_story(words=5000))]
    assert max(weights) < 1.2 * min(weights)


def test_the_same_story_makes_the_same_parts() -> None:
    assert divided(long_story()) == divided(long_story())


def test_few_guesses_are_weighed() -> None:
    weighed: list[Part] = []

    def counting(part: Part) -> int:
        weighed.append(part)
        return weigh(part)

    count = len(in_parts(long_story(), counting))
    assert len(weighed) <= 2 * count + 5


# Where it is cut


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_lost_and_nothing_stands_twice(language: str) -> None:
    page = long_story(language)
    parts = divided(page, language)
    assert words_of(parts) == words_of([page])
    assert [b for part in parts for b in part.body] == list(page.body)


def test_no_heading_stands_last_and_no_photo_first() -> None:
    for words in range(2400, 6000, 400):
        parts = divided(long_story(words=words))
        assert not [part for part in parts if isinstance(part.body[-1], Heading)]
        assert not [part for part in parts if isinstance(part.body[0], Photo)]


def test_a_text_is_cut_between_its_paragraphs() -> None:
    whole = Markup("\n").join(prose("en", 3000))
    first, *later = divided(of([Text(whole)]))
    assert later
    assert all(block.html.startswith("<p>") for block in first.body if isinstance(block, Text))
    assert words_of([first, *later]) == words_of([of([Text(whole)])])


def test_a_list_in_a_text_is_never_cut() -> None:
    items = Markup("<ul><li>One<ul><li>of one</li></ul></li><li>Two</li></ul>")
    cut = list(paragraphs(Markup("<p>A<br>b</p>\n") + items + Markup("<p>C</p> tail")))
    assert cut == ["<p>A<br>b</p>", items, "<p>C</p>", "tail"]
    assert all(isinstance(piece, Markup) for piece in cut)


def test_what_looks_like_a_tag_in_an_address_cuts_nothing() -> None:
    sly = Markup('<p><a href="https://example.org/</a></p>">it</a></p>')
    assert list(paragraphs(sly + sly)) == [sly, sly]


def test_a_giant_paragraph_stands_alone_though_it_is_too_heavy() -> None:
    giant = Text(Markup("<p>{}</p>").format(" ".join(sample_paragraphs("en"))))
    small: list[Block] = [Text(text) for text in prose("en", 300)]
    parts = divided(of([*small, giant, *small]))
    alone = [part for part in parts if giant in part.body]
    assert [part.body for part in alone] == [(giant,)]
    assert max(weigh(part) for part in parts if part not in alone) <= LIMIT


def test_a_giant_table_keeps_its_heading_and_stands_alone() -> None:
    numbers = sample_paragraphs("en")
    table = Table("All of it", (), tuple((text, str(at)) for at, text in enumerate(numbers)))
    heading = Heading("What was counted", "counted")
    small: list[Block] = [Text(text) for text in prose("en", 300)]
    parts = divided(of([*small, heading, table, *small]))
    assert (heading, table) in [part.body for part in parts]


def test_one_giant_block_is_one_page() -> None:
    page = of([Text(Markup("<p>{}</p>").format(" ".join(sample_paragraphs("en"))))])
    assert divided(page) == [page]


# Style


def taken(html: str) -> str:
    """Give what rest.js takes of a later part."""
    body = html[html.index('<div class="body">') : html.index('<p class="backward"')]
    body = re.sub(r'<p class="onward".*?</p>', "", body)
    rest = re.findall(r'(?s)<nav class="topics.*?</nav>|<section class="more.*?</section>', html)
    return body + "".join(rest)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_part_has_the_rules_for_what_later_parts_bring_into_its_page_and_no_others(
    language: str,
) -> None:
    plain = [Text(text) for text in prose(language, 2400)]
    page = of([*plain, *BLOCKS[1:], *plain], language)
    texts = [render(part, site(language)).decode() for part in divided(page, language)]
    assert len(texts) > 2
    for at, text in enumerate(texts):
        whole = text + "".join(map(taken, texts[at + 1 :]))
        rules = stylesheet.css_for("story.html" if at == 0 else "part.html", whole)
        css = re.sub(r"\.t[0-9a-f]{9}\{[^}]*\}", "", read(text.encode()).named("style")[0].text)
        assert css == rules
    for brought in (".gallery{", ".pull{", "td{", ".more{", ".topics ul", 'a[href^="http"]::after'):
        assert brought in texts[0]


def test_a_part_has_no_rules_for_what_stands_in_the_parts_before() -> None:
    table: list[Block] = [Table("All", (), (("one", "1"),))]
    first, second, *_ = divided(of([*table, *map(Text, prose("en", 3000))]))
    assert b"td{" in render(first, site())
    assert b"td{" not in render(second, site())


# Notes


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_note_stands_on_the_parts_that_refer_to_it_and_links_back_to_them(
    language: str,
) -> None:
    for part in divided(long_story(language), language):
        document = read(render(part, site(language)))
        ids = {e.attributes["id"] for e in document.every() if "id" in e.attributes}
        links = [e.attributes["href"] for e in document.named("a")]
        assert {link[1:] for link in links if link.startswith(("#note-", "#ref-"))} <= ids
        referred = {link[6:] for link in links if link.startswith("#note-")}
        notes = {each[5:] for each in ids if each.startswith("note-")}
        assert referred == notes != set()
        assert sum(each.startswith("ref-") for each in ids) == sum(
            link.startswith("#ref-") for link in links
        )


def test_a_note_of_two_parts_stands_on_both_under_its_number() -> None:
    first, *_, last = divided(long_story())
    assert first.footnotes[0].number == last.footnotes[0].number == 1
    assert (first.footnotes[0].first, last.footnotes[0].first) == (1, 2)
    assert b'href="#ref-1-2"' in render(last, site())
    assert b'href="#ref-1-2"' not in render(first, site())


def test_no_id_of_a_story_stands_on_two_of_its_parts_but_those_of_notes_and_frame() -> None:
    boxes: list[Block] = []
    for text in prose("en", 4000):
        boxes += [Text(text), FactBox("", Markup("<p>Known.</p>")), Table("T", (), (("1",),))]
    seen: set[str] = set()
    for part in divided(of(boxes)):
        ids = {e.attributes["id"] for e in body_of(part).every() if "id" in e.attributes}
        assert ids
        assert not ids & seen
        seen |= ids


# What stands around


def test_the_first_part_has_the_head_and_the_last_what_one_reads_next() -> None:
    page = long_story()
    first, *between, last = divided(page)
    assert isinstance(first, StoryPage)
    assert (first.lead, first.corrections, first.related) == (page.lead, page.corrections, ())
    assert 'class="topics"' not in render(first, site()).decode()
    for part in between:
        assert isinstance(part, StoryPart)
        assert (part.topics, part.related) == ((), ())
    assert isinstance(last, StoryPart)
    assert (last.topics, last.related) == (page.topics, page.related)
    assert b'href="/2026/11/dam/#corrections"' in render(last, site())


def test_a_reader_goes_from_part_to_part_and_back_by_plain_links() -> None:
    parts = divided(long_story(words=5000))
    count = len(parts)
    paths = ["/2026/11/dam/", *(f"/2026/11/dam/{n}/" for n in range(2, count + 1))]
    assert [part.head.path for part in parts] == paths
    for at, part in enumerate(parts):
        links = read(render(part, site())).named("a")
        by_rel = {e.attributes["rel"]: e for e in links if e.attributes.get("rel") in ROADS}
        assert ("next" in by_rel) == (at + 1 < count)
        assert ("prev" in by_rel) == (at > 0)
        if "next" in by_rel:
            assert by_rel["next"].attributes["href"] == paths[at + 1]
            said = f"Continue reading: part {at + 2} of {count}"
            assert by_rel["next"].whole_text() == said
        if "prev" in by_rel:
            assert by_rel["prev"].attributes["href"] == paths[at - 1]


ROADS = ("next", "prev")


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "Continue reading: part 2 of 2"),
        ("ru", "Читать дальше: часть 2 из 2"),
        ("fa", "ادامهٔ مطلب: بخش ۲ از ۲"),
    ],
)
def test_the_way_on_is_said_in_the_reader_s_language(language: str, said: str) -> None:
    page = of(
        [Text(text) for text in prose(language, 2600 if language == "en" else 2000)], language
    )
    first, second = divided(page, language)
    assert said in render(first, site(language)).decode()
    assert said.split(": ")[1] in render(second, site(language)).decode().lower()


def test_a_later_part_names_itself_and_leaves_the_story_s_description_to_the_first() -> None:
    first, *_, last = (render(part, site()).decode() for part in divided(long_story()))
    assert '<link rel="canonical" href="https://lantern.example/2026/11/dam/2/">' in last
    for word in ("hreflang", "og:title", "ld+json", "article:published_time"):
        assert word in first
        assert re.search(rf"<(link|meta|script)[^>]*{word}", last) is None
    assert "noindex" not in last
    assert 'href="/ru/2026/11/dam/"' in last.replace("/2/", "/")


def test_only_a_part_that_goes_on_has_the_script_that_fetches_the_next() -> None:
    first, *_, last = (render(part, site()).decode() for part in divided(long_story()))
    assert "connect-src 'self'" in first
    assert f'src="{SCRIPT}"' in first
    assert SCRIPT not in last


def test_without_a_script_no_part_fetches() -> None:
    parts = in_parts(long_story(), weigh)
    assert not [part for part in parts if part.head.fetches or part.head.scripts]


# Whatever editors write

WORD = st.text("abcdefghijklmnopqrstuvwxyzабвгдежзиклмнопрстуф ابپتثجچ", min_size=1, max_size=12)
PARAGRAPH = st.lists(WORD, min_size=1, max_size=120).map(
    lambda found: Text(Markup("<p>{}</p>").format(" ".join(found)))
)
BLOCK = st.one_of(
    PARAGRAPH,
    PARAGRAPH,
    PARAGRAPH,
    WORD.map(lambda text: Heading(text, text.strip() or "part")),
    st.just(Photo(picture())),
    WORD.map(lambda text: PullQuote(text * 9)),
    st.integers(1, 30).map(lambda rows: Table("", (), tuple((str(r), "x") for r in range(rows)))),
)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(body=st.lists(BLOCK, min_size=20, max_size=140))
def test_every_part_of_every_body_is_light_and_none_of_it_is_lost(body: list[Block]) -> None:
    page = of(body)
    parts = divided(page)
    assert [block for part in parts for block in part.body] == body
    assert max(map(weigh, parts)) <= LIMIT
    assert (len(parts) == 1) == (weigh(page) <= LIMIT)
