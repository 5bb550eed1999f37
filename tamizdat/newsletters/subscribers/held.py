"""What subscribers' rows hold about a person: for who asks to see it, and to have it erased."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from tamizdat.newsletters.subscribers.models import (
    Left,
    Offered,
    SignUp,
    Subscription,
    Tally,
    Typed,
)
from tamizdat.vault.holdings import Holder, Holding, Value
from tamizdat.vault.models import Address


def holder() -> Holder:
    """Return what this part says of itself."""
    tables = tuple(model._meta.db_table for model in (Subscription, SignUp, Left, Typed))
    return Holder(tables, _holds, _erase, keeps=_keeps)


def _holds(address_id: UUID) -> list[Holding]:
    subscriptions = list(Subscription.objects.filter(address_id=address_id).order_by("pk"))
    left = Left.objects.filter(address_id=address_id).order_by("pk")
    names = _names([each.newsletter for each in subscriptions])
    pending = SignUp.objects.filter(address_id=address_id).order_by("gone_at")
    return [
        Holding("subscriptions", [_row(each, names) for each in subscriptions]),
        Holding("sign_ups", [{"until": _moment(each.gone_at)} for each in pending]),
        Holding("just_left", [{"until": _moment(each.gone_at)} for each in left]),
    ]


def _row(subscription: Subscription, names: Mapping[UUID, str]) -> dict[str, Value]:
    joined, paused = subscription.joined_on, subscription.paused_until
    row: dict[str, Value] = {
        "newsletter": names.get(subscription.newsletter, subscription.newsletter.hex),
        "language": subscription.language,
        "variant": subscription.variant,
        "consent": subscription.consent,
        "consented_at": f"{subscription.consented_at:%Y-%m-%d}",
    }
    row |= {"joined_on": f"{joined}"} if joined else {}
    return row | {"paused_until": f"{paused}"} if paused else row


def _names(newsletters: Iterable[UUID]) -> dict[UUID, str]:
    found = Offered.objects.filter(newsletter__in=list(newsletters)).order_by("-language")
    return {each.newsletter: each.quiet_name or each.name for each in found}


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _keeps(address_id: UUID) -> bool:
    return Subscription.objects.filter(address_id=address_id).exists()


def _erase(address_id: UUID) -> int:
    """Erase all; what was typed a moment ago is found by its index."""
    index = Address.objects.filter(pk=address_id).values_list("index", flat=True).first()
    count = Typed.objects.filter(index=bytes(index)).delete()[0] if index is not None else 0
    mine = Subscription.objects.filter(address_id=address_id)
    Tally.objects.note(mine.values_list("newsletter", flat=True), timezone.now(), left=1)
    for model in (SignUp, Left, Subscription):
        count += model._default_manager.filter(address_id=address_id).delete()[0]
    return count
