"""Refunds: whole or in part, each once, and never more than came.

A refund is written down first, and takes its part of the payment in the same transaction by a
conditional UPDATE. Then the provider is asked, with a key that is the refund's id. No answer makes
it *unknown*: it is asked for again with the same key while the provider remembers that, and looked
for first after that (``resolve``).
"""

from __future__ import annotations

from datetime import date, timedelta

from django.db import transaction

from tamizdat.contributions.money.amounts import Money
from tamizdat.contributions.money.errors import NotPossible, Refused, TooMuch, Unsure
from tamizdat.contributions.money.models import Handle, Payment, Refund
from tamizdat.contributions.money.periods import day_in
from tamizdat.contributions.money.providers import RefundOrder, Thing
from tamizdat.contributions.money.rates import Rates
from tamizdat.contributions.money.settling import give_back
from tamizdat.contributions.money.till import Till
from tamizdat.databases import PEOPLE

TWO_PERSONS_FROM = Money("EUR", 500_00)


def needs_two_persons(
    money: Money, payment: Payment, rates: Rates, limit: Money = TWO_PERSONS_FROM
) -> bool:
    """Say whether a refund is above the limit, at the rate of the payment's day. Raises NoRate."""
    return rates.convert(money, limit.currency, payment.day) > limit.minor


def ask(till: Till, payment: Payment, amount: int, reason: str = "") -> Refund:
    """Give a part of a payment back, in minor units of its currency; return the refund as it is.

    Raises NotPossible, TooMuch, Closed, Unreachable, Refused. After Unsure the refund is *unknown*
    and returned as such.
    """
    name = _name(till, payment)
    refund = write_down(payment, amount, day_in(till.clock(), till.zone), reason)
    _carry_out(till, refund, name)
    refund.refresh_from_db()
    return refund


def write_down(payment: Payment, amount: int, today: date, reason: str = "") -> Refund:
    """Write a refund down and take its part of the payment. Raises NotPossible, TooMuch.

    Who has no till (the newsroom's door) does no more: the till carries it out with its next look.
    """
    if payment.state != Payment.State.CONFIRMED or amount <= 0:
        raise NotPossible("only a payment that came can be given back")
    with transaction.atomic(using=PEOPLE):
        if not give_back(payment, amount):
            raise TooMuch("less than that is left of the payment")
        return Refund.objects.create(payment=payment, amount=amount, day=today, reason=reason)


def _carry_out(till: Till, refund: Refund, name: str) -> None:
    payment = refund.payment
    provider = till.provider(payment.provider)
    order = RefundOrder(refund.pk.hex, f"refund-{refund.pk.hex}", refund.amount, name)
    try:
        provider.refund(order)
    except Unsure:
        Refund.objects.move(refund.pk, Refund.State.UNKNOWN)
        return
    except Refused:
        _call_off(refund)
        raise
    till.look(payment.provider, Thing(Handle.Kind.PAYMENT, name))


def _call_off(refund: Refund) -> None:
    with transaction.atomic(using=PEOPLE):
        if Refund.objects.move(refund.pk, Refund.State.FAILED):
            give_back(refund.payment, -refund.amount)


def resolve(till: Till, refund: Refund) -> None:
    """Find out what became of a refund that was written down and never answered."""
    payment = refund.payment
    name = _name(till, payment)
    till.look(payment.provider, Thing(Handle.Kind.PAYMENT, name))
    refund.refresh_from_db()
    if refund.state not in (Refund.State.CREATED, Refund.State.UNKNOWN):
        return
    holds = timedelta(hours=till.provider(payment.provider).facts.keys_hold_hours)
    if day_in(till.clock() - holds, till.zone) >= refund.day:
        _call_off(refund)  # the provider's own list does not know it, and its key is forgotten
    else:
        _carry_out(till, refund, name)


def _name(till: Till, payment: Payment) -> str:
    names = till.keyring.names(Handle.Kind.PAYMENT, payment.pk)
    if not names:
        raise NotPossible("the provider's name of this payment was erased")
    return names[0]
