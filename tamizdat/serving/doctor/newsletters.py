"""Newsletters: whether issues can go out, what comes back, and what waits for a person.

The newsroom's own mail servers and its box are asked whether they take us; no mail is sent, and
none is read. Counts alone are told.
"""

from __future__ import annotations

from datetime import UTC

from django.conf import settings

from tamizdat.newsletters.inbox import boxes
from tamizdat.newsletters.inbox.opening import domain
from tamizdat.newsletters.sender import opening, trying
from tamizdat.newsletters.sender.relays import BadRelays, Ways
from tamizdat.serving.doctor.findings import Findings, Visit, error, unseen, warning
from tamizdat.serving.doctor.mail import ask, tags, told
from tamizdat.serving.doctor.queues import NEAR, PATIENT, is_held

WHERE = "docs/operating.md, Newsletters go out"


def relays(visit: Visit) -> Findings:
    """Find a file of relays that cannot be used, and relays that do not take us."""
    name = "TAMIZDAT_RELAYS_FILE" if settings.RELAYS_FILE else "TAMIZDAT_MAIL"
    try:
        ways = opening.ways()
    except opening.NoWay:
        yield from _no_way()
        return
    except BadRelays as problem:
        yield error(name, f"cannot be used: {problem}", f"see {WHERE}")
        return
    if visit.is_offline and ways.relays:
        yield unseen("relays", "--offline", "leave --offline out")
        return
    for relay in ways.relays:
        if reason := trying.look_at(relay, visit.patience):
            yield error(f"relay {relay.name}", f"does not take us: {reason}", f"see {WHERE}")


def _no_way() -> Findings:
    from tamizdat.newsletters.subscribers.models import Offered

    if Offered.objects.exists():
        yield error(
            "newsletters", "no mail server is named; issues wait", f"TAMIZDAT_MAIL; see {WHERE}"
        )


@told
def key(visit: Visit) -> Findings:
    """Find signatures whose key is not the one that is published (RFC 6376, section 3.6)."""
    signer = _ways().signer
    if signer is None or visit.is_offline:
        return
    name = f"{signer.selector}._domainkey.{signer.domain}"
    wanted = tags(signer.record)["p"]
    found = {tags(each).get("p", "").replace(" ", "") for each in ask(visit, name, "TXT")}
    if wanted not in found:
        what = "another key is published" if any(found) else "no key is published"
        yield error(
            f"DKIM of newsletters, {name}",
            f"{what}: whoever gets an issue sees a signature that does not hold",
            f"publish the public half of the file's [dkim] key there ({WHERE})",
        )


@told
def bounces(visit: Visit) -> Findings:
    """Find a domain that what comes back is addressed to, and that does not let us send or gets no
    mail (RFC 7208; RFC 5321, section 5.1)."""
    back = _ways().bounces or (domain() if settings.INBOX else "")
    if not back or visit.is_offline:
        return
    if not any(ask(visit, back, kind) for kind in ("MX", "A", "AAAA")):
        yield error(f"{back}", "gets no mail: bounces are lost", f"an MX record for {back}")
    if not any(each.lower().startswith("v=spf1") for each in ask(visit, back, "TXT")):
        yield warning(
            f"SPF of {back}",
            "no record; the mails' envelopes come from there",
            f'one TXT record at {back}: "v=spf1 mx -all"',
        )


def _ways() -> Ways:
    """Return the ways out; none where ``relays`` has complained of them."""
    try:
        return opening.ways()
    except (opening.NoWay, BadRelays):
        return Ways()


def box(visit: Visit) -> Findings:
    """Find a box that cannot be opened, and an inbox that is not looked into."""
    if not settings.INBOX:
        return
    try:
        place = boxes.place_of(settings.INBOX)
    except boxes.BadBox as problem:
        yield error("TAMIZDAT_INBOX", f"names no box: {problem}", "see docs/operating.md")
        return
    if not settings.INBOX_AUTHSERV:
        yield warning(
            "TAMIZDAT_INBOX_AUTHSERV",
            "is empty: nobody's sender is believed, so subscribe@ and get@ answer nobody",
            "the name that your mail server signs its Authentication-Results with",
        )
    if is_held(visit.folder.run / "serve.lock") and not is_held(visit.folder.run / "inbox.lock"):
        yield error(
            "inbox", "is not running", "it says why (journalctl -u tamizdat); tamizdat serve"
        )
    if visit.is_offline:
        yield unseen("inbox", "--offline", "leave --offline out")
        return
    try:
        boxes.open_box(place, patience=visit.patience).close()
    except boxes.BoxAway as problem:
        yield error("inbox", f"{problem}", "look at its server, user and password")


def reports(visit: Visit) -> Findings:
    """Find providers' reports that nobody has carried out for long."""
    from tamizdat.newsletters.inbox.models import EVENTS_STAY, Event

    before = visit.now + EVENTS_STAY - PATIENT
    count = Event.objects.waiting().filter(gone_at__lt=before).count()
    if count:
        yield error(
            "inbox",
            f"{count} reports of providers have waited for more than ten minutes",
            "tamizdat serve; it says why (journalctl -u tamizdat)",
        )


def issues(visit: Visit) -> Findings:
    """Find issues that wait for somebody, or for a sender that is not there."""
    from tamizdat.newsletters.sender.models import Delivery, Sending

    state = Sending.State
    under_way = Sending.objects.filter(state__in=(state.LAYING_OUT, state.SENDING)).count()
    if under_way and not is_held(visit.folder.run / "send.lock"):
        yield error(
            "sender",
            f"is not running, and {under_way} issues are on their way",
            f"tamizdat serve --home {visit.folder.path}",
        )
    late = Sending.objects.filter(state=state.LATE).count()
    if late:
        yield warning(
            "issues", f"{late} are too late to go unasked", "an editor answers, below Newsletters"
        )
    uncertain = Delivery.objects.filter(state=Delivery.State.UNCERTAIN).count()
    if uncertain:
        yield warning(
            "issues",
            f"of {uncertain} mails nobody knows whether they were taken",
            "an editor decides, on the page of the issue",
        )


def confirmations(visit: Visit) -> Findings:
    """Find a day on which more people sign up than letters may go out."""
    from tamizdat.desk.models import Letter
    from tamizdat.newsletters.subscribers.letters import CONFIRM
    from tamizdat.newsletters.subscribers.models import Typed

    most = settings.CONFIRMATIONS_A_DAY
    today = visit.now.astimezone(UTC).date()
    count = Letter.objects.filter(kind=CONFIRM, day=today).count()
    if count < NEAR * most:
        return
    waiting = Typed.objects.filter(due_at__gt=visit.now).count()
    yield warning(
        "confirmations",
        f"{count} of today's {most} letters are used; {waiting} sign-ups wait for tomorrow",
        "TAMIZDAT_CONFIRMATIONS_A_DAY, if they are people and no flood",
    )
