"""Somebody wants a newsletter: from what is typed to a subscription that its owner confirmed.

1. ``ask`` (the desk) or ``ask_by_mail`` (the back room) has the address sealed and writes a
   ``Typed`` row. Nothing is looked up: it is the same for an address that we know.
2. ``taking_up`` (the post) makes a letter of it, at most one a day to an address.
3. ``confirm`` (the desk): who has the letter presses its button, and only then is there a
   subscription.

The letter is the same for who has the newsletter already: confirming again changes nothing but her
choice of language and length. So nobody learns from us, or by looking into a mailbox for our
letters, more than that somebody typed the address.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction

from tamizdat.databases import PEOPLE
from tamizdat.desk.admission import SUBSCRIBE, Gate, Posted
from tamizdat.newsletters.subscribers import consent as consents
from tamizdat.newsletters.subscribers.addresses import AtHome, checked, is_at_home
from tamizdat.newsletters.subscribers.letters import greet
from tamizdat.newsletters.subscribers.meaning import meant
from tamizdat.newsletters.subscribers.models import (
    PENDING,
    Asked,
    Offered,
    SignUp,
    Subscription,
    Tally,
    Typed,
    Variant,
    day_of,
)
from tamizdat.vault.client import Vault
from tamizdat.vault.models import Address, Retraction, Suppression
from tamizdat.vault.sealing import Sealed

# Who said this of our mail is not asked again, whoever types the address in. What else keeps us
# from writing (an old erasing, a mailbox that was full) the person herself lifts by confirming.
FOREVER = (Suppression.Reason.COMPLAINED, Suppression.Reason.REFUSED)


class NothingChosen(Exception):
    """No newsletter was chosen, or none of the chosen ones can be had any more."""


@dataclass(frozen=True)
class Choice:
    """What somebody wants."""

    newsletters: tuple[UUID, ...]
    language: str
    variant: str = Variant.DIGEST.value
    consent: str = ""  # the version of the text that was shown, where one was


@dataclass(frozen=True)
class Application:
    """What a person sent with the form."""

    address: str
    choice: Choice
    posted: Posted
    is_sure: bool = False  # knows whose provider it is


def ask(gate: Gate, vault: Vault, sent: Application, providers: list[str], now: datetime) -> None:
    """Take a sign-up from the form.

    Raises OneMoreStep, TooMany; NothingChosen, AtHome; BadAddress, VaultBusy, VaultGone.
    """
    entry = gate.admit(SUBSCRIBE.name, sent.posted, now)
    choice = narrowed(sent.choice)
    address = checked(sent.address)  # refused before it takes a place or the vault's time
    if not sent.is_sure and is_at_home(address, providers):
        raise AtHome
    gate.make_room(entry, now)
    sealed = vault.seal(address)  # before the write lock: nobody waits for another process
    row = _typed(sealed, choice, now)
    gate.use(entry, lambda: row.save(force_insert=True), now)


def ask_by_mail(sealed: Sealed, word: str, subject: str, now: datetime) -> bool:
    """Take a sign-up that came by mail; return False where no newsletter is to be had.

    ``word`` and ``subject`` say which one (``meaning``). What the text of the consent is, the page
    says on which it is confirmed.
    """
    rows = Offered.objects.filter(is_open=True, for_supporters=False)
    offered = list(rows.order_by("position", "name"))
    found = meant(offered, word, subject, settings.LANGUAGE_CODE)
    if found is None:
        return False
    _typed(sealed, Choice((found.newsletter,), found.language), now).save(force_insert=True)
    return True


def ask_as_supporter(sealed: Sealed, newsletter: UUID, language: str, now: datetime) -> bool:
    """Take a sign-up from the supporters' portal: of who is in, and ticked a box herself.

    It is a sign-up as any other, and waits for the same letter and press. Returns False where that
    newsletter is not to be had.
    """
    offered = Offered.objects.open_in(language).filter(newsletter=newsletter, for_supporters=True)
    if not offered.exists():
        return False
    _typed(sealed, Choice((newsletter,), language), now).save(force_insert=True)
    return True


def narrowed(choice: Choice) -> Choice:
    """Narrow a choice to what is to be had. Raises NothingChosen."""
    offered = Offered.objects.open_in(choice.language).filter(newsletter__in=choice.newsletters)
    found = {each.newsletter: each for each in offered}
    if not found:
        raise NothingChosen
    is_full = any(each.offers_full_text for each in found.values())
    variant = choice.variant if is_full and choice.variant in Variant.values else Variant.DIGEST
    version = choice.consent if choice.consent in consents.versions() else ""
    return Choice(tuple(found), choice.language, str(variant), version)


def confirm(token: str, consent: str, now: datetime) -> list[Subscription]:
    """Make subscriptions of the sign-up that a token confirms; none: there is no such sign-up.

    ``consent`` is the version of the text that stood above the button.
    """
    sign_up = SignUp.objects.of(token, now)
    if sign_up is None:
        return []
    with transaction.atomic(using=PEOPLE):
        # Of two who press at once, one deletes the row and goes on.
        if not SignUp.objects.filter(pk=sign_up.pk).delete()[0]:
            return []
        if not _admit(sign_up.address):
            return []
        version = consent if consent in consents.versions() else sign_up.consent
        return join(sign_up.address, sign_up, version, now)


def join(
    address: Address, asked: Asked | Choice, consent: str, now: datetime, *, greets: bool = True
) -> list[Subscription]:
    """Subscribe whoever has an address's mailbox; inside a transaction of the people's database.

    What she has already takes the language and length that she asked for now, and any pause ends;
    the day on which she began stays known.
    """
    wanted = asked.newsletters if isinstance(asked, Choice) else asked.wanted
    Subscription.objects.filter(address=address, newsletter__in=wanted).keep_beginning(now)
    new, found = [], []
    for newsletter in wanted:
        subscription, is_new = Subscription.objects.update_or_create(
            address=address,
            newsletter=newsletter,
            defaults={
                "language": asked.language,
                "variant": asked.variant,
                "paused_until": None,
                "consent": consent,
                "consented_at": day_of(now),
            },
        )
        found.append(subscription)
        new += [newsletter] if is_new else []
    Tally.objects.note(new, now, joined=1)
    if new and greets:
        greet(address, new, asked.language, now)
    return found


def _admit(address: Address) -> bool:
    """Let an address stay and be written to; return False where that cannot be."""
    index = bytes(address.index)
    if Suppression.objects.filter(index=index, reason__in=FOREVER).exists():
        return False
    if not Address.objects.confirm(address.pk):
        return False
    Suppression.objects.lift(index)
    Retraction.objects.filter(deed="suppressed", thing=index).delete()  # a restore holds her to it
    return True


def _typed(sealed: Sealed, choice: Choice, now: datetime) -> Typed:
    return Typed(
        index=sealed.index,
        key_id=sealed.key_id,
        box=sealed.box,
        newsletters=[each.hex for each in choice.newsletters],
        language=choice.language,
        variant=choice.variant,
        consent=choice.consent,
        due_at=now,
        gone_at=now + PENDING,
    )
