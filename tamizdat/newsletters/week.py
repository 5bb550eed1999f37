"""The last seven days in one file, as the edition holds it for every reader, for full-text mails.

Whoever keeps it needs no network to read, and can pass it on; it carries its proof. It is the very
file that lies below ``bundles/`` at this moment: nothing that readers may not see is in it.
"""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from tamizdat.bake.keeping import week_recipe
from tamizdat.bake.models import File
from tamizdat.edition import saved

NAME = "week.html"  # the same for everybody, and says nothing


def path_of(language: str) -> str:
    """Return where readers find the week of a language: ``/bundles/ru/week.html``; "" where there
    is none."""
    frame = File.objects.filter(recipe=week_recipe(language)).first()
    path = f"/{saved.week_path(frame.path, 'html')}" if frame else ""
    return path if path and is_there(path) else ""


def is_there(path: str) -> bool:
    """Say whether a path is that of a week which readers find."""
    return path.endswith(f"/{NAME}") and _file(path).is_file()


def read(path: str) -> bytes | None:
    """Return a week's bytes; None where it went meanwhile, as when a story was withdrawn."""
    try:
        return _file(path).read_bytes()
    except OSError:
        return None


def _file(path: str) -> Path:
    return Path(settings.EDITION_ROOT) / path.removeprefix("/")
