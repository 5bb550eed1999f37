"""Pictures and recordings on their way into the edition, under their own SHA-256."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from django.core.files.storage import default_storage

from tamizdat.reader.scripts import script
from tamizdat.stories.models import Recording
from tamizdat.stories.showing.assets import Drawn, bytes_of
from tamizdat.stories.showing.sharing import Known, Sketch

FOLDER = "media"


@dataclass(frozen=True)
class Wanted:
    """An asset that a page names: where it goes, its SHA-256, and how to get its bytes."""

    path: str
    sha256: str
    read: Callable[[], bytes]


class EditionAssets:
    """Gives assets their names in the edition and remembers which ones a page names."""

    def __init__(self) -> None:
        self.wanted: dict[str, Wanted] = {}
        self.sketched: dict[int, Known] = {}  # share pictures that are on no record yet, by story

    def rendition(self, drawn: Drawn) -> str:
        return self._want(drawn.sha256, drawn.name, lambda: bytes_of(drawn))

    def recording(self, recording: Recording) -> str:
        return self._want(
            recording.sha256, recording.file.name, lambda: _stored(str(recording.file.name))
        )

    def text(self, content: str, ending: str) -> str:
        return self.made(content.encode(), ending)

    def script(self, name: str) -> str:
        """Return a script's address; what it imports is wanted as well."""
        found = script(name)
        for each in found.imports:
            self.made(each.data, "js")
        return self.made(found.data, "js")

    def made(self, data: bytes, ending: str) -> str:
        return self._want(hashlib.sha256(data).hexdigest(), f"made.{ending}", lambda: data)

    def keep_named_in(self, data: bytes) -> None:
        """Forget what a file does not name after all: it may show a part of what a page shows."""
        self.wanted = {path: each for path, each in self.wanted.items() if path.encode() in data}

    def share_picture(self, sketch: Sketch, known: Known | None) -> str:
        """Return a share picture's address; one that is on record need not be drawn for that."""
        name = f"share.{sketch.ending}"
        if known is not None and known.drawn_from == sketch.digest:
            return self._want(known.sha256, name, sketch.draw)
        data = sketch.draw()
        sha256 = hashlib.sha256(data).hexdigest()
        self.sketched[sketch.story] = Known(sketch.digest, sha256)
        return self._want(sha256, name, lambda: data)

    def _want(self, sha256: str, name: str, read: Callable[[], bytes]) -> str:
        ending = name.rpartition(".")[2].lower().replace("jpeg", "jpg")
        path = f"{FOLDER}/{sha256}.{ending}"
        self.wanted[path] = Wanted(path, sha256, read)
        return f"/{path}"


def _stored(name: str) -> bytes:
    with default_storage.open(name, "rb") as file:
        data: bytes = file.read()
    return data
