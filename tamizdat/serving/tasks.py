"""The worker: short jobs that pages and photos leave behind (search, references, old files).

Rules:

* One worker to a newsroom, so a task that is RUNNING when a worker starts was left by a killed
  one: it is queued again. A task that saw ATTEMPTS workers die is marked as failed, lest it kill
  every worker to come.
* An idle worker asks one plain question a second; it takes no lock for that.
* Of a task that failed its row keeps what a log line may say, and none of the error's words.
* Finished tasks are not kept: they would tell who was at work, when, on which page.
* Long chores write in turns (``tamizdat.turns``), so that nobody waits for them to save; what goes
  through everything does a few seconds of it at a look, and tasks come in between.
"""

from __future__ import annotations

import fcntl
import logging
import secrets
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import close_old_connections, transaction
from django.db.models import QuerySet
from django_tasks.base import TaskResultStatus
from django_tasks_db import models as rows_of_tasks
from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult

from tamizdat import scrubbing
from tamizdat.accounts import factors, guessing, sessions
from tamizdat.contributions.appeals import measuring
from tamizdat.newsletters import clerk, offers, welcoming
from tamizdat.serving.backups.nightly import Nightly, put_retractions
from tamizdat.serving.backups.nightly import is_due as is_backup_due
from tamizdat.serving.resealing import Resealing
from tamizdat.serving.search import refresh_norms
from tamizdat.stories import cleaning, references
from tamizdat.turns import Pause, turn
from tamizdat.vault import retention

ATTEMPTS = 3
LOOK_EVERY = 1.0  # seconds
KEPT = timedelta(minutes=10)
FAILURES_KEPT = timedelta(days=3)
CLEAN_EVERY = timedelta(minutes=1)
SWEEP_EVERY = timedelta(minutes=1)
RESEAL_EVERY = timedelta(minutes=1)
OFFERS_EVERY = timedelta(minutes=1)
CLERK_EVERY = timedelta(seconds=5)
WELCOME_EVERY = timedelta(minutes=10)
METER_EVERY = timedelta(minutes=1)
SLICE = 500  # finished tasks that are deleted in one turn
AT_A_LOOK = 5.0  # seconds of a chore that goes through everything
NIGHT = 2  # hour of the newsroom's clock (UTC) from which nightly work may begin

log = logging.getLogger(__name__)
# The library writes this into the row of a task that failed, whole traceback and all.
rows_of_tasks.format_exception = scrubbing.told  # type: ignore[attr-defined, assignment]  # its import


class AlreadyWorking(Exception):
    """Another worker is at work on this newsroom."""


class WorkerDied(Exception):
    """A task was in hand whenever a worker died; its row names this as the error."""


def requeue(now: datetime) -> int:
    """Queue again what a killed worker left RUNNING; return how many tasks that is."""
    count = 0
    for task in DBTaskResult.objects.running():
        with transaction.atomic():
            mine = DBTaskResult.objects.filter(pk=task.pk, status=TaskResultStatus.RUNNING)
            if len(task.worker_ids) >= ATTEMPTS:
                mine.update(
                    status=TaskResultStatus.FAILED,
                    finished_at=now,
                    exception_class_path=f"{__name__}.{WorkerDied.__name__}",
                    traceback=f"{len(task.worker_ids)} workers ended while they ran this task",
                )
            else:
                count += mine.update(status=TaskResultStatus.READY, started_at=None)
    return count


def forget(now: datetime, pause: Pause = time.sleep) -> int:
    """Delete what is finished; failures stay for some days, so that somebody can look."""
    done = DBTaskResult.objects.successful().filter(finished_at__lt=now - KEPT)
    failed = DBTaskResult.objects.failed().filter(finished_at__lt=now - FAILURES_KEPT)
    return _delete(done, pause) + _delete(failed, pause)


def _delete(rows: QuerySet[Any], pause: Pause) -> int:
    count = 0
    while keys := list(rows.values_list("pk", flat=True)[:SLICE]):
        with turn(pause):
            count += rows.model._default_manager.filter(pk__in=keys).delete()[0]
    return count


def nightly() -> None:
    """Do what may wait for the night."""
    refresh_norms()


def forget_visits(now: datetime) -> None:
    """Delete what would tell, beside a story's revisions, who was at work: ended sessions, the
    steps of used codes, counts of wrong tries."""
    for each in (sessions, factors, guessing):
        each.forget(now)


def look_through_references(now: datetime, timer: Callable[[], float] = time.monotonic) -> None:
    """Go on with the weekly look at who names whom, for some seconds."""
    began = timer()
    for _ in references.check(Path(settings.RUN_ROOT), now):
        if timer() - began >= AT_A_LOOK:
            return


@dataclass
class Chore:
    """Something to do again and again: ``is_due`` looks at the last time and at now."""

    deed: Callable[[datetime], object]
    is_due: Callable[[datetime, datetime | None], bool]
    done_at: datetime | None = None


def chores() -> list[Chore]:
    return [
        Chore(forget, lambda now, last: last is None or now - last >= KEPT),
        Chore(
            lambda now: cleaning.clean(),  # where names were taken out; else it does nothing
            lambda now, last: last is None or now - last >= CLEAN_EVERY,
        ),
        Chore(forget_visits, lambda now, last: last is None or now - last >= CLEAN_EVERY),
        Chore(
            lambda now: nightly(),
            lambda now, last: now.hour >= NIGHT and (last is None or now.date() > last.date()),
        ),
        Chore(Nightly().begin, is_backup_due),
        Chore(
            look_through_references,
            lambda now, last: now.hour >= NIGHT and references.is_due(Path(settings.RUN_ROOT), now),
        ),
        # What may not stay of people goes; it asks an index, and most often finds nothing.
        Chore(
            retention.sweep,
            lambda now, last: last is None or now - last >= SWEEP_EVERY,
        ),
        Chore(put_retractions, lambda now, last: last is None or now - last >= SWEEP_EVERY),
        Chore(
            Resealing(Path(settings.VAULT_KEYS_ROOT)).look,
            lambda now, last: last is None or now - last >= RESEAL_EVERY,
        ),
        # Newsletters: what is near drafts itself, what is due begins.
        Chore(offers.look, lambda now, last: last is None or now - last >= OFFERS_EVERY),
        Chore(clerk.look, lambda now, last: last is None or now - last >= CLERK_EVERY),
        Chore(welcoming.look, lambda now, last: last is None or now - last >= WELCOME_EVERY),
        # Appeals: what the ledger says of a goal, to where the bake reads it.
        Chore(measuring.look, lambda now, last: last is None or now - last >= METER_EVERY),
    ]


class Working:
    """The worker's loop."""

    def __init__(self, run: Path, clock: Callable[[], datetime]) -> None:
        self.run_folder = run
        self.clock = clock
        self.is_told = False
        self.is_busy = False
        self.chores = chores()
        self._worker: Worker | None = None

    def stay(self) -> None:
        """Work until SIGTERM or SIGINT. Raises AlreadyWorking."""
        with _only_one(self.run_folder):
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, self._on_signal)
            requeue(self.clock())
            while True:
                self.is_busy = True
                close_old_connections()
                self.look()
                self.is_busy = False
                if self.is_told:
                    return
                time.sleep(LOOK_EVERY)

    def look(self) -> None:
        """Do every task that is ready and every chore that is due. Errors are logged by name."""
        try:
            if DBTaskResult.objects.ready().exists():
                self.drain()
            self._do_chores(self.clock())
        except Exception as error:  # the next look tries again
            log.error("the worker failed: %s", type(error).__name__)

    def drain(self) -> None:
        """Run what is ready, until nothing is."""
        self._worker = Worker(
            queue_names=["*"],
            interval=0,
            batch=True,
            backend_name="default",
            startup_delay=False,
            max_tasks=None,
            worker_id=secrets.token_hex(8),
            excluded_queue_names=[],
        )
        self._worker.run()
        self._worker = None

    def _do_chores(self, now: datetime) -> None:
        for chore in self.chores:
            try:
                if chore.is_due(now, chore.done_at):
                    chore.deed(now)
                    chore.done_at = now
            except Exception as error:  # the next look tries again; other chores do not wait for it
                log.error("the worker failed: %s", type(error).__name__)

    def _on_signal(self, number: int, frame: object) -> None:
        """End at once when idle, else after the task in hand."""
        self.is_told = True
        if self._worker is not None:
            self._worker.running = False
        if not self.is_busy:
            sys.exit(0)


@contextmanager
def _only_one(run: Path) -> Iterator[None]:
    run.mkdir(parents=True, exist_ok=True)
    with (run / "worker.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyWorking("a worker is at work on this newsroom already") from None
        yield
