from __future__ import annotations

import json
import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from markupsafe import Markup

from tamizdat.reader import articles, feeds
from tamizdat.reader.articles import Article
from tamizdat.reader.feeds import Entry, Feed
from tamizdat.reader.pages import Text
from tests.reader.markup import Element, read
from tests.reader.sample_pages import BLOCKS, PUBLISHED, site, story

SPACES = {name.partition(":")[2]: url for name, url in feeds.SPACES.items()}
SITE = site()


def article() -> Article:
    full = story()
    return Article(BLOCKS, full.standfirst, full.lead, full.footnotes, full.corrections)


def entry(number: int = 1, language: str = "en") -> Entry:
    full = story(language)
    return Entry(
        url=f"/2026/11/story-{number}/",
        headline=f"Story {number} & <its> “headline”",
        html=articles.html(article(), site(language)),
        standfirst=full.standfirst,
        bylines=full.bylines,
        published=full.published,
        updated=full.updated,
        tags=("Politics", "Water"),
        picture=full.lead,
    )


def feed(*entries: Entry) -> Feed:
    return Feed("/politics/", "Politics – The Lantern", "What is decided", entries)


def channel(value: Feed) -> ElementTree.Element:
    return ElementTree.fromstring(feeds.rss(value, SITE))[0]


def told(value: Feed) -> dict:
    return json.loads(feeds.json_feed(value, SITE))


# The article


def alone(body: str, language: str = "en") -> Element:
    made = articles.html(Article((Text(Markup(body)),)), site(language))
    return read(made.encode())


def test_an_article_alone_has_no_relative_address_and_nothing_that_acts() -> None:
    whole = read(articles.html(article(), SITE).encode())
    for element in whole.every():
        assert not element.attributes.keys() & {"id", "class", "style", "srcset", "rel"}
        for name in ("href", "src"):
            assert element.attributes.get(name, "https://").startswith("https://")
    assert not whole.named("script", "style", "iframe", "audio", "video", "picture", "details")


def test_an_article_alone_keeps_its_pictures_as_jpeg_with_caption_and_credit() -> None:
    figure = read(articles.html(article(), SITE).encode()).named("figure")[0]
    assert figure.named("img")[0].attributes["src"] == "https://lantern.example/media/dam-640.jpeg"
    assert figure.whole_text() == "The dam in spring. A. Drawer"


def test_a_link_to_our_own_page_leads_to_the_public_address() -> None:
    made = alone('<p><a href="/2026/11/дамба/">a</a> <a href="mailto:a@b.example">b</a></p>')
    assert [a.attributes["href"] for a in made.named("a")] == [
        "https://lantern.example/2026/11/%D0%B4%D0%B0%D0%BC%D0%B1%D0%B0/",
        "mailto:a@b.example",
    ]


def test_a_note_is_a_number_in_the_text_and_stands_at_the_end() -> None:
    text = read(articles.html(article(), SITE).encode())
    assert [mark.whole_text() for mark in text.named("sup")] == ["1"]
    assert text.named("ol")[0].named("li")[0].whole_text() == "A source."


def test_what_is_written_about_addresses_is_left_as_it_is() -> None:
    assert 'href="/a' in alone("<p>Write href=&quot;/a&quot; there.</p>").whole_text()


def test_a_persian_article_says_that_it_runs_from_right_to_left() -> None:
    outer = alone("<p>سد</p>", "fa").named("div")[0]
    assert outer.attributes == {"lang": "fa", "dir": "rtl"}


# RSS


def test_an_item_says_what_its_story_says() -> None:
    (item,) = channel(feed(entry())).iter("item")
    assert item.findtext("title") == "Story 1 & <its> “headline”"
    assert item.findtext("link") == "https://lantern.example/2026/11/story-1/"
    guid = item.find("guid")
    assert guid is not None
    assert (guid.text, guid.attrib) == (item.findtext("link"), {"isPermaLink": "true"})
    assert item.findtext("pubDate") == "Mon, 23 Nov 2026 20:00:00 +0000"
    assert item.findtext("atom:updated", namespaces=SPACES) == "2026-11-24T09:30:00Z"
    creators = [each.text for each in item.iterfind("dc:creator", SPACES)]
    assert creators == ["Mira Solen", "V. Harrow"]
    assert [each.text for each in item.iter("category")] == ["Politics", "Water"]
    media = item.find("media:content", SPACES)
    assert media is not None
    assert media.attrib["url"] == "https://lantern.example/media/dam-640.jpeg"


def test_a_channel_names_its_page_itself_and_its_language() -> None:
    made = channel(feed())
    assert made.findtext("link") == "https://lantern.example/politics/"
    own = made.find("atom:link", SPACES)
    assert own is not None
    assert own.attrib["href"] == "https://lantern.example/politics/feed.xml"
    assert made.findtext("language") == "en"


def test_time_comes_from_the_stories_alone() -> None:
    assert channel(feed()).find("lastBuildDate") is None
    made = channel(feed(entry(), replace(entry(2), updated=None)))
    assert made.findtext("lastBuildDate") == "Tue, 24 Nov 2026 09:30:00 +0000"


def test_a_story_without_date_byline_or_picture_shows_none() -> None:
    (item,) = channel(feed(Entry("/a/", "A", "<p>A</p>"))).iter("item")
    assert [each.tag.rpartition("}")[2] for each in item] == [
        "title",
        "link",
        "guid",
        "description",
        "encoded",
    ]
    assert told(feed(Entry("/a/", "A", "<p>A</p>")))["items"] == [
        {
            "id": "https://lantern.example/a/",
            "url": "https://lantern.example/a/",
            "title": "A",
            "content_html": "<p>A</p>",
        }
    ]


@pytest.mark.parametrize(
    "words", ["\x00\x08\x0b\x1f\ufffe", "]]>", "<![CDATA[", "&amp;", "</item>", "\ud800", "🜂 سد"]
)
def test_no_text_breaks_a_feed(words: str) -> None:
    hostile = replace(entry(), headline=f"a{words}b", html=f"<p>a{words}b</p>", tags=(words + "c",))
    (item,) = channel(feed(hostile)).iter("item")
    kept = re.sub("[\x00-\x08\x0b\x1f\ufffe\ud800]", "", words)
    assert item.findtext("title") == f"a{kept}b"
    assert item.findtext("content:encoded", namespaces=SPACES) == f"<p>a{kept}b</p>"
    assert told(feed(hostile))["items"][0]["tags"][0].endswith("c")


# JSON Feed


def test_a_json_item_says_what_its_story_says() -> None:
    value = told(feed(entry()))
    assert value["version"] == "https://jsonfeed.org/version/1.1"
    assert value["feed_url"] == "https://lantern.example/politics/feed.json"
    (item,) = value["items"]
    assert item["date_published"] == "2026-11-23T20:00:00Z"
    assert item["date_modified"] == "2026-11-24T09:30:00Z"
    assert item["authors"][0] == {
        "name": "Mira Solen",
        "url": "https://lantern.example/authors/mira/",
    }
    assert item["content_html"] == entry().html


# Weight


def test_a_feed_holds_whole_stories_as_far_as_they_fit_and_then_their_standfirsts() -> None:
    half = replace(entry(), html="x" * (feeds.LARGEST // 2))
    value = feed(*(replace(half, url=f"/{number}/") for number in range(4)))
    whole = [
        item.find("content:encoded", SPACES) is not None for item in channel(value).iter("item")
    ]
    assert whole == [True, True, False, False]
    assert len(feeds.rss(value, SITE)) < feeds.LARGEST + 20_000
    last = told(value)["items"][-1]
    assert last["content_text"] == "A report says so."
    assert "content_html" not in last


def test_the_same_feed_gives_the_same_bytes() -> None:
    assert feeds.rss(feed(entry()), SITE) == feeds.rss(feed(entry()), SITE)
    assert PUBLISHED.isoformat() not in feeds.rss(feed(), SITE).decode()
