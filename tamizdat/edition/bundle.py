"""A bundle: pages, and what proves them, in one file that can be handed on.

It is JSON: ``{"bundle":1,"files":{…},"paths":[…],"signed":{…}}``, keys sorted, no white space, in
UTF-8. ``paths`` says in order what it proves. ``signed`` holds the metadata files by name
(``12.snapshot.json``), as text. ``files`` holds each path's bytes: ``{"text":"…"}`` where they are
UTF-8, else ``{"base64":"…"}``.

Rules:

* A page is proved by the bin that lists it. A media file is proved by its own name
  (``media/SHA-256.ending``), and only where a proved page of the bundle names it: so nobody adds a
  picture of their own.
* A bundle may have expired, and may be older than what the reader has seen: it is a copy from a
  day, and says from which. It is held to the newest root that the reader knows, so a key that root
  names and that was replaced proves nothing any more. The keys of pages and media are named by
  targets, which a bundle brings along: a stolen one proves what its thief likes, of days when it
  was in force, until targets has a new key too (``ceremony.revoked_with``).
* It holds nothing else: what proves nothing is refused. Whoever passes it on cannot hide a word.
* The same pages of the same edition make the same bytes.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tamizdat.edition.canonical import canonical
from tamizdat.edition.errors import Altered, Malformed, Missing, Stray
from tamizdat.edition.metadata import load
from tamizdat.edition.paths import check
from tamizdat.edition.reading import Source, expect_bytes, fetch_signed, find, first_root, refresh
from tamizdat.edition.roles import ROOT, file_name, is_media
from tamizdat.edition.trust import Edition, Trust

LONGEST = 16_000_000  # a week's pages have room; what is parsed takes many times its length
LONGEST_MEDIA = 8_000_000  # of one file
MOST_FILES = 10_000
SIGNED = "signed/"
_MEDIA = re.compile(r"media/([0-9a-f]{64})\.[a-z0-9]{1,8}")
_ROOT_FILE = re.compile(r"[1-9][0-9]{0,5}\.root\.json")


@dataclass(frozen=True)
class Bundle:
    """What an opened bundle proves: the files, in order, as they stood in this edition."""

    edition: Edition
    files: Mapping[str, bytes]
    signed_at: datetime
    is_old: bool
    expired_at: datetime | None


def path_of(page: str) -> str:
    """Return where a page's bundle lies in the edition: ``bundles/2026/11/a.json``."""
    return f"bundles/{check(page).removesuffix('.html').removesuffix('/index')}.json"


# Making


def make(source: Source, pages: Iterable[str], now: datetime, media_cap: int = 0) -> bytes:
    """Return the bundle of these pages, in order, with media of up to so many bytes in all.

    Media go in as the pages name them, first come first served. Raises Missing, naming the page,
    where the edition has none; Altered and the like where the source is not sound.
    """
    kept = _Remembering(source)
    trust = Trust(first_root(kept), now, refuse_expired=False)
    refresh(trust, kept)
    files: dict[str, bytes] = {}
    for page in dict.fromkeys(pages):
        entry = find(trust, kept, page)
        if entry is None or is_media(page):
            raise Missing(f"{page}: this edition has no such page")
        files[page] = fetch_signed(source, entry)
    for name in _media_of(files.values()):
        data = source.read(name, min(media_cap, LONGEST_MEDIA)) if media_cap > 0 else None
        if data is not None and len(data) <= media_cap and _is_named_for(name, data):
            files[name] = data
            media_cap -= len(data)
    return pack(kept.files, files)


def pack(signed: Mapping[str, bytes], files: Mapping[str, bytes]) -> bytes:
    """Return the bundle of files, in order, and of just the metadata files that prove them."""
    texts = {name.removeprefix(SIGNED): data.decode() for name, data in signed.items()}
    packed = {path: _packed(data) for path, data in files.items()}
    return canonical({"bundle": 1, "files": packed, "paths": list(files), "signed": texts})


class _Remembering:
    """A source that remembers which files were read of it."""

    def __init__(self, source: Source) -> None:
        self.files: dict[str, bytes] = {}
        self._source = source

    def read(self, path: str, limit: int) -> bytes | None:
        data = self._source.read(path, limit)
        if data is not None:
            self.files[path] = data
        return data

    def paths(self) -> None:
        """Nobody asks."""


def _media_of(pages: Iterable[bytes]) -> Iterator[str]:
    """Yield every media file that the pages name, once, in order."""
    found = (match[0] for page in pages for match in _MEDIA.finditer(_text(page)))
    return iter(dict.fromkeys(found))


def _text(page: bytes) -> str:
    return page.decode("utf-8", "replace")


def _is_named_for(name: str, data: bytes) -> bool:
    match = _MEDIA.fullmatch(name)
    return match is not None and match[1] == hashlib.sha256(data).hexdigest()


def _packed(data: bytes) -> dict[str, str]:
    try:
        return {"text": data.decode("utf-8")}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(data).decode("ascii")}


# Opening


def open_bundle(data: bytes, trusted: Callable[[bytes], Trust], limit: int = LONGEST) -> Bundle:
    """Verify a bundle and return what it proves.

    ``trusted`` gets the bundle's own first root (empty where it holds none) and returns what the
    reader trusts: the newest root known to them, without timestamp and snapshot, and with
    ``refuse_expired`` off. Whoever has no root takes the bundle's: trusted on first sight.

    Raises Malformed, TooLong, Altered, Missing or Stray, naming what is wrong.
    """
    paths, source, files = _parts(load(data, "the bundle", limit))
    trust = trusted(source.files.get(file_name(ROOT, 1), b""))
    known = trust.root.version
    refresh(trust, source)
    for path in paths:
        if not _MEDIA.fullmatch(path):
            _expect_listed(trust, source, path, files[path])
    _expect_media(paths, files)
    _expect_all_used(source, known)
    expired = sorted(trust.expired.values())
    return Bundle(
        edition=trust.edition,
        files=files,
        signed_at=trust.edition.made,
        is_old=trust.is_old,
        expired_at=expired[0] if expired else None,
    )


class _Texts:
    """The metadata in a bundle as a source that notes what was read."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.files = files
        self.used: set[str] = set()

    def read(self, path: str, limit: int) -> bytes | None:
        self.used.add(path)
        return self.files.get(path)

    def paths(self) -> None:
        """Nobody asks."""


def _parts(said: dict[str, Any]) -> tuple[list[str], _Texts, dict[str, bytes]]:
    """Return the bundle's paths, its metadata and its files. Raises Malformed, BadPath, Stray."""
    if said.get("bundle") != 1 or type(said["bundle"]) is not int:
        raise Malformed("the bundle is not of form 1")
    if set(said) != {"bundle", "files", "paths", "signed"}:
        raise Malformed("the bundle should hold bundle, files, paths and signed, nothing else")
    paths, signed, files = said["paths"], said["signed"], said["files"]
    if type(paths) is not list or not 1 <= len(paths) <= MOST_FILES:
        raise Malformed(f"the bundle should prove 1 to {MOST_FILES} files")
    if type(signed) is not dict or type(files) is not dict:
        raise Malformed("the bundle's signed and files should be objects")
    if not all(type(path) is str for path in paths) or len(set(paths)) != len(paths):
        raise Malformed("the bundle's paths should be texts, each once")
    odd = set(paths).symmetric_difference(files)
    if odd:
        raise Stray(f"{min(odd)!r} should stand both in the bundle's paths and in its files")
    texts = _Texts({f"{SIGNED}{name}": _plain(text, name) for name, text in signed.items()})
    return paths, texts, {check(path): _unpacked(path, files[path]) for path in paths}


def _unpacked(path: str, packed: Any) -> bytes:
    data: bytes | None
    match packed:
        case {"text": str(text)}:
            data = _plain(text, path)
        case {"base64": str(text)}:
            data = _unbased(text)
        case _:
            data = None
    # Only one way to write the same bytes, or what differs could carry a mark.
    if data is None or _packed(data) != packed:
        raise Malformed(f"{path} in the bundle should be text, or base64 where it is no UTF-8")
    return data


def _plain(text: Any, name: str) -> bytes:
    try:
        return str.encode(text)
    except (TypeError, UnicodeEncodeError):
        raise Malformed(f"{name[:200]!r} in the bundle is no text") from None


def _unbased(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return None


def _expect_listed(trust: Trust, source: Source, path: str, data: bytes) -> None:
    entry = find(trust, source, path)
    if entry is None:
        raise Stray(f"{path} is in the bundle, and nobody signed it")
    expect_bytes(entry, data)


def _expect_media(paths: list[str], files: Mapping[str, bytes]) -> None:
    pages = [files[path] for path in paths if not _MEDIA.fullmatch(path)]
    named = set(_media_of(pages))
    for path in filter(_MEDIA.fullmatch, paths):
        if path not in named:
            raise Stray(f"{path} is in the bundle, and no page of it names it")
        if not _is_named_for(path, files[path]):
            raise Altered(f"{path} in the bundle has not the SHA-256 that its name says")


def _expect_all_used(source: _Texts, known_root: int) -> None:
    """Refuse metadata that proves nothing. Roots that the reader knows already are no harm."""
    for path in sorted(set(source.files) - source.used):
        name = path.removeprefix(SIGNED)
        is_known = _ROOT_FILE.fullmatch(name) and int(name.partition(".")[0]) <= known_root
        if not is_known:
            raise Stray(f"{name[:200]!r} is in the bundle, and proves nothing there")
