"""A reader of an edition that lies in a folder."""

from __future__ import annotations

from pathlib import Path

from django.utils import timezone

from tamizdat.bake.models import Asset, File
from tamizdat.edition import reading
from tamizdat.edition.trust import Trust


class Folder:
    """An edition's folder as a reader meets it."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def read(self, path: str, limit: int) -> bytes | None:
        file = self.root / path
        return file.read_bytes()[: limit + 1] if file.is_file() else None

    def paths(self) -> None:
        return None


def come(edition: Path) -> Trust:
    """Return what somebody knows who reads an edition for the first time."""
    trust = Trust(reading.first_root(Folder(edition)), timezone.now())
    reading.refresh(trust, Folder(edition))
    return trust


def look(trust: Trust, edition: Path) -> int:
    """Refresh, verify all files that the database knows of; return the edition's number."""
    source = Folder(edition)
    trust.now = timezone.now()
    reading.refresh(trust, source)
    known = [*File.objects.values_list("path", flat=True)]
    known += Asset.objects.values_list("path", flat=True)
    for path in known:
        entry = reading.find(trust, source, path)
        assert entry is not None, path
        reading.fetch_signed(source, entry)
    return trust.edition.number
