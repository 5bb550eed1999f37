"""The sample newsroom: built once, and made good where the first time was cut off."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.utils import timezone
from wagtail.models import ReferenceIndex

from tamizdat.importers.sample.build import build
from tests.writing import published


def test_cut_off_before_it_knew_who_names_whom_it_finds_out_the_next_time(
    newsroom: dict[str, Any], photo: Callable[..., Any], folders: Path
) -> None:
    picture = photo()
    published(newsroom["en"], lead_photo=picture)  # as far as the first time had come
    ReferenceIndex.objects.all().delete()
    said: list[str] = []
    assert not build(timezone.now(), said.append)
    assert ReferenceIndex.get_references_to(picture).exists()
    assert said == ["who links to whom"]
