"""The sender with many subscribers: mails for each second of its processor, and what they cost.

    python bench/send.py --subscribers 100000 [--signed] [--db postgres] [--processes 2]

Makes a newsroom whose subscribers' addresses are sealed in the vault, begins an issue of 32 KB a
mail, and lets the sender's loop send it to Postfix's ``smtp-sink`` over loopback: every address is
opened, every mail filled in (and signed with RSA-2048), every result booked.

``mails_per_cpu_second`` counts the processor's time of the sender's own processes, user and system,
from the first claim to the last booking. ``shares`` says what part of a loop's time goes into
claiming, opening, filling in, signing, the line to the server, and booking. ``yardstick`` is what
this machine does of the single steps, alone, and how that compares to the machine on which the
goals were set. Prints one JSON object.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

from newsroom import ROOT, again, circumstances, end, enter, free_port, newsroom, say, wait_for

PASSPHRASE = "the passphrase of a bench"
LETTER, ISSUE = UUID(int=1), UUID(int=2)
KILOBYTES = 32
SINK = "/usr/sbin/smtp-sink"
# What the machine did on which the goals were set (one core of it, a second each).
REFERENCE = {"boxes_opened": 26_300, "rsa_2048": 2_400, "splices_and_writes": 18_600}
GOALS = {False: 5_000, True: 1_500}


def main() -> None:
    options = arguments()
    if options.act:
        act(Path(options.act[0]), options.act[1], options)
        return
    with database(options.db), place(options) as home:
        for deed in ("keys", "fill", "begin"):
            say(f"{deed} …")
            again(__file__, "--act", home, deed, *words(options))
        with sink() as port:
            again(__file__, "--act", home, "send", "--port", port, *words(options))
        print(json.dumps(told(home, options), indent=2))


@contextmanager
def place(options: argparse.Namespace) -> Iterator[Path]:
    """Return the folder of the newsroom: one that is there, or a new one."""
    if options.home:
        yield options.home
        return
    with newsroom(options.keep) as home:
        yield home


def told(home: Path, options: argparse.Namespace) -> dict[str, Any]:
    loops = [json.loads(each.read_text()) for each in sorted(home.glob("loop-*.json"))]
    mails = sum(each["sent"] for each in loops)
    cpu = sum(each["cpu_seconds"] for each in loops)
    wall = max(each["seconds"] for each in loops)
    shares: Counter[str] = Counter()
    for each in loops:
        shares.update(each["shares"])
    whole = sum(shares.values())
    stick = yardstick()
    return {
        "bench": "send",
        "subscribers": options.subscribers,
        "signed": options.signed,
        "database": options.db,
        "processes": options.processes,
        **circumstances(),
        **json.loads((home / "begin.json").read_text()),
        "sent": mails,
        "mails_per_cpu_second": round(mails / cpu),
        "goal": GOALS[options.signed],
        "mails_per_second": round(mails / wall),
        "first_and_last_tenth": [each["tenths"] for each in loops],
        "mib": max(each["mib"] for each in loops),
        "stencils_read": sum(each["stencils"] for each in loops),
        "shares": {name: round(part / whole, 3) for name, part in sorted(shares.items())},
        "yardstick": stick,
        "of_the_reference": {name: round(stick[name] / REFERENCE[name], 2) for name in REFERENCE},
    }


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--subscribers", type=int, default=20_000)
    parser.add_argument("--signed", action="store_true", help="with DKIM, RSA-2048")
    parser.add_argument("--db", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--home", type=Path, help="a newsroom that is there; it is used")
    parser.add_argument("--keep", action="store_true", help="leave the newsroom's folder there")
    parser.add_argument("--profile", action="store_true", help="write loop-0.prof, slower")
    parser.add_argument("--port", type=int, default=0, help=argparse.SUPPRESS)
    parser.add_argument("--act", nargs=2, metavar=("DIR", "DEED"), help=argparse.SUPPRESS)
    return parser.parse_args()


def words(options: argparse.Namespace) -> list[object]:
    found: list[object] = ["--subscribers", options.subscribers, "--processes", options.processes]
    found += ["--signed"] if options.signed else []
    return found + (["--profile"] if options.profile else [])


@contextmanager
def database(name: str) -> Iterator[None]:
    if name == "sqlite":
        yield
        return
    sys.path.insert(0, str(ROOT))
    from tests.postgres import cluster

    with cluster() as settings:
        os.environ.update(settings)
        yield


@contextmanager
def sink() -> Iterator[int]:
    """Run Postfix's sink, which takes everything and keeps nothing."""
    port = free_port()
    rights = ["-u", "nobody"] if os.geteuid() == 0 else []
    process = subprocess.Popen([SINK, *rights, f"127.0.0.1:{port}", "100"])
    try:
        wait_for(port)
        yield port
    finally:
        end(process)


def act(home: Path, deed: str, options: argparse.Namespace) -> None:
    if deed == "send":
        os.environ["TAMIZDAT_DOOR"] = "sender"  # the program that sends knows nothing of a CMS
    enter(home)
    deeds: dict[str, Callable[[Path, argparse.Namespace], None]] = {
        "keys": make_keys,
        "fill": fill,
        "begin": begin,
        "send": send,
    }
    deeds[deed](home, options)


# Before


def make_keys(home: Path, options: argparse.Namespace) -> None:
    from django.utils import timezone

    from tamizdat.vault import keys, rotating
    from tamizdat.vault.models import VaultKey
    from tamizdat.vault.sealing import Pair

    folder = home / "keys" / "vault"
    shutil.rmtree(folder, ignore_errors=True)
    VaultKey.objects.all().delete()
    keys.begin(folder, Pair.make().public)
    rotating.add_key(folder, PASSPHRASE, timezone.now())


def fill(home: Path, options: argparse.Namespace) -> None:
    """Invent subscribers, at a thousand domains."""
    from django.utils import timezone

    from tamizdat.newsletters.subscribers.models import Subscription
    from tamizdat.vault.importing import keep_all
    from tamizdat.vault.models import Address

    now = timezone.now()
    count = options.subscribers
    invented = (f"reader.{n * 2654435761 % 2**32:x}@d{n % 1000}.example" for n in range(count))
    for _ in keep_all(invented, home / "keys" / "vault", now, lambda seconds: None):
        pass
    batch = []
    for address in Address.objects.values_list("pk", flat=True).iterator(chunk_size=5000):
        values = {"newsletter": LETTER, "language": "ru", "consent": "2026-11"}
        batch.append(Subscription(address_id=address, consented_at=now, **values))
        if len(batch) == 5000:
            Subscription.objects.bulk_create(batch)
            batch.clear()
    Subscription.objects.bulk_create(batch)


def begin(home: Path, options: argparse.Namespace) -> None:
    from django.utils import timezone

    from tamizdat.newsletters.sender import sendings

    began = time.perf_counter()
    stencils = {"digest": stencil()}
    rendered = time.perf_counter() - began
    now = timezone.now()
    sending = sendings.schedule(sendings.Plan(ISSUE, LETTER, "ru", now), now)
    began = time.perf_counter()
    sendings.begin(sending, stencils, now)
    took = time.perf_counter() - began
    size = len(stencils["digest"].fill(dict.fromkeys(TOKENS, "x" * 80)))
    found = {
        "mail_bytes": size,
        "stencil_ms": round(rendered * 1000, 1),
        "laying_out_seconds": round(took, 2),
    }
    (home / "begin.json").write_text(json.dumps(found))


TOKENS = ("preferences", "leave", "leave-mail", "to", "feedback-id", "message-id")


def stencil() -> Any:
    """Make a mail of 32 KB as a newsroom's digest has them: links at the end of text and HTML."""
    from datetime import UTC, datetime

    from tamizdat.newsletters.sender.message import Content, Headers, make

    links = "[[preferences]]\n[[leave]]\n"
    text = "The dam at Orlan holds, say the engineers who were there all night.\n"
    page = f'<p style="font: 16px/1.5 Georgia, serif; margin: 0 0 1em">{text}</p>\n'
    html = page * 165 + '<a href="[[preferences]]">Choices</a> <a href="[[leave]]">Leave</a>'
    content = Content("The week", html, text * 100 + links)
    made = Headers(
        "The Lantern", "news@lantern.example", "ru", datetime(2026, 11, 20, 16, tzinfo=UTC),
        "lantern.example", "The Friday letter", "weekly.lantern.example",
        "https://lantern.example/newsletters/", "https://lantern.example/newsletters/weekly/",
    )  # fmt: skip
    return make(content, made)


# Sending


def send(home: Path, options: argparse.Namespace) -> None:
    """Fork the loops from a process that has loaded everything and unlocked the keys."""
    from django.db import connections

    setup = setup_of(home, options)
    connections.close_all()
    children = []
    for number in range(options.processes):
        child = os.fork()
        if not child:
            code = 1
            try:
                one_loop(home, number, setup, options)
                code = 0
            finally:
                os._exit(code)
        children.append(child)
    if any(os.waitpid(child, 0)[1] for child in children):
        raise SystemExit("a loop failed")


def setup_of(home: Path, options: argparse.Namespace) -> Any:
    from tamizdat.newsletters.sender.letterheads import Paper
    from tamizdat.newsletters.sender.loop import Setup
    from tamizdat.newsletters.sender.marks import Marks
    from tamizdat.newsletters.sender.relays import Relay, Ways
    from tamizdat.newsletters.sender.talking import Place
    from tamizdat.newsletters.subscribers.links import Links, Places
    from tamizdat.vault import keys
    from tamizdat.vault.opening import Opener

    folder = home / "keys" / "vault"
    place = Place("127.0.0.1", options.port, must_start=False)
    paper = Paper(
        Marks(keys.index_key(folder)),
        Links(b"k" * 48),
        Places("https://desk.lantern.example", "en"),
        "lantern.example",
        signer() if options.signed else None,
    )
    ways = Ways((Relay(place),), signer=paper.signer)
    return Setup(ways, Opener.unlock(folder, PASSPHRASE), paper, options.processes)


def signer() -> Any:
    from cryptography.hazmat.primitives.asymmetric import rsa

    from tamizdat.newsletters.sender.dkim import Signer

    return Signer(rsa.generate_private_key(65537, 2048), "lantern.example", "n1")


def one_loop(home: Path, number: int, setup: Any, options: argparse.Namespace) -> None:
    """Send until nothing is left, and write down what it took."""
    import random

    from django.utils import timezone

    from tamizdat.newsletters.sender import booking, claims, dkim, letterheads, loop
    from tamizdat.newsletters.sender.journal import Journal, boot_id
    from tamizdat.newsletters.sender.models import Sending
    from tamizdat.vault.opening import Opener

    spent: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    timed(spent, claims, "claim", "claiming")
    timed(spent, Opener, "open", "opening")
    timed(spent, letterheads.Letterhead, "mail", "filling in")
    timed(spent, dkim.Signer, "signature", "signing")
    timed(spent, booking, "book", "booking")
    timed(counts, letterheads.Letterhead, "__init__", "stencils", lambda _: 1)
    journal = Journal(home / f"{number}.journal", number + 1, boot_id())
    clocks = loop.Clocks(timezone.now, time.monotonic, random.random)
    mine = loop.Loop(setup, journal, clocks, say, lays_out=number == 0)
    marks: list[tuple[float, int]] = []
    before, began = os.times(), time.perf_counter()
    waited = watched(mine)
    profile = started(options)
    sent, looked = 0, 0.0
    while True:
        mine.turn()
        if time.perf_counter() - looked < 0.5:
            continue
        looked = time.perf_counter()
        found = Sending.objects.get(issue=ISSUE)
        marks.append((looked - began, found.sent))
        if found.state == "sent":
            break
    mine.end()
    after, took = os.times(), time.perf_counter() - began
    if profile:
        profile.disable()
        profile.dump_stats(home / f"loop-{number}.prof")
        say(f"profile: {home / f'loop-{number}.prof'}")
    sent = Sending.objects.get(issue=ISSUE).sent
    spent["filling in"] -= spent["signing"]
    cpu = after.user + after.system - before.user - before.system
    spent["the line to the server, and all else"] = took - waited[0] - sum(spent.values())
    told = {
        "sent": sent if number == 0 else 0,
        "seconds": round(took, 2),
        "cpu_seconds": round(cpu, 2),
        "mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "tenths": tenths(marks),
        "stencils": counts["stencils"],
        "shares": dict(spent),
    }
    (home / f"loop-{number}.json").write_text(json.dumps(told))


def started(options: argparse.Namespace) -> Any:
    if not options.profile:
        return None
    import cProfile

    profile = cProfile.Profile()
    profile.enable()
    return profile


def timed(
    spent: Counter[str],
    owner: Any,
    name: str,
    label: str,
    cost: Callable[[float], float] = lambda seconds: seconds,
) -> None:
    """Add up what a function takes."""
    kept = getattr(owner, name)

    def run(*words: Any, **named: Any) -> Any:
        began = time.perf_counter()
        try:
            return kept(*words, **named)
        finally:
            spent[label] += cost(time.perf_counter() - began)  # type: ignore[assignment]  # seconds

    setattr(owner, name, run)


def watched(mine: Any) -> list[float]:
    """Add up what a loop waits for its sockets, in the list's one number."""
    waited = [0.0]
    selector = mine._lines._selector
    select = selector.select

    def run(patience: float) -> Any:
        began = time.perf_counter()
        try:
            return select(patience)
        finally:
            waited[0] += time.perf_counter() - began

    selector.select = run
    return waited


def tenths(marks: list[tuple[float, int]]) -> list[int]:
    """Return the mails a second in the first and in the last tenth."""
    whole = marks[-1][1]
    parts = []
    for low, high in ((0.0, 0.1), (0.8, 0.95)):
        inside = [mark for mark in marks if low * whole <= mark[1] <= high * whole]
        if len(inside) < 2:
            return []
        (t0, n0), (t1, n1) = inside[0], inside[-1]
        parts.append(round((n1 - n0) / (t1 - t0)) if t1 > t0 else 0)
    return parts


# The machine


def yardstick() -> dict[str, int]:
    """Say what one core of this machine does of each single step in a second of its time."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding, rsa

    from tamizdat.vault.sealing import Pair, open_own, seal

    pair, key = Pair.make(), b"i" * 32
    sealed = seal("reader.4f2a@d17.example", pair.public, key)
    rsa_key = rsa.generate_private_key(65537, 2048)
    return {
        "boxes_opened": rate(lambda: open_own(sealed, pair, key)),
        "rsa_2048": rate(lambda: rsa_key.sign(b"x" * 1500, padding.PKCS1v15(), hashes.SHA256())),
        "splices_and_writes": writes(),
    }


def rate(deed: Callable[[], object], seconds: float = 1.0) -> int:
    began, count = time.process_time(), 0
    while (took := time.process_time() - began) < seconds:
        for _ in range(20):
            deed()
        count += 20
    return round(count / took)


def writes() -> int:
    """Splice mails of 32 KB and write them to a program that throws them away."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        child = os.fork()
        if not child:
            taken, _ = server.accept()
            while taken.recv(1 << 18):
                pass
            os._exit(0)
        with socket.create_connection(server.getsockname()) as line:
            pieces = [b"x" * (KILOBYTES * 1024 // 8)] * 8
            found = rate(lambda: line.sendall(b"value".join(pieces)))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    return found


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    main()
