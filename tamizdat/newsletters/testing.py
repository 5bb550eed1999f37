"""A test: an issue as it is now, to a few addresses that the editor types.

The addresses are sealed nowhere and kept nowhere: they go from the form to the mail server. The
mail is the very one that readers would get, signed, by the relays that carry issues; but its links
of one's own lead nowhere. A draft may be tested too.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from datetime import datetime

from django.conf import settings

from tamizdat.newsletters import mailing
from tamizdat.newsletters.composing import compose, newsletter_of, variants_of
from tamizdat.newsletters.models import Issue
from tamizdat.newsletters.rendering import placeholders
from tamizdat.newsletters.sender import opening, trying
from tamizdat.newsletters.sender.dkim import Signed
from tamizdat.newsletters.sender.marks import BOX
from tamizdat.newsletters.sender.relays import BadRelays, Ways
from tamizdat.newsletters.sender.smtp import Answer, Kind, Mail
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
    ways = _ways()
    filled = Signed(stencil, ways.signer) if ways.signer else stencil
    sender = f"{BOX}@{ways.bounces or opening.mail_domain()}"
    mails = [
        Mail(at, sender, to, filled.fill(_values(to)), is_dotless=True)
        for at, to in enumerate(found)
    ]
    _expect_taken(trying.hand_over(mails, ways))
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


def _ways() -> Ways:
    try:
        return opening.ways()
    except opening.NoWay:
        raise BadTest(
            "No mail server is set up yet (TAMIZDAT_MAIL, see docs/operating.md)."
        ) from None
    except BadRelays as error:
        name = "TAMIZDAT_RELAYS_FILE" if settings.RELAYS_FILE else "TAMIZDAT_MAIL"
        raise BadTest(f"{name}: {error}.") from None


def _values(to: str) -> dict[str, str]:
    nowhere = f"{settings.PUBLIC_ADDRESS}/"
    return {
        "to": to,
        "preferences": nowhere,
        "leave": nowhere,
        "leave-mail": mailing.sender_address(),
        "feedback-id": "test",
        "message-id": secrets.token_hex(16),
    }


def _expect_taken(answers: Sequence[Answer]) -> None:
    """Raise BadTest unless every mail was taken; it quotes numbers of servers, and no words."""
    others = [each for each in answers if each.kind is not Kind.TAKEN]
    if not others:
        return
    reasons = dict.fromkeys(f"{each.kind.value} ({each.reason})" for each in others)
    raise BadTest(
        f"Of {len(answers)} test mails {len(answers) - len(others)} went; the others: "
        f"{'; '.join(reasons)}."
    )
