"""The till killed at random instants between the form and the ledger: one charge, one record?

    python bench/crash_till.py --kills 300

Supporters give through the sandbox, over and over. The till is a process of its own, which is
killed with SIGKILL at a random instant and started again; the processor goes on, tells of what has
moved, and is asked again. In the end everybody who wanted to give has tried until she got through.
Then both sides are compared:

* ``twice``: supporters whose gift was charged more than once;
* ``no_record``: charges that the newsroom has not confirmed;
* ``no_charge``: payments that are confirmed here and are not at the processor;
* ``faults``: what a look through the books finds.

Prints one JSON object; ends with 1 where any of these is not nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import secrets
import socket
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from newsroom import ROOT, circumstances, enter, free_port, newsroom, say

KEY, SECRET = "key-of-the-bench", "secret-of-the-bench"
AT_ONCE = 6  # supporters
PATIENCE = 300.0  # seconds for all to get through


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    with newsroom() as home:
        enter(home)
        sys.path.insert(0, str(ROOT))
        facts = play(home, options.kills, random.Random(options.seed))
    print(json.dumps({"bench": "crash_till", "seed": options.seed, **facts}, indent=2))
    if facts["twice"] or facts["no_record"] or facts["no_charge"] or facts["faults"]:
        raise SystemExit(1)


def play(home: Path, kills: int, chance: random.Random) -> dict[str, Any]:
    from tamizdat.contributions.money.providers.processor.serving import served

    began, place, port = time.monotonic(), home / "run" / "till.sock", free_port()
    with (
        tills(home, place, f"http://127.0.0.1:{port}") as till,
        served(home / "run" / "processor.sqlite3", KEY, port) as server,
    ):
        with telling(server, place), supporters(place) as pledged:
            for number in range(1, kills + 1):
                till(b"s")
                time.sleep(chance.uniform(0, 0.7) ** 2 + 0.01)
                till(b"k")
                if number % 25 == 0:
                    say(f"{number} kills, {len(pledged)} gifts")
            till(b"s")
        with telling(server, place):
            settle_down(place, pledged)
        till(b"k")
        found = compared(server.processor.store)
    seconds = round(time.monotonic() - began, 1)
    return {**circumstances(), "kills": kills, **found, "seconds": seconds}


@contextmanager
def tills(home: Path, place: Path, base: str) -> Iterator[Callable[[bytes], None]]:
    """Have a process with one thread that starts (s) and kills (k) tills: a fork of one with many
    threads would inherit locks that nobody lets go."""
    near, far = socket.socketpair()
    child = os.fork()
    if child == 0:
        near.close()
        try:
            obey(far, home, place, base)
        finally:
            os._exit(0)
    far.close()

    def tell(what: bytes) -> None:
        near.sendall(what)
        if near.recv(1) != what:
            raise SystemExit("the till did not start")

    try:
        yield tell
    finally:
        near.close()
        os.waitpid(child, 0)


def obey(told: socket.socket, home: Path, place: Path, base: str) -> None:
    from tamizdat.contributions.money import staying
    from tests.contributions.killing import TillProcess

    staying.EVERY.update(finish=timedelta(seconds=1), hourly=timedelta(seconds=5))
    till = TillProcess(place, lambda: made(home, base))
    while what := told.recv(1):
        if what == b"s":
            till.start()
        else:
            till.kill()
        told.sendall(what)
    till.kill()


def made(home: Path, base: str) -> Any:
    """Return a till as a new process has it: with nothing in memory."""
    from django.conf import settings

    from tamizdat.contributions.money import till as tills
    from tamizdat.contributions.money.handles import Keyring
    from tamizdat.contributions.money.providers.sandbox import Sandbox

    tills.ASKING = timedelta(seconds=2)  # a dead one's claim
    keyring = Keyring(Path(settings.VAULT_KEYS_ROOT))
    provider = Sandbox(base, KEY, SECRET)
    return tills.Till({"sandbox": provider}, keyring, ZoneInfo("UTC"), lambda: datetime.now(UTC))


# Who is there meanwhile


@contextmanager
def telling(server: Any, place: Path) -> Iterator[None]:
    """Let the processor tell the till, as the desk would hand it on."""
    from tamizdat.contributions.money.client import TillClient
    from tamizdat.contributions.money.errors import MoneyError
    from tamizdat.contributions.money.providers.processor.serving import Messenger

    client = TillClient(place, patience=20)

    def send(body: bytes, headers: dict[str, str]) -> bool:
        try:
            client.hear("sandbox", body, headers)
        except MoneyError:
            return False
        return True

    messenger = Messenger(server.processor.store, SECRET, "http://127.0.0.1:9/")
    messenger.send = send  # type: ignore[method-assign]  # past HTTP: the desk is another bench's
    messenger.start()
    try:
        yield
    finally:
        messenger.stop()


@contextmanager
def supporters(place: Path) -> Iterator[list[Any]]:
    """Let some give, one gift after the other, until told to stop; each tries until she paid."""
    pledged: list[Any] = []
    stopped = threading.Event()
    with ThreadPoolExecutor(AT_ONCE) as threads:
        for _ in range(AT_ONCE):
            threads.submit(give_on, place, pledged, stopped)
        try:
            yield pledged
        finally:
            stopped.set()


def give_on(place: Path, pledged: list[Any], stopped: threading.Event) -> None:
    from django.db import connections

    try:
        while not stopped.is_set():
            row = pledge()
            pledged.append(row.pk)
            while not stopped.is_set() and not paid(place, row.pk):
                time.sleep(0.05)
    finally:
        connections.close_all()


def pledge() -> Any:
    from tamizdat.contributions.money.amounts import Money
    from tamizdat.contributions.money.pledging import Pledge
    from tamizdat.contributions.money.pledging import pledge as write_down

    wanted = Pledge(secrets.token_bytes(16), "sandbox", "card", "once", Money("EUR", 1000), "en")
    return write_down(wanted, datetime.now(UTC).date())


def paid(place: Path, pk: Any) -> bool:
    """Ask for the page and pay there; return whether that is over for this supporter."""
    from tamizdat.contributions.money.client import TillClient
    from tamizdat.contributions.money.errors import MoneyError, NotPossible

    try:
        approve(TillClient(place, patience=20).page(pk, "http://127.0.0.1:1/back"))
    except NotPossible:  # it is paid
        return True
    except MoneyError:
        return False
    return True


def approve(url: str) -> None:
    parts = urlsplit(url)
    browser = HTTPConnection(parts.hostname or "", parts.port, timeout=60)
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    browser.request("POST", parts.path, "decision=approve", kind)
    browser.getresponse().read()
    browser.close()


def settle_down(place: Path, pledged: list[Any]) -> None:
    """Let everybody who pledged get through, and the till find what it was not told."""
    from tamizdat.contributions.money.models import Contribution

    until = time.monotonic() + PATIENCE
    waiting = list(pledged)
    while waiting and time.monotonic() < until:
        for pk in waiting:
            with suppress(OSError):
                paid(place, pk)
        given = set(Contribution.objects.filter(state="given").values_list("pk", flat=True))
        waiting = [pk for pk in waiting if pk not in given]
        time.sleep(1)


# What came of it


def compared(store: Any) -> dict[str, Any]:
    from tamizdat.contributions.money import ledger
    from tamizdat.contributions.money.models import Payment

    theirs = Counter(
        each["reference"]
        for each in store.page("payment", 0, 9e12, 0, 10_000_000)
        if each["state"] == "confirmed"
    )
    confirmed = Payment.objects.filter(state="confirmed")
    ours = Counter(pk.hex for pk in confirmed.values_list("contribution_id", flat=True))
    return {
        "gifts": len(theirs),
        "twice": sum(count > 1 for count in theirs.values()),
        "no_record": sum((theirs - ours).values()),
        "no_charge": sum((ours - theirs).values()),
        "faults": list(ledger.audit().faults),
    }


if __name__ == "__main__":
    main()
