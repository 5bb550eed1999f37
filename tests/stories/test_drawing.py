"""Photos become the pictures that readers get: right way up, well cropped, the same everywhere."""

from __future__ import annotations

import hashlib
import os
import struct
import subprocess
import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from PIL import Image, ImageDraw
from wagtail.images.models import Filter

from tamizdat.stories import drawing
from tamizdat.stories.ahead import SPECS, draw_ahead
from tamizdat.stories.models import Photo, Rendition

SAMPLE = Path(drawing.__file__).parents[1] / "importers" / "sample" / "pictures" / "tamna-dam.jpg"
RED, BLUE = (220, 0, 0), (0, 0, 220)


def written(image: Image.Image, kind: str = "PNG", **more: Any) -> BytesIO:
    file = BytesIO()
    image.save(file, kind, **more)
    file.seek(0)
    return file


def halves(size: tuple[int, int] = (400, 200)) -> Image.Image:
    """Draw red at the left, blue at the right."""
    image = Image.new("RGB", size, RED)
    ImageDraw.Draw(image).rectangle((size[0] // 2, 0, *size), BLUE)
    return image


def subject(original: drawing.Original, **focal: int) -> Photo:
    width, height = original.size
    return Photo(pk=0, collection_id=0, width=width, height=height, **focal)


def drawn(file: BytesIO, spec: str, **focal: int) -> Image.Image:
    original = drawing.decode(file)
    made = drawing.draw(original, Filter(spec=spec), subject(original, **focal))
    return Image.open(BytesIO(made.data))


def is_near(found: Any, wanted: tuple[int, ...], by: int = 12) -> bool:
    return all(abs(a - b) <= by for a, b in zip(found, wanted, strict=True))


DRAW_ALL = """
import os, sys
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
import django
django.setup()
from tests.stories.test_drawing import hashes
print(hashes())
"""


def hashes() -> list[str]:
    """Return what the sample's picture comes out as in each format."""
    with Image.open(SAMPLE) as opened:
        image = opened.resize((480, 320))
    kinds = drawing.SETTINGS
    return [hashlib.sha256(drawing.encode(image, kind)).hexdigest() for kind in kinds]


def test_the_same_pixels_give_the_same_bytes_however_many_cores_there_are() -> None:
    on_one_core = subprocess.run(
        [sys.executable, "-c", DRAW_ALL],
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings"},
        cwd=Path(drawing.__file__).parents[2],
        capture_output=True,
        check=True,
    ).stdout
    assert on_one_core.decode().strip() == str(hashes())
    assert drawing.AVIF["max_threads"] == 1


def test_formats_that_browsers_choose_first_are_smaller() -> None:
    with SAMPLE.open("rb") as file:
        original = drawing.decode(file)
    sizes = [
        len(drawing.draw(original, Filter(spec=f"width-640|format-{kind}"), subject(original)).data)
        for kind in ("avif", "webp", "jpeg")
    ]
    assert sizes == sorted(sizes)
    assert sizes[0] < 0.85 * sizes[1]


@pytest.mark.parametrize("turn", range(1, 9))
def test_a_picture_stands_upright_and_forgets_how_it_was_held(turn: int) -> None:
    back = {5: 5, 6: 8, 7: 7, 8: 6}.get(turn, turn)
    held = halves()
    if back in drawing.TURNS:
        held = held.transpose(drawing.TURNS[back])
    exif = Image.Exif()
    exif[0x0112] = turn
    file = written(held, "JPEG", exif=exif, quality=95)
    assert drawing.decode(file).size == (400, 200)
    upright = drawn(file, "width-200|format-png")
    assert upright.size == (200, 100)
    assert is_near(upright.getpixel((20, 50)), RED)
    assert is_near(upright.getpixel((180, 50)), BLUE)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data:UserWarning")
@pytest.mark.parametrize(
    "junk", [b"Exif\0\0", b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0garbage"]
)
def test_a_picture_with_broken_exif_is_drawn_as_it_lies(junk: bytes) -> None:
    file = written(halves(), "JPEG", exif=junk)
    assert drawn(file, "width-200|format-png").size == (200, 100)


def profile(**primaries: tuple[float, float, float]) -> bytes:
    """Make a colour profile (ICC.1:2001) with these primaries, in XYZ."""

    def xyz(values: tuple[float, float, float]) -> bytes:
        return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(each * 65536) for each in values))

    name = b"another one\0"
    told = b"desc\0\0\0\0" + struct.pack(">I", len(name)) + name + bytes(78)
    parts = {b"desc": told, b"cprt": b"text\0\0\0\0none\0", b"wtpt": xyz((0.964, 1.0, 0.825))}
    parts |= {f"{each}XYZ".encode(): xyz(primaries[each]) for each in "rgb"}
    parts |= {f"{each}TRC".encode(): b"curv\0\0\0\0\0\0\0\1\2\x33" for each in "rgb"}
    table, body, place = struct.pack(">I", len(parts)), b"", 128 + 4 + 12 * len(parts)
    for tag, content in parts.items():
        table += tag + struct.pack(">II", place + len(body), len(content))
        body += content + bytes(-len(content) % 4)
    head = struct.pack(
        ">I4sI4s4s4s", place + len(body), b"\0" * 4, 0x02400000, b"mntr", b"RGB ", b"XYZ "
    )
    head += bytes(12) + b"acsp" + bytes(28) + struct.pack(">3i", 63190, 65536, 54061)
    return head.ljust(128, b"\0") + table + body


OURS = {"r": (0.436, 0.222, 0.014), "g": (0.385, 0.717, 0.097), "b": (0.143, 0.061, 0.714)}


def test_colours_are_those_that_the_photographer_saw() -> None:
    """In this profile red and green have changed places."""
    swapped = profile(r=OURS["g"], g=OURS["r"], b=OURS["b"])
    shown = drawn(written(halves(), icc_profile=swapped), "width-200|format-png")
    red, green, blue = shown.getpixel((20, 50))
    assert green > 150
    assert red < 60
    assert blue < 60


@pytest.mark.parametrize("broken", [b"profile", bytes(200), profile(**OURS)[:150]])
def test_a_broken_profile_says_nothing(broken: bytes) -> None:
    plain = drawn(written(halves()), "width-200|format-png")
    shown = drawn(written(halves(), icc_profile=broken), "width-200|format-png")
    assert shown.tobytes() == plain.tobytes()


def test_a_print_shops_colours_are_drawn() -> None:
    image = drawn(written(halves().convert("CMYK"), "JPEG"), "width-200|format-jpeg")
    assert image.mode == "RGB"


def test_sixteen_bits_of_grey_are_not_white() -> None:
    grey = Image.new("I;16", (40, 40), 0x4000)
    assert is_near(drawn(written(grey), "width-40|format-png").getpixel((5, 5)), (64, 64, 64), 2)


@pytest.mark.parametrize("kind", ["avif", "webp", "jpeg"])
def test_what_shines_through_stands_on_white_in_every_format(kind: str) -> None:
    """Black lettering on nothing could not be read where the page is dark."""
    chart = Image.new("RGBA", (200, 100), (0, 0, 0, 0))
    ImageDraw.Draw(chart).rectangle((0, 0, 100, 100), (0, 0, 0, 255))
    shown = drawn(written(chart), f"width-200|format-{kind}")
    assert shown.mode == "RGB"
    assert is_near(shown.getpixel((20, 50)), (0, 0, 0))
    assert is_near(shown.getpixel((180, 50)), (255, 255, 255))


def test_a_logo_keeps_what_shines_through() -> None:
    mark = Image.new("RGBA", (200, 200), (0, 0, 0, 0))
    assert drawn(written(mark), "max-192x192|format-png").mode == "RGBA"


def test_a_crop_keeps_the_focal_point() -> None:
    box = {"focal_point_x": 550, "focal_point_y": 100, "focal_point_width": 60}
    file = written(halves((600, 200)))
    shown = drawn(file, "fill-100x100|format-png", **box, focal_point_height=60)
    assert shown.size == (100, 100)
    assert is_near(shown.getpixel((10, 50)), BLUE)


def test_a_large_jpeg_is_decoded_smaller_and_cropped_alike() -> None:
    file = written(halves((4000, 3200)), "JPEG", quality=90)
    original = drawing.decode(file)
    assert original.size == (4000, 3200)
    assert original.image.size == (2000, 1600)
    shown = drawn(file, "fill-400x400|format-png")
    assert is_near(shown.getpixel((190, 200)), RED, 30)
    assert is_near(shown.getpixel((210, 200)), BLUE, 30)


def test_tones_are_nine_digits_from_top_to_foot() -> None:
    flag = Image.new("RGB", (90, 90), (255, 255, 255))
    ImageDraw.Draw(flag).rectangle((0, 30, 90, 59), (0, 0, 255))
    ImageDraw.Draw(flag).rectangle((0, 60, 90, 90), (255, 0, 0))
    assert drawing.tones(flag) == "fff00ff00"


# Photos and their renditions


@pytest.mark.parametrize("kind", ["AVIF", "GIF", "WEBP", "PNG", "JPEG"])
def test_the_admins_own_thumbnails_are_drawn_of_every_format(
    newsroom: dict[str, Any], kind: str
) -> None:
    file = ContentFile(written(halves(), kind).getvalue(), f"weir.{kind.lower()}")
    uploaded = Photo(title="weir", file=file)
    uploaded.save()
    thumb = uploaded.get_rendition("max-165x165")
    with thumb.file.open("rb") as opened, Image.open(opened) as shown:
        assert shown.format in ("JPEG", "PNG")
        assert shown.size == (165, 82)


def test_an_upload_is_drawn_ahead_of_its_publication(photo: Callable[..., Photo]) -> None:
    uploaded = photo("weir", (1600, 1000))
    draw_ahead.enqueue(uploaded.pk)
    there = Rendition.objects.filter(image=uploaded).exclude(sha256="").exclude(tones="")
    assert set(there.values_list("filter_spec", flat=True)) == set(SPECS)


def test_a_photo_that_is_gone_before_it_was_drawn_is_no_error(newsroom: dict[str, Any]) -> None:
    draw_ahead.enqueue(4711)


def test_an_upload_asks_for_its_drawing(
    photo: Callable[..., Photo], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks() as callbacks:
        uploaded = photo("weir")
    before = len(callbacks)
    with django_capture_on_commit_callbacks() as callbacks:
        uploaded.credit = "V. Orlan"
        uploaded.save()
    assert len(callbacks) < before
