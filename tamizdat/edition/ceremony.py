"""The ceremony: what root, targets, pages and media sign, first and ever after.

Rules (TUF specification 1.0, by section):

* A new root is signed by a threshold of the old root's keys and by one of its own (5.3.4, 5.3.5),
  and its version is the old one's and one (5.3.5). It is checked as a reader would before it is
  put in place.
* *Targets* delegates to *media* by path, then to *pages* by all hash prefixes, both terminating
  (4.5); each of them delegates to its bins by succinct roles (TAP 15).
* Who revokes a key of pages or media for good gives targets a new one too, by a new root: an old
  targets that names the stolen key would hold for ever in bundles, which bring their own.
* Nothing is written before all is made and checked. Private keys are written first, the file that
  names them last: cut off anywhere, the ring that loads is the old one or the new one
  (tamizdat.edition.keys says why).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tuf.api.metadata import (
    DelegatedRole,
    Delegations,
    Metadata,
    Root,
    SuccinctRoles,
    Targets,
)

from tamizdat.edition.canonical import canonical, payload, signed_file
from tamizdat.edition.keys import (
    SIGNED,
    Key,
    Keyring,
    KeysBusy,
    LostKey,
    alone,
    pem_name,
    put,
    short,
)
from tamizdat.edition.paths import EditionError
from tamizdat.edition.roles import (
    MEDIA,
    MEDIA_FOLDER,
    NAMED_BY_ROOT,
    ONLINE,
    PAGES,
    ROOT,
    TARGETS,
    Shape,
    file_name,
    period_of,
)
from tamizdat.edition.sealing import SPEC_VERSION, is_due

Maker = Callable[[], Key]


class HasKeys(EditionError):
    """There are keys already; rotate them instead of making others."""


class NotEnoughKeys(EditionError):
    """Too few root keys were given for a new root; the message names those that could sign."""


class NoSuchKey(EditionError):
    """A key id that signs nothing here; look at the status."""


def found(
    folder: Path,
    root_keys: Sequence[Key],
    threshold: int,
    shape: Shape,
    now: datetime,
    make: Maker = Key.make,
) -> Keyring:
    """Hold the first ceremony: make the on-line keys and sign all that stands above the bins.

    Raises HasKeys; ValueError where the threshold cannot be met.
    """
    if any((folder / SIGNED).glob("*.root.json")):
        raise HasKeys(f"{folder} holds keys already; change them with: tamizdat keys rotate")
    if not 1 <= threshold <= len({key.key_id for key in root_keys}):
        raise ValueError(f"{len(root_keys)} different root keys cannot meet {threshold}")
    keys = {role: make() for role in ONLINE}
    root = Root(1, SPEC_VERSION, _until(ROOT, now))
    root.roles[ROOT].threshold = threshold
    for key in root_keys:
        root.add_key(key.public, ROOT)
    for role in NAMED_BY_ROOT:
        root.add_key(keys[role].public, role)
    (folder / SIGNED).mkdir(parents=True, exist_ok=True)
    for each in (folder, folder / SIGNED):
        each.chmod(0o700)
    files = {
        PAGES: _sign(_bins(PAGES, 1, shape.pages_bits, keys[PAGES], now), [keys[PAGES]]),
        MEDIA: _sign(_bins(MEDIA, 1, shape.media_bits, keys[MEDIA], now), [keys[MEDIA]]),
        TARGETS: _sign(
            _delegating(1, keys[PAGES].public, keys[MEDIA].public, now), [keys[TARGETS]]
        ),
        ROOT: _sign_root(root, None, root_keys),
    }
    return _write(folder, keys, {role: (1, data) for role, data in files.items()})


def rotate(
    keyring: Keyring,
    roles: Collection[str],
    signers: Sequence[Key],
    now: datetime,
    make: Maker = Key.make,
) -> Keyring:
    """Give these on-line roles new keys. ``signers``: root keys, where root names a role.

    Raises NotEnoughKeys.
    """
    return _change(keyring, {role: make() for role in roles}, set(), signers, now)


def replace_root_key(
    keyring: Keyring, key_id: str, new: Key, signers: Sequence[Key], now: datetime
) -> Keyring:
    """Put a new key in one root key's place; the threshold stays. The new key signs too.

    Raises NoSuchKey, NotEnoughKeys.
    """
    if key_id not in keyring.root.roles[ROOT].keyids:
        raise NoSuchKey(f"{short(key_id)} is no root key of this newsroom")
    root = _next(keyring, now)
    root.revoke_key(key_id, ROOT)
    root.add_key(new.public, ROOT)
    data = _sign_root(root, keyring.root, [*signers, new])
    return _write(keyring.folder, {}, {ROOT: (root.version, data)})


def due(keyring: Keyring, now: datetime) -> list[str]:
    """Return which of root, targets, pages and media should be signed again."""
    return [role for role, each in keyring.files.items() if is_due(each.expires, now, role)]


def resign(keyring: Keyring, now: datetime, signers: Sequence[Key] = ()) -> Keyring:
    """Sign again what is due; root only where root keys are given.

    Raises NotEnoughKeys, LostKey.
    """
    roles = set(due(keyring, now)) - (set() if signers else {ROOT})
    return _change(keyring, {}, roles, signers, now) if roles else keyring


def step_over(keyring: Keyring, steps: int, now: datetime) -> Keyring:
    """Sign targets, pages and media again, so many versions on: for a newsroom that came back from
    a backup and does not know what was signed since. Raises LostKey."""
    return _change(keyring, {}, {TARGETS, PAGES, MEDIA}, (), now, steps=steps)


def renew(folder: Path, now: datetime) -> Keyring:
    """Sign again what is due and needs no root key; return the ring.

    For the baker, as often as it likes. Where somebody else is changing the keys, or one is gone,
    it leaves things as they are: what is due still holds for months. Raises NoKeys, DamagedKeys.
    """
    keyring = Keyring.load(folder)
    if set(due(keyring, now)) <= {ROOT}:
        return keyring
    try:
        with alone(folder):
            keyring = resign(Keyring.load(folder), now)
            keyring.tidy()
    except (KeysBusy, LostKey):
        return Keyring.load(folder)
    return keyring


def role_of(keyring: Keyring, beginning: str) -> tuple[str, str]:
    """Return the role and the whole id of the key whose id begins so. Raises NoSuchKey."""
    known = {keyring.key_id(role): role for role in ONLINE}
    known |= dict.fromkeys(keyring.root.roles[ROOT].keyids, ROOT)
    fitting = [key_id for key_id in known if beginning and key_id.startswith(beginning)]
    if len(fitting) != 1:
        count = "no key" if not fitting else f"{len(fitting)} keys"
        raise NoSuchKey(f"{count} in force begins with {beginning!r}; see: tamizdat keys status")
    return known[fitting[0]], fitting[0]


def revoked_with(role: str) -> list[str]:
    """Return which roles get new keys so that an old key of this on-line role proves nothing."""
    return [role] if role in NAMED_BY_ROOT else [TARGETS, role]


def _change(
    keyring: Keyring,
    fresh: Mapping[str, Key],
    again: Collection[str],
    signers: Sequence[Key],
    now: datetime,
    *,
    steps: int = 1,
) -> Keyring:
    """Sign all that these fresh keys, and these roles to be signed again, make necessary."""
    files: dict[str, tuple[int, bytes]] = {}
    changed = set(fresh) | set(again)
    for role, bits in ((PAGES, keyring.shape.pages_bits), (MEDIA, keyring.shape.media_bits)):
        if role in changed:
            version = keyring.files[role].version + steps
            key = fresh.get(role) or keyring.key(role)
            files[role] = (version, _sign(_bins(role, version, bits, key, now), [key]))
    if changed & {TARGETS, PAGES, MEDIA}:
        files[TARGETS] = _new_targets(keyring, fresh, now, steps)
    if set(fresh) & NAMED_BY_ROOT or ROOT in again:
        root = _next(keyring, now)
        for role in NAMED_BY_ROOT & set(fresh):
            root.revoke_key(keyring.key_id(role), role)
            root.add_key(fresh[role].public, role)
        files[ROOT] = (root.version, _sign_root(root, keyring.root, signers))
    return _write(keyring.folder, fresh, files)


def _write(
    folder: Path, keys: Mapping[str, Key], files: Mapping[str, tuple[int, bytes]]
) -> Keyring:
    """Put all in place, what names the others last."""
    for role, key in keys.items():
        put(folder / pem_name(role, key.key_id), key.pem())
    for role in (PAGES, MEDIA, TARGETS, ROOT):
        if role in files:
            version, data = files[role]
            put(folder / file_name(role, version), data)
    return Keyring.load(folder)


# What is signed


def _next(keyring: Keyring, now: datetime) -> Root:
    """Return the beginnings of the next root."""
    root: Metadata[Root] = Metadata.from_bytes(keyring.files[ROOT].data)
    root.signed.version += 1
    root.signed.expires = _until(ROOT, now)
    return root.signed


def _new_targets(
    keyring: Keyring, fresh: Mapping[str, Key], now: datetime, steps: int
) -> tuple[int, bytes]:
    standing = keyring.files[TARGETS]
    public = {
        role: standing.signed.delegations.keys[keyring.key_id(role)] for role in (PAGES, MEDIA)
    }
    public |= {role: key.public for role, key in fresh.items() if role in public}
    version = standing.version + steps
    signed = _delegating(version, public[PAGES], public[MEDIA], now)
    return version, _sign(signed, [fresh.get(TARGETS) or keyring.key(TARGETS)])


def _delegating(version: int, pages: Any, media: Any, now: datetime) -> Targets:
    """Return targets that delegates to media first: succinct roles would end the search."""
    every = [f"{digit:x}" for digit in range(16)]
    roles = {
        MEDIA: DelegatedRole(MEDIA, [media.keyid], 1, True, paths=[f"{MEDIA_FOLDER}*"]),
        PAGES: DelegatedRole(PAGES, [pages.keyid], 1, True, path_hash_prefixes=every),
    }
    delegations = Delegations({key.keyid: key for key in (pages, media)}, roles)
    return Targets(version, SPEC_VERSION, _until(TARGETS, now), {}, delegations)


def _bins(role: str, version: int, bits: int, key: Key, now: datetime) -> Targets:
    """Return pages or media: no file of its own, all of them in its bins."""
    shared = SuccinctRoles([key.key_id], 1, bits, role)
    delegations = Delegations({key.key_id: key.public}, succinct_roles=shared)
    return Targets(version, SPEC_VERSION, _until(role, now), {}, delegations)


def _sign(signed: Root | Targets, keys: Sequence[Key]) -> bytes:
    content = signed.to_dict()
    what = payload(content)
    return signed_file(canonical(content), {key.key_id: key.sign(what) for key in keys})


def _sign_root(root: Root, previous: Root | None, signers: Sequence[Key]) -> bytes:
    """Sign a root with all keys that count, and hold it to both thresholds as a reader does."""
    counting = {*root.roles[ROOT].keyids, *(previous.roles[ROOT].keyids if previous else ())}
    keys = {key.key_id: key for key in signers if key.key_id in counting}
    data = _sign(root, [keys[key_id] for key_id in sorted(keys)])
    metadata: Metadata[Root] = Metadata.from_bytes(data)
    found = metadata.signed.get_root_verification_result(
        previous, metadata.signed_bytes, metadata.signatures
    )
    if not found:
        old = (previous or root).roles[ROOT]
        raise NotEnoughKeys(
            f"root {root.version} needs {old.threshold} of the root keys "
            f"{', '.join(map(short, old.keyids))}; given: "
            f"{', '.join(map(short, sorted(keys))) or 'none'}"
        )
    return data


def _until(role: str, now: datetime) -> datetime:
    return now.astimezone(UTC).replace(microsecond=0) + period_of(role)
