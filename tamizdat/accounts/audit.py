"""The audit log: who did what that could harm people, and when, as far as that may be kept.

Rules:

* Rows are added, never changed; each holds a digest over itself and the row before it.
* A row names an account's number, a deed of DEEDS, a thing and a day. Never an hour (beside a
  story's revisions it would tell who wrote), an address, an IP address or a story.
* Work on stories is not here: Wagtail's history has it, booked where it must be.

``note`` runs in the transaction of the deed: no deed without its row, no row without its deed. Keys
are files: there the row comes first (``tamizdat keys``).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models.signals import m2m_changed, pre_delete, pre_save
from django.utils import timezone
from wagtail.log_actions import get_active_log_context

from tamizdat.accounts.models import Head, Record, User

DEEDS = {
    "account.made": "Account made",
    "account.closed": "Account closed",
    "account.opened": "Account opened again",
    "account.deleted": "Account deleted",
    "account.administrator": "Made an administrator",
    "account.no-administrator": "Administrator no more",
    "account.password": "Password set by somebody else",
    "roles.given": "Roles given",
    "roles.taken": "Roles taken away",
    "factor.passkey": "Passkey added",
    "factor.authenticator": "Authenticator app added",
    "factor.removed": "Second factor removed",
    "factor.codes": "Recovery codes made",
    "factor.code-used": "Recovery code used",
    "factor.reset": "Second factor reset",
    "sessions.ended": "Sessions ended by somebody else",
    "request.asked": "Request made",
    "request.approved": "Request approved",
    "request.called-off": "Request called off",
    "request.done": "Request carried out",
    "keys.changed": "Keys changed",
    "newsletter.send": "Issue of a newsletter: sending confirmed",
    "newsletter.call-off": "Issue of a newsletter: called off",
    "newsletter.stop": "Issue of a newsletter: stopped",
    "newsletter.go-on": "Issue of a newsletter: gone on with",
    "newsletter.uncertain": "Issue of a newsletter: uncertain mails decided on",
    "money.refund": "Money: a refund ordered",
    "money.switch-off": "Money: a provider switched off",
    "money.switch-on": "Money: a provider switched on",
    "money.finding": "Money: a finding closed",
    "money.export": "Money: figures exported",
    "money.notes": "Money: supporters' notes opened",
    "money.policy": "Money: a ruling written down",
    "money.wording": "Money: a text of receipts written down",
    "money.instead": "Money: what may be done instead written down",
    "money.instead-back": "Money: what may be done instead taken back",
}


class Broken(Exception):
    """The log is not what was written."""


def note(deed: str, thing: str = "", *, who: int | None = None, now: datetime | None = None) -> int:
    """Add a row; return its number.

    ``who`` is an account's id; without it, whoever is signed in, or the command line.
    """
    if deed not in DEEDS:
        raise ValueError(f"the audit log knows no deed {deed!r}; add it to DEEDS")
    who = _signed_in() if who is None else who
    day = (now or timezone.now()).date()
    with transaction.atomic():
        Head.objects.get_or_create(id=1)
        while True:
            head = Head.objects.get(id=1)
            row = Record(number=head.number + 1, day=day, who=who, deed=deed, thing=thing[:80])
            row.digest = digest(head.digest, row)
            mine = Head.objects.filter(id=1, number=head.number)
            if mine.update(number=row.number, digest=row.digest):
                row.save(force_insert=True)
                return row.number


def digest(before: str, row: Record) -> str:
    """Return the SHA-256 over a row and the digest of the row before it, in hex."""
    facts = [before, row.number, row.day.isoformat(), row.who, row.deed, row.thing]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def check() -> int:
    """Go through the whole log; return how many rows it has. Raises Broken."""
    before, number = "", 0
    for row in Record.objects.order_by("number").iterator():
        number += 1
        if row.number != number:
            raise Broken(f"the audit log: expected row {number}, found row {row.number}")
        if row.digest != digest(before, row):
            raise Broken(f"the audit log: row {number} is not what was written")
        before = row.digest
    head = Head.objects.filter(id=1).first() or Head()
    if (head.number, head.digest) != (number, before):
        raise Broken(f"the audit log: expected {head.number} rows, found {number}")
    return number


# Changes of accounts and roles: Wagtail's forms, deeds for many and our commands make them. The one
# seam that all of them pass is Django's signals. A queryset's update() and bulk_create() send none:
# where Wagtail updates accounts so, a deed of ours is in its place (``bulk``).


def watch() -> None:
    """See every change of an account's rights; called once, when Django is ready."""
    from django.contrib.auth.models import Group

    pre_save.connect(_account, sender=User, dispatch_uid="audit accounts")
    pre_delete.connect(_deleted, sender=User, dispatch_uid="audit deleted accounts")
    m2m_changed.connect(_roles, sender=User.groups.through, dispatch_uid="audit roles")
    pre_delete.connect(_role_deleted, sender=Group, dispatch_uid="audit deleted roles")


def _account(instance: User, raw: bool = False, **_: Any) -> None:
    before = User.objects.filter(pk=instance.pk).first() if instance.pk else None
    # The shared account comes about while somebody works on a protected author's story.
    is_nobody = instance.is_shared and not (instance.is_active or (before and before.is_active))
    if raw or is_nobody:
        return
    thing = f"account {instance.pk}" if before else "a new account"
    for deed in _changes(before, instance):
        note(deed, thing)


def _deleted(instance: User, **_: Any) -> None:
    note("account.deleted", f"account {instance.pk}")


def _changes(before: User | None, after: User) -> Iterable[str]:
    if before is None:
        yield "account.made"
    elif before.is_active != after.is_active:
        yield "account.opened" if after.is_active else "account.closed"
    if (before.is_superuser if before else False) != after.is_superuser:
        yield "account.administrator" if after.is_superuser else "account.no-administrator"
    who = _signed_in()
    if before and before.password != after.password and who not in (None, after.pk):
        yield "account.password"


def _roles(instance: Any, action: str, reverse: bool, pk_set: set[int] | None, **_: Any) -> None:
    """Note roles that somebody is given, or (``reverse``) members that a role is given."""
    from django.contrib.auth.models import Group

    given = {"post_add": "roles.given", "post_remove": "roles.taken", "pre_clear": "roles.taken"}
    if action not in given:
        return
    if not reverse:
        groups = instance.groups.all() if pk_set is None else Group.objects.filter(pk__in=pk_set)
        _note_roles(given[action], [instance.pk], groups.values_list("name", flat=True))
        return
    members = instance.user_set.values_list("pk", flat=True) if pk_set is None else pk_set
    _note_roles(given[action], members, [instance.name])


def _role_deleted(instance: Any, **_: Any) -> None:
    members = instance.user_set.values_list("pk", flat=True)
    _note_roles("roles.taken", members, [instance.name])


def _note_roles(deed: str, members: Iterable[int], names: Iterable[str]) -> None:
    said = ", ".join(sorted(names))
    for pk in sorted(members) if said else ():
        note(deed, f"account {pk}: {said}")


def _signed_in() -> int | None:
    user = get_active_log_context().user
    return user.pk if user is not None else None
