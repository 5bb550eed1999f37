"""What a mirror sends: bytes that nobody signed, too many of them, none."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tamizdat.edition import bundle, checking, metadata, reading, trust
from tamizdat.edition.errors import (
    Altered,
    Malformed,
    Missing,
    Stray,
    TooLong,
)
from tamizdat.edition.trust import Trust
from tests.edition.attacks.reader import AFTER, BEFORE, LIE, Reader, refused
from tests.edition.newsroom import (
    NOW,
    PAGE,
    Memory,
    Newsroom,
    dumps,
    named_for,
    said_in,
    sign,
)

# Arbitrary software: what the newsroom never signed


def _all_by(newsroom: Newsroom, thief: str) -> dict[str, bytes]:
    """The next edition as a stranger would sign it, with all keys their own."""
    stranger = Newsroom()
    stranger.versions = dict(newsroom.versions)
    stranger.contents = dict(newsroom.contents)
    for role in stranger.keys:
        if role != "root":
            stranger.keys[role] = [thief]
    stranger.put_delegations()
    stranger.publish({PAGE: LIE})
    return stranger.files


def test_arbitrary_bytes_are_refused(newsroom: Newsroom, reader: Reader) -> None:
    with refused(reader, Altered):
        reader.visit({**newsroom.files, PAGE: LIE})


def test_arbitrary_metadata_is_refused(newsroom: Newsroom, reader: Reader) -> None:
    with refused(reader, Altered):
        reader.visit(_all_by(newsroom, "thief"))


def test_arbitrary_metadata_goes_through_where_signatures_are_not_asked_for(
    newsroom: Newsroom, reader: Reader, without: Callable[..., None]
) -> None:
    without(trust, "require")
    assert reader.visit(_all_by(newsroom, "thief")) == LIE


@pytest.mark.parametrize("role", ["timestamp", "snapshot", "targets", "pages", "media"])
def test_metadata_signed_by_another_role_is_refused(role: str, newsroom: Newsroom) -> None:
    """An on-line key signs for its own role only."""
    reader = Reader(newsroom.first_root())
    other = "targets" if role != "targets" else "snapshot"
    files = newsroom.files
    for name in list(files):
        if name.endswith((f".{role}.json", f"/{role}.json")):
            files[name] = sign(said_in(files[name]), [other])
    with pytest.raises(Altered):
        reader.visit(files, PAGE if role != "media" else "media/any.webp")


# Endless data


class Endless:
    """A mirror that never stops sending one file."""

    def __init__(self, files: dict[str, bytes], path: str) -> None:
        self.files, self.path = files, path
        self.longest = 0

    def read(self, path: str, limit: int) -> bytes | None:
        if path == self.path:
            self.longest = max(self.longest, limit)
            return b" " * (limit + 1)
        return self.files.get(path)

    def paths(self) -> None:
        return None


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("signed/timestamp.json", 16_384),
        ("signed/2.root.json", 512_000),
        ("signed/4.snapshot.json", 2_000_000),
        (PAGE, len(AFTER)),
    ],
)
def test_endless_data_is_cut_off_before_it_is_parsed(
    path: str, most: int, newsroom: Newsroom, reader: Reader
) -> None:
    newsroom.publish({"a/index.html": b"new"})
    mirror = Endless(newsroom.files, path)
    with pytest.raises(TooLong, match=path):
        reader.visit(mirror)
    assert mirror.longest == most
    assert reader.page == AFTER


def _padded(newsroom: Newsroom) -> dict[str, bytes]:
    newsroom.publish({"a/index.html": b"new"})
    timestamp = newsroom.files["signed/timestamp.json"] + b" " * 20_000
    return {**newsroom.files, "signed/timestamp.json": timestamp}


def test_a_file_that_is_right_but_too_long_is_refused(newsroom: Newsroom, reader: Reader) -> None:
    with refused(reader, TooLong):
        reader.visit(_padded(newsroom))


def test_endless_data_goes_through_where_nobody_measures(
    newsroom: Newsroom, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    for kind in list(metadata.LIMITS):
        monkeypatch.setitem(metadata.LIMITS, kind, 10**9)
    assert reader.visit(_padded(newsroom)) == AFTER


# Extraneous dependencies: more than was asked for


def test_extraneous_files_in_an_edition_are_named(newsroom: Newsroom) -> None:
    source = Memory({**newsroom.files, "2026/11/dam/donate.html": LIE})
    with pytest.raises(Stray, match="donate"):
        checking.check_edition(source, Trust(newsroom.first_root(), NOW))


def test_extraneous_files_go_through_where_nobody_looks_for_strays(
    newsroom: Newsroom, without: Callable[..., None]
) -> None:
    without(checking, "_expect_no_strays", lambda *_: 0)
    source = Memory({**newsroom.files, "2026/11/dam/donate.html": LIE})
    assert checking.check_edition(source, Trust(newsroom.first_root(), NOW)).files == 2


def _with_foreign_picture(newsroom: Newsroom) -> bytes:
    said = json.loads(bundle.make(newsroom.source, [PAGE], NOW))
    name = named_for(b"a bill to pay")
    said["paths"].append(name)
    said["files"][name] = {"text": "a bill to pay"}
    return dumps(said)


def test_extraneous_pictures_in_a_bundle_are_refused(newsroom: Newsroom) -> None:
    with pytest.raises(Stray, match="no page of it names it"):
        bundle.open_bundle(_with_foreign_picture(newsroom), _first_sight)


def test_extraneous_pictures_go_through_where_nobody_asks_who_names_them(
    newsroom: Newsroom, without: Callable[..., None]
) -> None:
    without(bundle, "_expect_media")
    assert len(bundle.open_bundle(_with_foreign_picture(newsroom), _first_sight).files) == 2


def _first_sight(root: bytes) -> Trust:
    return Trust(root, NOW, refuse_expired=False)


# Malicious mirror: hinders, and nothing comes of it


@pytest.mark.parametrize("reply", [None, b"", b"<html>blocked</html>", b"{}", b"\xff" * 99])
def test_a_malicious_mirror_hinders_only_itself(
    reply: bytes | None, newsroom: Newsroom, reader: Reader
) -> None:
    newsroom.publish({PAGE: BEFORE})
    for path in ("signed/timestamp.json", "signed/4.snapshot.json", PAGE):
        files = dict(newsroom.files)
        if reply is None:
            del files[path]
        else:
            files[path] = reply
        with pytest.raises((Altered, Malformed, Missing)):
            reader.visit(files)
        assert reader.page == AFTER
    assert reader.visit(newsroom.files) == BEFORE


def test_a_malicious_mirror_goes_through_where_nobody_compares(
    newsroom: Newsroom, reader: Reader, without: Callable[..., None]
) -> None:
    without(reading, "expect_bytes")
    assert reader.visit({**newsroom.files, PAGE: AFTER[:-1]}) == AFTER[:-1]
