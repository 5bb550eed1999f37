"""The clerk: drafts what is near, begins what is due, asks where a person must decide.

It runs in the worker, which has both databases. Rules:

1. An issue begins only if an editor confirmed it on the send page (it has a sending), if it is
   still approved and what was confirmed (``confirming``), and if its moment passed less than half
   an hour ago. Otherwise it asks, once.
2. It is made into mail at the moment of sending: a story that readers cannot see any more is left
   out, and the editor is told. If that leaves no story of an issue that had some, it asks.
3. Nothing twice, nothing lost, wherever it is cut off: what an issue carries is noted before its
   sending begins; ``sendings.begin`` can be called again; that the issue has begun is read off its
   sending, by this look or a later one.
4. One issue's trouble keeps no other from going.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime

from tamizdat.newsletters import confirming, drafting, mailing
from tamizdat.newsletters.composing import Composed, newsletter_of
from tamizdat.newsletters.models import Carried, Issue, Notice
from tamizdat.newsletters.rendering import placeholders
from tamizdat.newsletters.rendering.letters import DIGEST
from tamizdat.newsletters.sender import sendings
from tamizdat.newsletters.sender.models import Sending
from tamizdat.newsletters.sender.stencil import StencilError
from tamizdat.stories.models import Story

log = logging.getLogger(__name__)
State = Sending.State
Kind = Notice.Kind
BEGUN = (State.LAYING_OUT, State.SENDING, State.STOPPED, State.SENT)
WENT_BEFORE = (
    "Readers had this issue already; what became of its mails is not known here any more. It is "
    "not sent again: copy it into a new issue if it must go once more."
)


class Asks(Exception):
    """The issue does not go before an editor has decided; the message says why."""

    def __init__(self, kind: str, words: str) -> None:
        super().__init__(words)
        self.kind = kind


def look(now: datetime) -> None:
    """Do all that is to be done at this moment."""
    for near in drafting.near(now):
        _draft(near, now)
    for sending in sendings.due(now):
        _begin(sending, now)
    _ask_about_late_ones(now)
    note_what_began()


def _draft(near: drafting.Near, now: datetime) -> None:
    try:
        drafting.draft(near.newsletter, near.due_at, now)
    except Exception as error:  # rule 4; the next look tries again
        log.error("an issue did not draft itself: %s", type(error).__name__)


def _begin(listed: Sending, now: datetime) -> None:
    # An issue before this one may have taken minutes, and an editor may have moved this one since.
    sending = Sending.objects.filter(pk=listed.pk, state=State.SCHEDULED, due_at__lte=now).first()
    if sending is None:
        return
    issue = Issue.objects.filter(uuid=sending.issue).first()
    if issue is None:  # the page was deleted, and with it whatever it said
        sendings.cancel(sending.issue)
        return
    if issue.notices.questions().exclude(kind=Kind.LATE).exists():
        return
    if went_before(issue, sending):
        ask(issue, Kind.HELD, WENT_BEFORE, now)
        return
    try:
        begin(issue, sending, now)
    except Asks as question:
        ask(issue, question.kind, f"{question}", now)
    except sendings.WrongState:  # called off by an editor a moment ago
        return
    except Exception as error:  # rule 4; the next look tries again
        log.error("an issue did not begin: %s", type(error).__name__)


def begin(issue: Issue, sending: Sending, now: datetime) -> None:
    """Make an issue into mail and let it go. Raises Asks."""
    made = ready(issue, now)
    try:
        stencils = mailing.stencils(issue, made, now)
    except StencilError as error:
        raise Asks(Kind.BROKEN, f"{error}") from None
    compare(issue, sending)
    if made[DIGEST].missing:
        tell(issue, Kind.DROPPED, dropped(made[DIGEST].missing), now)
    note_carried(issue, made[DIGEST])
    sendings.begin(sending, stencils, now)


def ready(issue: Issue, now: datetime) -> dict[str, Composed]:
    """Compose an issue that may go. Raises Asks."""
    if not issue.live:
        raise Asks(Kind.HELD, "It is no longer approved: publish it, then confirm once more.")
    return made_of(issue, now, asks_about_empty=not is_answered(issue, Kind.EMPTY))


def made_of(issue: Issue, now: datetime, *, asks_about_empty: bool) -> dict[str, Composed]:
    """Compose an issue that there is something to read in. Raises Asks."""
    try:
        made = mailing.composed(issue, now)
    except placeholders.Unknown as error:
        raise Asks(Kind.BROKEN, f"{error}") from None
    digest = made[DIGEST]
    if digest.letter.is_empty:
        raise Asks(Kind.BROKEN, "There is nothing to read in it: no story and no introduction.")
    is_emptied = bool(digest.missing) and not digest.letter.items
    if is_emptied and asks_about_empty:
        raise Asks(Kind.EMPTY, f"{dropped(digest.missing)} No story is left in it.")
    return made


def compare(issue: Issue, sending: Sending) -> None:
    """Hold what goes against what was confirmed. Raises Asks."""
    found = Issue.objects.get(pk=issue.pk)  # it may have been published while mail was made of it
    if changes := confirming.changes(found, newsletter_of(found), sending):
        words = f"It did not go: changed since it was confirmed: {', '.join(changes)}."
        raise Asks(Kind.CHANGED, f"{words} Look at it, and confirm it once more.")


def dropped(headlines: Iterable[str]) -> str:
    """Say which stories an issue goes without."""
    names = ", ".join(f"“{each}”" for each in headlines)
    return f"Left out, because readers cannot see it any more: {names}."


def note_carried(issue: Issue, made: Composed) -> None:
    """Note the stories that an issue takes to its subscribers."""
    newsletter = newsletter_of(issue)
    shown = set(made.carried)
    keys = Story.objects.filter(pk__in=shown).values_list("translation_key", flat=True)
    Carried.objects.bulk_create(
        [
            Carried(
                newsletter=newsletter.translation_key,
                language=newsletter.language,
                story=key,
                issue=issue.uuid,
            )
            for key in keys
        ],
        ignore_conflicts=True,
    )


def went_before(issue: Issue, sending: Sending | None) -> bool:
    """Say whether an issue went out and the people's database does not know: it was restored from
    a backup of before. To send it now would be a second copy for everybody."""
    return issue.began_at is not None and (sending is None or sending.state not in BEGUN)


def note_what_began() -> None:
    """Let readers have each issue whose sending has begun (its page and the archive)."""
    waiting = dict(Issue.objects.filter(began_at=None, live=True).values_list("uuid", "pk"))
    begun = Sending.objects.filter(issue__in=list(waiting), state__in=BEGUN)
    for uuid, at in begun.values_list("issue", "begun_at"):
        if at is not None:
            Issue.objects.get(pk=waiting[uuid]).begin(at)


# Questions


def ask(issue: Issue, kind: str, words: str, now: datetime) -> None:
    """Put a question to the editors, once."""
    values = {"text": words, "at": now, "is_answered": False}
    Notice.objects.update_or_create(issue=issue, kind=kind, defaults=values)


def tell(issue: Issue, kind: str, words: str, now: datetime) -> None:
    Notice.objects.update_or_create(issue=issue, kind=kind, defaults={"text": words, "at": now})


def is_answered(issue: Issue, kind: str) -> bool:
    return issue.notices.filter(kind=kind, is_answered=True).exists()


def _ask_about_late_ones(now: datetime) -> None:
    late = Sending.objects.filter(state=State.LATE).values_list("issue", flat=True)
    asked = Notice.objects.questions().filter(kind=Kind.LATE).values("issue")
    for issue in Issue.objects.filter(uuid__in=list(late)).exclude(pk__in=asked):
        words = "More than half an hour has passed since it was to go. Does it still go?"
        ask(issue, Kind.LATE, words, now)
