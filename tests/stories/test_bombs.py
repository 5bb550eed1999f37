"""Pictures that are made to hurt: each is refused, or kept as a bare picture, in little memory.

Every bomb goes through what an upload goes through (the form's field, then the photo's own
``clean``), each in a process of its own, forked from one that has loaded everything; the system
says how much memory that process had at most.
"""

from __future__ import annotations

import json
import os
import struct
import zipfile
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from tamizdat.scrubbing import told
from tamizdat.stories import drawing
from tamizdat.stories.models import Photo
from tamizdat.stories.originals import is_bare, look_at
from tests.signing_in import sign_in

MOST = 512 * 1024  # KB
LOADED = 160 * 1024  # KB that a process of the newsroom has once everything is loaded
PNG = b"\x89PNG\r\n\x1a\n"
SVG = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'><script>alert(1)</script></svg>"
LAUGHS = (
    b"<!DOCTYPE a ["
    + b"".join(
        b'<!ENTITY l%d "%s">' % (number, b"&l%d;" % (number - 1) * 10 if number else b"ha")
        for number in range(12)
    )
    + b"]><svg xmlns='http://www.w3.org/2000/svg'><text>&l11;</text></svg>"
)


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def zeros(count: int) -> bytes:
    packer = zlib.compressobj(1)
    piece = bytes(1 << 20)
    out = b"".join(packer.compress(piece) for _ in range(count >> 20))
    return out + packer.flush()


def png(
    width: int, height: int, *more: bytes, depth: int = 8, colour: int = 0, idat: bytes = b""
) -> bytes:
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    return PNG + head + b"".join(more) + chunk(b"IDAT", idat) + chunk(b"IEND", b"")


def small(kind: str, size: tuple[int, int] = (64, 48), **more: Any) -> bytes:
    written = BytesIO()
    Image.linear_gradient("L").resize(size).convert("RGB").save(written, kind, **more)
    return written.getvalue()


def patched(data: bytes, old: bytes, new: bytes) -> bytes:
    assert old in data
    return data.replace(old, new, 1)


ROW = zlib.compress(b"".join(b"\0" + bytes(64) for _ in range(48)))


def huge_jpeg() -> bytes:
    data = small("JPEG")
    at = data.index(b"\xff\xc0") + 5
    return data[:at] + struct.pack(">HH", 65500, 65500) + data[at + 4 :]


def many_scans() -> bytes:
    """A progressive picture whose scans are said again and again (libjpeg's old trouble)."""
    data = small("JPEG", (2000, 1500), progressive=True, quality=30)
    start = data.index(b"\xff\xda")
    scan = data[start : data.index(b"\xff", start + 20)]
    return data[:start] + scan * 3000 + data[start:]


def animated(kind: str, **more: Any) -> bytes:
    frames = [Image.new("RGB", (64, 48), (number, 0, 0)) for number in range(200)]
    written = BytesIO()
    frames[0].save(written, kind, save_all=True, append_images=frames[1:], **more)
    return written.getvalue()


def huge_gif() -> bytes:
    data = animated("GIF")
    return data[:6] + struct.pack("<HH", 65535, 65535) + data[10:]


def huge_webp() -> bytes:
    data = animated("WEBP")
    at = data.index(b"VP8X") + 12
    return data[:at] + (16383).to_bytes(3, "little") * 2 + data[at + 6 :]


def huge_frames() -> bytes:
    """APNG: a small picture, then frames that claim a large place."""
    control = chunk(b"acTL", struct.pack(">II", 1000, 0))
    frame = struct.pack(">IIIIIHHBB", 0, 30000, 30000, 0, 0, 1, 1, 0, 0)
    return png(64, 48, control, chunk(b"fcTL", frame), idat=ROW)


def huge_avif() -> bytes:
    sized = struct.pack(">II", 64, 48)
    return patched(
        small("AVIF"), b"ispe\0\0\0\0" + sized, b"ispe\0\0\0\0" + struct.pack(">II", 60000, 60000)
    )


def huge_bmp() -> bytes:
    data = small("BMP")
    return data[:18] + struct.pack("<ii", 60000, 60000) + data[26:]


def polyglot() -> bytes:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as opened:
        opened.writestr("kanarienvogel.html", "<script>alert(1)</script>")
    return small("JPEG") + packed.getvalue()


def said(name: bytes, data: bytes) -> bytes:
    return png(64, 48, chunk(name, data), idat=ROW)


def words(count: int) -> list[bytes]:
    text = b"Comment\0\0" + zlib.compress(bytes(900_000), 9)
    return [chunk(b"zTXt", text)] * count


BOMBS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "a flood of pixels": ("a.png", lambda: png(30000, 30000, depth=1, idat=zeros(108 << 20))),
    "a flood of colour": ("a.png", lambda: png(11000, 11000, colour=6, idat=zeros(462 << 20))),
    "a size that is no size": ("a.png", lambda: png(2**31 - 1, 2**31 - 1, idat=ROW)),
    "more data than pixels": ("a.png", lambda: png(64, 48, idat=zeros(64 << 20))),
    "packed words": ("a.png", lambda: said(b"zTXt", b"C\0\0" + zeros(64 << 20))),
    "packed words in Unicode": ("a.png", lambda: said(b"iTXt", b"C\0\1\0\0\0" + zeros(64 << 20))),
    "a thousand words": ("a.png", lambda: png(64, 48, *words(1000), idat=ROW)),
    "a packed profile": ("a.png", lambda: said(b"iCCP", b"C\0\0" + zeros(64 << 20))),
    "large frames": ("a.png", huge_frames),
    "a large JPEG": ("a.jpg", huge_jpeg),
    "many scans": ("a.jpg", many_scans),
    "a large GIF": ("a.gif", huge_gif),
    "many frames": ("a.gif", lambda: animated("GIF")),
    "a large WebP": ("a.webp", huge_webp),
    "a large still WebP": ("a.webp", lambda: small("WEBP", (16000, 4000), quality=1, method=0)),
    "a large AVIF": ("a.avif", huge_avif),
    "a bitmap under another name": ("a.png", huge_bmp),
    "a drawing": ("a.svg", lambda: SVG),
    "a drawing under another name": ("a.png", lambda: SVG),
    "a billion laughs": ("a.png", lambda: LAUGHS),
    "a page under another name": ("a.jpg", lambda: b"<html><script>alert(1)</script></html>"),
    "PostScript under another name": (
        "a.png",
        lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9000 9000\n%%EOF\n",
    ),
    "half a picture": ("a.jpg", lambda: small("JPEG")[:600]),
    "nothing": ("a.png", lambda: b""),
}  # fmt: skip
TWO = {"many frames", "a thousand words", "large frames", "more data than pixels", "packed words"}
MAY_STAY = TWO | {"packed words in Unicode", "a packed profile", "many scans"}


def upload(name: str, data: bytes) -> Photo | None:
    """Take an upload as the form does; None where it is refused."""
    from tamizdat.stories.uploads import PhotoField

    try:
        file = PhotoField().clean(SimpleUploadedFile(name, data))
        photo = Photo(title="a", file=file, collection_id=1)
        photo.clean()
    except ValidationError:
        return None
    return photo


def in_a_child(deed: Callable[[], Any]) -> tuple[Any, int]:
    """Do it in a forked process; return what came of it and the most memory it had, in KB."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            before = _forget_the_most()
            told_of = deed()
            took = _memory("VmHWM") - before
            os.write(writing, json.dumps([told_of, LOADED + took]).encode())
            code = 0
        except BaseException as error:
            os.write(2, f"{told(error)}\n".encode())
        finally:
            os._exit(code)
    os.close(writing)
    with os.fdopen(reading, "rb") as opened:
        said = opened.read()
    _, status = os.waitpid(child, 0)
    assert status == 0, f"the process ended with {status}"
    verdict, memory = json.loads(said)
    return verdict, memory


def _forget_the_most() -> int:
    """Let the most memory begin at what there is, which is the test process's; return that, KB."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return _memory("VmRSS")


def _memory(name: str) -> int:
    """Read one of this process's own figures, in KB (proc(5))."""
    lines = Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


def judged(name: str, data: bytes) -> str:
    photo = upload(name, data)
    if photo is None:
        return "refused"
    photo.file.open("rb")
    kept = photo.file.read()
    return "bare" if is_bare(kept) and len(kept) <= max(len(data), 10_000_000) else "kept"


@pytest.mark.long
@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_does_no_harm(name: str, tmp_path: Path) -> None:
    file, make = BOMBS[name]
    bomb = tmp_path / "bomb"
    in_a_child(lambda: bomb.write_bytes(make()))  # making one takes memory, too
    verdict, memory = in_a_child(lambda: judged(file, bomb.read_bytes()))
    assert verdict in ({"refused", "bare"} if name in MAY_STAY else {"refused"})
    assert memory < MOST


def test_the_largest_picture_that_is_taken_fits_as_well(tmp_path: Path) -> None:
    largest = tmp_path / "largest"

    def make() -> int:
        written = BytesIO()
        Image.new("RGBA", (8000, 5000), (1, 2, 3, 4)).save(written, "PNG", compress_level=1)
        return largest.write_bytes(written.getvalue() + b"more")  # so that it is drawn anew

    in_a_child(make)
    verdict, memory = in_a_child(lambda: judged("a.png", largest.read_bytes()))
    assert verdict == "bare"
    assert memory < MOST


def test_without_the_limit_the_same_flood_takes_more() -> None:
    """The twin: what keeps memory small is the limit, and the measure sees it."""
    data = BOMBS["a flood of colour"][1]()

    def decode() -> int:
        drawing.MOST_PIXELS = Image.MAX_IMAGE_PIXELS = 10**9
        drawing.ENOUGH = (10**6, 10**6)
        return drawing.decode(BytesIO(data)).image.width

    assert in_a_child(decode)[1] > MOST


def test_what_stands_behind_a_picture_is_not_kept() -> None:
    photo = upload("a.jpg", polyglot())
    assert photo is not None
    photo.file.open("rb")
    kept = photo.file.read()
    assert b"kanarienvogel" not in kept
    assert is_bare(kept)


def test_an_original_is_kept_without_what_the_camera_wrote() -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x013B] = 6, "J. Okker"  # lies on its side; the photographer
    kept = look_at(small("JPEG", (640, 480), exif=exif, comment=b"kanarienvogel"))
    assert kept is not None
    assert kept.ending == "jpg"
    assert b"Okker" not in kept.data
    assert b"kanarienvogel" not in kept.data
    assert Image.open(BytesIO(kept.data)).size == (480, 640)


def test_a_bare_original_stays_as_it_is() -> None:
    for kind in ("JPEG", "PNG", "WEBP"):
        assert look_at(small(kind)) is None


def test_a_gif_becomes_a_still_picture() -> None:
    kept = look_at(animated("GIF"))
    assert kept is not None
    assert Image.open(BytesIO(kept.data)).n_frames == 1 if kept.ending == "png" else True


@pytest.mark.parametrize("name", ["a flood of pixels", "a drawing", "half a picture"])
def test_the_newsrooms_form_says_what_is_wrong(name: str, editor: Any, client: Client) -> None:
    file, make = BOMBS[name]
    sign_in(client, editor)
    answer = client.post(
        reverse("wagtailimages:add"), {"title": "a", "file": SimpleUploadedFile(file, make())}
    )
    assert answer.status_code in (200, 400, 422)
    assert Photo.objects.count() == 0


def test_no_document_can_be_uploaded_and_no_thumbnail(editor: Any, client: Client) -> None:
    from wagtail.documents import get_document_model

    editor.is_superuser = True
    editor.save()
    sign_in(client, editor)
    page = SimpleUploadedFile("a.html", b"<script>alert(1)</script>")
    client.post(reverse("wagtaildocs:add"), {"title": "a", "file": page})
    assert not get_document_model().objects.exists()
    form = client.get(reverse("wagtailmedia:add", args=["audio"])).content
    assert b'name="file"' in form
    assert b'name="thumbnail"' not in form


def test_uploads_are_shown_to_staff_alone_and_never_guessed(editor: Any, client: Client) -> None:
    for path in ("documents/a.html", "media_thumbnails/a.svg", "../newsroom.sqlite3", "a.html"):
        assert client.get(f"/uploads/{path}").status_code == 404
    assert client.get("/uploads/images/a.png").status_code == 302
