"""The vault with many addresses: how long an import takes, and opening them all.

    python bench/vault.py --addresses 1000000

Makes a newsroom, and in processes of its own

* ``import``: brings in that many invented addresses, as ``vault.importing`` does: checked, sealed,
  indexed and written, one process for each core;
* ``open``: opens them all, as the sender does, and counts them;
* ``again``: imports them once more, which must add nothing;
* ``look``: asks for 10,000 of them by index, one by one;
* ``rotate``: seals up to 50,000 of them to a new key, while the rest waits.

Memory is what all processes together had at most (anonymous, ``Peak.own``); ``half`` is the same
with half as many addresses, so that ``memory_grows_mib`` tells whether it is flat. Prints one JSON
object.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from newsroom import Done, again, circumstances, enter, measured, newsroom, say

LOOKS = 10_000
ROTATED = 50_000
PASSPHRASE = "the passphrase of a bench"
MIB = 1 << 20


def main() -> None:
    options = arguments()
    if options.act:
        enter(Path(options.act[0]))
        act(Path(options.act[0]), options.act[1], options.addresses)
        return
    twice = () if options.quick else ("import", "open")
    half = one(options.addresses // 2, twice) if twice else {}
    found = one(options.addresses, ("import", "open", "again", "look", "rotate"))
    facts = {"bench": "vault", "addresses": options.addresses, **circumstances()}
    grows = {name: found[name]["mib"] - half[name]["mib"] for name in twice}
    print(json.dumps({**facts, **found, "half": half, "memory_grows_mib": grows}, indent=2))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--addresses", type=int, default=100_000)
    parser.add_argument("--quick", action="store_true", help="without the half")
    parser.add_argument("--act", nargs=2, metavar=("DIR", "DEED"), help=argparse.SUPPRESS)
    return parser.parse_args()


def one(count: int, deeds: tuple[str, ...]) -> dict[str, Any]:
    with newsroom() as home:
        again(__file__, "--act", home, "keys", "--addresses", count)
        found: dict[str, Any] = {}
        for deed in deeds:
            done = measured(words(home, deed, count))
            found[deed] = costs(done) | json.loads((home / f"{deed}.json").read_text())
            say(f"{deed}: {found[deed]}")
        file = home / "people" / "people.sqlite3"
        found["file_mib"] = round(file.stat().st_size / MIB)
        return found


def words(home: Path, deed: str, count: int) -> list[str]:
    return [sys.executable, __file__, "--act", str(home), deed, "--addresses", str(count)]


def costs(done: Done) -> dict[str, Any]:
    return {
        "whole_seconds": round(done.seconds, 1),
        "cpu_seconds": round(done.cpu_seconds, 1),
        "mib": round(done.peak.own / MIB),
    }


def act(home: Path, deed: str, count: int) -> None:
    deeds: dict[str, Callable[[Path, int], dict[str, Any]]] = {
        "keys": make_keys,
        "import": bring_in,
        "again": bring_in,
        "open": open_all,
        "look": look,
        "rotate": rotate,
    }
    began = time.monotonic()
    found = deeds[deed](home / "keys" / "vault", count)
    found["seconds"] = round(time.monotonic() - began, 2)
    (home / f"{deed}.json").write_text(json.dumps(found))


def addresses(count: int) -> Iterator[str]:
    """Invent addresses, of which one in a hundred is not in Latin letters."""
    hosts = ("example.org", "mail.example.com", "post.example.net", "example.edu")
    for number in range(count):
        name = f"имя.{number}" if number % 100 == 7 else f"reader.{number * 2654435761 % 2**32:x}"
        yield f"{name}@{hosts[number % 4]}"


def make_keys(folder: Path, count: int) -> dict[str, Any]:
    """Give the newsroom keys whose passphrase the bench knows."""
    import shutil

    from django.utils import timezone

    from tamizdat.vault import keys, rotating
    from tamizdat.vault.models import VaultKey
    from tamizdat.vault.sealing import Pair

    shutil.rmtree(folder, ignore_errors=True)
    VaultKey.objects.all().delete()
    keys.begin(folder, Pair.make().public)
    rotating.add_key(folder, PASSPHRASE, timezone.now())
    return {}


def bring_in(folder: Path, count: int) -> dict[str, Any]:
    from django.utils import timezone

    from tamizdat.vault.erasing import checkpoint
    from tamizdat.vault.importing import keep_all

    *_, found = keep_all(addresses(count), folder, timezone.now(), lambda seconds: None)
    checkpoint()
    return {"kept": found.kept, "bad": found.bad}


def open_all(folder: Path, count: int) -> dict[str, Any]:
    from tamizdat.vault.models import Address
    from tamizdat.vault.opening import Closed, Opener

    opener = Opener.unlock(folder, PASSPHRASE)
    boxes = (Closed(*each) for each in Address.objects.boxes())
    wrong = 0
    opened = 0
    for each in opener.open_all(boxes):
        opened += 1
        wrong += "@" not in each.address
    return {"opened": opened, "wrong": wrong}


def look(folder: Path, count: int) -> dict[str, Any]:
    from tamizdat.vault import keys
    from tamizdat.vault.addressing import normalise
    from tamizdat.vault.models import Address
    from tamizdat.vault.sealing import index_of

    key = keys.index_key(folder)
    known = [index_of(normalise(each), key) for each in islice(addresses(count), LOOKS)]
    began = time.monotonic()
    found = sum(Address.objects.of_index(index) is not None for index in known)
    return {"found": found, "microseconds": round((time.monotonic() - began) / len(known) * 1e6)}


def rotate(folder: Path, count: int) -> dict[str, Any]:
    from django.utils import timezone

    from tamizdat.vault import rotating
    from tamizdat.vault.opening import Opener

    rotating.add_key(folder, PASSPHRASE, timezone.now())
    opener = Opener.unlock(folder, PASSPHRASE)
    done = 0
    for progress in rotating.reseal(folder, opener):
        done = progress.done
        if done >= ROTATED:
            break
    return {"done": done}


if __name__ == "__main__":
    main()
