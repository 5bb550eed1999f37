"""The till: the one part that speaks with providers, and holds their keys.

Rules:

1. It acts for rows that are committed already, and for nothing else.
2. Of many who want the page of one contribution one asks the provider; the others get what it got.
   In one process by waiting, between processes by a claim that is a conditional UPDATE.
3. A key is made of the row's id, so every repetition bears the same one.
4. No answer makes a payment *unknown*. Asking again with the same key, or looking, resolves it.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from tamizdat.contributions.money import rows
from tamizdat.contributions.money.errors import (
    InHand,
    NotPossible,
    ProviderOff,
    Refused,
    Unreachable,
    Unsure,
)
from tamizdat.contributions.money.handles import Keyring
from tamizdat.contributions.money.models import Contribution, Handle, Payment
from tamizdat.contributions.money.pen import writing
from tamizdat.contributions.money.providers import Order, Page, Provider, Thing, Trigger, Visit
from tamizdat.contributions.money.settling import Settling
from tamizdat.contributions.money.switching import is_off

ASKING = timedelta(seconds=60)  # how long one process may ask before another one takes over
PAGE_HOLDS = timedelta(minutes=20)  # for so long a page's address is remembered, in memory
REMEMBERED = 5_000  # pages
_UNPAID = "id = %s AND state IN ('begun', 'waiting')"
_UNASKED = "(asking_until IS NULL OR asking_until < %s)"
_IS_ON = (
    "NOT EXISTS (SELECT 1 FROM money_switch "
    "WHERE money_switch.provider = money_contribution.provider AND money_switch.is_off)"
)


class Pages:
    """Addresses of providers' pages, in this process's memory; and one question at a time for
    each contribution."""

    def __init__(self) -> None:
        self._found: OrderedDict[UUID, tuple[datetime, str]] = OrderedDict()
        self._asking: dict[UUID, tuple[threading.Lock, int]] = {}
        self._lock = threading.Lock()

    @contextmanager
    def alone(self, contribution: UUID) -> Iterator[None]:
        """Let one in at a time for a contribution; the others wait."""
        with self._lock:
            lock, waiting = self._asking.get(contribution, (threading.Lock(), 0))
            self._asking[contribution] = (lock, waiting + 1)
        try:
            with lock:
                yield
        finally:
            with self._lock:
                lock, waiting = self._asking.pop(contribution)
                if waiting > 1:
                    self._asking[contribution] = (lock, waiting - 1)

    def find(self, contribution: UUID, now: datetime) -> str | None:
        with self._lock:
            at, url = self._found.get(contribution, (now - 2 * PAGE_HOLDS, ""))
        return url if now - at < PAGE_HOLDS else None

    def keep(self, contribution: UUID, now: datetime, url: str) -> None:
        with self._lock:
            self._found[contribution] = (now, url)
            while len(self._found) > REMEMBERED:
                self._found.popitem(last=False)

    def forget(self, contribution: UUID) -> None:
        with self._lock:
            self._found.pop(contribution, None)


@dataclass(frozen=True)
class Till:
    """Speaks with providers for the newsroom. ``clock`` says what time it is (UTC)."""

    providers: Mapping[str, Provider]
    keyring: Keyring
    zone: ZoneInfo
    clock: Callable[[], datetime]
    pages: Pages = field(default_factory=Pages)

    def provider(self, name: str) -> Provider:
        """Return a provider that is set up, whether switched off or not. Raises ProviderOff."""
        try:
            return self.providers[name]
        except KeyError:
            raise ProviderOff(f"the provider {name!r} is not set up") from None

    def settling(self, name: str) -> Settling:
        return Settling(name, self.keyring, self.zone, self.clock())

    # The way to the provider's page

    def page(self, contribution: UUID, return_url: str) -> str:
        """Return the address of the page on which a contribution is paid.

        Raises ProviderOff, InHand, NotPossible, Unreachable, Refused; and Unsure, after which the
        same question, with the same key, is the thing to do.
        """
        with self.pages.alone(contribution):
            found = self.pages.find(contribution, self.clock())
            if found is None:
                found = self._ask(contribution, return_url)
                self.pages.keep(contribution, self.clock(), found)
            return found

    def _ask(self, pk: UUID, return_url: str) -> str:
        row = rows.get(Contribution, pk)
        provider = self.provider(row.provider)
        self._claim(row)
        try:
            page = provider.begin(_order(row, return_url))
        except Unreachable:
            self._let_go(row)
            raise
        except Unsure:
            self._let_go(row, Payment.State.UNKNOWN)
            raise
        except Refused:
            self._let_go(row, Payment.State.FAILED)
            Contribution.objects.move(row.pk, Contribution.State.LAPSED)
            raise
        self._note(row, page)
        return page.url

    def _claim(self, row: Contribution) -> None:
        """Be the one who asks. Raises ProviderOff, InHand, NotPossible."""
        now, free = self.clock(), f"{_UNPAID} AND {_UNASKED} AND {_IS_ON}"
        # Without power there is nobody who asks, and the next one asks with the same key.
        with writing(for_good=False):
            mine = rows.change(Contribution, {"asking_until": now + ASKING}, free, row.pk, now)
        if not mine:
            if is_off(row.provider):
                raise ProviderOff(f"{row.provider} is switched off")
            if rows.there_is(Contribution, _UNPAID, row.pk):
                raise InHand("another process is asking the provider; ask again in a moment")
            raise NotPossible("this contribution has been paid, or was given up")

    def _let_go(self, row: Contribution, state: Payment.State | None = None) -> None:
        Contribution.objects.filter(pk=row.pk).update(asking_until=None)
        if state is not None:
            first = Payment.objects.get(contribution=row, period=0)
            Payment.objects.move(first.pk, state)

    def _note(self, row: Contribution, page: Page) -> None:
        with writing():
            self.keyring.note(row.provider, Handle.Kind.VISIT, page.visit, row.pk)
            if not Contribution.objects.move(row.pk, "waiting", asking_until=None):
                rows.change(Contribution, {"asking_until": None}, "id = %s", row.pk)

    # Looking

    def look(self, provider: str, thing: Thing, trigger: Trigger | None = None) -> set[Thing]:
        """Fetch a thing, settle what is seen, and look at what it leads to; return all of these."""
        seen, found = self.provider(provider).fetch(thing), {thing}
        if isinstance(seen, Visit):
            for kind, name in (("payment", seen.charge), ("standing", seen.standing)):
                if name:
                    found |= self.look(provider, Thing(kind, name))
        self.settling(provider).settle(seen, trigger)
        return found

    def look_at(self, contribution: Contribution) -> None:
        """Look at a contribution's visit and agreement, and what they lead to. Raises Closed."""
        for kind in (Handle.Kind.VISIT, Handle.Kind.STANDING):
            for name in self.keyring.names(kind, contribution.pk)[:1]:
                self.look(contribution.provider, Thing(kind, name))


def _order(row: Contribution, return_url: str) -> Order:
    return Order(
        reference=row.pk.hex,
        key=f"begin-{row.pk.hex}",
        money=row.money,
        rhythm=row.rhythm,
        method=row.method,
        language=row.language,
        return_url=return_url,
    )
