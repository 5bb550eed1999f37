"""Who can open a backup: age recipients, and the identities that are carried away.

An identity's file is sealed with a passphrase, as a root key's is (``tamizdat.edition.rootkeys``);
a plain one, as ``age-keygen`` writes, is read too.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeAlias

import pyrage

from tamizdat.edition.rootkeys import AGE, IDENTITY, Sealing
from tamizdat.edition.rootkeys import CannotOpen as CannotOpenKey
from tamizdat.serving.backups.errors import BackupError, CannotOpen, NoRecipients

Recipient: TypeAlias = pyrage.x25519.Recipient
Identity: TypeAlias = pyrage.x25519.Identity
Ask = Callable[[str, bool], str]  # as tamizdat.serving.keyroom


def recipients_of(words: Iterable[str]) -> list[Recipient]:
    """Read recipients. Raises NoRecipients where there are none, or one is wrong."""
    found = []
    for word in words:
        try:
            found.append(Recipient.from_str(word))
        except pyrage.RecipientError:
            raise NoRecipients(
                f"expected an age recipient (age1…), found {word[:12]!r}; the private half "
                "(AGE-SECRET-KEY-…) never stands here"
            ) from None
    if not found:
        raise NoRecipients(
            "nobody is named who could open the backup: make a key to be carried away with "
            "tamizdat backup --new-key FILE, or name a recipient with --recipient age1…"
        )
    return found


def make_key(file: Path, ask: Ask, sealing: Sealing = AGE) -> str:
    """Make an identity, seal it into a new file, and return its recipient."""
    if file.exists():
        raise BackupError(f"{file} is there already; it is never written over")
    identity = Identity.generate()
    sealed = sealing.seal(f"{identity}\n".encode(), ask(file.name, True))
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        _put(file.with_suffix(".pub"), f"{identity.to_public()}\n".encode())
        _put(file, sealed)
    except OSError as problem:
        raise BackupError(f"{file} cannot be written ({problem.strerror})") from None
    return str(identity.to_public())


def identities_of(files: Iterable[Path], ask: Ask) -> list[Identity]:
    """Open identity files; a passphrase is asked for where one is sealed. Raises CannotOpen."""
    return [identity for file in files for identity in _read(file, ask)]


def _read(file: Path, ask: Ask) -> list[Identity]:
    try:
        data = file.read_bytes()
    except OSError as problem:
        raise CannotOpen(f"{file} cannot be read ({problem.strerror})") from None
    if data.startswith(b"age-encryption.org/"):
        try:
            data = AGE.open(data, ask(file.name, False))
        except (pyrage.DecryptError, CannotOpenKey):
            raise CannotOpen(f"{file} does not open with this passphrase") from None
    lines = data.decode("ascii", "replace").splitlines()
    try:
        found = [Identity.from_str(line.strip()) for line in lines if line.startswith(IDENTITY)]
    except pyrage.IdentityError:
        found = []
    if not found:
        raise CannotOpen(f"{file} holds no age identity (AGE-SECRET-KEY-1…)")
    return found


def _put(file: Path, data: bytes) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as opened:
        opened.write(data)
        opened.flush()
        os.fsync(opened.fileno())
