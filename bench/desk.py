"""The desk under measure: does it tell who is known, and does a flood reach victim or readers?

    python bench/desk.py [--samples N] [--posts N] [--only timing|flood]

*timing*: N posts each of an address that is known and one that is not, in turn, over HTTP, to the
form "what do you hold on me" and to the sign-up; the difference of the medians in milliseconds
(promised: below 1).

*flood*: N hostile posts (``bench/hostile.py``) against one victim, on a whole newsroom that is
served with a real mail server behind it: how many letters the victim gets (promised: at most 1),
and the reader door's 99th percentile before, during and after, asked by one patient reader. Flood,
desk, doors and reader share this machine; the flood runs at the lowest priority, as if it came
from elsewhere. Prints one JSON object.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import json
import multiprocessing
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import hostile
from newsroom import ROOT, circumstances, command, end, free_port, newsroom, run, say, wait_for

sys.path.insert(0, str(ROOT))
KNOWN, UNKNOWN = "known.reader@example.org", "other.reader@example.org"
EVERY = 0.005  # seconds between a reader's requests
STRETCH = 20.0  # seconds of reading before and after

KEEP = """
from django.conf import settings
from django.utils import timezone
from tamizdat.vault.client import Vault
from tamizdat.vault.models import Address
from tamizdat.newsletters.subscribers.joining import Choice, join
from tamizdat.newsletters.subscribers.offering import Offer, offer
from uuid import UUID
row = Address.objects.keep(Vault(settings.VAULT_SOCKET).seal({address!r}), timezone.now())
Address.objects.confirm(row.pk)
offer(Offer(UUID(int=5), "en", "The Friday Letter"))
join(row, Choice((UUID(int=5),), "en"), "2026-11", timezone.now(), greets=False)
"""
# What is posted to each form besides the address.
FORMS = {"/me/": {}, "/subscribe/": {"newsletter": f"{5:032x}", "consent": "2026-11"}}


# Timing


def timing(samples: int) -> dict[str, Any]:
    """Compare known and unknown addresses at each form."""
    from tests.desk.serving import prepare, vault_process

    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        prepare(home)
        keys, place = home / "keys" / "vault", home / "run" / "vault.sock"
        with vault_process(keys, place), _desk(home) as port:
            _keep(home, KNOWN)
            return {form: _compared(port, form, samples) for form in FORMS}


def _keep(home: Path, address: str) -> None:
    words = "import django; django.setup()\n" + KEEP.format(address=address)
    subprocess.run([sys.executable, "-c", words], env=_environment(home), check=True)


def _environment(home: Path) -> dict[str, str]:
    ours = {"TAMIZDAT_HOME": str(home), "TAMIZDAT_DOOR": "desk"}
    ours |= {"DJANGO_SETTINGS_MODULE": "tamizdat.settings"}
    return {**os.environ, **ours, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'bench'}"}


@contextmanager
def _desk(home: Path) -> Iterator[int]:
    port = free_port()
    words = ["gunicorn", "-c", "python:desk_measured", "-b", f"127.0.0.1:{port}"]
    process = subprocess.Popen(
        [sys.executable, "-m", *words, "tamizdat.wsgi:application"], env=_environment(home)
    )
    try:
        wait_for(port)
        yield port
    finally:
        end(process)


def _compared(port: int, form: str, samples: int) -> dict[str, Any]:
    took: dict[str, list[float]] = {KNOWN: [], UNKNOWN: []}
    for number in range(samples):
        if number % 500 == 0:
            say(f"  {form} {number} of {samples}")
        pair = [KNOWN, UNKNOWN] if number % 2 else [UNKNOWN, KNOWN]
        for address in pair:
            took[address].append(_one(port, form, address))
    known, unknown = (statistics.median(took[each]) for each in (KNOWN, UNKNOWN))
    return {
        "samples_of_each": samples,
        "known_median_ms": round(known, 3),
        "unknown_median_ms": round(unknown, 3),
        "difference_ms": round(abs(known - unknown), 3),
    }


def _one(port: int, form: str, address: str) -> float:
    fields = asyncio.run(hostile._solved(port, form))
    sent = {"address": address, **FORMS[form], **fields}
    body = hostile.request(urlencode(sent).encode(), form)
    import socket

    with socket.create_connection(("127.0.0.1", port)) as asking:
        began = time.perf_counter()
        asking.sendall(body)
        answer = asking.recv(4096)
        took = time.perf_counter() - began
    assert answer.startswith(b"HTTP/1.1 303"), answer[:80]
    return took * 1000


# Flood


def flood(posts: int) -> dict[str, Any]:
    with newsroom() as home, _sink() as (mail, letters):
        _settle(home, mail)
        reader, office, desk = free_port(), free_port(), free_port()
        ports = ("--reader-port", reader, "--newsroom-port", office, "--desk-port", desk)
        server = subprocess.Popen(command("serve", "--home", home, *ports), start_new_session=True)
        try:
            for port in (reader, office, desk):
                wait_for(port)
            run("shell", "--no-imports", "--home", home, "-c", KEEP.format(address=hostile.VICTIM))
            found = _flooded(reader, desk, posts)
            time.sleep(10)  # the post has taken up what there was
        finally:
            end(server)
        return {**found, "letters_to_the_victim": len(letters)}


def _settle(home: Path, mail: int) -> None:
    """Give the newsroom a mail server and the passphrase of a vault that it can open."""
    settings = home / "newsroom.env"
    secret = home / "passphrase"
    secret.write_text("a passphrase for measuring")
    from tamizdat.vault import keys
    from tamizdat.vault.sealing import Pair

    folder, pair = home / "keys" / "vault", Pair.make()
    keys.keep(folder, pair, secret.read_text(), keys.LIGHT)
    keys.put_in_force(folder, pair.key_id)
    with settings.open("a") as file:
        file.write(f"TAMIZDAT_MAIL=smtp://127.0.0.1:{mail}\n")
        file.write("TAMIZDAT_VAULT_PASSPHRASE_FILE=passphrase\n")


@contextmanager
def _sink() -> Iterator[tuple[int, list[str]]]:
    """Take mail as a real server does."""
    from aiosmtpd.controller import Controller

    letters: list[str] = []

    class Handler:
        async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
            letters.extend(envelope.rcpt_tos)
            return "250 taken"

    serving = Controller(Handler(), hostname="127.0.0.1", port=free_port())
    serving.start()
    try:
        yield serving.port, letters
    finally:
        serving.stop()


def _flooded(reader: int, desk: int, posts: int) -> dict[str, Any]:
    say("reading before the flood …")
    before = _read_for(reader, lambda began: time.monotonic() - began > STRETCH)
    answers = multiprocessing.get_context("spawn").Queue()
    hoarded, go = (multiprocessing.get_context("spawn").Event() for _ in range(2))
    attacker = multiprocessing.get_context("spawn").Process(
        target=_attack, args=(desk, posts, hoarded, go, answers)
    )
    attacker.start()
    say("the attacker hoards tickets and works …")
    hoarded.wait()
    time.sleep(21)  # so that tickets which waited are old enough
    say("the flood …")
    go.set()
    began = time.monotonic()
    during = _read_for(reader, lambda _: not attacker.is_alive() or not answers.empty())
    took = time.monotonic() - began
    counted = answers.get()
    attacker.join()
    say("reading after the flood …")
    after = _read_for(reader, lambda began: time.monotonic() - began > STRETCH)
    return {
        "posts": posts,
        "flood_seconds": round(took, 1),
        "answers": dict(sorted(counted.items())),
        "reader_p99_ms": {
            "before": _p99(before),
            "during": _p99(during),
            "after": _p99(after),
        },
        "reader_requests": {"before": len(before), "during": len(during), "after": len(after)},
    }


def _attack(desk: int, posts: int, hoarded: Any, go: Any, answers: Any) -> None:
    os.nice(19)
    chance = random.Random(7)
    made = asyncio.run(hostile.prepare(desk, posts, chance))
    hoarded.set()
    go.wait()
    attack = hostile.Flood(desk)
    asyncio.run(attack.run(made))
    answers.put(attack.answers)


def _read_for(port: int, is_over: Any) -> list[float]:
    """Ask for the front page at an even pace; return what each took, in milliseconds."""
    took, began = [], time.monotonic()
    asking = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    while not is_over(began):
        at = time.perf_counter()
        asking.request("GET", "/")
        asking.getresponse().read()
        took.append((time.perf_counter() - at) * 1000)
        time.sleep(EVERY)
    asking.close()
    return took


def _p99(took: list[float]) -> float:
    return round(sorted(took)[int(0.99 * (len(took) - 1))], 2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=2_000)
    parser.add_argument("--posts", type=int, default=10_000)
    parser.add_argument("--only", choices=("timing", "flood"))
    options = parser.parse_args()
    found: dict[str, Any] = {"circumstances": circumstances()}
    if options.only != "flood":
        found["timing"] = timing(options.samples)
    if options.only != "timing":
        found["flood"] = flood(options.posts)
    print(json.dumps(found, indent=2, ensure_ascii=False))


if __name__ == "__main__":
    main()
