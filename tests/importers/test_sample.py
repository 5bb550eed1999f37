"""The sample newsroom: built once, and made good where the first time was cut off."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.utils import timezone
from wagtail.models import ReferenceIndex

from tamizdat.importers.sample.bodies import Material, body
from tamizdat.importers.sample.build import build
from tamizdat.stories.models import Story
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


def test_an_editor_finds_the_pictures_of_a_sample_gallery(
    newsroom: dict[str, Any], photo: Callable[..., Any]
) -> None:
    dam, gate = photo("dam"), photo("gate")
    pictures = [{"photo": "dam", "alt": "The dam"}, {"photo": "gate", "alt": "The gate"}]
    text = {"body": [{"type": "gallery", "photos": pictures}]}
    raw = body(text, Material({"dam": dam.pk, "gate": gate.pk}, {}, {}))
    gallery = Story._meta.get_field("body").to_python(raw)[0]
    assert [each["photo"] for each in gallery.value["photos"]] == [dam, gate]
