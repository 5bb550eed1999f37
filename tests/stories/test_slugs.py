"""An address makes itself from a headline in any script, and then stays."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tamizdat.stories.models import Home, Story
from tamizdat.stories.slugs import LONGEST, slug_of
from tests import writing
from tests.stories.desk import Desk


@pytest.mark.parametrize(
    ("headline", "slug"),
    [
        ("The dam holds", "the-dam-holds"),
        ("Инженеры предупредили: плотина трескается", "inzhenery-predupredili-plotina-treskaetsya"),
        ("سد تامنا", "sd-tmn"),
        ("Süleyman’s £5 café", "suleymans-gbp5-cafe"),
        ("— ?!", "page"),
        ("", "page"),
    ],
)
def test_a_headline_in_any_script_gives_a_slug(headline: str, slug: str) -> None:
    assert slug_of(headline) == slug


def test_a_long_headline_is_cut_between_words() -> None:
    slug = slug_of("The committee decided " * 20)
    assert len(slug) <= LONGEST
    assert slug.endswith(("the", "committee", "decided"))


def test_one_endless_word_is_cut_too() -> None:
    assert slug_of("a" * 300) == "a" * LONGEST


def test_an_editor_need_not_think_of_a_slug(newsroom: dict[str, Home], writer: Any) -> None:
    desk = Desk(writer)
    assert desk.begin(newsroom["fa"], "سد تامنا", slug="").slug == "sd-tmn"
    assert desk.begin(newsroom["ru"], "?!", slug="").slug == "story"


def test_two_stories_of_a_month_with_one_headline_get_two_addresses(
    newsroom: dict[str, Home], writer: Any
) -> None:
    desk = Desk(writer)
    slugs = [desk.begin(newsroom["en"], "The dam", slug="").slug for _ in range(3)]
    assert slugs == ["the-dam", "the-dam-2", "the-dam-3"]


def test_the_slug_follows_the_headline_until_publication_and_then_stays(
    newsroom: dict[str, Home], editor: Any
) -> None:
    desk = Desk(editor)
    story = desk.begin(newsroom["en"], "T", slug="")
    answer = desk.autosave(story, title="The dam holds")
    assert answer["field_updates"]["slug"] == "the-dam-holds"
    desk.save(story, "publish")
    desk.save(story, "publish", title="The dam broke")
    desk.save(story, "publish", title="The dam broke", slug="")
    published = Story.objects.get(pk=story.pk)
    assert (published.title, published.slug) == ("The dam broke", "the-dam-holds")


def test_a_slug_of_the_editors_own_is_kept(newsroom: dict[str, Home], editor: Any) -> None:
    desk = Desk(editor)
    story = desk.begin(newsroom["en"], "The dam holds", slug="dam-2026")
    desk.save(story, title="Another headline")
    assert Story.objects.get(pk=story.pk).get_latest_revision_as_object().slug == "dam-2026"


def test_another_pages_slug_makes_itself_too(newsroom: dict[str, Home]) -> None:
    section = writing.section(newsroom["ru"], "Политика")
    assert re.fullmatch("[a-z-]+", section.slug)


def test_an_address_holds_no_capitals(newsroom: dict[str, Home], writer: Any) -> None:
    """To some mirrors ``Dam`` and ``dam`` are one file."""
    desk = Desk(writer)
    assert desk.begin(newsroom["en"], "The dam", slug="The-Dam").slug == "the-dam"
