"""The index of a baked edition is read from its files as browsers read it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tamizdat.reader.search.asking import ask, documents
from tamizdat.reader.search.entries import Entry
from tamizdat.reader.search.postings import HEADLINE, Damaged
from tamizdat.reader.search.reading import read_segments
from tamizdat.reader.search.segments import NAME, Change, Segment, change, manifest


def test_what_was_written_is_read(tmp_path: Path) -> None:
    """So many stories and terms that both are found through directories."""
    changes = [
        Change(
            number,
            after=Entry(
                {f"word{number}": HEADLINE, "all": HEADLINE},
                [f"/{number}/", f"Story {number}", "2026-11-20", "20 November", "", ""],
            ),
            day=20_000,
        )
        for number in range(700)
    ]
    segment, files = change(Segment(1, bits=6, shards=bytes(NAME << 6)), changes, lambda path: b"")
    files.fresh["search/en.json"] = manifest("en", [segment])
    read = files.fresh.__getitem__
    found = read_segments("en", read)
    assert found == [replace(segment, size=0)]  # which no reader needs
    answer = ask("word650", "en", found, read)
    assert [each[0] for each in documents(answer.hits, found, read)] == ["/650/"]


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b'{"format": 2}', b'{"format": 1}', b"\xff"])
def test_a_manifest_that_is_not_whole_is_told(data: bytes) -> None:
    with pytest.raises(Damaged):
        read_segments("en", lambda path: data)


def test_a_directory_that_is_none_is_told() -> None:
    said = {"segment": 1, "bits": 6, "numbers": 0, "stories": 0, "days": [], "chunks": "",
            "shards": "AAECAwQFBgcICQoLDA0ODw=="}  # fmt: skip
    whole = json.dumps({"format": 1, "language": "en", "segments": [said]}).encode()
    with pytest.raises(Damaged):
        read_segments("en", lambda path: whole if path.endswith(".json") else b"\x07")
