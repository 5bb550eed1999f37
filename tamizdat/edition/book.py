"""A book: a week's stories as EPUB 3, with what proves them inside.

As with a saved file (``saved``), every byte of what it shows follows from its bundle, so whoever
checks a book makes it again from its own bundle and compares. The rule: docs/saved-file.md.

* Each file in it is what the rule makes; there is no other, no other order, no byte around them.
* Dates in it are the edition's, never a clock's. The same pages and pictures make the same book.
* It links to the newsroom's address alone, and loads nothing.

https://www.w3.org/TR/epub-33/ says what a book is; https://www.w3.org/TR/epub-a11y-11/ what it
should say of who can read it.
"""

from __future__ import annotations

import hashlib
import json
import struct
import uuid
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO

from tamizdat.edition.articles import headline, shown
from tamizdat.edition.bundle import LONGEST, Bundle, open_bundle
from tamizdat.edition.canonical import canonical
from tamizdat.edition.errors import Altered, Malformed, Missing, TooLong
from tamizdat.edition.metadata import load, moment
from tamizdat.edition.saved import TYPES, Content, Pictures, choose, parts
from tamizdat.edition.trust import Trust

MOST = 3_000_000  # bytes of a book
BUNDLE = "bundle.json"
JPEG_FIRST = ("jpg", "png", "webp")  # what programs that show books can show
AROUND = 400  # bytes that a picture costs in a book besides its own, at most
MOST_FILES = 5_000
MIMETYPE = b"application/epub+zip"
STORED, DEFLATED = WAYS = 0, 8
_CONTAINER = (
    '<?xml version="1.0" encoding="utf-8"?>\n'
    '<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">\n'
    '<rootfiles><rootfile full-path="book.opf" media-type="application/oebps-package+xml"/>'
    "</rootfiles>\n</container>\n"
)
_FEATURES = ("alternativeText", "readingOrder", "structuralNavigation", "tableOfContents")


def is_book(data: bytes) -> bool:
    """Say whether this looks like a book."""
    return data.startswith(b"PK\x03\x04") and data[38 : 38 + len(MIMETYPE)] == MIMETYPE


def make(
    bundle: bytes,
    read: Callable[[str], bytes | None],
    most: int = MOST,
    *,
    is_cut: bool = False,
) -> bytes:
    """Return the book of a bundle: its pages, and last its frame; the rest as in ``saved.make``."""
    said = load(bundle, "the bundle", LONGEST)
    made = _made_at(said["signed"])
    files = {path: each["text"].encode() for path, each in said["files"].items()}
    content = parts(said["paths"], files)
    bare = len(_packed(_files(bundle, content, {}, made, is_cut)))
    chosen = choose(content.pages.values(), read, most - bare, _cost, JPEG_FIRST)
    return _packed(_files(bundle, content, chosen, made, is_cut))


def _made_at(signed: Mapping[str, str]) -> datetime:
    """Return when the edition was made, as its snapshot says."""
    text = next(text for name, text in signed.items() if name.endswith(".snapshot.json"))
    return moment(json.loads(text)["signed"]["edition"]["made"])


def _cost(length: int) -> int:
    return length + AROUND


# What is in it


@dataclass(frozen=True)
class _Part:
    """A file of the book; ``kind`` is its media type, ``is_read`` whether it stands in order."""

    name: str
    kind: str
    data: bytes
    is_read: bool = False
    properties: str = ""


def _files(
    bundle: bytes, content: Content, found: Pictures, made: datetime, is_cut: bool
) -> dict[str, bytes]:
    """Return every file of the book by its name, in order."""
    inner = [*_chapters(content, found, is_cut), *_beside(bundle, content, found)]
    book = {"mimetype": MIMETYPE, "META-INF/container.xml": _CONTAINER.encode()}
    book["book.opf"] = _package(content, inner, made, bundle).encode()
    return book | {part.name: part.data for part in inner}


def _chapters(content: Content, found: Pictures, is_cut: bool) -> Iterator[_Part]:
    frame = content.frame
    manner = content.manner(lambda name: _picture_name(name, found), "s{}.xhtml".format)
    xhtml = "application/xhtml+xml"
    yield _Part("nav.xhtml", xhtml, _contents(content, is_cut).encode(), True, "nav")
    for number, (path, page) in enumerate(content.pages.items(), 1):
        body = shown(page, number, manner) + content.source(path)
        text = _document(content, headline(page), body)
        yield _Part(f"s{number}.xhtml", xhtml, text.encode(), True)
    text = _document(content, frame.book["check"], frame.book["how"])
    yield _Part("check.xhtml", xhtml, text.encode(), True)


def _beside(bundle: bytes, content: Content, found: Pictures) -> Iterator[_Part]:
    yield _Part("style.css", "text/css", content.frame.book["style"].encode())
    for sha256 in sorted(found):
        ending = _ending(content, sha256)
        yield _Part(f"pictures/{sha256}.{ending}", TYPES[ending], found[sha256])
    yield _Part(BUNDLE, "application/json", bundle)


def _picture_name(name: str, found: Pictures) -> str | None:
    sha256, _, ending = name.removeprefix("media/").partition(".")
    return f"pictures/{sha256}.{ending}" if sha256 in found and ending in TYPES else None


def _ending(content: Content, sha256: str) -> str:
    """Return the ending that the pages give a picture. Raises Altered where none names it."""
    for page in content.pages.values():
        for ending in TYPES:
            if f"media/{sha256}.{ending}" in page:
                return ending
    raise Altered(f"a picture in the book ({sha256}) is none that its stories name")


def _document(content: Content, title: str, body: str) -> str:
    book = content.frame.book
    language, direction = book["language"], book["direction"]
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE html>\n'
        '<html xmlns="http://www.w3.org/1999/xhtml" '
        f'xmlns:epub="http://www.idpf.org/2007/ops" lang="{language}" xml:lang="{language}" '
        f'dir="{direction}">\n<head>\n<title>{title}</title>\n'
        '<link rel="stylesheet" type="text/css" href="style.css"/>\n</head>\n'
        f"<body>\n{body}\n</body>\n</html>\n"
    )


def _contents(content: Content, is_cut: bool) -> str:
    frame = content.frame
    heading = frame.book["contents"]
    items = [
        f'<li><a href="s{number}.xhtml">{title}</a></li>'
        for number, title in content.titles().items()
    ]
    items.append(f'<li><a href="check.xhtml">{frame.book["check"]}</a></li>')
    rest = "" if content.pages else frame.nothing
    rest += frame.no_stories if is_cut else ""
    listed = "\n".join(items)
    body = f'<nav epub:type="toc">\n<h1>{heading}</h1>\n<ol>\n{listed}\n</ol>\n</nav>\n{rest}'
    return _document(content, heading, body)


def _package(content: Content, inner: list[_Part], made: datetime, bundle: bytes) -> str:
    frame = content.frame
    book = frame.book
    title = frame.title or next(iter(content.titles().values()), book["contents"])
    digest = hashlib.sha256(bundle).hexdigest()
    own = uuid.uuid5(uuid.NAMESPACE_URL, f"{frame.address}/#{digest}")
    is_seen = any(part.kind.startswith("image/") for part in inner)
    modes = ("textual", "visual") if is_seen else ("textual",)
    about = [
        *(f'<meta property="schema:accessMode">{mode}</meta>' for mode in modes),
        '<meta property="schema:accessModeSufficient">textual</meta>',
        *(f'<meta property="schema:accessibilityFeature">{each}</meta>' for each in _FEATURES),
        '<meta property="schema:accessibilityHazard">none</meta>',
        f'<meta property="schema:accessibilitySummary">{book["summary"]}</meta>',
    ]
    items, spine = [], []
    for number, part in enumerate(inner):
        properties = f' properties="{part.properties}"' if part.properties else ""
        items.append(
            f'<item id="i{number}" href="{part.name}" media-type="{part.kind}"{properties}/>'
        )
        spine += [f'<itemref idref="i{number}"/>'] if part.is_read else []
    language = book["language"]
    return "\n".join(
        [
            '<?xml version="1.0" encoding="utf-8"?>',
            '<package xmlns="http://www.idpf.org/2007/opf" version="3.0" '
            f'unique-identifier="own" xml:lang="{language}" dir="{book["direction"]}">',
            '<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">',
            f'<dc:identifier id="own">urn:uuid:{own}</dc:identifier>',
            f"<dc:title>{title}</dc:title>",
            f"<dc:language>{language}</dc:language>",
            f'<meta property="dcterms:modified">{made:%Y-%m-%dT%H:%M:%SZ}</meta>',
            *about,
            "</metadata>",
            "<manifest>",
            *items,
            "</manifest>",
            f'<spine page-progression-direction="{book["direction"]}">',
            *spine,
            "</spine>",
            "</package>",
            "",
        ]
    )


# The container (APPNOTE.TXT 6.3, and EPUB 3.3, 4.2: "mimetype" first and stored)


@dataclass(frozen=True)
class _Entry:
    name: bytes
    method: int
    crc: int
    length: int
    raw: bytes  # as it lies in the container


def _packed(files: Mapping[str, bytes]) -> bytes:
    return _container([_entry(name, data) for name, data in files.items()])


def _entry(name: str, data: bytes) -> _Entry:
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    raw = packer.compress(data) + packer.flush()
    is_smaller = len(raw) < len(data) and name != "mimetype"
    method = DEFLATED if is_smaller else STORED
    return _Entry(name.encode(), method, zlib.crc32(data), len(data), raw if is_smaller else data)


def _container(entries: list[_Entry]) -> bytes:
    """Return the container of these entries: nothing optional in it, and one date for all."""
    out, listed = bytearray(), bytearray()
    for each in entries:
        common = struct.pack(
            "<5H3I2H",
            *(20, 0, each.method, 0, 33),  # 33: the first of January 1980, when ZIP's time begins
            *(each.crc, len(each.raw), each.length, len(each.name), 0),
        )
        listed += struct.pack("<IH", 0x02014B50, 20) + common
        listed += struct.pack("<3H2I", 0, 0, 0, 0, len(out)) + each.name
        out += struct.pack("<I", 0x04034B50) + common + each.name + each.raw
    count = len(entries)
    end = struct.pack("<I4H2IH", 0x06054B50, 0, 0, count, count, len(listed), len(out), 0)
    return bytes(out + listed + end)


def _unpacked(data: bytes) -> list[tuple[_Entry, bytes]]:
    """Return the entries of a container and what they hold. Raises Malformed, TooLong, Altered."""
    found: list[tuple[_Entry, bytes]] = []
    try:
        with zipfile.ZipFile(BytesIO(data)) as opened:
            listed = opened.infolist()
            if len(listed) > MOST_FILES or sum(each.file_size for each in listed) > LONGEST:
                raise TooLong("the book holds more than a book may")
            if any(each.compress_type not in WAYS or each.flag_bits for each in listed):
                raise Malformed("the book is packed in a way that ours are not")  # or encrypted
            for each in listed:
                start = each.header_offset + 30 + len(each.filename.encode())
                raw = data[start : start + each.compress_size]
                content = raw if each.compress_type == STORED else _inflated(raw, each.file_size)
                own = (each.compress_type, zlib.crc32(content), len(content), raw)
                found.append((_Entry(each.filename.encode(), *own), content))
    except (zipfile.BadZipFile, zlib.error, ValueError, EOFError, NotImplementedError) as error:
        raise Malformed(f"the book cannot be opened ({type(error).__name__})") from None
    if _container([entry for entry, _ in found]) != data:
        raise Altered("the book's container is not made as ours are")
    return found


def _inflated(raw: bytes, length: int) -> bytes:
    """Return what a deflated entry holds: as many bytes as it says, and nothing behind them.

    Python's own ``read`` takes an entry at its word only after all of it was unpacked: 16 MB that
    say they hold one byte became two gigabytes. Raises Malformed.
    """
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
    content = unpacker.decompress(raw, length + 1)
    if len(content) != length or not unpacker.eof or unpacker.unused_data:
        raise Malformed("an entry of the book is not as long as it says")
    return content


# Checking


def open_book(data: bytes, trusted: Callable[[bytes], Trust], limit: int = LONGEST) -> Bundle:
    """Verify a book and return what its bundle proves, which is what it shows.

    ``trusted`` as in ``bundle.open_bundle``. Raises Malformed, TooLong, Altered, Missing or Stray.
    """
    if len(data) > limit:
        raise TooLong(f"the book is longer than the {limit} bytes that it may have")
    files = [(entry.name.decode(), content) for entry, content in _unpacked(data)]
    inner = dict(files).get(BUNDLE)
    if inner is None:
        raise Missing(f"the book holds no {BUNDLE}")
    bundle = open_bundle(inner, trusted, limit)
    content = parts(list(bundle.files), bundle.files)
    if not content.frame.book:
        raise Malformed("the bundle in the book has no frame for books")
    there = {
        hashlib.sha256(each).hexdigest(): each
        for name, each in files
        if name.startswith("pictures/")
    }
    is_cut = bool(content.frame.no_stories) and any(
        content.frame.no_stories.encode() in each for name, each in files if name == "nav.xhtml"
    )
    plain = canonical(load(inner, "the bundle", limit))
    wanted = _files(plain, content, there, bundle.signed_at, is_cut)
    if files != list(wanted.items()):
        raise Altered("what the book shows is not what was signed")
    return bundle
