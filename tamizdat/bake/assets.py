"""Pictures and recordings on their way into the edition, under their own SHA-256."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from django.core.files.storage import default_storage

from tamizdat.stories.models import Recording
from tamizdat.stories.showing.assets import Drawn

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

    def rendition(self, drawn: Drawn) -> str:
        return self._want(drawn.sha256, drawn.name, lambda: _stored(drawn.name))

    def recording(self, recording: Recording) -> str:
        return self._want(
            recording.sha256, recording.file.name, lambda: _stored(str(recording.file.name))
        )

    def text(self, content: str, ending: str) -> str:
        data = content.encode()
        return self._want(hashlib.sha256(data).hexdigest(), f"text.{ending}", lambda: data)

    def _want(self, sha256: str, name: str, read: Callable[[], bytes]) -> str:
        ending = name.rpartition(".")[2].lower().replace("jpeg", "jpg")
        path = f"{FOLDER}/{sha256}.{ending}"
        self.wanted[path] = Wanted(path, sha256, read)
        return f"/{path}"


def _stored(name: str) -> bytes:
    with default_storage.open(name, "rb") as file:
        data: bytes = file.read()
    return data
