"""Bring a newsroom back from its backups, on an empty machine

Names the newest file; those that it needs are looked for beside it, or named too. All of it is
read and checked before anything is laid in place. --check only reads.
"""

from __future__ import annotations

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tamizdat.serving import keyroom
from tamizdat.serving.backups import checking, recipients, restoring
from tamizdat.serving.backups.checking import Contents
from tamizdat.serving.folder import Folder
from tamizdat.serving.management.commands.backup import progress_bar


class Command(BaseCommand):
    help = __doc__
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="a backup")
        parser.add_argument(
            "--identity", type=Path, action="append", required=True, metavar="FILE",
            help="the key that opens it: what --new-key made, or an age identity",
        )  # fmt: skip
        parser.add_argument(
            "--passphrase-file", type=Path, action="append", default=[], metavar="FILE",
            help="the first line opens the identity; else it is asked for",
        )  # fmt: skip
        parser.add_argument(
            "--check", action="store_true", help="read all of it, and lay nothing in place"
        )
        parser.add_argument(
            "--unsigned", action="store_true", help="take a backup that no newsroom has signed"
        )

    def prepare(self, folder: Folder, options: dict[str, Any]) -> None:
        ask = keyroom.Passphrases(options["passphrase_file"])
        identities = recipients.identities_of(options["identity"], ask)
        options["folder"] = folder
        with progress_bar("read") as progress:
            if options["check"]:
                self.needs_django = False
                options["contents"] = checking.check(
                    options["files"], identities, progress=progress
                )
                return
            options["unpacked"] = restoring.unpack(
                folder, options["files"], identities,
                takes_unsigned=options["unsigned"], progress=progress,
            )  # fmt: skip
        options["said"] = dict(os.environ)
        restoring.lay(folder, options["unpacked"])
        folder.adopt(options["unpacked"].settings, os.environ)

    def handle(self, *args: Any, **options: Any) -> None:
        if options["check"]:
            self.stdout.write(f"{told(options['contents'])}\nNothing is missing or damaged.")
            return
        self._restore(options["folder"], options["unpacked"], options["said"])

    def _restore(self, folder: Folder, unpacked: restoring.Unpacked, said: dict[str, str]) -> None:
        from django.conf import settings
        from django.core.checks import ERROR, run_checks
        from django.utils import timezone

        for found in run_checks(tags=["tamizdat"]):
            if found.level >= ERROR:
                raise CommandError(f"{found.msg} {found.hint or ''}")
        restoring.fill_databases(folder, unpacked, settings.DATABASES)
        restoring.take_up(folder, unpacked, timezone.now())
        restoring.finish(folder, unpacked, said)
        self.stdout.write(f"{told(unpacked.contents)}\n{following(folder, unpacked.contents)}")


def told(contents: Contents) -> str:
    """Say what a backup is."""
    files = "1 file" if len(contents.files) == 1 else f"{len(contents.files)} files"
    signer = (
        f"Signed by the newsroom whose first root is {contents.signer}."
        if contents.signer
        else "Signed by nobody: anybody may have made it."
    )
    return (
        f"Backup of {contents.made:%Y-%m-%d %H:%M UTC} ({files}), {contents.uploads} uploads.\n"
        f"{signer}"
    )


def following(folder: Folder, contents: Contents) -> str:
    """Say what is to be done next."""
    return "\n".join(
        [
            f"The newsroom stands in {folder.path}. Now:",
            f"  tamizdat bake --full --home {folder.path}    make the edition anew",
            f"  tamizdat serve --home {folder.path}",
            f"  tamizdat doctor --home {folder.path}",
            "Everybody signs in again. If keys were changed since the backup, put the newer keys/",
            "in place before the bake: readers refuse what the old ones sign. People who were",
            f"erased after {contents.made:%Y-%m-%d %H:%M} UTC are back: erase them again. Where",
            "the old machine was seized: tamizdat keys rotate online.",
        ]
    )
