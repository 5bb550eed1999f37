"""The page of choices: which newsletters, in which language, how long, and when not.

What the page shows and what it takes are values; it names no address, for the desk knows none.

Rules:

1. Whoever has the link from one of her letters may choose for all that come to the same address.
2. But not for letters to supporters, if the link is from another letter: that one may have been
   passed on, and who gets them gives, most likely. They are neither shown nor touched, whatever is
   sent; only "stop all letters" stops them too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from django.db import transaction

from tamizdat.databases import PEOPLE
from tamizdat.newsletters.subscribers.joining import Choice, join
from tamizdat.newsletters.subscribers.leaving import leave_by_press
from tamizdat.newsletters.subscribers.models import (
    Offered,
    Subscription,
    SubscriptionQuerySet,
    Variant,
)
from tamizdat.vault.models import Address

LONGEST_PAUSE = timedelta(days=366)


class BadPause(Exception):
    """A pause ends on a day that is still to come, within a year."""


@dataclass(frozen=True)
class Line:
    """One newsletter on the page."""

    key: str  # the newsletter's id, as hexadecimal digits
    name: str
    note: str
    is_on: bool
    languages: tuple[tuple[str, str, bool], ...]  # code, the language's own name, is chosen
    variant: str
    offers_full_text: bool


@dataclass(frozen=True)
class Pick:
    """What somebody chose for one newsletter."""

    language: str
    variant: str


@dataclass(frozen=True)
class Chosen:
    """What came of a choice: what she has now, as far as the link shows it, and what names what she
    left just now."""

    subscriptions: list[Subscription]
    left: UUID | None


def lines(
    subscriptions: Sequence[Subscription], language: str, languages: Mapping[str, str]
) -> list[Line]:
    """Return what there is to choose, the editors' first newsletter first: what she has, and what
    she could have. ``languages`` are names by code."""
    mine = {each.newsletter: each for each in subscriptions}
    offered: dict[UUID, dict[str, Offered]] = {}
    for each in Offered.objects.order_by("position", "name"):
        is_shown = each.is_open and not each.for_supporters
        if is_shown or each.newsletter in mine:
            offered.setdefault(each.newsletter, {})[each.language] = each
    return [
        _line(newsletter, found, mine.get(newsletter), language, languages)
        for newsletter, found in offered.items()
    ]


def _line(
    newsletter: UUID,
    offered: Mapping[str, Offered],
    mine: Subscription | None,
    language: str,
    languages: Mapping[str, str],
) -> Line:
    had = mine.language if mine else language
    shown = offered.get(language) or offered.get(had) or next(iter(offered.values()))
    chosen = had if had in offered else shown.language
    return Line(
        newsletter.hex,
        shown.name,
        shown.schedule_text,
        mine is not None,
        tuple((code, languages.get(code, code), code == chosen) for code in offered),
        mine.variant if mine else Variant.DIGEST.value,
        any(each.offers_full_text for each in offered.values()),
    )


def pause_of(text: str, now: datetime) -> date | None:
    """Read the first day that mail shall come again, None for an empty field. Raises BadPause."""
    if not text.strip():
        return None
    try:
        until = date.fromisoformat(text.strip())
    except ValueError:
        raise BadPause("expected a day as 2026-12-24") from None
    today = now.astimezone(UTC).date()
    if not today < until <= today + LONGEST_PAUSE:
        raise BadPause("expected a day that is still to come, within a year")
    return until


def choose(
    subscription: Subscription,
    picks: Mapping[UUID, Pick],
    shown: set[UUID],
    paused_until: date | None,
    consent: str,
    now: datetime,
) -> Chosen:
    """Do what somebody chose for her address. What the page had not ``shown`` stays as it is."""
    address = subscription.address
    with transaction.atomic(using=PEOPLE):
        mine = {each.newsletter: each for each in seen_with(subscription)}
        left = leave_by_press(
            [mine[each].pk for each in shown & mine.keys() if each not in picks], now
        )
        unseen = unseen_with(subscription)
        for newsletter, pick in picks.items():
            if newsletter in unseen:
                continue
            offered = Offered.objects.filter(newsletter=newsletter, language=pick.language).first()
            if offered is None:
                continue
            if newsletter in mine:
                _change(mine[newsletter], offered, pick)
            elif offered.is_open:
                choice = Choice((newsletter,), pick.language, _variant(offered, pick))
                join(address, choice, consent, now, greets=False)
        kept = Subscription.objects.filter(address=address)
        kept.exclude(newsletter__in=unseen).update(paused_until=paused_until)
        if kept.exists():  # where one went and another came, the address was let go between
            Address.objects.confirm(address.pk)
        return Chosen(seen_with(subscription), left)


def of_the_same(subscription: Subscription) -> list[Subscription]:
    """Return all that comes to the same address."""
    return list(_all(subscription))


def seen_with(subscription: Subscription) -> list[Subscription]:
    """Return what the link of a subscription shows of all that comes to the same address."""
    return list(_all(subscription).exclude(newsletter__in=unseen_with(subscription)))


def telling_least(subscriptions: Sequence[Subscription]) -> Subscription:
    """Return the one of these whose link shows the least."""
    theirs = Offered.objects.for_supporters()
    return min(subscriptions, key=lambda each: each.newsletter in theirs)


def unseen_with(subscription: Subscription) -> set[UUID]:
    """Return the newsletters that the link of a subscription does not show."""
    return Offered.objects.for_supporters() - {subscription.newsletter}


def _all(subscription: Subscription) -> SubscriptionQuerySet:
    return Subscription.objects.filter(address=subscription.address_id).order_by("pk")


def _change(mine: Subscription, offered: Offered, pick: Pick) -> None:
    Subscription.objects.filter(pk=mine.pk).update(
        language=pick.language, variant=_variant(offered, pick)
    )


def _variant(offered: Offered, pick: Pick) -> str:
    is_one = pick.variant in Variant.values and offered.offers_full_text
    return pick.variant if is_one else Variant.DIGEST.value
