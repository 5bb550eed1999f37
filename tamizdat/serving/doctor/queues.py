"""What waits: for the baker, the worker and the post; and what has failed."""

from __future__ import annotations

import fcntl
from datetime import timedelta
from pathlib import Path

from tamizdat.serving.doctor.findings import Findings, Visit, error, warning

PATIENT = timedelta(minutes=10)
# The programs that hold a lock in run/ while they are at work.
LOCKS = {"serve.lock": "newsroom", "worker.lock": "worker", "post.lock": "post"}


def baker(visit: Visit) -> Findings:
    """Find a bake that fails."""
    from tamizdat.bake import trouble

    standing = trouble.standing(visit.folder.run)
    if standing is not None:
        what = f" at {standing.what}" if standing.what else ""
        yield error(
            "baker",
            f"fails since {standing.since:%Y-%m-%d %H:%M} UTC{what}: {standing.error}",
            f"tamizdat bake --home {visit.folder.path} says more",
        )


def outbox(visit: Visit) -> Findings:
    """Find changes that have waited for the baker for long."""
    from django.db.models import Min, Q

    from tamizdat.bake.models import Dirty
    from tamizdat.stories.changes import Change

    due = Change.objects.filter(Q(due_at__isnull=True) | Q(due_at__lte=visit.now - PATIENT))
    since = due.aggregate(since=Min("made_at"))["since"]
    waiting = Dirty.objects.count()
    if since is not None and visit.now - since > PATIENT:
        yield error(
            "outbox",
            f"a change has waited for the baker since {since:%Y-%m-%d %H:%M} UTC",
            "tamizdat serve, or tamizdat bake",
        )
    elif waiting:
        yield warning(
            "outbox", f"{waiting} files are to be made", "tamizdat serve, or tamizdat bake"
        )


def tasks(visit: Visit) -> Findings:
    """Find short jobs that have waited for the worker for long."""
    from django_tasks_db.models import DBTaskResult

    before = visit.now - PATIENT
    count = DBTaskResult.objects.ready().filter(enqueued_at__lt=before).count()
    if count:
        yield warning("tasks", f"{count} have waited for more than ten minutes", "tamizdat serve")


def failed(visit: Visit) -> Findings:
    """Find jobs that failed in the last days."""
    from django_tasks_db.models import DBTaskResult

    rows = DBTaskResult.objects.failed().values_list("task_path", "exception_class_path")
    for path, problem in sorted(set(rows)):
        yield warning(
            "tasks",
            f"{path.rpartition('.')[2]} failed ({problem.rpartition('.')[2]})",
            "the journal says more (journalctl -u tamizdat); it goes from the list after 3 days",
        )


def letters(visit: Visit) -> Findings:
    """Find letters, and wishes for letters, that have waited for the post for long; and what mail
    servers refused. Counts alone are told."""
    from tamizdat.desk.models import WISH_HOLDS, Letter, Wish

    before = visit.now - PATIENT
    ready = Letter.objects.filter(state=Letter.State.READY, due_at__lt=before).count()
    wishes = Wish.objects.filter(gone_at__lt=before + WISH_HOLDS).count()
    if ready or wishes:
        yield error(
            "post",
            f"{ready} letters and {wishes} wishes for one have waited for more than ten minutes",
            "it says why (journalctl -u tamizdat): most often TAMIZDAT_MAIL, or the vault's "
            "passphrase, which tamizdat serve asks for",
        )
    refused = Letter.objects.filter(state=Letter.State.FAILED).count()
    if refused:
        yield warning(
            "post",
            f"{refused} letters of the last two days were refused for good",
            "it said why when it was refused (journalctl -u tamizdat); tamizdat doctor --only mail",
        )


def programs(visit: Visit) -> Findings:
    """Find out whether the newsroom is being served."""
    for name, what in LOCKS.items():
        if not is_held(visit.folder.run / name):
            yield warning(what, "is not running", f"tamizdat serve --home {visit.folder.path}")
            return  # a newsroom that is not served has neither worker nor post


def is_held(lock: Path) -> bool:
    """Say whether some program holds a lock."""
    if not lock.exists():
        return False
    with lock.open("r") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
