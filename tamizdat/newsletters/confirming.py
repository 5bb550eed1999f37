"""What an editor confirmed of an issue: kept with its sending, and compared before it goes.

Rules:

1. It is what the send page said of the issue itself: the approved version, when it goes, in which
   forms, under which sender and subject, and whether it is quiet. Is one of these another, it does
   not go: it asks.
2. What its stories say is not in it. They go as readers may see them at the moment of sending, so a
   story that was mended or withdrawn holds nothing up.
3. A sending with which nothing was kept is as good as unconfirmed.
"""

from __future__ import annotations

from datetime import UTC
from typing import Any

from tamizdat.newsletters import mailing
from tamizdat.newsletters.composing import subject_of, variants_of
from tamizdat.newsletters.models import Issue, Newsletter
from tamizdat.newsletters.sender.models import Sending

WAITING = (Sending.State.SCHEDULED, Sending.State.LATE)
WORDS = {
    "revision": "its text",
    "due_at": "when it goes",
    "variants": "its forms",
    "sender": "the sender",
    "subject": "the subject",
    "is_quiet": "whether it is quiet",
}


def facts_of(issue: Issue, newsletter: Newsletter) -> dict[str, Any]:
    """Return what is confirmed of an issue, as JSON has it."""
    return {
        "revision": issue.live_revision_id,
        "due_at": issue.due_at.astimezone(UTC).isoformat() if issue.due_at else "",
        "variants": list(variants_of(newsletter)),
        "sender": mailing.sender_name(newsletter),
        "subject": subject_of(issue, newsletter),
        "is_quiet": newsletter.is_quiet,
    }


def changes(issue: Issue, newsletter: Newsletter, sending: Sending) -> tuple[str, ...]:
    """Name what of an issue is another now than was confirmed."""
    kept, facts = sending.confirmed, facts_of(issue, newsletter)
    return tuple(words for name, words in WORDS.items() if kept.get(name) != facts[name])
