"""What became of mails after they were sent: they came back, or somebody complained.

Rules:

* A hard bounce and a complaint suppress the address at once, whatever else is known.
* A soft one counts. SOFT of them, each for another mail and within 30 days, suppress.
* What came back counts once for a delivery; a complaint stands above a bounce.
* Seven days after it was sent a delivery is gone, and what comes back names nobody any more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F, Sum

from tamizdat.databases import PEOPLE
from tamizdat.newsletters.sender.marks import BadMark, Marks
from tamizdat.newsletters.sender.models import Delivery, Sending, SoftBounce
from tamizdat.newsletters.subscribers.models import Subscription
from tamizdat.vault import keys
from tamizdat.vault.models import Suppression
from tamizdat.vault.retention import BOUNCE

HARD, SOFT_KIND = "hard", "soft"
SOFT = 4  # soft bounces within 30 days: a month of a weekly letter
BOUNCED, RETURNED, COMPLAINED = "bounced", "returned", "complained"

Reason = Suppression.Reason


def marks() -> Marks:
    """Return what makes and reads this newsroom's marks. Raises vault.DamagedKeys."""
    return Marks(keys.index_key(Path(settings.VAULT_KEYS_ROOT)))


def bounced(mark: str, kind: str, now: datetime, read: Callable[[str], int] | None = None) -> bool:
    """Note that a mail came back; ``kind`` is HARD or SOFT_KIND, ``mark`` what bears its mark: the
    address that it came back to, or its Message-ID.

    Returns False where it names no delivery that is known, or one that came back before.
    """
    if kind == HARD:
        return _note(
            mark, BOUNCED, ("", RETURNED), read, lambda who: _suppress(who, Reason.BOUNCED, now)
        )
    return _note(mark, RETURNED, ("",), read, lambda who: _count(who, now))


def complained(mark: str, now: datetime, read: Callable[[str], int] | None = None) -> bool:
    """Note that somebody called a mail unwanted. Returns False as ``bounced`` does."""
    before = ("", RETURNED, BOUNCED)
    return _note(mark, COMPLAINED, before, read, lambda who: _suppress(who, Reason.COMPLAINED, now))


def _note(
    mark: str,
    outcome: str,
    before: tuple[str, ...],
    read: Callable[[str], int] | None,
    deed: Callable[[Subscription], object],
) -> bool:
    try:
        number = (read or marks().read)(mark)
    except BadMark:
        return False
    with transaction.atomic(using=PEOPLE):
        found = Delivery.objects.filter(pk=number, outcome__in=before).select_for_update().first()
        if found is None or not _set(found, outcome):
            return False
        # ``of`` none: who left meanwhile has nothing to suppress, and the count stands.
        who = Subscription.objects.select_related("address").filter(pk=found.subscription).first()
        if who is not None:
            deed(who)
    return True


def _set(delivery: Delivery, outcome: str) -> bool:
    same = Delivery.objects.filter(pk=delivery.pk, outcome=delivery.outcome)
    if not same.update(outcome=outcome):
        return False
    counts = {}
    if delivery.outcome == "" and outcome in (BOUNCED, RETURNED):
        counts["bounced"] = F("bounced") + 1
    if outcome == COMPLAINED:
        counts["complained"] = F("complained") + 1
    if counts:
        Sending.objects.filter(deliveries=delivery.pk).update(**counts)
    return True


def _suppress(who: Subscription, reason: Suppression.Reason, now: datetime) -> None:
    Suppression.objects.note(bytes(who.address.index), reason, now)


def _count(who: Subscription, now: datetime) -> None:
    SoftBounce.of(who.address_id, now + BOUNCE).save()
    recent = SoftBounce.objects.filter(address_id=who.address_id, gone_at__gt=now)
    if recent.count() >= SOFT:
        _suppress(who, Reason.BOUNCED, now)


# Figures


@dataclass(frozen=True)
class Figures:
    """What is known of an issue, or of all issues of a newsletter: counts, and nobody."""

    sent: int
    failed: int
    uncertain: int
    bounced: int
    complained: int
    left: int  # who was no longer there when the turn came

    @property
    def delivered(self) -> int:
        """Mails that a server took and that did not come back."""
        return self.sent - self.bounced


def figures(*, issue: UUID | None = None, newsletter: UUID | None = None) -> Figures:
    """Return the figures of one issue, or of a newsletter."""
    found = Sending.objects.all()
    if issue is not None:
        found = found.filter(issue=issue)
    if newsletter is not None:
        found = found.filter(newsletter=newsletter)
    names = ("sent", "failed", "uncertain", "bounced", "complained", "left")
    sums = found.aggregate(**{f"all_{name}": Sum(name) for name in names})
    return Figures(*(sums[f"all_{name}"] or 0 for name in names))
