"""The resident baker: bakes when it is rung, and looks for itself once a second.

Rules:

* No failing bake ends it, and no full disk. It says what failed, keeps that for the dashboard, and
  tries again: at once when something changes, else after a pause that doubles up to LONGEST_PAUSE.
* What goes live, ends, or comes out of an embargo does so without anyone's click.
* What expires is signed again well before it does, also when nothing is published.
* When the newsroom's public address or its desk's has changed, or the edition's folder was lost,
  every page is made again.
* One resident baker to a newsroom.
"""

from __future__ import annotations

import errno
import logging
import signal
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import close_old_connections

from tamizdat.bake import baker, duty, scheduled, sweeping, trouble
from tamizdat.bake.bell import Bell
from tamizdat.bake.models import File

SWEEP = 1.0  # seconds
LONGEST_PAUSE = 15.0  # what goes live at a set time may be late by this, while a bake fails
ENDINGS_EVERY = 15.0  # no index leads to expiry times, so they are looked at less often
SWEEP_UP_EVERY = timedelta(days=1)
RENEW_EVERY = 60.0  # seconds; what expires first, the timestamp, holds for a day
LOCK = "resident.lock"
NOT_FOUND = "404.html"  # a page that every edition has

log = logging.getLogger(__name__)


class Resident:
    """A baker that stays. ``clock`` tells the time, ``timer`` measures it (seconds)."""

    def __init__(
        self,
        run: Path,
        clock: Callable[[], datetime],
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self.run_folder = run
        self.clock = clock
        self.timer = timer
        self.is_told = False
        self._trouble: trouble.Trouble | None = None
        self._not_before = 0.0
        self._ended_at = float("-inf")
        self._renewed_at = float("-inf")
        self._swept_at: datetime | None = None

    def stay(self) -> None:
        """Bake until SIGTERM or SIGINT. Raises Busy where another baker is resident."""
        with only_one(self.run_folder), Bell(self.run_folder) as bell:
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, self._on_signal)
            self._lay_by()
            is_rung = True
            while not self.is_told:
                close_old_connections()
                self.look(is_rung=is_rung)
                is_rung = bell.wait(SWEEP)

    def look(self, *, is_rung: bool = False) -> None:
        """Do what is due now."""
        if self.timer() < self._not_before and not is_rung:
            return
        try:
            self._do(self.clock())
        except duty.Busy:
            return  # somebody bakes by hand; the next look takes up what is left
        except Exception as error:  # see the rules above
            self._note(error)
        else:
            self._recover()

    def _do(self, now: datetime) -> None:
        """Do each part, whatever becomes of the others; raise the first error at the end."""
        failed: Exception | None = None
        for part in (self._publish_scheduled, self._bake, self._renew, self._sweep):
            try:
                part(now)
            except Exception as error:
                failed = failed or error
        if failed is not None:
            raise failed

    def _publish_scheduled(self, now: datetime) -> None:
        scheduled.publish_due(now)
        if self.timer() - self._ended_at >= ENDINGS_EVERY:
            scheduled.end_due(now)
            scheduled.hold_back(now)
            self._ended_at = self.timer()

    def _bake(self, now: datetime) -> None:
        is_old = must_begin_anew(self.run_folder)
        if is_old or baker.is_waiting(now):
            baker.bake(now, full=is_old)

    def _renew(self, now: datetime) -> None:
        if self.timer() - self._renewed_at >= RENEW_EVERY:
            sweeping.renew(now)
            self._renewed_at = self.timer()

    def _sweep(self, now: datetime) -> None:
        # A clock that was ahead must not keep it from sweeping until that time has come.
        if self._swept_at is None or abs(now - self._swept_at) >= SWEEP_UP_EVERY:
            sweeping.sweep(now)
            self._swept_at = now

    def _note(self, error: Exception) -> None:
        before = self._trouble
        self._trouble = trouble.Trouble(
            since=before.since if before else self.clock(),
            tries=before.tries + 1 if before else 1,
            what=", ".join(getattr(error, "__notes__", ())),
            error=_kind(error),
        )
        pause = min(LONGEST_PAUSE, SWEEP * 2**self._trouble.tries)
        self._not_before = self.timer() + pause
        log.error(
            "the bake failed (%s%s), try %d; next try in %.0f s",
            self._trouble.error,
            f", {self._trouble.what}" if self._trouble.what else "",
            self._trouble.tries,
            pause,
        )
        with suppress(OSError):
            trouble.note(self.run_folder, self._trouble)

    def _recover(self) -> None:
        if self._trouble is None and trouble.standing(self.run_folder) is None:
            return
        self._trouble, self._not_before = None, 0.0
        trouble.clear(self.run_folder)
        self._lay_by()

    def _lay_by(self) -> None:
        with suppress(OSError):
            trouble.lay_by(self.run_folder)

    def _on_signal(self, number: int, frame: object) -> None:
        self.is_told = True


def _kind(error: Exception) -> str:
    """Return what kind of error this is, without its words."""
    is_full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
    return "the disk is full" if is_full else type(error).__name__


def must_begin_anew(run: Path) -> bool:
    """Say whether the pages that stand name other addresses than the newsroom's, or are lost."""
    is_other = duty.noted_address(run) not in (None, duty.addresses())
    is_lost = not Path(settings.EDITION_ROOT, NOT_FOUND).exists()
    return (is_other or is_lost) and File.objects.filter(path=NOT_FOUND).exists()


def only_one(run: Path) -> AbstractContextManager[None]:
    """Be the resident baker of a newsroom. Raises Busy where there is one."""
    return duty.alone(run, LOCK, else_say="a baker is resident on this newsroom already")
