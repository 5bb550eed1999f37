"""What a reader trusts, and how it may change: TUF's client workflow as a state machine.

No file is read and no clock is asked here: bytes come in, and each is verified, then assigned.
What is refused changes nothing, so that a reader keeps the last good edition. Section numbers are
those of the TUF specification 1.0.

1.  A start needs a root that the reader has from elsewhere; it must be signed by its own
    threshold (5.2).
2.  The time is fixed for a whole cycle (5.1): it is passed in.
3.  Roots come one by one: version N + 1, signed by the threshold of root N and by its own (5.3.4,
    5.3.5). Expiry of one on the way does not matter (5.3.6); that of the last one does (5.3.10).
4.  A root that replaced a key of timestamp or snapshot makes the reader forget both: so a
    newsroom recovers from versions that a thief drove up (5.3.11).
5.  A timestamp is signed by its threshold (5.4.2). Its version never falls (5.4.3.1), nor does the
    snapshot's version in it (5.4.3.2). An equal version is no error: the new file is discarded,
    whatever it holds, and the trusted one stays (5.4.3.1).
6.  A snapshot has the length and hash that the timestamp gives, if any (5.5.2), is signed by its
    threshold (5.5.3), and bears the version that the timestamp says (5.5.4). No role vanishes from
    it and no role's version falls (5.5.5). Its version is the edition's number, so two different
    ones of one version are refused (Forked); the specification leaves that open.
7.  Targets, and all roles below, have the length and hash that the snapshot gives, if any (5.6.2),
    are signed by the threshold that the delegating role names (5.6.3), and bear the version that
    the snapshot says (5.6.4).
8.  A path is looked for in preorder, depth first; a terminating delegation ends the search
    (5.6.7). ``*`` in a pattern does not cross ``/`` (4.5). Delegations come from ``delegates``; who
    follows them visits a role once, and no more than MOST_ROLES.
9.  With ``refuse_expired``, what has expired is refused: the freeze attack (5.3.10, 5.4.4, 5.5.6,
    5.6.5). Without, it is taken and ``expired`` says so: a reader who is cut off may read what is
    old under a plain line. Rules 3 to 7 hold all the same.
10. What is kept between visits (``keep``) is verified again when it is taken up (``resume``),
    except that it may have expired: it only serves to refuse what is older (5.4.3, 5.5.5).
11. Whoever began with a later root than the first knows those that lead there by fingerprint
    (``before``): a newsroom is recognised by them, and nothing else is believed for their sake.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from tuf.api.metadata import Delegations, MetaFile, Root, Snapshot, Targets, Timestamp

from tamizdat.edition.errors import Altered, Expired, Forked, Malformed, Missing, RolledBack
from tamizdat.edition.metadata import LIMITS, Sealed, load, moment, read, require
from tamizdat.edition.roles import ROOT, SNAPSHOT, TARGETS, TIMESTAMP, file_name
from tamizdat.edition.tree import Entry

MOST_ROOTS = 256  # in one cycle, as in python-tuf's client; 5.3.3 asks for a bound
MOST_ROLES = 32  # visited for one path, likewise
LONGEST_KEPT = 64_000_000


@dataclass(frozen=True)
class Edition:
    """What a snapshot says of the edition that it seals."""

    number: int
    made: datetime
    languages: tuple[str, ...]


@dataclass(frozen=True)
class Listing:
    """A role that lists files, or says who does; verified."""

    role: str
    version: int
    name: str
    expires: datetime
    entries: Mapping[str, Entry]
    delegations: Delegations | None


class Trust:
    """What a reader trusts now. ``now`` may be set anew where a cycle begins."""

    def __init__(self, root: bytes, now: datetime, *, refuse_expired: bool = True) -> None:
        """Begin with a root from a trusted place. Raises Altered, Malformed or TooLong."""
        self.now = now
        self.refuse_expired = refuse_expired
        self.timestamp: Sealed[Timestamp] | None = None
        self.snapshot: Sealed[Snapshot] | None = None
        self._listings: dict[str, tuple[str, Listing]] = {}  # role: who delegated, what it lists
        first = read(Root, root, "the trusted root")
        require(first, first.signed.roles[ROOT], first.signed.keys, "itself")
        self.roots = [first]
        self.before: list[str] = []

    # What is trusted

    @property
    def root(self) -> Root:
        return self.roots[-1].signed

    def ends(self) -> dict[str, datetime]:
        """Return when each signature that is trusted now expires, by the file's name."""
        sealed: list[Sealed[Any] | None] = [self.roots[-1], self.timestamp, self.snapshot]
        found = {each.name: each.signed.expires for each in sealed if each}
        return found | {each.name: each.expires for _, each in self._listings.values()}

    @property
    def expired(self) -> dict[str, datetime]:
        """Return what of it has expired, and when."""
        return {name: expires for name, expires in self.ends().items() if expires <= self.now}

    @property
    def is_old(self) -> bool:
        return bool(self.expired)

    @property
    def edition(self) -> Edition:
        """Return which edition this is. Raises Missing before there is one, or Malformed."""
        snapshot = self._snapshot()
        about: Any = snapshot.signed.unrecognized_fields.get("edition")
        try:
            number, languages = about["number"], tuple(about["languages"])
            is_sound = type(number) is int and number == snapshot.signed.version
            if not is_sound or not all(type(each) is str for each in languages):
                raise ValueError("the number is not the version, or a language no text")
            return Edition(number, moment(about["made"]), languages)
        except (TypeError, KeyError, ValueError):
            raise Malformed(f"{snapshot.name} does not say which edition it is") from None

    def roles(self) -> list[str]:
        """Return every role below root that the snapshot names."""
        return [name.removesuffix(".json") for name in self._snapshot().signed.meta]

    def version_of(self, role: str) -> int:
        """Return the version that the snapshot fixes for a role; 0 where it does not name it."""
        meta = self._snapshot().signed.meta.get(f"{role}.json")
        return meta.version if meta else 0

    def listing(self, role: str) -> Listing:
        """Return what a role lists. Raises Missing before it was verified."""
        if role not in self._listings:
            raise Missing(f"{role} has not been read yet")
        return self._listings[role][1]

    def has(self, role: str, delegator: str) -> bool:
        """Say whether a role was verified as this one delegates to it."""
        return role in self._listings and self._listings[role][0] == delegator

    def delegates(self, role: str, path: str) -> list[tuple[str, bool]]:
        """Return to whom a role delegates this path, in order; True where the search ends there."""
        delegations = self.listing(role).delegations
        return list(delegations.get_roles_for_target(path)) if delegations else []

    def forget(self, role: str) -> None:
        """Let go of what a role lists, to spare memory; it can be read again."""
        self._listings.pop(role, None)

    def is_known_by(self, root: Sealed[Root]) -> bool:
        """Say whether this root is one of the newsroom's (rule 11)."""
        return fingerprint(root) in {*self.before, *map(fingerprint, self.roots)}

    def note_way(self, way: Sequence[Sealed[Root]]) -> None:
        """Note which of these roots, each signed by the one before, lead to the first (rule 11)."""
        prints = [fingerprint(each) for each in way]
        first = fingerprint(self.roots[0])
        if first in prints:
            new = [each for each in prints[: prints.index(first)] if each not in self.before]
            self.before = [*self.before, *new][:MOST_ROOTS]

    # Which file comes next, and how long it may be

    def next_root(self) -> tuple[str, int]:
        return file_name(ROOT, self.root.version + 1), LIMITS[Root]

    def next_timestamp(self) -> tuple[str, int]:
        return file_name(TIMESTAMP, 0), LIMITS[Timestamp]

    def next_snapshot(self) -> tuple[str, int]:
        meta = self._timestamp().signed.snapshot_meta
        return file_name(SNAPSHOT, meta.version), _limit(meta, LIMITS[Snapshot])

    def next_listing(self, role: str) -> tuple[str, int]:
        """Raises Missing where the snapshot does not name the role."""
        meta = self._meta(role)
        return file_name(role, meta.version), _limit(meta, LIMITS[Targets])

    # How it changes

    def update_root(self, data: bytes) -> None:
        """Take the next root (rules 3 and 4). Raises Altered, RolledBack …"""
        name, _ = self.next_root()
        new = read(Root, data, name)
        require(new, self.root.roles[ROOT], self.root.keys, f"root {self.root.version}")
        require(new, new.signed.roles[ROOT], new.signed.keys, "itself")
        _expect_version(new, self.root.version + 1)
        if any(_are_replaced(role, self.root, new.signed) for role in (TIMESTAMP, SNAPSHOT)):
            self.timestamp = self.snapshot = None
        self._listings.clear()
        self.roots.append(new)

    def check_root(self) -> None:
        """Refuse a last root that has expired (rule 9). Raises Expired."""
        self._expect_fresh(self.roots[-1])

    def update_timestamp(self, data: bytes) -> bool:
        """Take a timestamp (rule 5); return False where it is the trusted one's equal.

        Raises Altered, RolledBack, Expired …
        """
        self.check_root()
        new = self._read_timestamp(data)
        if self.timestamp is not None:
            old = self.timestamp.signed
            if new.signed.version == old.version:
                self._expect_fresh(self.timestamp)
                return False
            _expect_not_lower(new.name, "version", old.version, new.signed.version)
            least, found = old.snapshot_meta.version, new.signed.snapshot_meta.version
            _expect_not_lower(new.name, "the snapshot's version", least, found)
        self._expect_fresh(new)
        self.timestamp = new
        return True

    def update_snapshot(self, data: bytes) -> None:
        """Take the snapshot that the timestamp names (rule 6). Raises Altered, RolledBack …"""
        name, limit = self.next_snapshot()
        meta = self._timestamp().signed.snapshot_meta
        _expect_bytes(name, meta, data)
        new = self._read_snapshot(data, name, limit)
        _expect_version(new, meta.version)
        if self.snapshot is not None:
            _expect_no_rollback(self.snapshot, new)
        self._expect_fresh(new)
        if self.snapshot is None or self.snapshot.payload != new.payload:
            self._listings.clear()
        self.snapshot = new

    def update_listing(self, role: str, delegator: str, data: bytes) -> Listing:
        """Take the file of a role that lists files (rule 7); ``delegator`` names it.

        Targets is delegated by root. Raises Altered, Expired, Missing …
        """
        name, limit = self.next_listing(role)
        meta = self._meta(role)
        _expect_bytes(name, meta, data)
        new = read(Targets, data, name, limit)
        require(new, *self._delegation(role, delegator), delegator)
        _expect_version(new, meta.version)
        self._expect_fresh(new)
        signed = new.signed
        listing = Listing(
            role, signed.version, name, signed.expires, new.entries, signed.delegations
        )
        self._listings[role] = (delegator, listing)
        return listing

    # Between visits

    def keep(self) -> bytes:
        """Return what ``resume`` takes up: roots, timestamp and snapshot; no path, no bin.

        Raises as that does, where a hostile newsroom's could not be taken up: they are not kept.
        """
        kept = {
            "kept": 1,
            "before": self.before,
            "roots": [each.data.decode() for each in self.roots],
            "timestamp": self.timestamp and self.timestamp.data.decode(),
            "snapshot": self.snapshot and self.snapshot.data.decode(),
        }
        data = json.dumps(kept, ensure_ascii=False, sort_keys=True, indent=0).encode()
        self.resume(data, self.now)
        return data

    @classmethod
    def resume(cls, kept: bytes, now: datetime, *, refuse_expired: bool = True) -> Self:
        """Take up what was kept (rule 10). Raises Malformed or Altered."""
        said = load(kept, "what was kept", LONGEST_KEPT)
        try:
            roots = [each.encode() for each in said["roots"]]
            before = [str(each) for each in said.get("before", ())]
            rest = [said[role] and said[role].encode() for role in (TIMESTAMP, SNAPSHOT)]
            first, *others = roots
        except (KeyError, TypeError, AttributeError, ValueError):
            raise Malformed("what was kept cannot be read") from None
        trust = cls(first, now, refuse_expired=refuse_expired)
        trust.before = before
        for root in others:
            trust.update_root(root)
        timestamp, snapshot = rest
        if timestamp:
            trust.timestamp = trust._read_timestamp(timestamp)
        if snapshot:
            trust.snapshot = trust._read_snapshot(snapshot, "the kept snapshot", LIMITS[Snapshot])
        return trust

    # The steps

    def _read_timestamp(self, data: bytes) -> Sealed[Timestamp]:
        new = read(Timestamp, data, file_name(TIMESTAMP, 0))
        require(new, *self._top(TIMESTAMP))
        return new

    def _read_snapshot(self, data: bytes, name: str, limit: int) -> Sealed[Snapshot]:
        new = read(Snapshot, data, name, limit)
        require(new, *self._top(SNAPSHOT))
        return new

    def _top(self, role: str) -> tuple[Any, Mapping[str, Any], str]:
        return self.root.roles[role], self.root.keys, f"root {self.root.version}"

    def _delegation(self, role: str, delegator: str) -> tuple[Any, Mapping[str, Any]]:
        if delegator == ROOT:
            if role != TARGETS:
                raise Missing(f"root delegates to no role {role!r} that lists files")
            return self._top(TARGETS)[:2]
        delegations = self.listing(delegator).delegations
        if delegations is not None:
            succinct = delegations.succinct_roles
            if succinct is not None and succinct.is_delegated_role(role):
                return succinct, delegations.keys
            named = (delegations.roles or {}).get(role)
            if named is not None:
                return named, delegations.keys
        raise Missing(f"{delegator} delegates to no role {role!r}")

    def _timestamp(self) -> Sealed[Timestamp]:
        if self.timestamp is None:
            raise Missing("there is no timestamp yet")
        return self.timestamp

    def _snapshot(self) -> Sealed[Snapshot]:
        if self.snapshot is None:
            raise Missing("there is no snapshot yet")
        return self.snapshot

    def _meta(self, role: str) -> MetaFile:
        snapshot = self._snapshot()
        meta = snapshot.signed.meta.get(f"{role}.json")
        if meta is None:
            raise Missing(f"{snapshot.name} names no role {role!r}")
        return meta

    def _expect_fresh(self, sealed: Sealed[Any]) -> None:
        expires: datetime = sealed.signed.expires
        if self.refuse_expired and expires <= self.now:
            raise Expired(
                f"{sealed.name} expired at {expires:%Y-%m-%d %H:%M} UTC; "
                f"it is {self.now:%Y-%m-%d %H:%M} UTC now"
            )


def fingerprint(root: Sealed[Root]) -> str:
    """Return the name of a root: the SHA-256 (hex) of what its keys signed.

    Not of the whole file: whoever passes on an ECDSA signature can give it another form.
    """
    return hashlib.sha256(root.payload).hexdigest()


def _limit(meta: MetaFile, most: int) -> int:
    return most if meta.length is None else min(meta.length, most)


def _are_replaced(role: str, old: Root, new: Root) -> bool:
    """Say whether a key of this role is no longer one (5.3.11), or fewer suffice than before."""
    before, after = old.roles[role], new.roles[role]
    return set(before.keyids) != set(after.keyids) or before.threshold != after.threshold


def _expect_bytes(name: str, meta: MetaFile, data: bytes) -> None:
    """Refuse bytes that have not the length and hash given for them, if any (5.5.2, 5.6.2)."""
    if meta.length is not None and len(data) != meta.length:
        raise Altered(f"{name} has {len(data)} bytes; expected {meta.length}")
    if meta.hashes is not None:
        found = hashlib.sha256(data).hexdigest()
        if found != meta.hashes["sha256"]:
            raise Altered(f"{name} has SHA-256 {found}; expected {meta.hashes['sha256']}")


def _expect_version(new: Sealed[Any], expected: int) -> None:
    found = new.signed.version
    if found < expected:
        raise RolledBack(f"{new.name} bears version {found}; expected {expected}")
    if found > expected:
        raise Altered(f"{new.name} bears version {found}; expected {expected}")


def _expect_not_lower(name: str, what: str, least: int, found: int) -> None:
    if found < least:
        raise RolledBack(f"{name}: {what} is {found}; {least} has been seen before")


def _expect_no_rollback(old: Sealed[Snapshot], new: Sealed[Snapshot]) -> None:
    if new.signed.version == old.signed.version and new.payload != old.payload:
        raise Forked(f"{new.name} is not the edition {new.signed.version} that was seen before")
    for name, meta in old.signed.meta.items():
        fresh = new.signed.meta.get(name)
        if fresh is None:
            raise RolledBack(f"{new.name} no longer names {name}, which was there before")
        _expect_not_lower(new.name, f"the version of {name}", meta.version, fresh.version)
