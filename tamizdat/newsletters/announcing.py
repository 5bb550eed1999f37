"""What the send page says before anything is sent, and sending once that was confirmed.

Rules (must never happen, 14):

1. Nothing is sent that was not announced: to how many, in which language and variants, when, under
   which sender and subject, how large, with which links. The confirmation bears the announcement's
   seal; if anything in it is another by then, it is shown again instead.
2. What was confirmed is kept, and compared once more before it goes (``confirming``). An issue that
   was changed since is not called confirmed here; what was, and what of it is another, is said.
3. What goes is the approved version. A newer draft is named, and stays behind.
4. Until its moment it can be called off. From then on it can be stopped; what was taken by a mail
   server cannot be taken back, and the page says so.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from tamizdat.accounts import audit
from tamizdat.bake.models import File
from tamizdat.databases import PEOPLE
from tamizdat.edition.paths import file_of
from tamizdat.newsletters import clerk, confirming, mailing, week
from tamizdat.newsletters.composing import Composed, newsletter_of, variants_of
from tamizdat.newsletters.models import Carried, Issue, Newsletter, Notice
from tamizdat.newsletters.rendering import checking, fitting
from tamizdat.newsletters.rendering.checking import Finding, Link
from tamizdat.newsletters.rendering.letters import DIGEST, FULL
from tamizdat.newsletters.sender import sendings
from tamizdat.newsletters.sender.models import Sending
from tamizdat.newsletters.sender.stencil import StencilError
from tamizdat.newsletters.subscribers.models import Subscription
from tamizdat.stories.models import Story

NAMES = {DIGEST: "Digest", FULL: "Full text"}
State = Sending.State


class HasChanged(Exception):
    """What was confirmed is not what would be sent now."""


class CannotGo(Exception):
    """Something stands in the way; the message says what, and what to do."""


@dataclass(frozen=True)
class Rendering:
    """One variant of an issue, as it would go."""

    variant: str
    readers: int
    size: Finding
    weight: int  # bytes to each reader
    links: tuple[Link, ...]
    pictures: int
    digest: str

    @property
    def name(self) -> str:
        return NAMES[self.variant]

    @property
    def kilobytes(self) -> int:
        return -(-self.weight // 1024)

    @property
    def faults(self) -> list[Finding]:
        return checking.faults(self.links)


@dataclass(frozen=True)
class Account:
    """All that is said of an issue before it goes."""

    issue: Issue
    newsletter: Newsletter
    state: str  # of its sending; "" before there is one
    confirmed_for: datetime | None  # None: it does not wait for its time
    changes: tuple[str, ...]  # what is another now than was confirmed
    goes_at: datetime
    is_now: bool
    renderings: tuple[Rendering, ...]
    subject: str
    sender: str
    stories: int
    findings: tuple[Finding, ...]
    obstacles: tuple[str, ...]
    questions: tuple[Notice, ...]

    @property
    def readers(self) -> int:
        return sum(each.readers for each in self.renderings)

    @property
    def is_confirmed(self) -> bool:
        return self.confirmed_for is not None and not self.changes and not self.questions

    @property
    def can_be_confirmed(self) -> bool:
        return not self.obstacles and not self.is_confirmed

    @property
    def seal(self) -> str:
        """Return what stands for all that was said: the same as long as nothing of it changes.

        Readers come and go all the time: their number is not in it.
        """
        facts: list[Any] = [self.issue.pk, confirming.facts_of(self.issue, self.newsletter)]
        facts += [self.is_now, *((each.variant, each.digest) for each in self.renderings)]
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def account_of(issue: Issue, now: datetime) -> Account:
    """Say what sending an issue would do. Changes nothing."""
    newsletter = newsletter_of(issue)
    sending = Sending.objects.of(issue.uuid)
    made, obstacles = _made(issue if issue.live else latest(issue), now)
    if not issue.live:
        obstacles.append("It is not approved yet: have it approved, or publish it yourself.")
    if clerk.went_before(issue, sending):
        obstacles.insert(0, clerk.WENT_BEFORE)
    due = issue.due_at
    digest = made.get(DIGEST)
    waits = sending if sending and sending.state in confirming.WAITING else None
    return Account(
        issue=issue,
        newsletter=newsletter,
        state=sending.state if sending else "",
        confirmed_for=waits.due_at if waits else None,
        changes=confirming.changes(issue, newsletter, waits) if waits else (),
        goes_at=due if due and due > now else now,
        is_now=due is None or due <= now,
        renderings=tuple(_renderings(issue, newsletter, made, now)),
        subject=digest.subject if digest else "",
        sender=mailing.sender_name(newsletter),
        stories=len(digest.letter.items) if digest else 0,
        findings=tuple(_findings(issue, newsletter, made)),
        obstacles=tuple(obstacles),
        questions=tuple(issue.notices.questions()),
    )


def latest(issue: Issue) -> Issue:
    """Return an issue as its newest draft has it."""
    found: Issue = issue.get_latest_revision_as_object()
    return found


def _made(issue: Issue, now: datetime) -> tuple[dict[str, Composed], list[str]]:
    try:
        made = clerk.made_of(issue, now, asks_about_empty=False)
        mailing.stencils(issue, made, now)
    except (clerk.Asks, StencilError) as error:
        return {}, [f"{error}"]
    return made, []


def _renderings(
    issue: Issue, newsletter: Newsletter, made: dict[str, Composed], now: datetime
) -> Iterator[Rendering]:
    counts = readers(newsletter, now)
    for variant, each in made.items():
        links = checking.links(each.html, settings.PUBLIC_ADDRESS, _is_there(issue))
        yield Rendering(
            variant=variant,
            readers=counts[variant],
            size=checking.size(each.html),
            weight=each.weight,
            links=tuple(links),
            pictures=len(each.pictures),
            digest=hashlib.sha256(f"{each.html}\0{each.text}".encode()).hexdigest(),
        )


def readers(newsletter: Newsletter, now: datetime) -> Counter[str]:
    """Count whom an issue would go to now, by the variant that they would get."""
    audience = Subscription.objects.audience(
        newsletter.translation_key, newsletter.language, now
    ).order_by()
    offered = variants_of(newsletter)
    counts: Counter[str] = Counter()
    for variant in audience.values_list("variant", flat=True).iterator(chunk_size=10_000):
        counts[variant if variant in offered else DIGEST] += 1
    return counts


def _is_there(issue: Issue) -> Any:
    """Return what says whether a path of the edition has a page; the issue's own comes with it."""
    own = issue.public_path

    def is_there(path: str) -> bool:
        return (
            path == own or week.is_there(path) or File.objects.filter(path=file_of(path)).exists()
        )

    return is_there


def _findings(issue: Issue, newsletter: Newsletter, made: dict[str, Composed]) -> Iterator[Finding]:
    if issue.live and issue.has_unpublished_changes:
        yield Finding("There is a newer draft of it. What goes is the version that was approved.")
    if made and made[DIGEST].missing:
        yield Finding(clerk.dropped(made[DIGEST].missing))
    if made and (again := _carried_before(issue, newsletter, made[DIGEST])):
        names = ", ".join(f"“{each}”" for each in again)
        yield Finding(f"An earlier issue carried already: {names}.")
    if FULL in made and (cut := fitting.cut(made[FULL].letter)):
        names = ", ".join(f"“{each}”" for each in cut)
        yield Finding(
            "As full text it would be cut off by Gmail. Shortened, with a link to the rest: "
            + names
        )
    if FULL in made and newsletter.week_file and not made[FULL].letter.week:
        yield Finding("The week in one file is not there yet: the mail goes without it.")
    if not (settings.MAIL or settings.RELAYS_FILE):
        yield Finding("No mail server is set up yet: mails wait until there is one.")
    if not newsletter.is_quiet and not mailing.sender_name(newsletter):
        yield Finding("The mail has no sender’s name; give one in the newsletter’s settings.")


def _carried_before(issue: Issue, newsletter: Newsletter, made: Composed) -> list[str]:
    before = Carried.objects.filter(
        newsletter=newsletter.translation_key, language=newsletter.language
    ).exclude(issue=issue.uuid)
    keys = list(before.values_list("story", flat=True))
    found = Story.objects.filter(pk__in=made.carried, translation_key__in=keys)
    return list(found.values_list("title", flat=True))


# The deeds


def confirm(issue: Issue, seal: str, who: Any, now: datetime) -> datetime:
    """Let an issue go at its time, or now where that has passed; return when.

    Raises HasChanged where another thing was confirmed, CannotGo.
    """
    account = account_of(issue, now)
    if account.obstacles:
        raise CannotGo(account.obstacles[0])
    if account.seal != seal:
        raise HasChanged("The issue is another than the one that you confirmed: look once more.")
    with transaction.atomic():
        audit.note("newsletter.send", f"issue {issue.pk}", who=who.pk)
        issue.notices.questions().update(is_answered=True)
        try:
            _schedule(account, now)
        except sendings.SendingError as error:
            raise CannotGo(f"{error}") from None
    return account.goes_at


def _schedule(account: Account, now: datetime) -> None:
    """Schedule an issue, and keep with its sending what was confirmed."""
    issue, newsletter = account.issue, account.newsletter
    plan = sendings.Plan(
        issue.uuid, newsletter.translation_key, newsletter.language, account.goes_at
    )
    with transaction.atomic(using=PEOPLE):
        sendings.schedule(plan, now)
        facts = confirming.facts_of(issue, newsletter)
        Sending.objects.change(issue.uuid, (State.SCHEDULED,), confirmed=facts)


def call_off(issue: Issue, who: Any) -> None:
    """Call off an issue before its moment. Raises CannotGo."""
    _do("newsletter.call-off", issue, who, lambda: sendings.cancel(issue.uuid))
    issue.notices.questions().delete()


def stop(issue: Issue, who: Any) -> None:
    """Stop an issue on its way. Raises CannotGo."""
    _do("newsletter.stop", issue, who, lambda: sendings.stop(issue.uuid))


def go_on(issue: Issue, who: Any) -> None:
    """Go on with an issue that was stopped. Raises CannotGo."""
    _do("newsletter.go-on", issue, who, lambda: sendings.go_on(issue.uuid))


def _do(deed: str, issue: Issue, who: Any, act: Any) -> None:
    with transaction.atomic():
        audit.note(deed, f"issue {issue.pk}", who=who.pk)
        try:
            act()
        except sendings.SendingError as error:
            raise CannotGo(f"{error}") from None
