"""What a mail asks for: by the address that it came to, and by what it is.

Rules:

1. ``bounces+TOKEN@``: a report about one delivery. What is a report by its form is one wherever it
   came to.
2. ``subscribe@`` and ``subscribe+NEWSLETTER@``; ``unsubscribe@``, ``unsubscribe+TOKEN@``; ``get@``.
   The address that our own host wrote down decides, else the first of ours in To and Cc.
3. Nothing is ever answered that a machine sent (RFC 3834, section 2): no sender in its envelope,
   ``Auto-Submitted`` other than ``no``, ``Precedence`` bulk, junk or list, a list's fields, senders
   that are no persons, our own addresses.
4. A token of ours in a mail to ``unsubscribe@`` is proof enough: only who got the letter has it.
   Machines may send such a mail for a person, so rule 3 does not hold for it.
5. Everything else that somebody asks for is done only for a sender whose domain stands behind the
   mail (``authentication``); but who wants to leave, and is not known for sure, gets the letter
   that leads to what we hold, as anybody can ask for at the desk.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from tamizdat.newsletters.inbox import reports
from tamizdat.newsletters.inbox.authentication import is_authentic
from tamizdat.newsletters.inbox.letters import Mail, domain_of
from tamizdat.newsletters.inbox.reports import Bounce, Complaint, Nothing

BOUNCES, SUBSCRIBE, UNSUBSCRIBE, GET = "bounces", "subscribe", "unsubscribe", "get"
OURS = (BOUNCES, SUBSCRIBE, UNSUBSCRIBE, GET)
# Local parts behind which no person reads (RFC 2142, RFC 5321, and what is usual).
NOBODY = re.compile(
    r"(?:mailer-daemon|postmaster|hostmaster|abuse|root|daemon|no-?reply|do-?not-?reply|bounces?"
    r"|.*-(?:request|owner|bounces?)|owner-.*|listserv|majordomo)(?:\+.*)?",
    re.IGNORECASE,
)
OF_LISTS = ("list-id", "list-unsubscribe", "x-autoreply", "x-autorespond", "x-loop", "feedback-id")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{20,100}")


@dataclass(frozen=True)
class Joining:
    """Somebody wants to get a newsletter; ``word`` names it, or is empty."""

    address: str = field(repr=False)
    word: str
    subject: str = field(repr=False)


@dataclass(frozen=True)
class Leaving:
    """Somebody wants no more letters: proved by tokens, or by an address.

    ``address`` is empty where a machine wrote; ``is_authentic`` says whether its domain stands
    behind the mail.
    """

    tokens: tuple[str, ...] = ()
    address: str = field(default="", repr=False)
    is_authentic: bool = False


@dataclass(frozen=True)
class Getting:
    """Somebody wants a story as text."""

    address: str = field(repr=False)
    subject: str = field(repr=False)
    message_id: str


Deed = Bounce | Complaint | Joining | Leaving | Getting | Nothing


@dataclass(frozen=True)
class Ours:
    """Which addresses are ours: their domain; and the name of the host that judges senders."""

    domain: str
    authserv: str = ""


def sort(mail: Mail, ours: Ours) -> Deed:
    """Find out what a mail asks for."""
    name, detail = _place(mail, ours)
    if reports.is_report(mail, "feedback-report"):
        return reports.complaint(mail, detail if name == BOUNCES else "")
    if name == BOUNCES or reports.is_report(mail, "delivery-status"):
        return reports.bounce(mail, detail if name == BOUNCES else "")
    if name == UNSUBSCRIBE:
        return _leaving(mail, detail, ours)
    if name not in OURS:
        return Nothing("a letter to none of our addresses")
    if why := _unanswered(mail, ours):
        return Nothing(why)
    if name == SUBSCRIBE:
        return Joining(mail.sender, detail.lower(), mail.subject)
    return Getting(mail.sender, mail.subject, mail.message_id)


def is_from_a_machine(mail: Mail) -> bool:
    """Say whether nobody is there to read an answer (RFC 3834, section 2)."""
    submitted = mail.value("auto-submitted").partition(";")[0].strip().lower()
    return (
        mail.envelope_sender == ""
        or submitted not in ("", "no")
        or mail.value("precedence").lower() in ("bulk", "junk", "list")
        or any(mail.has(name) for name in OF_LISTS)
        or NOBODY.fullmatch(mail.sender.rpartition("@")[0]) is not None
    )


def _leaving(mail: Mail, detail: str, ours: Ours) -> Leaving | Nothing:
    tokens = tuple(filter(_TOKEN.fullmatch, dict.fromkeys((detail, *mail.subject.split()))))[:4]
    address = mail.sender if _is_from_a_person(mail, ours) else ""
    if not tokens and not address:
        return Nothing("a letter that no person sent")
    return Leaving(tokens, address, is_authentic(mail, ours.authserv))


def _is_from_a_person(mail: Mail, ours: Ours) -> bool:
    return (
        bool(mail.sender) and domain_of(mail.sender) != ours.domain and not is_from_a_machine(mail)
    )


def _unanswered(mail: Mail, ours: Ours) -> str:
    """Return why nothing is done for a mail, or ""."""
    if not _is_from_a_person(mail, ours):
        return "a letter that no person sent"
    if not is_authentic(mail, ours.authserv):
        return "a letter whose sender nobody has checked"
    return ""


def _place(mail: Mail, ours: Ours) -> tuple[str, str]:
    """Return which of our addresses a mail came to, and what stands behind its plus."""
    for address in (*mail.delivered_to, *mail.named):
        local, _, domain = address.rpartition("@")
        name, _, detail = local.partition("+")
        if name.lower() in OURS and domain.lower() == ours.domain:
            return name.lower(), detail
    return "", ""
