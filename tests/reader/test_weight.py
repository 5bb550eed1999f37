"""What a reader waits for is small, for lines that are slow or cut after a few kilobytes.

Weighed as an edition's tree packs it (brotli at its quality, ``tamizdat.edition.tree``); gzip, for
servers that cannot send brotli, weighs about a ninth more.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from dataclasses import replace
from pathlib import Path

import brotli
import pytest
from markupsafe import Markup

from tamizdat.edition.tree import compressed
from tamizdat.reader import stylesheet
from tamizdat.reader.pages import (
    IssuePage,
    Link,
    NewsletterPage,
    NewslettersPage,
    Page,
    Picture,
    Source,
    StoryPage,
    Text,
    TextPage,
)
from tamizdat.reader.render import render
from tamizdat.reader.scripts import script
from tests.reader.markup import read
from tests.reader.sample_pages import full_pages, site, story, teaser

SAMPLE = Path(stylesheet.__file__).parents[1] / "importers" / "sample"
LIMIT = 10_000  # bytes of a page's HTML with its style sheet, compressed
WORDS = {"en": 1_200, "ru": 900, "fa": 900}  # that a page of this weight holds


def paragraphs(language: str) -> list[str]:
    """Give so many words of the sample's real prose."""
    found: list[str] = []
    count = 0
    for file in sorted((SAMPLE / language).glob("*.toml")):
        for block in tomllib.loads(file.read_text(encoding="utf-8")).get("body", []):
            for text in re.findall(r"<p>(.*?)</p>", block.get("html", ""), re.DOTALL):
                plain = re.sub(r"<[^>]+>|\[\^\w+\]", "", text).split()[: WORDS[language] - count]
                count += len(plain)
                found += [" ".join(plain)] if plain else []
    assert count == WORDS[language], f"the sample has only {count} words in {language}"
    return found


def named(kind: str, width: int) -> Source:
    """A file named as in an edition: nothing is harder to compress than such a name."""
    name = hashlib.sha256(f"{kind} {width}".encode()).hexdigest()
    return Source(f"/media/{name}.{kind}", f"image/{kind}", width, width * 2 // 3)


def photo() -> Picture:
    widths = (480, 800, 1280)
    sources = [named(kind, width) for kind in ("avif", "webp") for width in widths]
    fallback = named("jpeg", 800)
    words = "The Tamna dam in Upper Serrin, with mist rising from the spillway."
    return Picture(words, words, "A. Drawer", fallback, (*sources, fallback), "89a345012")


def whole_story(language: str) -> StoryPage:
    """A story as long as it may be, with most of what can stand around it."""
    body = Markup("\n").join(Markup("<p>{}</p>").format(p) for p in paragraphs(language))
    return replace(
        story(language),
        body=(Text(body), *story().body[1:3]),
        lead=photo(),
        related=tuple(teaser(number) for number in range(4)),
        topics=(Link("Water", "/topics/water/"), Link("Tamna Dam", "/topics/tamna-dam/")),
    )


@pytest.mark.parametrize("language", WORDS)
def test_a_long_story_fits_in_the_first_packets(language: str) -> None:
    around = replace(site(language), sharing_warning="Passing this on can be a crime there.")
    assert len(compressed(render(whole_story(language), around))) <= LIMIT


@pytest.mark.long
def test_every_story_of_the_sample_newsroom_fits_in_the_first_packets(
    sample_newsroom: Path,
) -> None:
    edition = sample_newsroom / "edition"
    found = {file: file.read_text(encoding="utf-8") for file in edition.rglob("*/index.html")}
    stories = {file: html for file, html in found.items() if '<article class="story' in html}
    assert len(stories) >= 46
    for file, html in stories.items():
        weight = file.with_name("index.html.br").stat().st_size
        assert weight <= LIMIT, f"{file} weighs {weight}"
        language = read(html.encode()).named("html")[0].attributes["lang"]
        if 'class="onward"' in html and 'rel="prev"' not in html:
            words = sum(
                words_of(part) for path, part in stories.items() if file.parent in path.parents
            )
            assert words > WORDS[language], f"{file} is divided though it has {words} words"


def words_of(html: str) -> int:
    bodies = [e for e in read(html.encode()).named("div") if e.attributes.get("class") == "body"]
    return sum(len(body.whole_text().split()) for body in bodies)


@pytest.mark.parametrize("name", full_pages())
def test_one_request_brings_all_that_is_read(name: str) -> None:
    document = read(render(full_pages()[name], site()))
    assert not [
        e for e in document.named("link") if e.attributes["rel"] in ("stylesheet", "preload")
    ]
    for each in document.named("script"):
        assert each.text or "async" in each.attributes or each.attributes["type"] == "module"


@pytest.mark.parametrize("name", full_pages())
def test_what_stands_around_the_words_fits_five_kilobytes(name: str) -> None:
    assert len(around(full_pages()[name], with_form=False)) <= 5 * 1024


@pytest.mark.parametrize("name", full_pages())
def test_the_form_to_subscribe_adds_little(name: str) -> None:
    page = full_pages()[name]
    whole = len(around(page, with_form=True))
    assert whole <= 5.25 * 1024
    # A page about newsletters is made of forms; any other has one, at its end.
    if not isinstance(page, IssuePage | NewsletterPage | NewslettersPage):
        assert whole - len(around(page, with_form=False)) <= 600


def around(page: Page, *, with_form: bool) -> bytes:
    """Return a page with next to no words of its own, as it is sent."""
    if isinstance(page, StoryPage | TextPage):
        page = replace(page, body=page.body[:1])
    return compressed(render(page, site() if with_form else replace(site(), sign_up=None)))


def test_the_script_of_every_page_is_small() -> None:
    sent = script("page.js")
    asks = script("appeal.js")  # comes where there is an appeal, and has a bound of its own
    always = [each for each in (*sent.imports, sent) if each.data != asks.data]
    assert len(always) == len(sent.imports)
    assert sum(len(compressed(each.data)) for each in always) <= 2_500


# Style sheets


def sheet(page: Page) -> str:
    return read(render(page, site())).named("style")[0].text


@pytest.mark.parametrize("name", full_pages())
def test_a_style_sheet_is_small_even_where_every_rule_is_used(name: str) -> None:
    assert len(brotli.compress(sheet(full_pages()[name]).encode())) <= 3 * 1024


@pytest.mark.parametrize("template", sorted({p.template for p in full_pages().values()}))
def test_a_style_sheet_loads_nothing_and_cannot_end_its_element(template: str) -> None:
    css = stylesheet.css(template)
    assert "</" not in css
    assert "url(" not in css
    assert "@import" not in css
    assert css.count("{") == css.count("}")


def test_a_page_carries_the_rules_it_uses_and_no_others() -> None:
    bare, full = sheet(full_pages()["not found"]), sheet(full_pages()["story"])
    assert ".gallery" in full
    assert ".gallery" not in bare
    assert '[dir="rtl"]' not in full
    persian = read(render(full_pages("fa")["story"], site("fa"))).named("style")[0].text
    assert '[dir="rtl"] .pull p{' in persian


def chosen(css: str, page: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(stylesheet, "css", lambda template: Markup(stylesheet.minified(css)))
    for memory in (stylesheet._rules, stylesheet._named_by, stylesheet._chosen):
        memory.cache_clear()
    try:
        return stylesheet.css_for("story.html", page)
    finally:
        for memory in (stylesheet._rules, stylesheet._named_by, stylesheet._chosen):
            memory.cache_clear()


@pytest.mark.parametrize(
    ("css", "expected"),
    [
        (":root { a: b } * { c: d }", ":root{a:b}*{c:d}"),
        ("p, ol { a: b }", "p{a:b}"),
        (".box > p { a: b } .box > ol { a: b } .other p { a: b }", ".box>p{a:b}"),
        ("p:is(.a, .b) + p:not(.c) { a: b }", "p:is(.a,.b) + p:not(.c){a:b}"),
        ('p[href="#x"]::after { a: b }', 'p[href="#x"]::after{a:b}'),
        ("@media print { ol { a: b } p { c: d } } p { e: f }", "@media print{p{c:d}}p{e:f}"),
        ("@media print { ol { a: b } }", ""),
        (
            "@keyframes wait { from { a: b } } @page { c: d }",
            "@keyframes wait{from{a:b}}@page{c:d}",
        ),
        (".bare p { a: b } textarea { a: b }", ".bare p{a:b}textarea{a:b}"),
        ("h2 { a: b } h20 { a: b }", "h2{a:b}"),
        (".teaser p { a: b } .body .teaser .by { a: b }", ".teaser p{a:b}"),
        (".teaser h2 { a: b } .teaser.by { a: b } .teaser { a: b }", ".teaser.by{a:b}.teaser{a:b}"),
        (".body ul { a: b } .body i { a: b } .body > * { a: b }", ".body ul{a:b}.body>*{a:b}"),
        (".body h2 { a: b } i { a: b } .body .bare { a: b }", "i{a:b}.body .bare{a:b}"),
        (".teaser :is(h2, h3) { a: b }", ".teaser :is(h2,h3){a:b}"),
        ('p a[href^="http"] { a: b } p:lang(fa) { a: b }', ""),
    ],
)
def test_a_rule_stays_where_all_that_it_names_is_there(
    css: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = '<html lang="en" dir="ltr"><div class="box wide"><h2>A</h2><p>b</p></div>'
    page += '<article class="teaser"><p class="by">c</p></article>'
    page += '<div class="body"><div class="box">d</div><ul></ul></div><i class="by">e</i>'
    assert chosen(css, page, monkeypatch) == expected


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ('<body><p><a href="https://far.example/">far</a>', 'a[href^="http"]{b:c}'),
        ('<head><link href="https://here.example/"></head><body><a href="/near/">near</a>', ""),
    ],
)
def test_a_rule_for_links_to_other_sites_stays_where_there_is_one(
    page: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert chosen('a[href^="http"] { b: c }', page, monkeypatch) == expected


def test_minifying_keeps_what_space_means() -> None:
    source = """
    /* a note */
    a :focus , b > i { width : calc(1em + 20.5%) ; color: red; }
    @media (min-width: 3em) and (hover) { a { margin: 0 -0.5em; } }
    """
    assert stylesheet.minified(source) == (
        "a :focus,b>i{width :calc(1em + 20.5%);color:red}"
        "@media (min-width:3em) and (hover){a{margin:0 -.5em}}"
    )
