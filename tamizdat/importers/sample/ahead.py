"""The renditions of the sample's photos, drawn by another process while the databases are made.

Only time is saved: whatever is not drawn when the photos stand, the bake draws as for any photo.
The process touches no database.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from multiprocessing.context import ForkProcess
from pathlib import Path

from django.core.files import File
from django.db import transaction
from wagtail.images.models import Filter

from tamizdat.importers.sample import texts
from tamizdat.importers.sample.build import unsaved_photo
from tamizdat.importers.sample.texts import FOLDER, Text
from tamizdat.lifeline import tie_to
from tamizdat.stories import drawing
from tamizdat.stories.ahead import SPECS
from tamizdat.stories.models import Photo, Rendition
from tamizdat.stories.showing.assets import LEAD


@dataclass
class Ahead:
    """Drawing that goes on beside; ``hang`` ends it and takes over what is ready."""

    folder: Path
    process: ForkProcess

    @classmethod
    def start(cls, folder: Path) -> Ahead:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        process = multiprocessing.get_context("fork").Process(
            target=_draw, args=(folder, os.getpid()), daemon=True
        )
        process.start()
        return cls(folder, process)

    def hang(self) -> int:
        """Give the photos the renditions that are ready; return how many."""
        self.process.terminate()
        self.process.join()
        photos = {photo.title: photo for photo in Photo.objects.all()}
        with transaction.atomic():
            hung = sum(_hang(photos, file) for file in sorted(self.folder.glob("*.json")))
        shutil.rmtree(self.folder)
        return hung


def _draw(folder: Path, parent: int) -> None:
    tie_to(parent)
    os.nice(5)  # what it is drawn beside has the right of way
    number = 0
    for picture, specs in _wanted():
        data = (FOLDER / picture["file"]).read_bytes()
        # Wagtail would ask the database for a collection, and writes the id to its debug log.
        photo = unsaved_photo(picture, BytesIO(data), collection_id=0, pk=0)
        original = drawing.decode(BytesIO(data))
        for spec in specs:
            number += 1
            _draw_one(folder / f"{number:04}", photo, Filter(spec=spec), original)


def _wanted() -> Iterator[tuple[Text, tuple[str, ...]]]:
    """Give the pictures that lead stories first, with every rendition that pages show of them."""
    pictures = texts.pictures()
    stories = texts.stories(texts.LANGUAGES[0]).values()
    leads = dict.fromkeys(story.get("lead", {}).get("photo", "") for story in stories)
    yield from ((pictures[name], SPECS) for name in leads if name in pictures)
    yield from ((each, LEAD.specs) for name, each in pictures.items() if name not in leads)


def _draw_one(place: Path, photo: Photo, wanted: Filter, original: drawing.Original) -> None:
    drawn = photo.draw(wanted, original)
    place.with_suffix(".bytes").write_bytes(drawn.data)
    about = {
        "sha256": hashlib.sha256(drawn.data).hexdigest(),
        "tones": drawn.tones,
        "photo": photo.title,
        "spec": wanted.spec,
        "key": wanted.get_cache_key(photo),
        "name": f"{photo.title}.{place.name}.{drawn.ending}",
    }
    aside = place.with_suffix(".part")
    aside.write_text(json.dumps(about), encoding="utf-8")
    aside.replace(place.with_suffix(".json"))  # last: what it tells of is whole


def _hang(photos: dict[str, Photo], file: Path) -> bool:
    about = json.loads(file.read_text(encoding="utf-8"))
    photo = photos.get(about["photo"])
    if photo is None:
        return False
    with file.with_suffix(".bytes").open("rb") as opened:
        _, is_new = Rendition.objects.get_or_create(
            image=photo,
            filter_spec=about["spec"],
            focal_point_key=about["key"],
            defaults={
                "file": File(opened, name=about["name"]),
                "sha256": about["sha256"],
                "tones": about["tones"],
            },
        )
    return is_new
