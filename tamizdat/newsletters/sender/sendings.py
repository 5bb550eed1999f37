"""What editors ask of the sender: schedule an issue, begin it, stop it, see how far it is.

Rules:

* There is one sending for an issue, and a state changes only from a state that allows it: who
  presses twice, or is too late, changes nothing and is told so (``WrongState``).
* What is due goes by itself only within GRACE after its time. Later somebody is asked first.
* What begins is what was looked at: one that was moved or confirmed anew since does not.
* ``begin`` may be cut off anywhere and be called again, also by two at once: stencils stand before
  the first delivery, and each slice of deliveries stands with the mark of how far it reached.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Count

from tamizdat.databases import PEOPLE
from tamizdat.newsletters.sender import laying
from tamizdat.newsletters.sender.models import Delivery, Sending
from tamizdat.newsletters.sender.models import Stencil as Kept
from tamizdat.newsletters.sender.stencil import Stencil

GRACE = timedelta(minutes=30)
DIGEST = "digest"  # the variant that every issue has

State = Sending.State


class SendingError(Exception):
    """The sender cannot do what was asked."""


class NoSending(SendingError):
    """The issue was never scheduled."""


class WrongState(SendingError):
    """The sending is in a state that does not allow it; the message names the state."""


class NoStencil(SendingError):
    """An issue has no digest to fall back on."""


@dataclass(frozen=True)
class Plan:
    """What is to be sent, and when. ``issue`` and ``newsletter`` are the ids of the contract."""

    issue: UUID
    newsletter: UUID
    language: str
    due_at: datetime


@dataclass(frozen=True)
class Progress:
    """How far a sending is. Counts are deliveries; ``rate`` is mails a second; ``seconds_left`` is
    None while nobody can tell."""

    state: str
    laid: int
    ready: int
    claimed: int
    sent: int
    deferred: int
    failed: int
    uncertain: int
    left: int
    bounced: int
    complained: int
    rate: float
    seconds_left: float | None


# Scheduling


def schedule(plan: Plan, now: datetime) -> Sending:
    """Schedule an issue, or move one that has not begun. Raises WrongState once it has begun."""
    values = {
        "newsletter": plan.newsletter,
        "language": plan.language,
        "due_at": plan.due_at,
        "state": State.SCHEDULED,
        "is_late_confirmed": False,
    }
    with transaction.atomic(using=PEOPLE):
        new = Sending(issue=plan.issue, **values)
        Sending.objects.bulk_create([new], ignore_conflicts=True)
        _change(plan.issue, (State.SCHEDULED, State.LATE, State.CANCELLED), **values)
        return _of(plan.issue)


def cancel(issue: UUID) -> None:
    """Call off an issue that has not begun. Raises NoSending, WrongState."""
    _change(issue, (State.SCHEDULED, State.LATE), state=State.CANCELLED)


def confirm_late(issue: UUID) -> None:
    """Let an issue go whose moment has passed. Raises NoSending, WrongState."""
    _change(issue, (State.LATE,), state=State.SCHEDULED, is_late_confirmed=True)


def stop(issue: UUID) -> None:
    """Stop an issue on its way; mails that are being handed over are finished. Raises NoSending,
    WrongState."""
    _change(issue, (State.LAYING_OUT, State.SENDING), state=State.STOPPED)


def go_on(issue: UUID) -> None:
    """Go on with an issue that was stopped. Raises NoSending, WrongState."""
    # Laying out begins where it stopped, and ends at once where it was done.
    _change(issue, (State.STOPPED,), state=State.LAYING_OUT)


def due(now: datetime) -> list[Sending]:
    """Return what may begin now, having set aside what is too late to go unasked."""
    waiting = Sending.objects.filter(state=State.SCHEDULED, due_at__lte=now)
    waiting.filter(due_at__lt=now - GRACE, is_late_confirmed=False).update(state=State.LATE)
    return list(waiting.order_by("due_at"))


# Beginning


def begin(sending: Sending, stencils: Mapping[str, Stencil], now: datetime) -> None:
    """Keep the stencils, by variant, lay out a delivery for each of the audience, and let it go.

    Raises NoStencil, WrongState.
    """
    if DIGEST not in stencils:
        raise NoStencil("an issue needs a stencil of its digest; found none")
    with transaction.atomic(using=PEOPLE):
        _change(
            sending.issue,
            (State.SCHEDULED, State.LAYING_OUT),
            state=State.LAYING_OUT,
            begun_at=sending.begun_at or now,
        )
        found = _of(sending.issue)
        if (found.due_at, found.confirmed) != (sending.due_at, sending.confirmed):
            raise WrongState("expected the sending that was looked at; it was changed since")
        kept = [Kept(sending=sending, variant=v, packed=s.pack()) for v, s in stencils.items()]
        Kept.objects.bulk_create(kept, ignore_conflicts=True)
    laying.lay_out(found, now)


# Looking


def progress(issue: UUID, now: datetime) -> Progress:
    """Say how far an issue is. Raises NoSending."""
    found = _of(issue)
    moving = dict(
        Delivery.objects.filter(sending=found, state__in=("claimed", "deferred"))
        .values_list("state")
        .annotate(Count("pk"))
    )
    claimed, deferred = moving.get("claimed", 0), moving.get("deferred", 0)
    done = found.sent + found.failed + found.uncertain + found.left
    ready = max(0, found.laid - done - claimed - deferred)
    to_do = ready + claimed
    is_moving = found.state == State.SENDING and found.rate > 0
    return Progress(
        found.state,
        found.laid,
        ready,
        claimed,
        found.sent,
        deferred,
        found.failed,
        found.uncertain,
        found.left,
        found.bounced,
        found.complained,
        found.rate if found.state == State.SENDING else 0.0,
        to_do / found.rate if is_moving else None,
    )


def _of(issue: UUID) -> Sending:
    found = Sending.objects.of(issue)
    if found is None:
        raise NoSending("this issue was never scheduled")
    return found


def _change(issue: UUID, states: tuple[str, ...], **values: object) -> None:
    if not Sending.objects.change(issue, states, **values):
        found = _of(issue)
        wanted = " or ".join(states)
        raise WrongState(f"expected a sending that is {wanted}, found one that is {found.state}")
