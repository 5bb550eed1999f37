"""A test: an issue as it is now, to a few addresses that the editor types.

The addresses are sealed nowhere and kept nowhere: they go from the form to the mail server. The
mail is the very one that readers would get, but its links of one's own lead nowhere. A draft may
be tested too.
"""

from __future__ import annotations

import os
import re
import secrets
from datetime import datetime
from pathlib import Path

from django.conf import settings

from tamizdat.desk.post.ways import BadWay, Way, WayError, way_of
from tamizdat.newsletters import mailing
from tamizdat.newsletters.composing import compose, newsletter_of, variants_of
from tamizdat.newsletters.models import Issue
from tamizdat.newsletters.rendering import placeholders
from tamizdat.newsletters.sender.stencil import Stencil, StencilError
from tamizdat.vault.addressing import normalise
from tamizdat.vault.errors import BadAddress

MOST = 5
_BETWEEN = re.compile(r"[\s,;]+")


class BadTest(Exception):
    """A test cannot be sent; the message says why, and names no address."""


def send(issue: Issue, typed: str, variant: str, now: datetime) -> int:
    """Send an issue's latest draft to the addresses in a text; return to how many. Raises
    BadTest."""
    found = addresses(typed)
    stencil = _stencil(issue.get_latest_revision_as_object(), variant, now)
    way = _way()
    try:
        for to in found:
            _send(way, stencil, to)
    except WayError as error:
        raise BadTest(f"The test did not go: {error}.") from None
    finally:
        way.close()
    return len(found)


def addresses(typed: str) -> list[str]:
    """Read the addresses that somebody typed. Raises BadTest."""
    parts = [part for part in _BETWEEN.split(typed) if part]
    if not 0 < len(parts) <= MOST:
        raise BadTest(f"Expected one to {MOST} mail addresses, found {len(parts)}.")
    try:
        return list(dict.fromkeys(normalise(part) for part in parts))
    except BadAddress:
        raise BadTest("Expected mail addresses like name@example.org; one is none.") from None


def _stencil(issue: Issue, variant: str, now: datetime) -> Stencil:
    if variant not in variants_of(newsletter_of(issue)):
        raise BadTest("This newsletter does not come in that form.")
    try:
        made = compose(issue, variant, now)
        return mailing.stencils(issue, {variant: made}, now)[variant]
    except (placeholders.Unknown, StencilError) as error:
        raise BadTest(f"{error}") from None


def _way() -> Way:
    if not settings.MAIL:
        raise BadTest("No mail server is set up yet (TAMIZDAT_MAIL, see docs/operating.md).")
    is_demo = os.environ.get("TAMIZDAT_DEMO") == "1"
    try:
        return way_of(settings.MAIL, Path(settings.HOME), is_demo=is_demo, helo=settings.MAIL_HELO)
    except BadWay as error:
        raise BadTest(f"TAMIZDAT_MAIL: {error}.") from None


def _send(way: Way, stencil: Stencil, to: str) -> None:
    sender = mailing.sender_address()
    way.announce(sender, to)
    nowhere = f"{settings.PUBLIC_ADDRESS}/"
    way.hand_over(
        stencil.fill(
            {
                "to": to,
                "preferences": nowhere,
                "leave": nowhere,
                "leave-mail": sender,
                "feedback-id": "test",
                "message-id": secrets.token_hex(16),
            }
        )
    )
