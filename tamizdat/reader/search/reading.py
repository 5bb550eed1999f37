"""The index of a baked edition, read from its files, as ``scripts/search/files.js`` does it.

For whoever answers a question without a browser. ``asking`` takes the segments from here.
"""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable
from itertools import accumulate
from typing import Any

from tamizdat.reader.search.postings import Damaged, number_at
from tamizdat.reader.search.segments import (
    CHUNK,
    DIRECTORY,
    FORMAT,
    LEAVES,
    NAME,
    NO_NAME,
    Segment,
    manifest_path,
    path_of,
)

Read = Callable[[str], bytes]


def read_segments(language: str, read: Read) -> list[Segment]:
    """Return the segments of a language's index, the newest last.

    ``read`` gives a file's bytes by its path in the edition. Raises Damaged, and what it raises.
    """
    try:
        manifest = json.loads(read(manifest_path(language)))
        if manifest["format"] != FORMAT:
            raise Damaged(f"an index of format {manifest['format']}, not {FORMAT}")
        return [_segment(each, read) for each in manifest["segments"]]
    except (KeyError, TypeError, ValueError) as error:
        raise Damaged(f"the manifest of an index is not whole: {type(error).__name__}") from error


def _segment(said: dict[str, Any], read: Read) -> Segment:
    chunks = -(-said["numbers"] // CHUNK)
    return Segment(
        name=said["segment"],
        bits=said["bits"],
        numbers=said["numbers"],
        stories=said["stories"],
        shards=_names(said["shards"], 2 ** said["bits"], read),
        chunks=_names(said["chunks"], chunks, read),
        days=tuple(accumulate(said["days"])),
    )


def _names(top: str, count: int, read: Read) -> bytes:
    """Return the names of all leaves, by way of directories where there are many."""
    names = b64decode(top)
    if count <= LEAVES:
        return names
    found = b""
    for start in range(0, len(names), NAME):
        name = names[start : start + NAME]
        found += bytes(NAME * LEAVES) if name == NO_NAME else _page(read(path_of(name, "bin")))
    return found[: count * NAME]


def _page(data: bytes) -> bytes:
    if data[:1] != bytes((DIRECTORY,)):
        raise Damaged("a directory of an index is none")
    at = 1
    for _ in range(3):
        _, at = number_at(data, at)
    return data[at:]
