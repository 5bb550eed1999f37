"""The vault's keys, as the newsroom's operator handles them: made, recovered, and told about.

Rules:

* The recovery key's private half leaves at once, as an age file sealed with a passphrase, as root
  keys do (``edition.rootkeys``); only its public half stays.
* The recovery file is written before anything is sealed to it; keys are in force last.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from datetime import datetime
from getpass import getpass
from pathlib import Path
from typing import TYPE_CHECKING

from tamizdat.edition.rootkeys import AGE, Sealing
from tamizdat.serving.folder import Folder

if TYPE_CHECKING:
    from tamizdat.vault.keys import Stretch
    from tamizdat.vault.sealing import Pair

RECOVERY = "vault-recovery.age"
TRIES = 3


class VaultroomError(Exception):
    """The vault's keys cannot be handled so; the message says what to do."""


def has_keys(folder: Folder) -> bool:
    return (folder.vault_keys / "current").is_file()


def passphrase_for(folder: Folder, say: Callable[[str], object]) -> int | None:
    """Return an open file with the passphrase of the sender's key, asked for at the keyboard.

    None where a file or a credential names it, and where nobody is there to type it, or wants to:
    everything else works, and letters wait.
    """
    from tamizdat.vault import passphrase

    if not has_keys(folder):
        say(f"The vault has no keys yet; make them with: tamizdat init --home {folder.path}")
        return None
    # The folder's settings do not stand in the environment before the command is prepared.
    environment = {**os.environ}
    folder.load(environment)
    if passphrase.file_of(environment) is not None:
        return None
    typed = _typed(folder) if sys.stdin.isatty() else ""
    if not typed:
        say("Letters to readers wait: nobody gave the passphrase of the vault's sender key.")
        return None
    return passphrase.hand_over(typed)


def _typed(folder: Folder) -> str:
    """Ask up to TRIES times for the passphrase. Raises WrongPassphrase."""
    from tamizdat.vault import keys
    from tamizdat.vault.errors import WrongPassphrase

    for left in reversed(range(TRIES)):
        try:
            typed = getpass("Passphrase of the vault's sender key (Enter: letters wait): ")
        except EOFError:
            return ""
        if not typed:
            return ""
        try:
            keys.unlock(folder.vault_keys, typed)
        except WrongPassphrase:
            if not left:
                raise
            continue
        return typed
    return ""


def make(
    folder: Folder,
    stick: Path,
    recovery_passphrase: str,
    passphrase: str,
    now: datetime,
    *,
    stretch: Stretch | None = None,
    sealing: Sealing = AGE,
) -> Path:
    """Make the vault's keys; return the file of the recovery key. Raises VaultroomError."""
    from tamizdat.vault import keys, rotating
    from tamizdat.vault.sealing import Pair

    if has_keys(folder):
        raise VaultroomError(
            f"{folder.vault_keys} has keys already; see: tamizdat keys vault status"
        )
    recovery = Pair.make()
    file = keep_recovery(recovery, stick, recovery_passphrase, sealing)
    keys.begin(folder.vault_keys, recovery.public)
    rotating.add_key(folder.vault_keys, passphrase, now, stretch or keys.MODERATE)
    return file


def keep_recovery(pair: Pair, stick: Path, passphrase: str, sealing: Sealing = AGE) -> Path:
    """Write the recovery key's two files; return the sealed one. Raises VaultroomError."""
    from tamizdat.vault.keys import put

    file = free_name(stick)
    sealed = sealing.seal(pair.private, passphrase)
    try:
        stick.mkdir(mode=0o700, parents=True, exist_ok=True)
        put(file.with_suffix(".pub"), f"{pair.key_id}\n{pair.public.hex()}\n".encode())
        put(file, sealed)
    except OSError as error:
        raise VaultroomError(f"{file} cannot be written ({error.strerror})") from None
    return file


def free_name(stick: Path) -> Path:
    """Return a name that no file bears: what a recovery key opens, nothing else may open."""
    file, number = stick / RECOVERY, 1
    while file.exists() or file.with_suffix(".pub").exists():
        number += 1
        file = stick / f"vault-recovery-{number}.age"
    return file


def open_recovery(file: Path, passphrase: str, sealing: Sealing = AGE) -> Pair:
    """Open the file of a recovery key. Raises VaultroomError."""
    import pyrage

    from tamizdat.vault.sealing import Pair

    try:
        return Pair.of(sealing.open(file.read_bytes(), passphrase))
    except OSError as error:
        raise VaultroomError(f"{file} cannot be read ({error.strerror})") from None
    except pyrage.DecryptError:
        raise VaultroomError(f"{file} does not open with this passphrase") from None
    except ValueError:
        raise VaultroomError(f"{file} holds no recovery key") from None


def recover(
    folder: Folder,
    recovery: Pair,
    passphrase: str,
    now: datetime,
    *,
    stretch: Stretch | None = None,
) -> list[str]:
    """Put back the private keys and the index key from the database, with the recovery key, and put
    a new sender's key in force; return the ids of those that were put back.

    Raises NoSuchKey where the database was sealed for another recovery key.
    """
    from tamizdat.vault import keys, rotating
    from tamizdat.vault.models import VaultKey

    place = folder.vault_keys
    rows = list(VaultKey.objects.order_by("made_at"))
    if not rows:
        raise VaultroomError("the people's database holds nothing for a recovery key")
    found = [keys.recover(bytes(row.for_recovery), recovery) for row in rows]
    keys.begin(place, recovery.public)
    keys.put_index_key(place, found[-1][1])
    for pair, _ in found:
        keys.keep(place, pair, passphrase, stretch or keys.MODERATE)
    rotating.add_key(place, passphrase, now, stretch or keys.MODERATE)
    return [pair.key_id for pair, _ in found]
