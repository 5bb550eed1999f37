"""Hostile text in every plain field of every page: it is shown, and never becomes markup."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import Markup

from tamizdat.reader.pages import Page
from tamizdat.reader.render import render
from tests.reader.markup import Element, read
from tests.reader.sample_pages import full_pages, site

# Not plain text: addresses, names of things we choose from, and what ties parts together.
STRUCTURE = {
    "url", "path", "home", "action", "public_address", "logo", "icon", "zone", "language", "code",
    "type", "kind", "of", "anchor", "block", "template", "schema_type", "source", "poster",
    "captions", "place", "remind", "rhythms",
}  # fmt: skip

PAYLOADS = [
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "<!--<script>",
    '"><img src=//evil.example/x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</title></style></textarea><svg/onload=alert(1)>",
    "{{ 7 * 7 }} {% raw %} ${7*7}",
    "&lt;b&gt; &amp;amp; &#x3c;script&#x3e;",
    "]]><?php --><![CDATA[",
    "\u2028\u2029\u202e\u0000 \\u003c/script\\u003e",
]
PAGES = full_pages()


def poisoned(value: Any, text: str) -> Any:
    """Put ``text`` into every plain text of a page, however deep."""
    if isinstance(value, tuple):
        return tuple(poisoned(item, text) for item in value)
    if isinstance(value, str):
        return value if isinstance(value, Markup) else text
    if not is_dataclass(value) or isinstance(value, type):
        return value
    changed = {
        field.name: poisoned(getattr(value, field.name), text)
        for field in fields(value)
        if field.name not in STRUCTURE
    }
    return replace(value, **changed)


def skeleton(element: Element) -> Any:
    """Give the shape of a document: elements and attribute names, without any text."""
    inside = [skeleton(child) for child in element.children]
    return element.name, sorted(element.attributes), inside


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize("name", PAGES)
def test_hostile_text_does_not_change_the_shape_of_a_page(name: str, payload: str) -> None:
    hostile = read(render(poisoned(PAGES[name], payload), poisoned(site(), payload)))
    harmless = read(render(poisoned(PAGES[name], "word"), poisoned(site(), "word")))
    assert skeleton(hostile) == skeleton(harmless)


@pytest.mark.parametrize("payload", [p for p in PAYLOADS if "\u0000" not in p])
def test_hostile_text_is_shown_as_it_was_written(payload: str) -> None:
    page = read(render(poisoned(PAGES["story"], payload), site()))
    assert page.named("h1")[0].text == payload
    assert page.named("img")[1].attributes["alt"] == payload


@settings(max_examples=25, deadline=None)
@given(
    st.text(alphabet=st.sampled_from("<>&'\"/!-=`{}%#\\;]([ascriptSTYLE \u2028\u202e"), min_size=1)
)
def test_no_text_at_all_opens_an_element_or_ends_the_data(text: str) -> None:
    page: Page = poisoned(PAGES["story"], f"x{text}x")
    document = read(render(page, site()))
    assert skeleton(document) == skeleton(read(render(poisoned(PAGES["story"], "word"), site())))
    data = json.loads(document.named("script")[0].text)
    assert data["@graph"][0]["headline"] == f"x{text}x"


def test_hostile_text_cannot_end_the_data_block() -> None:
    text = render(poisoned(PAGES["story"], "</script><!--"), site()).decode()
    data = text.split('<script type="application/ld+json">')[1].split("</script>")[0]
    assert "<" not in data
    assert json.loads(data)["@graph"][0]["headline"] == "</script><!--"
