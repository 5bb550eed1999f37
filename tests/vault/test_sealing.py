"""Boxes open with their key alone, tell nothing by their length, and are found by a keyed hash."""

from __future__ import annotations

import dataclasses
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tamizdat.vault.errors import CannotOpen
from tamizdat.vault.sealing import (
    INDEX_BYTES,
    LONGEST_BOX,
    Pair,
    Sealed,
    index_of,
    open_box,
    open_own,
    reseal,
    seal,
)

PAIR, OTHER = Pair.make(), Pair.make()
KEY, OTHER_KEY = b"k" * 32, b"o" * 32
addresses = st.builds(
    lambda local, host: f"{local}@{host}.example.org",
    st.text(string.ascii_lowercase + "яё", min_size=1, max_size=30),
    st.text(string.ascii_lowercase, min_size=1, max_size=60),
)


@given(addresses)
def test_what_was_sealed_is_opened_by_its_key(address: str) -> None:
    sealed = seal(address, PAIR.public, KEY)
    assert open_own(sealed, PAIR, KEY) == address
    assert sealed.key_id == PAIR.key_id
    assert len(sealed.index) == INDEX_BYTES
    assert len(sealed.box) <= LONGEST_BOX


@given(addresses)
def test_no_box_holds_the_letters_of_its_address(address: str) -> None:
    sealed = seal(address, PAIR.public, KEY)
    assert address.encode() not in sealed.box + sealed.index


@given(addresses, st.binary(max_size=200))
def test_a_box_that_was_changed_does_not_open(address: str, noise: bytes) -> None:
    sealed = seal(address, PAIR.public, KEY)
    flipped = bytes([sealed.box[0] ^ 1]) + sealed.box[1:]
    for box in (noise, flipped, sealed.box[:-1], sealed.box + b"\0", b""):
        with pytest.raises(CannotOpen) as refused:
            open_box(box, PAIR)
        assert address not in str(refused.value)


def test_another_key_does_not_open_it() -> None:
    sealed = seal("anna@example.org", PAIR.public, KEY)
    with pytest.raises(CannotOpen):
        open_box(sealed.box, OTHER)


def test_two_boxes_of_one_address_differ_and_its_index_does_not() -> None:
    one, other = (seal("anna@example.org", PAIR.public, KEY) for _ in range(2))
    assert one.box != other.box
    assert one.index == other.index


def test_without_the_index_key_nobody_can_try_an_address_out() -> None:
    assert index_of("anna@example.org", KEY) != index_of("anna@example.org", OTHER_KEY)


@given(st.integers(min_value=2, max_value=50))
def test_the_length_of_a_box_does_not_tell_a_short_address_from_a_long_one(length: int) -> None:
    short = seal("a@example.org", PAIR.public, KEY)
    longer = seal(f"{'a' * length}@example.org", PAIR.public, KEY)
    assert len(short.box) == len(longer.box) == 112


def test_a_box_that_was_moved_to_another_row_is_not_opened() -> None:
    anna = seal("anna@example.org", PAIR.public, KEY)
    other = seal("other@example.org", PAIR.public, KEY)
    moved = dataclasses.replace(anna, box=other.box)
    assert open_box(moved.box, PAIR) == "other@example.org"  # so only the index tells
    with pytest.raises(CannotOpen, match="moved"):
        open_own(moved, PAIR, KEY)


@given(addresses)
def test_what_is_sealed_again_opens_with_the_new_key_alone(address: str) -> None:
    old = seal(address, PAIR.public, KEY)
    new = reseal(old, PAIR, KEY, OTHER.public)
    assert open_own(new, OTHER, KEY) == address
    assert new.index == old.index
    with pytest.raises(CannotOpen):
        open_box(new.box, PAIR)


def test_a_key_pair_never_shows_its_private_half() -> None:
    assert PAIR.private.hex() not in repr(PAIR)
    assert repr(PAIR.private) not in repr(PAIR)


def test_what_is_sealed_says_nothing_when_it_is_printed() -> None:
    assert "anna" not in repr(seal("anna@example.org", PAIR.public, KEY))
    assert Sealed("k", b"b", b"i") == Sealed("k", b"b", b"i")
