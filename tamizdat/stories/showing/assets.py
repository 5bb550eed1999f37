"""Pictures and recordings as a page names them.

The bake and the preview differ only here: one copies renditions into the edition under their own
SHA-256, the other points at the newsroom's uploads.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import NamedTuple, Protocol

from wagtail.images.models import Filter

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


class Drawn(NamedTuple):
    """A rendition as it lies in the newsroom's uploads."""

    spec: str
    focal_point_key: str
    name: str  # in the storage
    sha256: str  # hex
    width: int
    height: int

    @property
    def type(self) -> str:
        ending = self.name.rpartition(".")[2].lower()
        return f"image/{'jpeg' if ending == 'jpg' else ending}"


COLUMNS = ["filter_spec", "focal_point_key", "file", "sha256", "width", "height"]


class Assets(Protocol):
    """How files beside the pages get their addresses."""

    def rendition(self, drawn: Drawn) -> str:
        """Return the address of a rendition."""

    def recording(self, recording: Recording) -> str:
        """Return the address of an audio or video file."""

    def text(self, content: str, ending: str) -> str:
        """Return the address of a small text file, or "" where it cannot be offered."""


def drawn(photo: Photo, use: Use, there: tuple[Drawn, ...]) -> tuple[Drawn, ...]:
    """Return a photo's renditions for one use, in the order of its specs; made where missing.

    ``there`` are those that have been made for any use.
    """
    known = {(each.spec, each.focal_point_key): each for each in there}
    found = [known.get((spec, _filter(spec).get_cache_key(photo))) for spec in use.specs]
    if None not in found:
        return tuple(filter(None, found))
    made = photo.get_renditions(*use.specs)
    return tuple(_drawn(made[spec]) for spec in use.specs)


@cache
def _filter(spec: str) -> Filter:
    return Filter(spec=spec)


def _drawn(made: Rendition) -> Drawn:
    sha256 = made.fingerprint()
    made.file.close()  # Wagtail leaves open what it has just drawn
    name = str(made.file.name)
    return Drawn(made.filter_spec, made.focal_point_key, name, sha256, made.width, made.height)


def source(each: Drawn, assets: Assets) -> pages.Source:
    return pages.Source(assets.rendition(each), each.type, each.width, each.height)


def picture(
    photo: Photo,
    renditions: tuple[Drawn, ...],
    assets: Assets,
    *,
    alt: str = "",
    caption: str = "",
    credit: str = "",
) -> pages.Picture:
    """Describe a photo for one use; what is left empty comes from the photo itself."""
    sources = [source(each, assets) for each in renditions]
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
