"""Exporting all addresses: only for a request that two persons wanted and that has waited.

The request is used up before the first address is opened: an export that fails half-way has to be
asked for again, and never happens twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TextIO

from tamizdat.accounts import pairs
from tamizdat.accounts.models import TwoPersonRequest
from tamizdat.vault.models import Address
from tamizdat.vault.opening import Closed, Opener
from tamizdat.vault.sealing import Sealed

ADDRESSES = pairs.Kind(
    name="addresses",
    title="Export all addresses",
    warning=(
        "Every reader's address is opened and written to one file, in the clear, at the server. "
        "Whoever gets hold of that file knows who reads you. It cannot be taken back."
    ),
)


def unlock(folder: Path, passphrase: str) -> Opener:
    """Unlock the vault. Raises as ``Opener.unlock``."""
    return Opener.unlock(folder, passphrase)


def check(pk: int, now: datetime) -> None:
    """Find out whether a request may be carried out now. Raises pairs.Refused."""
    asked = TwoPersonRequest.objects.filter(pk=pk, kind=ADDRESSES.name).first()
    if asked is None or not asked.is_ready(now):
        state = asked.state(now) if asked else "not there"
        raise pairs.Refused(
            f"request {pk} for {ADDRESSES.title.lower()!r}: expected one that is approved and has "
            f"waited; it is: {state}. Ask and approve under Reports, Two persons"
        )


def export(pk: int, opener: Opener, out: TextIO, now: datetime) -> int:
    """Use the request up and write an address to a line; return how many. Raises pairs.Refused."""
    pairs.take(pk, ADDRESSES.name, now)
    count = 0
    for opened in opener.open_all(_closed()):
        if opened.trouble:
            raise pairs.Refused(f"request {pk}: after {count} addresses a box did not open")
        out.write(f"{opened.address}\n")
        count += 1
    return count


def _closed() -> Iterator[Closed]:
    rows = Address.objects.order_by("pk").values_list("pk", "key_id", "box", "index")
    for pk, key_id, box, index in rows.iterator():
        yield Closed(pk, Sealed(key_id, bytes(box), bytes(index)))
