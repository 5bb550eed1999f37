"""Where the passphrase of the sender's key comes from, in a program that nobody types at.

In this order:

1. what was typed at ``tamizdat serve``: the supervisor hands it to the programs of the back room as
   an open file without a name (FD names its number), never as a word or a setting;
2. the first line of the file that ``TAMIZDAT_VAULT_PASSPHRASE_FILE`` names;
3. a systemd credential called ``vault-passphrase`` (``LoadCredential=``, ``SetCredential=``).

A passphrase in the environment itself is refused: every program that is started inherits it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from tamizdat.vault.errors import NoPassphrase

FD = "TAMIZDAT_VAULT_PASSPHRASE_FD"
FILE = "TAMIZDAT_VAULT_PASSPHRASE_FILE"
BARE = "TAMIZDAT_VAULT_PASSPHRASE"
CREDENTIAL = "vault-passphrase"
_LONGEST = 4096  # bytes


def find(environment: Mapping[str, str]) -> str:
    """Return the passphrase. Raises NoPassphrase, which says where it was looked for."""
    if BARE in environment:
        raise NoPassphrase(f"{BARE} may not be set: programs inherit it; set {FILE}")
    if FD in environment:
        return _line(_handed_over(environment[FD]), FD)
    file = file_of(environment)
    if file is None:
        raise NoPassphrase(
            f"nobody typed the passphrase of the sender's key, and neither {FILE} nor a systemd "
            f"credential {CREDENTIAL} names a file of it"
        )
    try:
        return _line(file.read_bytes()[:_LONGEST], str(file))
    except OSError as error:
        raise NoPassphrase(f"{file} cannot be read ({error.strerror})") from None


def file_of(environment: Mapping[str, str]) -> Path | None:
    """Return the file that holds the passphrase, if one is named and there."""
    if environment.get(FILE):
        return Path(environment[FILE])
    folder = environment.get("CREDENTIALS_DIRECTORY")
    if folder and (Path(folder) / CREDENTIAL).is_file():
        return Path(folder) / CREDENTIAL
    return None


def hand_over(passphrase: str) -> int:
    """Return an open file in memory that holds the passphrase, for programs to inherit."""
    descriptor = os.memfd_create("vault", os.MFD_CLOEXEC)
    os.write(descriptor, passphrase.encode())
    return descriptor


def _handed_over(number: str) -> bytes:
    try:
        return os.pread(int(number), _LONGEST, 0)
    except (OSError, ValueError):
        raise NoPassphrase(
            "the passphrase was not handed over; start with: tamizdat serve"
        ) from None


def _line(data: bytes, source: str) -> str:
    try:
        line = data.decode().partition("\n")[0].strip()
    except UnicodeDecodeError:
        line = ""
    if not line:
        raise NoPassphrase(f"{source} has no passphrase in its first line")
    return line
