"""What two persons have to want: one asks, another approves, and some time goes by.

Rules:

* Nobody approves what they asked for themselves.
* Nothing is done before DELAY has gone by since the asking: whoever is entitled can call it off in
  between, and every operator's dashboard shows it all the while.
* A request is done once, before it expires, by a conditional UPDATE: of two that try, one does it.
* Each step leaves a row in the audit log, in the same transaction.

The kinds are registered by those who carry them out (``KINDS``; ``tamizdat.wiring`` and apps above
add theirs). A request names no address and no amount: its parameters are words like a newsletter's
name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet

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
    is_entitled: Callable[[User], bool] = roles.is_operator
    page: str = ""  # the name of the address where it is asked for, and shown; empty: with others


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
            asked_at=hour,
            due_at=due,
            expires_at=due + KEPT_OPEN,
        )
        _note("request.asked", asked, user, now)
    return asked


def approve(asked: TwoPersonRequest, user: User, now: datetime) -> None:
    """Be the second person. Raises Refused."""
    _entitled(user, asked.kind)
    if asked.asked_by_id in (None, user.pk):
        raise Refused(f"request {asked.pk}: somebody else than who asked has to approve it")
    waiting = _open(asked, now).filter(approved_at=None).exclude(asked_by_id=user.pk)
    with transaction.atomic():
        if not waiting.update(approved_by_id=user.pk, approved_at=hour_of(now)):
            raise Refused(f"request {asked.pk}: nothing to approve; it is {_state(asked, now)}")
        _note("request.approved", asked, user, now)


def call_off(asked: TwoPersonRequest, user: User, now: datetime) -> None:
    """End a request before it is done: one person is enough for that. Raises Refused."""
    _entitled(user, asked.kind)
    with transaction.atomic():
        if not _open(asked, now).update(called_off_at=hour_of(now)):
            raise Refused(f"request {asked.pk}: nothing to call off; it is {_state(asked, now)}")
        _note("request.called-off", asked, user, now)


def take(pk: int, name: str, now: datetime) -> TwoPersonRequest:
    """Use a request up: whoever gets it back carries it out, once. Raises Refused."""
    asked = TwoPersonRequest.objects.filter(pk=pk, kind=name).first()
    if asked is None:
        raise Refused(f"there is no request {pk} for {name!r}")
    ready = _open(asked, now).filter(due_at__lte=now, approved_at__isnull=False)
    ready = ready.filter(~Q(asked_by=None), ~Q(approved_by=None))
    with transaction.atomic():
        if not ready.update(done_at=hour_of(now)):
            raise Refused(f"request {pk} may not be carried out: it {_why(asked, now)}")
        _note("request.done", asked, None, now)
    return asked


def open_requests(now: datetime) -> QuerySet[TwoPersonRequest]:
    return TwoPersonRequest.objects.filter(
        called_off_at=None, done_at=None, expires_at__gt=now
    ).select_related("asked_by", "approved_by")


def _open(asked: TwoPersonRequest, now: datetime) -> QuerySet[TwoPersonRequest]:
    """Narrow to this row while it is open: the condition of each UPDATE."""
    return TwoPersonRequest.objects.filter(
        pk=asked.pk, called_off_at=None, done_at=None, expires_at__gt=now
    )


def _entitled(user: User, name: str) -> Kind:
    kind = KINDS.get(name)
    if kind is None:
        raise Refused(f"there is nothing of the kind {name!r} to ask for")
    if not (user.is_active and kind.is_entitled(user)):
        raise Refused(f"{kind.title}: your role does not reach that far")
    return kind


def _state(asked: TwoPersonRequest, now: datetime) -> str:
    return TwoPersonRequest.objects.get(pk=asked.pk).state(now)


def _why(asked: TwoPersonRequest, now: datetime) -> str:
    state = _state(asked, now)
    if state.startswith("approved"):
        return f"is approved, and waits until {asked.due_at:%Y-%m-%d %H:%M} UTC"
    return state if state.startswith("waits") else f"is {state}"


def _note(deed: str, asked: TwoPersonRequest, user: User | None, now: datetime) -> None:
    thing = f"request {asked.pk}: {asked.kind}"
    audit.note(deed, thing, who=user.pk if user else None, now=now)
