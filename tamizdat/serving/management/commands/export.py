"""Write all readers' addresses, or all subscribers, to a file, after two persons asked for it

One operator asks for it in the newsroom, another approves, and a day goes by; then whoever knows
the vault's passphrase carries it out here, once. With --recipient the file is sealed with age;
subscribers leave no other way (age -d FILE | tar xO).
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
            "--recipient", action="append", default=[], metavar="KEY", help="age1…: who can open it"
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
        kind, recipients = exporting.kind_of(pk), options["recipient"]
        self._explain(pk, file, kind, recipients)
        if not options["yes"] and not self._is_wanted():
            return
        opener = exporting.unlock(Path(settings.VAULT_KEYS_ROOT), self._passphrase(options))
        if kind == exporting.SUBSCRIBERS.name:
            self._seal(pk, file, opener, recipients)
            self.stdout.write(f"The subscribers are in {file}. Erase it when it has served.")
            return
        with self._new(file) as out:
            count = exporting.export(pk, opener, out, timezone.now())
        self.stdout.write(f"{count} addresses are in {file}. Erase it when it has served.")

    def _explain(self, pk: int, file: Path, kind: str, recipients: list[str]) -> None:
        from tamizdat.serving import exporting

        is_sealed = kind == exporting.SUBSCRIBERS.name
        if is_sealed and not recipients:
            raise CommandError("subscribers leave sealed alone: name who can open it: --recipient")
        what = (
            "Every subscriber's address and newsletters are written to"
            if is_sealed
            else "Every reader's address is written to"
        )
        how = f"sealed to {', '.join(recipients)}" if is_sealed else "in the clear"
        self.stdout.write(
            f"{what} {file}, {how}, for whoever may read that file. Request {pk} is used up. What "
            "becomes of the file is in your hands alone."
        )

    def _seal(self, pk: int, file: Path, opener: Any, recipients: list[str]) -> None:
        from django.utils import timezone

        from tamizdat.serving import exporting
        from tamizdat.serving.backups.recipients import recipients_of
        from tamizdat.serving.backups.sealed import sealing

        if file.exists():
            raise CommandError(f"{file} is there already; name a new file")
        with sealing(file, recipients_of(recipients)) as writer:
            writer.pour("subscribers.csv", exporting.subscribers(pk, opener, timezone.now()))

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
