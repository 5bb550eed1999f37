"""Many pages are made from few questions, and each is what it would be alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tamizdat.bake import plan, recipes
from tamizdat.bake.loaves import Loaf, Orders, make_loaves
from tamizdat.stories.models import Correction, Home, HomeTop, Related, Section, Story
from tamizdat.stories.showing import fronts
from tests import writing


@pytest.fixture
def archive(newsroom: dict[str, Home], photo: Callable[..., Any]) -> list[Story]:
    """Stories that name each other, in lists that have pages, with all that a page can show."""
    home = newsroom["en"]
    sections = [writing.section(home), writing.section(home, "Culture")]
    authors = [writing.author(home), writing.author(home, "Tomas Vell")]
    topics = [writing.topic(home), writing.topic(home, "Courts")]
    pictures = [photo("harbour"), photo("dam")]
    found: list[Story] = []
    for number in range(9):
        named = found[-1].pk if found else 0
        story = writing.published(
            home,
            f"Vote {number}",
            section=sections[number % 2],
            authors=authors[: 1 + number % 2],
            topics=topics[: number % 3],
            lead_photo=pictures[number % 2],
            text=f'<p>See <a linktype="page" id="{named}">this</a>.</p>',
            at=writing.at(1 + number),
        )
        found.append(story)
    found[4].corrections.add(Correction(text="It was the court.", published=writing.at(12)))
    found[4].picked.add(Related(other=found[0]), Related(other=found[7]))
    writing.publish(found[4])
    found[7].unpublish()
    russian = writing.draft(newsroom["ru"], "Голосование", at=writing.at(3))
    russian.translation_key = found[2].translation_key
    writing.publish(russian)
    home = Home.objects.get(pk=home.pk)
    home.top = [HomeTop(story=found[1]), HomeTop(story=found[7])]
    home.save()
    plan.take_up(timezone.now())
    return found


@pytest.fixture
def names(archive: list[Story], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setattr(fronts, "LIST_LENGTH", 2)
    shelf = Section.objects.get(title="Politics")
    pages = [f"list:{each}" for each in (f"p{shelf.pk}:1", "en/2026/11", "en/2026/11:2")]
    return [*recipes.all_recipes(), *pages]


def made(
    names: list[str], now: datetime, orders: Orders | None = None
) -> dict[str, Loaf | Exception | None]:
    return dict(make_loaves(names, now, orders))


def shown(loaf: Loaf | Exception | None) -> Any:
    if not isinstance(loaf, Loaf):
        return loaf
    return loaf.path, loaf.data, loaf.keys, {each.path for each in loaf.assets}


def test_a_page_is_the_same_alone_and_among_many(names: list[str]) -> None:
    now = timezone.now()
    together = made(names, now)
    alone = {name: made([name], now)[name] for name in names}
    assert {name: shown(loaf) for name, loaf in together.items()} == {
        name: shown(loaf) for name, loaf in alone.items()
    }
    assert sum(isinstance(loaf, Loaf) for loaf in together.values()) > 20


def test_a_page_is_the_same_from_the_orders_in_memory(names: list[str]) -> None:
    now = timezone.now()
    asked, held = made(names, now), made(names, now, Orders.load())
    assert {name: shown(loaf) for name, loaf in asked.items()} == {
        name: shown(loaf) for name, loaf in held.items()
    }


def test_more_stories_need_no_more_questions(archive: list[Story]) -> None:
    stories = [f"story:{story.pk}" for story in archive if story.pk != archive[7].pk]
    orders = Orders.load()
    made(stories, timezone.now(), orders)  # draws the pictures
    counts = [questions(stories[:2], orders), questions(stories, orders)]
    assert counts[1] <= counts[0] < 25


def test_where_one_language_is_public_no_translations_are_read(archive: list[Story]) -> None:
    """They are as many as the stories; a page has nowhere to show them."""
    stories = [f"story:{story.pk}" for story in archive]
    asks = '"translation_key" IN'
    assert any(asks in each for each in asked(stories, Orders.load()))
    Home.objects.exclude(pk=archive[0].get_ancestors().type(Home).get().pk).update(live=False)
    assert not any(asks in each for each in asked(stories, Orders.load()))


def questions(names: list[str], orders: Orders) -> int:
    return len(asked(names, orders))


def asked(names: list[str], orders: Orders) -> list[str]:
    with CaptureQueriesContext(connection) as caught:
        made(names, timezone.now(), orders)
    return [each["sql"] for each in caught.captured_queries]


def test_a_page_that_cannot_be_made_stops_no_other(
    archive: list[Story], monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, whole = (f"story:{story.pk}" for story in archive[:2])
    real = recipes.make

    def failing(recipe: str, showing: Any) -> Any:
        if recipe == broken:
            raise ValueError("no such thing")
        return real(recipe, showing)

    monkeypatch.setattr(recipes, "make", failing)
    found = made([broken, whole, "story:0"], timezone.now())
    assert isinstance(found[broken], ValueError)
    assert found[broken].__notes__ == [broken]
    assert isinstance(found[whole], Loaf)
    assert found["story:0"] is None


def test_nothing_is_kept_from_one_batch_to_the_next(archive: list[Story]) -> None:
    name = f"story:{archive[2].pk}"
    before = made([name], timezone.now())[name]
    story = Story.objects.get(pk=archive[1].pk)
    story.title = "Another headline"
    writing.publish(story)
    after = made([name], timezone.now())[name]
    assert isinstance(before, Loaf)
    assert isinstance(after, Loaf)
    assert b"Another headline" not in before.data
    assert b"Another headline" in after.data


def test_an_embargo_is_kept_in_every_part_of_a_page(archive: list[Story]) -> None:
    now = timezone.now()
    story = Story.objects.get(pk=archive[1].pk)
    story.embargo_until = now + timedelta(hours=1)
    writing.publish(story)
    every = [f"story:{each.pk}" for each in archive] + ["home:en", "corrections:en"]
    texts = [loaf.data for loaf in made(every, now).values() if isinstance(loaf, Loaf)]
    assert len(texts) == 9
    assert not [text for text in texts if b"Vote 1<" in text or b"/vote-1/" in text]
