"""Write the admin's search index anew

Stands in for Wagtail's command of this name, which is one transaction: with many stories nobody
could save for minutes. This one writes in turns.
"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from tqdm import tqdm


class Command(BaseCommand):
    help = __doc__
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        from tamizdat.serving import search

        with tqdm(total=search.count(), unit=" objects", delay=2, disable=None) as bar:
            for count in search.rebuild():
                bar.update(count)
        if options["verbosity"]:
            self.stdout.write(f"The search index is written anew ({bar.n} objects).")
