"""Notes: what supporters wrote to us with their gifts, opened by who has the vault's passphrase.

Rules:

1. A note is its words, its day and its language. Whose it is, and what was given, is not shown.
2. Notes of gifts that were not paid are left closed: a form costs nothing.
3. A stranger wrote it, and it is read in a terminal: what steers one, or turns the order of letters
   round, is replaced.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time

from django.db.models import QuerySet

from tamizdat.contributions.giving.models import NOTE_STAYS, Enclosure
from tamizdat.contributions.money.models import Contribution
from tamizdat.reader.typography import is_written
from tamizdat.vault.errors import CannotOpen, NoSuchKey
from tamizdat.vault.opening import Opener

UNPAID = (Contribution.State.BEGUN, Contribution.State.WAITING, Contribution.State.LAPSED)
REPLACED = "\ufffd"


@dataclass(frozen=True)
class Note:
    """What somebody wrote, on which day (UTC), or why it did not open."""

    day: date
    language: str
    text: str = field(repr=False)
    trouble: str = ""


def kept(since: date | None = None) -> QuerySet[Enclosure]:
    """Return the notes that are kept, from a day on."""
    rows = Enclosure.objects.filter(kind=Enclosure.Kind.NOTE)
    rows = rows.exclude(contribution__state__in=UNPAID)
    if since is not None:
        rows = rows.filter(gone_at__gte=datetime.combine(since, time(), UTC) + NOTE_STAYS)
    return rows.select_related("contribution").order_by("gone_at", "pk")


def opened(opener: Opener, rows: QuerySet[Enclosure]) -> Iterator[Note]:
    """Open notes one after the other; one that does not open keeps no other back."""
    for row in rows.iterator():
        day, language = (row.gone_at - NOTE_STAYS).date(), str(row.contribution.language)
        try:
            yield Note(day, language, harmless(opener.open_text(row)))
        except (CannotOpen, NoSuchKey) as error:
            yield Note(day, language, "", str(error))


def harmless(text: str) -> str:
    """Return a text in which nothing steers a terminal or turns letters round."""
    return "".join(
        each if is_written(each) or each == "\n" else REPLACED
        for each in text.replace("\r\n", "\n")
    )
