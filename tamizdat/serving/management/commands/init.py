"""Make a new, empty newsroom: its folder, databases, keys and first editor

Done again on a newsroom that stands, it brings the databases up to date, makes the keys that are
missing (of signatures, and of the vault), and changes nothing else.
"""

from __future__ import annotations

import os
import re
from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tamizdat.edition.keys import alone
from tamizdat.edition.roles import shape_for
from tamizdat.reader import words
from tamizdat.serving import keyroom, vaultroom
from tamizdat.serving.folder import Folder, local
from tamizdat.serving.management.commands.backup import add_key, carried, names_recipient

NAME = re.compile(r"[a-z][a-z0-9._-]{1,149}")
LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]+)*")
ADDRESS = re.compile(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?/?")
# What the environment says when the newsroom is made is kept with it.
KEPT = ("TAMIZDAT_NEWSROOM_DATABASE", "TAMIZDAT_PEOPLE_DATABASE", "TAMIZDAT_ZONE")


def login(text: str) -> str:
    if not NAME.fullmatch(text):
        raise ArgumentTypeError(
            f"a login is 2 or more of a-z, 0-9, '.', '_' and '-', a letter first; found {text!r}"
        )
    return text


def languages(text: str) -> list[str]:
    found = [each.strip().lower() for each in text.split(",") if each.strip()]
    for each in found:
        if not LANGUAGE.fullmatch(each):
            raise ArgumentTypeError(f"languages are codes with commas, as en,ru,fa; found {each!r}")
    if not found:
        raise ArgumentTypeError("at least one language, as en or ru,fa")
    return list(dict.fromkeys(found))


def address(text: str) -> str:
    if not ADDRESS.fullmatch(text):
        raise ArgumentTypeError(f"an address is https:// and a host, no path; found {text!r}")
    return text.rstrip("/")


class Command(BaseCommand):
    help = __doc__
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--name", default="Newsroom", help="its name (%(default)s)")
        parser.add_argument(
            "--languages",
            type=languages,
            default=["en"],
            metavar="CODES",
            help="codes with commas; the first one's addresses have no prefix (en)",
        )
        parser.add_argument(
            "--editor", type=login, default="editor", help="the first editor's login (%(default)s)"
        )
        parser.add_argument(
            "--address",
            type=address,
            default=local(8000),
            help="where readers will find it (%(default)s)",
        )
        parser.add_argument(
            "--stories",
            type=int,
            default=keyroom.STORIES,
            metavar="N",
            help="about how many stories its archive will hold; cannot be changed later "
            "(%(default)s)",
        )

        parser.add_argument(
            "--to",
            type=Path,
            action="append",
            default=[],
            metavar="DIR",
            help="where root keys go; repeat it for several sticks (root-keys/ in the newsroom)",
        )
        parser.add_argument(
            "--passphrase-file",
            type=Path,
            action="append",
            default=[],
            metavar="FILE",
            help="the first line seals root keys; one file for all, or one for each (else a "
            "passphrase is made and shown)",
        )
        parser.add_argument(
            "--vault-passphrase-file",
            type=Path,
            action="append",
            default=[],
            metavar="FILE",
            help="the first line opens the key of readers' addresses (else a passphrase is made "
            "and shown)",
        )

    def prepare(self, folder: Folder, options: dict[str, Any]) -> None:
        """Make the folder, before Django reads the settings that this writes."""
        options["folder"] = folder
        options["is_new"] = not folder.is_newsroom()
        if not options["is_new"]:
            return
        _refuse_unknown(options["languages"])
        folder.make(
            {
                "TAMIZDAT_NEWSROOM_NAME": options["name"],
                "TAMIZDAT_LANGUAGE": options["languages"][0],
                "TAMIZDAT_PUBLIC_ADDRESS": options["address"],
                "TAMIZDAT_NEWSROOM_ADDRESS": local(8001),
                "TAMIZDAT_DESK_ADDRESS": local(8002),
                **{name: os.environ[name] for name in KEPT if name in os.environ},
            }
        )

    def handle(self, *args: Any, **options: Any) -> None:
        from django.db import transaction
        from django.utils import timezone

        from tamizdat.accounts.models import SHARED_USERNAME, User
        from tamizdat.accounts.roles import EDITORS
        from tamizdat.accounts.staffing import new_password
        from tamizdat.bake.baker import bake
        from tamizdat.bake.duty import note_address
        from tamizdat.serving import opening
        from tamizdat.stories.founding import found

        folder: Folder = options["folder"]
        if options["is_new"]:
            self.stderr.write("Making the databases …")
        opening.migrate()
        stands = User.objects.exclude(username=SHARED_USERNAME).exists()
        with alone(folder.keys):
            ask = self._asker(options)
            is_first = not keyroom.has_keys(folder)
            self._make_keys(folder, options, ask)
            self._make_vault(folder, options, ask)
            if is_first or not stands:  # an init that was cut short is finished by the next
                self._make_backup_key(folder, options, ask)
        if stands:
            self.stdout.write(f"{folder.path} is a newsroom already; its databases are up to date.")
            return
        password = new_password()
        with transaction.atomic():
            found(options["name"], options["languages"])
            opening.admit(options["editor"], password, [EDITORS], is_operator=True)
        self.stdout.write(
            f"{options['name']} stands in {folder.path}\n"
            f"  sign in as   {options['editor']}\n"
            f"  password     {password}   (shown this once; it can be changed after signing in)\n"
            f"  start it     tamizdat serve --home {folder.path}"
        )
        self.stdout.flush()
        bake(timezone.now())
        note_address(folder.run)

    def _asker(self, options: dict[str, Any]) -> keyroom.Ask:
        files = options["passphrase_file"]
        return keyroom.Passphrases(files) if files else self._shown()

    def _make_keys(self, folder: Folder, options: dict[str, Any], ask: keyroom.Ask) -> None:
        """Hold the first ceremony, where it has not been held."""
        from django.utils import timezone

        if keyroom.has_keys(folder):
            return
        made = keyroom.hold_ceremony(
            folder,
            options["to"] or [folder.root_keys],
            ask,
            shape_for(options["stories"]),
            timezone.now(),
            self.stderr.write,
        )
        carry = "" if options["to"] else " Move each file to a USB stick of its own."
        written = "\n".join(keyroom.lines(made))
        self.stdout.write(f"{written}\n  Two of the three sign a change of the keys.{carry}\n")

    def _make_backup_key(self, folder: Folder, options: dict[str, Any], ask: keyroom.Ask) -> None:
        """Make the key that opens backups, beside the newsroom's first root key."""
        if names_recipient(folder):
            return
        stick, number = (options["to"] or [folder.root_keys])[0], 1
        file = stick / "backup.age"
        while file.exists() or file.with_suffix(".pub").exists():  # of an init that was cut short
            number += 1
            file = stick / f"backup-{number}.age"
        if options["passphrase_file"]:
            ask = keyroom.Passphrases(options["passphrase_file"][:1])
        self.stdout.write(carried(file, add_key(folder, file, ask)))

    def _make_vault(self, folder: Folder, options: dict[str, Any], ask: keyroom.Ask) -> None:
        """Make the keys that readers' addresses are sealed with, where there are none."""
        from django.utils import timezone

        if vaultroom.has_keys(folder):
            return
        files = options["vault_passphrase_file"]
        passphrase = keyroom.Passphrases(files)("the vault", True) if files else keyroom.typable()
        if not files:
            self.stdout.write(
                "The key that opens readers' addresses. Write this down too; serve asks for it:\n"
                f"  vault        {passphrase}"
            )
            self.stdout.flush()
        if options["passphrase_file"]:
            ask = keyroom.Passphrases(options["passphrase_file"][:1])
        stick = (options["to"] or [folder.root_keys])[0]
        recovery = ask(vaultroom.RECOVERY, True)
        file = vaultroom.make(folder, stick, recovery, passphrase, timezone.now())
        self.stdout.write(
            f"  {file}   opens every address, should the vault's key be lost: carry it away, too"
        )

    def _shown(self) -> keyroom.Ask:
        """Make a passphrase and show it, before the first key is sealed with it: a key whose
        passphrase was lost is lost with it."""
        made: list[str] = []

        def ask(name: str, is_new: bool) -> str:
            if not made:
                made.append(keyroom.new_secret())
                self.stdout.write(
                    "What seals the files of keys that leave this machine. Write this down, it is "
                    f"kept nowhere:\n  passphrase   {made[0]}"
                )
                self.stdout.flush()
            return made[0]

        return ask


def _refuse_unknown(codes: list[str]) -> None:
    """Refuse a language that we have no words for, before anything is made."""
    known = words.languages()
    for code in codes:
        if code not in known:
            raise CommandError(f"language {code!r} is not known; known are {', '.join(known)}")
