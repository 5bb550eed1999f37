"""Rotations of the vault's key and restores, killed at random instants: what is lost by it.

    python bench/crash_vault.py --kills 30

Makes a newsroom with some addresses and a backup of it, and then, that often each,

* starts ``tamizdat keys vault rotate`` and kills it (SIGKILL). Whatever stands then, every address
  must open with the keys that lie there, and with the recovery key alone. Now and then the
  rotation may come to its end (``reseal``, and old keys destroyed): then nothing waits;
* starts ``tamizdat restore`` and kills it, once or several times, and lets it come to its end: all
  addresses but the one that was erased after the backup are there and open, nothing is left over.

The instants are spread over as long as the command takes when nobody kills it, the start of Python
left out. Prints one JSON object; ``broken`` is what should never be.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from newsroom import again, circumstances, command, enter, newsroom, say

PASSPHRASE = "the passphrase of a bench"
START = 0.35  # of a command's time in which Python starts and nothing is touched yet
END_EACH = 5  # rotations that are killed before one may come to its end
OFTEN = 0.4  # that a restore which was begun again is killed again
LEFT_OVER = ("restoring", "restoring.laid", "restoring.postgres")


@dataclass
class Killing:
    """The dice, the folder for what leaves the newsroom, and what was found broken."""

    chance: random.Random
    aside: Path
    kills: int = 0
    broken: list[str] = field(default_factory=list)

    def expect(self, holds: bool, what: str) -> None:
        if not holds:
            self.broken.append(f"after kill {self.kills}: {what}")

    def kill(self, words: list[str], seconds: float) -> int | None:
        """Start a command and kill it within its usual time; return its code if it was quicker."""
        process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            return process.wait(seconds * self.chance.uniform(START, 1.0))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            self.kills += 1
            return None


def main() -> None:
    options = arguments()
    if options.act:
        enter(Path(options.act[0]))
        ACTS[options.act[1]](Path(options.act[0]), Path(options.act[2]), options.addresses)
        return
    with tempfile.TemporaryDirectory(prefix="tamizdat-bench-") as aside:
        if options.home:
            print(json.dumps(play(options.home, Path(aside), options), indent=2))
            return
        with newsroom() as home:
            print(json.dumps(play(home, Path(aside), options), indent=2))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--kills", type=int, default=30, help="of each command (%(default)s)")
    parser.add_argument("--addresses", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--home", type=Path, help="a newsroom that is there; it is used")
    parser.add_argument("--act", nargs=3, metavar=("DIR", "DEED", "ASIDE"), help=argparse.SUPPRESS)
    return parser.parse_args()


def play(home: Path, aside: Path, options: argparse.Namespace) -> dict[str, Any]:
    (aside / "words.txt").write_text(PASSPHRASE)
    act(home, "fill", aside, options.addresses)
    found: dict[str, Any] = {"bench": "crash_vault", "seed": options.seed, **circumstances()}
    for name, deed in (("rotation", rotations), ("restore", restores)):
        say(f"{name} …")
        killing = Killing(random.Random(options.seed), aside)
        found[name] = deed(home, killing, options)
        found[name] |= {"kills": killing.kills, "broken": killing.broken}
    return found


def act(home: Path, deed: str, aside: Path, count: int) -> dict[str, Any]:
    """Do a deed in a process of the newsroom's own; return what it found."""
    again(__file__, "--act", home, deed, aside, "--addresses", count)
    said: dict[str, Any] = json.loads((aside / "said.json").read_text())
    return said


def timed(words: list[str]) -> float:
    began = time.monotonic()
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(words)}: {done.stderr}")
    return time.monotonic() - began


# Rotations


def rotations(home: Path, killing: Killing, options: argparse.Namespace) -> dict[str, Any]:
    file = killing.aside / "words.txt"
    vault = ("keys", "vault")
    given = ("--home", home, "--passphrase-file", file)
    rotate = command(*vault, "rotate", "--yes", *given)
    usual, ends, halves = timed(rotate), 0, 0
    act(home, "tidy", killing.aside, options.addresses)
    while killing.kills < options.kills:
        killing.kill(rotate, usual)
        state = act(home, "look", killing.aside, options.addresses)
        halves += bool(state["waiting"])
        expect_all(killing, state, options.addresses)
        if killing.kills % END_EACH == 0 or killing.kills >= options.kills:
            timed(command(*vault, "reseal", *given))
            act(home, "tidy", killing.aside, options.addresses)
            state = act(home, "look", killing.aside, options.addresses)
            expect_all(killing, state, options.addresses)
            killing.expect(not state["waiting"], f"{state['waiting']} boxes still wait")
            killing.expect(state["keys"] == 1, f"{state['keys']} private keys lie there")
            ends += 1
    return {"seconds": round(usual, 2), "in_the_middle": halves, "ends": ends}


def expect_all(killing: Killing, state: dict[str, Any], count: int) -> None:
    for name in ("opened", "recovered"):
        killing.expect(state[name] == count, f"{name}: {state[name]} of {count}")


# Restores


@dataclass(frozen=True)
class Restoring:
    """A backup, what opens it, and how many addresses it should bring back."""

    words: tuple[object, ...]
    addresses: int

    def command(self, home: Path) -> list[str]:
        return command("restore", *self.words, "--home", home)


def prepare_restores(home: Path, aside: Path, count: int) -> Restoring:
    """Back the newsroom up, and erase somebody afterwards."""
    from tamizdat.edition.rootkeys import new_identity

    secret, key, to = aside / "secret.txt", aside / "key.age", aside / "backups"
    secret.write_text(new_identity())
    opens = ("--passphrase-file", secret)
    timed(command("backup", "--home", home, "--new-key", key, *opens))
    (home / "uploads").mkdir(exist_ok=True)
    for number in range(50):
        (home / "uploads" / f"{number}.jpg").write_bytes(random.Random(number).randbytes(200_000))
    timed(command("backup", "--home", home, "--to", to))
    (backup,) = to.glob("backup-*.age")
    act(home, "erase", aside, 0)
    timed(command("backup", "--home", home, "--to", to))
    for later in to.glob("backup-*-of-*.age"):
        later.unlink()
    return Restoring((backup, "--identity", key, *opens), count - 1)


def restores(home: Path, killing: Killing, options: argparse.Namespace) -> dict[str, Any]:
    restoring = prepare_restores(home, killing.aside, options.addresses)
    usual, number, in_place = timed(restoring.command(killing.aside / "usual")), 0, 0
    while killing.kills < options.kills:
        number += 1
        place = killing.aside / f"again-{number}"
        words = restoring.command(place)
        code = killing.kill(words, usual)
        in_place += (place / "keys").exists() and not (place / "newsroom.env").exists()
        while code is None and killing.kills < options.kills and killing.chance.random() < OFTEN:
            code = killing.kill(words, usual)
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        is_done = "was restored already" in done.stderr or "is not empty" in done.stderr
        killing.expect(done.returncode == 0 or is_done, done.stderr.strip())
        expect_whole(place, restoring, killing)
    return {"seconds": round(usual, 2), "in_the_middle": in_place, "newsrooms": number}


def expect_whole(home: Path, restoring: Restoring, killing: Killing) -> None:
    killing.expect((home / "newsroom.env").exists(), "the folder is no newsroom")
    left = [name for name in LEFT_OVER if (home / name).exists()]
    killing.expect(not left, f"left over: {left}")
    killing.expect(len(list((home / "uploads").iterdir())) >= 50, "uploads are missing")
    if (home / "newsroom.env").exists():
        state = act(home, "look", killing.aside, 0)
        count = restoring.addresses
        killing.expect(state["opened"] == count, f"opened: {state['opened']} of {count}")
        killing.expect(state["is_migrated"], "the tables are not whole")


# In processes of the newsroom's own


def fill(home: Path, aside: Path, count: int) -> dict[str, Any]:
    """Give the newsroom vault keys that the bench knows, and addresses."""
    import shutil

    from django.utils import timezone
    from vault import addresses

    from tamizdat.vault import keys, rotating
    from tamizdat.vault.importing import keep_all
    from tamizdat.vault.models import Address, VaultKey
    from tamizdat.vault.sealing import Pair

    folder = home / "keys" / "vault"
    shutil.rmtree(folder, ignore_errors=True)
    VaultKey.objects.all().delete()
    recovery = Pair.make()
    (aside / "recovery").write_bytes(recovery.private)
    keys.begin(folder, recovery.public)
    rotating.add_key(folder, PASSPHRASE, timezone.now())
    for _ in keep_all(addresses(count), folder, timezone.now(), lambda seconds: None):
        pass
    return {"kept": Address.objects.count()}


def look(home: Path, aside: Path, count: int) -> dict[str, Any]:
    """Open everything with the keys that lie there, and with the recovery key alone."""
    from tamizdat.serving import opening
    from tamizdat.vault import keys, rotating
    from tamizdat.vault.models import Address, VaultKey
    from tamizdat.vault.opening import Opener
    from tamizdat.vault.sealing import Pair, open_own

    folder = home / "keys" / "vault"
    recovery = Pair.of((aside / "recovery").read_bytes())
    pairs = {}
    for row in VaultKey.objects.all():
        pair, index = keys.recover(bytes(row.for_recovery), recovery)
        pairs[pair.key_id] = pair, index
    opener, opened, recovered = Opener.unlock(folder, PASSPHRASE), 0, 0
    for row in Address.objects.all():
        opened += "@" in opener.open(row.sealed)
        recovered += "@" in open_own(row.sealed, *pairs[row.key_id])
    return {
        "opened": opened,
        "recovered": recovered,
        "waiting": rotating.waiting(folder),
        "keys": len(keys.key_ids(folder)),
        "is_migrated": opening.is_migrated(),
    }


def tidy(home: Path, aside: Path, count: int) -> dict[str, Any]:
    """Destroy keys of no use, as the worker does ten minutes after a change."""
    from django.utils import timezone

    from tamizdat.vault import rotating

    later = timezone.now() + rotating.AFTER + timedelta(minutes=1)
    rotating.retire(home / "keys" / "vault", timezone.now())
    return {"destroyed": rotating.destroy_unused(home / "keys" / "vault", later)}


def erase_one(home: Path, aside: Path, count: int) -> dict[str, Any]:
    from django.utils import timezone

    from tamizdat.vault.erasing import erase
    from tamizdat.vault.models import Address

    row = Address.objects.order_by("pk")[0]
    erase(row.pk, timezone.now())
    return {}


def told(deed: Callable[[Path, Path, int], dict[str, Any]]) -> Callable[[Path, Path, int], None]:
    def tell(home: Path, aside: Path, count: int) -> None:
        (aside / "said.json").write_text(json.dumps(deed(home, aside, count)))

    return tell


ACTS = {
    "fill": told(fill),
    "look": told(look),
    "tidy": told(tidy),
    "erase": told(erase_one),
}

if __name__ == "__main__":
    main()
