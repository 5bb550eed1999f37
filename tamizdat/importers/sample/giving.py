"""A made-up year of contributions, through the processor of the demo: pledged, paid, renewed,
refused and recovered, paused, ended, given back, taken back by banks; and one of which nobody knows
yet what became. The books say of it what they say of any year.

Nobody stands behind it: contributions have no address. The same sample makes the same year.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlencode, urlsplit
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from tamizdat.contributions.money import changing, pledging, rates, refunding, webhooks
from tamizdat.contributions.money.amounts import Money
from tamizdat.contributions.money.errors import Unsure
from tamizdat.contributions.money.handles import Keyring
from tamizdat.contributions.money.models import Contribution, Handle, Payment
from tamizdat.contributions.money.models.contributions import KEY_BYTES
from tamizdat.contributions.money.periods import day_in, plus_months
from tamizdat.contributions.money.providers import Order, Page
from tamizdat.contributions.money.providers.processor import billing, deeds, messages
from tamizdat.contributions.money.providers.processor.loopback import Request
from tamizdat.contributions.money.providers.processor.serving import Server, served
from tamizdat.contributions.money.providers.processor.store import Store
from tamizdat.contributions.money.providers.sandbox import Sandbox
from tamizdat.contributions.money.till import Till
from tamizdat.vault.opening import Opener

DAYS = 365
STEP = 5  # days that go by together
BACK = "http://localhost/"  # nobody follows it
# Units for one euro, roughly those of November 2026, so that the form has something to offer.
RATES = (
    "USD 1.16 GBP 0.88 CHF 0.93 AED 4.26 AMD 443 AUD 1.77 BGN 1.95583 BRL 6.2 CAD 1.62 CLP 1085 "
    "CZK 24.2 DKK 7.46 GEL 3.13 HKD 9.02 HUF 384 ILS 3.79 INR 103 ISK 147 JPY 180 KRW 1690 "
    "KWD 0.356 KZT 605 MDL 19.6 MXN 21.3 NOK 11.7 NZD 2.05 PLN 4.24 RON 5.08 SEK 11 SGD 1.51 "
    "TRY 49 UAH 49 ZAR 19.9"
)
# Whom the year is made of: rhythm, currency, amounts in whole units, how many begin in a month.
GIVERS = (
    ("monthly", "EUR", (5, 10, 10, 20), 3),
    ("monthly", "USD", (5, 10, 25), 1),
    ("once", "EUR", (10, 20, 50), 2),
    ("once", "GBP", (15, 30), 1),
    ("annual", "EUR", (60, 100), 1),
)

# When banks take a payment back, or decide on the last one: by days that have gone by.
DISPUTES = {DAYS - 60: "open", DAYS - 20: "lost", DAYS - 5: "open"}
REFUSED = DAYS - STEP  # then a renewal is refused that nobody has paid yet


class Broken(Sandbox):
    """The same processor, at the end of a line that breaks while it is asked."""

    def begin(self, order: Order) -> Page:
        raise Unsure("the line broke; nobody knows whether the question came through")


@dataclass
class Year:
    """One making of the year."""

    store: Store
    till: Till
    secret: str
    server: Server
    broken: Sandbox
    disputed: str = ""  # the processor's name of the payment that was taken back last
    chance: random.Random = field(default_factory=lambda: random.Random(1958))  # noqa: S311 - a sample

    def make(self, now: datetime) -> int:
        """Let the year go by up to now; return how many payments came."""
        self.store.move_clock(now - timedelta(days=DAYS))
        for gone in range(0, DAYS, STEP):
            self._begin_some()
            self._end_some()
            self._dispute(DISPUTES.get(gone, ""))
            if gone == REFUSED:
                self._refuse_one()
            billing.advance(self.store, self.store.now() + timedelta(days=STEP))
            self._hear()
        self._give_back()
        self._pause_one()
        self._lose_one()
        self.store.move_clock(now)
        return Payment.objects.filter(state=Payment.State.CONFIRMED).count()

    @property
    def today(self) -> date:
        return day_in(self.store.now(), self.till.zone)

    def _begin_some(self) -> None:
        for rhythm, currency, amounts, a_month in GIVERS:
            if self.chance.random() < a_month * STEP / 30:
                self._begin(rhythm, Money(currency, self.chance.choice(amounts) * 100))

    def _begin(self, rhythm: str, money: Money) -> None:
        key = self.chance.randbytes(KEY_BYTES)
        wanted = pledging.Pledge(key, "sandbox", "card", rhythm, money, "en")
        row = pledging.pledge(wanted, self.today)
        page = self.till.page(row.pk, BACK)
        is_refused = self.chance.random() < 0.08
        self._press(page, "decline" if is_refused else "approve")
        self._hear()
        if rhythm == "monthly" and self.chance.random() < 0.3:
            self._trouble(row)

    def _press(self, page: str, decision: str) -> None:
        body = urlencode({"decision": decision}).encode()
        head = {"content-type": "application/x-www-form-urlencoded"}
        self.server.processor.answer(Request("POST", urlsplit(page).path, "", head, body))

    def _trouble(self, row: Contribution) -> None:
        """Let a later payment be refused: most are paid at the second try, some never."""
        for thing in self._standings(row):
            good = ["approve"] * self.chance.randint(1, 4)
            bad = ["insufficient-funds"] * (1 if self.chance.random() < 0.75 else 9)
            with self.store.transaction():
                self.store.save({**thing, "script": [*good, *bad]})

    def _standings(self, row: Contribution) -> Iterator[dict[str, object]]:
        for thing in self.store.page("standing", 0, 9e12, 0, 10_000):
            if thing["reference"] == row.pk.hex:
                found = self.store.get(str(thing["id"]))
                if found is not None:
                    yield found

    def _end_some(self) -> None:
        for row in _monthly():
            if self.chance.random() < 0.006:
                changing.end(self.till, row)

    def _give_back(self) -> None:
        came = Payment.objects.filter(state=Payment.State.CONFIRMED, disputes=None)
        for payment in came.order_by("-day", "amount")[3:9:3]:
            refunding.ask(self.till, payment, payment.amount, "asked")

    def _dispute(self, outcome: str) -> None:
        """Let a bank take the last single gift back, or decide on the one before."""
        if outcome == "open":
            came = Payment.objects.filter(state=Payment.State.CONFIRMED, disputes=None)
            last = came.filter(contribution__rhythm="once").order_by("-day", "amount").first()
            names = self.till.keyring.names(Handle.Kind.PAYMENT, last.pk) if last else []
            self.disputed = names[0] if names else ""
        with self.store.transaction():
            thing = self.store.get(self.disputed) if outcome and self.disputed else None
            if thing is not None:
                deeds.dispute(self.store, thing, outcome)
        self._hear()

    def _refuse_one(self) -> None:
        """Let the next renewal be refused, again and again: nobody has paid it yet."""
        soon = self.today + timedelta(days=STEP)
        for row in _monthly().filter(next_on__gt=self.today, next_on__lte=soon)[:1]:
            for thing in self._standings(row):
                with self.store.transaction():
                    self.store.save({**thing, "script": ["insufficient-funds"] * 9})

    def _pause_one(self) -> None:
        """Let the supporter who began last take a rest."""
        row = _monthly().last()
        if row is not None:
            until = plus_months(self.today.replace(day=1), 3)
            changing.pause(self.till, row, "for-a-while", until)
            self._hear()

    def _lose_one(self) -> None:
        """Let the line break while somebody is led to the page: her payment's fate is unknown."""
        key, money = self.chance.randbytes(KEY_BYTES), Money("EUR", 2500)
        row = pledging.pledge(
            pledging.Pledge(key, "sandbox", "card", "once", money, "en"), self.today
        )
        with suppress(Unsure):
            replace(self.till, providers={"sandbox": self.broken}).page(row.pk, BACK)

    def _hear(self) -> None:
        while messages.deliver(self.store, self.secret, self._take):
            pass

    def _take(self, body: bytes, headers: dict[str, str]) -> bool:
        webhooks.hear(self.till, "sandbox", body, headers)
        return True


def _monthly() -> QuerySet[Contribution]:
    """Return what runs every month, always in the same order."""
    found = Contribution.objects.filter(state=Contribution.State.ACTIVE, rhythm="monthly")
    return found.order_by("begun_on", "amount", "key")


def make(
    file: Path,
    keys: Path,
    opener: Callable[[], Opener | None],
    key: str,
    secret: str,
    zone: ZoneInfo,
    now: datetime,
) -> int:
    """Make the year in a processor's file; return how many payments came, 0 where there are some.

    ``keys`` is the folder of the vault's keys, ``opener`` opens what they seal.
    """
    if Contribution.objects.exists():
        return 0
    keep_rates(now)
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with served(file, key) as server:
        store = server.processor.store
        provider = Sandbox(server.processor.base, key, secret)
        till = Till({"sandbox": provider}, Keyring(keys, opener), zone, store.now)
        broken = Broken(server.processor.base, key, secret)
        try:
            return Year(store, till, secret, server, broken).make(now)
        finally:
            provider.line.close()
            broken.line.close()


def keep_rates(now: datetime) -> None:
    """Store made-up rates, for a year."""
    words = RATES.split()
    first = (now - timedelta(days=DAYS + 10)).date()
    for day in (first, now.date()):
        rates.keep(
            rates.Given(day, code, Decimal(value))
            for code, value in zip(words[::2], words[1::2], strict=True)
        )
