"""What an editor does reaches every file that shows it, and no other."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from tamizdat.bake import plan
from tamizdat.bake.baker import Baking
from tamizdat.bake.models import Asset, Dirty, Edition, File
from tamizdat.edition import reading
from tamizdat.edition.checking import Folder, check_edition
from tamizdat.edition.trust import Trust
from tamizdat.reader.scripts import script
from tamizdat.stories import keys
from tamizdat.stories.models import Change, Correction, Home, Story, TextPage
from tamizdat.stories.showing import fronts
from tests import writing

Bake = Callable[..., Any]


def check(edition: Path) -> None:
    """Verify everything as a reader would."""
    source = Folder(edition)
    trust = Trust(reading.first_root(source), timezone.now())
    reading.refresh(trust, source)
    check_edition(source, trust)


def files(edition: Path) -> set[str]:
    return {str(file.relative_to(edition)) for file in edition.rglob("*") if file.is_file()}


def text(edition: Path, path: str) -> str:
    return (edition / path).read_text(encoding="utf-8")


def files_with(edition: Path, words: str) -> set[str]:
    """Name the pages that hold these words."""
    beside = ("signed/", "bundles/", "search/")
    return {path for path in traces(edition, words) if not path.startswith(beside)}


def pages_with(edition: Path, words: str) -> set[str]:
    """Name the pages, and not the feeds and their like, that hold these words."""
    return {path for path in files_with(edition, words) if path.endswith(".html")}


def photos() -> set[str]:
    """Name the renditions of photos in the edition: icons and what we draw ourselves are PNG."""
    found = Asset.objects.filter(path__regex=r"\.(avif|webp|jpg)$")
    return set(found.values_list("path", flat=True))


def traces(edition: Path, words: str) -> set[str]:
    """Name everything that holds these words."""
    return {
        str(file.relative_to(edition))
        for file in edition.rglob("*")
        if file.is_file() and words.encode() in file.read_bytes()
    }


def state(edition: Path) -> dict[str, tuple[int, int]]:
    """What a file system knows of each page and asset that was not touched."""
    found = {}
    for file in edition.rglob("*"):
        place = file.relative_to(edition).parts[0]
        if file.is_file() and place not in ("signed", "bundles", "search"):
            known = file.stat()
            found[str(file.relative_to(edition))] = (known.st_mtime_ns, known.st_ino)
    return found


def test_a_language_that_goes_off_line_takes_its_pages_along_and_comes_back(
    newsroom: dict[str, Home], home: Home, bake: Bake, edition: Path
) -> None:
    story = writing.published(home)
    other = writing.published(newsroom["ru"], "Плотина", translation_key=story.translation_key)
    writing.add(newsroom["ru"], TextPage(title="О нас"))
    bake()
    there = {path for path in files(edition) if path.startswith("ru/")}
    newsroom["ru"].unpublish()
    bake()
    assert not [path for path in files(edition) if path.startswith("ru/")]
    assert not list((edition / "bundles" / "ru").rglob("*.html"))
    assert not traces(edition, other.public_path)
    check(edition)
    newsroom["ru"].save_revision().publish()
    bake()
    assert {path for path in files(edition) if path.startswith("ru/")} == there


def test_an_edition_says_not_found_though_its_first_language_is_off_line(
    home: Home, bake: Bake, edition: Path
) -> None:
    home.unpublish()
    bake()
    assert "lang=" in text(edition, "404.html")
    check(edition)


def test_a_published_story_stands_on_its_page_the_front_its_section_and_its_month(
    home: Home, bake: Bake, edition: Path
) -> None:
    politics = writing.section(home)
    mira, water = writing.author(home), writing.topic(home)
    writing.published(home, section=politics, authors=[mira], topics=[water])
    bake()
    assert pages_with(edition, "The dam holds") == {
        "2026/11/the-dam-holds/index.html",
        "2026/11/index.html",
        "authors/mira-solen/index.html",
        "index.html",
        "politics/index.html",
        "topics/water/index.html",
    }


def test_a_draft_leaves_the_edition_as_it_was(home: Home, bake: Bake, edition: Path) -> None:
    before = state(edition)
    story = writing.draft(home)
    story.title = "Another headline"
    story.save_revision()
    report = bake()
    assert (report.made, state(edition)) == (0, before)
    assert not Change.objects.filter(due_at=None).exists()


def test_a_draft_of_a_published_story_changes_nothing_that_readers_see(
    home: Home, bake: Bake, edition: Path
) -> None:
    story = writing.published(home)
    bake()
    before = state(edition)
    story.title = "Not yet"
    story.save_revision()
    bake()
    assert state(edition) == before


def test_publishing_touches_no_file_that_does_not_show_the_story(
    home: Home, bake: Bake, edition: Path
) -> None:
    politics, culture = writing.section(home), writing.section(home, "Culture")
    writing.published(home, "A first night", section=culture, at=writing.at(2))
    writing.published(home, "An old vote", section=politics, at=writing.at(3))
    bake()
    before = state(edition)
    writing.published(home, "A new vote", section=politics)
    report = bake()
    touched = {path for path, known in state(edition).items() if before.get(path) != known}
    plain = {path for path in touched if not path.endswith((".br", ".gz"))}
    pages = {path for path in plain if not path.startswith("media/")}
    assert pages == files_with(edition, "A new vote") | {"sitemaps/en/2026/11.xml"}
    assert set(report.written) == pages


def test_a_correction_reaches_the_story_and_the_corrections_page(
    home: Home, bake: Bake, edition: Path
) -> None:
    story = writing.published(home)
    bake()
    story.corrections.add(Correction(text="The river is the Tamna.", published=timezone.now()))
    writing.publish(story)
    bake()
    assert pages_with(edition, "The river is the Tamna.") == {
        "2026/11/the-dam-holds/index.html",
        "corrections/index.html",
    }


def test_an_unpublished_story_is_gone_from_every_file(
    home: Home, bake: Bake, edition: Path, photo: Callable[..., Any]
) -> None:
    politics = writing.section(home)
    story = writing.published(home, section=politics, lead_photo=photo())
    writing.published(home, "It names the other", text=_linking(story), at=writing.at(4))
    bake()
    pictures = photos()
    assert pictures
    assert 'href="/2026/11/the-dam-holds/"' in text(
        edition, "2026/11/it-names-the-other/index.html"
    )
    story.unpublish()
    bake()
    assert traces(edition, "The dam holds") == set()
    assert traces(edition, "the-dam-holds") == set()
    assert not (edition / "2026/11/the-dam-holds").exists()
    assert not [path for path in pictures if (edition / path).exists()]


def _linking(story: Story) -> str:
    return f'<p>See <a linktype="page" id="{story.pk}">the dam</a>.</p>'


def test_a_deleted_story_is_gone_from_every_file(home: Home, bake: Bake, edition: Path) -> None:
    story = writing.published(home)
    bake()
    story.delete()
    bake()
    assert traces(edition, "the-dam-holds") == set()


def test_a_renamed_section_reaches_every_page_of_its_language_and_forwards_from_its_old_address(
    home: Home, bake: Bake, edition: Path
) -> None:
    politics = writing.section(home)
    writing.published(home, section=politics)
    bake()
    politics.title, politics.slug = "Power", "power"
    politics.save()
    bake()
    assert ">Politics<" not in text(edition, "2026/11/the-dam-holds/index.html")
    assert 'href="/power/"' in text(edition, "2026/11/the-dam-holds/index.html")
    assert "The dam holds" in text(edition, "power/index.html")
    assert 'url=/power/"' in text(edition, "politics/index.html")
    assert (edition / "2026/11/the-dam-holds/index.html").exists()


def test_a_changed_author_reaches_stories_and_lists(home: Home, bake: Bake, edition: Path) -> None:
    mira = writing.author(home)
    writing.published(home, authors=[mira])
    bake()
    mira.title = "Mira S. Solen"
    mira.save()
    bake()
    assert files_with(edition, "Mira Solen") == set()
    assert "2026/11/the-dam-holds/index.html" in files_with(edition, "Mira S. Solen")
    assert "index.html" in files_with(edition, "Mira S. Solen")


def test_a_changed_photo_reaches_every_page_that_shows_it(
    home: Home, bake: Bake, edition: Path, photo: Callable[..., Any]
) -> None:
    picture = photo()
    writing.published(home, lead_photo=picture)
    bake()
    old = photos()
    other = photo("another")
    with other.file.open("rb") as file:
        picture.file = ContentFile(file.read(), "new.png")
    picture.caption = "The dam at dusk"
    picture.save()
    bake()
    page = text(edition, "2026/11/the-dam-holds/index.html")
    assert "The dam at dusk" in page
    assert not [path for path in old if path in page]


def test_a_renamed_story_leaves_a_forwarding_page(home: Home, bake: Bake, edition: Path) -> None:
    story = writing.published(home)
    bake()
    story.slug = "the-dam-breaks"
    story = writing.publish(story)
    bake()
    old = text(edition, "2026/11/the-dam-holds/index.html")
    assert 'url=/2026/11/the-dam-breaks/"' in old
    assert files_with(edition, '"/2026/11/the-dam-holds/"') == set()
    story.unpublish()
    bake()
    assert not (edition / "2026/11/the-dam-holds").exists()


def test_another_story_may_take_an_address_that_forwarded(
    home: Home, bake: Bake, edition: Path
) -> None:
    story = writing.published(home)
    bake()
    story.slug = "moved"
    writing.publish(story)
    bake()
    writing.published(home, "The dam holds again", slug="the-dam-holds")
    bake()
    assert "The dam holds again" in text(edition, "2026/11/the-dam-holds/index.html")


def test_two_stories_may_swap_their_addresses(home: Home, bake: Bake, edition: Path) -> None:
    one, two = writing.published(home, "One"), writing.published(home, "Two")
    bake()
    for story, slug in ((one, "away"), (two, "one"), (one, "two")):
        story.slug = slug
        writing.publish(story)
    bake()
    assert "<h1>Two" in text(edition, "2026/11/one/index.html").replace(' class="headline"', "")
    assert "<h1>One" in text(edition, "2026/11/two/index.html").replace(' class="headline"', "")
    assert not Dirty.objects.exists()


def test_no_byte_of_an_embargoed_story_is_in_the_edition_before_its_hour(
    home: Home, bake: Bake, edition: Path, photo: Callable[..., Any]
) -> None:
    politics = writing.section(home)
    until = timezone.now() + timedelta(hours=2)
    writing.published(home, section=politics, lead_photo=photo(), embargo_until=until)
    bake()
    assert files_with(edition, "dam-holds") == set()
    assert not photos()
    assert not Asset.objects.filter(used_by__file__recipe__startswith="story:").exists()
    bake(until - timedelta(seconds=1))
    assert files_with(edition, "dam-holds") == set()
    bake(until)
    assert "2026/11/the-dam-holds/index.html" in files_with(edition, "The dam holds")


def test_a_new_embargo_takes_a_published_story_back(home: Home, bake: Bake, edition: Path) -> None:
    story = writing.published(home)
    bake()
    story.embargo_until = timezone.now() + timedelta(days=1)
    writing.publish(story)
    bake()
    assert files_with(edition, "the-dam-holds") == set()


def test_a_story_is_filed_under_the_month_of_its_first_publication(
    home: Home, bake: Bake, edition: Path, clock: Any
) -> None:
    story = writing.draft(home)
    clock.shift(timedelta(days=30))
    story = writing.publish(story)
    bake()
    assert story.public_path == "/2026/12/the-dam-holds/"
    assert (edition / "2026/12/the-dam-holds/index.html").exists()


def test_a_translation_that_appears_is_named_by_the_other_languages(
    home: Home, bake: Bake, edition: Path, newsroom: dict[str, Home]
) -> None:
    story = writing.published(home)
    bake()
    other = writing.draft(newsroom["ru"], "Плотина стоит", slug="plotina")
    other.translation_key = story.translation_key
    writing.publish(other)
    bake()
    assert "/ru/2026/11/plotina/" in text(edition, "2026/11/the-dam-holds/index.html")
    assert "/2026/11/the-dam-holds/" in text(edition, "ru/2026/11/plotina/index.html")


def test_old_archive_pages_do_not_change_when_a_story_is_added(
    home: Home, bake: Bake, edition: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan, "LIST_LENGTH", 5)
    monkeypatch.setattr(fronts, "LIST_LENGTH", 5)
    politics = writing.section(home)
    start = timezone.now() - timedelta(days=10)
    for number in range(16):
        moment = start + timedelta(hours=number)
        writing.published(home, f"Vote {number}", section=politics, at=moment)
    bake()
    assert (edition / "politics/page/3/index.html").exists()
    assert not (edition / "politics/page/4").exists()
    before = state(edition)
    writing.published(home, "Vote 16", section=politics)
    bake()
    after = state(edition)
    for number in (1, 2, 3):
        path = f"politics/page/{number}/index.html"
        assert after[path] == before[path]


def test_a_story_never_recommends_itself_or_an_unpublished_one(
    home: Home, bake: Bake, edition: Path
) -> None:
    politics = writing.section(home)
    stories = [
        writing.published(home, f"Vote {day}", section=politics, at=writing.at(day))
        for day in range(1, 8)
    ]
    stories[4].unpublish()
    bake()
    last = text(edition, "2026/11/vote-7/index.html")
    for number in (6, 4, 3, 2):
        assert f"/2026/11/vote-{number}/" in last
    assert "vote-5" not in last
    assert last.count('href="/2026/11/vote-7/"') <= 1  # the language switch or canonical alone


def test_nothing_to_bake_makes_no_edition(home: Home, bake: Bake) -> None:
    before = Edition.objects.count()
    bake()
    assert bake(full=True).written == []
    assert Edition.objects.count() == before


def test_every_file_on_disk_is_known_and_every_known_file_is_on_disk(
    home: Home, bake: Bake, edition: Path, photo: Callable[..., Any]
) -> None:
    writing.published(home, lead_photo=photo(), section=writing.section(home))
    bake()
    on_disk = {
        str(file.relative_to(edition))
        for file in edition.rglob("*")
        if file.is_file()
        and file.suffix not in (".br", ".gz")
        and file.relative_to(edition).parts[0] not in ("signed", "bundles")
    }
    known = set(File.objects.values_list("path", flat=True))
    assert on_disk == known | set(Asset.objects.values_list("path", flat=True))


def test_a_stray_file_goes_with_a_full_bake(home: Home, bake: Bake, edition: Path) -> None:
    (edition / "stray.html").write_text("nobody knows me")
    bake(full=True)
    assert not (edition / "stray.html").exists()


def test_a_lost_file_comes_back_with_a_full_bake(home: Home, bake: Bake, edition: Path) -> None:
    (edition / "index.html").unlink()
    bake(full=True)
    assert (edition / "index.html").exists()


def test_the_script_of_every_page_is_in_the_edition_under_its_hash(
    home: Home, bake: Bake, edition: Path
) -> None:
    bake()
    found = re.search(
        r'<script type="module" async src="/(media/[0-9a-f]{64}\.js)">', text(edition, "index.html")
    )
    assert found
    assert (edition / found[1]).read_bytes() == script("page.js").data
    assert found[1] in set(Asset.objects.values_list("path", flat=True))


def test_a_heading_never_bears_an_id_that_the_page_uses_itself(
    home: Home, bake: Bake, edition: Path
) -> None:
    headings = [("heading", words) for words in ("Text", "Share", "Note 1", "The dam", "The dam")]
    writing.published(home, body=headings)
    bake()
    page = text(edition, "2026/11/the-dam-holds/index.html")
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert re.findall(r'<h2 id="([^"]+)">(?:Text|Share|Note|The)', page) == [
        "text-2",
        "share-2",
        "part-note-1",
        "the-dam",
        "the-dam-2",
    ]


def test_a_story_that_enters_the_tree_is_not_public_before_it_is_published(
    home: Home, bake: Bake, edition: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wagtail lays a new page into the tree as live; a bake may come between."""
    made: list[list[str]] = []
    real = Baking._make_here

    def watching(self: Baking, rows: list[Dirty]) -> None:
        made.append([row.recipe for row in rows])
        real(self, rows)

    monkeypatch.setattr(Baking, "_make_here", watching)
    story = writing.draft(home, "The dam holds")
    Story.objects.filter(pk=story.pk).update(live=True, first_published_at=None)
    Change.objects.create(key=keys.page(story.pk))
    bake()
    assert files_with(edition, "The dam holds") == set()
    made.clear()
    writing.publish(story)
    bake()
    # It, the front and the month's new list come first, as with every story that is new.
    assert made[0] == [f"story:{story.pk}", "home:en", "list:en/2026/11"]
    assert "index.html" in files_with(edition, "The dam holds")
