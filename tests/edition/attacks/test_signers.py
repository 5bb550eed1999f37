"""Who signed, and what for: too few keys, and a signed file in another's place."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from tamizdat.edition import reading
from tamizdat.edition.errors import (
    Altered,
    Malformed,
)
from tests.edition.attacks.reader import BEFORE, LIE, Reader, refused
from tests.edition.newsroom import (
    NOW,
    PAGE,
    Newsroom,
    about,
    named_for,
)

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
