"""The backup of every night: a program of its own, which the worker starts and leaves alone. And
each minute what was taken back since (``retractions``)."""

from __future__ import annotations

import logging
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings

from tamizdat.bake import withdrawn
from tamizdat.serving.backups import making, names, retractions
from tamizdat.serving.backups.errors import BackupError
from tamizdat.serving.backups.recipients import recipients_of
from tamizdat.serving.programs import Program, environment

NIGHT = 2  # hour of the newsroom's clock (UTC), as of the worker's other work
TRY_AGAIN = timedelta(hours=1)

log = logging.getLogger(__name__)


def is_due(now: datetime, tried: datetime | None) -> bool:
    """Say whether tonight's backup is to be made; ``tried``: when that was begun last."""
    if not settings.BACKUP_RECIPIENTS or now.hour < NIGHT:
        return False
    if tried is not None and now - tried < TRY_AGAIN:
        return False
    made = names.standing(Path(settings.BACKUP_FOLDER))
    return not made or made[-1].made.date() < now.date()


def put_retractions(now: datetime) -> None:
    """Seal what was taken back beside the backups, where there are any."""
    withdrawn.forget_old(now.date())
    if not settings.BACKUP_RECIPIENTS:
        return
    try:
        retractions.put(
            Path(settings.BACKUP_FOLDER), recipients_of(settings.BACKUP_RECIPIENTS), now
        )
    except BackupError as problem:
        log.error("%s", problem)


class Nightly:
    """Starts the backup, and knows whether the last one still runs."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def begin(self, now: datetime) -> None:
        """Start a backup, where none runs. What goes wrong it says on standard error."""
        making.sweep_room(Path(settings.RUN_ROOT))
        if self._process is not None and self._process.poll() is None:
            return
        words = (sys.executable, "-m", "tamizdat.cli", "backup", "--home", str(settings.HOME))
        program = Program("backup", words)
        self._process = subprocess.Popen(
            words,
            env=environment(program),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
