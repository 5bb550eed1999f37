"""Pictures and recordings as a page names them.

The bake and the preview differ only here: one copies renditions into the edition under their own
SHA-256, the other points at the newsroom's uploads.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from tamizdat.reader import pages
from tamizdat.stories.models.media import Photo, Recording, Rendition

WEBP = "format-webp|webpquality-64"
JPEG = "format-jpeg|jpegquality-72|bgcolor-ffffff"
PNG = "format-png"


@dataclass(frozen=True)
class Use:
    """Where a picture stands, and the renditions it needs there (Wagtail's filter specs).

    The last spec is the fallback that every browser reads.
    """

    name: str
    specs: tuple[str, ...]


LEAD = Use(
    "lead",
    (
        f"width-480|{WEBP}",
        f"width-800|{WEBP}",
        f"width-1280|{WEBP}",
        f"width-800|{JPEG}",
    ),
)
TEASER = Use(
    "teaser",
    (
        f"fill-240x160|{WEBP}",
        f"fill-480x320|{WEBP}",
        f"fill-800x533|{WEBP}",
        f"fill-480x320|{JPEG}",
    ),
)
PORTRAIT = Use("portrait", (f"fill-192x192|{WEBP}", f"fill-192x192|{JPEG}"))
LOGO = Use("logo", (f"max-192x192|{PNG}",))
SHARE = Use("share", (f"fill-1200x630|{JPEG}",))
ALL = (LEAD, TEASER, PORTRAIT, SHARE)


@dataclass(frozen=True)
class Drawn:
    """A rendition as it lies in the newsroom's uploads."""

    name: str  # in the storage
    sha256: str  # hex
    type: str
    width: int
    height: int


class Assets(Protocol):
    """How files beside the pages get their addresses."""

    def rendition(self, drawn: Drawn) -> str:
        """Return the address of a rendition."""

    def recording(self, recording: Recording) -> str:
        """Return the address of an audio or video file."""

    def text(self, content: str, ending: str) -> str:
        """Return the address of a small text file, or "" where it cannot be offered."""


def drawn(photo: Photo, use: Use) -> tuple[Drawn, ...]:
    """Return a photo's renditions for one use, in the order of its specs; made where missing.

    Remembered by what they were drawn from: a new file or focal point is another key.
    """
    key = (photo.pk, photo.file.path, str(photo.get_focal_point()), use.name)
    if key not in _REMEMBERED:
        if len(_REMEMBERED) >= REMEMBERED_AT_MOST:
            _REMEMBERED.clear()
        made = photo.get_renditions(*use.specs)
        _REMEMBERED[key] = tuple(_drawn(made[spec]) for spec in use.specs)
    return _REMEMBERED[key]


REMEMBERED_AT_MOST = 20_000
_REMEMBERED: dict[tuple[int, str, str, str], tuple[Drawn, ...]] = {}


def _drawn(rendition: Rendition) -> Drawn:
    ending = rendition.file.name.rpartition(".")[2].lower()
    kind = "jpeg" if ending == "jpg" else ending
    sha256 = rendition.fingerprint()
    rendition.file.close()  # Wagtail leaves open what it has just drawn
    return Drawn(
        name=rendition.file.name,
        sha256=sha256,
        type=f"image/{kind}",
        width=rendition.width,
        height=rendition.height,
    )


def source(each: Drawn, assets: Assets) -> pages.Source:
    return pages.Source(assets.rendition(each), each.type, each.width, each.height)


def picture(
    photo: Photo, use: Use, assets: Assets, *, alt: str = "", caption: str = "", credit: str = ""
) -> pages.Picture:
    """Describe a photo for one use; what is left empty comes from the photo itself."""
    sources = [source(each, assets) for each in drawn(photo, use)]
    fallback = sources[-1]
    seen: dict[tuple[str, int], pages.Source] = {}
    for each in sources:  # a small original gives the same width twice
        seen.setdefault((each.type, each.width), each)
    return pages.Picture(
        alt=alt or photo.description,
        caption=caption or photo.caption,
        credit=credit or photo.credit,
        fallback=fallback,
        sources=tuple(sorted(seen.values(), key=lambda each: (each.type, each.width))),
    )
