"""Bins, snapshot and timestamp: their bytes, and what is refused before it is signed."""

from __future__ import annotations

import dataclasses
import json
import random
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from securesystemslib.formats import encode_canonical

from tamizdat.edition.canonical import canonical, payload
from tamizdat.edition.keys import Keyring
from tamizdat.edition.paths import BadPath, check
from tamizdat.edition.roles import PERIODS
from tamizdat.edition.sealing import (
    CannotSeal,
    Numbers,
    is_due,
    numbers,
    seal_bin,
    seal_snapshot,
    seal_timestamp,
)
from tamizdat.edition.tree import Entry, entry
from tests.edition.keyrooms import NOW, SHAPE, found, holds, read

PATHS = (
    "index.html",
    "2026/11/a-dam/index.html",
    'плотина/"index".html',
    "سد/index.html",
    "media/" + "0a" * 32 + ".jpg",
    "media/b/c.jpg",
    "ﬀ/\uffff.html",
)


@pytest.fixture(scope="module")
def ring(tmp_path_factory: pytest.TempPathFactory) -> Keyring:
    return found(tmp_path_factory.mktemp("keys"))


def entries_of(role: str, paths: tuple[str, ...] = PATHS) -> list[Entry]:
    return [entry(path, path.encode()) for path in paths if SHAPE.bin_of(path) == role]


# Canonical JSON

TEXT = st.text(st.characters(min_codepoint=0x20, exclude_categories=("Cs",)))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
)


@given(VALUES)
def test_pythons_json_is_canonical_where_no_string_holds_a_control_character(value: object) -> None:
    assert canonical(value) == (encode_canonical(value) or "").encode() == payload(value)


def test_a_control_character_is_raw_where_it_is_signed_and_escaped_where_it_is_written() -> None:
    assert payload({"a": "\n\t\x00"}) == b'{"a":"\n\t\x00"}'
    assert canonical({"a": "\n\t\x00"}) == b'{"a":"\\n\\t\\u0000"}'


@given(st.lists(st.text(st.characters(exclude_categories=("Cs",)), min_size=1), unique=True))
def test_a_bin_is_canonical_whatever_its_paths_are(ring: Keyring, found_paths: list[str]) -> None:
    for role in SHAPE.bins():
        listed = []
        for path in found_paths:
            try:
                check(path)
            except BadPath:
                continue
            if SHAPE.bin_of(path) == role:
                listed.append(entry(path, b"bytes"))
        data = seal_bin(ring, role, 3, listed, NOW)
        assert data == canonical(json.loads(data))
        assert read(data).signed_bytes in data
        assert set(read(data).signed.targets) == {each.path for each in listed}


# Bins


def test_every_path_is_listed_in_a_bin_that_its_group_signed(ring: Keyring) -> None:
    listed = {}
    for role in SHAPE.bins():
        data = seal_bin(ring, role, 5, entries_of(role), NOW)
        group = ring.files[role.partition("-")[0]].signed
        assert holds(group, role, data)
        signed = read(data).signed
        assert (signed.version, signed.expires) == (5, NOW + timedelta(days=365))
        listed |= {path: each.length for path, each in signed.targets.items()}
    assert listed == {path: len(path.encode()) for path in PATHS}


def test_the_order_of_entries_does_not_change_a_byte(ring: Keyring) -> None:
    names = tuple(f"2026/{number}.html" for number in range(200))
    listed = entries_of("pages-2", names)
    assert len(listed) > 10
    mixed = random.Random(1).sample(listed, len(listed))
    assert seal_bin(ring, "pages-2", 1, mixed, NOW) == seal_bin(ring, "pages-2", 1, listed, NOW)


def test_the_clocks_zone_and_fractions_do_not_change_a_byte(ring: Keyring) -> None:
    there = NOW.astimezone(timezone(timedelta(hours=3, minutes=30))) + timedelta(microseconds=99)
    assert seal_timestamp(ring, 1, 1, there) == seal_timestamp(ring, 1, 1, NOW)


def test_a_path_in_the_wrong_bin_is_not_signed(ring: Keyring) -> None:
    path = PATHS[0]
    wrong = next(role for role in SHAPE.bins() if role != SHAPE.bin_of(path))
    with pytest.raises(CannotSeal, match=f"falls into {SHAPE.bin_of(path)}, not {wrong}"):
        seal_bin(ring, wrong, 1, [entry(path, b"")], NOW)


def test_a_path_that_stands_twice_is_not_signed(ring: Keyring) -> None:
    twice = [entry(PATHS[0], b"one"), entry(PATHS[0], b"two")]
    with pytest.raises(CannotSeal, match="stands twice"):
        seal_bin(ring, SHAPE.bin_of(PATHS[0]), 1, twice, NOW)


@pytest.mark.parametrize(
    "wrong",
    [
        {"sha256": "ab"},
        {"sha256": "AB" * 32},
        {"sha256": 'a"' + "0" * 62},
        {"path": "a\\b"},
        {"path": "a\nb"},
        {"length": -1},
    ],
)
def test_an_entry_that_would_not_be_canonical_is_not_signed(
    ring: Keyring, wrong: dict[str, str]
) -> None:
    odd = dataclasses.replace(entry(PATHS[0], b""), **wrong)
    with pytest.raises(CannotSeal, match="cannot be signed"):
        seal_bin(ring, SHAPE.bin_of(odd.path), 1, [odd], NOW)


# Snapshot and timestamp


def test_a_snapshot_fixes_every_role_and_says_what_the_edition_is(ring: Keyring) -> None:
    versions = {role: number for number, role in enumerate(SHAPE.bins(), start=1)}
    data = seal_snapshot(ring, 12, versions, ["en", "ru"], NOW)
    assert holds(ring.root, "snapshot", data)
    signed = read(data).signed
    assert (signed.version, signed.expires) == (12, NOW + timedelta(days=7))
    found_versions = {name: each.version for name, each in signed.meta.items()}
    expected = {**versions, "targets": 1, "pages": 1, "media": 1}
    assert found_versions == {f"{role}.json": number for role, number in expected.items()}
    assert signed.unrecognized_fields == {
        "edition": {"number": 12, "made": "2026-11-20T12:00:00Z", "languages": ["en", "ru"]}
    }


def test_a_snapshot_that_lacks_a_bin_or_names_a_strange_one_is_not_signed(ring: Keyring) -> None:
    versions = dict.fromkeys(SHAPE.bins(), 1)
    with pytest.raises(CannotSeal, match="pages-8"):
        seal_snapshot(ring, 1, {**versions, "pages-8": 1}, ["en"], NOW)
    del versions["media-2"]
    with pytest.raises(CannotSeal, match="media-2"):
        seal_snapshot(ring, 1, versions, ["en"], NOW)


def test_a_timestamp_names_the_snapshot(ring: Keyring) -> None:
    data = seal_timestamp(ring, 30, 12, NOW)
    assert holds(ring.root, "timestamp", data)
    signed = read(data).signed
    assert (signed.version, signed.snapshot_meta.version) == (30, 12)
    assert signed.expires == NOW + timedelta(days=1)


def test_what_stands_on_disk_is_read_back(ring: Keyring) -> None:
    versions = {role: number for number, role in enumerate(SHAPE.bins(), start=1)}
    snapshot = seal_snapshot(ring, 12, versions, ["en"], NOW)
    timestamp = seal_timestamp(ring, 30, 12, NOW)
    assert numbers(timestamp, snapshot) == Numbers(30, 12, versions)
    assert numbers(timestamp, None) == Numbers(30, 12, {})
    assert numbers(None, snapshot) == Numbers(0, 12, versions)
    assert numbers(None, None) == Numbers(0, 0, {})


@pytest.mark.parametrize(
    "damaged",
    [
        b"",
        b"{",
        b"[]",
        b"\xff",
        b"[" * 100_000,
        b'{"signed":[]}',
        b'{"signed":{"meta":[],"version":"3"}}',
        b'{"signed":{"meta":{"snapshot.json":7},"version":-3}}',
        b'{"signed":{"meta":{},"version":true}}',
        b'{"signed":{"meta":{"snapshot.json":{"version":1.5}},"version":null}}',
    ],
)
def test_a_file_of_ours_that_is_damaged_counts_as_nothing(damaged: bytes) -> None:
    assert numbers(damaged, damaged) == Numbers(0, 0, {})


# When


@pytest.mark.parametrize("role", ["root", "pages-3", "snapshot", "timestamp"])
def test_half_of_its_period_before_the_end_a_role_is_due(role: str) -> None:
    period = PERIODS.get(role, PERIODS["bins"])
    now = datetime(2026, 11, 20, tzinfo=UTC)
    moment = timedelta(seconds=1)
    assert not is_due(now + period, now, role)
    assert not is_due(now + period / 2, now, role)
    assert is_due(now + period / 2 - moment, now, role)
    assert is_due(now - period, now, role)


def test_what_was_signed_by_a_clock_that_had_jumped_ahead_is_due() -> None:
    assert is_due(NOW + timedelta(days=1, seconds=1), NOW, "timestamp")
