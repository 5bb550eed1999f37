"""Write all readers' addresses to a file, after two persons asked for it

One operator asks for it in the newsroom, another approves, and a day goes by; then whoever knows
the vault's passphrase carries it out here, once.
"""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    help = __doc__
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--request", type=int, required=True, metavar="ID", help="the approved request's number"
        )
        parser.add_argument(
            "--to",
            type=Path,
            required=True,
            metavar="FILE",
            help="a new file, on an encrypted disk",
        )
        parser.add_argument(
            "--passphrase-file", type=Path, metavar="FILE", help="its first line opens the vault"
        )
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *args: Any, **options: Any) -> None:
        from django.conf import settings
        from django.utils import timezone

        from tamizdat.serving import exporting

        pk, file = options["request"], options["to"]
        exporting.check(pk, timezone.now())
        self.stdout.write(
            f"Every reader's address is written to {file}, in the clear, for whoever may read that "
            f"file. Request {pk} is used up. What becomes of the file is in your hands alone."
        )
        if not options["yes"] and not self._is_wanted():
            return
        opener = exporting.unlock(Path(settings.VAULT_KEYS_ROOT), self._passphrase(options))
        with self._new(file) as out:
            count = exporting.export(pk, opener, out, timezone.now())
        self.stdout.write(f"{count} addresses are in {file}. Erase it when it has served.")

    def _is_wanted(self) -> bool:
        if not sys.stdin.isatty():
            raise CommandError("nobody is there to answer; say --yes if it is meant")
        return input("Go on? (yes/no) ").strip().lower() == "yes"

    def _passphrase(self, options: dict[str, Any]) -> str:
        file = options["passphrase_file"]
        if file is not None:
            return str(file.read_text(encoding="utf-8").splitlines()[0])
        import getpass

        return getpass.getpass("The vault's passphrase: ")

    def _new(self, file: Path) -> Any:
        """Open a file that nobody else may read, and that was not there."""
        try:
            handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            raise CommandError(f"{file} is there already; name a new file") from None
        return os.fdopen(handle, "w", encoding="utf-8")
