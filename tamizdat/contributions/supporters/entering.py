"""Entering by a link: once, within its time, in the browser that asked for it; and going again.

Rules:

1. Which browser asked is a token of 128 bits in its cookie; what is kept of it is a hash, compared
   in constant time. A link in another browser does nothing, and is not used up.
2. Of two presses at once one deletes the row and enters.
3. Entering gives the browser a new token: what it held before opens nothing.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from datetime import datetime

from django.db import transaction

from tamizdat.contributions.supporters.models import SESSION_LASTS, Session, WayIn
from tamizdat.databases import PEOPLE
from tamizdat.vault import tokens
from tamizdat.vault.tokens import hash_of


class NoWayIn(Exception):
    """The link is forged, used, or too old."""


class OtherBrowser(Exception):
    """The link was asked for in another browser."""


def enter(
    token: str, browser: str, now: datetime, new_token: Callable[[], str] = tokens.new
) -> str:
    """Use a link up and begin a session; return its token. Raises NoWayIn, OtherBrowser."""
    found = WayIn.objects.of(token, now)
    if found is None:
        raise NoWayIn
    if not hmac.compare_digest(bytes(found.browser), hash_of(browser)):
        raise OtherBrowser
    with transaction.atomic(using=PEOPLE):
        if not _use_up(found):
            raise NoWayIn
        session = new_token()
        Session.objects.create(
            hash=hash_of(session), address_id=found.address_id, gone_at=now + SESSION_LASTS
        )
    return session


def leave(token: str) -> None:
    """End a browser's session, and do nothing where it has none."""
    Session.objects.filter(hash=hash_of(token)).delete()


def _use_up(way: WayIn) -> bool:
    return WayIn.objects.filter(pk=way.pk).delete()[0] == 1
