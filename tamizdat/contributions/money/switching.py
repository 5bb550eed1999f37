"""Kill switches: a provider that is switched off is offered to nobody and charges nobody.

What moves already is followed to its end: messages are heard, lists are compared, refunds go out.
"""

from __future__ import annotations

from datetime import date

from tamizdat.contributions.money import rows
from tamizdat.contributions.money.models import Switch


def is_off(provider: str) -> bool:
    return rows.there_is(Switch, "provider = %s AND is_off", provider)


def off() -> set[str]:
    """Return the providers that are switched off."""
    return set(Switch.objects.filter(is_off=True).values_list("provider", flat=True))


def switch(provider: str, today: date, *, off: bool) -> bool:
    """Throw a switch; return False where it stood so already."""
    row, is_new = Switch.objects.get_or_create(
        provider=provider, defaults={"is_off": off, "since": today}
    )
    if is_new:
        return off
    return Switch.objects.filter(pk=row.pk, is_off=not off).update(is_off=off, since=today) == 1
