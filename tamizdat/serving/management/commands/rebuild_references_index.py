"""Look through who names whom, and mend it

Stands in for Wagtail's command of this name, which is one transaction: with many stories nobody
could save for minutes. This one writes in turns, and goes on where it was cut off.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from tqdm import tqdm


class Command(BaseCommand):
    help = __doc__
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        from django.conf import settings
        from django.utils import timezone

        from tamizdat.stories import references

        with tqdm(total=references.count(), unit=" objects", delay=2, disable=None) as bar:
            for count in references.check(Path(settings.RUN_ROOT), timezone.now()):
                bar.update(count)
        if options["verbosity"]:
            self.stdout.write(f"The index of references is right ({bar.n} objects looked at).")
