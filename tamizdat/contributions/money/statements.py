"""A bank's statement becomes payments: each entry once, and only what is ours.

Rules:

1. A file is read whole before anything is stored; one of another account stores nothing.
2. An entry that came bears a sound reference of one contribution, or it is told to the person who
   reads the file in, by its line. Nothing is guessed from names or amounts.
3. What came is what counts, whatever was pledged; a second transfer for the same contribution is
   recorded as a surplus. Both are findings.
4. What left the account with a reference of ours is a refund of that contribution's payment.
5. The same entry again, in whatever file, changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time

from django.db import transaction

from tamizdat.contributions.money.models import Contribution, Handle, Payment, Refund
from tamizdat.contributions.money.providers import Charge, Refunded
from tamizdat.contributions.money.providers.bank.reference import is_sound
from tamizdat.contributions.money.providers.bank.statement import BadStatement, Entry
from tamizdat.contributions.money.settling import Settling
from tamizdat.databases import PEOPLE

BANK = "bank"


@dataclass
class Report:
    """What came of a file. ``told`` are lines for a person, without amounts or names."""

    new: int = 0
    known: int = 0
    refunds: int = 0
    other: int = 0  # entries that bear no reference of ours
    told: list[str] = field(default_factory=list)


Bar = Callable[[list[Entry]], Iterable[Entry]]


def take_in(
    entries: list[Entry],
    account: str,
    settling: Settling,
    *,
    dry: bool = False,
    bar: Bar = iter,
) -> Report:
    """Take a statement's entries in; ``dry``: only say what would be. Raises BadStatement."""
    others = {each.account for each in entries} - {account}
    if others:
        raise BadStatement(
            "the file is of another account than TAMIZDAT_BANK_IBAN; nothing was stored"
        )
    report = Report()
    with transaction.atomic(using=PEOPLE) if dry else nullcontext():
        for entry in bar(entries):
            _take(entry, settling, report)
        if dry:
            transaction.set_rollback(True, using=PEOPLE)
    return report


def _take(entry: Entry, settling: Settling, report: Report) -> None:
    gift = _of(entry, settling, report)
    if gift is None:
        return
    if entry.money.minor > 0:
        _came(entry, gift, settling, report)
    elif entry.money.minor < 0:
        _went(entry, gift, settling, report)


def _of(entry: Entry, settling: Settling, report: Report) -> Contribution | None:
    """Return the contribution that an entry is for; say what is wrong where it is none."""
    sound = [each for each in entry.references if is_sound(each)]
    if not entry.references:
        report.other += 1
    elif not sound:
        report.told.append(f"line {entry.line}: a reference is misspelt; look at the payer's text")
    elif len(sound) > 1:
        report.told.append(f"line {entry.line}: several references; split it by hand")
    else:
        owner = settling.keyring.owner(BANK, Handle.Kind.VISIT, sound[0])
        found = Contribution.objects.filter(pk=owner).first() if owner else None
        if found is None:
            report.told.append(f"line {entry.line}: no contribution has this reference")
        return found
    return None


def _came(entry: Entry, gift: Contribution, settling: Settling, report: Report) -> None:
    if settling.keyring.owner(BANK, Handle.Kind.PAYMENT, entry.name) is not None:
        report.known += 1
        return
    has_paid = gift.payments.filter(state=Payment.State.CONFIRMED).exists()
    if has_paid:
        report.told.append(f"line {entry.line}: this contribution was paid before; see findings")
    elif entry.money != gift.money:
        report.told.append(f"line {entry.line}: another amount than was pledged; see findings")
    at = _noon(entry.day, settling)
    settling.settle(
        Charge(entry.name, gift.pk.hex, 0, entry.money, "confirmed", at, settled=entry.money)
    )
    report.new += 1


def _went(entry: Entry, gift: Contribution, settling: Settling, report: Report) -> None:
    """Record what was given back at the bank."""
    if settling.keyring.owner(BANK, Handle.Kind.REFUND, entry.name) is not None:
        report.known += 1
        return
    amount = -entry.money.minor
    payment = next(
        (
            each
            for each in gift.payments.filter(state=Payment.State.CONFIRMED).order_by("period")
            if each.currency == entry.money.currency and each.amount - each.returned >= amount
        ),
        None,
    )
    if payment is None:
        report.told.append(f"line {entry.line}: more went back than came; nothing was stored")
        return
    seen = Refunded(entry.name, "", amount, Refund.State.DONE, _noon(entry.day, settling))
    settling.settle_refund(payment, seen)
    report.refunds += 1


def _noon(day: date, settling: Settling) -> datetime:
    """Return a moment that falls on the bank's day in the newsroom's calendar."""
    return datetime.combine(day, time(12), settling.zone).astimezone(UTC)
