"""Root keys as files that are carried away: sealed with a passphrase, one to a USB stick.

* ``root-1.age`` holds the private key (PKCS#8) in age's format, sealed with a passphrase (scrypt):
  any program that knows age opens it (``age -d root-1.age``). In a passphrase's place may stand an
  age identity (``AGE-SECRET-KEY-1…``), which is strong enough to need no scrypt.
* ``root-1.pub`` beside it holds the key id and the public key in the open, so that nobody needs a
  passphrase to know which stick is which.
* A file that is there is never written over: it may be a key that nothing can bring back.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pyrage

from tamizdat.edition.keys import Key, put
from tamizdat.edition.paths import EditionError

_NAME = re.compile(r"root-([1-9][0-9]{0,5})\.(age|pub)")


class CannotOpen(EditionError):
    """A root key file cannot be opened; name another file or give the right passphrase."""


class CannotKeep(EditionError):
    """A root key file cannot be written; name another folder."""


@dataclass(frozen=True)
class Sealing:
    """How a private key is sealed with a passphrase, and opened again."""

    seal: Callable[[bytes, str], bytes]
    open: Callable[[bytes, str], bytes]


IDENTITY = "AGE-SECRET-KEY-1"
# age chooses scrypt's cost by its clock: some seconds, and up to this much memory.
STRETCHING = 1 << 30


def _seal(data: bytes, secret: str) -> bytes:
    if secret.startswith(IDENTITY):
        return bytes(pyrage.encrypt(data, [_identity(secret).to_public()]))
    return bytes(pyrage.passphrase.encrypt(data, secret))


def _open(sealed: bytes, secret: str) -> bytes:
    if secret.startswith(IDENTITY):
        return bytes(pyrage.decrypt(sealed, [_identity(secret)]))
    return bytes(pyrage.passphrase.decrypt(sealed, secret))


def _identity(secret: str) -> pyrage.x25519.Identity:
    try:
        return pyrage.x25519.Identity.from_str(secret)
    except pyrage.IdentityError:
        raise CannotOpen(f"what begins with {IDENTITY} must be a whole age identity") from None


AGE = Sealing(_seal, _open)


def new_identity() -> str:
    """Make a secret to seal root keys with; it needs no memory and no time, but cannot be typed."""
    return str(pyrage.x25519.Identity.generate())


def keep(key: Key, folder: Path, number: int, passphrase: str, sealing: Sealing = AGE) -> Path:
    """Write a root key's two files; return the sealed one. Raises CannotKeep."""
    file = folder / f"root-{number}.age"
    if file.exists() or file.with_suffix(".pub").exists():
        raise CannotKeep(f"{file} is there already; it is never written over")
    sealed = sealing.seal(key.pem(), passphrase)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        put(file.with_suffix(".pub"), f"{key.key_id}\n{key.public.keyval['public']}".encode())
        put(file, sealed)
    except OSError as error:
        raise CannotKeep(f"{file} cannot be written ({error.strerror})") from None
    return file


def open_file(file: Path, passphrase: str, sealing: Sealing = AGE) -> Key:
    """Open a root key file. Raises CannotOpen."""
    try:
        return Key.from_pem(sealing.open(file.read_bytes(), passphrase))
    except OSError as error:
        raise CannotOpen(f"{file} cannot be read ({error.strerror})") from None
    except pyrage.DecryptError:
        raise CannotOpen(f"{file} does not open with this passphrase") from None
    except ValueError:
        raise CannotOpen(f"{file} holds no key of ours") from None


def key_id_of(file: Path) -> str | None:
    """Return the key id that stands beside a root key file; None where nothing does."""
    try:
        return file.with_suffix(".pub").read_text(encoding="utf-8").partition("\n")[0]
    except (OSError, UnicodeDecodeError):
        return None


def next_number(*folders: Path) -> int:
    """Return a number that no root key file in these folders bears."""
    taken = [
        int(fitting[1])
        for folder in folders
        if folder.is_dir()
        for each in folder.iterdir()
        if (fitting := _NAME.fullmatch(each.name))
    ]
    return max(taken, default=0) + 1
