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
   mail, and only if she wrote it to that very address of ours (``authentication``): a mail of hers
   to somebody else that is handed in here does nothing. But who wants to leave, and is not known
   for sure, gets the letter that leads to what we hold, as anybody can ask for at the desk.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from tamizdat.newsletters.inbox import reports
from tamizdat.newsletters.inbox.authentication import addressees, is_authentic
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


@dataclass(frozen=True)
class Place:
    """One of our addresses that a mail came to: its name, and what stands behind its plus.

    ``is_written``: who wrote the mail named it herself.
    """

    name: str = ""
    detail: str = field(default="", repr=False)
    is_written: bool = False

    @property
    def known_as(self) -> str:
        """What tells it from others: ``get+1@`` and ``get+2@`` are one."""
        return self.name if self.name == GET else f"{self.name}+{self.detail}"


def sort(mail: Mail, ours: Ours) -> Deed:
    """Find out what a mail asks for."""
    place = place_of(mail, ours)
    name, detail = place.name, place.detail
    if reports.is_report(mail, "feedback-report"):
        return reports.complaint(mail, detail if name == BOUNCES else "")
    if name == BOUNCES or reports.is_report(mail, "delivery-status"):
        return reports.bounce(mail, detail if name == BOUNCES else "")
    if name == UNSUBSCRIBE:
        return _leaving(mail, place, ours)
    if name not in OURS:
        return Nothing("a letter to none of our addresses")
    if why := _unanswered(mail, place, ours):
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


def place_of(mail: Mail, ours: Ours) -> Place:
    """Return which of our addresses a mail came to."""
    for address in (*mail.delivered_to, *mail.named):
        name, detail = _split(address, ours)
        if name:
            return _as_written(mail, name, detail, ours)
    return Place()


def _as_written(mail: Mail, name: str, detail: str, ours: Ours) -> Place:
    """Compare an address with what the writer named. A host may have left out what stands behind
    the plus, or made its letters small."""
    for each in addressees(mail):
        written, more = _split(each, ours)
        if written == name and detail.lower() in ("", more.lower()):
            return Place(name, more, is_written=True)
    return Place(name, detail)


def _split(address: str, ours: Ours) -> tuple[str, str]:
    local, _, domain = address.rpartition("@")
    name, _, detail = local.partition("+")
    is_ours = name.lower() in OURS and domain.lower() == ours.domain
    return (name.lower(), detail) if is_ours else ("", "")


def _leaving(mail: Mail, place: Place, ours: Ours) -> Leaving | Nothing:
    words = dict.fromkeys((place.detail, *mail.subject.split()))
    tokens = tuple(filter(_TOKEN.fullmatch, words))[:4]
    address = mail.sender if place.is_written and _is_from_a_person(mail, ours) else ""
    if not tokens and not address:
        return Nothing("a letter that no person sent to us")
    return Leaving(tokens, address, is_authentic(mail, ours.authserv))


def _is_from_a_person(mail: Mail, ours: Ours) -> bool:
    return (
        bool(mail.sender) and domain_of(mail.sender) != ours.domain and not is_from_a_machine(mail)
    )


def _unanswered(mail: Mail, place: Place, ours: Ours) -> str:
    """Return why nothing is done for a mail, or ""."""
    if not _is_from_a_person(mail, ours):
        return "a letter that no person sent"
    if not is_authentic(mail, ours.authserv):
        return "a letter whose sender nobody has checked"
    if not place.is_written:
        return "a letter that was written to somebody else"
    return ""
