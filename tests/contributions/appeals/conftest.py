"""A fundraiser at the newsroom's desk, and money that came."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.contrib.auth.models import Group

from tamizdat.accounts.models import User
from tamizdat.accounts.roles import FUNDRAISERS
from tamizdat.contributions.money import ledger
from tamizdat.contributions.money.ledger import Deed, Entry, Place
from tamizdat.contributions.money.models import Payment
from tests.contributions.appeals import writing
from tests.stories.desk import Desk

Pay = Callable[..., Payment]


@pytest.fixture
def fundraiser(newsroom: dict[str, Any]) -> User:
    return fundraiser_called("fundraiser")


@pytest.fixture
def desk(fundraiser: User) -> Desk:
    return Desk(fundraiser)


@pytest.fixture
def pay(newsroom: dict[str, Any]) -> Pay:
    """Return what lets a payment have come: rows and books as settling leaves them."""

    def come(amount: int = 1000, day: date = date(2026, 11, 10), **values: Any) -> Payment:
        payment = writing.payment(amount, day, **values)
        post(f"payment:{payment.pk.hex}", day, "gifts", amount, payment.currency)
        return payment

    return come


def fundraiser_called(name: str) -> User:
    user: User = User.objects.create_user(name, password="a long enough password")
    user.groups.add(Group.objects.get(name=FUNDRAISERS))
    return user


def post(deed: str, day: date, kind: str, amount: int, currency: str = "EUR") -> None:
    """Post what came to an account; what went is below nothing."""
    balance, place = Place("balance", "sandbox", currency), Place(kind, "sandbox", currency)
    ledger.post(Deed(deed, day, (Entry(balance, place, amount),)))
