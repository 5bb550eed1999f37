"""The vault's keys, as files in a folder of their own (``HOME/keys/vault``, its owner's alone).

* ``KEYID.pub``: the public half of a sender's key, in the open; the vault's process reads it.
* ``KEYID.key``: the private half, sealed with a passphrase (argon2id, XSalsa20-Poly1305). The cost
  of the stretching stands in the file, so it can be raised later.
* ``current``: the id of the key that addresses are sealed to now.
* ``index.key``: the key of the index, 32 bytes. It opens nothing; who has it can try out whether an
  address is there.
* ``recovery.pub``: the public half of the off-line recovery key. Its private half is never here.

Rules:

* A file is written aside and renamed; ``current`` is renamed last. Cut off anywhere, the folder has
  the keys of before or the new ones.
* What goes into the database for the recovery key (``for_recovery``) holds the sender's private key
  and the index key, sealed to the recovery key: the database and that one key open every address.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nacl import bindings, pwhash
from nacl.exceptions import CryptoError
from nacl.secret import SecretBox

from tamizdat.vault.errors import DamagedKeys, NoKeys, NoSuchKey, WrongPassphrase
from tamizdat.vault.sealing import KEY_BYTES, KEY_ID_DIGITS, Pair, key_id_of

FORMAT = 1
CURRENT, INDEX, RECOVERY = "current", "index.key", "recovery.pub"
_ASIDE = ".{}.new"  # beside a file's place, until it is whole
_MOST_MEMORY = 4 << 30  # bytes; a file that asks for more was not written by us


@dataclass(frozen=True)
class Stretch:
    """What argon2id costs: passes over the memory, and its bytes."""

    passes: int
    memory: int


# libsodium's choice for what is opened now and then: 0.7 s on a server.
MODERATE = Stretch(pwhash.argon2id.OPSLIMIT_MODERATE, pwhash.argon2id.MEMLIMIT_MODERATE)
# For passphrases that a machine has made, which need no stretching.
LIGHT = Stretch(pwhash.argon2id.OPSLIMIT_MIN, 1 << 23)


# Reading what is in the open


def has_keys(folder: Path) -> bool:
    return (folder / CURRENT).is_file()


def current_id(folder: Path) -> str:
    """Return the id of the key that addresses are sealed to. Raises NoKeys, DamagedKeys."""
    try:
        key_id = (folder / CURRENT).read_text(encoding="ascii").strip()
    except FileNotFoundError:
        raise NoKeys(f"{folder} holds no keys; make them with: tamizdat keys vault new") from None
    except (OSError, UnicodeDecodeError):
        raise DamagedKeys(f"{folder / CURRENT} cannot be read; put it back") from None
    if len(key_id) != KEY_ID_DIGITS or not key_id.isalnum():
        raise DamagedKeys(f"{folder / CURRENT} names no key; put it back")
    return key_id


def public_key(folder: Path, key_id: str) -> bytes:
    """Return the public half of a key. Raises DamagedKeys."""
    file = folder / f"{key_id}.pub"
    public = _hexadecimal(file)
    if key_id_of(public) != key_id:
        raise DamagedKeys(f"{file} is another key than its name says; put it back")
    return public


def index_key(folder: Path) -> bytes:
    """Return the key of the index. Raises DamagedKeys."""
    return _hexadecimal(folder / INDEX)


def recovery_key(folder: Path) -> bytes:
    """Return the public half of the recovery key. Raises DamagedKeys."""
    return _hexadecimal(folder / RECOVERY)


def key_ids(folder: Path) -> list[str]:
    """Return the ids of the sender's keys whose private half is here."""
    return sorted(file.stem for file in folder.glob("*.key") if len(file.stem) == KEY_ID_DIGITS)


def written_at(folder: Path, key_id: str) -> datetime:
    """Return when the private half of a key was written here."""
    return datetime.fromtimestamp((folder / f"{key_id}.key").stat().st_mtime, UTC)


# Opening private keys


def unlock(folder: Path, *passphrases: str) -> dict[str, Pair]:
    """Return every private key that one of these passphrases opens, by id.

    Raises NoKeys, DamagedKeys, NoSuchKey where the current one is not here, and WrongPassphrase
    where nothing opens it.
    """
    current = current_id(folder)
    derived: dict[Any, bytes] = {}
    found = {}
    for key_id in key_ids(folder):
        pair = _unlock_one(folder / f"{key_id}.key", passphrases, derived)
        if pair is not None:
            found[key_id] = pair
    if not (folder / f"{current}.key").exists():
        raise NoSuchKey(f"{folder} lacks the private key {current}; put it back, or recover it")
    if current not in found:
        raise WrongPassphrase("this passphrase does not open the sender's key")
    return found


def _unlock_one(file: Path, passphrases: Sequence[str], derived: dict[Any, bytes]) -> Pair | None:
    sealed, salt, stretch = _read_sealed(file)
    for passphrase in passphrases:
        name = (passphrase, salt, stretch)
        if name not in derived:
            derived[name] = _stretched(passphrase, salt, stretch)
        try:
            pair = Pair.of(SecretBox(derived[name]).decrypt(sealed))
        except (CryptoError, ValueError):
            continue
        if pair.key_id != file.stem:
            raise DamagedKeys(f"{file} holds another key than its name says; put it back")
        return pair
    return None


def _read_sealed(file: Path) -> tuple[bytes, bytes, Stretch]:
    try:
        found = json.loads(file.read_bytes())
        stretch = Stretch(int(found["passes"]), int(found["memory"]))
        sealed, salt = bytes.fromhex(found["sealed"]), bytes.fromhex(found["salt"])
        is_sound = found["format"] == FORMAT and found["stretching"] == "argon2id"
    except (OSError, ValueError, KeyError, TypeError):
        raise DamagedKeys(f"{file} is no sealed key; put it back") from None
    if not is_sound or not 0 < stretch.memory <= _MOST_MEMORY:
        raise DamagedKeys(f"{file} was written by another version; use that one")
    return sealed, salt, stretch


def _stretched(passphrase: str, salt: bytes, stretch: Stretch) -> bytes:
    return pwhash.argon2id.kdf(
        KEY_BYTES, passphrase.encode(), salt, opslimit=stretch.passes, memlimit=stretch.memory
    )


# Writing


def begin(folder: Path, recovery_public: bytes) -> None:
    """Make the folder, the index key where there is none, and note the recovery key."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    if not (folder / INDEX).exists():
        put(folder / INDEX, f"{secrets.token_hex(KEY_BYTES)}\n".encode())
    put(folder / RECOVERY, f"{recovery_public.hex()}\n".encode())


def put_index_key(folder: Path, key: bytes) -> None:
    put(folder / INDEX, f"{key.hex()}\n".encode())


def keep(folder: Path, pair: Pair, passphrase: str, stretch: Stretch = MODERATE) -> None:
    """Write both halves of a sender's key; it is not in force yet."""
    salt = secrets.token_bytes(pwhash.argon2id.SALTBYTES)
    sealed = SecretBox(_stretched(passphrase, salt, stretch)).encrypt(pair.private)
    lines = {
        "format": FORMAT,
        "stretching": "argon2id",
        "passes": stretch.passes,
        "memory": stretch.memory,
        "salt": salt.hex(),
        "sealed": bytes(sealed).hex(),
    }
    put(folder / f"{pair.key_id}.key", f"{json.dumps(lines, indent=1)}\n".encode())
    put(folder / f"{pair.key_id}.pub", f"{pair.public.hex()}\n".encode())


def put_in_force(folder: Path, key_id: str) -> None:
    """Let addresses be sealed to this key from now on."""
    public_key(folder, key_id)
    put(folder / CURRENT, f"{key_id}\n".encode())


def change_passphrase(folder: Path, old: str, new: str, stretch: Stretch = MODERATE) -> int:
    """Seal every private key with the new passphrase; return how many.

    Cut off, some keys have the old one still; done again, it goes on. Raises as ``unlock``.
    """
    found = unlock(folder, old, new)
    for pair in found.values():
        keep(folder, pair, new, stretch)
    return len(found)


def destroy(folder: Path, key_id: str) -> None:
    """Overwrite and remove a private key, and its public half. On a disk that moves its blocks
    (SSD) only the disk's own encryption makes sure of it."""
    file = folder / f"{key_id}.key"
    if file.exists():
        with file.open("r+b") as opened:
            opened.write(secrets.token_bytes(file.stat().st_size))
            opened.flush()
            os.fsync(opened.fileno())
        file.unlink()
    (folder / f"{key_id}.pub").unlink(missing_ok=True)
    _sync(folder)


@contextmanager
def in_use(folder: Path) -> Iterator[None]:
    """Keep every key while what is sealed to one is not written yet, however long that takes."""
    with _locked(folder, fcntl.LOCK_SH):
        yield


@contextmanager
def out_of_use(folder: Path) -> Iterator[bool]:
    """Say whether nobody is sealing at length; nobody begins to meanwhile."""
    try:
        with _locked(folder, fcntl.LOCK_EX | fcntl.LOCK_NB):
            yield True
    except BlockingIOError:
        yield False


@contextmanager
def _locked(folder: Path, how: int) -> Iterator[None]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, how)  # the system gives it back if this process dies
        yield
    finally:
        os.close(descriptor)


# The recovery key


def for_recovery(pair: Pair, index: bytes, recovery_public: bytes) -> bytes:
    """Seal a sender's private key and the index key to the recovery key."""
    return bindings.crypto_box_seal(pair.private + index, recovery_public)


def recover(sealed: bytes, recovery: Pair) -> tuple[Pair, bytes]:
    """Return the sender's key and the index key. Raises NoSuchKey."""
    try:
        both = bindings.crypto_box_seal_open(sealed, recovery.public, recovery.private)
        return Pair.of(both[:KEY_BYTES]), both[KEY_BYTES:]
    except (CryptoError, TypeError, ValueError):
        raise NoSuchKey(
            f"the recovery key {recovery.key_id} does not open what was sealed for recovery; "
            "use the one that was made with these keys"
        ) from None


# Files


def put(file: Path, data: bytes) -> None:
    """Put a whole file in place, durably, for its owner's eyes; or leave what stands there."""
    aside = file.with_name(_ASIDE.format(file.name))
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as opened:
        opened.write(data)
        opened.flush()
        os.fsync(opened.fileno())
    aside.replace(file)
    _sync(file.parent)


def open_to_others(folder: Path) -> Iterator[Path]:
    """Find what others on this machine may read."""
    for place in [folder, *folder.glob("*.key")]:
        if place.exists() and place.stat().st_mode & 0o077:
            yield place


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _hexadecimal(file: Path) -> bytes:
    try:
        found = bytes.fromhex(file.read_text(encoding="ascii").strip())
    except FileNotFoundError:
        raise DamagedKeys(f"{file} is missing; put it back") from None
    except (OSError, ValueError):
        raise DamagedKeys(f"{file} cannot be read; put it back") from None
    if len(found) != KEY_BYTES:
        raise DamagedKeys(f"{file}: expected {KEY_BYTES} bytes, found {len(found)}; put it back")
    return found
