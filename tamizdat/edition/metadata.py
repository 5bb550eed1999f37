"""A file of metadata, read strictly: bytes from anywhere in, a checked value or EditionError out.

Rules:

1. Length comes first: nothing is parsed that is longer than its role allows (TUF 5.3.3, 5.4.1,
   5.5.1, 5.6.1). The limits are those of python-tuf's client, so that both refuse the same files.
2. JSON in UTF-8, nothing else: no doubled key, no fraction, no exponent, no NaN, no number beyond
   2^53 - 1 (where JavaScript's end), no half of a surrogate pair. Bad nesting or types are
   Malformed too; no other exception leaves this module.
3. What signatures cover is the canonical JSON of ``signed`` (TUF 4.1), made anew from the value
   that was read, so that white space or escapes in the file change nothing.
4. A key's id is the SHA-256 of its canonical JSON. One key under two ids would count twice towards
   a threshold (TUF 4.3: one unique key for each id).
5. The list of files in targets metadata becomes entries; each has a good path, a length and a
   SHA-256. Only media may be long: whoever reads a page holds it whole.
6. Whom a path is delegated to is asked for every path, so a file names few roles and few patterns.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, NoReturn, TypeVar

from securesystemslib.exceptions import UnverifiedSignatureError
from securesystemslib.signer import Signature
from tuf.api.metadata import Delegations, Role, Root, Signed, Snapshot, Targets, Timestamp

from tamizdat.edition.canonical import canonical, payload
from tamizdat.edition.errors import Altered, EditionError, Malformed, TooLong
from tamizdat.edition.paths import LONGEST, check
from tamizdat.edition.roles import is_media
from tamizdat.edition.tree import Entry

LIMITS: dict[type[Signed], int] = {
    Root: 512_000,
    Timestamp: 16_384,
    Snapshot: 2_000_000,
    Targets: 5_000_000,
}
GREATEST = 2**53 - 1
LONGEST_PAGE = 50_000_000  # of whatever is no media; a sitemap may have so much (sitemaps.org)
MOST_PATTERNS = 100  # of paths and of hashes, in one file; ours have seventeen
KEY_KIND = ("ecdsa", "ecdsa-sha2-nistp256")
_HEX64 = re.compile(r"[0-9a-f]{64}")
_HEX = re.compile(r"(?:[0-9a-f]{2})+")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_ROLE_FILE = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\.json")

S = TypeVar("S", Root, Timestamp, Snapshot, Targets)


@dataclass(frozen=True)
class Sealed(Generic[S]):
    """A file of metadata: what it says, the bytes that were signed, and by whom they claim to be.

    ``entries`` are the files that targets metadata lists, by path.
    """

    name: str
    data: bytes
    signed: S
    payload: bytes
    signatures: Mapping[str, str]
    entries: Mapping[str, Entry]


def read(kind: type[S], data: bytes, name: str, limit: int | None = None) -> Sealed[S]:
    """Read a file of metadata of this kind; signatures are not verified here.

    Raises TooLong or Malformed, with the name.
    """
    whole = load(data, name, LIMITS[kind] if limit is None else limit)
    try:
        signatures = _signatures(whole["signatures"])
        said = whole["signed"]
        what = signed_bytes(said)
        _check_common(said)
        entries = _entries(said) if kind is Targets else {}
        signed = kind.from_dict(said)
        _KINDS[kind](signed)
    except EditionError as error:
        raise type(error)(f"{name}: {error}") from None
    except Exception as error:  # whatever a hostile value trips over, here or in the libraries
        raise Malformed(f"{name} cannot be read as {kind.type} metadata ({_told(error)})") from None
    return Sealed(name, data, signed, what, signatures, entries)


def require(sealed: Sealed[Any], role: Role, keys: Mapping[str, Any], by: str) -> None:
    """Refuse a file that too few of the role's keys have signed. Raises Altered.

    A key counts once (TUF 5.3.4, 5.4.2, 5.5.3, 5.6.3): a role's ids are unique, an id is one key.
    """
    count = sum(_has_signed(keys.get(key_id), sealed) for key_id in role.keyids)
    if count < role.threshold:
        raise Altered(
            f"{sealed.name} is signed by {count} of the keys that {by} names for it; "
            f"expected {role.threshold}"
        )


def _has_signed(key: Any, sealed: Sealed[Any]) -> bool:
    text = sealed.signatures.get(key.keyid) if key else None
    # Keys of another kind count for nothing: not every reader could check them.
    if text is None or not _HEX.fullmatch(text) or (key.keytype, key.scheme) != KEY_KIND:
        return False
    try:
        key.verify_signature(Signature(key.keyid, text), sealed.payload)
    except UnverifiedSignatureError:
        return False
    return True


def signed_bytes(value: Any) -> bytes:
    """Return the canonical JSON of a value. Raises ValueError or TypeError where it has none."""
    quick = canonical(value)
    # A backslash may stand for a control character, which canonical JSON leaves as it is.
    return payload(value) if b"\\" in quick else quick


def moment(text: str) -> datetime:
    """Return the moment that a text like 2026-11-23T08:00:00Z names (TUF 4.2.3).

    Raises ValueError or TypeError.
    """
    if not _MOMENT.fullmatch(text):
        raise ValueError("a moment should look like 2026-11-23T08:00:00Z")
    return datetime.fromisoformat(text)


def load(data: bytes, name: str, limit: int) -> dict[str, Any]:
    """Return the object that these bytes hold (rule 2). Raises TooLong or Malformed."""
    if len(data) > limit:
        raise TooLong(f"{name} is longer than the {limit} bytes that it may have")
    try:
        value = _DECODER.decode(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise Malformed(f"{name} is no JSON that we read ({_told(error)})") from None
    if not isinstance(value, dict):
        raise Malformed(f"{name} should hold an object")
    return value


def _told(error: Exception) -> str:
    """Return the error's kind and the start of its words; hostile words may be endless."""
    words = "".join(each if each.isprintable() else " " for each in str(error)[:100])
    return f"{type(error).__name__}: {words}" if words else type(error).__name__


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a key stands twice")
    return value


def _integer(digits: str) -> int:
    if len(digits) > 17 or abs(int(digits)) > GREATEST:
        raise ValueError("a number is too great")
    return int(digits)


def _refuse(number: str) -> NoReturn:
    raise ValueError("a number is not whole")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique, parse_int=_integer, parse_float=_refuse, parse_constant=_refuse
)


# The parts of a file


def _signatures(listed: Any) -> dict[str, str]:
    _expect(type(listed) is list, "signatures should be a list")
    found: dict[str, str] = {}
    for each in listed:
        key_id, text = each["keyid"], each["sig"]
        _expect(type(key_id) is str and type(text) is str, "a signature should be text")
        _expect(key_id not in found, "a key signs twice")
        found[key_id] = text
    return found


def _check_common(said: dict[str, Any]) -> None:
    """Hold to what python-tuf would otherwise read more kindly: null, true, 2026-1-2."""
    _expect(_is_number(said["version"]), "version should be a number from 1")
    _expect(type(said["spec_version"]) is str, "spec_version should be text")
    moment(said["expires"])


def _entries(said: dict[str, Any]) -> dict[str, Entry]:
    """Take the listed files out of targets metadata."""
    listed = said["targets"]
    said["targets"] = {}
    return {path: _entry(path, about) for path, about in listed.items()}


def _entry(path: str, about: dict[str, Any]) -> Entry:
    length, sha256 = about["length"], about["hashes"]["sha256"]
    _expect(_is_number(length, 0), "a file's length should be a number")
    is_short = length <= LONGEST_PAGE or is_media(path)
    _expect(is_short, f"a file that is no media has at most {LONGEST_PAGE} bytes")
    _expect(_HEX64.fullmatch(sha256) is not None, "a file's sha256 should be 64 digits")
    return Entry(check(path), sha256, length)


def _check_root(root: Root) -> None:
    _expect(root.consistent_snapshot is True, "consistent_snapshot should be true")
    _check_keys(root.keys)
    for role in root.roles.values():
        _check_role(role)


def _check_timestamp(timestamp: Timestamp) -> None:
    _check_meta(timestamp.snapshot_meta)


def _check_snapshot(snapshot: Snapshot) -> None:
    for name, meta in snapshot.meta.items():
        _expect(_ROLE_FILE.fullmatch(name) is not None, "a role's name should be a-z, 0-9, -")
        _check_meta(meta)


def _check_targets(targets: Targets) -> None:
    if targets.delegations is not None:
        _check_delegations(targets.delegations)


def _check_delegations(delegations: Delegations) -> None:
    _check_keys(delegations.keys)
    roles = (delegations.roles or {}).values()
    patterns = [each for role in roles for each in role.paths or role.path_hash_prefixes or ()]
    is_few = max(len(roles), len(patterns)) <= MOST_PATTERNS
    _expect(is_few, f"more than {MOST_PATTERNS} roles or patterns are too many")
    _expect(all(len(each) <= LONGEST for each in patterns), "a pattern is too long")
    for role in roles:
        _check_role(role)
        _expect(type(role.terminating) is bool, "terminating should be true or false")
    if delegations.succinct_roles is not None:
        _check_role(delegations.succinct_roles)
        _expect(_is_number(delegations.succinct_roles.bit_length), "bit_length should be a number")


def _check_meta(meta: Any) -> None:
    _expect(_is_number(meta.version), "version should be a number from 1")
    _expect(meta.length is None or _is_number(meta.length), "length should be a number from 1")
    known = meta.hashes is None or _HEX64.fullmatch(meta.hashes["sha256"])
    _expect(bool(known), "sha256 should be 64 digits")


def _check_role(role: Role) -> None:
    _expect(_is_number(role.threshold), "threshold should be a number from 1")
    named = type(role.keyids) is list and all(type(each) is str for each in role.keyids)
    _expect(named, "keyids should be a list of texts")


def _check_keys(keys: Mapping[str, Any]) -> None:
    for key_id, key in keys.items():
        said = {"keytype": key.keytype, "scheme": key.scheme, "keyval": key.keyval}
        true_id = hashlib.sha256(signed_bytes(said)).hexdigest()
        _expect(key_id == true_id, "a key's id should be the SHA-256 of its canonical JSON")


_KINDS: dict[type[Signed], Callable[[Any], None]] = {
    Root: _check_root,
    Timestamp: _check_timestamp,
    Snapshot: _check_snapshot,
    Targets: _check_targets,
}


def _is_number(value: Any, least: int = 1) -> bool:
    return type(value) is int and value >= least


def _expect(is_so: bool, rule: str) -> None:
    if not is_so:
        raise Malformed(rule)
