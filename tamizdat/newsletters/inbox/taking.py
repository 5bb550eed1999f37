"""A mail is carried out: once, and whole.

Rules:

1. That a mail was taken is a unique row, written in the transaction of what it asks for. A mail
   that comes again, from a box that was cut off or a host that tried twice, changes nothing.
2. An answer goes out between: it is announced to the mail server, then the row commits, then the
   text is handed over. Who dies after that may have sent it, so it is not sent again.
3. What cannot be done now (the vault rests, the mail server is away) raises ``NotNow`` and leaves
   no row: the mail stays where it is.
4. How many answers somebody gets on a day, and all together, is bounded (SOMEBODYS, EVERYBODYS).
   One domain gets at most the half of what all others have left, so that nobody with a domain of
   his own, and as many addresses in it as he likes, takes the day's answers from all readers.
5. What was done is told by its kind. No address, subject or token is in what ``take`` returns.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db import DatabaseError, IntegrityError, transaction

from tamizdat.databases import PEOPLE
from tamizdat.desk.links import BadLink
from tamizdat.desk.models import HELD, WISH_HOLDS, Wish
from tamizdat.desk.post.ways import Refused, TryLater, Unsure, Way
from tamizdat.newsletters.inbox.errors import AnswerWaits, NotNow
from tamizdat.newsletters.inbox.keyed import Keyed
from tamizdat.newsletters.inbox.letters import Mail, domain_of, read
from tamizdat.newsletters.inbox.models import Asked, Taken
from tamizdat.newsletters.inbox.replies import Reply, write
from tamizdat.newsletters.inbox.reports import Bounce, Complaint, Nothing
from tamizdat.newsletters.inbox.sorting import (
    BOUNCES,
    GET,
    Deed,
    Getting,
    Joining,
    Leaving,
    Ours,
    place_of,
    sort,
)
from tamizdat.newsletters.inbox.stories import Shelf
from tamizdat.newsletters.sender import outcomes
from tamizdat.newsletters.subscribers import joining, leaving
from tamizdat.newsletters.subscribers.links import LEAVE, Links
from tamizdat.vault.client import BadAddress, Vault, VaultBusy, VaultGone
from tamizdat.vault.models import Address

SOMEBODYS, EVERYBODYS = 20, 2_000  # answers on one day
AGAIN = "a mail that was taken before"


@dataclass(frozen=True)
class Taker:
    """What mails are carried out with. ``token`` makes what nobody can guess."""

    ours: Ours
    shelf: Shelf
    vault: Vault
    links: Links
    keyed: Keyed
    way: Callable[[], Way]
    token: Callable[[], str]

    def take(self, raw: bytes, now: datetime, recipient: str = "") -> str:
        """Carry a mail out; return in a few words what was done. Raises NotNow."""
        mail = read(raw, recipient)
        digest = self._digest(mail, raw)
        try:
            if Taken.objects.filter(digest=digest).exists():
                return AGAIN
            return self._act(sort(mail, self.ours), mail, digest, now)
        except TryLater as error:
            raise AnswerWaits(str(error)) from None
        except (VaultBusy, VaultGone) as error:
            raise NotNow(str(error)) from None
        except DatabaseError as error:
            raise NotNow(f"the database did not answer: {type(error).__name__}") from None

    def give_up(self, raw: bytes, now: datetime) -> None:
        """Leave a mail unanswered for good."""
        _note(self._digest(read(raw), raw), now)

    def _digest(self, mail: Mail, raw: bytes) -> bytes:
        return self.keyed.mail(mail, raw, place_of(mail, self.ours).known_as)

    def _act(self, deed: Deed, mail: Mail, digest: bytes, now: datetime) -> str:
        if isinstance(deed, Getting):
            return self._get(deed, digest, now)
        act, done = self._prepared(deed, now)
        with transaction.atomic(using=PEOPLE):
            if not _note(digest, now):
                return AGAIN
            act()
        return done

    def _prepared(self, deed: Deed, now: datetime) -> tuple[Callable[[], object], str]:
        """Return what is to be done in the transaction, and how it is told."""
        if isinstance(deed, Bounce):
            return (lambda: _bounced(deed, now)), _told(deed)
        if isinstance(deed, Complaint):
            return (lambda: _complained(deed, now)), "a complaint"
        if isinstance(deed, Joining):
            return self._join(deed, now)
        if isinstance(deed, Leaving):
            return self._leave(deed, now)
        return _nothing(deed.why if isinstance(deed, Nothing) else "")

    def _join(self, deed: Joining, now: datetime) -> tuple[Callable[[], object], str]:
        try:
            sealed = self.vault.seal(deed.address)
        except BadAddress:
            return _nothing("an address that no mail can be sent to")
        asked = joining.ask_by_mail
        return (lambda: asked(sealed, deed.word, deed.subject, now)), "a sign-up"

    def _leave(self, deed: Leaving, now: datetime) -> tuple[Callable[[], object], str]:
        found = self._subscriptions(deed.tokens)
        if found:
            return (lambda: [leaving.leave(each, now) for each in found]), "a leaving"
        if not deed.address:
            return _nothing("a leaving without a token of ours")
        try:
            index = self.vault.index(deed.address)
        except BadAddress:
            return _nothing("an address that no mail can be sent to")
        if deed.is_authentic:
            return (lambda: _leave_all(index, now)), "a leaving of everything"
        return (lambda: _wish(index, self.shelf.languages[0], now)), "a letter about leaving"

    def _subscriptions(self, tokens: tuple[str, ...]) -> list[UUID]:
        found: list[UUID] = []
        for token in tokens:
            with suppress(BadLink):
                found.append(self.links.read(token, LEAVE))
        return found

    # An answer

    def _get(self, deed: Getting, digest: bytes, now: datetime) -> str:
        try:
            index = self.vault.index(deed.address)
        except BadAddress:
            return self._pass_over(digest, now, "an address that no mail can be sent to")
        askers = self._askers(index, domain_of(deed.address), now)
        if any(_is_full(each, most) for each, most in askers.items()):
            return self._pass_over(digest, now, "somebody who asked too often today")
        letter = write(self._reply(deed, now), self.shelf.find(deed.subject))
        way = self.way()
        try:
            return self._answer(way, deed.address, letter, (digest, askers), now)
        except Refused:
            return self._pass_over(digest, now, "an answer that nobody takes")
        finally:
            way.close()

    def _answer(
        self, way: Way, to: str, letter: bytes, noted: tuple[bytes, dict[bytes, int]], now: datetime
    ) -> str:
        digest, askers = noted
        way.announce(f"{BOUNCES}@{self.ours.domain}", to)
        with transaction.atomic(using=PEOPLE):
            if not _note(digest, now):
                return AGAIN
            for each, most in askers.items():
                Asked.objects.once_more(each, most, now + timedelta(days=1))
        try:
            way.hand_over(letter)
        except TryLater:
            Taken.objects.filter(digest=digest).delete()
            raise
        except Unsure:
            return "an answer that may have gone out"
        return "an answer"

    def _reply(self, deed: Getting, now: datetime) -> Reply:
        sender = f"{GET}@{self.ours.domain}"
        return Reply(deed.address, sender, deed.subject, deed.message_id, self.token(), now)

    def _askers(self, index: bytes, domain: str, now: datetime) -> dict[bytes, int]:
        """Return what is counted, and how far."""
        today = now.astimezone(UTC).date()
        everybody = self.keyed.everybody(today)
        neighbours = self.keyed.domain(_owned(domain), today)
        others = Asked.objects.times(everybody) - Asked.objects.times(neighbours)
        return {
            self.keyed.asker(index, today): SOMEBODYS,
            neighbours: (EVERYBODYS - others + 1) // 2,
            everybody: EVERYBODYS,
        }

    def _pass_over(self, digest: bytes, now: datetime, why: str) -> str:
        return f"nothing: {why}" if _note(digest, now) else AGAIN


def _note(digest: bytes, now: datetime) -> bool:
    """Write down that a mail is taken; return False where somebody was quicker."""
    try:
        with transaction.atomic(using=PEOPLE):
            Taken.of(digest, now).save(force_insert=True)
    except IntegrityError:
        return False
    return True


def _bounced(bounce: Bounce, now: datetime) -> None:
    kind = outcomes.HARD if bounce.is_hard else outcomes.SOFT_KIND
    any(outcomes.bounced(mark, kind, now) for mark in (bounce.token, bounce.message_id) if mark)


def _complained(complaint: Complaint, now: datetime) -> None:
    any(outcomes.complained(each, now) for each in (complaint.token, complaint.message_id) if each)


def _is_full(digest: bytes, most: int) -> bool:
    return Asked.objects.times(digest) >= most


def _owned(domain: str) -> str:
    """Return the name that somebody owns who may give out all names below it.

    Two labels: those under a suffix like ``co.uk`` share a bound, which is wide enough for them.
    """
    return ".".join(domain.rstrip(".").split(".")[-2:])


def _leave_all(index: bytes, now: datetime) -> None:
    address = Address.objects.of_index(index)
    if address is not None:
        for each in address.subscriptions.values_list("pk", flat=True):
            leaving.leave(each, now)


def _wish(index: bytes, language: str, now: datetime) -> None:
    """Ask for the letter that leads to what we hold, as the desk's form does."""
    Wish.objects.create(index=index, kind=HELD, language=language, gone_at=now + WISH_HOLDS)


def _nothing(why: str) -> tuple[Callable[[], object], str]:
    return (lambda: None), f"nothing: {why}"


def _told(bounce: Bounce) -> str:
    return "a bounce for good" if bounce.is_hard else "a bounce of this time"
