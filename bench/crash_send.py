"""The sender killed at random instants, and servers that fail: who gets what, and how often.

    python bench/crash_send.py --kills 300 [--db postgres]

A crew of two loops sends issue after issue to a server that writes down each mail before it says
that it took it. A loop, or the whole crew, is killed with SIGKILL at a random instant and started
again as serve would. At the end of each issue every subscriber is looked for in the server's log:

* ``skipped``: a subscriber of whom the sender says that she was sent to, and was not; or of whom it
  says nothing;
* ``twice``: a subscriber who got it twice;
* ``uncertain``: deliveries of which the sender says that it does not know.

``dead_half`` sends to twenty domains, first all well and then with every second one asking for
patience: the speed of the healthy ones in the second case as a part of that in the first. Prints
one JSON object.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from newsroom import ROOT, again, circumstances, end, enter, free_port, newsroom, say, wait_for
from send import PASSPHRASE, database, make_keys

LETTER = UUID(int=1)
LOOPS, LINES = 2, 4
PATIENCE = 300.0  # seconds for one issue to end


def main() -> None:
    options = arguments()
    if options.home:
        print(json.dumps(play(options.home, options), indent=2))
        return
    with database(options.db), newsroom(options.keep) as home:
        again(__file__, "--home", home, "--kills", options.kills, "--seed", options.seed,
              "--subscribers", options.subscribers)  # fmt: skip


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--kills", type=int, default=40)
    parser.add_argument("--subscribers", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--db", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--home", type=Path, help="a newsroom that is there; it is used")
    parser.add_argument("--keep", action="store_true", help="leave the newsroom's folder there")
    return parser.parse_args()


def play(home: Path, options: argparse.Namespace) -> dict[str, Any]:
    enter(home)
    make_keys(home, options)
    fill(home, options.subscribers)
    chance = random.Random(options.seed)
    began = time.monotonic()
    counts: Counter[str] = Counter()
    wrong: list[str] = []
    while counts["kills"] < options.kills:
        counts.update(one_issue(home, options.kills - counts["kills"], chance, wrong))
        say(f"{counts['kills']} kills")
    return {
        "bench": "crash_send",
        "seed": options.seed,
        "subscribers": options.subscribers,
        "loops": LOOPS,
        "lines_a_loop": LINES,
        **circumstances(),
        "skipped": 0,
        "twice": 0,
        **counts,
        "what": wrong[:20],
        "uncertain_a_kill": round(counts["uncertain"] / max(1, counts["kills"]), 2),
        "dead_half": dead_half(home, options.subscribers),
        "seconds": round(time.monotonic() - began, 1),
    }


def fill(home: Path, count: int) -> None:
    from django.utils import timezone

    from tamizdat.newsletters.subscribers.models import Subscription
    from tamizdat.vault.importing import keep_all
    from tamizdat.vault.models import Address

    now = timezone.now()
    invented = (f"reader{n}@d{n % 20}.example" for n in range(count))
    for _ in keep_all(invented, home / "keys" / "vault", now, lambda seconds: None):
        pass
    values = {"newsletter": LETTER, "language": "en", "consent": "2026-11", "consented_at": now}
    keys = Address.objects.values_list("pk", flat=True)
    Subscription.objects.bulk_create(
        [Subscription(address_id=key, **values) for key in keys], batch_size=2000
    )


def begin() -> UUID:
    from django.utils import timezone

    from tamizdat.newsletters.sender import sendings
    from tests.newsletters.sender.people import stencil

    issue, now = uuid4(), timezone.now()
    sending = sendings.schedule(sendings.Plan(issue, LETTER, "en", now), now)
    sendings.begin(sending, {"digest": stencil("The dam holds. " * 200)}, now)
    return issue


# Kills


def one_issue(home: Path, most: int, chance: random.Random, wrong: list[str]) -> Counter[str]:
    """Send one issue, killing all the while; return what happened."""
    issue, counts = begin(), Counter[str]()
    with server(home, "none") as (port, log):
        crew = start(home, port)
        until = time.monotonic() + PATIENCE
        while not is_over(issue):
            if time.monotonic() > until:
                wrong.append(f"not over: {states(issue)}")
                break
            time.sleep(chance.uniform(0, 0.6) ** 2 + 0.02)
            if counts["kills"] < most and (victim := choose(crew, chance)):
                with suppress(ProcessLookupError):
                    os.kill(victim, signal.SIGKILL)
                    counts["kills"] += 1
                    counts["kills of the crew"] += victim == crew
                if victim == crew:
                    os.waitpid(crew, 0)
                    crew = start(home, port)
        os.kill(crew, signal.SIGTERM)
        os.waitpid(crew, 0)
        return counts + looked_at(issue, log, wrong)


def choose(crew: int, chance: random.Random) -> int:
    """Choose whom to kill: the crew, or one of its loops."""
    loops = [int(each.name) for each in Path("/proc").glob("[0-9]*") if parent_of(each) == crew]
    return chance.choice([crew, *loops, *loops])


def parent_of(process: Path) -> int:
    try:
        return int((process / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def start(home: Path, port: int) -> int:
    """Fork a crew from this process, which has loaded everything."""
    from django.db import connections

    connections.close_all()
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        os.setsid()
        die_with_parent()
        opened = os.open(home / "run" / "crashes.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(opened, 2)
        stay(home, port)
        code = 0
    finally:
        os._exit(code)


def die_with_parent() -> None:
    """Leave no crew behind where the bench itself is ended."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG, prctl(2)


def stay(home: Path, port: int) -> None:
    """Be a crew; begin again while the loops of a killed one are dying, as serve does."""
    from tamizdat.desk.post.staying import IsAtWork

    crew = crew_of(home, port)
    while not crew.is_told:
        try:
            crew.stay()
        except IsAtWork:
            time.sleep(0.05)


def crew_of(home: Path, port: int) -> Any:
    from django.utils import timezone

    from tamizdat.newsletters.sender import crew as crews
    from tamizdat.newsletters.sender.loop import Clocks
    from tamizdat.vault.opening import Opener

    crews.PAUSE, crews.LOOK_EVERY, crews.WAITING = 0.02, 0.05, 0.2
    folder = home / "keys" / "vault"
    global opener
    opener = opener or Opener.unlock(folder, PASSPHRASE)
    clocks = Clocks(timezone.now, time.monotonic, random.random)
    setup = setup_of(folder, port, opener)
    return crews.Crew(home / "run", lambda: setup, lambda: None, clocks, say)


opener: Any = None


def setup_of(folder: Path, port: int, opened: Any) -> Any:
    from tamizdat.newsletters.sender.letterheads import Paper
    from tamizdat.newsletters.sender.loop import Setup
    from tamizdat.newsletters.sender.marks import Marks
    from tamizdat.newsletters.sender.relays import Relay, Ways
    from tamizdat.newsletters.sender.talking import Place
    from tamizdat.newsletters.subscribers.links import Links, Places
    from tamizdat.vault import keys

    places = Places("https://desk.example", "en")
    paper = Paper(Marks(keys.index_key(folder)), Links(b"k" * 48), places, "lantern.example")
    place = Place("127.0.0.1", port, must_start=False)
    return Setup(Ways((Relay(place, lines=LINES),)), opened, paper, LOOPS)


@contextmanager
def server(home: Path, fault: str) -> Iterator[tuple[int, Path]]:
    port, log = free_port(), home / "run" / f"{uuid4().hex}.log"
    log.touch()
    module = "tests.newsletters.sender.servers"
    words = [sys.executable, "-m", module, str(port), str(log), fault]
    process = subprocess.Popen(words, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)})
    try:
        wait_for(port)
        yield port, log
    finally:
        end(process)


# Looking


def is_over(issue: UUID) -> bool:
    from tamizdat.newsletters.sender.models import Sending

    return bool(Sending.objects.get(issue=issue).state == "sent")


def states(issue: UUID) -> dict[str, int]:
    from tamizdat.newsletters.sender.models import Delivery

    rows = Delivery.objects.filter(sending__issue=issue).values_list("state", flat=True)
    return dict(Counter(rows))


def looked_at(issue: UUID, log: Path, wrong: list[str]) -> Counter[str]:
    """Compare what the sender says with what the server took."""
    from tamizdat.newsletters.sender.models import Delivery
    from tamizdat.newsletters.subscribers.models import Subscription

    taken = Counter(log.read_text().split())
    people = Subscription.objects.select_related("address")
    names = {each.pk: opener_here().open(each.address.sealed) for each in people}
    counts: Counter[str] = Counter(issues=1, mails=sum(taken.values()))
    for row in Delivery.objects.filter(sending__issue=issue):
        count = taken[names.pop(row.subscription)]
        counts[row.state] += 1
        if count > 1:
            counts["twice"] += 1
            wrong.append(f"{row.state}: {count} times")
        if count == 0 and row.state != "uncertain":
            counts["skipped"] += 1
            wrong.append(f"{row.state}: never came")
        counts["uncertain and taken"] += row.state == "uncertain" and count == 1
    counts["skipped"] += len(names)
    return counts


def opener_here() -> Any:
    global opener
    if opener is None:
        from django.conf import settings

        from tamizdat.vault.opening import Opener

        opener = Opener.unlock(Path(settings.VAULT_KEYS_ROOT), PASSPHRASE)
    return opener


# Half of the domains


def dead_half(home: Path, count: int) -> dict[str, Any]:
    """Return the speed of healthy domains beside dead ones, against that among healthy ones."""
    well = speed(home, "none", count) / 2  # half of these mails go to the domains that stay well
    beside = speed(home, "dead", count // 2)
    return {"alone": round(well), "beside": round(beside), "share": round(beside / well, 2)}


def speed(home: Path, fault: str, wanted: int) -> float:
    """Return how many mails a second came, until so many had."""
    issue = begin()
    with server(home, fault) as (port, log):
        crew = start(home, port)
        began = first = 0.0
        until = time.monotonic() + PATIENCE
        while (came := len(log.read_bytes().splitlines())) < wanted:
            if time.monotonic() > until:
                raise SystemExit(f"{came} of {wanted} came: {states(issue)}")
            first = first or (time.monotonic() if came else 0.0)
            time.sleep(0.01)
        took = time.monotonic() - (first or began)
        os.kill(crew, signal.SIGTERM)
        os.waitpid(crew, 0)
    from tamizdat.newsletters.sender.models import Sending

    Sending.objects.filter(issue=issue).update(state="stopped")
    return wanted / took


if __name__ == "__main__":
    main()
