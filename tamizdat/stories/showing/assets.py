"""Pictures and recordings as a page names them.

The bake and the preview differ only here: one copies renditions into the edition under their own
SHA-256, the other points at the newsroom's uploads.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import NamedTuple, Protocol

from django.core.files.storage import default_storage
from wagtail.images.models import Filter

from tamizdat.reader import pages
from tamizdat.stories.models.media import Photo, Recording, Rendition
from tamizdat.stories.showing.sharing import Known, Sketch

AVIF = "format-avif"
WEBP = "format-webp"
JPEG = "format-jpeg"
PNG = "format-png"


@dataclass(frozen=True)
class Use:
    """Where a picture stands, and the renditions it needs there (Wagtail's filter specs; how each
    format is encoded is ``drawing``'s).

    The last spec is the fallback that every browser reads.
    """

    name: str
    specs: tuple[str, ...]


# Few and far apart: each name costs a page some forty bytes, and a telephone takes the nearest.
# Widths for telephones of 360 to 430 CSS pixels at two and three to one, and for a text column.
LEAD = Use(
    "lead",
    (f"width-640|{AVIF}", f"width-1200|{AVIF}", f"width-800|{WEBP}", f"width-800|{JPEG}"),
)
TEASER = Use(
    "teaser",
    (
        f"fill-320x213|{AVIF}",
        f"fill-800x533|{AVIF}",
        f"fill-480x320|{WEBP}",
        f"fill-480x320|{JPEG}",
    ),
)
PORTRAIT = Use("portrait", (f"fill-192x192|{AVIF}", f"fill-192x192|{JPEG}"))
LOGO = Use("logo", (f"max-120x120|{PNG}",))
SHARE = Use("share", (f"fill-1200x630|{JPEG}",))
BESIDE = Use("beside", (f"fill-520x630|{JPEG}",))  # beside the headline, in a drawn share picture


class Drawn(NamedTuple):
    """A rendition as it lies in the newsroom's uploads."""

    spec: str
    focal_point_key: str
    name: str  # in the storage
    sha256: str  # hex
    width: int
    height: int
    tones: str = ""

    @property
    def type(self) -> str:
        ending = self.name.rpartition(".")[2].lower()
        return f"image/{'jpeg' if ending == 'jpg' else ending}"


def bytes_of(drawn: Drawn) -> bytes:
    """Read a rendition from the newsroom's uploads."""
    with default_storage.open(drawn.name, "rb") as file:
        data: bytes = file.read()
    return data


COLUMNS = ["filter_spec", "focal_point_key", "file", "sha256", "width", "height", "tones"]


class Assets(Protocol):
    """How files beside the pages get their addresses."""

    def rendition(self, drawn: Drawn) -> str:
        """Return the address of a rendition."""

    def recording(self, recording: Recording) -> str:
        """Return the address of an audio or video file."""

    def text(self, content: str, ending: str) -> str:
        """Return the address of a small text file, or "" where it cannot be offered."""

    def script(self, name: str) -> str:
        """Return the address of a script of tamizdat.reader, or "" where none is to run."""

    def made(self, data: bytes, ending: str) -> str:
        """Return the address of a file that we made ourselves, or "" where there is none."""

    def share_picture(self, sketch: Sketch, known: Known | None) -> str:
        """Return the address of a share picture, or "" where none is shown.

        ``known`` is what was on record of the story's last one.
        """


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
    key, spec = made.focal_point_key, made.filter_spec
    return Drawn(spec, key, name, sha256, made.width, made.height, made.tones)


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
        tones=renditions[-1].tones,
    )
