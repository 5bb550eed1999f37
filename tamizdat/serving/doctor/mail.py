"""Mail: whether those who get ours can know that it is from us (SPF, DKIM, DMARC, MTA-STS, PTR).

Looked at only where a domain is set from which we send. The name server of this machine is asked,
and the newsroom's own ``mta-sts`` host.
"""

from __future__ import annotations

import http.client
import ssl
from dataclasses import dataclass
from functools import wraps

import dns.exception
import dns.resolver
import dns.reversename
from django.conf import settings

from tamizdat.serving.doctor import doors
from tamizdat.serving.doctor.findings import Check, Findings, Visit, error, unseen, warning

LONGEST_POLICY = 64_000  # bytes
WHERE = "docs/operating.md, Mail"


@dataclass(frozen=True)
class Sender:
    """From where the newsroom sends its mail."""

    domain: str
    selector: str  # of DKIM
    host: str  # the machine that sends it; empty where another's does


def sender_of() -> Sender | None:
    """Return what the settings say; None where no mail is sent."""
    address = str(getattr(settings, "MAIL_FROM", "") or "")
    domain = address.rpartition("@")[2].strip(" >")
    if not domain:
        return None
    selector = str(getattr(settings, "MAIL_DKIM_SELECTOR", "") or "")
    return Sender(domain, selector, str(getattr(settings, "MAIL_HELO", "") or ""))


class Names:
    """The name server, asked with a bound on time."""

    def __init__(self, patience: float, resolver: dns.resolver.Resolver | None = None) -> None:
        self._resolver = resolver or dns.resolver.Resolver()
        self._resolver.lifetime = patience

    def ask(self, name: str, kind: str) -> list[str]:
        """Return the records as text; none where there are none. Raises DNSException."""
        try:
            answer = self._resolver.resolve(name, kind, search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        if kind == "TXT":
            return [b"".join(each.strings).decode("utf-8", "replace") for each in answer]
        return [each.to_text() for each in answer]


# The tests bring a resolver of their own.
RESOLVER: list[dns.resolver.Resolver | None] = [None]


def _names(visit: Visit) -> Names:
    return Names(visit.patience, RESOLVER[-1])


def told(check: Check) -> Check:
    """Let a name server that gives no answer be a finding, and no missing record."""

    @wraps(check)
    def looks(visit: Visit) -> Findings:
        try:
            yield from check(visit)
        except dns.exception.DNSException as problem:
            why = f"the name server gave no answer ({type(problem).__name__})"
            yield unseen(f"mail, {check.__name__}", why, "look at /etc/resolv.conf; ask again")

    return looks


@told
def sender(visit: Visit) -> Findings:
    """Find a domain that does not say which machines send for it (RFC 7208)."""
    who = sender_of()
    if who is None:
        return
    if visit.is_offline:
        yield unseen("mail", "--offline", "leave --offline out")
        return
    records = [r for r in ask(visit, who.domain, "TXT") if r.lower().split(" ")[0] == "v=spf1"]
    if len(records) != 1:
        mend = f'one TXT record at {who.domain}: "v=spf1 mx -all" ({WHERE})'
        yield error("SPF", f"expected one record, found {len(records)}", mend)
    elif not records[0].rstrip().endswith(("-all", "~all")) and "redirect=" not in records[0]:
        yield warning("SPF", "lets any machine send", "end the record with -all")


@told
def signature(visit: Visit) -> Findings:
    """Find a key for signatures that is not published (RFC 6376)."""
    who = sender_of()
    if who is None or visit.is_offline:
        return
    if not who.selector:
        yield warning(
            "DKIM", "no selector is set", f"TAMIZDAT_MAIL_DKIM_SELECTOR names it ({WHERE})"
        )
        return
    name = f"{who.selector}._domainkey.{who.domain}"
    records = [tags(each) for each in ask(visit, name, "TXT")]
    if not any(each.get("p") for each in records):
        yield error("DKIM", f"no key is published at {name}", f"publish it there ({WHERE})")


@told
def policy(visit: Visit) -> Findings:
    """Find a domain that does not say what to do with forged mail (RFC 7489)."""
    who = sender_of()
    if who is None or visit.is_offline:
        return
    name = f"_dmarc.{who.domain}"
    found = [tags(each) for each in ask(visit, name, "TXT") if each.startswith("v=DMARC1")]
    if len(found) != 1:
        mend = f'one TXT record at {name}: "v=DMARC1; p=quarantine"'
        yield error("DMARC", f"expected one record, found {len(found)}", mend)
    elif found[0].get("p", "").lower() not in ("quarantine", "reject"):
        yield warning("DMARC", "lets forged mail through (p=none)", "p=quarantine or p=reject")
    for tag in ("rua", "ruf"):
        if found and found[0].get(tag):
            yield warning(
                "DMARC",
                f"{tag} lets others' servers report on mail to readers",
                f"take {tag} out, or read where the reports go ({WHERE})",
            )


@told
def transport(visit: Visit) -> Findings:
    """Find a domain whose incoming mail may travel in the open (RFC 8461)."""
    who = sender_of()
    if who is None or visit.is_offline:
        return
    name = f"_mta-sts.{who.domain}"
    if not any(each.startswith("v=STSv1") for each in ask(visit, name, "TXT")):
        yield warning("MTA-STS", f"no record at {name}", f'a TXT record "v=STSv1; id=1" ({WHERE})')
        return
    text = _policy_of(who.domain, visit.patience)
    if text is None:
        yield error(
            "MTA-STS",
            "the record is there, the policy is not",
            f"serve https://mta-sts.{who.domain}/.well-known/mta-sts.txt",
        )
    elif "mode: enforce" not in text:
        yield warning("MTA-STS", "the policy is not enforced", "mode: enforce")


def _policy_of(domain: str, patience: float) -> str | None:
    asking = http.client.HTTPSConnection(
        f"mta-sts.{domain}", timeout=patience, context=doors.TRUST[-1]()
    )
    try:
        asking.request("GET", "/.well-known/mta-sts.txt", headers={"User-Agent": doors.AGENT})
        answer = asking.getresponse()
        text = answer.read(LONGEST_POLICY).decode("utf-8", "replace")
        return text if answer.status == 200 else None
    except (OSError, ssl.SSLError, http.client.HTTPException):
        return None
    finally:
        asking.close()


@told
def reverse(visit: Visit) -> Findings:
    """Find a sending machine whose address does not lead back to its name (RFC 1912, 2.1)."""
    who = sender_of()
    if who is None or visit.is_offline or not who.host:
        return
    addresses = ask(visit, who.host, "A") + ask(visit, who.host, "AAAA")
    if not addresses:
        yield error("PTR", f"{who.host} has no address", "an A record for it")
    for address in addresses:
        back = ask(visit, dns.reversename.from_address(address).to_text(), "PTR")
        if who.host.rstrip(".") not in [each.rstrip(".") for each in back]:
            yield error(
                "PTR",
                f"an address of {who.host} does not lead back to that name",
                "ask whoever rents you the machine to set it",
            )


def ask(visit: Visit, name: str, kind: str) -> list[str]:
    """Ask the name server. Raises DNSException."""
    return _names(visit).ask(name, kind)


def tags(record: str) -> dict[str, str]:
    """Read ``a=b; c=d``."""
    pairs = [part.partition("=") for part in record.split(";") if "=" in part]
    return {name.strip(): value.strip() for name, _, value in pairs}
