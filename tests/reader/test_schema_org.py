from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from tamizdat.edition.tree import compressed
from tamizdat.reader.pages import Link, Page
from tamizdat.reader.render import render
from tests.reader.markup import read
from tests.reader.sample_pages import bare_pages, full_pages, site, story
from tests.reader.test_weight import whole_story

FULL, BARE = full_pages(), bare_pages()


def graph(page: Page, language: str = "en") -> list[dict[str, Any]]:
    scripts = read(render(page, site(language))).named("script")
    data = [each.text for each in scripts if each.attributes.get("type") == "application/ld+json"]
    return json.loads(data[0])["@graph"] if data else []


def test_a_story_names_what_search_engines_show_of_it() -> None:
    article, trail = graph(replace(story(), words=1200))
    assert article["mainEntityOfPage"] == "https://lantern.example/2026/11/dam/"
    assert article["wordCount"] == 1200
    assert article["isAccessibleForFree"] is True
    assert article["articleSection"] == "Politics"
    assert article["keywords"] == ["Water"]
    assert article["publisher"]["@type"] == "NewsMediaOrganization"
    assert article["publisher"]["logo"].startswith("https://lantern.example/media/")
    assert [step["name"] for step in trail["itemListElement"]] == ["The Lantern", "Politics"]


def test_a_headline_is_cut_at_a_word_where_search_engines_would_cut_it() -> None:
    headline = graph(replace(story(), headline="seven letters " * 20))[0]["headline"]
    assert len(headline) <= 110
    assert headline.endswith("seven…")
    assert len(graph(replace(story(), headline="x" * 110))[0]["headline"]) == 110


def test_a_story_says_nothing_of_what_it_has_not() -> None:
    (article,) = graph(BARE["story"])
    assert article.keys() == {
        "@type",
        "headline",
        "mainEntityOfPage",
        "inLanguage",
        "isAccessibleForFree",
        "publisher",
    }


def test_the_home_page_is_the_newsrooms_own() -> None:
    (home,) = graph(FULL["front"])
    assert (home["@type"], home["publisher"]["@type"]) == ("WebSite", "NewsMediaOrganization")


@pytest.mark.parametrize("role", ["", "Politics editor"])
def test_an_author_is_a_name_and_an_address_and_nothing_more(role: str) -> None:
    """So a protected author cannot be told from others."""
    profile, _ = graph(replace(FULL["author list"], role=role))  # type: ignore[type-var]
    assert profile == {
        "@type": "ProfilePage",
        "inLanguage": "en",
        "mainEntity": {
            "@type": "Person",
            "name": "A list",
            "url": "https://lantern.example/author/",
        },
    }


@pytest.mark.parametrize("name", ["section list", "topic list", "archive page", "index"])
def test_a_list_is_a_collection(name: str) -> None:
    assert graph(FULL[name])[0]["@type"] == "CollectionPage"


def test_a_newsletter_is_a_periodical_and_an_issue_one_of_its_issues() -> None:
    newsletter, issue = graph(FULL["newsletter"])[0], graph(FULL["issue"])[0]
    assert (newsletter["@type"], newsletter["name"]) == ("Periodical", "Friday letter 1")
    assert issue["@type"] == "PublicationIssue"
    assert issue["issueNumber"] == "12"
    assert issue["datePublished"] == "2026-11-23T20:00Z"
    assert issue["isPartOf"]["url"] == newsletter["url"]


@pytest.mark.parametrize("language", ["en", "ru", "fa"])
def test_what_a_story_tells_machines_costs_a_readers_line_little(language: str) -> None:
    page = replace(whole_story(language), words=1200, corrections=())
    whole = render(page, replace(site(language), sign_up=None))
    data = re.search(rb'<script type="application/ld\+json">.*?</script>\n', whole, re.DOTALL)
    assert data
    without = whole.replace(data[0], b"")
    assert len(compressed(whole)) - len(compressed(without)) <= 350


def test_no_text_ends_the_element() -> None:
    hostile = replace(story(), headline="</script><script>alert(1)", topics=(Link("<!--", "/a/"),))
    assert graph(hostile)[0]["headline"] == "</script><script>alert(1)"
