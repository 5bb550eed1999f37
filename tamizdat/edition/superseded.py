"""What stays in an edition's folder from earlier editions, and is no stranger there.

* Metadata of a lower version than the present one, that a key signed which its role had. Roots
  are all known, and name the keys of snapshot and targets; the targets, pages and media files that
  stay name those of the files below them. A bin must list what readers look for in it.
* A media file, by the SHA-256 in its name.
* A bundle under the name of its page, alone or in a saved file: it proves this page with its parts
  and no other, and the present edition lists them. So what was withdrawn does not stay as a bundle.
* A week under its name; the present edition lists every page in it.
* What a writer at work had beside a file's place, and what went away since: nothing is there.

Compressed siblings of all these are held to their plain files.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Any

from tuf.api.metadata import Root, Snapshot, Targets

from tamizdat.edition.book import open_book
from tamizdat.edition.bundle import LONGEST, Bundle, open_bundle, path_of
from tamizdat.edition.errors import Altered, EditionError, Stray
from tamizdat.edition.metadata import LIMITS, LONGEST_PAGE, Sealed, read, require
from tamizdat.edition.reading import Source, fetch, measure
from tamizdat.edition.roles import MEDIA, PAGES, SNAPSHOT, TARGETS, group_of, is_bin, is_media
from tamizdat.edition.saved import WEEK_FRAME, open_saved, week_path
from tamizdat.edition.siblings import expect_sibling, longest
from tamizdat.edition.tree import SIBLINGS
from tamizdat.edition.trust import Trust

PART = ".part"
LONGEST_MEDIA = 2_000_000_000  # nobody says how long a superseded one is
MOST_WHOLE = 16_000_000  # of a media file that has a sibling: both are held in memory
_METADATA = re.compile(r"signed/([1-9][0-9]{0,14})\.([a-z0-9-]+)\.json")
_NAMED_BY_CONTENT = re.compile(r"media/([0-9a-f]{64})\.[a-z0-9]{1,8}")

# The keys that a role had at a time: what delegates to it, and the public keys beside that.
Right = tuple[Any, Any]


class Superseded:
    """Knows what stays from earlier editions. ``signed``: the paths of the present edition."""

    def __init__(
        self,
        source: Source,
        trust: Trust,
        roots: Iterable[Sealed[Root]],
        signed: Collection[str],
        there: Iterable[str],
    ) -> None:
        """``there``: the paths that might stay. Reads those of targets, pages and media."""
        self._source, self._trust, self._signed = source, trust, signed
        known = [each.signed for each in roots]
        self._rights: dict[str, list[Right]] = {
            role: [(root.roles[role], root.keys) for root in known] for role in (SNAPSHOT, TARGETS)
        }
        self._bins: dict[str, list[Right]] = {PAGES: [], MEDIA: []}
        found = [match for path in there if (match := _METADATA.fullmatch(path))]
        for role in (TARGETS, PAGES, MEDIA):  # each says who signs the next
            self._learn(role, trust.listing(role).delegations)
            for match in found:
                if match[2] == role and int(match[1]) < trust.version_of(role):
                    self._learn_from(match)

    def holds(self, path: str) -> bool:
        """Say whether this stays from an earlier edition.

        Raises an EditionError where it pretends to and is not what it should be.
        """
        if match := _METADATA.fullmatch(path):
            return self._holds_metadata(match)
        if match := _NAMED_BY_CONTENT.fullmatch(path):
            length, found = measure(self._source, path, LONGEST_MEDIA)
            if found != match[1]:
                raise Altered(f"{path} has not the SHA-256 that its name says")
            check_siblings(self._source, path, length)
            return True
        if path.startswith("bundles/") and path[-5:] in _OPENED:
            return self._is_gone(path) or self._holds_bundle(path)
        return path.endswith(PART) and self._is_gone(path)

    def _is_gone(self, path: str) -> bool:
        return self._source.read(path, 0) is None

    # Metadata

    def _holds_metadata(self, match: re.Match[str]) -> bool:
        if self._is_gone(match[0]):
            return True
        sealed = self._metadata(match)
        if sealed is None:
            return False
        check_siblings(self._source, match[0], len(sealed.data), sealed.data)
        return True

    def _metadata(self, match: re.Match[str]) -> Sealed[Any] | None:
        """Return a file of lower version that its role signed; None where it is none such."""
        path, version, role = match[0], int(match[1]), match[2]
        if version >= self._newest(role):
            return None
        kind = Snapshot if role == SNAPSHOT else Targets
        sealed: Sealed[Any] = read(kind, fetch(self._source, path, LIMITS[kind]), path)
        is_its_own = sealed.signed.version == version and self._is_in_place(role, sealed)
        return sealed if is_its_own and self._has_signed(role, sealed) else None

    def _newest(self, role: str) -> int:
        trust = self._trust
        return trust.edition.number if role == SNAPSHOT else trust.version_of(role)

    def _has_signed(self, role: str, sealed: Sealed[Any]) -> bool:
        rights = self._bins[group_of(role)] if is_bin(role) else self._rights.get(role, [])
        return any(_fits(right, sealed) for right in rights)

    def _is_in_place(self, role: str, sealed: Sealed[Any]) -> bool:
        """Say whether a bin lists its own paths; all bins of a group have one key."""
        if not is_bin(role):
            return True
        succinct = next((role for role, _ in self._bins.get(group_of(role), [])), None)
        return succinct is not None and all(
            is_media(path) == (group_of(role) == MEDIA)
            and succinct.get_role_for_target(path) == role
            for path in sealed.entries
        )

    def _learn_from(self, match: re.Match[str]) -> None:
        """Note whom a superseded file names. Raises Stray, so that it is told before its bins."""
        if self._is_gone(match[0]):
            return
        sealed = self._metadata(match)
        if sealed is None:
            raise Stray(f"{match[0]}: no part of any edition, nobody signed it")
        self._learn(match[2], sealed.signed.delegations)

    def _learn(self, role: str, delegations: Any) -> None:
        """Note whom a verified file of targets, pages or media names."""
        if delegations is None:
            return
        if role == TARGETS:
            for name, named in (delegations.roles or {}).items():
                self._rights.setdefault(name, []).append((named, delegations.keys))
        elif delegations.succinct_roles is not None:
            self._bins[role].append((delegations.succinct_roles, delegations.keys))

    # Bundles

    def _holds_bundle(self, path: str) -> bool:
        data = fetch(self._source, path, LONGEST)
        root = self._trust.roots[-1].data
        now = self._trust.now
        try:
            bundle = _OPENED[path[-5:]](data, lambda _: Trust(root, now, refuse_expired=False))
        except EditionError as error:
            raise type(error)(f"{path}: {error}") from None
        if not self._is_of_its_page(path, bundle):
            raise Stray(f"{path} is no bundle of just that page, as the present edition lists it")
        check_siblings(self._source, path, len(data), data)
        return True

    def _is_of_its_page(self, path: str, bundle: Bundle) -> bool:
        pages = [each for each in bundle.files if not _NAMED_BY_CONTENT.fullmatch(each)]
        if not all(each in self._signed for each in pages):
            return False
        if path[-5:] != ".json" and pages[-1].endswith(WEEK_FRAME):
            return path == week_path(pages[-1], path[-4:])
        stories = pages if path[-5:] == ".json" else pages[:-1]  # the last one is a frame
        if not stories:
            return False
        page, *more = stories
        folder = re.escape(page.removesuffix("index.html"))
        are_parts = all(re.fullmatch(f"{folder}[1-9][0-9]*/index\\.html", each) for each in more)
        return are_parts and path == f"{path_of(page)[:-5]}{path[-5:]}"


# How each kind of bundle is opened, by its ending.
_OPENED = {".json": open_bundle, ".html": open_saved, ".epub": open_book}


def _fits(right: Right, sealed: Sealed[Any]) -> bool:
    try:
        require(sealed, *right, "an earlier edition")
    except Altered:
        return False
    return True


def check_siblings(source: Source, path: str, length: int, data: bytes | None = None) -> None:
    """Hold a file's compressed siblings to it; it is read only if need be, and not given.

    Raises Altered, or Stray for siblings of a file that is too long to have any.
    """
    most = MOST_WHOLE if is_media(path) else LONGEST_PAGE
    for ending in SIBLINGS:
        packed = source.read(path + ending, longest(min(length, most)))
        if packed is None:
            continue
        if length > most:
            raise Stray(f"{path}{ending}: so long a file has no compressed sibling")
        data = fetch(source, path, length) if data is None else data
        expect_sibling(path + ending, packed, data)
