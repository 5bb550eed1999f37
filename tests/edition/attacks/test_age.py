"""How old an edition is: newer than true, older, for ever the same, mixed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tamizdat.edition import trust
from tamizdat.edition.errors import (
    Altered,
    Expired,
    Forked,
    RolledBack,
)
from tests.edition.attacks.reader import AFTER, BEFORE, Reader, refused
from tests.edition.newsroom import (
    DAY,
    NOW,
    PAGE,
    Newsroom,
    said_in,
    sign,
)

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
