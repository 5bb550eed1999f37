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
    (f"fill-240x160|{WEBP}", f"fill-480x320|{WEBP}", f"fill-800x533|{WEBP}", f"fill-480x320|{JPEG}"),
)
PORTRAIT = Use("portrait", (f"fill-192x192|{WEBP}", f"fill-192x192|{JPEG}"))
LOGO = Use("logo", (f"max-192x192|{PNG}",))
SHARE = Use("share", (f"fill-1200x630|{JPEG}",))
ALL = (LEAD, TEASER, PORTRAIT, SHARE)


class Assets(Protocol):
    """How files beside the pages get their addresses."""

    def rendition(self, rendition: Rendition) -> str:
        """Return the address of a rendition."""

    def recording(self, recording: Recording) -> str:
        """Return the address of an audio or video file."""

    def text(self, content: str, ending: str) -> str:
        """Return the address of a small text file, or "" where it cannot be offered."""


def source(rendition: Rendition, assets: Assets) -> pages.Source:
    kind = rendition.file.name.rpartition(".")[2].lower()
    media_type = "image/jpeg" if kind in ("jpg", "jpeg") else f"image/{kind}"
    return pages.Source(assets.rendition(rendition), media_type, rendition.width, rendition.height)


def picture(
    photo: Photo, use: Use, assets: Assets, *, alt: str = "", caption: str = "", credit: str = ""
) -> pages.Picture:
    """Describe a photo for one use; what is left empty comes from the photo itself."""
    made = photo.get_renditions(*use.specs)
    sources = [source(made[spec], assets) for spec in use.specs]
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
