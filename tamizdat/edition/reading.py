"""A reader's way through an edition: which file next, from wherever the files come.

Rules:

* A source is never believed: it only says what lies at a path. ``trust`` decides.
* No more is read of a file than it may have (TUF 5.3.3, 5.4.1, 5.5.1, 5.6.1, 5.7.3).
* The order is the specification's: roots, timestamp, snapshot, targets, then the way to a path.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import Protocol, runtime_checkable

from tuf.api.metadata import Root

from tamizdat.edition.errors import Altered, Missing, TooLong
from tamizdat.edition.metadata import Sealed
from tamizdat.edition.paths import check
from tamizdat.edition.roles import ROOT, TARGETS
from tamizdat.edition.tree import Entry
from tamizdat.edition.trust import MOST_ROLES, MOST_ROOTS, Trust, fingerprint

PIECE = 1 << 20


class Source(Protocol):
    """A place that holds files of an edition: a folder, a mirror, a bundle."""

    def read(self, path: str, limit: int) -> bytes | None:
        """Return a file; None where there is none. At most ``limit`` + 1 bytes of it."""

    def paths(self) -> Iterable[str] | None:
        """Return the path of every file; None where the place cannot tell."""


@runtime_checkable
class Flowing(Protocol):
    """A source that can give a file in pieces, so that a long one takes no memory."""

    def pieces(self, path: str, limit: int) -> Iterator[bytes] | None:
        """Return a file, ``limit`` + 1 bytes of it or a little more; None where there is none."""


def refresh(trust: Trust, source: Source) -> bool:
    """Bring what is trusted up to date; return whether the source had a newer timestamp.

    Raises Altered, RolledBack, Expired, Missing …; what is trusted is then as good as before.
    """
    follow_roots(trust, source)
    is_newer = trust.update_timestamp(fetch(source, *trust.next_timestamp()))
    trust.update_snapshot(fetch(source, *trust.next_snapshot()))
    listing(trust, source, TARGETS, ROOT)
    return is_newer


def follow_roots(trust: Trust, source: Source) -> None:
    """Take every newer root, one by one."""
    for _ in range(MOST_ROOTS):
        name, limit = trust.next_root()
        data = source.read(name, limit)
        if data is None:
            return
        trust.update_root(data)
    raise TooLong(f"{trust.next_root()[0]}: more than {MOST_ROOTS} roots at once")


def leads_to(first: Trust, source: Source, wanted: Sealed[Root]) -> bool:
    """Say whether a reader who trusts this first root comes to the wanted one."""
    while first.root.version < wanted.signed.version:
        first.update_root(fetch(source, *first.next_root()))
    return fingerprint(first.roots[-1]) == fingerprint(wanted)


def listing(trust: Trust, source: Source, role: str, delegator: str) -> None:
    """Read what a role lists, unless that is known."""
    if not trust.has(role, delegator):
        trust.update_listing(role, delegator, fetch(source, *trust.next_listing(role)))


def find(trust: Trust, source: Source, path: str) -> Entry | None:
    """Return what is signed about a path; None where no role lists it (TUF 5.6.7)."""
    check(path)
    waiting, visited = [(TARGETS, ROOT)], set[str]()
    while waiting and len(visited) < MOST_ROLES:
        role, delegator = waiting.pop()
        if role in visited:
            continue
        listing(trust, source, role, delegator)
        entry = trust.listing(role).entries.get(path)
        if entry is not None:
            return entry
        visited.add(role)
        below = []
        for delegate, is_last in trust.delegates(role, path):
            below.append((delegate, role))
            if is_last:
                waiting.clear()
                break
        waiting += reversed(below)
    return None


def fetch(source: Source, path: str, limit: int) -> bytes:
    """Return a file that must be there. Raises Missing or TooLong."""
    data = source.read(path, limit)
    if data is None:
        raise Missing(f"{path} is missing")
    if len(data) > limit:
        raise TooLong(f"{path} is longer than the {limit} bytes that it may have")
    return data


def fetch_signed(source: Source, entry: Entry) -> bytes:
    """Return a file's bytes, which are those that were signed. Raises Altered, Missing, TooLong."""
    data = fetch(source, entry.path, entry.length)
    expect_bytes(entry, data)
    return data


def measure(source: Source, path: str, limit: int) -> tuple[int, str]:
    """Return a file's length and SHA-256, in pieces where that can be. Raises Missing, TooLong."""
    if not isinstance(source, Flowing):
        data = fetch(source, path, limit)
        return len(data), hashlib.sha256(data).hexdigest()
    pieces = source.pieces(path, limit)
    if pieces is None:
        raise Missing(f"{path} is missing")
    length, digest = 0, hashlib.sha256()
    for piece in pieces:
        length += len(piece)
        digest.update(piece)
    if length > limit:
        raise TooLong(f"{path} is longer than the {limit} bytes that it may have")
    return length, digest.hexdigest()


def expect_bytes(entry: Entry, data: bytes) -> None:
    """Refuse bytes other than those that were signed (TUF 5.7.3). Raises Altered."""
    expect_measure(entry, len(data), hashlib.sha256(data).hexdigest())


def expect_measure(entry: Entry, length: int, found: str) -> None:
    """Refuse another length or SHA-256 than was signed. Raises Altered."""
    if length != entry.length:
        raise Altered(f"{entry.path} has {length} bytes; expected {entry.length}")
    if found != entry.sha256:
        raise Altered(f"{entry.path} has SHA-256 {found}; expected {entry.sha256}")


def first_root(source: Source) -> bytes:
    """Return the edition's first root, to be trusted on first sight only."""
    data = source.read("signed/1.root.json", 512_000)
    if data is None:
        raise Missing("signed/1.root.json is missing: this is no edition, or not the whole of it")
    return data
