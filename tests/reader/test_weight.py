"""A story's HTML with its style sheet is small, for lines that are slow or cut after a few kB."""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from pathlib import Path

import brotli
import pytest
from markupsafe import Markup

from tamizdat.reader import stylesheet
from tamizdat.reader.pages import StoryPage, Text, TextPage
from tamizdat.reader.render import render
from tests.reader.sample_pages import full_pages, site, story, teaser

SAMPLE = Path(stylesheet.__file__).parents[1] / "importers" / "sample"


def thousand_words(language: str) -> list[str]:
    """Give paragraphs of the sample's real prose that come to a thousand words."""
    paragraphs: list[str] = []
    count = 0
    for file in sorted((SAMPLE / language).glob("*.toml")):
        for block in tomllib.loads(file.read_text(encoding="utf-8")).get("body", []):
            for text in re.findall(r"<p>(.*?)</p>", block.get("html", ""), re.DOTALL):
                plain = re.sub(r"<[^>]+>|\[\^\w+\]", "", text).split()[: 1000 - count]
                count += len(plain)
                paragraphs += [" ".join(plain)] if plain else []
    assert count == 1000, f"the sample has only {count} words in {language}"
    return paragraphs


def story_of_a_thousand_words(language: str) -> StoryPage:
    body = Markup("\n").join(Markup("<p>{}</p>").format(p) for p in thousand_words(language))
    related = tuple(teaser(number) for number in range(4))
    return replace(story(language), body=(Text(body), *story().body[1:4]), related=related)


@pytest.mark.parametrize("language", ["en", "ru", "fa"])
def test_a_story_of_a_thousand_words_fits_nine_kilobytes(language: str) -> None:
    sent = brotli.compress(render(story_of_a_thousand_words(language), site(language)))
    assert len(sent) <= 9 * 1024


@pytest.mark.parametrize("name", full_pages())
def test_what_stands_around_the_words_fits_five_kilobytes(name: str) -> None:
    page = full_pages()[name]
    if isinstance(page, StoryPage | TextPage):
        page = replace(page, body=page.body[:1])
    assert len(brotli.compress(render(page, site()))) <= 5 * 1024


@pytest.mark.parametrize("template", sorted({p.template for p in full_pages().values()}))
def test_a_style_sheet_is_small_and_cannot_end_its_element(template: str) -> None:
    css = stylesheet.css(template)
    assert len(brotli.compress(css.encode())) <= 3 * 1024
    assert "</" not in css
    assert "url(" not in css
    assert "@import" not in css
    assert css.count("{") == css.count("}")


def test_minifying_keeps_what_space_means() -> None:
    source = """
    /* a note */
    a :focus , b > i { width : calc(1em + 2%) ; color: red; }
    @media (min-width: 3em) and (hover) { a { margin: 0 -1px; } }
    """
    assert stylesheet.minified(source) == (
        "a :focus,b>i{width :calc(1em + 2%);color:red}"
        "@media (min-width:3em) and (hover){a{margin:0 -1px}}"
    )
