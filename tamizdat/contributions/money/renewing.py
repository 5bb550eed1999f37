"""Renewing: the payments of regular contributions, one for each period, and what if they fail.

Most providers bill by themselves; then we watch. Where a provider does not, we do:

1. A renewal is a unique row (contribution, period); so is its payment while it is under way. Both
   are committed before the provider is asked, with a key that is the payment's id.
2. No answer: the payment is *unknown*, and nothing else is tried for that period until its fate is
   known: the same key again while the provider remembers it, then the provider's own list.
3. A refusal is tried again after 1, 3, 5 and 7 days, each try a payment of its own. After GRACE the
   contribution ends. The supporter is told at the first refusal, when it is paid after all, and at
   the end.
4. A period that has passed unasked (we were asleep, it was paused) is not taken afterwards, beyond
   LATE days: nobody wakes up to three payments.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from django.db import IntegrityError, transaction

from tamizdat.contributions.money import changing
from tamizdat.contributions.money.errors import (
    Closed,
    NotPossible,
    ProviderError,
    Refused,
    Unreachable,
    Unsure,
)
from tamizdat.contributions.money.models import Contribution, Handle, Notice, Payment, Renewal
from tamizdat.contributions.money.periods import day_in, due_on, period_at, plus_months
from tamizdat.contributions.money.providers import RenewalOrder
from tamizdat.contributions.money.settling import tell
from tamizdat.contributions.money.switching import off
from tamizdat.contributions.money.till import Till
from tamizdat.databases import PEOPLE

RETRIES = (1, 3, 5, 7)  # days after a renewal was due
GRACE = timedelta(days=14)
LATE = timedelta(days=10)
BATCH = 500


def daily(till: Till) -> int:
    """Take what is due, end what is overdue, warn of cards that end; return how many were taken.

    It may run as often as one likes.
    """
    today = day_in(till.clock(), till.zone)
    _resume(till, today)
    _resolve(till, today)
    _write_down(till, today)
    taken = sum(_take(till, each, today) for each in _due(till, today))
    _end_overdue(till, today)
    _warn(today)
    return taken


def _we_bill(till: Till) -> list[str]:
    switched_off = off()
    return [
        name
        for name, provider in till.providers.items()
        if not provider.facts.bills and name not in switched_off
    ]


def _resume(till: Till, today: date) -> None:
    rows = Contribution.objects.filter(state=Contribution.State.PAUSED, resumes_on__lte=today)
    for row in rows[:BATCH]:
        _quietly(lambda row=row: changing.resume(till, row, f"{row.pk.hex}-{row.resumes_on}"))  # type: ignore[misc]  # a lambda's default


def _write_down(till: Till, today: date) -> None:
    """Write down the renewals that have become due."""
    rows = Contribution.objects.filter(
        provider__in=_we_bill(till), state=Contribution.State.ACTIVE, next_on__lte=today
    )
    for row in rows[:BATCH]:
        assert row.anchor is not None  # noqa: S101 - whoever has a next day has a first
        period = period_at(row.anchor, row.rhythm, today)
        due = due_on(row.anchor, row.rhythm, period)
        if period <= row.period or today - due > LATE:
            coming = due_on(row.anchor, row.rhythm, max(period, row.period) + 1)
            Contribution.objects.filter(pk=row.pk).update(next_on=coming)
            continue
        new = Renewal(contribution=row, period=period, due_on=due, try_on=today)
        Renewal.objects.bulk_create([new], ignore_conflicts=True)


def _due(till: Till, today: date) -> list[Renewal]:
    rows = Renewal.objects.filter(
        state=Renewal.State.DUE,
        try_on__lte=today,
        contribution__state__in=["active", "past-due"],
        contribution__is_ending=False,
        contribution__provider__in=_we_bill(till),
    )
    return list(rows.select_related("contribution").order_by("try_on", "pk")[:BATCH])


def _take(till: Till, renewal: Renewal, today: date) -> bool:
    """Ask for one renewal; return whether it was paid."""
    payment = _claim(renewal, today)
    if payment is None:
        return False
    return _charge(till, renewal, payment, today)


def _claim(renewal: Renewal, today: date) -> Payment | None:
    """Claim a renewal and write its payment down, before anything moves; None where another one
    was quicker or a payment of the period is under way."""
    row = renewal.contribution
    try:
        with transaction.atomic(using=PEOPLE):
            if not Renewal.objects.move(renewal.pk, Renewal.State.CLAIMED, tries=renewal.tries + 1):
                return None
            return Payment.objects.create(
                contribution=row,
                period=renewal.period,
                provider=row.provider,
                currency=row.currency,
                amount=row.amount,
                day=today,
            )
    except IntegrityError:
        return None


def _charge(till: Till, renewal: Renewal, payment: Payment, today: date) -> bool:
    row = renewal.contribution
    try:
        standing = till.keyring.names(Handle.Kind.STANDING, row.pk)[0]
        order = RenewalOrder(
            row.pk.hex,
            payment.pk.hex,
            renewal.period,
            f"renewal-{payment.pk.hex}",
            payment.money,
            standing,
        )
        seen = till.provider(row.provider).charge(order)
    except Unsure:
        Payment.objects.move(payment.pk, Payment.State.UNKNOWN)
        return False
    except (Unreachable, Closed, IndexError):
        _put_back(renewal, payment)
        return False
    except Refused as refused:
        Payment.objects.move(payment.pk, Payment.State.FAILED, reason=refused.kind[:24])
    else:
        till.settling(row.provider).settle(seen)
    return _follow(renewal, payment, today)


def _put_back(renewal: Renewal, payment: Payment) -> None:
    """Nothing was sent: the try does not count."""
    with transaction.atomic(using=PEOPLE):
        Payment.objects.move(payment.pk, Payment.State.CANCELED)
        tries = Renewal.objects.values_list("tries", flat=True).get(pk=renewal.pk)
        Renewal.objects.move(renewal.pk, Renewal.State.DUE, tries=max(0, tries - 1))


def _follow(renewal: Renewal, payment: Payment, today: date) -> bool:
    """Bring the renewal to what became of its payment; return whether it was paid."""
    payment.refresh_from_db(fields=["state"])
    renewal.refresh_from_db()
    if payment.state == Payment.State.CONFIRMED:
        Renewal.objects.move(renewal.pk, Renewal.State.PAID)
        return True
    if payment.state in (Payment.State.FAILED, Payment.State.CANCELED):
        _try_later(renewal, today)
    return False


def _try_later(renewal: Renewal, today: date) -> None:
    row = renewal.contribution
    if Contribution.objects.move(row.pk, Contribution.State.PAST_DUE, past_due_on=renewal.due_on):
        tell(row, Notice.Kind.FAILED, renewal.period, today)
    if renewal.tries > len(RETRIES):
        Renewal.objects.move(renewal.pk, Renewal.State.DROPPED)
        return
    again = renewal.due_on + timedelta(days=RETRIES[renewal.tries - 1])
    Renewal.objects.move(
        renewal.pk, Renewal.State.DUE, try_on=max(again, today + timedelta(days=1))
    )


# What hangs in the air


def _resolve(till: Till, today: date) -> None:
    rows = Renewal.objects.filter(
        state=Renewal.State.CLAIMED, contribution__provider__in=_we_bill(till)
    )
    for renewal in rows.select_related("contribution")[:BATCH]:
        _quietly(lambda renewal=renewal: _resolve_one(till, renewal, today))  # type: ignore[misc]  # a lambda's default


def _resolve_one(till: Till, renewal: Renewal, today: date) -> None:
    payments = Payment.objects.filter(
        contribution=renewal.contribution, period=renewal.period
    ).order_by("day", "pk")
    current = [each for each in payments if each.state in ("created", "unknown", "pending")]
    if not current:  # killed between the answer and the renewal's own row
        last = payments.last()
        if last is not None:
            _follow(renewal, last, today)
        return
    payment = current[0]
    if payment.state != Payment.State.PENDING and _is_remembered(till, payment):
        _charge(till, renewal, payment, today)
        return
    _look_for(till, payment)
    payment.refresh_from_db(fields=["state"])
    if payment.state in (Payment.State.CREATED, Payment.State.UNKNOWN):
        # The provider's own list does not know it, and has forgotten its key.
        Payment.objects.move(payment.pk, Payment.State.CANCELED)
    _follow(renewal, payment, today)


def _is_remembered(till: Till, payment: Payment) -> bool:
    """Say whether the provider remembers the key for sure; a day is all that we know."""
    holds = timedelta(hours=till.provider(payment.provider).facts.keys_hold_hours)
    return day_in(till.clock() - holds, till.zone) < payment.day


def _look_for(till: Till, payment: Payment) -> None:
    now = till.clock()
    since = now - (day_in(now, till.zone) - payment.day) - timedelta(days=1)
    settling = till.settling(payment.provider)
    for charge in till.provider(payment.provider).charges(since, now):
        if charge.payment == payment.pk.hex:
            settling.settle(charge)


# Ends and warnings


def _end_overdue(till: Till, today: date) -> None:
    rows = Contribution.objects.filter(
        state=Contribution.State.PAST_DUE, past_due_on__lte=today - GRACE
    )
    for row in rows[:BATCH]:
        _quietly(lambda row=row: changing.end(till, row))  # type: ignore[misc]  # a lambda's default


def _warn(today: date) -> None:
    """Warn once of cards that end this month or the next."""
    months = [f"{plus_months(today, each):%Y-%m}" for each in (0, 1)]
    rows = Contribution.objects.filter(state__in=["active", "past-due"], method_ends__in=months)
    for row in rows.iterator():
        year, month = map(int, row.method_ends.split("-"))
        tell(row, Notice.Kind.ENDING, year * 12 + month, today)


def _quietly(deed: Callable[[], object]) -> None:
    """Let one that cannot be dealt with now keep no other waiting; it comes up tomorrow."""
    try:
        deed()
    except (ProviderError, Closed, NotPossible):
        return
