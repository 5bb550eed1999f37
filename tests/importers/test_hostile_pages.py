"""A saved page is hostile input: nothing runs, nothing is fetched, nothing but ImporterError."""

import re
import time
from contextlib import suppress
from dataclasses import asdict

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tamizdat.importers.article import Article
from tamizdat.importers.errors import ImporterError
from tamizdat.importers.inline import clean, safe_address
from tamizdat.importers.lines import words
from tamizdat.importers.reading import read
from tests.importers.cases import cases

PROSE = "The council of Lesk voted on Tuesday to close the river market, the minutes show. "
LIGHTLY = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
TAGS = words("p div b i a h1 h2 ul li table tr td blockquote figure img br span article script")
SAFE = re.compile(r'</?[bi]>|<a href="(?:https?:|mailto:)[^"<>]*">|</a>')


def article_of(body: str) -> Article:
    page = f"<html><head><title>River market</title></head><body><h1>River market</h1>{body}"
    return read(page.encode(), "page.html")


def markup(article: Article) -> list[str]:
    """Return every text that is kept as HTML."""
    found: list[str] = []
    for block in article.body:
        fields = asdict(block)
        found += [fields["html"]] if "html" in fields else []
        found += list(fields.get("items", ()))
        found += [cell for row in fields.get("rows", ()) for cell in row]
    return found


@pytest.mark.parametrize(
    "attack",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<a href='javascript:alert(1)'>here</a>",
        "<a href='java\nscript:alert(1)'>here</a>",
        "<a href='data:text/html,<script>alert(1)</script>'>here</a>",
        "<a href='//evil.example/x'>here</a>",
        "<a href='file:///etc/passwd'>here</a>",
        "<a href=https://a.example onclick=alert(1) style='x:y'>here</a>",
        "<svg><a xlink:href='javascript:alert(1)'><text>x</text></a></svg>",
        "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
        "<b style='background:url(//evil.example)'>bold</b>",
        "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "<noscript><p title='</noscript><script>alert(1)</script>'></noscript>",
        "<template><script>alert(1)</script></template>",
    ],
)
def test_only_bold_italic_and_safe_links_are_kept(attack: str) -> None:
    article = article_of(f"<p>{PROSE * 2}</p><p>{PROSE}{attack}</p>")
    for text in markup(article):
        assert "<" not in SAFE.sub("", text)
        assert "evil" not in text


def test_links_to_places_a_reader_can_go_are_kept() -> None:
    article = article_of(f"<p>{PROSE}<a href='https://a.example/x?y=1&z=2'>minutes</a></p>{PROSE}")
    assert '<a href="https://a.example/x?y=1&amp;z=2">minutes</a>' in markup(article)[0]
    assert safe_address("/news", "https://lantern.example/a/") == "https://lantern.example/news"
    assert safe_address("/news", None) is None


def test_no_entity_is_expanded_and_no_file_is_read() -> None:
    bomb = (
        "<!DOCTYPE html [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;'>"
        "<!ENTITY c SYSTEM 'file:///etc/hostname'>]>"
    )
    page = f"{bomb}<html><body><h1>River market</h1><p>&b;&c; {PROSE * 3}</p></body></html>"
    article = read(page.encode(), "page.html")
    assert "aaaa" not in "".join(markup(article))


def test_letters_that_turn_text_round_on_the_screen_are_dropped() -> None:
    article = article_of(f"<p>\u202e{PROSE}\u2066\u200b{PROSE}</p>")
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200b]", "".join(markup(article)))


def test_persian_joiners_stay() -> None:
    assert "\u200c" in clean("می\u200cگویند")


@pytest.mark.long
@pytest.mark.parametrize(
    "page",
    [
        "<div class=widget>" * 140 + "<img src=a.png>" * 3000 + PROSE * 5,
        "<div>" * 140 + "<span>ab <b>c</b></span>" * 3000 + PROSE * 5,
        "<p>" + "<b><i>" * 60 + "<span>x y</span>" * 3000 + PROSE * 5,
        "<p>" + "(" * 50_000 + PROSE * 5,
        "<p>" + "“" * 50_000 + PROSE * 5,
        "<p>" + " " * 500_000 + PROSE * 5,
        "a<br>" * 8000,
        f"<div class='{'nav-' * 200_000}'><p>{PROSE * 5}",
        "<script type='application/ld+json'>" + "[" * 100_000 + f"</script><p>{PROSE * 5}",
        f"<h3>Related</h3><p>{PROSE}</p>" * 1500,
    ],
    ids=range(10),
)
def test_a_page_made_to_be_slow_is_read_or_refused_in_seconds(page: str) -> None:
    start = time.process_time()
    with suppress(ImporterError):
        article_of(page)
    assert time.process_time() - start < 20


@LIGHTLY
@given(st.binary(max_size=2000))
def test_any_bytes_are_an_article_or_an_importer_error(data: bytes) -> None:
    _read_or_refuse(data)


@LIGHTLY
@given(st.text(max_size=3000))
def test_any_text_is_an_article_or_an_importer_error(text: str) -> None:
    _read_or_refuse(text.encode("utf-8", "replace"))


@LIGHTLY
@given(
    st.lists(
        st.one_of(
            st.sampled_from(
                [f"<{tag}>" for tag in sorted(TAGS)] + [f"</{tag}>" for tag in sorted(TAGS)]
            ),
            st.sampled_from([PROSE, "By Mira Solt", "12 May 2026", "Photo: A B", "Read more", "—"]),
            st.text(max_size=20),
        ),
        max_size=80,
    )
)
def test_any_tag_soup_is_an_article_or_an_importer_error(parts: list[str]) -> None:
    page = "<html><body>" + "".join(parts) + PROSE * 3
    _read_or_refuse(page.encode("utf-8", "replace"))


@LIGHTLY
@given(st.data())
def test_a_damaged_page_is_an_article_or_an_importer_error(data: st.DataObject) -> None:
    case = data.draw(st.sampled_from([*cases("pages"), *cases("texts")]))
    page = case.file.read_bytes()
    start = data.draw(st.integers(0, len(page)))
    stop = data.draw(st.integers(start, len(page)))
    filling = data.draw(
        st.sampled_from([b"", b"<", b"<p>", b"</div>", b"\xff", b"{", b"\n\n", b"\0"])
    )
    _read_or_refuse(page[:start] + filling + page[stop:])


def _read_or_refuse(data: bytes) -> None:
    with suppress(ImporterError):
        for text in markup(read(data, "page.html")):
            assert "<" not in SAFE.sub("", text)
            assert clean(text) == text
