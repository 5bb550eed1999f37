"""Where providers report at the desk: ``/hooks/PROVIDER/``.

Rules:

1. A provider whose secret is not set has no address here (404). One that is switched off for now
   gets 503, and comes again later.
2. What is not signed is 403 and leaves nothing.
3. Each event is a row with a unique digest; what comes again, or a hundred times, is one.
4. The address in an event is asked of the vault, for its index, and dropped. What an event comes to
   is done in the back room, which alone can read the marks of our letters.
5. Nothing is said to who asks, and nothing is logged but the class of an error.
"""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from tamizdat.databases import PEOPLE
from tamizdat.newsletters.inbox.hooks.providers import (
    PROVIDERS,
    Refused,
    Reported,
    Unreadable,
    read,
)
from tamizdat.newsletters.inbox.keyed import Keyed
from tamizdat.newsletters.inbox.models import EVENTS_STAY, Closed, Event
from tamizdat.vault.client import BadAddress, Vault, VaultBusy, VaultGone

MOST = 1_000  # events in one report
OUR_MARK = re.compile(r"<?[a-z2-7]{26}@", re.IGNORECASE)  # what sender.marks looks like


def hook(request: HttpRequest, provider: str) -> HttpResponse:
    """Take a provider's report."""
    secret = settings.HOOKS.get(provider, "")
    if not secret or provider not in PROVIDERS:
        return HttpResponse(status=404)
    if request.method != "POST":
        return HttpResponse()  # some look whether anybody is there
    if Closed.objects.filter(provider=provider).exists():
        return _later()
    now = timezone.now()
    try:
        found = read(provider, secret, request, now)
        keep(provider, found[:MOST], Vault(Path(settings.VAULT_SOCKET)), now)
    except Refused:
        return HttpResponse(status=403)
    except Unreadable:
        return HttpResponse(status=400)
    except (VaultBusy, VaultGone):
        return _later()
    return HttpResponse()


def keep(provider: str, events: list[Reported], vault: Vault, now: datetime) -> None:
    """Keep events for the back room, once each. Raises VaultBusy, VaultGone; what came before
    the one for which the vault had no answer is kept."""
    keyed = Keyed.of(settings.LINK_KEY)
    rows: dict[bytes, Event] = {}
    try:
        for each in events:
            digest = keyed.event(provider, each.number)
            rows[digest] = Event(
                digest=digest,
                kind=each.kind,
                mark=each.mark,
                index=_index(vault, each),
                gone_at=now + EVENTS_STAY,
            )
    finally:
        with transaction.atomic(using=PEOPLE):
            Event.objects.bulk_create(rows.values(), batch_size=100, ignore_conflicts=True)


def _index(vault: Vault, event: Reported) -> bytes:
    """Return what the address is looked up by; nothing where the mail's own mark tells more."""
    if not event.address or OUR_MARK.match(event.mark):
        return b""
    try:
        return vault.index(event.address)
    except BadAddress:
        return b""


def _later() -> HttpResponse:
    answer = HttpResponse(status=503)
    answer["Retry-After"] = "600"
    return answer
