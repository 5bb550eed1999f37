"""What machines read comes and goes with what it shows."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import time_machine
from django.utils import timezone

from tamizdat.stories.models import Author, Correction, Home, Section, Story
from tests import writing

Bake = Callable[..., Any]

ADDRESS = "http://localhost:8000"
SPACES = {
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "atom": "http://www.w3.org/2005/Atom",
    "map": "http://www.sitemaps.org/schemas/sitemap/0.9",
    "news": "http://www.google.com/schemas/sitemap-news/0.9",
    "xhtml": "http://www.w3.org/1999/xhtml",
}


def items(path: Path) -> list[str]:
    """Return the headlines of a feed."""
    if path.suffix == ".json":
        return [each["title"] for each in json.loads(path.read_text())["items"]]
    channel = ElementTree.parse(path).getroot()[0]
    return [each.findtext("title") or "" for each in channel.iter("item")]


def places(path: Path) -> list[str]:
    """Return the addresses that a sitemap lists."""
    found = ElementTree.parse(path).getroot().iterfind("*/map:loc", SPACES)
    return [(each.text or "").removeprefix(ADDRESS) for each in found]


def holders(edition: Path, words: str) -> set[str]:
    """Name the files of the edition, signed lists aside, that say something."""
    found = (
        file for file in edition.rglob("*") if file.suffix in {".xml", ".json", ".txt", ".html"}
    )
    names = {str(file.relative_to(edition)) for file in found if words in file.read_text()}
    return {name for name in names if not name.startswith(("signed/", "bundles/"))}


# Feeds


def test_a_published_story_stands_in_the_feeds_of_all_its_lists(
    newsroom: dict[str, Home], bake: Bake, edition: Path
) -> None:
    home = newsroom["en"]
    writing.published(
        home,
        section=writing.section(home),
        authors=[writing.author(home)],
        topics=[writing.topic(home)],
    )
    bake()
    for folder in ("", "politics/", "authors/mira-solen/", "topics/water/"):
        for ending in ("xml", "json"):
            assert items(edition / f"{folder}feed.{ending}") == ["The dam holds"]
    assert items(edition / "ru/feed.xml") == []


def test_a_feed_holds_the_whole_text_the_names_and_the_corrections(
    newsroom: dict[str, Home], bake: Bake, edition: Path
) -> None:
    home = newsroom["en"]
    hidden = writing.author(home, "A. Reed", is_protected=True)
    story = writing.draft(home, text="<p>It was 80 metres.</p>", authors=[hidden])
    story.corrections.add(Correction(text="Not 90 metres.", published=timezone.now()))
    writing.publish(story)
    bake()
    (item,) = ElementTree.parse(edition / "feed.xml").getroot()[0].iter("item")
    content = item.findtext("content:encoded", namespaces=SPACES) or ""
    assert "It was 80 metres." in content
    assert "Not 90 metres." in content
    assert item.findtext("dc:creator", namespaces=SPACES) == "A. Reed"


def test_a_feed_holds_twenty_stories_the_newest_first(
    newsroom: dict[str, Home], bake: Bake, edition: Path
) -> None:
    for number in range(22):
        writing.published(newsroom["en"], f"Vote {number}", at=writing.at(1 + number // 3, number))
    bake()
    titles = items(edition / "feed.json")
    assert len(titles) == 20
    assert titles[0] == "Vote 21"


def test_a_feed_names_only_the_pictures_that_it_shows(
    newsroom: dict[str, Home], bake: Bake, edition: Path, photo: Callable[..., Any]
) -> None:
    from tamizdat.bake.models import Uses

    writing.published(newsroom["en"], lead_photo=photo())
    bake()
    feed = (edition / "feed.xml").read_text()
    uses = Uses.objects.filter(file__path="feed.xml").values_list("asset__path", flat=True)
    assert set(re.findall(r"media/[0-9a-f]{64}\.\w+", feed)) == set(uses)
    assert [path for path in uses if path.endswith(".jpg")]
    for path in uses:
        assert (edition / path).exists()
    both = Uses.objects.filter(file__path="feed.json").values_list("asset__path", flat=True)
    assert set(both) <= set(uses)


def test_feeds_follow_in_the_second_edition_of_a_publish(
    newsroom: dict[str, Home], bake: Bake, edition: Path
) -> None:
    from tamizdat.bake.models import File

    bake()
    writing.published(newsroom["en"])
    assert bake().editions == 2
    number = dict(File.objects.values_list("recipe", "edition"))
    assert number["feed:en.xml"] == number["home:en"] + 1


def test_a_new_section_brings_its_feeds_and_takes_them_along(
    newsroom: dict[str, Home], bake: Bake, edition: Path
) -> None:
    section = writing.section(newsroom["en"])
    bake()
    assert items(edition / "politics/feed.xml") == []
    assert "/politics/" in places(edition / "sitemaps/en/pages.xml")
    section.unpublish()
    bake()
    assert not (edition / "politics").exists()
    assert "/politics/" not in places(edition / "sitemaps/en/pages.xml")
    again = Section.objects.get(pk=section.pk)
    again.save_revision().publish()
    bake()
    assert (edition / "politics/feed.json").exists()
    Section.objects.get(pk=section.pk).delete()
    bake()
    assert not (edition / "politics").exists()


def test_who_follows_a_feed_at_an_address_that_was_left_gets_it_there_still(
    newsroom: dict[str, Home], bake: Bake, edition: Path
) -> None:
    home = newsroom["en"]
    section = writing.section(home)
    bake()
    section.slug = "power"
    section.save()
    bake()
    writing.published(home, section=section)
    bake()
    old, new = edition / "politics/feed.xml", edition / "power/feed.xml"
    assert items(old) == ["The dam holds"]
    assert old.read_bytes() == new.read_bytes()
    Story.objects.get().unpublish()
    bake()
    assert items(old) == []


# Withdrawing, and what is not public yet


@pytest.fixture
def crowd(newsroom: dict[str, Home]) -> Story:
    """Return a story that stands in every kind of file."""
    home = newsroom["en"]
    home.has_llms_txt = True
    home.save()
    return writing.published(
        home,
        "The dam holds",
        section=writing.section(home),
        authors=[writing.author(home)],
        topics=[writing.topic(home)],
        text="<p>Water rose.</p>",
    )


def test_a_withdrawn_story_is_out_of_everything_in_the_edition_in_which_it_goes(
    newsroom: dict[str, Home], bake: Bake, edition: Path, crowd: Story
) -> None:
    bake()
    named = holders(edition, "the-dam-holds")
    assert {"feed.xml", "feed.json", "politics/feed.xml", "authors/mira-solen/feed.json"} <= named
    assert {"topics/water/feed.xml", "sitemaps/en/2026/11.xml", "sitemaps/news.xml"} <= named
    assert "llms.txt" in named
    crowd.unpublish()
    assert bake().editions == 1
    assert holders(edition, "the-dam-holds") == set()
    assert holders(edition, "Water rose") == set()
    assert not (edition / "sitemaps/en/2026/11.xml").exists()
    assert "/sitemaps/en/2026/11.xml" not in places(edition / "sitemap.xml")


def test_the_feeds_of_a_section_that_goes_with_its_story_go_in_the_same_edition(
    newsroom: dict[str, Home],
    bake: Bake,
    edition: Path,
    crowd: Story,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from tamizdat.bake.baker import Baking

    bake()
    crowd.unpublish()
    Section.objects.get().unpublish()
    seal, standing = Baking.seal, []

    def watched(baking: Baking) -> None:
        standing.append(holders(edition, "Water rose"))
        seal(baking)

    monkeypatch.setattr(Baking, "seal", watched)
    bake()
    assert standing
    assert not any(standing)


def test_a_full_disk_keeps_no_withdrawn_story_in_a_feed(
    newsroom: dict[str, Home],
    bake: Bake,
    edition: Path,
    crowd: Story,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from tamizdat.edition.tree import Tree

    bake()
    crowd.unpublish()
    with monkeypatch.context() as broken:

        def full(*_: Any, **__: Any) -> None:
            raise OSError(28, "No space left on device")

        broken.setattr(Tree, "write", full)
        with pytest.raises(OSError, match="No space left"):
            bake()
    assert holders(edition, "Water rose") == set()
    bake()
    assert items(edition / "politics/feed.xml") == []


def test_who_withdraws_a_story_is_told_of_the_feeds(
    newsroom: dict[str, Home], bake: Bake, crowd: Story
) -> None:
    from tamizdat.bake.telling import places_of

    bake()
    told = {place.words for place in places_of(crowd)}
    assert "The feed of Politics (RSS), with its text" in told
    assert "The feed of en (JSON), with its text" in told
    assert "The list for search engines (en/2026/11)" in told


def test_an_embargoed_story_is_in_nothing_before_its_time(
    newsroom: dict[str, Home], bake: Bake, edition: Path, clock: time_machine.Traveller
) -> None:
    home = newsroom["en"]
    home.has_llms_txt = True
    home.save()
    writing.published(home, embargo_until=timezone.now() + timedelta(hours=2))
    bake()
    assert holders(edition, "dam-holds") == set()
    clock.shift(timedelta(hours=3))
    bake()
    assert {"feed.xml", "sitemaps/en/2026/11.xml", "sitemaps/news.xml", "llms.txt"} <= holders(
        edition, "dam-holds"
    )


def test_a_renamed_story_is_told_at_its_new_address_everywhere(
    newsroom: dict[str, Home], bake: Bake, edition: Path, crowd: Story
) -> None:
    bake()
    named = {name for name in holders(edition, "the-dam-holds") if "html" not in name}
    named = {name for name in named if not name.startswith("search/")}  # named by their content
    crowd.slug = "dry"
    writing.publish(crowd)
    bake()
    assert holders(edition, "the-dam-holds") == set()
    assert named <= holders(edition, "/dry/")


def test_a_renamed_author_is_renamed_in_feeds(
    newsroom: dict[str, Home], bake: Bake, edition: Path, crowd: Story
) -> None:
    bake()
    author = Author.objects.get()
    author.title = "M. Solen"
    author.save()
    bake()
    assert holders(edition, "Mira Solen") == set()
    assert "M. Solen" in (edition / "feed.xml").read_text()


# Sitemaps


def test_a_sitemap_tells_a_story_with_its_last_change_and_its_translations(
    newsroom: dict[str, Home], bake: Bake, edition: Path, clock: time_machine.Traveller
) -> None:
    story = writing.published(newsroom["en"])
    russian = story.copy_for_translation(newsroom["ru"].locale, copy_parents=True)
    russian.title = "Плотина стоит"
    writing.publish(russian)
    clock.shift(timedelta(hours=2))
    writing.publish(Story.objects.get(pk=story.pk))
    bake()
    page = ElementTree.parse(edition / "sitemaps/en/2026/11.xml").getroot()[1]
    assert page.findtext("map:lastmod", namespaces=SPACES) == "2026-11-20T14:00:00Z"
    told = {
        link.attrib["hreflang"]: link.attrib["href"].removeprefix(ADDRESS)
        for link in page.iterfind("xhtml:link", SPACES)
    }
    assert told.keys() == {"en", "ru", "x-default"}
    assert told["x-default"] == told["en"] == "/2026/11/the-dam-holds/"
    assert told["ru"].startswith("/ru/2026/11/")
    Story.objects.get(pk=russian.pk).unpublish()
    bake()
    page = ElementTree.parse(edition / "sitemaps/en/2026/11.xml").getroot()[1]
    assert not list(page.iterfind("xhtml:link", SPACES))


def test_a_story_without_a_date_tells_none(
    newsroom: dict[str, Home], bake: Bake, edition: Path
) -> None:
    writing.published(newsroom["en"], date_shown=Story.DateShown.NONE)
    bake()
    assert "lastmod" not in (edition / "sitemaps/en/2026/11.xml").read_text()
    assert "pubDate" not in (edition / "feed.xml").read_text()
    assert "date_" not in (edition / "feed.json").read_text()
    assert "dam-holds" not in (edition / "sitemaps/news.xml").read_text()


def test_the_index_names_every_sitemap_and_no_other(
    newsroom: dict[str, Home], bake: Bake, edition: Path
) -> None:
    writing.published(newsroom["en"])
    writing.published(newsroom["en"], "Older", at=datetime(2025, 2, 3, tzinfo=UTC))
    bake()
    told = set(places(edition / "sitemap.xml"))
    there = {f"/{file.relative_to(edition)}" for file in (edition / "sitemaps").rglob("*.xml")}
    assert told == there
    assert "/sitemaps/en/2025/02.xml" in told
    robots = (edition / "robots.txt").read_text()
    assert f"Sitemap: {ADDRESS}/sitemap.xml\n" in robots


def test_every_address_in_a_sitemap_is_a_page(
    newsroom: dict[str, Home], bake: Bake, edition: Path, crowd: Story
) -> None:
    bake()
    maps = list((edition / "sitemaps").rglob("*.xml"))
    told = {place for file in maps for place in places(file)}
    assert all((edition / place.lstrip("/") / "index.html").exists() for place in told)
    pages = {
        f"/{file.relative_to(edition).parent}/".replace("/./", "/")
        for file in edition.rglob("index.html")
        if b'content="noindex"' not in file.read_bytes()
    }
    assert pages == told


def test_news_is_news_for_two_days(
    newsroom: dict[str, Home], bake: Bake, edition: Path, clock: time_machine.Traveller
) -> None:
    """It leaves by one outbox row, whatever was published that day."""
    from tamizdat.bake.baker import is_waiting
    from tamizdat.stories.models import Change

    bake(full=True)
    before = Change.objects.count()
    writing.published(newsroom["en"])
    writing.published(newsroom["ru"], "Плотина")
    news = edition / "sitemaps/news.xml"
    bake()
    assert len(places(news)) == 2
    assert Change.objects.count() == before
    clock.move_to(datetime(2026, 11, 21, 23, 59, tzinfo=UTC))
    bake()
    assert len(places(news)) == 2
    clock.move_to(datetime(2026, 11, 22, 0, 0, 1, tzinfo=UTC))
    assert is_waiting(timezone.now())
    bake()
    assert places(news) == ["/", "/fa/", "/ru/"]
    clock.move_to(datetime(2026, 11, 25, tzinfo=UTC))
    assert not is_waiting(timezone.now())


# The small files


def test_security_txt_stands_where_a_contact_is_given(
    newsroom: dict[str, Home], bake: Bake, edition: Path
) -> None:
    bake(full=True)
    told = edition / "security.txt"
    assert not told.exists()
    home = newsroom["en"]
    home.security_contact = "safety@lantern.example"
    home.save()
    bake()
    lines = told.read_text().splitlines()
    assert lines[:2] == ["Contact: mailto:safety@lantern.example", "Expires: 2027-07-01T00:00:00Z"]
    home.security_contact = ""
    home.save()
    bake()
    assert not told.exists()


def test_security_txt_is_made_again_twice_a_year_for_good(
    newsroom: dict[str, Home], bake: Bake, edition: Path, clock: time_machine.Traveller
) -> None:
    home = newsroom["en"]
    home.security_contact = "https://lantern.example/safety"
    home.save()
    bake(full=True)
    for moment, until in (
        (datetime(2027, 1, 1, 1, tzinfo=UTC), "2028-01-01"),
        (datetime(2027, 7, 1, 1, tzinfo=UTC), "2028-07-01"),
        (datetime(2028, 1, 1, 1, tzinfo=UTC), "2029-01-01"),
    ):
        clock.move_to(moment)
        bake()
        assert f"Expires: {until}T00:00:00Z" in (edition / "security.txt").read_text()


def test_llms_txt_is_there_only_where_it_is_wanted(
    newsroom: dict[str, Home], bake: Bake, edition: Path
) -> None:
    bake(full=True)
    assert not list(edition.rglob("llms.txt"))
    russian = newsroom["ru"]
    russian.has_llms_txt = True
    russian.save()
    bake()
    assert [str(file.relative_to(edition)) for file in edition.rglob("llms.txt")] == ["ru/llms.txt"]


def test_each_language_has_a_manifest_with_its_icons(
    newsroom: dict[str, Home], bake: Bake, edition: Path
) -> None:
    bake(full=True)
    persian = json.loads((edition / "fa/manifest.webmanifest").read_text())
    assert persian["dir"] == "rtl"
    assert persian["start_url"] == "/fa/"
    assert persian["icons"]
    for icon in persian["icons"]:
        assert (edition / icon["src"].lstrip("/")).exists()
