"""What can go wrong in the vault, by what the caller can do about it.

VaultError
  BadAddress      what was typed is no address that mail can be sent to; ask for another
  VaultBusy       too many questions; ask again later
  VaultGone       the vault's process does not answer; it is being started again
  NoKeys          the newsroom has no vault keys yet; make them with: tamizdat keys vault new
  DamagedKeys     a key file is not whole; put back the one that is named
  NoPassphrase    nobody gave the sender's passphrase; type it, or name its file
  WrongPassphrase the passphrase opens nothing; give the right one
  NoSuchKey       a box names a private key that is not here; put it back, or use the recovery key
  CannotOpen      a box does not open, or lies in a row that is not its own

No message ever holds an address, a key or a passphrase.
"""

from __future__ import annotations


class VaultError(Exception):
    """The vault cannot do what was asked; the message says what to do."""


class BadAddress(VaultError):
    """What was typed is no address that mail can be sent to."""


class VaultBusy(VaultError):
    """The vault was asked too often; ask again later."""


class VaultGone(VaultError):
    """The vault's process does not answer."""


class NoKeys(VaultError):
    """There are no vault keys yet."""


class DamagedKeys(VaultError):
    """A key file is not whole."""


class NoPassphrase(VaultError):
    """Nobody gave the passphrase of the sender's key."""


class WrongPassphrase(VaultError):
    """The passphrase opens nothing."""


class NoSuchKey(VaultError):
    """A box names a private key that is not here."""


class CannotOpen(VaultError):
    """A box does not open, or lies in a row that is not its own."""
