"""What a recorder writes into sound and video does not reach a reader."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile

from tamizdat.importers import sample
from tamizdat.stories.models import Home, Recording
from tamizdat.stories.recorded import UnknownRecording, without_metadata
from tests import writing

MEDIA = Path(sample.__file__).parent / "media"
CANARY = b"+56.9496+024.1052/ J. Okker 4711"
PLAIN_MP3 = (MEDIA / "harbour-bell.mp3").read_bytes()
PLAIN_MP4 = (MEDIA / "tamna-fog.mp4").read_bytes()


def id3(text: bytes) -> bytes:
    frame = b"TXXX" + struct.pack(">IH", len(text) + 1, 0) + b"\0" + text
    size = bytes(len(frame) >> shift & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\4\0\0" + size + frame


def ape(text: bytes) -> bytes:
    return b"APETAGEX" + struct.pack("<IIII", 2000, 32, 1, 0) + bytes(8) + text


@pytest.mark.parametrize(
    "tagged",
    [
        id3(CANARY) + PLAIN_MP3,
        id3(CANARY) + id3(b"more " + CANARY) + PLAIN_MP3,
        PLAIN_MP3 + b"TAG" + CANARY.ljust(125, b"\0"),
        PLAIN_MP3 + ape(CANARY) + b"TAG" + CANARY.ljust(125, b"\0"),
        CANARY + PLAIN_MP3,
    ],
    ids=["ID3v2", "two of them", "ID3v1", "APE", "junk before"],
)
def test_an_mp3_keeps_its_sound_and_loses_all_else(tagged: bytes) -> None:
    assert without_metadata(tagged) == without_metadata(PLAIN_MP3)
    assert CANARY not in without_metadata(tagged)


def test_what_is_bare_already_stays_as_it_is() -> None:
    assert without_metadata(PLAIN_MP3) == PLAIN_MP3
    bare = without_metadata(PLAIN_MP4)
    assert without_metadata(bare) == bare


# A small MP4, whose tables we know


def box(kind: bytes, *content: bytes) -> bytes:
    body = b"".join(content)
    return struct.pack(">I", 8 + len(body)) + kind + body


def full(kind: bytes, *content: bytes) -> bytes:
    return box(kind, bytes(4), *content)


AVC, HEVC, SOUND = b"avc1", b"hvc1", b"mp4a"


def entry(kind: bytes) -> bytes:
    if kind == SOUND:
        return box(SOUND, bytes(28), full(b"esds", b"\3"), box(b"uuid", CANARY))
    config = b"\1\x64\0\x1f\xff" if kind == AVC else bytes(21) + b"\3"
    name = b"avcC" if kind == AVC else b"hvcC"
    return box(kind, bytes(42), CANARY.ljust(36, b"\0"), box(name, config), box(b"uuid", CANARY))


def track(handler: bytes, kind: bytes, sizes: list[int], place: int) -> bytes:
    count = struct.pack(">I", len(sizes))
    stbl = box(
        b"stbl",
        full(b"stsd", struct.pack(">I", 1), entry(kind)),
        full(b"stsc", struct.pack(">IIII", 1, 1, len(sizes), 1)),
        full(b"stsz", bytes(4), count, struct.pack(f">{len(sizes)}I", *sizes)),
        full(b"stco", struct.pack(">II", 1, place)),
        box(b"udta", CANARY),
    )
    dinf = box(b"dinf", full(b"dref", struct.pack(">I", 1), box(b"url ", b"\0\0\0\1")))
    times = struct.pack(">II", 0xD0D1D2D3, 0xD0D1D2D3)
    mdia = box(
        b"mdia",
        full(b"mdhd", times, bytes(12)),
        full(b"hdlr", bytes(4), handler, bytes(12), CANARY, b"\0"),
        box(b"minf", full(b"vmhd", bytes(8)), dinf, stbl),
    )
    return box(b"trak", full(b"tkhd", times, bytes(72)), mdia, box(b"meta", CANARY))


def unit(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(kind) + len(content)) + kind + content


SEI_OF_USERS = {
    AVC: unit(b"\x06", b"\x05" + bytes([len(CANARY)]) + CANARY + b"\x80"),
    HEVC: unit(b"\x4e\x01", b"\x04" + bytes([len(CANARY)]) + CANARY + b"\x80"),
}
SEI_OF_PLAYING = {
    AVC: unit(b"\x06", b"\x06\x02\x11\x22\x80"),
    HEVC: unit(b"\x4e\x01", b"\x06\x02\x11\x22\x80"),
}
SLICE = {AVC: unit(b"\x65", b"a slice"), HEVC: unit(b"\x26\x01", b"a slice")}


def film(kind: bytes = AVC, *, flight: bytes = b"meta") -> bytes:
    """Return a film of two pictures, with a track beside it that tells where it was taken."""
    pictures = [SEI_OF_USERS[kind] + SLICE[kind], SEI_OF_PLAYING[kind] + SLICE[kind]]
    sizes = [len(each) for each in pictures]
    start = len(box(b"ftyp", b"isom", bytes(4)))
    content = b"".join(pictures) + CANARY + CANARY  # samples of the flight, and nobody's bytes
    made = b""
    for _ in range(2):  # the second time it is known how long the table of contents is
        first = start + len(made) + 8
        made = box(
            b"moov",
            full(b"mvhd", struct.pack(">II", 0xD0D1D2D3, 0xD0D1D2D3), bytes(88)),
            track(b"vide", kind, sizes, first),
            track(flight, SOUND, [len(CANARY)], first + sum(sizes)),
            box(b"udta", box(b"\xa9xyz", CANARY)),
            box(b"meta", CANARY),
        )
    head = box(b"ftyp", b"isom", bytes(4))
    return head + made + box(b"mdat", content) + box(b"uuid", CANARY) + box(b"free", CANARY)


@pytest.mark.parametrize("kind", [AVC, HEVC])
@pytest.mark.parametrize("flight", [b"meta", b"text", b"sbtl", b"camm"])
def test_a_film_loses_place_and_camera_and_keeps_its_pictures(kind: bytes, flight: bytes) -> None:
    made = film(kind, flight=flight)
    bare = without_metadata(made)
    assert CANARY not in bare
    assert b"\xd0\xd1\xd2\xd3" not in bare
    assert len(bare) == len(made)
    for kept in (SLICE[kind], SEI_OF_PLAYING[kind]):
        assert bare.count(kept) == made.count(kept)
        assert bare.index(kept) == made.index(kept)


def test_a_message_of_users_becomes_filler_of_the_same_length() -> None:
    made = film(AVC)
    place = made.index(SEI_OF_USERS[AVC]) + 4
    bare = without_metadata(made)
    assert bare[place] & 0x1F == 12
    assert set(bare[place + 1 : place + len(SEI_OF_USERS[AVC]) - 5]) == {0xFF}


def test_the_sound_beside_a_film_stays() -> None:
    made = film(flight=b"soun")
    assert without_metadata(made).count(CANARY) == 1  # which here is the sound


def test_the_samples_of_our_own_film_are_untouched() -> None:
    bare = without_metadata(PLAIN_MP4)
    at = PLAIN_MP4.index(b"mdat")
    assert bare.index(b"mdat") == at
    assert b"Lavf" not in bare


TOLD_TWICE = film().replace(b"mvhd", b"mvex")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"RIFF\0\0\0\0WAVEfmt " + CANARY,
        b"OggS" + CANARY * 20,
        b"fLaC" + CANARY * 20,
        b"\x1a\x45\xdf\xa3" + CANARY * 20,
        film()[:-5],
        film()[:300],
        TOLD_TWICE,
        film().replace(b"\0\0\0\1", b"\0\0\0\0", 1).replace(b"moov", b"free"),
        film().replace(b"stco", b"free"),
        film().replace(b"stsz", b"stz2"),
        box(b"ftyp", b"isom", bytes(4)) + box(b"mdat", CANARY),
    ],
)
def test_what_cannot_be_read_through_is_refused(data: bytes) -> None:
    with pytest.raises(UnknownRecording):
        without_metadata(data)


def test_every_cut_of_a_film_is_refused_or_bare() -> None:
    made = film()
    for end in range(0, len(made), 7):
        try:
            assert CANARY not in without_metadata(made[:end])
        except UnknownRecording:
            continue


# In the newsroom


def test_an_upload_is_kept_without_its_tags(newsroom: dict[str, Home]) -> None:
    file = ContentFile(id3(CANARY) + PLAIN_MP3, "bell.mp3")
    recording = Recording(title="bell", type="audio", file=file)
    recording.full_clean(exclude=["collection", "duration"])
    recording.save()
    with recording.file.open("rb") as opened:
        assert opened.read() == PLAIN_MP3


def test_an_editor_is_told_what_to_do_with_a_file_that_cannot_be_stripped(
    newsroom: dict[str, Home],
) -> None:
    recording = Recording(title="bell", type="audio", file=ContentFile(b"OggS" + CANARY, "b.mp3"))
    with pytest.raises(ValidationError, match="Save it as MP3, or as MP4"):
        recording.full_clean(exclude=["collection", "duration"])
    with pytest.raises(UnknownRecording):
        recording.save()
    assert not Recording.objects.exists()


def test_nothing_of_the_recorder_is_in_the_edition(
    newsroom: dict[str, Home], bake: Callable[..., Any], edition: Path
) -> None:
    names = {"bell.mp3": id3(CANARY) + PLAIN_MP3, "fog.mp4": film()}
    body = []
    for name, data in names.items():
        kind = "audio" if name.endswith("mp3") else "video"
        recording = Recording(title=name, type=kind, file=ContentFile(data, name))
        recording.save()
        body.append((kind, {"recording": recording, "title": name, "transcript": ""}))
    writing.published(newsroom["en"], body=body)
    bake()
    found = [f for f in (edition / "media").iterdir() if f.suffix in (".mp3", ".mp4")]
    assert len(found) == 2
    assert not [f for f in found if CANARY in f.read_bytes()]
