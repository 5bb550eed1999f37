"""Sealing: the signed metadata over the files that stand, so that a bake becomes an edition.

Rules:

* Versions are taken in the journal before a file bears them. Where the disk knows a higher one
  (the database came back from a backup), the disk's counts.
* Bins before the snapshot, the snapshot before a new root, and ``timestamp.json`` last; all of it
  durable before that rename, and that rename durable before the database says "sealed".
* The keys are read anew for each sealing: one that was stolen signs nothing more.
* Superseded bins of pages stay thirty days, because some reader still holds the old snapshot.
  Superseded snapshots and bins of media stay two: a reader asks for the snapshot that a timestamp
  of the day names, and never for a bin of media (docs/decisions/0011). What names a withdrawn page
  goes at once.
* The same files and versions make the same bytes, signatures and dates aside.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

from tamizdat.bake import bins, journal
from tamizdat.bake.models import Edition
from tamizdat.edition import sealing as edition
from tamizdat.edition.keys import Keyring
from tamizdat.edition.paths import EditionError
from tamizdat.edition.roles import MEDIA, ROOT, SNAPSHOT, TIMESTAMP, file_name, group_of, is_bin
from tamizdat.edition.tree import Tree
from tamizdat.stories.models import Home
from tamizdat.stories.models.public import language_codes

FOLDER = "signed"
RENEWED_AT_ONCE = 64  # bins; a year's bins come due together, and nobody should notice
SMALL = 1024  # bytes; compressing less saves a reader nothing
MANY = 64  # bins whose signing is told as progress

KEPT = timedelta(days=30)
KEPT_SHORTLY = timedelta(days=2)

Progress = Callable[[int, int], None]


class OldKeys(EditionError):
    """The keys' folder is older than the edition: put back the newer one."""


class Sealing:
    """Seals one newsroom's edition. The caller holds the baker's lock."""

    def __init__(self, tree: Tree, keys: Path) -> None:
        """``keys`` is the folder of the on-line keys. Raises NoKeys, DamagedKeys."""
        self.tree = tree
        self._keys = keys
        self.keyring = Keyring.load(keys)

    def seal(
        self,
        now: datetime,
        *,
        written: int = 0,
        removed: int = 0,
        progress: Progress | None = None,
    ) -> int | None:
        """Sign what changed; return the new edition's number, or None where nothing did."""
        self.keyring = Keyring.load(self._keys)  # they may have changed under a long bake
        versions = self._prepare()
        stale, roots = journal.stale(self.keyring), self._put_standing()
        if not stale and roots is None:
            return None
        changed = [role for role in stale if is_bin(role)]
        number = self._free(SNAPSHOT, max(journal.last_number(), versions[SNAPSHOT]) + 1)
        made = Edition(number=number, made_at=now, written=written, removed=removed)
        self._take(versions, changed, made)
        self._write_bins(changed, versions, now, progress)
        listed = {role: version for role, version in versions.items() if is_bin(role)}
        data = edition.seal_snapshot(self.keyring, number, listed, languages(), now)
        self._put(SNAPSHOT, number, data)
        self.tree.sync()
        for path, root in (roots or {}).items():
            # As late as can be: under a new root, the timestamp that still stands may not verify.
            self._put_file(path, root)
        self._stamp(versions[TIMESTAMP], number, now)
        self._forget([role for role, forgets in stale.items() if forgets], versions)
        journal.note([*stale, SNAPSHOT, TIMESTAMP], self.keyring, now)
        journal.note_sealed(number, now)
        return number

    def renew(self, now: datetime) -> int | None:
        """Sign again what is on its way to expire, having finished what was cut short; return the
        edition's number if there is a new one. The timestamp alone makes none."""
        number = self.seal(now)
        if number is not None:
            return number
        versions = self._prepare()
        due = journal.due(now)
        if not due:
            return None
        if due == [TIMESTAMP] and self.tree.has(file_name(SNAPSHOT, versions[SNAPSHOT])):
            self._renew_timestamp(versions, now)
            return None
        old = [role for role in due if is_bin(role)]
        journal.go_stale([*old[:RENEWED_AT_ONCE], SNAPSHOT])
        return self.seal(now)

    def is_disk_ahead(self) -> bool:
        """Say whether the disk knows a later edition than the database, which then came back from a
        backup."""
        there = edition.numbers(self.tree.read(file_name(TIMESTAMP, 0)), None)
        return there.snapshot >= journal.next_number()

    def miss_nothing(self) -> None:
        """Have everything signed again whose file is not on disk."""
        journal.go_stale(
            role
            for role, version in self._prepare().items()
            if not self.tree.has(file_name(role, version))
        )

    # What is to be signed

    def _prepare(self) -> dict[str, int]:
        """Return every role's version, having brought the database up to the keys and the disk."""
        versions = journal.versions()
        wanted = {*self.keyring.shape.bins(), SNAPSHOT, TIMESTAMP}
        if wanted != versions.keys():
            journal.have(wanted)
            bins.sort_into(self.keyring.shape)
            journal.all_go_stale()
            versions = journal.versions()
        if self._catch_up(versions):
            versions = journal.versions()
        return versions

    def _catch_up(self, versions: dict[str, int]) -> bool:
        """Take over higher versions from the disk, and sign everything anew where it has lost its
        metadata; return whether there was anything to do."""
        stamped = self.tree.read(file_name(TIMESTAMP, 0))
        there = edition.numbers(stamped, None)
        mine = versions[TIMESTAMP], versions[SNAPSHOT]
        if (there.timestamp, there.snapshot) == mine:
            return False
        if there.timestamp <= mine[0] and there.snapshot <= mine[1]:
            if there.timestamp or not any(mine):
                return False  # a sealing was cut short after its numbers were taken
            journal.all_go_stale()  # the folder is a new one
            return True
        snapshot = self.tree.read(file_name(SNAPSHOT, there.snapshot))
        there = edition.numbers(stamped, snapshot)
        journal.take_over({**there.bins, TIMESTAMP: there.timestamp, SNAPSHOT: there.snapshot})
        return True

    def _take(self, versions: dict[str, int], changed: list[str], made: Edition) -> None:
        """Take the next versions of what is to be signed for an edition."""
        fresh = {role: self._free(role, versions[role] + 1) for role in changed}
        fresh |= {SNAPSHOT: made.number, TIMESTAMP: versions[TIMESTAMP] + 1}
        journal.take(versions, fresh, made)
        versions.update(fresh)

    def _free(self, role: str, version: int) -> int:
        """Return the first version from this one on that no file bears: one may, of a sealing that
        was cut short before the database came back from a backup, and mirrors may hold it."""
        while self.tree.has(file_name(role, version)):
            version += 1
        return version

    # Writing

    def _put_standing(self) -> dict[str, bytes] | None:
        """Let what the roots name lie in the edition; return the roots that must follow it, or None
        where nothing is new. Raises OldKeys."""
        standing = self.keyring.standing()
        newest = {**self.keyring.versions(), ROOT: self.keyring.root.version}
        for role, version in newest.items():
            if self.tree.has(file_name(role, version + 1)):
                raise OldKeys(
                    f"{file_name(role, version + 1)} lies in the edition, and the keys' folder "
                    f"knows no newer than {version}: it is an old one; put back the newest"
                )
        new = {path: data for path, data in standing.items() if self.tree.read(path) != data}
        for path in new:
            if self.tree.has(path):
                raise OldKeys(
                    f"{path} in the edition is another than in the keys' folder; put back the "
                    "folder that made it, or take signed/ away to begin anew with new readers"
                )
        for path in [path for path in new if ".root." not in path]:
            self._put_file(path, new[path])
        return {path: data for path, data in new.items() if ".root." in path} if new else None

    def _write_bins(
        self, roles: list[str], versions: dict[str, int], now: datetime, progress: Progress | None
    ) -> None:
        for done, (role, listed) in enumerate(bins.entries_of(roles), start=1):
            data = edition.seal_bin(self.keyring, role, versions[role], listed, now)
            self._put(role, versions[role], data)
            if progress and len(roles) > MANY:
                progress(done, len(roles))

    def _put(self, role: str, version: int, data: bytes) -> None:
        # Bins of media are large, and only mirrors and inspectors read them.
        self._put_file(file_name(role, version), data, is_plain=group_of(role) == MEDIA)

    def _put_file(self, path: str, data: bytes, *, is_plain: bool = False) -> None:
        self.tree.write(path, data, is_plain=is_plain or len(data) < SMALL)

    def _stamp(self, version: int, number: int, now: datetime) -> None:
        """Put the timestamp in place: from here on, this is the edition that readers get."""
        data = edition.seal_timestamp(self.keyring, version, number, now)
        self.tree.write(file_name(TIMESTAMP, version), data, is_plain=True)
        self.tree.sync()

    def _renew_timestamp(self, versions: dict[str, int], now: datetime) -> None:
        version = versions[TIMESTAMP] + 1
        journal.take(versions, {TIMESTAMP: version})
        self._stamp(version, versions[SNAPSHOT], now)
        journal.note([TIMESTAMP], self.keyring, now)

    def _forget(self, roles: list[str], versions: dict[str, int]) -> None:
        """Take away the earlier versions of these roles."""
        for path, role, version in self._signed_files() if roles else ():
            if role in roles and version < versions[role]:
                self.tree.remove(path)

    # Sweeping

    def sweep(self, now: datetime) -> int:
        """Take away metadata that was superseded long enough ago; return how many files."""
        newest = journal.versions()
        by_role: dict[str, list[tuple[int, str]]] = {}
        for path, role, version in self._signed_files():
            if role in newest and version <= newest[role]:
                by_role.setdefault(role, []).append((version, path))
        count = 0
        for role, found in by_role.items():
            found.sort()
            before = now - (KEPT_SHORTLY if group_of(role) in (SNAPSHOT, MEDIA) else KEPT)
            for (_, path), (_, successor) in pairwise(found):
                if self.tree.changed_at(successor) < before:
                    self.tree.remove(path)
                    count += 1
        return count

    def _signed_files(self) -> Iterator[tuple[str, str, int]]:
        """Yield the path, role and version of every versioned file of the edition's metadata."""
        for name in self.tree.names(FOLDER):
            number, _, rest = name.partition(".")
            role, _, ending = rest.rpartition(".")
            if number.isdigit() and ending == "json" and role != "root":
                yield f"{FOLDER}/{name}", role, int(number)


def languages() -> list[str]:
    """Return the languages of the edition, the newsroom's first one first."""
    public = set(Home.objects.live().values_list("locale__language_code", flat=True))
    return [code for code in language_codes() if code in public]
