"""A page that cannot be made keeps nothing else back, and nothing withdrawn in sight."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tamizdat.bake import recipes
from tamizdat.bake.models import Dirty, File, Metadata
from tamizdat.stories.models import Home, Section, Story
from tests import writing
from tests.bake.test_publishing import files_with, traces

Bake = Callable[..., Any]
FRONT = "politics/index.html"


class Odd(Exception):
    """What a template may raise."""


@pytest.fixture
def politics(newsroom: dict[str, Home], bake: Bake) -> Section:
    bake(full=True)
    return writing.section(newsroom["en"])


def fail(context: pytest.MonkeyPatch, recipe: str) -> None:
    """Let the page of a recipe fail."""
    real = recipes.make

    def failing(name: str, showing: Any) -> Any:
        if name == recipe:
            raise Odd
        return real(name, showing)

    context.setattr(recipes, "make", failing)


def test_a_page_that_names_a_withdrawn_story_and_cannot_be_made_goes_with_it(
    politics: Section, bake: Bake, edition: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Home.objects.get(locale=politics.locale)
    story = writing.published(home, "In danger", section=politics)
    writing.published(home, "Harmless", section=politics)
    bake()
    assert FRONT in files_with(edition, "In danger")
    with monkeypatch.context() as context:
        fail(context, f"list:p{politics.pk}")
        Story.objects.get(pk=story.pk).unpublish()
        with pytest.raises(Odd):
            bake()
    assert not traces(edition, "In danger")
    assert not (edition / FRONT).exists()
    assert not Metadata.objects.filter(is_stale=True).exists()
    assert Dirty.objects.get().recipe == f"list:p{politics.pk}"
    bake()
    assert "Harmless" in (edition / FRONT).read_text()
    assert File.objects.filter(path=FRONT).exists()
    assert not Dirty.objects.exists()


def test_a_page_that_cannot_be_made_stays_where_nothing_on_it_was_withdrawn(
    politics: Section, bake: Bake, edition: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Home.objects.get(locale=politics.locale)
    writing.published(home, "Harmless", section=politics)
    other = writing.published(home, "Elsewhere, and withdrawn")
    bake()
    before = (edition / FRONT).read_bytes()
    with monkeypatch.context() as context:
        fail(context, f"list:p{politics.pk}")
        writing.published(home, "New", section=politics)
        Story.objects.get(pk=other.pk).unpublish()
        with pytest.raises(Odd):
            bake()
    assert (edition / FRONT).read_bytes() == before
