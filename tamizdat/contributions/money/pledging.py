"""Pledging: a contribution is written down, before any provider hears of it.

The desk does this, in the transaction that uses up the form's ticket; it needs no provider and no
key. The ticket's number is the contribution's key: of many posts of one form one becomes a row, and
all get it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from tamizdat.contributions.money import rows
from tamizdat.contributions.money.amounts import Money
from tamizdat.contributions.money.errors import AlreadyBegun, ProviderOff
from tamizdat.contributions.money.models import Contribution, Payment
from tamizdat.contributions.money.models.contributions import KEY_BYTES
from tamizdat.contributions.money.pen import writing
from tamizdat.contributions.money.switching import is_off


@dataclass(frozen=True)
class Pledge:
    """What a supporter chose. ``money`` is what is taken each time, ``cover`` its part for the fee.
    Amounts are checked by whoever read them (``amounts.check``, ``rates.bounds``)."""

    key: bytes
    provider: str
    method: str
    rhythm: str
    money: Money
    language: str
    cover: int = 0
    address: UUID | None = None


def pledge(wanted: Pledge, today: date) -> Contribution:
    """Write a contribution down and return it; of one key there is one.

    Raises ProviderOff, and AlreadyBegun where the same key stands with other values.
    """
    if len(wanted.key) != KEY_BYTES:
        raise ValueError(f"a key has {KEY_BYTES} bytes")
    if is_off(wanted.provider):
        raise ProviderOff(f"{wanted.provider} is switched off")
    new = _row(wanted, today)
    with writing():
        if rows.insert(new, once=True):
            rows.insert(_first_payment(new))
            return new
        found = Contribution.objects.get(key=wanted.key)
    if wanted.money != found.money or _said(wanted) != _kept(found):
        raise AlreadyBegun("this form was sent before with other values; begin with a new form")
    return found


def _row(wanted: Pledge, today: date) -> Contribution:
    return Contribution(
        key=wanted.key,
        provider=wanted.provider,
        method=wanted.method,
        rhythm=wanted.rhythm,
        currency=wanted.money.currency,
        amount=wanted.money.minor,
        cover=wanted.cover,
        begun_on=today,
        language=wanted.language,
        address_id=wanted.address,
    )


def _first_payment(contribution: Contribution) -> Payment:
    return Payment(
        contribution=contribution,
        period=0,
        provider=contribution.provider,
        currency=contribution.currency,
        amount=contribution.amount,
        day=contribution.begun_on,
    )


def _said(wanted: Pledge) -> tuple[str, str, str, int]:
    return wanted.provider, wanted.method, wanted.rhythm, wanted.cover


def _kept(found: Contribution) -> tuple[str, str, str, int]:
    return found.provider, found.method, found.rhythm, found.cover
