"""Make, show, rotate and revoke the keys that sign the edition

ceremony makes them all, once. status says what stands and what needs doing; its exit code is 1
when something has expired, or others may read the keys. rotate gives roles new keys; revoke does
it for a key that was lost or stolen, and with root keys so that old bundles by it fall too; resign
signs again what has come half-way to its end. vault is about the keys that readers' addresses are
sealed with.
"""

from __future__ import annotations

import sys
import time
from argparse import ArgumentParser
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tamizdat.edition import ceremony
from tamizdat.edition.keys import Keyring, alone, short
from tamizdat.edition.roles import NAMED_BY_ROOT, ONLINE, ROOT, shape_for
from tamizdat.serving import keyroom, keystatus, vaultkeys
from tamizdat.serving.folder import Folder

ALL = "online"  # every role that signs on this machine
LEFT = (
    "The old ones sign no edition any more. But bundles, saved stories and books that bear a day "
    "when they were in force still hold: whoever stole a key of pages or media can forge such "
    "files until targets has a new key too. If one was stolen, revoke it with --root-key, or do "
    "this afterwards: tamizdat keys rotate targets --root-key …"
)
PATIENCE = 60.0  # seconds for which a change waits for a bake that is at work


class Command(BaseCommand):
    help = __doc__
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        deeds = parser.add_subparsers(dest="deed", required=True, metavar="DEED")
        _add_ceremony(deeds.add_parser("ceremony", help="make all keys, once"))
        deeds.add_parser("status", help="who signs, until when, and what needs doing")
        rotate = deeds.add_parser("rotate", help="give roles new keys")
        rotate.add_argument(
            "roles", nargs="+", choices=[ROOT, *ONLINE, ALL], metavar="ROLE",
            help=f"{', '.join([ROOT, *ONLINE])}, or {ALL} for all but root",
        )  # fmt: skip
        rotate.add_argument(
            "--replace", metavar="KEY", help="the root key that goes (its id, or its file)"
        )
        revoke = deeds.add_parser("revoke", help="let a lost or stolen key count for nothing")
        revoke.add_argument("key", metavar="KEY", help="the beginning of its id, or its file")
        vaultkeys.add_words(deeds.add_parser("vault", help=vaultkeys.HELP))
        resign = deeds.add_parser("resign", help="sign again what is due")
        for each in (rotate, revoke, resign):
            _add_root_keys(each)
        for each in (rotate, revoke):
            each.add_argument("--to", type=Path, metavar="DIR", help="where a new root key goes")
            each.add_argument("--yes", action="store_true", help="do not ask before it is done")

    def prepare(self, folder: Folder, options: dict[str, Any]) -> None:
        if not folder.is_newsroom():
            raise CommandError(
                f"{folder.path} is no newsroom; make one with: tamizdat init --home {folder.path}"
            )
        keyroom.expect_owner(folder)
        options["folder"] = folder

    def handle(self, *args: Any, **options: Any) -> None:
        from django.utils import timezone

        now = timezone.now()
        if options["deed"] == "status":
            self.status(options["folder"], now)
            return
        if options.get("vault_deed") in ("status", "reseal"):  # they change no key in force
            self.vault(options["folder"], now, options)
            return
        with alone(options["folder"].keys):
            if options["deed"] == "vault":
                self.vault(options["folder"], now, options)
                return
            getattr(self, options["deed"])(options["folder"], now, options)

    # Deeds

    def ceremony(self, folder: Folder, now: datetime, options: dict[str, Any]) -> None:
        sticks = options["to"]
        made = keyroom.hold_ceremony(
            folder,
            sticks,
            _passphrases(options),
            shape_for(options["stories"]),
            now,
            self.stderr.write,
            count=options["keys"],
            threshold=options["threshold"],
        )
        noted(f"ceremony: {options['keys']} root keys", now)
        self.stdout.write("\n".join(keyroom.lines(made)))
        self.stdout.write(
            f"The newsroom has its keys. {options['threshold']} of {options['keys']} root keys "
            "sign a change of them:\nkeep their files apart, and away from this machine."
        )
        self._tell_readers(now)
        self._tidy(folder)  # a ceremony that was cut off before this one may have left keys

    def status(self, folder: Folder, now: datetime) -> None:
        lines = keystatus.lines_of(folder, Keyring.load(folder.keys))
        self.stdout.write("\n".join(keystatus.table(lines, now)))
        to_do = keystatus.to_do(folder, lines, now)
        self.stdout.write("\n".join(["", *to_do]) if to_do else "\nNothing needs doing.")
        if any(line.has_expired(now) for line in lines) or keystatus.open_to_others(folder):
            sys.exit(1)

    def rotate(self, folder: Folder, now: datetime, options: dict[str, Any]) -> None:
        keyring = Keyring.load(folder.keys)
        roles = options["roles"]
        if ROOT not in roles:
            chosen = ONLINE if ALL in roles else [role for role in ONLINE if role in roles]
            self._rotate_online(folder, keyring, chosen, now, options)
        elif set(roles) != {ROOT}:
            raise CommandError("root is rotated by itself; rotate the other roles before or after")
        else:
            self._replace_root_key(
                folder, keyring, _replaced(folder, keyring, options), now, options
            )

    def revoke(self, folder: Folder, now: datetime, options: dict[str, Any]) -> None:
        keyring = Keyring.load(folder.keys)
        role, key_id = keyroom.find_key(folder, keyring, options["key"])
        if role == ROOT:
            self._replace_root_key(folder, keyring, key_id, now, options)
        else:
            roles = ceremony.revoked_with(role) if options["root_key"] else [role]
            self._rotate_online(folder, keyring, roles, now, options)

    def resign(self, folder: Folder, now: datetime, options: dict[str, Any]) -> None:
        keyring = Keyring.load(folder.keys)
        due = ceremony.due(keyring, now)
        signers = []
        if ROOT in due and options["root_key"]:
            files = keyroom.choose_root_keys(folder, keyring, options["root_key"])
            signers = keyroom.open_root_keys(files, _passphrases(options))
        done = [role for role in due if role != ROOT or signers]
        if done:
            ceremony.resign(keyring, now, signers)
            self._tell_readers(now)
            self._tidy(folder)
        self.stdout.write(f"Signed again: {', '.join(done)}." if done else "Nothing was signed.")
        if ROOT in due and not signers:
            self.stdout.write("Root is due too; name the files of its keys with --root-key.")

    def vault(self, folder: Folder, now: datetime, options: dict[str, Any]) -> None:
        say, tell = self.stdout.write, self.stderr.write
        vaultkeys.VaultKeys(folder, now, say, tell, self._ask, noted).run(options)

    # Steps

    def _rotate_online(
        self,
        folder: Folder,
        keyring: Keyring,
        roles: Sequence[str],
        now: datetime,
        options: dict[str, Any],
    ) -> None:
        is_by_root = not NAMED_BY_ROOT.isdisjoint(roles)
        files = []
        if is_by_root:
            files = keyroom.choose_root_keys(folder, keyring, options["root_key"])
        self._ask(_words(keyring, roles, is_by_root), options)
        signers = keyroom.open_root_keys(files, _passphrases(options))
        noted(f"new keys: {', '.join(roles)}", now)
        new = ceremony.rotate(keyring, roles, signers, now)
        self._tell_readers(now)
        self._tidy(folder)
        for role in roles:
            self.stdout.write(f"{role}: key {short(new.key_id(role))}")

    def _replace_root_key(
        self,
        folder: Folder,
        keyring: Keyring,
        key_id: str,
        now: datetime,
        options: dict[str, Any],
    ) -> None:
        if options["to"] is None:
            raise CommandError("a new root key is made; say with --to where its file goes")
        files = keyroom.choose_root_keys(folder, keyring, options["root_key"])
        name = keyroom.named(key_id, keyroom.root_names(folder))
        self._ask(
            f"Root key {name} will count for nothing any more, for good. A new one takes its "
            f"place, in {options['to']}, and a new root (version {keyring.root.version + 1}) says "
            "so. Readers follow by themselves.",
            options,
        )
        ask = _passphrases(options)
        signers = keyroom.open_root_keys(files, ask)
        self.stderr.write("Sealing the new root key takes a few seconds …")
        key, file = keyroom.make_root_key(folder, options["to"], ask)
        noted(f"root key {short(key_id)} replaced by {short(key.key_id)}", now)
        ceremony.replace_root_key(keyring, key_id, key, signers, now)
        self._tell_readers(now)
        self._tidy(folder)
        self.stdout.write(f"{file}   key {short(key.key_id)}\nDestroy the file of {name}.")

    def _ask(self, words: str, options: dict[str, Any]) -> None:
        """Say what will be done, and do it only when told to."""
        self.stderr.write(words)
        if options["yes"]:
            return
        if not sys.stdin.isatty():
            raise CommandError("nobody is there to be asked; add --yes when you are sure")
        if input("Go on? [y/N] ").strip().lower() not in ("y", "yes"):
            raise CommandError("nothing was changed")

    def _tell_readers(self, now: datetime) -> None:
        """Seal the edition with the keys as they are now."""
        from tamizdat.bake.duty import Busy
        from tamizdat.bake.sweeping import reseal

        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                reseal(now)
                return
            except Busy:
                if time.monotonic() > deadline:
                    raise CommandError(
                        "the keys are changed; readers have it with the bake that is at work, or "
                        "with the next one"
                    ) from None
                time.sleep(0.2)

    def _tidy(self, folder: Folder) -> None:
        """Erase the private keys that count no more, now that nothing signs with them."""
        Keyring.load(folder.keys).tidy()


def noted(what: str, now: datetime) -> None:
    """Write a row of the audit log, before the keys are changed: they are files, which no
    transaction holds. A row too many is better than a change that nobody sees."""
    from tamizdat.accounts import audit

    audit.note("keys.changed", what, now=now)


# The command line


def _add_ceremony(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--to", type=Path, action="append", required=True, metavar="DIR",
        help="where root keys go, a USB stick; repeat it for several, which are used in turn",
    )  # fmt: skip
    parser.add_argument("--keys", type=int, default=3, help="how many root keys (%(default)s)")
    parser.add_argument(
        "--threshold", type=int, default=2, help="how many of them sign a change (%(default)s)"
    )
    parser.add_argument(
        "--stories", type=int, default=keyroom.STORIES, metavar="N",
        help="about how many stories the archive will hold; cannot be changed later (%(default)s)",
    )  # fmt: skip
    _add_passphrases(parser)


def _add_root_keys(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--root-key", type=Path, action="append", default=[], metavar="FILE",
        help="the file of a root key that signs; repeat it",
    )  # fmt: skip
    _add_passphrases(parser)


def _add_passphrases(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--passphrase-file", type=Path, action="append", default=[], metavar="FILE",
        help="read passphrases from files: one for all, or one for each in order; else they are "
        "asked for",
    )  # fmt: skip


def _passphrases(options: dict[str, Any]) -> keyroom.Passphrases:
    return keyroom.Passphrases(options["passphrase_file"])


def _replaced(folder: Folder, keyring: Keyring, options: dict[str, Any]) -> str:
    known = keyring.root.roles[ROOT].keyids
    if options["replace"] is None and len(known) > 1:
        raise CommandError(
            f"say with --replace which root key goes: {', '.join(map(short, known))}"
        )
    if options["replace"] is None:
        return known[0]
    role, key_id = keyroom.find_key(folder, keyring, options["replace"])
    if role != ROOT:
        raise CommandError(f"{short(key_id)} is the key of {role}, not a root key")
    return key_id


def _words(keyring: Keyring, roles: Sequence[str], is_by_root: bool) -> str:
    keys = ", ".join(f"{role} ({short(keyring.key_id(role))})" for role in roles)
    is_whole = all(set(ceremony.revoked_with(role)) <= set(roles) for role in roles)
    words = [f"New keys will be made for: {keys}."]
    words.append("The old ones count for nothing any more." if is_whole else LEFT)
    if is_by_root:
        words.append(f"A new root (version {keyring.root.version + 1}) says so.")
    bins = [role for role in keyring.shape.bins() if role.partition("-")[0] in roles]
    if bins:
        words.append(f"{len(bins)} lists of files are signed again, which every mirror fetches.")
    words.append("Readers follow by themselves.")
    return " ".join(words)
