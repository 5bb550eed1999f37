"""What waits: for the baker, the worker and the post; and what has failed."""

from __future__ import annotations

import fcntl
from datetime import timedelta
from pathlib import Path

from tamizdat.serving.doctor.findings import Findings, Visit, error, warning

PATIENT = timedelta(minutes=10)
NEAR = 0.8  # of what is bounded in a day
SAYS_WHY = "it says why (journalctl -u tamizdat); tamizdat serve"
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


def vault(visit: Visit) -> Findings:
    """Find a vault that does not answer, or has little left of what it may answer in a day."""
    from tamizdat.vault.client import Vault, VaultGone

    try:
        used = Vault(visit.folder.run / "vault.sock", visit.patience).used()
    except VaultGone:
        if _is_served(visit) and (visit.folder.vault_keys / "current").is_file():
            yield error("vault", "is not running: the forms take no address", SAYS_WHY)
        return
    if used >= NEAR:
        yield warning(
            "vault",
            f"{used:.0%} of what it may answer in a day is used; the forms ask for harder work",
            "TAMIZDAT_VAULT_DAY, if they are people and no flood",
        )


def till(visit: Visit) -> Findings:
    """Find a till that is not at work."""
    from django.conf import settings

    if settings.PROVIDERS and _is_served(visit) and not is_held(visit.folder.run / "till.lock"):
        yield error("till", "is not running: nothing is given or booked", SAYS_WHY)


def programs(visit: Visit) -> Findings:
    """Find out whether the newsroom is being served."""
    for name, what in LOCKS.items():
        if not is_held(visit.folder.run / name):
            yield warning(what, "is not running", f"tamizdat serve --home {visit.folder.path}")
            return  # a newsroom that is not served has neither worker nor post


def _is_served(visit: Visit) -> bool:
    return is_held(visit.folder.run / "serve.lock")


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
