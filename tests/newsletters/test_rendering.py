"""An issue as mail: the same bytes, nothing fetched, readable everywhere."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from bs4 import BeautifulSoup, Comment
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import Markup

from tamizdat.newsletters.rendering import checking, page, placeholders, plain
from tamizdat.newsletters.rendering.letters import DIGEST, FULL, Group, Item
from tamizdat.newsletters.rendering.page import preview
from tamizdat.newsletters.rendering.words import FOLDER, words
from tamizdat.reader.xml import allowed
from tests.newsletters.letters import ARTICLE, LEAD, letter

LANGUAGES = ("en", "ru", "fa")
both = pytest.mark.parametrize("variant", [DIGEST, FULL])
all_languages = pytest.mark.parametrize("language", LANGUAGES)


def soup(html: str) -> BeautifulSoup:
    return BeautifulSoup(html, "html.parser")


@both
@all_languages
def test_nothing_in_a_mail_is_fetched_when_it_is_read(language: str, variant: str) -> None:
    html = page.html(letter(language), variant)

    assert checking.remote(html) == []
    assert "<script" not in html
    assert "<link" not in html
    for tag in soup(html).find_all(src=True):
        assert tag["src"].startswith("cid:")


def test_a_crawl_that_would_find_a_pixel_finds_one() -> None:
    html = page.html(letter(), DIGEST)
    pixel = '<img src="https://count.example/p.gif?who=1" width="1" height="1">'
    font = "<style>@import url(https://fonts.example/a.css)</style>"

    assert checking.remote(html.replace("</body>", f"{pixel}</body>"))
    assert checking.remote(html.replace("</head>", f"{font}</head>"))
    assert checking.remote(html.replace("</body>", '<td background="//a.example/b"></body>'))


@both
def test_the_same_letter_gives_the_same_bytes(variant: str) -> None:
    assert page.html(letter(), variant) == page.html(letter(), variant)
    assert plain.text(letter(), variant) == plain.text(letter(), variant)


@both
def test_links_lead_where_they_say_and_are_not_rewritten(variant: str) -> None:
    found = checking.addresses(page.html(letter(), variant))

    assert "https://lantern.example/2026/11/the-dam/" in found
    assert "https://lantern.example/about/" in found
    ours = ("https://lantern.example/", "https://example.org/", "https://mirror.example/")
    assert all(each.startswith(ours) for each in found), found
    assert not [each for each in found if "?" in each or "%" in each]


@both
@all_languages
def test_it_says_its_language_and_lines_begin_where_they_begin(language: str, variant: str) -> None:
    html = page.html(letter(language), variant)
    tree = soup(html)

    assert tree.html["lang"] == language
    assert tree.html["dir"] == ("rtl" if language == "fa" else "ltr")
    aligned = set(re.findall(r"text-align:(left|right)", html.split("<body")[1]))
    start, end = ("right", "left") if language == "fa" else ("left", "right")
    assert start in aligned
    # mrml aligns columns' boxes to the left by itself; no text of ours is.
    directions = set(re.findall(r"direction:(ltr|rtl)", html))
    assert directions == {"rtl" if language == "fa" else "ltr"}
    texts = re.findall(r"font-size:17px[^\"]*text-align:(left|right)", html)
    assert set(texts) == {start}, end


def test_night_is_offered_to_every_program_that_asks() -> None:
    html = page.html(letter(), DIGEST)

    assert '<meta name="color-scheme" content="light dark"' in html
    assert "@media (prefers-color-scheme: dark)" in html
    assert 'style="color: #1b1815' in html or "color:#1b1815" in html  # looks are set into tags


@both
def test_it_reads_with_pictures_off(variant: str) -> None:
    tree = soup(page.html(letter(), variant))

    assert [image["alt"] for image in tree.find_all("img")] == ["The dam at night"]
    if variant == DIGEST:
        button = tree.find("a", string=re.compile("Read on"))
        assert button is not None
        assert button["href"] == "https://lantern.example/2026/11/the-dam/"
        assert "background" in button["style"]
    for image in tree.find_all("img"):
        image.decompose()
    assert "The dam holds, the ministry does not" in tree.get_text()


@both
@all_languages
def test_the_text_part_says_what_the_html_says(language: str, variant: str) -> None:
    made = letter(language)
    html, text = page.html(made, variant), plain.text(made, variant)
    said = " ".join(text.split())

    html_alone = {preview(made), words(language).contents, words(language).read}
    for node in soup(html).body.find_all(string=True):
        part = " ".join(node.split())
        if not isinstance(node, Comment) and part not in html_alone:
            assert all(each.strip(" .") in said for each in part.split(" · ")), (part, said)
    for address in checking.addresses(html):
        if not address.startswith("mailto:"):
            assert address in text


@both
def test_both_ways_out_stand_in_html_and_text(variant: str) -> None:
    for made in (page.html(letter(), variant), plain.text(letter(), variant)):
        assert "[[leave]]" in made
        assert "[[preferences]]" in made


def test_full_text_holds_the_whole_story_its_notes_and_corrections_and_other_ways_to_us() -> None:
    for made in (page.html(letter(), FULL), plain.text(letter(), FULL)):
        for said in (
            "The ministry’s report, page 12.",
            "named the wrong river",
            "1,200",
            "Who said",
        ):
            assert said in made
        assert "https://mirror.example/" in made
    assert "https://mirror.example/" not in page.html(letter(), DIGEST)


def test_a_picture_that_does_not_travel_is_told_in_words() -> None:
    html = page.html(letter(), FULL)

    assert "A dam between dark slopes" in html
    assert "/media/" not in html


def test_a_quiet_letter_begins_with_a_sentence_that_says_nothing() -> None:
    made = letter("ru", is_quiet=True, subject="Письмо для вас")
    html, text = page.html(made, DIGEST), plain.text(made, DIGEST)
    shown = soup(html).body.get_text().strip()

    assert text.startswith(words("ru").preview)
    assert shown.startswith(words("ru").preview)
    # What a list of mails shows of a text is 200 characters at most; filling stands behind it.
    assert "Фонарь" not in shown[:250]
    assert soup(html).title.string == "Письмо для вас"
    assert "Фонарь" not in html[: html.index("<body")]


def test_what_a_story_says_is_never_a_placeholder() -> None:
    hostile = replace(LEAD, headline="See [[leave]] or [[to]]", text="[[nothing]]")
    made = letter(groups=(Group("[[x]]", (hostile,)),), introduction=Markup("<p>Hello</p>"))
    for variant in (DIGEST, FULL):
        for part in (page.html(made, variant), plain.text(made, variant)):
            assert set(placeholders.TOKEN.findall(part)) == {"leave", "preferences"}
            assert part.count("[[leave]]") == 1


@pytest.mark.parametrize("text", ["[[name]]", "[[to]]", "[[ leave ]]", "a [[]] b"])
def test_an_unknown_placeholder_is_named_with_its_place(text: str) -> None:
    with pytest.raises(placeholders.Unknown, match=r"The introduction holds \[\[.*\]\], which"):
        placeholders.check("introduction", f"Dear {text}")


def test_personal_placeholders_may_stand_in_an_introduction() -> None:
    placeholders.check("introduction", '<a href="[[leave]]">leave</a> [[preferences]]')


class Balanced(HTMLParser):
    """Finds out whether every tag is closed by its own."""

    VOID = frozenset({"br", "img", "meta", "link", "hr", "input"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag


@settings(deadline=None)
@given(st.text(max_size=60), st.text(max_size=60))
def test_any_text_is_shown_as_it_is_and_breaks_nothing(headline: str, text: str) -> None:
    clean = [" ".join(allowed(each).split()) for each in (headline, text)]
    item = Item("/a/", f"x{clean[0]}", clean[1], is_highlight=True, article=ARTICLE)
    html = page.html(letter(groups=(Group("", (item,)),)), DIGEST)

    Balanced().feed(html)
    shown = soup(html).find("h2", class_="headline").get_text()
    assert shown.replace("\N{WORD JOINER}", "") == item.headline.replace("\N{WORD JOINER}", "")


# Checks


def test_size_is_said_and_warned_of_near_102_kilobytes() -> None:
    assert not checking.size("a" * 50 * 1024).is_wrong
    assert checking.size("a" * 95 * 1024).is_wrong
    assert "cuts off the rest" in checking.size("ф" * 60 * 1024).words


def test_links_are_looked_at_and_foreign_ones_by_their_form_alone() -> None:
    html = "".join(
        f'<a href="{each}">x</a>'
        for each in (
            "https://lantern.example/there/",
            "https://lantern.example/gone/",
            "https://ok.example/a?b=1&amp;c=2",
            "http://no host/",
            "javascript:alert(1)",
            "https://user@host.example/",
            "https://nodots/",
            "mailto:nobody",
            "mailto:desk@lantern.example",
            "[[leave]]",
            "#s1",
        )
    )
    found = checking.links(html, "https://lantern.example", lambda path: path == "/there/")

    assert [bool(each.fault) for each in found] == [
        *(False, True, False, True, True, True, True, True, False)
    ]
    assert found[2].address == "https://ok.example/a?b=1&c=2"


# Words


@pytest.mark.parametrize("language", [each for each in LANGUAGES if each != "en"])
def test_every_language_has_every_word_with_the_same_placeholders(language: str) -> None:
    english, other = vars(words("en")), vars(words(language))

    assert list(english) == list(other)
    for key, text in english.items():
        assert set(re.findall(r"{\w+}", text)) == set(re.findall(r"{\w+}", other[key])), key


def test_each_language_of_readers_has_its_words() -> None:
    assert {file.stem for file in FOLDER.glob("*.toml")} == set(LANGUAGES)
