"""What two persons have to want: one asks, another approves, and some time goes by.

Rules:

* Nobody approves what they asked for themselves, or what was asked before they had the role:
  otherwise whoever asks could make an accomplice for it.
* Both are on staff and have the role until it is done. Who loses it, or whose account is closed or
  deleted, takes along what she asked or approved: it is called off.
* Nothing is done before DELAY has gone by since the asking: whoever is entitled can call it off in
  between, and every operator's dashboard shows it all the while.
* A request is done once, before it expires, by a conditional UPDATE: of two that try, one does it.
* Each step leaves a row in the audit log, in the same transaction.

The kinds are registered by those who carry them out (``KINDS``; ``tamizdat.wiring`` and apps above
add theirs). A request names no address and no amount: its parameters are words like a newsletter's
name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.signals import m2m_changed, post_delete, post_save
from django.utils import timezone

from tamizdat.accounts import audit, roles
from tamizdat.accounts.models import TwoPersonRequest, User
from tamizdat.accounts.sessions import hour_of

KEPT_OPEN = timedelta(days=7)  # after the delay


class Refused(Exception):
    """The request cannot take this step; the message says why."""


@dataclass(frozen=True)
class Kind:
    """Something that needs two persons."""

    name: str
    title: str
    warning: str  # what it does, and what cannot be taken back; shown before somebody asks
    who: tuple[str, ...] = (roles.OPERATORS,)  # the roles that ask, approve and call off
    page: str = ""  # the name of the address where it is asked for, and shown; empty: with others

    def entitled(self) -> QuerySet[User]:
        return roles.holders(self.who)

    def is_entitled(self, user: User) -> bool:
        return self.entitled().filter(pk=user.pk).exists()


KINDS: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    """Let staff ask for this. Done again, it changes nothing."""
    KINDS[kind.name] = kind


def delay() -> timedelta:
    return timedelta(hours=settings.TWO_PERSON_HOURS)


def kinds_for(user: User) -> list[Kind]:
    """Return what this member of staff may ask for, approve and call off."""
    return [kind for kind in KINDS.values() if kind.is_entitled(user)]


def ask(user: User, name: str, now: datetime, parameters: Mapping[str, Any]) -> TwoPersonRequest:
    """Ask for something. Raises Refused."""
    kind = _entitled(user, name)
    hour = hour_of(now)  # no finer than a session's times
    due = hour + delay() + timedelta(hours=1)
    with transaction.atomic():
        asked = TwoPersonRequest.objects.create(
            kind=kind.name,
            parameters=dict(parameters),
            asked_by_id=user.pk,
            may_approve=[each.pk for each in kind.entitled() if each.pk != user.pk],
            asked_at=hour,
            due_at=due,
            expires_at=due + KEPT_OPEN,
        )
        _note("request.asked", asked, user, now)
    return asked


def approve(asked: TwoPersonRequest, user: User, now: datetime) -> None:
    """Be the second person. Raises Refused."""
    kind, row = _entitled(user, asked.kind), TwoPersonRequest.objects.get(pk=asked.pk)
    if row.asked_by_id in (None, user.pk):
        raise Refused(f"request {row.pk}: somebody else than who asked has to approve it")
    if user.pk not in row.may_approve:  # which nothing changes after the asking
        raise Refused(f"request {row.pk}: it takes somebody who had the role already; ask anew")
    waiting = _open(row, now).filter(approved_at=None, asked_by__in=kind.entitled())
    with transaction.atomic():
        if not waiting.update(approved_by_id=user.pk, approved_at=hour_of(now)):
            raise Refused(f"request {row.pk}: nothing to approve; it is {standing(row, now)}")
        _note("request.approved", row, user, now)


def call_off(asked: TwoPersonRequest, user: User, now: datetime) -> None:
    """End a request before it is done: one person is enough for that. Raises Refused."""
    _entitled(user, asked.kind)
    with transaction.atomic():
        if not _open(asked, now).update(called_off_at=hour_of(now)):
            raise Refused(f"request {asked.pk}: nothing to call off; it is {standing(asked, now)}")
        _note("request.called-off", asked, user, now)


def take(pk: int, name: str, now: datetime) -> TwoPersonRequest:
    """Use a request up: whoever gets it back carries it out, once. Raises Refused."""
    asked = TwoPersonRequest.objects.filter(pk=pk, kind=name).first()
    if asked is None:
        raise Refused(f"there is no request {pk} for {name!r}")
    with transaction.atomic():
        if not _ready(asked, now).update(done_at=hour_of(now)):
            raise Refused(f"request {pk} may not be carried out: it {_why(asked, now)}")
        _note("request.done", asked, None, now)
    return asked


def is_ready(asked: TwoPersonRequest, now: datetime) -> bool:
    """Say whether it may be carried out now."""
    return _ready(asked, now).exists()


def standing(asked: TwoPersonRequest, now: datetime) -> str:
    """Say in words how it stands, by the row in the database."""
    row = TwoPersonRequest.objects.get(pk=asked.pk)
    if row.is_open(now) and not _is_wanted(row):
        return "not wanted by those two any longer: one has left, or lost the role"
    return row.state(now)


def open_requests(now: datetime) -> QuerySet[TwoPersonRequest]:
    return TwoPersonRequest.objects.filter(
        called_off_at=None, done_at=None, expires_at__gt=now
    ).select_related("asked_by", "approved_by")


def _open(asked: TwoPersonRequest, now: datetime) -> QuerySet[TwoPersonRequest]:
    """Narrow to this row while it is open: the condition of each UPDATE."""
    return TwoPersonRequest.objects.filter(
        pk=asked.pk, called_off_at=None, done_at=None, expires_at__gt=now
    )


def _ready(asked: TwoPersonRequest, now: datetime) -> QuerySet[TwoPersonRequest]:
    """Narrow to this row while it may be carried out, by two who may still want it."""
    held = _entitled_to(asked.kind)
    return _open(asked, now).filter(
        due_at__lte=now, approved_at__isnull=False, asked_by__in=held, approved_by__in=held
    )


def _entitled_to(name: str) -> QuerySet[User]:
    kind = KINDS.get(name)
    return kind.entitled() if kind else User.objects.none()


def _entitled(user: User, name: str) -> Kind:
    kind = KINDS.get(name)
    if kind is None:
        raise Refused(f"there is nothing of the kind {name!r} to ask for")
    if not kind.is_entitled(user):
        raise Refused(f"{kind.title}: your role does not reach that far")
    return kind


def _why(asked: TwoPersonRequest, now: datetime) -> str:
    state = standing(asked, now)
    if state.startswith("approved"):
        return f"is approved, and waits until {asked.due_at:%Y-%m-%d %H:%M} UTC"
    return state if state.startswith("waits") else f"is {state}"


def _note(deed: str, asked: TwoPersonRequest, user: User | None, now: datetime) -> None:
    thing = f"request {asked.pk}: {asked.kind}"
    audit.note(deed, thing, who=user.pk if user else None, now=now)


# Who leaves. Accounts and roles change in many places; the seam is the audit log's (``audit``).


def watch() -> None:
    """See everybody who leaves or loses a role; called once, when Django is ready."""
    from django.contrib.auth.models import Group

    for signal, sender in (
        (post_save, User),
        (post_delete, User),
        (m2m_changed, User.groups.through),
        (post_delete, Group),
    ):
        signal.connect(_somebody_changed, sender=sender, dispatch_uid=f"pairs {sender.__name__}")


def _somebody_changed(raw: bool = False, **_: Any) -> None:
    if not raw:
        call_off_unwanted(timezone.now())


def call_off_unwanted(now: datetime) -> None:
    """Call off what two persons wanted of whom one has left or lost the role."""
    for row in open_requests(now).filter(kind__in=KINDS):
        if _is_wanted(row):
            continue
        with transaction.atomic():
            if _open(row, now).update(called_off_at=hour_of(now)):
                _note("request.called-off", row, None, now)


def _is_wanted(row: TwoPersonRequest) -> bool:
    """Say whether who asked, and who approved if somebody did, may still do so."""
    both = (row.asked_by_id, row.approved_by_id) if row.approved_at else (row.asked_by_id,)
    held = _entitled_to(row.kind).filter(pk__in=[pk for pk in both if pk is not None])
    return held.count() == len(both)
