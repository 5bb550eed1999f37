"""One sending's mails: whatever is the same for all of them is made once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from tamizdat.newsletters.sender.claims import Claimed
from tamizdat.newsletters.sender.dkim import Signed, Signer
from tamizdat.newsletters.sender.marks import BOUNCE, BOX, MESSAGE, Marks
from tamizdat.newsletters.sender.models import Sending
from tamizdat.newsletters.sender.models import Stencil as Kept
from tamizdat.newsletters.sender.smtp import Mail
from tamizdat.newsletters.sender.stencil import Stencil
from tamizdat.newsletters.subscribers.links import LEAVE, PREFERENCES, Links, Places

NEWSROOM = UUID(int=0)  # stands for all that we send
UNSUBSCRIBE = "unsubscribe"  # the mailbox that takes people out


@dataclass(frozen=True)
class Paper:
    """What every mail of the newsroom is filled in with. ``domain`` takes what comes back."""

    marks: Marks
    links: Links
    places: Places
    domain: str
    signer: Signer | None = None


class Letterhead:
    """Fills in the mails of one sending. Raises StencilError where a stencil cannot be read.

    ``began`` is when the sending did: one that began anew has other stencils (``trickling``).
    """

    def __init__(self, sending: Sending, paper: Paper) -> None:
        self._paper, self._language = paper, sending.language
        self.began = sending.begun_at
        rows = Kept.objects.filter(sending=sending)
        kept = {each.variant: Stencil.unpack(bytes(each.packed)) for each in rows}
        self._stencils: Mapping[str, Stencil | Signed] = {
            variant: Signed(stencil, paper.signer) if paper.signer else stencil
            for variant, stencil in kept.items()
        }
        marks = paper.marks
        issue, newsletter = marks.name(sending.issue), marks.name(sending.newsletter)
        self._feedback = f"{issue}:{newsletter}:letter:{marks.name(NEWSROOM)}"

    def mail(self, claimed: Claimed, to: str, domain: bytes) -> Mail:
        """Return a delivery's mail. Raises UnknownToken, BadValue."""
        paper, number, who = self._paper, claimed.number, claimed.subscription
        leave = paper.links.token(who, LEAVE)
        values = {
            "preferences": paper.places.preferences(
                self._language, paper.links.token(who, PREFERENCES)
            ),
            "leave": paper.places.leave(self._language, leave),
            "leave-mail": f"{UNSUBSCRIBE}+{leave}@{paper.domain}",
            "to": to,
            "feedback-id": self._feedback,
            "message-id": paper.marks.make(number, MESSAGE),
        }
        sender = f"{BOX}+{paper.marks.make(number, BOUNCE)}@{paper.domain}"
        stencil = self._stencils.get(claimed.variant) or self._stencils["digest"]
        # No line of a stencil begins with a full stop (``stencil.quoted_printable``).
        return Mail(number, sender, to, stencil.fill(values), domain, is_dotless=True)
