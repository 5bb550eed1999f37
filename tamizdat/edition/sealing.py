"""The bytes of bins, snapshot and timestamp: what every publish signs anew.

Rules:

* The same entries, versions and clock make the same bytes, whatever order they came in.
* A bin lists only paths that fall into it, each once: a reader looks nowhere else.
* A snapshot fixes a version for every bin of the shape and for no other: readers stop at a bin
  that is missing (spec 5.5, 5.6).
* Nothing of these files is secret, and nothing but the private keys is needed to make them anew.
"""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from tuf.api.metadata import SPECIFICATION_VERSION

from tamizdat.edition.canonical import canonical, signed_file
from tamizdat.edition.keys import Keyring
from tamizdat.edition.paths import EditionError
from tamizdat.edition.roles import SNAPSHOT, TIMESTAMP, Shape, period_of
from tamizdat.edition.tree import Entry

SPEC_VERSION = ".".join(SPECIFICATION_VERSION)
_UNCANONICAL = re.compile(r"[\x00-\x1f\\]")
_PATH = operator.attrgetter("path")
_SHA256 = re.compile(r"[0-9a-f]{64}")


class CannotSeal(EditionError):
    """What should be sealed is not whole; the message names the path or the bin."""


@dataclass(frozen=True)
class Numbers:
    """What stands sealed on disk; a version is 0, and no bin is named, where nothing does."""

    timestamp: int
    snapshot: int
    bins: Mapping[str, int]


def seal_bin(
    keyring: Keyring, role: str, version: int, entries: Iterable[Entry], now: datetime
) -> bytes:
    """Return the file of a bin. Raises CannotSeal, naming the path, or LostKey."""
    listed = sorted(entries, key=_PATH)
    _hold(keyring.shape, role, listed)
    # Made by hand: a bin of media may list thousands, and every publish writes some anew.
    targets = ",".join(
        [
            f'"{_quoted(each.path)}":{{"hashes":{{"sha256":"{each.sha256}"}},"length":{each.length}}}'
            for each in listed
        ]
    )
    signed = (
        f'{{"_type":"targets","expires":"{stamp(now + period_of(role))}",'
        f'"spec_version":"{SPEC_VERSION}","targets":{{{targets}}},"version":{version}}}'
    ).encode()
    return signed_file(signed, keyring.sign(role, signed))


def _quoted(path: str) -> str:
    return path.replace('"', '\\"') if '"' in path else path


def _hold(shape: Shape, role: str, listed: Sequence[Entry]) -> None:
    """Raise CannotSeal where entries, sorted by path, do not make a bin."""
    for one, next_one in pairwise(listed):
        if one.path == next_one.path:
            raise CannotSeal(f"{one.path!r} stands twice in {role}")
    for each in listed:
        if shape.bin_of(each.path) != role:
            raise CannotSeal(f"{each.path!r} falls into {shape.bin_of(each.path)}, not {role}")
        if each.length < 0 or not _SHA256.fullmatch(each.sha256) or _UNCANONICAL.search(each.path):
            raise CannotSeal(f"{each!r} cannot be signed")


def seal_snapshot(
    keyring: Keyring,
    number: int,
    versions: Mapping[str, int],
    languages: Sequence[str],
    now: datetime,
) -> bytes:
    """Return the file of edition ``number``; ``versions`` are those of all bins.

    Raises CannotSeal, naming the bin, or LostKey.
    """
    odd = set(versions).symmetric_difference(keyring.shape.bins())
    if odd:
        raise CannotSeal(
            f"{min(odd)} must be in the snapshot just when it is a bin of this edition"
        )
    meta = {**versions, **keyring.versions()}
    edition = {"number": number, "made": stamp(now), "languages": list(languages)}
    return _seal(keyring, SNAPSHOT, number, {"meta": _meta(meta), "edition": edition}, now)


def seal_timestamp(keyring: Keyring, version: int, snapshot_version: int, now: datetime) -> bytes:
    """Return the file that names the newest snapshot. Raises LostKey."""
    meta = _meta({SNAPSHOT: snapshot_version})
    return _seal(keyring, TIMESTAMP, version, {"meta": meta}, now)


def _meta(versions: Mapping[str, int]) -> dict[str, dict[str, int]]:
    return {f"{role}.json": {"version": version} for role, version in versions.items()}


def _seal(
    keyring: Keyring, role: str, version: int, more: Mapping[str, Any], now: datetime
) -> bytes:
    signed = canonical(
        {
            "_type": role,
            "expires": stamp(now + period_of(role)),
            "spec_version": SPEC_VERSION,
            "version": version,
            **more,
        }
    )
    return signed_file(signed, keyring.sign(role, signed))


def stamp(moment: datetime) -> str:
    """Write a moment as TUF does: UTC, whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def numbers(timestamp: bytes | None, snapshot: bytes | None) -> Numbers:
    """Read what was sealed last from our own files; what cannot be read counts as nothing.

    ``snapshot`` is the file that the timestamp names. For recovery, when the database is older
    than the disk: versions that readers have seen must never be given out again.
    """
    stamped, snapped = _signed(timestamp), _signed(snapshot)
    meta = snapped.get("meta")
    listed = meta.items() if isinstance(meta, dict) else ()
    bins = {name.removesuffix(".json"): _version(each) for name, each in listed if "-" in name}
    named = stamped.get("meta")
    newest = _version(named.get("snapshot.json")) if isinstance(named, dict) else 0
    return Numbers(_version(stamped), max(_version(snapped), newest), bins)


def _signed(data: bytes | None) -> dict[str, Any]:
    try:
        signed = json.loads(data or b"{}")["signed"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return {}
    return signed if isinstance(signed, dict) else {}


def _version(value: Any) -> int:
    version = value.get("version") if isinstance(value, dict) else None
    return version if type(version) is int and version > 0 else 0


def is_due(expires: datetime, now: datetime, role: str) -> bool:
    """Say whether a role should be signed again.

    So it is when less than half of its period is left, and when more than the whole is: then a
    clock had jumped ahead, and every reader would hold on to that signature too long.
    """
    left = expires - now
    return left < period_of(role) / 2 or left > period_of(role)
