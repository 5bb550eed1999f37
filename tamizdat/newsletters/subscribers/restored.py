"""After a restore of a backup from before: who left since leaves again, and nothing goes out twice.

Each leaving is noted, by the subscription's random id, in the transaction that ends it
(``vault.models.Retraction``); the worker seals such notes beside the backups, and a restore does
them again (``vault.redoing``). What cannot be known: who left after the last note was sealed. Their
links still work, so one press ends it again.

A sign-up that waited is forgotten: its letter may have gone out, and may have been confirmed and
taken back since. Who wants it asks again.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from tamizdat.databases import PEOPLE
from tamizdat.desk.models import Letter
from tamizdat.newsletters.subscribers.leaving import leave
from tamizdat.newsletters.subscribers.letters import APART, CONFIRM, WELCOME
from tamizdat.newsletters.subscribers.models import Left, SignUp, Typed


def leave_again(thing: bytes, reason: str, now: datetime) -> bool:
    """End a subscription that had ended; return whether it had come back."""
    return leave(UUID(bytes=thing), now)


def forget_what_waited(now: datetime) -> None:
    """Forget what was half done when the backup was made."""
    with transaction.atomic(using=PEOPLE):
        for model in (Typed, SignUp, Left):
            model._default_manager.all().delete()
        Letter.objects.filter(kind__in=(CONFIRM, WELCOME, APART), state=Letter.State.READY).delete()
