"""Whether a whole edition is what its newsroom signed, and nothing else.

What is checked, in this order; the first wrong thing ends it, and is named:

1. The metadata, as a reader would, from what is trusted; also that the first root leads to the
   trusted one, so that readers who know only that one get here.
2. Every bin: it lists only paths that readers look for there, with names that any host can hold
   side by side. ``404.html`` is one of them.
3. Every listed file's bytes; a long one in pieces, so that it takes no memory. Where the source can
   tell its paths, also that compressed siblings decode to just these bytes.
4. Where the source can tell its paths: that nobody put a file there that is not signed. What stays
   after an edition has passed is no stranger (``superseded`` says what that is).
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Lock

from tuf.api.metadata import Root, Timestamp

from tamizdat.edition.errors import Altered, Forked, Malformed, Missing, Stray, Unsettled
from tamizdat.edition.metadata import LIMITS, Sealed, read
from tamizdat.edition.paths import check_together
from tamizdat.edition.reading import (
    PIECE,
    Source,
    expect_measure,
    fetch,
    fetch_signed,
    find,
    first_root,
    leads_to,
    listing,
    measure,
    refresh,
)
from tamizdat.edition.roles import ROOT, TARGETS, TIMESTAMP, file_name, is_media
from tamizdat.edition.superseded import MOST_WHOLE, PART, Superseded, check_siblings
from tamizdat.edition.tree import SIBLINGS, Entry
from tamizdat.edition.trust import Edition, Trust

NOT_FOUND = "404.html"
BATCH = 64  # files in one go of one thread
AHEAD = 32  # bins that are held while they wait to be looked at
MOST_NAMED = 3
TRIES = 4
LONGEST_METADATA = max(LIMITS.values())
DEEPEST = 32  # folders in one another
LONGEST_NAME = 300  # characters of a name that are told

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Checked:
    """What was found good."""

    edition: Edition
    expires: datetime  # when the first of its signatures ends
    files: int
    length: int  # of these files, in bytes
    superseded: int  # files that stay from earlier editions


def check_edition(
    source: Source,
    trust: Trust,
    *,
    threads: int = 4,
    progress: Progress | None = None,
) -> Checked:
    """Check all of an edition. ``progress`` is told how many files are done, and of how many.

    The bins come first, and while they do nobody knows how many files they list.

    Raises an EditionError that names the first wrong thing.
    """
    count = _Count(progress)
    refresh(trust, source)
    _expect_one_timestamp(trust, source)
    roots = _way_from_first_root(trust, source)
    entries, expires = _entries(trust, source, threads, count)
    check_together(each.path for each in entries)
    if not any(each.path == NOT_FOUND for each in entries):
        raise Missing(f"{NOT_FOUND} is missing: hosts show it where there is no page")
    _check_files(source, entries, threads, count)
    superseded = _expect_no_strays(source, trust, entries, roots)
    length = sum(each.length for each in entries)
    return Checked(trust.edition, expires, len(entries), length, superseded)


def check_pages(source: Source, trust: Trust, pages: Sequence[str]) -> Checked:
    """Check these pages only, and what proves them."""
    refresh(trust, source)
    _expect_one_timestamp(trust, source)
    length = 0
    for page in pages:
        entry = find(trust, source, page)
        if entry is None:
            raise Missing(f"{page}: this edition has no such file")
        expect_measure(entry, *measure(source, entry.path, entry.length))
        length += entry.length
    return Checked(trust.edition, _first_end(trust), len(pages), length, 0)


class _Count:
    """Counts what is done and what is known to be done."""

    def __init__(self, progress: Progress | None) -> None:
        self._progress = progress
        self._done = self._known = 0

    def expect(self, more: int) -> None:
        self._known += more

    def add(self, done: int) -> None:
        self._done += done
        if self._progress:
            self._progress(self._done, self._known)


def settled(check: Callable[[], Checked], trust: Trust, source: Source) -> Checked:
    """Check again where a new edition arrived while the old one was checked.

    Files keep their names from edition to edition, so what looks altered or strange may be new.
    Raises Unsettled where one arrived during each of TRIES checks.
    """
    for _ in range(TRIES):
        try:
            return check()
        except (Altered, Missing, Stray) as error:
            checked = trust.snapshot
            refresh(trust, source)
            if checked is None or trust.edition.number == checked.signed.version:
                raise
            looked = str(error)
    raise Unsettled(
        f"a new edition arrived during each of {TRIES} checks, so that this may be its doing and "
        f"no fault: {looked}; check again when less is published, or check a copy"
    )


class Folder:
    """An edition in a folder, which anybody may have filled.

    Only plain files in real folders are read: a link may lead anywhere, a pipe never ends.
    """

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()
        self._real: set[str] = {str(self._root)}

    def read(self, path: str, limit: int) -> bytes | None:
        pieces = self.pieces(path, limit)
        return None if pieces is None else b"".join(pieces)[: limit + 1]

    def pieces(self, path: str, limit: int) -> Iterator[bytes] | None:
        folder, _, name = f"{self._root}/{path}".rpartition("/")
        if folder not in self._real:
            if os.path.realpath(folder) != folder:
                raise Stray(f"{_shown(path)} leads out of the edition by a link")
            self._real.add(folder)
        number = _open_plain(f"{folder}/{name}", path)
        return None if number is None else _flow(number, limit)

    def paths(self) -> Iterator[str]:
        """Yield every path, links and pipes too; ``read`` refuses those.

        Raises Stray where folders are too deep, or cannot be looked into: what would hide there?
        """
        waiting = [""]
        while waiting:
            folder = waiting.pop()
            if folder.count("/") > DEEPEST:
                raise Stray(f"{_shown(folder)} is deeper than folders of an edition are")
            for each in _entries_of(self._root, folder):
                if each.is_dir(follow_symlinks=False):
                    waiting.append(f"{folder}{each.name}/")
                else:
                    yield f"{folder}{each.name}"


def _entries_of(root: Path, folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(root / folder) as found:
            return list(found)
    except FileNotFoundError:
        return []  # gone by now
    except OSError as error:
        told = f"{_shown(folder)} cannot be looked into ({error.strerror})"
        raise Stray(told) from None


def _open_plain(place: str, path: str) -> int | None:
    try:
        number = os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise Stray(f"{_shown(path)} cannot be read as a plain file ({error.strerror})") from None
    if not stat.S_ISREG(os.fstat(number).st_mode):
        os.close(number)
        raise Stray(f"{_shown(path)} is no plain file")
    return number


def _flow(number: int, limit: int) -> Iterator[bytes]:
    left = limit + 1
    with os.fdopen(number, "rb", buffering=0) as file:
        while left > 0 and (piece := file.read(min(left, PIECE))):
            left -= len(piece)
            yield piece


def _shown(path: str) -> str:
    """Return a name that may be written to a terminal; a stranger chose it."""
    short = path if len(path) <= LONGEST_NAME else f"{path[:LONGEST_NAME]}…"
    return short if short.isprintable() else ascii(short)


# Metadata


def _expect_one_timestamp(trust: Trust, source: Source) -> None:
    """Refuse a timestamp that bears a known number and says something else.

    A reader must discard it in silence (TUF 5.4.3.1); whoever looks after mirrors wants to know.
    """
    name, limit = trust.next_timestamp()
    found = read(Timestamp, fetch(source, name, limit), name)
    known = trust.timestamp
    if known and found.signed.version == known.signed.version and found.payload != known.payload:
        raise Forked(f"{name} is not the version {known.signed.version} that was seen before")


def _way_from_first_root(trust: Trust, source: Source) -> list[Sealed[Root]]:
    """Return every root, from the first to the one that is trusted."""
    first = Trust(first_root(source), trust.now)
    newest = trust.roots[-1]
    if first.root.version > newest.signed.version or not leads_to(first, source, newest):
        raise Altered("signed/1.root.json does not lead to the root that is trusted")
    return first.roots


def _entries(
    trust: Trust, source: Source, threads: int, count: _Count
) -> tuple[list[Entry], datetime]:
    """Read every bin; return what they list in all, and when the first signature ends."""
    found = list(trust.listing(TARGETS).entries.values())
    expires = []
    for delegator in _delegates(trust, TARGETS):
        listing(trust, source, delegator, TARGETS)
        found += trust.listing(delegator).entries.values()
        roles = _delegates(trust, delegator)
        count.expect(len(roles))
        for role, data in zip(roles, _fetched(trust, source, roles, threads), strict=True):
            expires.append(trust.update_listing(role, delegator, data).expires)
            found += _in_place(trust, role, delegator)
            trust.forget(role)
            count.add(1)
    return sorted(found, key=lambda each: each.path), min([*expires, _first_end(trust)])


def _delegates(trust: Trust, role: str) -> list[str]:
    delegations = trust.listing(role).delegations
    if delegations is None:
        return []
    succinct = delegations.succinct_roles
    if succinct is None:
        return list(delegations.roles or {})
    if succinct.number_of_bins > len(trust.roles()):
        raise Missing(f"{role} has {succinct.number_of_bins} bins; the snapshot names fewer")
    return list(succinct.get_roles())


def _fetched(trust: Trust, source: Source, roles: list[str], threads: int) -> Iterator[bytes]:
    """Yield the files of these roles, in order; several are asked for at a time, and no more than
    memory has room for."""
    wanted = [trust.next_listing(role) for role in roles]
    with ThreadPoolExecutor(threads) as pool:
        try:
            for at in range(0, len(wanted), AHEAD):
                yield from pool.map(lambda each: fetch(source, *each), wanted[at : at + AHEAD])
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _in_place(trust: Trust, role: str, delegator: str) -> Iterator[Entry]:
    """Yield what a bin lists. Raises Malformed where a reader would look for it elsewhere."""
    for path, entry in trust.listing(role).entries.items():
        above = trust.delegates(TARGETS, path)[:1]
        here = trust.delegates(delegator, path)[:1]
        if [name for name, _ in above + here] != [delegator, role]:
            raise Malformed(f"{role} lists {path}, which readers look for elsewhere")
        yield entry


def _first_end(trust: Trust) -> datetime:
    return min(trust.ends().values())


# Files


def _check_files(source: Source, entries: list[Entry], threads: int, count: _Count) -> None:
    """Check bytes and siblings of every file; the error is that of the first wrong path."""
    batches = [entries[at : at + BATCH] for at in range(0, len(entries), BATCH)]
    has_siblings = source.paths() is not None

    one_long = Lock()

    def check_batch(batch: list[Entry]) -> int:
        for entry in batch:
            if not has_siblings:
                expect_measure(entry, *measure(source, entry.path, entry.length))
            elif is_media(entry.path) or entry.length > MOST_WHOLE:
                expect_measure(entry, *measure(source, entry.path, entry.length))
                with one_long:  # it is held whole where it has a sibling
                    check_siblings(source, entry.path, entry.length)
            else:
                check_siblings(source, entry.path, entry.length, fetch_signed(source, entry))
        return len(batch)

    count.expect(len(entries))
    with ThreadPoolExecutor(threads) as pool:
        try:
            for done in pool.map(check_batch, batches):
                count.add(done)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


# Strays


def _expect_no_strays(
    source: Source, trust: Trust, entries: list[Entry], roots: list[Sealed[Root]]
) -> int:
    """Refuse files that nobody signed; return how many stay from earlier editions."""
    there = source.paths()
    if there is None:
        return 0
    signed = {each.path for each in entries}
    rest = {path for path in there if path not in signed and _plain(path) not in signed}
    plain = {path for path in rest if _plain(path) not in rest}
    current = set(_metadata_names(trust))
    odd = sorted(plain - current)
    superseded = Superseded(source, trust, roots, signed, odd)
    strays = [path for path in odd if not superseded.holds(path)]
    if strays:
        named = ", ".join(map(_shown, strays[:MOST_NAMED]))
        more = f" and {len(strays) - MOST_NAMED} more" if len(strays) > MOST_NAMED else ""
        raise Stray(f"{named}{more}: no part of this edition, nobody signed it")
    for path in sorted(plain & current):
        data = fetch(source, path, LONGEST_METADATA)
        check_siblings(source, path, len(data), data)
    return sum(not path.endswith(PART) for path in odd)


def _plain(path: str) -> str | None:
    """Return whose compressed sibling this would be; None where it is none."""
    return path[:-3] if path.endswith(SIBLINGS) else None


def _metadata_names(trust: Trust) -> Iterator[str]:
    yield file_name(TIMESTAMP, 0)
    yield trust.next_snapshot()[0]
    for version in range(1, trust.root.version + 1):
        yield file_name(ROOT, version)
    for role in trust.roles():
        yield trust.next_listing(role)[0]
