"""Bank transfer: the supporter sends money by herself, and a person reads statements in.

Nobody is asked over a network. The page that a supporter is sent to is the desk's own
(``transfer``); what came is found in the bank's statements (``statements``), by its reference.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from uuid import UUID

from tamizdat.contributions.money.amounts import Money
from tamizdat.contributions.money.errors import BadWebhook, NotThere, Refused
from tamizdat.contributions.money.providers.asking import (
    Change,
    Facts,
    Method,
    Order,
    Page,
    Provider,
    RefundOrder,
    RenewalOrder,
)
from tamizdat.contributions.money.providers.bank import reference
from tamizdat.contributions.money.providers.seen import (
    Charge,
    PaidOut,
    Refunded,
    Seen,
    Standing,
    Thing,
    Trigger,
    Visit,
)

BY_HAND = "by-hand"


class Bank(Provider):
    """One bank account. ``pages`` gives the desk's page of a contribution in a language."""

    def __init__(self, pages: Mapping[str, str], currencies: frozenset[str]) -> None:
        method = Method("transfer", frozenset({"once"}), currencies)
        self.facts = Facts("bank", (method,), bills=True, lists=False)
        self._pages = pages

    def begin(self, order: Order) -> Page:
        page = self._pages.get(order.language, self._pages[""])
        return Page(f"{page}{order.reference}/", reference.of(UUID(order.reference)))

    def fetch(self, thing: Thing) -> Seen:
        if thing.kind == "visit":
            return Visit(thing.name, "", "open")
        raise NotThere("what came is in the bank's statements")

    def charge(self, order: RenewalOrder) -> Charge:
        raise Refused(BY_HAND)

    def refund(self, order: RefundOrder) -> Refunded:
        raise Refused(BY_HAND)

    def change(self, standing: str, change: Change, key: str, money: Money | None) -> Standing:
        raise Refused(BY_HAND)

    def method_page(self, standing: str, return_url: str, language: str) -> str:
        raise Refused(BY_HAND)

    def changes(self, since: datetime) -> Iterator[Thing]:
        return iter(())

    def charges(self, since: datetime, until: datetime) -> Iterator[Charge]:
        return iter(())

    def payouts(self, since: datetime) -> Iterator[PaidOut]:
        return iter(())

    def read(self, body: bytes, headers: Mapping[str, str], now: datetime) -> Trigger:
        raise BadWebhook("a bank sends no messages")
