"""Asking the vault's process: what the desk does, which holds no key.

Each question is a connection of its own, so that a vault that was started again is simply there.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass
from pathlib import Path

from tamizdat.vault import asking
from tamizdat.vault.errors import BadAddress, VaultBusy, VaultGone
from tamizdat.vault.sealing import Sealed

__all__ = ["BadAddress", "Sealed", "Vault", "VaultBusy", "VaultGone"]

PATIENCE = 5.0  # seconds for one answer; it takes less than a thousandth of one


@dataclass(frozen=True)
class Vault:
    """The vault behind its Unix socket."""

    socket_path: Path
    patience: float = PATIENCE

    def seal(self, address: str) -> Sealed:
        """Seal an address as it was typed. Raises BadAddress, VaultBusy, VaultGone."""
        return asking.read_sealed(self._ask(asking.question(asking.SEAL, address)))

    def index(self, address: str) -> bytes:
        """Return what an address is looked up by. Raises BadAddress, VaultBusy, VaultGone."""
        return asking.read_index(self._ask(asking.question(asking.INDEX, address)))

    def seal_text(self, text: str) -> Sealed:
        """Seal a text that is no address, of at most ``asking.LONGEST_TEXT`` bytes; nobody can look
        it up. Raises ValueError, VaultBusy, VaultGone."""
        if len(text.encode()) > asking.LONGEST_TEXT:
            raise ValueError(f"a text has at most {asking.LONGEST_TEXT} bytes")
        return asking.read_text(self._ask(asking.question(asking.TEXT, text)))

    def used(self) -> float:
        """Return how much of what may be asked in a day is used (``rates``), from 0 to 1. Raises
        VaultGone."""
        return asking.read_day(self._ask(asking.question(asking.DAY, "")))

    def _ask(self, question: bytes) -> bytes:
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asked:
                asked.settimeout(self.patience)
                asked.connect(str(self.socket_path))
                asked.sendall(question)
                return _answer(asked)
        except OSError:
            raise VaultGone(
                f"the vault does not answer at {self.socket_path}; tamizdat serve starts it"
            ) from None


def _answer(asked: socket.socket) -> bytes:
    head = _exactly(asked, asking.HEAD.size)
    (length,) = asking.HEAD.unpack(head)
    if not 0 < length <= asking.LONGEST_ANSWER:
        raise VaultGone("the vault's answer has no sound length")
    return _exactly(asked, length)


def _exactly(asked: socket.socket, length: int) -> bytes:
    found = b""
    while len(found) < length:
        part = asked.recv(length - len(found))
        if not part:
            raise VaultGone("the vault's answer was cut short")
        found += part
    return found
