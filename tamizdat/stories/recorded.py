"""Take out of a recording what is not sound or picture: tags, places, times, devices, other tracks.

Rules:

* Nothing is decoded; what is heard and seen stays bit for bit.
* MP3: the frames of sound stay, in their order, and nothing else does.
* MP4 (M4A, M4V): only boxes that playing needs stay. All else keeps its place, since chunks of
  sound and picture are found by their distance from the file's beginning, but becomes a box of
  kind ``free`` that is filled with zeros. Tracks that are neither sound nor picture go the same
  way: action cameras and drones write the flight and its coordinates into tracks of their own.
  Bytes of ``mdat`` that no sample claims become zeros.
* Within pictures (H.264, H.265), messages that hold users' data go: some cameras write place, time
  and serial number there.
* What cannot be read to its end is refused: an editor is told what to do, and nothing is kept.

Sources: ISO/IEC 14496-12 (boxes), ISO/IEC 11172-3 and 13818-3 (frames), ID3v2.4 section 3.1,
ITU-T H.264 annex D and H.265 annex D (messages).
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain


class UnknownRecording(ValueError):
    """The file is no MP3 or MP4 that we can read through; what else it says is not known."""


def without_metadata(data: bytes) -> bytes:
    """Return the same sound and pictures and nothing else. Raises UnknownRecording."""
    if data[4:8] == b"ftyp":
        try:
            return _bare_mp4(data)
        except (struct.error, IndexError, OverflowError) as error:
            raise UnknownRecording("an MP4 file whose parts do not add up") from error
    return _bare_mp3(data)


# MP3

_BITRATES = {  # kilobits a second of layer III, by version
    3: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}


def _bare_mp3(data: bytes) -> bytes:
    frames = list(_frames(data))
    kept = b"".join(frames)
    if len(frames) < 2 or len(kept) < len(data) / 2:
        raise UnknownRecording("neither an MP3 nor an MP4 file")
    return kept


def _frames(data: bytes) -> Iterator[bytes]:
    place, kind = 0, None
    while place + 4 <= len(data):
        if data[place : place + 3] == b"ID3":
            place += _length_of_id3(data[place : place + 10])
            continue
        length, of_kind = _frame(data[place : place + 4])
        if length and place + length <= len(data) and kind in (None, of_kind):
            kind = of_kind
            yield data[place : place + length]
            place += length
        else:
            place += 1


def _frame(header: bytes) -> tuple[int, tuple[int, int]]:
    """Return a frame's length, 0 where there is none, and what all frames of a file share."""
    version, layer = header[1] >> 3 & 3, header[1] >> 1 & 3
    bitrate, rate = header[2] >> 4, header[2] >> 2 & 3
    is_frame = header[0] == 0xFF and header[1] >= 0xE0 and version != 1 and layer == 1
    if not is_frame or bitrate in (0, 15) or rate == 3:
        return 0, (0, 0)
    hertz = _RATES[version][rate]
    kilobits = _BITRATES[3 if version == 3 else 2][bitrate]
    length = (144 if version == 3 else 72) * kilobits * 1000 // hertz + (header[2] >> 1 & 1)
    return length, (version, hertz)


def _length_of_id3(header: bytes) -> int:
    size = 0
    for byte in header[6:10]:
        size = size << 7 | byte & 0x7F
    return 10 + size + (10 if len(header) > 5 and header[5] & 0x10 else 0)


# MP4

_TOP = {b"ftyp", b"moov", b"mdat"}
_INSIDE = {  # what stays in each box that holds boxes
    b"moov": {b"mvhd", b"trak"},
    b"trak": {b"tkhd", b"edts", b"mdia", b"tref"},
    b"edts": {b"elst"},
    b"mdia": {b"mdhd", b"hdlr", b"minf"},
    b"minf": {b"vmhd", b"smhd", b"hdlr", b"dinf", b"stbl"},
    b"dinf": {b"dref"},
    b"stbl": set(
        b"stsd stts ctts cslg stsc stsz stz2 stco co64 stss stps sdtp sbgp sgpd".split(),
    ),
}
_ENTRY = set(b"avcC hvcC av1C vpcC esds dOps dac3 dec3 pasp colr clap btrt wave frma".split())
_PICTURES, _SOUND = b"vide", b"soun"
_HEAD = {_PICTURES: 78, _SOUND: 28}  # bytes of a sample entry before the boxes in it


@dataclass(frozen=True)
class _Box:
    kind: bytes
    start: int  # of its header
    body: int
    end: int


def _bare_mp4(data: bytes) -> bytes:
    out = bytearray(data)
    top = list(_boxes(out, 0, len(out)))
    if not any(box.kind == b"moov" for box in top):
        raise UnknownRecording("an MP4 file without a table of contents, or a stream of fragments")
    _keep(out, top, _TOP)
    tracks = [track for box in top if box.kind == b"moov" for track in _tracks(out, box)]
    if not tracks:
        raise UnknownRecording("an MP4 file with neither sound nor pictures")
    samples = sorted(chain.from_iterable(map(_samples, tracks)))
    for track in tracks:
        for start, end in _samples(track) if track.unit else ():
            _silence(out, start, end, track)
    for box in top:
        if box.kind == b"mdat":
            _blank_between(out, box, samples)
    return bytes(out)


def _boxes(data: bytearray, start: int, end: int) -> Iterator[_Box]:
    while start < end:
        if end - start < 8:
            raise UnknownRecording("an MP4 file whose boxes do not add up")
        length, kind = struct.unpack_from(">I4s", data, start)
        body = start + 8
        if length == 1:
            (length,) = struct.unpack_from(">Q", data, body)
            body += 8
        elif length == 0:
            length = end - start
        if not body - start <= length <= end - start:
            raise UnknownRecording("an MP4 file whose boxes do not add up")
        yield _Box(kind, start, body, start + length)
        start += length


def _keep(out: bytearray, boxes: Iterable[_Box], kinds: set[bytes]) -> None:
    for box in boxes:
        if box.kind not in kinds:
            _free(out, box)


def _free(out: bytearray, box: _Box) -> None:
    out[box.start + 4 : box.start + 8] = b"free"
    _blank(out, box.body, box.end)


def _blank(out: bytearray, start: int, end: int) -> None:
    out[start:end] = bytes(max(0, end - start))


@dataclass(frozen=True)
class _Track:
    """A track of sound or pictures: where its samples lie, and how its messages are told.

    ``unit``: bytes that give the length of each part of a sample (NAL unit); 0: there are none.
    """

    chunks: tuple[int, ...]
    runs: tuple[tuple[int, int], ...]  # first chunk from 1, samples a chunk from there on
    sizes: tuple[int, ...]
    unit: int = 0
    is_h265: bool = False


def _tracks(out: bytearray, moov: _Box) -> Iterator[_Track]:
    boxes = list(_boxes(out, moov.body, moov.end))
    if any(box.kind == b"mvex" for box in boxes):
        raise UnknownRecording("an MP4 file cut into fragments; save it as a plain MP4")
    _keep(out, boxes, _INSIDE[b"moov"])
    for box in boxes:
        if box.kind == b"mvhd":
            _forget_times(out, box)
        if box.kind == b"trak":
            handler = _handler(out, box)
            if handler in _HEAD:
                found: dict[bytes, _Box] = {}
                _clean(out, box, found)
                yield _read_track(out, found, handler)
            else:
                _free(out, box)


def _handler(out: bytearray, trak: _Box) -> bytes:
    for mdia in _boxes(out, trak.body, trak.end):
        if mdia.kind == b"mdia":
            for box in _boxes(out, mdia.body, mdia.end):
                if box.kind == b"hdlr":
                    return bytes(out[box.body + 8 : box.body + 12])
    return b""


def _clean(out: bytearray, parent: _Box, found: dict[bytes, _Box]) -> None:
    """Free what playing does not need, in a track and below; note the boxes that stay."""
    boxes = list(_boxes(out, parent.body, parent.end))
    _keep(out, boxes, _INSIDE[parent.kind])
    for box in boxes:
        if box.kind in _INSIDE and box.kind in _INSIDE[parent.kind]:
            _clean(out, box, found)
        elif box.kind in (b"tkhd", b"mdhd"):
            _forget_times(out, box)
        elif box.kind == b"hdlr":  # after the handler come twelve reserved bytes, then its name
            _blank(out, box.body + 24, box.end)
        elif box.kind == b"dref":
            _expect_own_data(out, box)
        if box.kind in _INSIDE[parent.kind]:
            found[box.kind] = box


def _forget_times(out: bytearray, box: _Box) -> None:
    """Blank when it was recorded and changed; version 1 has longer numbers."""
    _blank(out, box.body + 4, box.body + (20 if out[box.body] == 1 else 12))


def _expect_own_data(out: bytearray, dref: _Box) -> None:
    for box in _boxes(out, dref.body + 8, dref.end):
        if out[box.body + 3] != 1:  # flag: the samples lie in this very file
            raise UnknownRecording("an MP4 file whose sound or pictures lie in another file")


def _read_track(out: bytearray, found: dict[bytes, _Box], handler: bytes) -> _Track:
    missing = {b"stsd", b"stsc"} - found.keys()
    if missing or not found.keys() & {b"stco", b"co64"}:
        raise UnknownRecording("an MP4 file that does not tell where its samples are")
    wide = b"co64" in found
    chunks = _numbers(out, found[b"co64" if wide else b"stco"], ">Q" if wide else ">I")
    runs = _numbers(out, found[b"stsc"], ">III")
    unit, is_h265 = _clean_entries(out, found[b"stsd"], handler)
    return _Track(
        chunks=tuple(each[0] for each in chunks),
        runs=tuple((each[0], each[1]) for each in runs),
        sizes=tuple(_sizes(out, found)),
        unit=unit,
        is_h265=is_h265,
    )


def _numbers(out: bytearray, box: _Box, form: str) -> list[tuple[int, ...]]:
    (count,) = struct.unpack_from(">I", out, box.body + 4)
    start, each = box.body + 8, struct.calcsize(form)
    if start + count * each > box.end:
        raise UnknownRecording("an MP4 file whose tables do not add up")
    return list(struct.iter_unpack(form, bytes(out[start : start + count * each])))


def _sizes(out: bytearray, found: dict[bytes, _Box]) -> list[int]:
    if b"stsz" not in found:
        raise UnknownRecording("an MP4 file whose samples have no plain sizes")
    box = found[b"stsz"]
    same, count = struct.unpack_from(">II", out, box.body + 4)
    if same:
        if count > len(out):
            raise UnknownRecording("an MP4 file whose tables do not add up")
        return [same] * count
    table = _Box(box.kind, box.start, box.body + 4, box.end)
    return [each[0] for each in _numbers(out, table, ">I")]


def _clean_entries(out: bytearray, stsd: _Box, handler: bytes) -> tuple[int, bool]:
    """Clean what describes the coding; return how its messages are told (see _Track)."""
    unit, is_h265 = 0, False
    for entry in _boxes(out, stsd.body + 8, stsd.end):
        head = entry.body + _HEAD[handler]
        if handler == _PICTURES:
            _blank(out, entry.body + 42, entry.body + 74)  # the name of the coder
        elif out[entry.body + 9]:  # QuickTime's longer descriptions of sound
            head += {1: 16, 2: 36}.get(out[entry.body + 9], 0)
        boxes = list(_boxes(out, head, entry.end))
        _keep(out, boxes, _ENTRY)
        for box in boxes:
            if box.kind == b"avcC":
                unit = (out[box.body + 4] & 3) + 1
            if box.kind == b"hvcC":
                unit, is_h265 = (out[box.body + 21] & 3) + 1, True
    return unit, is_h265


def _samples(track: _Track) -> Iterator[tuple[int, int]]:
    """Give where each sample begins and ends."""
    sizes = iter(track.sizes)
    ends = [first - 1 for first, _ in track.runs[1:]] + [len(track.chunks)]
    for (first, count), last in zip(track.runs, ends, strict=True):
        for start in track.chunks[first - 1 : last]:
            for _ in range(count):
                size = next(sizes, 0)
                yield start, start + size
                start += size


def _blank_between(out: bytearray, mdat: _Box, samples: list[tuple[int, int]]) -> None:
    place = mdat.body
    for start, end in samples:
        if start >= mdat.end:
            break
        _blank(out, place, min(start, mdat.end))
        place = max(place, end)
    _blank(out, place, mdat.end)


# Messages within pictures

_USERS_DATA = {4, 5}  # payload types: registered (ITU-T T.35) and unregistered


def _silence(out: bytearray, start: int, end: int, track: _Track) -> None:
    """Turn each unit with users' data in it into filler of the same length."""
    while start + track.unit < end:
        length = int.from_bytes(out[start : start + track.unit], "big")
        unit = start + track.unit
        if unit + length > end:
            raise UnknownRecording("an MP4 file whose pictures do not add up")
        kind = out[unit] >> 1 & 0x3F if track.is_h265 else out[unit] & 0x1F
        head = 2 if track.is_h265 else 1
        is_message = kind in ((39, 40) if track.is_h265 else (6,))
        if length > head and is_message and _has_users_data(out[unit + head : unit + length]):
            out[unit] = 38 << 1 if track.is_h265 else 12
            out[unit + head : unit + length] = b"\xff" * (length - head - 1) + b"\x80"
        start = unit + length


def _has_users_data(messages: bytearray) -> bool:
    place = 0
    while place + 2 < len(messages):  # the last byte holds the closing bit
        kind, place = _counted(messages, place)
        length, place = _counted(messages, place)
        if kind in _USERS_DATA:
            return True
        place += length
    return False


def _counted(messages: bytearray, place: int) -> tuple[int, int]:
    value = 0
    while place < len(messages) and messages[place] == 0xFF:
        value, place = value + 255, place + 1
    return value + (messages[place] if place < len(messages) else 0), place + 1
