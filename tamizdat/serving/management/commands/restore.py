"""Bring a newsroom back from its backups, on an empty machine

Names the newest file; those that it needs are looked for beside it, or named too. All of it is
read and checked before anything is laid in place. --check only reads. What was taken back since
(people were erased or want no mail, stories were withdrawn) lies in retracted-*.age beside the
backups, and is done again.
"""

from __future__ import annotations

import os
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tamizdat.serving import keyroom
from tamizdat.serving.backups import checking, names, recipients, restoring, retractions
from tamizdat.serving.backups.checking import Contents
from tamizdat.serving.backups.recipients import Identity
from tamizdat.serving.backups.retractions import Retracted
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
            "--retracted", type=Path, action="append", default=[], metavar="PLACE",
            help="another folder with lists of what was taken back since, or such a list",
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
        options["retracted"] = retractions_of(options, identities)
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
            self.stdout.write(f"Taken back since then: {len(options['retracted'])}.")
            return
        self._restore(options["folder"], options["unpacked"], options["said"], options["retracted"])

    def _restore(
        self,
        folder: Folder,
        unpacked: restoring.Unpacked,
        said: dict[str, str],
        retracted: list[Retracted],
    ) -> None:
        from django.conf import settings
        from django.core.checks import ERROR, run_checks
        from django.utils import timezone

        for found in run_checks(tags=["tamizdat"]):
            if found.level >= ERROR:
                raise CommandError(f"{found.msg} {found.hint or ''}")
        restoring.fill_databases(folder, unpacked, settings.DATABASES)
        again = restoring.take_up(folder, unpacked, timezone.now(), retracted)
        restoring.finish(folder, unpacked, said)
        self.stdout.write(f"{told(unpacked.contents)}\n{done_again(again)}")
        self.stdout.write(following(folder))


def retractions_of(options: dict[str, Any], identities: Sequence[Identity]) -> list[Retracted]:
    """Read the lists beside the backups that are named, and those named themselves."""
    folders = list(dict.fromkeys(file.parent for file in options["files"]))
    made = [name.made for file in options["files"] if (name := names.read(file.name))]
    since = max(made) if len(made) == len(options["files"]) else None
    return retractions.read([*folders, *options["retracted"]], identities, since)


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


def done_again(again: Counter[str]) -> str:
    """Say what was done again."""
    deeds = ", ".join(f"{deed} {count}" for deed, count in sorted(again.items()) if count)
    return f"What was taken back since then was done again: {deeds or 'nothing was found'}."


def following(folder: Folder) -> str:
    """Say what is to be done next."""
    return "\n".join(
        [
            f"The newsroom stands in {folder.path}. Now:",
            f"  tamizdat bake --full --home {folder.path}    make the edition anew",
            f"  tamizdat serve --home {folder.path}",
            f"  tamizdat doctor --home {folder.path}",
            "What was corrected since the backup, or given a later embargo before anybody saw it,",
            "is as it was: mend it before readers and mirrors come here.",
            "Everybody signs in again. If keys were changed since the backup, put the newer keys/",
            "in place before the bake: readers refuse what the old ones sign. Whoever was erased,",
            "and what was withdrawn, in the last minute of the old machine, or is in a list",
            "(retracted-*.age) that was not copied here, is back.",
            "Where the old machine was seized: tamizdat keys rotate online.",
        ]
    )
