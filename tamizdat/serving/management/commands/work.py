"""Do the short jobs that pages and photos leave behind (started by serve)

At its start it looks whether settings and databases fit this version; if they do not, it says so
and ends with an exit code at which serve gives up.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

POLITENESS = 10  # nice(2): an editor who publishes has the processor first


class Command(BaseCommand):
    help = __doc__
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        from django.conf import settings
        from django.utils import timezone

        from tamizdat.serving.tasks import Working

        os.nice(POLITENESS)
        refuse_what_cannot_run()
        Working(Path(settings.RUN_ROOT), timezone.now).stay()


def refuse_what_cannot_run() -> None:
    from django.conf import settings
    from django.core.checks import ERROR, run_checks

    from tamizdat.serving.opening import is_migrated
    from tamizdat.serving.supervisor import CANNOT

    for found in run_checks(tags=["tamizdat"]):
        if found.level >= ERROR:
            raise CommandError(f"{found.msg} {found.hint or ''}", returncode=CANNOT)
    if not is_migrated():
        raise CommandError(
            "the databases are of an earlier version; bring them up to date with: "
            f"tamizdat init --home {settings.HOME}",
            returncode=CANNOT,
        )
