"""Build a sample newsroom and serve it on this machine

Built once: the next time it is only served. Cut off while it is built, it goes on the next time.
"""

from __future__ import annotations

import os
import sys
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tamizdat.edition import rootkeys
from tamizdat.edition.keys import put
from tamizdat.edition.roles import shape_for
from tamizdat.serving import keyroom, vaultroom
from tamizdat.serving.folder import Folder, local, processing
from tamizdat.serving.logins import Login, keep, logins
from tamizdat.serving.management.commands.serve import (
    add_mailbox,
    add_ports,
    add_processor,
    doors,
    hold,
    mailbox,
    must_hold_sockets,
    processor,
)
from tamizdat.serving.programs import OUTBOX, PROCESSOR

NAME = "The Lantern"
STORIES = 50  # more than the sample has
VAULT_SECRET = "vault-passphrase.txt"  # noqa: S105 - a file's name
STAFF = (("editor", "Editors"), ("writer", "Writers"))


class Command(BaseCommand):
    help = __doc__
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--once", action="store_true", help="build it, print where it is, and end"
        )
        add_ports(parser)
        add_mailbox(parser, 8003, "where the demo's letters are shown (%(default)s)")
        add_processor(parser, 8004, "where the demo's payments are made (%(default)s)")

    def prepare(self, folder: Folder, options: dict[str, Any]) -> None:
        """Make the folder, before Django reads the settings that this writes."""
        options["folder"] = folder
        if folder.is_newsroom() and not folder.is_demo():
            raise CommandError(
                f"{folder.path} is a newsroom of its own; name another folder for the demo "
                "with --home"
            )
        if not options["once"]:
            must_hold_sockets(folder)
            options["doors"] = doors(options)
            options["mailbox"] = mailbox(folder, options)
            processor(folder, options)
        if not folder.is_newsroom():
            folder.make(
                {
                    "TAMIZDAT_DEMO": "1",
                    "TAMIZDAT_NEWSROOM_NAME": NAME,
                    "TAMIZDAT_LANGUAGE": "en",
                    "TAMIZDAT_PUBLIC_ADDRESS": local(options["reader_port"]),
                    "TAMIZDAT_NEWSROOM_ADDRESS": local(options["newsroom_port"]),
                    "TAMIZDAT_DESK_ADDRESS": local(options["desk_port"]),
                    "TAMIZDAT_MAIL": f"folder:{OUTBOX}",
                    **processing(options["processor_port"]),
                }
            )

    def handle(self, *args: Any, **options: Any) -> None:
        folder: Folder = options["folder"]
        with hold(folder):
            has_keys = keyroom.has_keys(folder) and vaultroom.has_keys(folder)
            if not (is_built(folder) and has_keys):
                build(folder, self.stderr.write)
        if options["once"]:
            self.stdout.write(
                f"The sample newsroom is in {folder.path}\n"
                f"  its pages    {folder.edition}\n"
                f"  root keys    {folder.root_keys} (and the vault's passphrase)\n"
                f"  serve it     tamizdat demo --home {folder.path}"
            )
            return
        _become_serve(folder, options)


def is_built(folder: Folder) -> bool:
    return (folder.run / "demo-built").exists()


def build(folder: Folder, say: Any) -> None:
    """Build what is not there yet. Each step is whole or can be done again."""
    from django.utils import timezone

    from tamizdat.bake.baker import bake
    from tamizdat.bake.duty import note_address
    from tamizdat.bake.management.commands.bake import progress_bar
    from tamizdat.importers.sample.ahead import Ahead
    from tamizdat.importers.sample.build import build as build_sample
    from tamizdat.serving import opening

    began = time.monotonic()

    def step(words: str) -> None:
        say(f"  {time.monotonic() - began:4.1f} s  {words}")

    say(f"Building the sample newsroom in {folder.path}")
    step("databases")
    ahead = Ahead.start(folder.run / "drawn")
    opening.migrate()
    if not keyroom.has_keys(folder):
        _make_keys(folder)
    if not vaultroom.has_keys(folder):
        _make_vault(folder)
    build_sample(timezone.now(), step)
    _admit_staff(folder)
    _write_the_law(step)
    _make_a_year(folder, step)
    hung = ahead.hang()
    step(f"pages ({hung} pictures are drawn already)")
    with progress_bar() as progress:
        report = bake(timezone.now(), progress=progress)
    note_address(folder.run)
    (folder.run / "demo-built").touch()
    step(f"built: {report.made} files; the root keys are in {folder.root_keys}")


def _make_keys(folder: Folder) -> None:
    """Hold the first ceremony. A demo keeps everything in one place, the secret too."""
    from django.utils import timezone

    secret = folder.root_keys / "secret.txt"
    if not secret.exists():
        folder.root_keys.mkdir(mode=0o700, exist_ok=True)
        put(secret, f"{rootkeys.new_identity()}\n".encode())
    ask = keyroom.Passphrases([secret])
    shape = shape_for(STORIES)
    keyroom.hold_ceremony(
        folder, [folder.root_keys], ask, shape, timezone.now(), lambda words: None
    )


def _make_vault(folder: Folder) -> None:
    """Make the vault's keys; the passphrase lies beside the root keys, where the post finds it."""
    from django.utils import timezone

    from tamizdat.serving.folder import read
    from tamizdat.vault.keys import LIGHT

    secret = folder.root_keys / VAULT_SECRET
    if not secret.exists():
        put(secret, f"{keyroom.typable()}\n".encode())
    name = "TAMIZDAT_VAULT_PASSPHRASE_FILE"
    folder.write_settings({**read(folder.settings), name: f"root-keys/{VAULT_SECRET}"})
    identity = (folder.root_keys / "secret.txt").read_text(encoding="utf-8").strip()
    passphrase = secret.read_text(encoding="utf-8").strip()
    vaultroom.make(folder, folder.root_keys, identity, passphrase, timezone.now(), stretch=LIGHT)


def _write_the_law(step: Any) -> None:
    """Let the invented counsel have ruled from where may be given, and what receipts say."""
    from django.utils import timezone

    from tamizdat.importers.sample import counsel

    step(f"what counsel says: {counsel.write(timezone.localdate())} texts")


def _make_a_year(folder: Folder, step: Any) -> None:
    """Let supporters of a made-up year have given, and the meter know of it."""
    from zoneinfo import ZoneInfo

    from django.conf import settings
    from django.utils import timezone

    from tamizdat.contributions.appeals import measuring
    from tamizdat.importers.sample import giving
    from tamizdat.vault.opening import Opener

    if not settings.PROVIDERS:
        return
    passphrase = (folder.root_keys / VAULT_SECRET).read_text(encoding="utf-8").strip()
    opener = Opener.unlock(folder.vault_keys, passphrase)
    now = timezone.now()
    count = giving.make(
        folder.path / PROCESSOR / "processor.sqlite3",
        folder.vault_keys,
        lambda: opener,
        settings.SANDBOX_KEY,
        settings.SANDBOX_SECRET,
        ZoneInfo(settings.TIME_ZONE),
        now,
    )
    measuring.look(now)
    step(f"a year of contributions: {count} payments")


def _admit_staff(folder: Folder) -> None:
    """Make the accounts; the passwords are kept before they are set, so none is ever lost."""
    from tamizdat.accounts.staffing import new_password
    from tamizdat.serving import opening

    if not logins(folder):
        keep(folder, [Login(name, new_password()) for name, _ in STAFF])
    roles = dict(STAFF)
    for each in logins(folder):
        role = roles[each.name]
        opening.admit(each.name, each.password, [role], is_operator=role == "Editors")


def _become_serve(folder: Folder, options: dict[str, Any]) -> None:
    """Go on as the small supervisor, in this very process."""
    sys.stderr.flush()
    words = [
        *("--home", str(folder.path)),
        *("--reader-port", str(options["reader_port"])),
        *("--newsroom-port", str(options["newsroom_port"])),
        *("--desk-port", str(options["desk_port"])),
        *("--mailbox-port", str(options["mailbox_port"])),
        *("--processor-port", str(options["processor_port"])),
        *("--host", options["host"], "--newsroom-host", options["newsroom_host"]),
    ]
    program = [sys.executable, "-m", "tamizdat.cli", "serve", *words]
    os.execv(sys.executable, program)  # noqa: S606 - our own words; a shell is not wanted
