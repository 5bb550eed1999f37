"""Canaries: words that stand nowhere else, sent through the doors and looked for afterwards.

What is looked for is found in any of the shapes in which a program could have kept it: as it is, in
capitals, backwards, UTF-16, hexadecimal, base64 (wherever in a group of three it began), percent-
encoded, and inside files that are packed with gzip, brotli or zip.
"""

from __future__ import annotations

import base64
import gzip
import re
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import quote

import brotli

Shapes = re.Pattern[bytes]


def shapes(word: str) -> set[bytes]:
    """Return every shape of a word. It has six characters at least."""
    plain = word.encode()
    found = {plain, plain.upper(), plain[::-1], quote(word, safe="").encode()}
    found |= {word.encode("utf-16-le"), word.encode("utf-16-be")}
    found |= {plain.hex().encode(), plain.hex().upper().encode()}
    found |= {b"".join(b"%%%02x" % byte for byte in plain)}
    for before in range(3):
        whole = base64.b64encode(b"\0" * before + plain)
        inner = whole[(0, 2, 3)[before] : len(whole.rstrip(b"=")) - 1]
        found |= {inner, inner.replace(b"+", b"-").replace(b"/", b"_")}
    return found


def pattern(words: Iterable[str]) -> Shapes:
    return re.compile(b"|".join(sorted(map(re.escape, set().union(*map(shapes, words))))))


def found_in(data: bytes, wanted: Shapes) -> bool:
    return wanted.search(data) is not None


def found_below(folders: Iterable[Path], wanted: Shapes) -> list[str]:
    """Return the names of the files that hold what is wanted, or whose names do."""
    found = []
    for folder in folders:
        for file in sorted([folder, *folder.rglob("*")]):
            if found_in(str(file.name).encode(), wanted):
                found.append(f"the name {file}")
            if file.is_file() and any(found_in(each, wanted) for each in _contents(file)):
                found.append(str(file))
    return found


def _contents(file: Path) -> Iterator[bytes]:
    data = file.read_bytes()
    yield data
    if file.suffix == ".gz":
        yield gzip.decompress(data)
    if file.suffix == ".br":
        yield brotli.decompress(data)
    if zipfile.is_zipfile(file):
        with zipfile.ZipFile(file) as opened:
            yield from (opened.read(each) for each in opened.namelist())
