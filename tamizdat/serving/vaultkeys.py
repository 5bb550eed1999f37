"""``tamizdat keys vault``: the keys that readers' addresses are sealed with.

Each deed says first what it will do, and asks; each can be cut off anywhere and done again.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from tamizdat.serving import keyroom, vaultroom
from tamizdat.serving.folder import Folder

QUIET = 2.0  # seconds before a bar is shown
HELP = "the keys that readers' addresses are sealed with"


def add_words(parser: ArgumentParser) -> None:
    deeds = parser.add_subparsers(dest="vault_deed", required=True, metavar="DEED")
    deeds.add_parser("status", help="which keys there are, and what needs doing")
    new = deeds.add_parser("new", help="make them, once (init does it)")
    rotate = deeds.add_parser("rotate", help="seal every address to a new key")
    reseal = deeds.add_parser("reseal", help="go on with a rotation now")
    recover = deeds.add_parser("recover", help="open everything with the recovery key")
    change = deeds.add_parser("passphrase", help="give the private key another passphrase")
    new.add_argument(
        "--to", type=Path, required=True, metavar="DIR", help="where the recovery key's file goes"
    )
    recover.add_argument(
        "--recovery-key", type=Path, required=True, metavar="FILE", help="its file"
    )
    for each in (new, recover):
        each.add_argument(
            "--recovery-passphrase-file", type=Path, action="append", default=[], metavar="FILE",
            help="the first line seals or opens the recovery key's file; else it is asked for",
        )  # fmt: skip
    for each in (new, rotate, reseal, recover, change):
        each.add_argument(
            "--passphrase-file", type=Path, action="append", default=[], metavar="FILE",
            help="the first line opens the vault's private key; else it is asked for",
        )  # fmt: skip
    change.add_argument(
        "--new-passphrase-file", type=Path, action="append", default=[], metavar="FILE",
        help="the first line is the new passphrase; else it is asked for",
    )  # fmt: skip
    for each in (rotate, recover):
        each.add_argument("--yes", action="store_true", help="do not ask before it is done")


@dataclass
class VaultKeys:
    """The deeds. ``ask`` says what will be done and raises CommandError unless told to go on;
    ``note`` writes a row of the audit log."""

    folder: Folder
    now: datetime
    say: Callable[[str], object]
    tell: Callable[[str], object]  # on the way, to standard error
    ask: Callable[[str, dict[str, Any]], None]
    note: Callable[[str, datetime], None]

    def run(self, options: dict[str, Any]) -> None:
        deed = options["vault_deed"]
        if deed not in ("new", "recover") and not vaultroom.has_keys(self.folder):
            raise CommandError("the vault has no keys yet; make them with: tamizdat keys vault new")
        getattr(self, deed)(options)

    def status(self, options: dict[str, Any]) -> None:
        from tamizdat.vault import keys, rotating
        from tamizdat.vault.models import VaultKey
        from tamizdat.vault.sealing import key_id_of

        place = self.folder.vault_keys
        current = keys.current_id(place)
        known = {key.key_id: key for key in VaultKey.objects.order_by("made_at")}
        for key_id in sorted({*known, *keys.key_ids(place), current}):
            self.say(self._line(key_id, current, known.get(key_id)))
        self.say(f"recovery key {key_id_of(keys.recovery_key(place))}")
        troubles = list(self._troubles(current, current in known))
        waiting = rotating.waiting(place)
        if waiting:
            self.say(f"{waiting} boxes wait to be sealed to the key in force: keys vault reseal")
        self.say("\n".join(troubles) if troubles else "Nothing else needs doing.")
        if troubles:
            sys.exit(1)

    def _line(self, key_id: str, current: str, row: Any) -> str:
        from tamizdat.vault import rotating

        state = "in force" if key_id == current else "out of force"
        made = f", made {row.made_at:%Y-%m-%d}" if row else ""
        return f"{key_id}   {state}{made}, {rotating.rows_of(key_id)} boxes"

    def _troubles(self, current: str, is_known: bool) -> Iterator[str]:
        from tamizdat.vault import keys

        place = self.folder.vault_keys
        if current not in keys.key_ids(place):
            yield f"The private key {current} is not here: put it back, or keys vault recover."
        if not is_known:
            yield f"The recovery key cannot open what is sealed to {current}: keys vault rotate."
        for file in keys.open_to_others(place):
            yield f"Others on this machine may read {file}: chmod go= {file}"

    def new(self, options: dict[str, Any]) -> None:
        if vaultroom.has_keys(self.folder):
            raise CommandError("the vault has keys already; see: tamizdat keys vault status")
        passphrase = _passphrase(options, "the vault's key", is_new=True)
        secret = keyroom.Passphrases(options["recovery_passphrase_file"])
        recovery = secret(vaultroom.RECOVERY, True)
        self.note("vault: the first keys", self.now)
        file = vaultroom.make(self.folder, options["to"], recovery, passphrase, self.now)
        self.say(f"{file}\nCarry it away from this machine: it opens every address.")

    def rotate(self, options: dict[str, Any]) -> None:
        from tamizdat.vault import keys, rotating

        place = self.folder.vault_keys
        old = keys.current_id(place)
        self.ask(
            f"A new key will be made; what is sealed from now on opens with it alone. "
            f"{rotating.rows_of(old)} boxes are sealed to it again, while everything goes on. Then "
            f"the private key {old} is destroyed: back-ups of before open with the recovery "
            "key only.",
            options,
        )
        passphrase = _passphrase(options, "the vault's key")
        keys.unlock(place, passphrase)
        self.note(f"vault: a new key in place of {old}", self.now)
        pair = rotating.add_key(place, passphrase, self.now)
        self.say(f"In force now: {pair.key_id}")
        self._reseal(passphrase)

    def reseal(self, options: dict[str, Any]) -> None:
        self._reseal(_passphrase(options, "the vault's key"))

    def recover(self, options: dict[str, Any]) -> None:
        from tamizdat.vault.models import Address, VaultKey

        self.ask(
            f"With the recovery key, {VaultKey.objects.count()} keys of the vault will be put "
            f"back in place of what {self.folder.vault_keys} holds, under a new passphrase; then "
            f"{Address.objects.count()} addresses are sealed to a new key.",
            options,
        )
        secret = keyroom.Passphrases(options["recovery_passphrase_file"])
        file = options["recovery_key"]
        recovery = vaultroom.open_recovery(file, secret(file.name, False))
        passphrase = _passphrase(options, "the vault's new key", is_new=True)
        self.note("vault: opened with the recovery key, and a new key", self.now)
        back = vaultroom.recover(self.folder, recovery, passphrase, self.now)
        self.say(f"Put back: {', '.join(back)}")
        self._reseal(passphrase)

    def passphrase(self, options: dict[str, Any]) -> None:
        from tamizdat.vault import keys

        old = _passphrase(options, "the vault's key")
        keys.unlock(self.folder.vault_keys, old)
        fresh = keyroom.Passphrases(options["new_passphrase_file"])
        new = fresh("the vault's key", True)
        self.note("vault: another passphrase", self.now)
        count = keys.change_passphrase(self.folder.vault_keys, old, new)
        self.say(
            f"{count} private keys have the new passphrase. Copies of before keep the old one."
        )

    def _reseal(self, passphrase: str) -> None:
        from tqdm import tqdm

        from tamizdat.vault import rotating
        from tamizdat.vault.opening import Opener

        place = self.folder.vault_keys
        opener = Opener.unlock(place, passphrase)
        found = rotating.Progress()
        bar = tqdm(
            total=rotating.waiting(place), unit=" boxes", desc="Sealing", delay=QUIET, leave=False,
            disable=None,
        )  # fmt: skip
        with bar:
            for found in rotating.reseal(place, opener):
                bar.update(found.done - bar.n)
        self.say(f"{found.done} boxes were sealed again.")
        if found.stuck:
            self.say(f"{found.stuck} did not open and stay as they are, and so does their key.")
        self._tidy()

    def _tidy(self) -> None:
        from tamizdat.vault import rotating

        place = self.folder.vault_keys
        for key_id in rotating.destroy_unused(place, self.now):
            self.say(f"Destroyed: the private key {key_id}, which no row needs any more.")
        minutes = rotating.AFTER.total_seconds() / 60
        if rotating.old_keys(place):
            self.say(
                f"The old private key goes {minutes:.0f} minutes after the change, when no row "
                "names it: the worker does it, or: tamizdat keys vault reseal"
            )


def _passphrase(options: dict[str, Any], name: str, *, is_new: bool = False) -> str:
    return keyroom.Passphrases(options["passphrase_file"])(name, is_new)
