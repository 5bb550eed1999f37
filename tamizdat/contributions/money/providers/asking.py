"""What is asked of a provider, and the interface that each one has."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from tamizdat.contributions.money.amounts import Fee, Money
from tamizdat.contributions.money.providers.seen import (
    Charge,
    PaidOut,
    Refunded,
    Seen,
    Standing,
    Thing,
    Trigger,
)


@dataclass(frozen=True)
class Method:
    """A way to pay at a provider. An empty set of currencies or countries means all."""

    code: str  # card, wallet, sepa, transfer, bitcoin
    rhythms: frozenset[str] = frozenset({"once", "monthly", "annual"})
    currencies: frozenset[str] = frozenset()
    countries: frozenset[str] = frozenset()  # ISO 3166, of the supporter's bank

    def takes(self, currency: str, country: str, rhythm: str) -> bool:
        """Say whether a supporter can give so."""
        return (
            rhythm in self.rhythms
            and (not self.currencies or currency in self.currencies)
            and (not self.countries or country in self.countries)
        )


@dataclass(frozen=True)
class Facts:
    """What is known of a provider without asking it. Nothing here is secret."""

    name: str
    methods: tuple[Method, ...]
    bills: bool  # it asks for regular payments by itself; else we do (``renewing``)
    fees: Mapping[str, Fee] = field(default_factory=dict)  # by currency; "" for all others
    keys_hold_hours: int = 24  # for how long it remembers a key
    lists: bool = True  # it can be asked for all that it has

    def fee(self, currency: str) -> Fee | None:
        """Return what it takes of a payment in a currency, as far as is known beforehand."""
        return self.fees.get(currency, self.fees.get(""))


@dataclass(frozen=True)
class Order:
    """A supporter is to be sent to the provider's page. All that a provider hears of it."""

    reference: str  # our contribution's id
    key: str
    money: Money
    rhythm: str
    method: str
    language: str
    return_url: str


@dataclass(frozen=True)
class Page:
    """The provider's page, and what it calls the visit."""

    url: str = field(repr=False)
    visit: str = field(repr=False)


@dataclass(frozen=True)
class RenewalOrder:
    """A period's payment is to be taken by an agreement that we bill."""

    reference: str  # our contribution's id
    payment: str  # our payment's id
    period: int
    key: str
    money: Money
    standing: str = field(repr=False)


@dataclass(frozen=True)
class RefundOrder:
    """A payment is to be given back, whole or in part."""

    reference: str  # our refund's id
    key: str
    amount: int
    payment: str = field(repr=False)


class Change(StrEnum):
    """What can be done to an agreement."""

    AMOUNT = "amount"
    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"


class Provider(ABC):
    """A processor of payments. Every method may raise Unreachable, Unsure, Refused and NotThere."""

    facts: Facts

    @abstractmethod
    def begin(self, order: Order) -> Page:
        """Open a page on which the supporter pays; nothing is charged by that."""

    @abstractmethod
    def fetch(self, thing: Thing) -> Seen:
        """Return a thing as it is now."""

    @abstractmethod
    def charge(self, order: RenewalOrder) -> Charge:
        """Take a period's payment now. A refusal of the bank is a Charge that failed."""

    @abstractmethod
    def refund(self, order: RefundOrder) -> Refunded:
        """Give a payment back."""

    @abstractmethod
    def change(self, standing: str, change: Change, key: str, money: Money | None) -> Standing:
        """Change an agreement; ``money`` is the new amount, for AMOUNT alone."""

    @abstractmethod
    def method_page(self, standing: str, return_url: str, language: str) -> str:
        """Return the address of the page on which the supporter changes the way to pay."""

    @abstractmethod
    def changes(self, since: datetime) -> Iterator[Thing]:
        """List what has changed since then; a thing may come more than once."""

    @abstractmethod
    def charges(self, since: datetime, until: datetime) -> Iterator[Charge]:
        """List all payments that were made in a time, as they are now."""

    @abstractmethod
    def payouts(self, since: datetime) -> Iterator[PaidOut]:
        """List what was sent to our bank since then."""

    @abstractmethod
    def read(self, body: bytes, headers: Mapping[str, str], now: datetime) -> Trigger:
        """Verify a message of the provider; names of headers are in small letters.

        Raises BadWebhook where it is not the provider's or is older than 300 seconds.
        """
