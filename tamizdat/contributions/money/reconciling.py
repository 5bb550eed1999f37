"""Reconciling: what we have is compared with the provider's own list. What differs is settled.

* *Hourly*: whatever has changed at the provider since the last time is looked at. So a message that
  was lost costs an hour.
* *Nightly*: all payments of the last weeks are gone through. What the provider has and we have not
  is recorded; what we have and it has not is a ``Finding``: people must look.
* What was begun and never answered is brought to an end: refunds that are unknown, contributions
  that nobody paid, renewals in the air, and what is to be ended because a person was erased.

A thing that cannot be settled keeps no other waiting; it is counted. Where it could not be fetched
or written, for now, the next comparison begins where this one did.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import DatabaseError

from tamizdat.contributions.money import changing, refunding
from tamizdat.contributions.money.errors import (
    Closed,
    MoneyError,
    ProviderError,
    Unreachable,
    Unsure,
)
from tamizdat.contributions.money.matching import Collision, find
from tamizdat.contributions.money.models import (
    Contribution,
    Finding,
    Handle,
    Payment,
    Refund,
    Watch,
)
from tamizdat.contributions.money.periods import day_in
from tamizdat.contributions.money.providers import Seen, Thing
from tamizdat.contributions.money.till import Till

OVERLAP = timedelta(hours=2)  # clocks differ, and lists are late
FIRST_LOOK = timedelta(days=35)
ALL = timedelta(days=35)  # what is gone through by night
UNPAID_STAYS = timedelta(days=2)  # pages of providers close within a day
BATCH = 200

log = logging.getLogger(__name__)


@dataclass
class Report:
    """What a comparison did."""

    looked_at: int = 0
    failed: int = 0
    missing: int = 0
    is_to_repeat: bool = False  # something could not be fetched or written, for now
    errors: set[str] = field(default_factory=set)


def hourly(till: Till, provider: str) -> Report:
    """Look at what has changed since the last time, and at what was never answered."""
    report, began = Report(), till.clock()
    watch = Watch.objects.filter(provider=provider).first()
    since = began - FIRST_LOOK
    if watch:
        since = max(since, watch.seen_until - OVERLAP)
    source = till.provider(provider)
    looked: set[Thing] = set()  # a payment is looked at with its visit, and not once more
    for thing in dict.fromkeys(source.changes(since)):
        if thing not in looked:
            _try(report, lambda thing=thing: looked.update(till.look(provider, thing)))  # type: ignore[misc]  # a lambda's default
    _settle_all(till, provider, source.payouts(since), report)
    if not report.is_to_repeat:
        Watch.objects.update_or_create(provider=provider, defaults={"seen_until": began})
    finish(till, provider, report)
    return report


def nightly(till: Till, provider: str) -> Report:
    """Go through all payments of the last weeks, on both sides."""
    report, now = Report(), till.clock()
    since = now - ALL
    listed = set()
    for charge in till.provider(provider).charges(since, now):
        listed.add(till.keyring.index(provider, Handle.Kind.PAYMENT, charge.name))
        _settle_all(till, provider, [charge], report)
    if till.provider(provider).facts.lists:
        report.missing = _find_missing(till, provider, since, now, listed)
    finish(till, provider, report)
    return report


def finish(till: Till, provider: str, report: Report | None = None) -> None:
    """Bring to an end what was begun and never answered."""
    report = report or Report()
    for refund in Refund.objects.filter(
        payment__provider=provider, state__in=["created", "unknown"]
    ).select_related("payment__contribution")[:BATCH]:
        _try(report, lambda refund=refund: refunding.resolve(till, refund))  # type: ignore[misc]  # a lambda's default
    for row in Contribution.objects.filter(provider=provider, is_ending=True)[:BATCH]:
        _try(report, lambda row=row: changing.end_and_forget(till, row))  # type: ignore[misc]  # a lambda's default
    _lapse(till, provider, report)


def _lapse(till: Till, provider: str, report: Report) -> None:
    """Give up contributions that nobody paid while the provider's page was open.

    What was paid all the same is in the provider's list, and brings them to life again.
    """
    before = day_in(till.clock() - UNPAID_STAYS, till.zone)
    rows = Contribution.objects.filter(
        provider=provider, state__in=["begun", "waiting"], begun_on__lt=before
    )
    for row in rows[:BATCH]:
        _try(report, lambda row=row: _look_once_more(till, row))  # type: ignore[misc]  # a lambda's default
        if Contribution.objects.move(row.pk, Contribution.State.LAPSED):
            for payment in Payment.objects.filter(contribution=row, period=0):
                Payment.objects.move(payment.pk, Payment.State.CANCELED)


def _look_once_more(till: Till, row: Contribution) -> None:
    try:
        till.look_at(row)
    except Closed:
        return  # the passphrase is not here; the provider's list has said all there is
    row.refresh_from_db()


def _settle_all(till: Till, provider: str, things: Iterable[Seen], report: Report) -> None:
    settling = till.settling(provider)
    for seen in things:
        _try(report, lambda seen=seen: settling.settle(seen))  # type: ignore[misc]  # a lambda's default


def _try(report: Report, deed: Callable[[], object]) -> None:
    report.looked_at += 1
    try:
        deed()
    except Closed:
        report.errors.add("Closed")
    except (MoneyError, DatabaseError, Collision) as error:
        report.failed += 1
        report.errors.add(type(error).__name__)
        report.is_to_repeat |= isinstance(error, Unreachable | Unsure | DatabaseError)
        if isinstance(error, ProviderError):
            return
        log.error("a thing could not be settled: %s", type(error).__name__)


def _find_missing(
    till: Till, provider: str, since: datetime, until: datetime, listed: set[bytes]
) -> int:
    """Find payments of ours that the provider does not list."""
    day = timedelta(days=1)  # at the edges our calendar and the provider's differ
    rows = Payment.objects.filter(
        provider=provider,
        state=Payment.State.CONFIRMED,
        day__gt=day_in(since + day, till.zone),
        day__lt=day_in(until, till.zone),
    )
    ours = {pk: (pk, payment_day) for pk, payment_day in rows.values_list("pk", "day")}
    handles = Handle.objects.filter(provider=provider, kind=Handle.Kind.PAYMENT)
    found = 0
    for owner, index in handles.values_list("owner", "index").iterator():
        if owner in ours and bytes(index) not in listed:
            payment = Payment.objects.get(pk=owner)
            found += find(
                till.keyring, provider, Finding.Kind.MISSING, owner.hex, ours[owner][1], payment
            )
    return found


__all__ = ["Report", "Thing", "finish", "hourly", "nightly"]
