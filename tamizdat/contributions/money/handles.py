"""What a provider calls a thing of ours: sealed to the vault's key, found by a keyed hash.

Rules:

* A provider's own name of a thing (an id) leads, with the provider's help, to a person. So a row
  holds it in a box that only the back room opens, with the vault's passphrase.
* To match what a provider says with what we have nothing needs to be opened: the name's keyed hash
  is looked up (HMAC-SHA-256 under the vault's index key and a label of our own, cut to 16 bytes).
* Without the passphrase everything goes on but what asks a provider about a thing by itself: to
  refund, to cancel, to change. Then ``Closed`` is raised.
* When a person is erased her contribution's handles go, and nothing leads to her any more.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from tamizdat.contributions.money import rows
from tamizdat.contributions.money.errors import Closed
from tamizdat.contributions.money.models import Handle
from tamizdat.vault import keys
from tamizdat.vault.errors import VaultError
from tamizdat.vault.opening import Opener
from tamizdat.vault.sealing import box_of, key_id_of, open_box

_LABEL = b"tamizdat provider handle 1\x00"
INDEX_BYTES = 16


@dataclass
class Keyring:
    """Seals and finds handles with the keys of the vault's folder; opens them with an opener.

    ``opener`` gives the private keys, or None where nobody typed the passphrase.
    """

    folder: Path
    opener: Callable[[], Opener | None] = field(default=lambda: None, repr=False)
    _index_key: bytes = field(default=b"", repr=False)
    _public: tuple[object, bytes] = (None, b"")

    def index(self, *names: str) -> bytes:
        """Return what a name is found by: who calls it, what it is, and the name itself."""
        if not self._index_key:
            self._index_key = keys.index_key(self.folder)
        message = _LABEL + "\x00".join(names).encode()
        return hmac.digest(self._index_key, message, "sha256")[:INDEX_BYTES]

    def owner(self, provider: str, kind: Handle.Kind, name: str) -> UUID | None:
        """Return the id of our row that a provider calls so, or None."""
        index = self.index(provider, kind, name)
        found = rows.first(
            Handle, 'provider = %s AND kind = %s AND "index" = %s', provider, kind, index
        )
        return found.owner if found else None

    def note(self, provider: str, kind: Handle.Kind, name: str, owner: UUID) -> None:
        """Note what a provider calls a row of ours. The first owner stands."""
        rows.insert(self._row(provider, kind, name, owner), once=True)

    def claim(self, provider: str, kind: Handle.Kind, name: str, owner: UUID) -> None:
        """Note a name that nobody had a moment ago. Raises IntegrityError where one has it now."""
        rows.insert(self._row(provider, kind, name, owner))

    def _row(self, provider: str, kind: Handle.Kind, name: str, owner: UUID) -> Handle:
        public = self._current()
        return Handle(
            provider=provider,
            kind=kind,
            index=self.index(provider, kind, name),
            owner=owner,
            key_id=key_id_of(public),
            box=box_of(name, public),
        )

    def names(self, kind: Handle.Kind, owner: UUID) -> list[str]:
        """Return what a provider calls our row, the latest first. Raises Closed."""
        found = list(Handle.objects.filter(kind=kind, owner=owner).order_by("-pk"))
        return [self._open(row) for row in found]

    def forget(self, owners: Iterable[UUID]) -> int:
        """Delete the handles of rows; nothing leads from them to a provider any more."""
        return Handle.objects.filter(owner__in=list(owners)).delete()[0]

    def _open(self, row: Handle) -> str:
        try:
            opener = self.opener()
            if opener is not None:
                return open_box(bytes(row.box), opener.pairs[row.key_id])
        except (VaultError, KeyError):
            pass
        raise Closed("a provider's name of a thing is sealed; the vault's passphrase opens it")

    def _current(self) -> bytes:
        """Return the public key in force, read again when another one is."""
        stat = (self.folder / keys.CURRENT).stat()
        seen = (stat.st_ino, stat.st_mtime_ns)
        if self._public[0] != seen:
            found = keys.public_key(self.folder, keys.current_id(self.folder))
            self._public = (seen, found)
        return self._public[1]
