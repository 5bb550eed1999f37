"""Sealing: the signed metadata over the files that stand, so that a bake becomes an edition.

Rules:

* Versions are taken in the database before a file bears them: none is ever used twice, whatever
  dies in between. Where the disk knows a higher one (the database came back from a backup), the
  disk's counts.
* Bins before the snapshot, the snapshot before a new root, and ``timestamp.json`` last; all of it
  durable before that rename, and that rename durable before the database says "sealed".
* The keys are read anew for each sealing: one that was stolen signs nothing more.
* Metadata is stale from the transaction that changed what it lists until its next version is with
  the readers. So a sealing that was cut short is done again by the next.
* Superseded bins of pages stay thirty days, because some reader still holds the old snapshot.
  Superseded snapshots and bins of media stay two: a reader asks for the snapshot that a timestamp
  of the day names, and never for a bin of media (docs/decisions/0011). What names a withdrawn page
  goes at once.
* The same files and versions make the same bytes, signatures and dates aside.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from itertools import groupby, pairwise
from operator import itemgetter
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Max, Q, QuerySet

from tamizdat.bake.models import Asset, Edition, File, Metadata
from tamizdat.bake.records import go_stale
from tamizdat.edition import sealing as edition
from tamizdat.edition.keys import Keyring
from tamizdat.edition.paths import EditionError
from tamizdat.edition.roles import (
    MEDIA,
    PAGES,
    ROOT,
    SNAPSHOT,
    TIMESTAMP,
    file_name,
    group_of,
    is_bin,
    period_of,
)
from tamizdat.edition.tree import Entry, Tree
from tamizdat.stories.models import Home

FOLDER = "signed"
SLICE = 500
RENEWED_AT_ONCE = 64  # bins; a year's bins come due together, and nobody should notice
SMALL = 1024  # bytes; compressing less saves a reader nothing
MANY = 64  # stale bins, from which on one pass over all files is quicker than a query for each

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

    def next_number(self) -> int:
        """Return the number that the edition now being baked will have, if nothing dies."""
        last = Metadata.objects.filter(role=SNAPSHOT).values_list("version", flat=True).first()
        return (last or 0) + 1

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
        stale, roots = self._stale(), self._put_standing()
        if not stale and roots is None:
            return None
        number = self._take_numbers(versions, list(stale), now, written, removed)
        self._write_bins(list(stale), versions, now, progress)
        listed = {role: version for role, version in versions.items() if is_bin(role)}
        data = edition.seal_snapshot(self.keyring, number, listed, languages(), now)
        self._put(SNAPSHOT, number, data)
        self.tree.sync()
        for path, root in (roots or {}).items():
            # As late as can be: under a new root, the timestamp that still stands may not verify.
            self._put_file(path, root)
        self._stamp(versions[TIMESTAMP], number, now)
        self._forget([role for role, forgets in stale.items() if forgets], versions)
        self._note([*stale, SNAPSHOT, TIMESTAMP], now)
        Edition.objects.filter(number=number).update(sealed_at=now)
        return number

    def renew(self, now: datetime) -> int | None:
        """Sign again what is on its way to expire, having finished what was cut short; return the
        edition's number if there is a new one. The timestamp alone makes none."""
        number = self.seal(now)
        if number is not None:
            return number
        versions = self._prepare()
        due = _due(now)
        if not due:
            return None
        if due == [TIMESTAMP] and self.tree.has(file_name(SNAPSHOT, versions[SNAPSHOT])):
            self._renew_timestamp(versions, now)
            return None
        bins = [role for role in due if is_bin(role)]
        go_stale([*bins[:RENEWED_AT_ONCE], SNAPSHOT])
        return self.seal(now)

    def is_disk_ahead(self) -> bool:
        """Say whether the disk knows a later edition than the database, which then came back from a
        backup."""
        there = edition.numbers(self.tree.read(file_name(TIMESTAMP, 0)), None)
        mine = Metadata.objects.filter(role=SNAPSHOT).values_list("version", flat=True).first()
        return there.snapshot > (mine or 0)

    def miss_nothing(self) -> None:
        """Have everything signed again whose file is not on disk."""
        go_stale(
            role
            for role, version in self._prepare().items()
            if not self.tree.has(file_name(role, version))
        )

    # What is to be signed

    def _prepare(self) -> dict[str, int]:
        """Return every role's version, having brought the database up to the keys and the disk."""
        versions = _versions()
        wanted = {*self.keyring.shape.bins(), SNAPSHOT, TIMESTAMP}
        if wanted != versions.keys():
            _found(wanted)
            self._sort_into_bins()
            versions = _versions()
        if self._catch_up(versions):
            versions = _versions()
        return versions

    def _stale(self) -> dict[str, bool]:
        """Return the bins that must be signed anew, or that another key signed; and whether
        earlier versions of each must go. The snapshot counts as one of them, without a bin."""
        keys = {self.keyring.key_id(role) for role in (PAGES, MEDIA, SNAPSHOT)}
        rows = Metadata.objects.exclude(role=TIMESTAMP)
        rows = rows.filter(Q(is_stale=True) | ~Q(key_id__in=keys))
        return dict(rows.values_list("role", "forgets"))

    def _sort_into_bins(self) -> None:
        """Note which bin lists each file: the first time, and when the shape has changed."""
        shape = self.keyring.shape
        for model in (File, Asset):
            rows: QuerySet[Any] = model._default_manager.order_by("pk")
            last = 0
            while part := list(rows.filter(pk__gt=last)[: SLICE * 4]):
                for each in part:
                    each.bin = shape.bin_of(each.path)
                rows.bulk_update(part, ["bin"], batch_size=SLICE // 3)
                last = part[-1].pk
        Metadata.objects.update(is_stale=True)

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
            Metadata.objects.update(is_stale=True)  # the folder is a new one
            return True
        snapshot = self.tree.read(file_name(SNAPSHOT, there.snapshot))
        there = edition.numbers(stamped, snapshot)
        floors = {**there.bins, TIMESTAMP: there.timestamp, SNAPSHOT: there.snapshot}
        with transaction.atomic():
            for role, version in floors.items():
                rows = Metadata.objects.filter(role=role, version__lt=version)
                rows.update(version=version, is_stale=True)
            # What the later ones listed the database does not know: it may be withdrawn by now.
            Metadata.objects.update(is_stale=True, forgets=True)
        return True

    def _take_numbers(
        self, versions: dict[str, int], stale: list[str], now: datetime, written: int, removed: int
    ) -> int:
        """Take the next versions, and note them; return the edition's number."""
        last = Edition.objects.aggregate(last=Max("number"))["last"] or 0
        number = self._free(SNAPSHOT, max(last, versions[SNAPSHOT]) + 1)
        changed = [role for role in stale if is_bin(role)]
        fresh = {role: self._free(role, versions[role] + 1) for role in changed}
        fresh[TIMESTAMP] = versions[TIMESTAMP] + 1
        with transaction.atomic():
            _take(versions, fresh)
            Metadata.objects.filter(role=SNAPSHOT).update(version=number, is_stale=True)
            Edition.objects.create(number=number, made_at=now, written=written, removed=removed)
        versions.update(fresh)
        versions[SNAPSHOT] = number
        return number

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
        roles = [role for role in roles if is_bin(role)]
        entries = _all_entries() if len(roles) > MANY else _entries_of(roles)
        bins = _with_the_empty(entries, set(roles))
        for done, (role, listed) in enumerate(bins, start=1):
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
        Metadata.objects.filter(role=TIMESTAMP).update(version=version)
        self._stamp(version, versions[SNAPSHOT], now)
        self._note([TIMESTAMP], now)

    def _forget(self, roles: list[str], versions: dict[str, int]) -> None:
        """Take away the earlier versions of these roles."""
        for path, role, version in self._signed_files() if roles else ():
            if role in roles and version < versions[role]:
                self.tree.remove(path)

    def _note(self, roles: list[str], now: datetime) -> None:
        """Note that these are with the readers."""
        with transaction.atomic():
            for group in (SNAPSHOT, TIMESTAMP, PAGES, MEDIA):
                own = [role for role in dict.fromkeys(roles) if group_of(role) == group]
                for part in _slices(own):
                    Metadata.objects.filter(role__in=part).update(
                        is_stale=False,
                        forgets=False,
                        key_id=self.keyring.key_id(own[0]),
                        expires_at=now + period_of(own[0]),
                    )

    # Sweeping

    def sweep(self, now: datetime) -> int:
        """Take away metadata that was superseded long enough ago; return how many files."""
        newest = _versions()
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
    homes = Home.objects.live().order_by("path").values_list("locale__language_code", flat=True)
    return list(homes)


def _take(versions: dict[str, int], fresh: dict[str, int]) -> None:
    """Note new versions, in few statements where they are just the next."""
    next_ones = [role for role, version in fresh.items() if version == versions[role] + 1]
    for part in _slices(next_ones):
        Metadata.objects.filter(role__in=part).update(version=F("version") + 1)
    for role in fresh.keys() - set(next_ones):
        Metadata.objects.filter(role=role).update(version=fresh[role])


def _versions() -> dict[str, int]:
    """Return every role's version. Without the ORM's dressing: each publish asks for them all."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT role, version FROM bake_metadata")
        return dict(cursor.fetchall())


def _found(roles: set[str]) -> None:
    """Have a row for each of these roles and for no other."""
    Metadata.objects.exclude(role__in=[SNAPSHOT, TIMESTAMP]).exclude(
        pk__in=[pk for pk, role in Metadata.objects.values_list("pk", "role") if role in roles]
    ).delete()
    Metadata.objects.bulk_create(
        [Metadata(role=role) for role in sorted(roles)],
        ignore_conflicts=True,
        batch_size=SLICE // 6,
    )


def _due(now: datetime) -> list[str]:
    """Return the roles that are due to be signed again, the most urgent first."""
    rows = Metadata.objects.filter(expires_at__isnull=False).order_by("expires_at")
    return [
        role
        for role, expires in rows.values_list("role", "expires_at")
        if expires and edition.is_due(expires, now, role)
    ]


FIELDS = ("bin", "path", "sha256", "length")


def _entries_of(roles: list[str]) -> Iterator[tuple[str, list[Entry]]]:
    for role in roles:
        model = Asset if role.startswith("media-") else File
        rows = model.objects.filter(bin=role).values_list(*FIELDS[1:])
        yield role, [Entry(*row) for row in rows]


def _all_entries() -> Iterator[tuple[str, list[Entry]]]:
    """Yield every bin's entries, in one pass over all files."""
    for model in (File, Asset):
        rows = model.objects.order_by("bin").values_list(*FIELDS).iterator(chunk_size=SLICE * 4)
        for role, group in groupby(rows, key=itemgetter(0)):
            yield role, [Entry(*row[1:]) for row in group]


def _with_the_empty(
    entries: Iterable[tuple[str, list[Entry]]], wanted: set[str]
) -> Iterator[tuple[str, list[Entry]]]:
    """Yield the wanted bins, and last those that list nothing."""
    left = set(wanted)
    for role, listed in entries:
        if role in left:
            left.discard(role)
            yield role, listed
    for role in sorted(left):
        yield role, []


def _slices(roles: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(roles), SLICE):
        yield roles[start : start + SLICE]
