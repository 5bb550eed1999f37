"""The ten attacks that TUF is there for, by name, against the reader's side.

Each is refused, and the reader keeps the last good edition. Each has a twin: the same attack with
just that check taken out goes through, so it is this check that holds.

The names are those of the TUF specification, 1.5.2.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest

from tamizdat.edition import bundle, checking, metadata, reading, trust
from tamizdat.edition.errors import (
    Altered,
    EditionError,
    Expired,
    Forked,
    Malformed,
    Missing,
    RolledBack,
    Stray,
    TooLong,
)
from tamizdat.edition.reading import Source
from tamizdat.edition.trust import Trust
from tests.edition.newsroom import (
    DAY,
    NOW,
    Memory,
    Newsroom,
    about,
    dumps,
    named_for,
    said_in,
    sign,
)

PAGE = "2026/11/dam/index.html"
BEFORE = b"<p>The dam holds.</p>"
AFTER = b"<p>The dam broke.</p>"
LIE = b"<p>There is no dam</p>"


class Reader:
    """A reader who comes back: what they trust, and the page as they last saw it."""

    def __init__(self, root: bytes, now: datetime = NOW) -> None:
        self.trust = Trust(root, now)
        self.page: bytes | None = None

    def visit(self, mirror: dict[str, bytes] | Source, page: str = PAGE) -> bytes | None:
        """Read a page as this mirror has it. Raises an EditionError, and then keeps the old one."""
        source = Memory(mirror) if isinstance(mirror, dict) else mirror
        reading.refresh(self.trust, source)
        entry = reading.find(self.trust, source, page)
        self.page = reading.fetch_signed(source, entry) if entry else None
        return self.page


@pytest.fixture
def newsroom() -> Newsroom:
    """Edition 2 has the page as it was before, edition 3 as it is after."""
    made = Newsroom()
    made.publish({PAGE: BEFORE})
    return made


@pytest.fixture
def reader(newsroom: Newsroom) -> Reader:
    """A reader who has seen edition 3."""
    returning = Reader(newsroom.first_root())
    newsroom.publish({PAGE: AFTER})
    assert returning.visit(newsroom.files) == AFTER
    return returning


@pytest.fixture
def old_files(newsroom: Newsroom) -> dict[str, bytes]:
    """Edition 2 as a mirror had it, before the reader's (which comes after this fixture)."""
    return dict(newsroom.files)


@contextmanager
def refused(reader: Reader, error: type[EditionError]) -> Iterator[None]:
    """Expect this error, and that the reader has what they had."""
    edition, page, root = reader.trust.edition, reader.page, reader.trust.root
    with pytest.raises(error):
        yield
    assert (reader.trust.edition, reader.page, reader.trust.root) == (edition, page, root)


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Take one check out: ``without(trust, "require")``."""

    def take_out(module: Any, name: str, instead: Any = lambda *_: None) -> None:
        monkeypatch.setattr(module, name, instead)

    return take_out


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


# Fast-forward: versions driven up so that nothing true is new any more


def _drive_up(newsroom: Newsroom) -> dict[str, bytes]:
    """What a thief of the keys of snapshot and timestamp shows: the same bins, huge versions."""
    thief = dict(newsroom.files)
    snapshot = said_in(thief["signed/3.snapshot.json"])
    snapshot["version"] = snapshot["edition"]["number"] = 2**40
    timestamp = said_in(thief["signed/timestamp.json"])
    timestamp["version"] = 2**40
    timestamp["meta"]["snapshot.json"]["version"] = 2**40
    thief[f"signed/{2**40}.snapshot.json"] = sign(snapshot, ["snapshot"])
    thief["signed/timestamp.json"] = sign(timestamp, ["timestamp"])
    return thief


def test_fast_forward_without_the_keys_is_refused(newsroom: Newsroom, reader: Reader) -> None:
    files = _drive_up(newsroom)
    files["signed/timestamp.json"] = sign(said_in(files["signed/timestamp.json"]), ["thief"])
    with refused(reader, Altered):
        reader.visit(files)


@pytest.mark.parametrize("role", ["timestamp", "snapshot"])
def test_fast_forward_is_recovered_from_by_a_new_root(
    role: str, newsroom: Newsroom, reader: Reader
) -> None:
    reader.visit(_drive_up(newsroom))
    assert reader.trust.edition.number == 2**40
    newsroom.publish({PAGE: BEFORE})
    with refused(reader, RolledBack):
        reader.visit(newsroom.files)
    newsroom.rotate(role, f"{role}-2")
    assert reader.visit(newsroom.files) == BEFORE
    assert reader.trust.edition.number == 5


def test_fast_forward_is_for_ever_where_a_new_root_changes_nothing(
    newsroom: Newsroom, reader: Reader, without: Callable[..., None]
) -> None:
    without(trust, "_are_replaced", lambda *_: False)
    reader.visit(_drive_up(newsroom))
    newsroom.rotate("timestamp", "timestamp-2")
    with pytest.raises(RolledBack):
        reader.visit(newsroom.files)


def test_a_new_root_that_leaves_the_keys_forgets_nothing(
    newsroom: Newsroom, old_files: dict[str, bytes], reader: Reader
) -> None:
    """Else any new root would let an old edition back in."""
    newsroom.rotate("targets", "targets-2")
    old_files["signed/2.root.json"] = newsroom.files["signed/2.root.json"]
    with pytest.raises(RolledBack):
        reader.visit(old_files)
    assert reader.page == AFTER


# Indefinite freeze: nothing new, for ever


def test_indefinite_freeze_ends_with_the_timestamp(newsroom: Newsroom, reader: Reader) -> None:
    reader.trust.now = NOW + DAY - timedelta(seconds=1)
    assert reader.visit(newsroom.files) == AFTER
    reader.trust.now = NOW + DAY
    with refused(reader, Expired):
        reader.visit(newsroom.files)


def test_indefinite_freeze_goes_through_where_old_is_allowed_and_is_told(
    newsroom: Newsroom, reader: Reader
) -> None:
    reader.trust.now, reader.trust.refuse_expired = NOW + DAY, False
    assert reader.visit(newsroom.files) == AFTER
    assert list(reader.trust.expired) == ["signed/timestamp.json"]


def test_a_reader_who_allows_old_still_accepts_nothing_lower(
    old_files: dict[str, bytes], reader: Reader
) -> None:
    reader.trust.now, reader.trust.refuse_expired = NOW + 400 * DAY, False
    with refused(reader, RolledBack):
        reader.visit(old_files)


@pytest.mark.parametrize("role", ["root", "snapshot", "targets", "pages", "bin"])
def test_what_has_expired_is_refused_in_every_role(role: str, newsroom: Newsroom) -> None:
    later = NOW + 400 * DAY
    fresh = Newsroom(now=later)
    role = fresh.bin_of("404.html") if role == "bin" else role
    name = f"signed/{fresh.versions[role]}.{role}.json"
    said = said_in(fresh.files[name])
    said["expires"] = "2026-11-24T00:00:00Z"
    fresh.files[name] = sign(said, fresh.keys[role.split("-")[0]])
    reader = Reader(fresh.first_root(), later)
    with pytest.raises(Expired, match=name.replace(".", "[.]") if role != "root" else "root"):
        reader.visit(fresh.files, "404.html")


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


# Mix and match: parts of different editions


def _mixed(newsroom: Newsroom, old: dict[str, bytes]) -> dict[str, bytes]:
    """The newest edition, but for an old bin and its old page."""
    bin_name = newsroom.bin_of(PAGE)
    version = newsroom.versions[bin_name]
    assert version > 2
    old_bin = old[f"signed/{version - 1}.{bin_name}.json"]
    return {**newsroom.files, f"signed/{version}.{bin_name}.json": old_bin, PAGE: BEFORE}


def test_mix_and_match_is_refused(old_files: dict[str, bytes], newsroom: Newsroom) -> None:
    newsroom.publish({PAGE: AFTER})
    reader = Reader(newsroom.first_root())
    with pytest.raises(RolledBack):
        reader.visit(_mixed(newsroom, old_files))


def test_mix_and_match_goes_through_where_versions_are_not_compared(
    old_files: dict[str, bytes], newsroom: Newsroom, without: Callable[..., None]
) -> None:
    newsroom.publish({PAGE: AFTER})
    without(trust, "_expect_version")
    assert Reader(newsroom.first_root()).visit(_mixed(newsroom, old_files)) == BEFORE


def test_a_bin_of_later_than_the_snapshot_is_refused(newsroom: Newsroom) -> None:
    name = f"signed/{newsroom.versions[newsroom.bin_of(PAGE)]}.{newsroom.bin_of(PAGE)}.json"
    ahead = newsroom.put_bin(newsroom.bin_of(PAGE))
    with pytest.raises(Altered, match="expected 2"):
        Reader(newsroom.first_root()).visit({**newsroom.files, name: ahead})


def test_two_editions_of_one_number_are_refused(newsroom: Newsroom, reader: Reader) -> None:
    """The specification leaves this open; a number is an edition's name."""
    said = said_in(newsroom.files["signed/3.snapshot.json"])
    said["edition"]["languages"] = ["fa"]
    timestamp = newsroom.put_timestamp()
    forked = {
        "signed/3.snapshot.json": sign(said, ["snapshot"]),
        "signed/timestamp.json": timestamp,
    }
    with refused(reader, Forked):
        reader.visit({**newsroom.files, **forked})


# Rollback: an older edition, validly signed


def test_rollback_to_an_older_edition_is_refused(
    old_files: dict[str, bytes], reader: Reader
) -> None:
    with refused(reader, RolledBack):
        reader.visit(old_files)


def test_rollback_goes_through_where_nobody_remembers(
    old_files: dict[str, bytes], reader: Reader, without: Callable[..., None]
) -> None:
    without(trust, "_expect_not_lower")
    assert reader.visit(old_files) == BEFORE


def test_rollback_under_a_newer_timestamp_is_refused(newsroom: Newsroom, reader: Reader) -> None:
    """Whoever stole the timestamp's key alone points it at an older snapshot."""
    said = said_in(newsroom.files["signed/timestamp.json"])
    said["version"] += 1
    said["meta"]["snapshot.json"]["version"] = 2
    with refused(reader, RolledBack):
        reader.visit({**newsroom.files, "signed/timestamp.json": sign(said, ["timestamp"])})


def _lower_bin(newsroom: Newsroom, change: Callable[[dict[str, Any]], object]) -> dict[str, bytes]:
    """What a thief of the keys of snapshot and timestamp shows: a newer snapshot of old parts."""
    said = said_in(newsroom.files["signed/3.snapshot.json"])
    said["version"] = said["edition"]["number"] = 4
    change(said["meta"])
    timestamp = said_in(newsroom.files["signed/timestamp.json"])
    timestamp["version"] = 4
    timestamp["meta"]["snapshot.json"]["version"] = 4
    return {
        **newsroom.files,
        "signed/4.snapshot.json": sign(said, ["snapshot"]),
        "signed/timestamp.json": sign(timestamp, ["timestamp"]),
        PAGE: BEFORE,
    }


def test_rollback_of_one_bin_is_refused(newsroom: Newsroom, reader: Reader) -> None:
    name = f"{newsroom.bin_of(PAGE)}.json"
    version = newsroom.versions[newsroom.bin_of(PAGE)] - 1
    with refused(reader, RolledBack):
        reader.visit(_lower_bin(newsroom, lambda meta: meta[name].update(version=version)))


def test_rollback_of_one_bin_goes_through_where_parts_are_not_compared(
    newsroom: Newsroom, reader: Reader, without: Callable[..., None]
) -> None:
    without(trust, "_expect_no_rollback")
    name = f"{newsroom.bin_of(PAGE)}.json"
    version = newsroom.versions[newsroom.bin_of(PAGE)] - 1
    files = _lower_bin(newsroom, lambda meta: meta[name].update(version=version))
    assert reader.visit(files) == BEFORE


def test_a_snapshot_from_which_a_role_vanished_is_refused(
    newsroom: Newsroom, reader: Reader
) -> None:
    with refused(reader, RolledBack):
        reader.visit(_lower_bin(newsroom, lambda meta: meta.pop("media-0.json")))


def test_rollback_of_root_is_refused(newsroom: Newsroom, reader: Reader) -> None:
    with refused(reader, RolledBack):
        reader.visit({**newsroom.files, "signed/2.root.json": newsroom.first_root()})


def test_a_root_that_skips_a_version_is_refused(newsroom: Newsroom, reader: Reader) -> None:
    newsroom.versions["root"] = 2
    skipping = newsroom.put_root()
    with refused(reader, Altered):
        reader.visit({**newsroom.files, "signed/2.root.json": skipping})


# Key compromise: fewer keys than the threshold


def _root_by(newsroom: Newsroom, *names: str) -> dict[str, bytes]:
    """A new root that gives every role to a thief, signed by these."""
    for role in ("targets", "snapshot", "timestamp"):
        newsroom.keys[role] = ["thief"]
    newsroom.keys["root"] = ["root-1", "thief-1", "thief-2"]
    stolen = newsroom.put_root(signed_by=names)
    newsroom.put_delegations()
    newsroom.publish({PAGE: LIE})
    return {**newsroom.files, "signed/2.root.json": stolen}


STOLEN = ("root-1", "thief-1", "thief-2")  # one true root key


def test_key_compromise_below_the_threshold_is_refused(newsroom: Newsroom, reader: Reader) -> None:
    with refused(reader, Altered):
        reader.visit(_root_by(newsroom, *STOLEN))


def test_key_compromise_goes_through_where_one_key_is_enough(reader: Reader) -> None:
    weak = Newsroom()
    weak.thresholds["root"] = 1
    del weak.versions["root"]
    weak.put_root()
    weak.publish({PAGE: BEFORE})
    trusting = Reader(weak.first_root())
    trusting.visit(weak.files)
    assert trusting.visit(_root_by(weak, *STOLEN)) == LIE


def test_two_old_keys_do_not_make_a_root_without_its_own_threshold(
    newsroom: Newsroom, reader: Reader
) -> None:
    """Else a newsroom could lock itself, and its readers, out (TUF 5.3.4)."""
    newsroom.keys["root"] = ["root-4", "root-5", "root-6"]
    with refused(reader, Altered):
        reader.visit({**newsroom.files, "signed/2.root.json": newsroom.put_root(NOW, ROOTS)})


ROOTS = ("root-1", "root-2")


def test_one_signature_listed_twice_counts_once(newsroom: Newsroom, reader: Reader) -> None:
    newsroom.put_root(signed_by=["root-1", "root-1"])
    with refused(reader, Malformed):
        reader.visit(newsroom.files)


def test_one_key_under_two_ids_is_refused(newsroom: Newsroom, reader: Reader) -> None:
    """Else one stolen key would be a threshold of two (TUF 4.3)."""
    said = newsroom.say_root()
    key_id, *_ = said["roles"]["root"]["keyids"]
    said["keys"]["f" * 64] = said["keys"][key_id]
    said["roles"]["root"]["keyids"].append("f" * 64)
    newsroom.put("root", said, ROOTS)
    with refused(reader, Malformed):
        reader.visit(newsroom.files)


def test_a_key_of_pages_cannot_vouch_for_media(newsroom: Newsroom) -> None:
    """Media come first and end the search: pages' key says nothing about them."""
    name = named_for(b"picture")
    for role in [role for role in newsroom.bins() if role.startswith("pages")]:
        said = newsroom.say_bin(role)
        said["targets"][name] = about(b"picture")
        newsroom.put(role, said)
    newsroom.put_snapshot()
    newsroom.put_timestamp()
    reader = Reader(newsroom.first_root())
    assert reader.visit({**newsroom.files, name: b"picture"}, name) is None


# Wrong software: a signed file in another's place


def _swapped(newsroom: Newsroom) -> dict[str, bytes]:
    newsroom.publish({"2026/11/mayor/index.html": LIE})
    return {**newsroom.files, PAGE: LIE}


def test_wrong_software_is_refused(newsroom: Newsroom, reader: Reader) -> None:
    with refused_page(reader):
        reader.visit(_swapped(newsroom))


@contextmanager
def refused_page(reader: Reader) -> Iterator[None]:
    page = reader.page
    with pytest.raises(Altered):
        yield
    assert reader.page == page


def test_wrong_software_goes_through_where_a_path_is_not_held_to_its_bytes(
    newsroom: Newsroom, reader: Reader, without: Callable[..., None]
) -> None:
    without(reading, "expect_bytes")
    without(reading, "fetch", lambda source, path, limit: source.read(path, 10**6))
    assert reader.visit(_swapped(newsroom)) == LIE
