"""What the newsroom bakes stands the check that anybody can make."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.utils import timezone

from tamizdat.edition.checking import Checked, Folder, check_edition
from tamizdat.edition.trust import Trust
from tamizdat.stories.models import Home
from tests import writing


def test_every_edition_verifies_for_a_reader_who_comes_back(
    newsroom: dict[str, Home],
    bake: Callable[..., Any],
    photo: Callable[..., Any],
    edition: Path,
) -> None:
    bake(full=True)
    trust = Trust((edition / "signed/1.root.json").read_bytes(), timezone.now())

    def check() -> Checked:
        trust.now = timezone.now()
        return check_edition(Folder(edition), trust)

    first = check()
    story = writing.published(newsroom["en"], lead_photo=photo())
    bake()
    second = check()
    story.unpublish()
    bake()
    third = check()
    numbers = [each.edition.number for each in (first, second, third)]
    assert numbers == sorted(set(numbers))
    assert second.files > first.files
    assert third.files < second.files
