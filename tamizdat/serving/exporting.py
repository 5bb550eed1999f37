"""Exporting addresses, or subscribers: only for a request that two persons wanted and that waited.

The request is used up before the first address is opened: an export that fails half-way has to be
asked for again, and never happens twice.

Subscribers leave sealed to a recipient (age), as a CSV file that ``tamizdat newsletters import``
reads again. No cell of it is taken for a formula by a spreadsheet: what begins like one gets an
apostrophe before it.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import TextIO

from tamizdat.accounts import pairs
from tamizdat.accounts.models import TwoPersonRequest
from tamizdat.newsletters.subscribers.models import Offered, Subscription
from tamizdat.vault.models import Address
from tamizdat.vault.opening import Closed, Opener

ADDRESSES = pairs.Kind(
    name="addresses",
    title="Export all addresses",
    warning=(
        "Every reader's address is opened and written to one file, in the clear, at the server. "
        "Whoever gets hold of that file knows who reads you. It cannot be taken back."
    ),
)

SUBSCRIBERS = pairs.Kind(
    name="subscribers",
    title="Export all subscribers",
    warning=(
        "Every subscriber's address is opened and written to one file with the newsletters that "
        "she gets, sealed to the recipient that is named at the server. Whoever has that "
        "recipient's key knows who reads you. It cannot be taken back."
    ),
)
KINDS = {each.name: each for each in (ADDRESSES, SUBSCRIBERS)}
COLUMNS = (
    "email newsletter language variant status consent consented_at joined_on paused_until".split()
)
FORMULAS = ("=", "+", "-", "@", "\t", "\r")


def unlock(folder: Path, passphrase: str) -> Opener:
    """Unlock the vault. Raises as ``Opener.unlock``."""
    return Opener.unlock(folder, passphrase)


def kind_of(pk: int) -> str:
    """Return what a request asks for, "" where it is no export."""
    asked = TwoPersonRequest.objects.filter(pk=pk, kind__in=KINDS).first()
    return asked.kind if asked else ""


def check(pk: int, now: datetime) -> None:
    """Find out whether a request may be carried out now. Raises pairs.Refused."""
    asked = TwoPersonRequest.objects.filter(pk=pk, kind__in=KINDS).first()
    if asked is None or not pairs.is_ready(asked, now):
        state = pairs.standing(asked, now) if asked else "not there"
        title = KINDS[asked.kind].title if asked else ADDRESSES.title
        raise pairs.Refused(
            f"request {pk} for {title.lower()!r}: expected one that is approved and has "
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


def subscribers(pk: int, opener: Opener, now: datetime) -> Iterator[bytes]:
    """Use the request up and yield the lines of a CSV file, a line a subscription.

    Raises pairs.Refused.
    """
    pairs.take(pk, SUBSCRIBERS.name, now)
    yield _line(COLUMNS)
    names = {
        (each.newsletter, each.language): each.name
        for each in Offered.objects.only("newsletter", "language", "name")
    }
    found = Subscription.objects.order_by("pk").select_related("address")
    # Rows and opened addresses come in one order; no more of them than are under way is held.
    rows: deque[Subscription] = deque()

    def closed() -> Iterator[Closed]:
        for row in found.iterator(chunk_size=2000):
            rows.append(row)
            yield Closed(row.pk, row.address.sealed)

    for count, opened in enumerate(opener.open_all(closed())):
        row = rows.popleft()
        if opened.trouble or opened.owner != row.pk:
            raise pairs.Refused(f"request {pk}: after {count} subscribers a box did not open")
        name = names.get((row.newsletter, row.language), str(row.newsletter))
        yield _line(
            [
                opened.address,
                name,
                row.language,
                row.variant,
                "active",
                row.consent,
                f"{row.consented_at:%Y-%m-%d}",
                f"{row.joined_on or row.consented_at.date()}",
                f"{row.paused_until or ''}",
            ]
        )


def _line(cells: list[str]) -> bytes:
    """Write a line of CSV (RFC 4180) in which no spreadsheet finds a formula."""
    out = StringIO()
    csv.writer(out).writerow([f"'{cell}" if cell.startswith(FORMULAS) else cell for cell in cells])
    return out.getvalue().encode()


def _closed() -> Iterator[Closed]:
    # In the order of keys, which says nothing of who came when.
    return (Closed(*each) for each in Address.objects.order_by("pk").boxes())
