"""What came of a contribution, in the words of the page to which its supporter comes back."""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum

from tamizdat.contributions.money.models import Contribution, Payment

STAYS = timedelta(days=2)  # for so long the way back shows what came of it


class Fate(StrEnum):
    """What is known now."""

    PAID = "paid"
    FAILED = "failed"  # the bank said no, or nobody paid in time; nothing was taken
    UNKNOWN = "unknown"  # nobody has said yet what came of it


def fate_of(row: Contribution) -> Fate:
    """Return what is known of a contribution's first payment."""
    state = Payment.State
    tries = set(Payment.objects.filter(contribution=row, period=0).values_list("state", flat=True))
    if state.CONFIRMED in tries:
        return Fate.PAID
    if row.state == Contribution.State.LAPSED:
        return Fate.FAILED
    is_under_way = tries & {state.CREATED, state.PENDING, state.UNKNOWN}
    return Fate.UNKNOWN if is_under_way else Fate.FAILED


def is_old(row: Contribution, today: date) -> bool:
    """Say whether the way back is over: then it shows nothing to who finds it in a browser."""
    return today - row.begun_on > STAYS
