"""Giving money back: what is asked first, and who must agree.

Rules:

* A payment is found by its number, from a letter or the provider's list. Nobody's name is here.
* Above a limit (``TAMIZDAT_REFUND_ALONE``) one asks, another approves, and a day goes by
  (``pairs``).
* The audit log has its row before the refund is written down; it names the payment's number and no
  amount.
* What is written down the till carries out, once (``money.refunding``).
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from tamizdat.accounts import audit, pairs, roles
from tamizdat.accounts.models import TwoPersonRequest, User
from tamizdat.contributions.appeals.models import RefundAsked
from tamizdat.contributions.appeals.showing import today
from tamizdat.contributions.money import rates, refunding
from tamizdat.contributions.money.amounts import Money
from tamizdat.contributions.money.models import Payment, Refund

SHORTEST = 8  # hexadecimal digits that name a payment
WHOLE = 32
REASONS = {
    "asked": "The supporter asked for it",
    "twice": "It was paid twice",
    "error": "A wrong amount",
    "fraud": "It was not the card's owner",
    "unlawful": "We may not take it",
}
REFUND = pairs.Kind(
    name="refund",
    title="A refund above the limit",
    warning="The money goes back the way it came. It cannot be taken back.",
    who=roles.MONEY,
    page="appeals_refunds",
)


def limit() -> Money:
    """Return up to which sum one person refunds alone."""
    currency, minor = settings.REFUND_ALONE
    return Money(currency, minor)


def find(typed: str) -> list[Payment]:
    """Return the payments that a number may name: its own, its contribution's, or the beginning of
    either, at most twenty."""
    digits = "".join(typed.lower().split()).replace("-", "")
    is_number = SHORTEST <= len(digits) <= WHOLE and all(c in "0123456789abcdef" for c in digits)
    if not is_number:
        return []
    low, high = UUID(digits.ljust(WHOLE, "0")), UUID(digits.ljust(WHOLE, "f"))
    own = Q(pk__gte=low, pk__lte=high)
    rows = Payment.objects.filter(own | Q(contribution__gte=low, contribution__lte=high))
    return list(rows.select_related("contribution").order_by("-day")[:20])


def left_of(payment: Payment) -> Money:
    """Return what could still be given back."""
    if payment.state != Payment.State.CONFIRMED:
        return Money(payment.currency, 0)
    return Money(payment.currency, payment.amount - payment.returned)


def needs_two(payment: Payment, minor: int) -> bool:
    """Say whether a second person must agree: parts of one payment count together.

    Raises NoRate.
    """
    together = Money(payment.currency, payment.returned + minor)
    return refunding.needs_two_persons(together, payment, rates.stored(), limit())


def order(payment: Payment, minor: int, reason: str, user: User, now: datetime) -> Refund:
    """Write a refund down. Raises NotPossible, TooMuch."""
    audit.note("money.refund", _thing(payment), who=user.pk, now=now)
    return refunding.write_down(payment, minor, today(now), reason)


def ask(payment: Payment, minor: int, reason: str, user: User, now: datetime) -> TwoPersonRequest:
    """Ask for a refund that another person must approve. Raises pairs.Refused."""
    with transaction.atomic():
        asked = pairs.ask(user, REFUND.name, now, {})
        RefundAsked.objects.create(
            request=asked,
            payment=payment.pk,
            currency=payment.currency,
            minor=minor,
            reason=reason,
        )
    return asked


def carry_out(asked: RefundAsked, user: User, now: datetime) -> Refund:
    """Do what two persons wanted. Raises pairs.Refused, NotPossible, TooMuch."""
    payment = Payment.objects.get(pk=asked.payment)
    pairs.take(asked.request.pk, REFUND.name, now)
    return order(payment, asked.minor, asked.reason, user, now)


def waiting(now: datetime) -> list[RefundAsked]:
    """Return what is asked for and not done, and can still be."""
    open_ones = pairs.open_requests(now).filter(kind=REFUND.name)
    rows = RefundAsked.objects.filter(request__in=open_ones).order_by("pk")
    return list(rows.select_related("request__asked_by", "request__approved_by"))


def forget(now: datetime) -> int:
    """Delete what was done, called off or has expired; return how many rows."""
    rows = RefundAsked.objects.exclude(request__in=pairs.open_requests(now))
    return rows.delete()[0]


def _thing(payment: Payment) -> str:
    return f"payment {payment.pk.hex[:12]}"
