"""Put all that a newsroom needs into one sealed file, while it is at work

Databases, uploads, settings and keys go into one age file that this machine can make and never
read: whoever holds the key that was carried away can. What earlier backups in the same folder hold
of the uploads is not put in again; about once a week all is. The edition is left out, since it is
baked anew, and so are the root keys. See also: tamizdat restore.
"""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from tamizdat.serving import keyroom
from tamizdat.serving.backups import litestream, names, recipients
from tamizdat.serving.backups.making import Made
from tamizdat.serving.folder import Folder, read

SETTING = "TAMIZDAT_BACKUP_RECIPIENTS"
QUIET = 2.0  # seconds of work that need no progress bar


def period(text: str) -> timedelta:
    try:
        return names.period(text)
    except ValueError as problem:
        raise ArgumentTypeError(str(problem)) from None


class Command(BaseCommand):
    help = __doc__
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--to", type=Path, metavar="FOLDER", help="where it goes (TAMIZDAT_BACKUP_FOLDER)"
        )
        parser.add_argument(
            "--recipient", action="append", default=[], metavar="AGE",
            help=f"who can open it, age1…; repeat it ({SETTING})",
        )  # fmt: skip
        parser.add_argument(
            "--whole", action="store_true", help="all uploads, whatever earlier backups hold"
        )
        parser.add_argument(
            "--keep", type=period, metavar="PERIOD",
            help="afterwards take away what is older (30d) and no kept one needs",
        )  # fmt: skip
        parser.add_argument(
            "--new-key", type=Path, metavar="FILE",
            help="make a key that opens backups, to be carried away; and no backup",
        )  # fmt: skip
        parser.add_argument(
            "--passphrase-file", type=Path, action="append", default=[], metavar="FILE",
            help="with --new-key: the first line seals it; else it is asked for",
        )  # fmt: skip
        parser.add_argument(
            "--litestream", action="store_true",
            help="print a configuration for Litestream, which follows SQLite; and no backup",
        )  # fmt: skip

    def prepare(self, folder: Folder, options: dict[str, Any]) -> None:
        if not folder.is_newsroom():
            raise CommandError(
                f"{folder.path} is no newsroom; make one with: tamizdat init --home {folder.path}"
            )
        keyroom.expect_owner(folder)
        options["folder"] = folder
        if options["new_key"]:
            self.needs_django = False
            ask = keyroom.Passphrases(options["passphrase_file"])
            options["made_key"] = add_key(folder, options["new_key"], ask)

    def handle(self, *args: Any, **options: Any) -> None:
        if options["new_key"]:
            self.stdout.write(carried(options["new_key"], options["made_key"]))
        elif options["litestream"]:
            from django.conf import settings

            self.stdout.write(litestream.configuration(settings.DATABASES))
        else:
            self._make(options["folder"], options)

    def _make(self, folder: Folder, options: dict[str, Any]) -> None:
        from django.conf import settings
        from django.utils import timezone

        from tamizdat.serving.backups import making, retractions

        now = timezone.now()
        to = options["to"] or settings.BACKUP_FOLDER
        who = recipients.recipients_of(options["recipient"] or settings.BACKUP_RECIPIENTS)
        retractions.put(Path(to), who, now)
        with progress_bar("sealed") as progress:
            made = making.make(
                folder, to, who, settings.DATABASES, now,
                is_whole=options["whole"], progress=progress,
            )  # fmt: skip
        self.stdout.write(said(made))
        kept = options["keep"] or (settings.BACKUP_KEEP and period(settings.BACKUP_KEEP))
        gone = making.prune(to, kept, now) if kept else []
        retractions.prune(Path(to))
        if gone:
            self.stdout.write(f"Taken away as too old: {len(gone)}.")


def add_key(folder: Folder, file: Path, ask: keyroom.Ask) -> str:
    """Make a key that opens backups, and let the settings name its recipient; return that."""
    recipient = recipients.make_key(file, ask, keyroom.SEALING)
    if folder.is_newsroom():
        values = read(folder.settings)
        named = [word for word in values.get(SETTING, "").split(",") if word]
        folder.write_settings({**values, SETTING: ",".join([*named, recipient])})
    return recipient


def names_recipient(folder: Folder) -> bool:
    """Say whether the settings name somebody who can open backups."""
    return folder.is_newsroom() and bool(read(folder.settings).get(SETTING))


def carried(file: Path, recipient: str) -> str:
    return (
        f"  {file}   opens backups of this newsroom ({recipient[:12]}…)\n"
        "  Carry it away: where the machine is that makes them, it opens them for whoever takes it."
    )


def said(made: Made) -> str:
    kind = "whole" if made.is_whole else "with those before it since the last whole one"
    return (
        f"{made.file}\n  {made.size / 1e6:.1f} MB, {kind}; {made.uploads} uploads, "
        f"{made.fresh} of them new in it"
    )


@contextmanager
def progress_bar(what: str) -> Iterator[Callable[[int, int], None]]:
    """Show how many bytes are done, where somebody looks and it takes long."""
    bar = tqdm(total=0, unit="B", unit_scale=True, desc=what, delay=QUIET, disable=None)

    def show(done: int, known: int) -> None:
        bar.total = known
        bar.update(done - bar.n)

    with bar:
        yield show
