"""What arrives from mirrors, in files that were passed on, and at the reader's door."""

from __future__ import annotations

import zlib
from contextlib import suppress
from typing import Any

from hypothesis import strategies as st

from fuzzing import Target, hostile

WORDS = [b'"', b"{", b"}", b"[", b"null", b"1e9", b"../", b"\\ud800", b"9" * 400, b"[" * 300]


def metadata() -> Target:
    from tuf.api.metadata import Root, Signed, Snapshot, Targets, Timestamp

    from tamizdat.edition.errors import EditionError
    from tamizdat.edition.metadata import read
    from tests.edition.newsroom import Newsroom

    kinds: list[tuple[type[Signed], str]] = [
        (Root, "root"),
        (Timestamp, "timestamp"),
        (Snapshot, "snapshot"),
        (Targets, "targets"),
    ]
    files = [data for name, data in Newsroom().files.items() if name.startswith("signed/")]

    def run(value: tuple[bytes, tuple[type[Signed], str]]) -> object:
        data, (kind, name) = value
        return read(kind, data, name)

    inputs = st.tuples(hostile(files, WORDS), st.sampled_from(kinds))
    return Target("metadata", inputs, run, (EditionError,))


def _kept(name: str, good: list[bytes], opening: Any, words: list[bytes]) -> Target:
    from tamizdat.edition.errors import EditionError
    from tamizdat.edition.trust import Trust
    from tests.edition.newsroom import NOW

    def run(data: bytes) -> object:
        return opening(data, lambda root: Trust(root, NOW, refuse_expired=False))

    return Target(name, hostile(good, words), run, (EditionError,))


def bundle() -> Target:
    from tamizdat.edition.bundle import open_bundle
    from tests.edition import keepsakes

    good = [keepsakes.story_bundle(), keepsakes.week_bundle()]
    return _kept("bundle", good, open_bundle, WORDS)


def saved() -> Target:
    from tamizdat.edition.saved import make, open_saved
    from tests.edition import keepsakes

    good = [make(keepsakes.story_bundle(), keepsakes.ROOM.files.get)]
    return _kept(
        "saved", good, open_saved, [*WORDS, b"<!--", b"-->", b"<script>", b"data:;base64,"]
    )


def book() -> Target:
    from tamizdat.edition.book import make, open_book
    from tests.edition import keepsakes

    good = [make(keepsakes.week_bundle(), keepsakes.ROOM.files.get)]
    return _kept("book", good, open_book, [b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06", b"\x08\0"])


REQUESTS = [
    b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    b"HEAD /2026/11/dam/?q=1 HTTP/1.0\r\n\r\n",
    b'GET /media/a.webp HTTP/1.1\r\nHost: a\r\nRange: bytes=0-9,20-\r\nIf-Range: W/"a"\r\n'
    b"Accept-Encoding: br;q=1.0, gzip;q=0.001, *;q=0\r\nConnection: close\r\n\r\n",
    b'GET /%D0%BC%D1%8D%D1%80/ HTTP/1.1\r\nHost: [::1]:80\r\nIf-None-Match: "a", W/"b", *\r\n'
    b"Content-Length: 0\r\n\r\n",
    b"POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
]
HEADS = [
    b"\r\n",
    b"\n",
    b": ",
    b"%00",
    b"%2e%2e%2f",
    b"//",
    b"HTTP/1.1",
    b"Host: b\r\n",
    b"bytes=-",
]


def door() -> Target:
    from tamizdat.reader.door import conditions, headers
    from tamizdat.reader.door.requests import Refusal, read_request
    from tamizdat.reader.door.targets import Missing, folder_address, language_pages, name_of

    def run(head: bytes) -> None:
        asked = read_request(head)
        wishes = asked.wishes
        name = name_of(asked.target)
        if not name.startswith("/") or "\0" in name or "/../" in name or "//" in name:
            raise AssertionError("a name that leaves the folder")
        for answer in (headers.content_type, headers.cache_rule, folder_address, language_pages):
            answer(name)
        headers.policy(name, b"<html")
        conditions.is_known(b'"a"', wishes.if_none_match or b"")
        conditions.is_wanted(b'"a"', wishes.if_match or b"")
        if wishes.range is not None:
            conditions.span(wishes.range, 100)

    return Target("door", hostile(REQUESTS, HEADS), run, (Refusal, Missing, conditions.OutOfRange))


def search() -> Target:
    """The index that lies on mirrors, the entries that the baker keeps, and questions."""
    from tamizdat.reader.search import shards
    from tamizdat.reader.search.entries import Entry, pack, unpack
    from tamizdat.reader.search.postings import Damaged, joined, unpacked
    from tamizdat.reader.search.terms import tongue

    terms: shards.Raw = {}
    for number, term in enumerate((b"dam", b"dams", "плотина".encode())):
        shards.put(terms, term, joined([(0, [bytes([number, 0, 0, 0]), b"", b"", b""])]))
    entry = pack(Entry({"dam": 0, "flood": 1}))
    good = [shards.write(1, 0, terms), entry, b"Flood, ", "Плотина سد".encode()]

    def run(value: tuple[bytes, str]) -> None:
        data, language = value
        tongue(language).terms(data.decode("utf-8", "replace"))
        with suppress(ValueError, zlib.error):  # the baker's own table; it makes a new one
            unpack(data)
        for found, is_single in shards.read(data).values():
            unpacked(found, is_single)

    inputs = st.tuples(hostile(good), st.sampled_from(["en", "ru", "fa"]))
    return Target("search", inputs, run, (Damaged,))
