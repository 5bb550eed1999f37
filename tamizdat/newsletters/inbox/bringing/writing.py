"""Subscribers are brought in: addresses sealed, consents carried, who left elsewhere kept out.

Rules:

1. Done again, or after it was killed, an import adds what is missing and changes nothing else: all
   rows are inserted where there is none, in turns of TURN lines.
2. Suppressed stays suppressed. Who left elsewhere, whose mail came back, who complained: each is
   suppressed here, unless she signed up here herself; then that is the newer word.
3. Nobody gets a subscription without a day of consent, from the list or from who imports
   (``Wanted.consented_on``). Who never confirmed elsewhere has none.
4. Of two lines with one address the first counts; but who left in any of them has left.
5. A preview (``weigh``) counts the same and writes nothing.
6. Memory is flat: what is known of lines gone by lies in a private file without a name, as keyed
   hashes, and goes with the process.
"""

from __future__ import annotations

import sqlite3
import time
import uuid
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import connections

from tamizdat.databases import PEOPLE, slices
from tamizdat.newsletters.inbox.bringing.forms import ACTIVE, BOUNCED, COMPLAINED, LEFT, PENDING
from tamizdat.newsletters.inbox.bringing.lists import Person
from tamizdat.newsletters.subscribers.models import Subscription, Variant
from tamizdat.turns import Pause, turn
from tamizdat.vault import importing, keys
from tamizdat.vault.models import Address, Suppression, month_of
from tamizdat.vault.sealing import Sealed

TURN = 20_000  # lines that are written in one turn
MARK = "from "  # how the consent of who was brought in begins: "from mailchimp"
REASONS = {
    LEFT: Suppression.Reason.ELSEWHERE,  # she may come back by herself (subscribers.joining)
    BOUNCED: Suppression.Reason.BOUNCED,
    COMPLAINED: Suppression.Reason.COMPLAINED,
}


@dataclass(frozen=True)
class Wanted:
    """What the lines are brought in to. ``consented_on`` stands in where a list says no day."""

    newsletter: uuid.UUID
    language: str
    languages: frozenset[str]  # in which the newsletter is offered
    source: str  # listmonk, ghost …
    variant: str = Variant.DIGEST
    consented_on: datetime | None = None

    @property
    def consent(self) -> str:
        return f"{MARK}{self.source}"


@dataclass
class Brought:
    """What becomes of the lines. All but ``lines`` and ``addresses`` add up to ``lines``."""

    lines: int = 0
    new: int = 0
    there: int = 0  # with this very newsletter
    suppressed: int = 0  # here, from before
    left: int = 0  # are suppressed now
    signed_up: int = 0  # left elsewhere, and signed up here
    unconfirmed: int = 0
    without_consent: int = 0
    twice: int = 0
    bad: int = 0
    addresses: int = 0  # that were not known


Pair = tuple[Person, Sealed]


def bring(
    people: Iterable[Person],
    wanted: Wanted,
    folder: Path,
    now: datetime,
    pause: Pause = time.sleep,
    processes: int | None = None,
) -> Iterator[Brought]:
    """Bring people in; tells how far it is after each turn. Raises NoKeys, DamagedKeys."""
    yield from _go(people, wanted, folder, now, pause, processes, writes=True)


def weigh(
    people: Iterable[Person],
    wanted: Wanted,
    folder: Path,
    now: datetime,
    processes: int | None = None,
) -> Iterator[Brought]:
    """Say what ``bring`` would do, and do nothing. Raises NoKeys, DamagedKeys."""
    yield from _go(people, wanted, folder, now, time.sleep, processes, writes=False)


def _go(
    people: Iterable[Person],
    wanted: Wanted,
    folder: Path,
    now: datetime,
    pause: Pause,
    processes: int | None,
    *,
    writes: bool,
) -> Iterator[Brought]:
    found = Brought()
    with closing(Seen()) as seen, keys.in_use(folder):
        waiting: list[Pair] = []
        for part in _sealed(people, folder, processes):
            found.lines += len(part)
            good = [(person, sealed) for person, sealed in part if sealed is not None]
            found.bad += len(part) - len(good)
            waiting += good
            if len(waiting) >= TURN:
                _turn(waiting, wanted, now, pause, seen, found, writes=writes)
                waiting = []
                yield found
        _turn(waiting, wanted, now, pause, seen, found, writes=writes)
    yield found


def _sealed(
    people: Iterable[Person], folder: Path, processes: int | None
) -> Iterator[list[tuple[Person, Sealed | None]]]:
    """Yield people with their sealed addresses, in parts; only what is under way is held."""
    under_way: deque[Person] = deque()

    def addresses() -> Iterator[str]:
        for person in people:
            under_way.append(person)
            yield person.address

    for part in importing.seal_all(addresses(), folder, processes):
        yield [(under_way.popleft(), sealed) for sealed in part]


def _turn(
    pairs: list[Pair],
    wanted: Wanted,
    now: datetime,
    pause: Pause,
    seen: Seen,
    found: Brought,
    *,
    writes: bool,
) -> None:
    leaving, joining = _sorted(pairs, wanted, seen, found)
    if writes:
        with turn(pause, using=PEOPLE):
            _suppress(leaving, now)
            _subscribe(joining, wanted, now, found)


def _sorted(
    pairs: list[Pair], wanted: Wanted, seen: Seen, found: Brought
) -> tuple[list[Pair], list[Pair]]:
    """Sort lines into who leaves and who joins, and count all of them."""
    fresh = seen.fresh([(sealed.index, person.state in REASONS) for person, sealed in pairs])
    pairs = [pair for pair, is_fresh in zip(pairs, fresh, strict=True) if is_fresh]
    found.twice += len(fresh) - len(pairs)
    indexes = [sealed.index for _, sealed in pairs]
    never, consents = importing.suppressed(indexes), _consents(indexes)
    leaving: list[Pair] = []
    joining: list[Pair] = []
    for person, sealed in pairs:
        own = consents.get(sealed.index, {})
        if sealed.index in never:
            found.suppressed += 1
        elif person.state in REASONS:
            is_own = any(not consent.startswith(MARK) for consent in own.values())
            found.signed_up += is_own
            found.left += not is_own
            if not is_own:
                leaving.append((person, sealed))
        elif person.state == PENDING:
            found.unconfirmed += 1
        elif wanted.newsletter in own:
            found.there += 1
        elif person.consented_on is None and wanted.consented_on is None:
            found.without_consent += 1
        elif person.state == ACTIVE:
            found.new += 1
            joining.append((person, sealed))
    return leaving, joining


def _consents(indexes: list[bytes]) -> dict[bytes, dict[uuid.UUID, str]]:
    """Return the consents of who has newsletters already, by their address's index."""
    found: dict[bytes, dict[uuid.UUID, str]] = {}
    for part in slices(indexes):
        rows = Subscription.objects.filter(address__index__in=part)
        for index, newsletter, consent in rows.values_list(
            "address__index", "newsletter", "consent"
        ):
            found.setdefault(bytes(index), {})[newsletter] = consent
    return found


def _suppress(pairs: list[Pair], now: datetime) -> None:
    rows = [
        Suppression(index=sealed.index, reason=REASONS[person.state], month=month_of(now))
        for person, sealed in pairs
    ]
    Suppression.objects.bulk_create(rows, batch_size=200, ignore_conflicts=True)


def _subscribe(pairs: list[Pair], wanted: Wanted, now: datetime, found: Brought) -> None:
    found.addresses += importing.insert([sealed for _, sealed in pairs], now)
    ids = _ids([sealed.index for _, sealed in pairs])
    rows = [
        (
            _prepared("id", uuid.uuid4()),
            _prepared("address", ids[sealed.index]),
            _prepared("newsletter", wanted.newsletter),
            _language(person, wanted),
            _variant(person, wanted),
            wanted.consent,
            _prepared("consented_at", person.consented_on or wanted.consented_on),
        )
        for person, sealed in pairs
        if sealed.index in ids
    ]
    if rows:
        with connections[PEOPLE].cursor() as cursor:
            cursor.executemany(_INSERT, rows)


# Both databases understand it; a subscription that is there already is left as it is.
_INSERT = (
    'INSERT INTO "subscribers_subscription" ("id", "address_id", "newsletter", "language", '
    '"variant", "consent", "consented_at") VALUES (%s, %s, %s, %s, %s, %s, %s) '
    "ON CONFLICT DO NOTHING"
)


def _ids(indexes: list[bytes]) -> dict[bytes, uuid.UUID]:
    """Return the ids of addresses, all of which may stay: who imports says that they confirmed."""
    found: dict[bytes, uuid.UUID] = {}
    for part in slices(indexes):
        known = Address.objects.filter(index__in=part)
        known.filter(gone_at__isnull=False).update(gone_at=None)
        found |= {bytes(index): pk for pk, index in known.values_list("pk", "index")}
    return found


def _prepared(name: str, value: object) -> Any:
    field: Any = Subscription._meta.get_field(name)
    return field.get_db_prep_save(value, connections[PEOPLE])


def _language(person: Person, wanted: Wanted) -> str:
    return person.language if person.language in wanted.languages else wanted.language


def _variant(person: Person, wanted: Wanted) -> str:
    return person.variant if person.variant in Variant.values else wanted.variant


class Seen:
    """Which addresses came already: keyed hashes, in a private file of SQLite without a name."""

    def __init__(self) -> None:
        # The empty name: a file that is unlinked as soon as it is made, and written only when the
        # memory that SQLite keeps for it is full (https://www.sqlite.org/inmemorydb.html).
        self._known = sqlite3.connect("", isolation_level=None)
        self._known.execute("PRAGMA cache_size = -16000")
        self._known.execute("PRAGMA journal_mode = OFF")
        self._known.execute(
            "CREATE TABLE seen (hash BLOB PRIMARY KEY, has_left INTEGER) WITHOUT ROWID"
        )

    def fresh(self, lines: list[tuple[bytes, bool]]) -> list[bool]:
        """Say of each line whether its address is new, or leaves now and did not before."""
        ask, put = self._known.execute, self._known.execute
        found: list[bool] = []
        put("BEGIN")
        for index, has_left in lines:
            row = ask("SELECT has_left FROM seen WHERE hash = ?", (index,)).fetchone()
            is_fresh = row is None or (has_left and not row[0])
            found.append(is_fresh)
            if is_fresh:
                put("INSERT OR REPLACE INTO seen VALUES (?, ?)", (index, has_left))
        put("COMMIT")
        return found

    def close(self) -> None:
        self._known.close()
