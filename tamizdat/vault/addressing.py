"""Addresses as people type them, brought to the one form that is sealed and looked up.

``normalise`` gives the form that mail is sent to:

1. White space around it goes; the rest is brought to Unicode's form NFC.
2. It is an addr-spec of RFC 5321 with the extensions of RFC 6531: a local part that is a dot-atom
   of at most 64 octets, ``@``, a domain. Letters of any script are allowed. Not allowed are quoted
   local parts, comments, display names, address literals (``[192.0.2.1]``), control characters and
   line breaks (nothing can be slipped into a mail's header), domains without a dot and domains
   that never receive mail (``.local``, ``.onion``, ``.invalid``, ``.test`` and the like).
3. The domain becomes lower-case ASCII (IDNA 2008 after the mapping of UTS 46).
4. The local part keeps its letters as they were typed: RFC 5321 (2.4) leaves their case to the host
   that receives, and mail goes to what the person wrote.
5. The whole has at most 254 octets (RFC 5321, 4.5.3.1.3, erratum 1690 of RFC 3696).

``folded`` gives the form that is looked up: the same with the local part case-folded (Unicode's
D144 and D145). Hosts that tell ``Anna@`` from ``anna@`` are hardly to be found; a person who types
her address once so and once otherwise is found every day, and must be found to be erased. Nothing
else is folded: whether a host ignores dots, or what follows a plus, is that host's business, and
may change.

Whether mail arrives is learnt by sending it. Nothing here asks a network.
"""

from __future__ import annotations

import re
import unicodedata

from tamizdat.vault.errors import BadAddress

LONGEST = 254  # octets
LONGEST_TYPED = 320  # characters that are looked at; what is longer is refused unread
LONGEST_LOCAL = 64  # octets

# Nearly every address fits here, and is then what email-validator would make of it, thirty times
# sooner (a test holds the two together). A local part of digits and letters with . _ + -, labels of
# a domain without doubled hyphens (those may be IDNA), a last label of letters.
_PLAIN = re.compile(
    r"([A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*)"
    r"@((?:[A-Za-z0-9](?:-?[A-Za-z0-9]){0,62}\.)+)([A-Za-z]{2,63})",
    re.ASCII,
)
# Domains for special use (IANA) that never receive mail from abroad.
_SPECIAL = frozenset({"arpa", "invalid", "local", "localhost", "onion", "test"})
_LONGEST_LABEL, _LONGEST_DOMAIN = 63, 253


def normalise(text: str) -> str:
    """Return the address that mail is sent to. Raises BadAddress, which never repeats the text."""
    if len(text) > LONGEST_TYPED:
        raise BadAddress("an e-mail address has at most 254 characters")
    address = unicodedata.normalize("NFC", text.strip())
    plain = _PLAIN.fullmatch(address)
    return _plain(plain) if plain else _unusual(address)


def folded(address: str) -> str:
    """Return what a normalised address is looked up by."""
    local, _, domain = address.rpartition("@")
    if local.isascii():
        return f"{local.lower()}@{domain}"
    # Canonical caseless matching: NFC of the folding of NFD.
    return (
        f"{unicodedata.normalize('NFC', unicodedata.normalize('NFD', local).casefold())}@{domain}"
    )


def _plain(found: re.Match[str]) -> str:
    domain = f"{found[2]}{found[3]}".lower()
    labels = domain.split(".")
    if (
        labels[-1] in _SPECIAL
        or len(found[1]) > LONGEST_LOCAL
        or len(domain) > _LONGEST_DOMAIN
        or max(map(len, labels)) > _LONGEST_LABEL
        or len(found[1]) + 1 + len(domain) > LONGEST
    ):
        raise _not_one()
    return f"{found[1]}@{domain}"


def _unusual(address: str) -> str:
    """Let email-validator judge what is not plain (it takes 0.1 s to load, so it comes late)."""
    from email_validator import EmailNotValidError, validate_email

    try:
        found = validate_email(
            address, check_deliverability=False, allow_smtputf8=True, strict=True
        )
    except (EmailNotValidError, UnicodeError):
        raise _not_one() from None
    if "=?" in found.local_part:  # an encoded word (RFC 2047): in a header it would be another
        raise _not_one()
    normal = f"{found.local_part}@{(found.ascii_domain or '').lower()}"
    if len(normal.encode()) > LONGEST or len(found.local_part.encode()) > LONGEST_LOCAL:
        raise _not_one()
    return normal


def _not_one() -> BadAddress:
    return BadAddress("this is no e-mail address that mail can be sent to")
