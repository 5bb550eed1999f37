"""Bring the edition up to date with what was published

Without options: make what changed. A baker that is resident does the same by itself.
"""

from __future__ import annotations

import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import timezone
from tqdm import tqdm

from tamizdat.bake.baker import Progress, Report, bake
from tamizdat.bake.duty import Busy
from tamizdat.bake.models import Edition
from tamizdat.bake.resident import Resident, must_begin_anew

PATIENCE = 60.0  # seconds for which a bake by hand waits for the resident baker
QUIET = 2.0  # seconds of work that need no progress bar


class Command(BaseCommand):
    help = __doc__
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        ways = parser.add_mutually_exclusive_group()
        ways.add_argument(
            "--full", action="store_true", help="make every page again, and remove stray files"
        )
        ways.add_argument(
            "--resident", action="store_true", help="stay, and bake whatever is published"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        run = Path(settings.RUN_ROOT)
        if options["resident"]:
            Resident(run, timezone.now).stay()
            return
        with progress_bar() as progress:
            report = patiently(
                timezone.now(), full=options["full"] or must_begin_anew(run), progress=progress
            )
        self.stdout.write(summary(report))


def patiently(now: datetime, *, full: bool, progress: Progress | None) -> Report:
    """Bake; where another baker is at work, let it finish first. Raises Busy after a minute."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return bake(now, full=full, progress=progress)
        except Busy:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """Show a bar with rate and time left, once the work has taken two seconds."""
    bar = tqdm(unit=" files", delay=QUIET, desc="Baking", leave=False, disable=None)

    def show(done: int, known: int) -> None:
        bar.total = known
        bar.update(done - bar.n)

    with bar:
        yield show


def summary(report: Report) -> str:
    if report.edition:
        return (
            f"Edition {report.edition}: {len(report.written)} files written, "
            f"{len(report.removed)} removed."
        )
    last = Edition.objects.order_by("-number").first()
    if report.written or report.removed:
        back = f"{len(report.written)} files put back, {len(report.removed)} strays removed"
        return f"{back}; {last} stands."
    return f"Nothing to bake: {last} stands." if last else "Nothing to bake."
