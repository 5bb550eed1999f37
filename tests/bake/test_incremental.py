"""Whatever editors do, in whatever order: the edition is what a full bake would make of it.

Deeds are played at random against a small newsroom, and a bake follows each of them. At the end a
second edition is baked in full, elsewhere: the two trees must be the same to the byte.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from wagtail.rich_text import RichText

from tamizdat.bake import plan
from tamizdat.bake.baker import bake
from tamizdat.bake.models import Asset, Dirty, File, Moved
from tamizdat.contributions.appeals import measuring
from tamizdat.contributions.appeals.models import Appeal
from tamizdat.contributions.money.meter import Reading
from tamizdat.newsletters import showing
from tamizdat.newsletters.models import Issue, Newsletter
from tamizdat.stories.models import (
    Author,
    Correction,
    Home,
    HomeTop,
    Related,
    Section,
    Story,
    Topic,
)
from tamizdat.stories.showing import fronts
from tests import writing
from tests.contributions.appeals.writing import appeal, goal
from tests.newsletters import issuing
from tests.reader.test_parts import sample_paragraphs
from tests.sizes import few

Deed = Callable[["Play"], None]


class Play:
    """A newsroom under random hands; every choice comes from ``chance``."""

    def __init__(self, home: Home, chance: random.Random) -> None:
        self.home = home
        self.chance = chance
        self.count = 0

    def pick(self, kind: Any) -> Any:
        found = list(kind.objects.filter(locale=self.home.locale).order_by("pk"))
        return self.chance.choice(found) if found else None

    def story(self) -> Any:
        return self.pick(Story)

    def name(self, kind: str) -> str:
        self.count += 1
        return f"{kind} {self.count}"


def write(play: Play) -> None:
    moment = timezone.now() - timedelta(hours=play.chance.randrange(2000))
    authors = [author for author in [play.pick(Author)] if author]
    topics = [topic for topic in [play.pick(Topic)] if topic]
    writing.published(
        play.home,
        play.name("Story"),
        section=play.pick(Section),
        authors=authors,
        topics=topics,
        at=moment,
        standfirst="What happened, and to whom.",
    )


def edit(play: Play) -> None:
    if story := play.story():
        story.title = f"{story.title}, once more"[:200]
        other = play.story()
        story.body = [
            ("text", RichText(f'<p>See <a linktype="page" id="{other.pk}">this</a>.</p>'))
        ]
        writing.publish(story)


def lengthen(play: Play) -> None:
    if story := play.story():
        texts = play.chance.sample(sample_paragraphs("en"), play.chance.choice([9, 90, 180]))
        story.body = [("text", RichText(f"<p>{text}</p>")) for text in texts]
        writing.publish(story)


def rename(play: Play) -> None:
    if story := play.story():
        story.slug = play.name("slug").lower().replace(" ", "-")
        writing.publish(story)


def unpublish(play: Play) -> None:
    if story := play.story():
        story.unpublish()


def delete(play: Play) -> None:
    if story := play.story():
        story.delete()


def file_elsewhere(play: Play) -> None:
    if story := play.story():
        story.section = play.pick(Section)
        story.topics.set([topic for topic in [play.pick(Topic)] if topic])
        writing.publish(story)


def correct(play: Play) -> None:
    if story := play.story():
        story.corrections.add(Correction(text=play.name("Correction"), published=timezone.now()))
        writing.publish(story)


def relate(play: Play) -> None:
    if story := play.story():
        story.picked = [Related(other=play.story())]
        writing.publish(story)


def embargo(play: Play) -> None:
    if story := play.story():
        story.embargo_until = timezone.now() + timedelta(hours=play.chance.choice([-1, 5]))
        writing.publish(story)


def add_shelf(play: Play) -> None:
    make = play.chance.choice([writing.section, writing.author, writing.topic])
    make(play.home, play.name("Shelf"))


def rename_shelf(play: Play) -> None:
    if shelf := play.pick(play.chance.choice([Section, Author, Topic])):
        shelf.title = play.name("Renamed")
        if play.chance.random() < 0.5:
            shelf.slug = shelf.title.lower().replace(" ", "-")
        shelf.save()


def close_shelf(play: Play) -> None:
    if shelf := play.pick(play.chance.choice([Section, Author, Topic])):
        shelf.unpublish()


def curate(play: Play) -> None:
    home = Home.objects.get(pk=play.home.pk)
    home.lead = play.story()
    home.top = [HomeTop(story=story) for story in [play.story()] if story]
    home.save()


def offer(play: Play) -> None:
    """Begin a newsletter, or change one: closed, renamed, moved, unpublished, published again."""
    letter = play.pick(Newsletter)
    if letter is None or play.chance.random() < 0.3:
        issuing.opened(play.home, play.name("Letter"), position=play.chance.randrange(3))
        return
    letter.is_open = play.chance.random() < 0.7
    letter.title = play.name("Letter")
    if play.chance.random() < 0.3:
        letter.slug = letter.title.lower().replace(" ", "-")
    issuing.republished(letter)
    if play.chance.random() < 0.2:
        Newsletter.objects.get(pk=letter.pk).unpublish()


def issue(play: Play) -> None:
    """Write an issue, approve it, or let its sending begin."""
    letter = play.pick(Newsletter)
    if letter is None:
        return offer(play)
    stories = {story.pk: story for story in (play.story() for _ in range(3)) if story}
    made = issuing.approved(letter, play.name("Issue"), *stories.values())
    if play.chance.random() < 0.8:
        made.begin(timezone.now())


def reissue(play: Play) -> None:
    """Begin, withdraw, delete or publish again an issue that there is."""
    issues = list(Issue.objects.order_by("pk"))
    if not issues:
        return issue(play)
    found = play.chance.choice(issues)
    match play.chance.randrange(4):
        case 0:
            found.unpublish()
        case 1:
            issuing.republished(found)
        case 2:
            found.begin(timezone.now())
        case _:
            found.delete()


def ask(play: Play) -> None:
    """Write an appeal, change it, let its goal be reached further, or take it away."""
    found = Appeal.objects.filter(locale=play.home.locale).order_by("pk").first()
    if found is None:
        section = play.pick(Section)
        shelves = [section] if section and play.chance.random() < 0.5 else []
        appeal(play.home, shelves, goal=goal(), at_top=play.chance.random() < 0.5)
        return
    match play.chance.randrange(4):
        case 0:
            found.heading, found.at_top = play.name("Appeal"), not found.at_top
            found.save()
        case 1:
            found.is_on = not found.is_on
            found.save()
        case 2:
            percent = play.chance.randrange(100)
            measuring.keep(found.goal, Reading(percent, timezone.now().date()))
        case _:
            found.delete()


DEEDS: list[Deed] = [
    *[ask] * 3,
    *[write] * 6,
    edit,
    lengthen,
    rename,
    unpublish,
    delete,
    file_elsewhere,
    correct,
    relate,
    embargo,
    add_shelf,
    rename_shelf,
    close_shelf,
    curate,
    offer,
    *[issue] * 2,
    reissue,
]


def tree(root: Path) -> dict[str, bytes]:
    """Return all pages and assets. What is signed, and bundles of it, bear dates and versions; in
    the search index, who came when (tests.bake.test_searching asks it)."""
    found = {str(f.relative_to(root)): f.read_bytes() for f in root.rglob("*") if f.is_file()}
    own = ("signed/", "bundles/", "search/")
    return {path: data for path, data in found.items() if not path.startswith(own)}


def bake_afresh(settings: Any, root: Path) -> None:
    """Forget every file, and bake all of it into an empty folder. Old addresses are kept."""
    settings.EDITION_ROOT = root
    for model in (File, Asset, Dirty):
        model.objects.all().delete()
    bake(timezone.now(), full=True)


@pytest.mark.long
@pytest.mark.parametrize("seed", few(range(24), 12))
def test_many_small_bakes_make_what_one_full_bake_makes(
    newsroom: dict[str, Home], settings: Any, tmp_path: Path, seed: int
) -> None:
    play_and_compare(newsroom["en"], settings, tmp_path, random.Random(seed), DEEDS)


def play_and_compare(
    home: Home, settings: Any, folder: Path, chance: random.Random, deeds: list[Deed]
) -> None:
    """Bake after each of twelve deeds, then once in full elsewhere: it is the same."""
    settings.EDITION_ROOT = folder / "small"
    play = Play(home, chance)
    bake(timezone.now(), full=True)
    for _ in range(12):
        chance.choice(deeds)(play)
        bake(timezone.now())
    small = tree(folder / "small")
    for superseded in Asset.objects.filter(used_by__isnull=True):
        del small[superseded.path]  # a picture stays for those who have the page of before
    assert not Dirty.objects.exists()
    bake_afresh(settings, folder / "full")
    assert tree(folder / "full") == small


@pytest.mark.long
def test_a_long_list_survives_backdated_stories(
    newsroom: dict[str, Home], settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan, "LIST_LENGTH", 4)
    monkeypatch.setattr(fronts, "LIST_LENGTH", 4)
    home = newsroom["en"]
    politics = writing.section(home)
    settings.EDITION_ROOT = tmp_path / "small"
    bake(timezone.now(), full=True)
    start = timezone.now() - timedelta(days=20)
    for number in [*range(0, 30, 2), *range(1, 30, 12)]:
        moment = start + timedelta(hours=number)
        writing.published(home, f"Vote {number}", section=politics, at=moment)
        bake(timezone.now())
    for story in Story.objects.order_by("pk")[3:16:6]:
        story.delete()
        bake(timezone.now())
    small = tree(tmp_path / "small")
    assert "politics/page/3/index.html" in small
    bake_afresh(settings, tmp_path / "full")
    assert tree(tmp_path / "full") == small


@pytest.mark.long
@pytest.mark.parametrize("seed", few(range(8), 8))
def test_newsletters_too_are_what_one_full_bake_makes_of_them(
    newsroom: dict[str, Home],
    settings: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    seed: int,
) -> None:
    """The same play, with more of the deeds about newsletters, and short pages of issues."""
    monkeypatch.setattr(showing, "PAGE", 2)
    deeds = [write, edit, unpublish, offer, *[issue] * 4, *[reissue] * 2]
    play_and_compare(newsroom["en"], settings, tmp_path, random.Random(seed), deeds)


@pytest.mark.long
@pytest.mark.parametrize("step", few([2, 0, 4, 9, 5, 7, 11], 3))
def test_a_bake_that_dies_anywhere_is_finished_by_the_next(
    newsroom: dict[str, Home],
    settings: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    photo: Callable[..., Any],
    step: int,
) -> None:
    """The disk fails at the n-th write; what was promised to readers still comes about."""
    from tamizdat.edition import tree as edition_tree

    home = newsroom["en"]
    settings.EDITION_ROOT = tmp_path / "small"
    politics = writing.section(home)
    story = writing.published(home, "Renamed soon", section=politics, lead_photo=photo())
    writing.published(home, "Gone soon", section=politics)
    bake(timezone.now(), full=True)
    story.slug = "renamed"
    writing.publish(story)
    Story.objects.get(title="Gone soon").unpublish()
    writing.published(home, "New", section=politics, lead_photo=photo("new"))

    done = 0
    real = edition_tree.Tree.write

    def failing(self: Any, path: str, data: bytes) -> Any:
        nonlocal done
        done += 1
        if done == step + 1:
            raise OSError(28, "No space left on device")
        return real(self, path, data)

    monkeypatch.setattr(edition_tree.Tree, "write", failing)
    with pytest.raises(OSError, match="No space left"):
        bake(timezone.now())
    monkeypatch.setattr(edition_tree.Tree, "write", real)
    bake(timezone.now())
    small = tree(tmp_path / "small")
    bake_afresh(settings, tmp_path / "full")
    assert tree(tmp_path / "full") == small
    assert Moved.objects.count() == 1


def test_what_a_killed_bake_wrote_of_a_story_goes_when_it_is_withdrawn_before_the_next(
    newsroom: dict[str, Home],
    edition: Path,
    monkeypatch: pytest.MonkeyPatch,
    photo: Callable[..., Any],
) -> None:
    """Its page and pictures lie on disk, and no record leads to them."""
    from tamizdat.bake import records

    bake(timezone.now(), full=True)
    story = writing.published(newsroom["en"], "Gone soon", lead_photo=photo())
    with monkeypatch.context() as broken:

        def die(*_: Any) -> None:
            raise KeyboardInterrupt

        broken.setattr(records, "record", die)
        with pytest.raises(KeyboardInterrupt):
            bake(timezone.now())
    assert list(edition.rglob("gone-soon"))
    story.unpublish()
    bake(timezone.now())
    assert not list(edition.rglob("gone-soon"))
    assert not list((edition / "media").glob("*.webp"))
