"""The office: wishes become letters, letters go out. One round after the other, in one process.

Each step is whole or can be done again; which one was cut short, the rows say.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Protocol

from django.db import transaction

from tamizdat.databases import PEOPLE
from tamizdat.desk.models import LETTER_STAYS, Letter, Wish
from tamizdat.desk.post.kinds import KINDS, TAKE_UP, Page, Said
from tamizdat.desk.post.letters import Writing, write
from tamizdat.desk.post.ways import Refused, TryLater, Unsure, Way
from tamizdat.vault.errors import CannotOpen, NoSuchKey
from tamizdat.vault.models import Address, Suppression
from tamizdat.vault.sealing import Sealed

BATCH = 100
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=1)
TRIES = 8  # over some four hours; who asked has given up by then


class Opener(Protocol):
    """Opens boxes; the back room's alone."""

    def open(self, sealed: Sealed) -> str:
        """Return the address. Raises NoSuchKey, CannotOpen."""


@dataclass(frozen=True)
class Office:
    """What the post works with. ``token`` makes one that nobody can guess; ``say`` complains."""

    opener: Opener
    way: Way
    sender: str
    page: Page
    token: Callable[[], str]
    say: Callable[[str], object]
    # What became of letters while the database failed: known here alone, and written when it works.
    unwritten: dict[uuid.UUID, dict[str, object]] = field(default_factory=dict)

    def round(self, now: datetime) -> int:
        """Take up wishes and send what is due; return how many letters went out."""
        for number, values in list(self.unwritten.items()):
            self._set(number, **values)
        take_up(now)
        for deed in TAKE_UP:
            deed(now)
        return sum(self._send(letter, now) for letter in due(now))

    def _send(self, letter: Letter, now: datetime) -> bool:
        token = self.token()
        kind = KINDS.get(letter.kind)  # none: of a part that is not here any more
        said = kind.say(letter, token, self.page) if kind else None
        if said is None:
            self._set(letter.pk, state=Letter.State.FAILED)
            return False
        try:
            to = self.opener.open(letter.address.sealed)
            self.way.announce(self.sender, to)
        except (NoSuchKey, TryLater) as error:  # a key that is not here was made a moment ago
            return self._later(letter, now, error)
        except (CannotOpen, Refused) as error:
            return self._give_up(letter, error)
        if not claim(letter, token, now):
            return False
        return self._hand_over(letter, self._written(letter, to, said, now), now)

    def _hand_over(self, letter: Letter, written: bytes, now: datetime) -> bool:
        try:
            self.way.hand_over(written)
        except TryLater as error:
            return self._later(letter, now, error)
        except Refused as error:
            return self._give_up(letter, error)
        except Unsure as error:
            self.say(f"post: {error}; it is not sent again")
        self._set(letter.pk, state=Letter.State.GONE)
        return True

    def _written(self, letter: Letter, to: str, said: Said, now: datetime) -> bytes:
        return write(Writing(letter.pk.hex, letter.language, self.sender, to, said, now))

    def _later(self, letter: Letter, now: datetime, error: Exception) -> bool:
        if letter.tries + 1 >= TRIES:
            return self._give_up(letter, error)
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2**letter.tries)
        self._set(letter.pk, state=Letter.State.READY, tries=letter.tries + 1, due_at=now + pause)
        self.say(f"post: a letter waits: {error}")
        return False

    def _give_up(self, letter: Letter, error: Exception) -> bool:
        self._set(letter.pk, state=Letter.State.FAILED)
        self.say(f"post: a letter is given up: {error}")
        return False

    def _set(self, number: uuid.UUID, **values: object) -> None:
        self.unwritten[number] = values
        Letter.objects.filter(pk=number).update(**values)
        del self.unwritten[number]


def take_up(now: datetime) -> int:
    """Turn wishes into letters, at most one of a kind to an address a day; return how many there
    were."""
    wishes = list(Wish.objects.filter(gone_at__gt=now).order_by("gone_at")[:BATCH])
    with transaction.atomic(using=PEOPLE):
        for wish in wishes:
            address = Address.objects.of_index(bytes(wish.index))
            if address is not None:
                write_to(address, wish.kind, wish.language, now)
        Wish.objects.filter(pk__in=[each.pk for each in wishes]).delete()
    return len(wishes)


def write_to(address: Address, kind: str, language: str, now: datetime) -> None:
    """Have a letter written; none where today's of its kind stands, or none may be sent there."""
    if not _is_suppressed(address):
        letter = letter_to(address, kind, language, now)
        Letter.objects.bulk_create([letter], ignore_conflicts=True)  # its day makes it unique


def leave_claimed() -> int:
    """At the start: what was being handed over when the post died may have arrived. Leave it."""
    claimed = Letter.objects.filter(state=Letter.State.CLAIMED)
    return claimed.update(state=Letter.State.GONE)


def due(now: datetime) -> list[Letter]:
    found = Letter.objects.filter(state=Letter.State.READY, due_at__lte=now)
    return list(found.select_related("address").order_by("due_at")[:BATCH])


def claim(letter: Letter, token: str, now: datetime) -> bool:
    """Claim a letter and let its link work; return False where another post was quicker."""
    with transaction.atomic(using=PEOPLE):
        ready = Letter.objects.filter(pk=letter.pk, state=Letter.State.READY)
        if not ready.update(state=Letter.State.CLAIMED):
            return False
        KINDS[letter.kind].open(letter, token, now)
        return True


def letter_to(address: Address, kind: str, language: str, now: datetime) -> Letter:
    """Return an unsaved letter, which is today's of its kind: there can be no other."""
    today = now.astimezone(UTC).date()
    begins = datetime.combine(today, time(), UTC)
    return Letter(
        address=address,
        kind=kind,
        day=today,
        language=language,
        due_at=now,
        gone_at=begins + LETTER_STAYS,
    )


def _is_suppressed(address: Address) -> bool:
    return Suppression.objects.filter(index=bytes(address.index)).exists()
