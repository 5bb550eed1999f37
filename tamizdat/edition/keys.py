"""The keys that sign an edition: making them, and the ring of those that are on-line.

The folder of a ring holds

* ``ROLE-XXXXXXXXXXXXXXXX.pem``: the private key of an on-line role, named by the role and the
  beginning of its key id; PKCS#8, readable by its owner alone;
* ``signed/``: the master copies of what the ceremony signed: every ``N.root.json``, and the newest
  ``N.targets.json``, ``N.pages.json`` and ``N.media.json``.

Rules:

* Which keys are in force is never noted anywhere: it follows from the signed files. The newest
  root names the keys of targets, snapshot and timestamp; the newest targets that verifies
  under this root names those of pages and media; and so on down. A file that does not verify is
  one whose ceremony was cut off before its last step, and counts for nothing.
* So a change is one rename: new private keys first, then what they sign, last what names them.
* A private key that is gone does not keep the ring from loading; only its signing fails.
* Signatures are deterministic (RFC 6979): the same bytes and clock make the same edition.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from securesystemslib.signer import SSlibKey
from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata, Root, Targets

from tamizdat.edition.paths import EditionError
from tamizdat.edition.roles import MEDIA, ONLINE, PAGES, ROOT, TARGETS, Shape, file_name, group_of

SIGNED = "signed"
_ASIDE = ".{}.new"  # beside a file's place, until it is whole


class NoKeys(EditionError):
    """The newsroom has no keys yet; hold a ceremony."""


class DamagedKeys(EditionError):
    """The signed files of the ceremony are not whole; put back the one that is named."""


class LostKey(EditionError):
    """A private key is gone; rotate its role."""


class OthersKeys(EditionError):
    """The keys are not this user's to read; be the user who owns them."""


class KeysBusy(EditionError):
    """Somebody else is changing the keys; try again when that has ended."""


@dataclass(frozen=True)
class Key:
    """An ECDSA key on P-256, both halves."""

    private: ec.EllipticCurvePrivateKey = field(repr=False)
    public: SSlibKey

    @classmethod
    def make(cls) -> Key:
        return cls._of(ec.generate_private_key(ec.SECP256R1()))

    @classmethod
    def from_pem(cls, pem: bytes) -> Key:
        """Read a private key (PKCS#8). Raises ValueError where it is none of ours."""
        private = load_pem_private_key(pem, None)
        if not isinstance(private, ec.EllipticCurvePrivateKey) or private.curve.name != "secp256r1":
            raise ValueError("not an ECDSA key on P-256")
        return cls._of(private)

    @classmethod
    def _of(cls, private: ec.EllipticCurvePrivateKey) -> Key:
        return cls(private, SSlibKey.from_crypto(private.public_key()))

    @property
    def key_id(self) -> str:
        return self.public.keyid

    def pem(self) -> bytes:
        return self.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def sign(self, payload: bytes) -> str:
        """Return the signature (DER) in hexadecimal digits."""
        return self.private.sign(payload, _DETERMINISTIC).hex()


_DETERMINISTIC = ec.ECDSA(SHA256(), deterministic_signing=True)


@dataclass(frozen=True)
class Standing:
    """A signed file that is in force."""

    role: str
    data: bytes
    signed: Any  # Root or Targets, by the role

    @property
    def version(self) -> int:
        version: int = self.signed.version
        return version

    @property
    def expires(self) -> datetime:
        expires: datetime = self.signed.expires
        return expires


@dataclass(frozen=True)
class Keyring:
    """The on-line keys in force, and the signed files that say so."""

    folder: Path
    roots: Mapping[int, bytes]
    files: Mapping[str, Standing]  # root, targets, pages, media
    keys: Mapping[str, Key]  # by on-line role; one that is gone is missing

    @classmethod
    def load(cls, folder: Path) -> Keyring:
        """Read what is in force. Raises NoKeys, OthersKeys, or DamagedKeys with the file's name."""
        try:
            return cls._load(folder)
        except PermissionError as error:
            raise OthersKeys(
                f"{error.filename} cannot be read by this user; be the one who owns {folder}"
            ) from None

    @classmethod
    def _load(cls, folder: Path) -> Keyring:
        roots = _roots(folder)
        root = _read(ROOT, roots[max(roots)])
        if root is None or root.version != max(roots) or not _verifies(root, root.signed):
            raise DamagedKeys(f"{folder}: {max(roots)}.root.json does not verify; put it back")
        files = {ROOT: root, TARGETS: _newest(folder, TARGETS, root.signed)}
        for role in (PAGES, MEDIA):
            files[role] = _newest(folder, role, files[TARGETS].signed)
        ring = cls(folder, roots, files, {})
        found = {role: _private(folder, role, ring.key_id(role)) for role in ONLINE}
        return cls(folder, roots, files, {role: key for role, key in found.items() if key})

    @property
    def root(self) -> Root:
        root: Root = self.files[ROOT].signed
        return root

    @cached_property
    def shape(self) -> Shape:
        """Return how many bins there are, as the signed pages and media say."""
        bits = [
            self._targets(role).delegations.succinct_roles.bit_length for role in (PAGES, MEDIA)
        ]
        return Shape(*bits)

    def _targets(self, role: str) -> Any:
        return self.files[role].signed

    def key_id(self, role: str) -> str:
        """Return the id of the key that signs this on-line role, or this bin, now."""
        group = group_of(role)
        if group in (PAGES, MEDIA):
            return str(self._targets(TARGETS).delegations.roles[group].keyids[0])
        return self.root.roles[group].keyids[0]

    def sign(self, role: str, payload: bytes) -> dict[str, str]:
        """Return the signature of a role or a bin by key id. Raises LostKey."""
        key = self.key(role)
        return {key.key_id: key.sign(payload)}

    def key(self, role: str) -> Key:
        """Return the key that signs a role or a bin. Raises LostKey."""
        group = group_of(role)
        key = self.keys.get(group)
        if key is None:
            raise LostKey(
                f"{self.folder} lacks the private key {short(self.key_id(group))} of {group}; "
                f"put it back, or make another with: tamizdat keys rotate {group}"
            )
        return key

    def standing(self) -> dict[str, bytes]:
        """Return what must lie in the edition beside bins, snapshot and timestamp, by path."""
        found = {file_name(ROOT, version): data for version, data in self.roots.items()}
        for role in (TARGETS, PAGES, MEDIA):
            found[file_name(role, self.files[role].version)] = self.files[role].data
        return found

    def versions(self) -> dict[str, int]:
        """Return the versions that the snapshot fixes beside those of the bins."""
        return {role: self.files[role].version for role in (TARGETS, PAGES, MEDIA)}

    def tidy(self) -> None:
        """Take away private keys and signed files that are not in force (roots always stay).

        Also what a ``put`` that was cut off left aside: it may hold a private key. Only for who is
        ``alone``.
        """
        kept = {pem_name(role, self.key_id(role)) for role in ONLINE}
        for file in self.folder.glob("*-*.pem"):
            if file.name not in kept:
                file.unlink()
        kept = {Path(path).name for path in self.standing()}
        for file in (self.folder / SIGNED).glob("*.json"):
            if file.name not in kept:
                file.unlink()
        for folder in (self.folder, self.folder / SIGNED):
            for file in folder.glob(_ASIDE.format("*")):
                file.unlink()


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Let no two changes of these keys run at once. Raises KeysBusy."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = folder / ".lock"
    lock.touch(mode=0o600)
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise KeysBusy("another change of the keys is at work; let it end") from None
        yield


def short(key_id: str) -> str:
    """Return the beginning of a key id, by which people know it."""
    return key_id[:8]


def pem_name(role: str, key_id: str) -> str:
    return f"{role}-{key_id[:16]}.pem"


def put(file: Path, data: bytes) -> None:
    """Put a whole file in place, durably, for its owner's eyes; or leave what stands there."""
    aside = file.with_name(_ASIDE.format(file.name))
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as opened:
        opened.write(data)
        opened.flush()
        os.fsync(opened.fileno())
    aside.replace(file)
    folder = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _roots(folder: Path) -> dict[int, bytes]:
    for each in (folder, folder / SIGNED):
        if each.exists():
            next(each.iterdir(), None)  # a glob is silent where it may not look
    roots = {version: file.read_bytes() for version, file in sorted(_versions(folder, ROOT))}
    if not roots:
        raise NoKeys(f"{folder} holds no keys; make them with: tamizdat keys ceremony")
    for version in range(1, max(roots)):
        if version not in roots:
            # A reader who last came then could not follow the chain of roots (spec 5.3).
            raise DamagedKeys(
                f"{folder / SIGNED}: {version}.root.json is missing; it also lies in the edition"
            )
    return roots


def _versions(folder: Path, role: str) -> Iterator[tuple[int, Path]]:
    for file in (folder / SIGNED).glob(f"*.{role}.json"):
        number = file.name.partition(".")[0]
        if number.isdigit():
            yield int(number), file


def _newest(folder: Path, role: str, delegator: Root | Targets) -> Standing:
    """Return the newest file of a role that verifies under who delegates to it."""
    for version, file in sorted(_versions(folder, role), reverse=True):
        standing = _read(role, file.read_bytes())
        if standing and standing.version == version and _verifies(standing, delegator):
            return standing
    raise DamagedKeys(
        f"{folder / SIGNED}: no N.{role}.json that verifies is there; it also lies in the edition"
    )


def _read(role: str, data: bytes) -> Standing | None:
    try:
        signed: Any = Metadata.from_bytes(data).signed
    except RepositoryError:
        return None
    return Standing(role, data, signed) if isinstance(signed, _KINDS[role]) else None


_KINDS: dict[str, type[Root] | type[Targets]] = {
    ROOT: Root,
    TARGETS: Targets,
    PAGES: Targets,
    MEDIA: Targets,
}


def _verifies(standing: Standing, delegator: Root | Targets) -> bool:
    metadata: Metadata[Any] = Metadata.from_bytes(standing.data)
    try:
        delegator.verify_delegate(standing.role, metadata.signed_bytes, metadata.signatures)
    except (RepositoryError, ValueError):
        return False
    return True


def _private(folder: Path, role: str, key_id: str) -> Key | None:
    try:
        key = Key.from_pem((folder / pem_name(role, key_id)).read_bytes())
    except (FileNotFoundError, ValueError):
        return None
    return key if key.key_id == key_id else None
