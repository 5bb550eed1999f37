"""Backups: whether somebody can open them, and how old the newest is."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

from tamizdat.serving.doctor.findings import Findings, Visit, error, warning
from tamizdat.serving.doctor.queues import PATIENT

OLD, VERY_OLD = timedelta(hours=36), timedelta(days=7)
KEPT = timedelta(days=38)  # docs/operating.md: thirty days, and the generation that runs out


def recipients(visit: Visit) -> Findings:
    """Find a newsroom whose backups nobody could open."""
    from django.conf import settings

    from tamizdat.serving.backups.errors import NoRecipients
    from tamizdat.serving.backups.recipients import recipients_of

    try:
        recipients_of(settings.BACKUP_RECIPIENTS)
    except NoRecipients as problem:
        yield error("backups", str(problem), "tamizdat backup --new-key FILE; carry FILE away")


def age(visit: Visit) -> Findings:
    """Find a newsroom that has no backup, or an old one; and backups that are kept for too long."""
    from django.conf import settings

    from tamizdat.serving.backups import names

    folder = Path(settings.BACKUP_FOLDER)
    made = names.standing(folder)
    if not made:
        yield error("backups", f"there is none in {folder}", "tamizdat backup")
        return
    since = visit.now - made[-1].made
    if since > OLD:
        found = error if since > VERY_OLD else warning
        yield found(
            "backups", f"the newest is of {made[-1].made:%Y-%m-%d %H:%M} UTC", "tamizdat backup"
        )
    if visit.now - made[0].made > KEPT:
        yield warning(
            "backups",
            f"the oldest is of {made[0].made:%Y-%m-%d}: people who were erased since are in it",
            "TAMIZDAT_BACKUP_KEEP=30d, or tamizdat backup --keep 30d",
        )


def retractions(visit: Visit) -> Findings:
    """Find what was taken back and is not sealed beside the backups. Its rows bear a day alone:
    that it cannot be written is known at once, that it was not for another reason a day later."""
    from django.conf import settings

    from tamizdat.bake.models import Withdrawn
    from tamizdat.vault.models import RETRACTION, Retraction

    if not settings.BACKUP_RECIPIENTS:
        return
    folder = Path(settings.BACKUP_FOLDER)
    waits = Retraction.objects.exists() or Withdrawn.objects.exists()
    if waits and not _takes_files(folder):
        yield error(
            "backups",
            f"what was taken back cannot be written to {folder}: a restore would bring it back",
            "let the worker write there, or set TAMIZDAT_BACKUP_FOLDER",
        )
        return
    before = visit.now - PATIENT
    today = before.replace(hour=0, minute=0, second=0, microsecond=0)
    count = Retraction.objects.filter(gone_at__lt=today + RETRACTION).count()
    count += Withdrawn.objects.filter(day__lt=before.date()).count()
    if count:
        yield error(
            "backups",
            f"{count} things that were taken back wait since yesterday or longer to be sealed "
            "beside them: a restore would bring them back",
            "the worker says why (journalctl -u tamizdat): most often it cannot write to "
            "TAMIZDAT_BACKUP_FOLDER",
        )


def _takes_files(folder: Path) -> bool:
    """Say whether files can be made in a folder, which is made itself where it is not there."""
    there = next(each for each in (folder, *folder.parents) if each.exists())
    return there.is_dir() and os.access(there, os.W_OK | os.X_OK)


def place(visit: Visit) -> Findings:
    """Find backups that lie on the disk that they are to outlive."""
    from django.conf import settings

    folder = Path(settings.BACKUP_FOLDER)
    if folder.is_dir() and folder.stat().st_dev == visit.folder.path.stat().st_dev:
        yield warning(
            "backups",
            f"{folder} is on the newsroom's own disk",
            "copy them elsewhere each day (copy, not move), or set TAMIZDAT_BACKUP_FOLDER",
        )
