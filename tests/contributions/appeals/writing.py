"""Make goals and appeals in a line."""

from __future__ import annotations

import secrets
from datetime import date
from decimal import Decimal
from typing import Any

from wagtail.models import Page

from tamizdat.contributions.appeals.models import Appeal, AppealSection, Goal
from tamizdat.contributions.money.models import Contribution, Payment
from tamizdat.stories.models import Home


def goal(**values: Any) -> Goal:
    defaults = {"name": "What it costs", "amount": Decimal(10_000), "currency": "EUR"}
    return Goal.objects.create(**{**defaults, **values})


def appeal(home: Home, sections: list[Page] | None = None, **values: Any) -> Appeal:
    """Make an appeal that is switched on; it stands at the end of stories and on its own page."""
    defaults = {
        "name": "No advertising",
        "is_on": True,
        "heading": "Nobody pays for this but you",
        "text": "We have switched off all advertising. Your support fills the gap.",
        "button": "Support us",
        "dismiss": "Not today",
    }
    made = Appeal(locale=home.locale, **{**defaults, **values})
    made.sections = [AppealSection(section=each) for each in sections or []]
    made.save()
    return made


def line(home: Home, **values: Any) -> Appeal:
    """Make the standing line."""
    text = "Our journalism is banned in Russia. We need your help to go on."
    defaults = {"name": "The standing line", "kind": "line", "heading": "", "text": text}
    return appeal(home, **{**defaults, **values})


def payment(amount: int = 1000, day: date = date(2026, 11, 10), **values: Any) -> Payment:
    """Let a payment have come, with its contribution; the books know nothing of it."""
    currency = values.get("currency", "EUR")
    row = Contribution.objects.create(
        key=secrets.token_bytes(16),
        provider="sandbox",
        method="card",
        rhythm=values.get("rhythm", "once"),
        currency=currency,
        amount=amount,
        state=values.get("state", "given"),
        begun_on=day,
        anchor=day,
        language="en",
    )
    return Payment.objects.create(
        contribution=row,
        period=0,
        provider="sandbox",
        currency=currency,
        amount=amount,
        state="confirmed",
        day=day,
    )
