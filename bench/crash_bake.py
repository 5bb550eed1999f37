"""Bakers killed at random instants over a newsroom at work: what readers and editors notice.

    python bench/crash_bake.py --kills 300 --stories 500

An editor publishes, corrects, withdraws and deletes stories without end; a baker (resident, or one
bake, or one full bake with all its hands) is killed with SIGKILL at a random instant and started
again; a reader (``bench/looking.py``) looks at the folder all the while. At the end the baker may
finish, and everything is compared with the newsroom's database: what is published is there and
signed, what was withdrawn is nowhere.

The processes are forked from one that has loaded everything, so that kills fall into the work and
not into the start of Python. Prints one JSON object.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import os
import random
import re
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from textwrap import wrap
from typing import Any

import brotli
from newsroom import ROOT, again, circumstances, enter, newsroom, run, say

WAYS = {"resident": 6, "bake": 3, "bake --full": 1}  # how often each
LONGEST = 0.8  # seconds that a baker lives
SIGN = "zq"  # begins the word by which each headline is found again (its slug keeps the first)
WORD = re.compile(rb"The (zq[0-9a-f]{12}) report")
ORPHANS = 5.0  # seconds in which a dead baker's hands must be gone


def main() -> None:
    options = arguments()
    if options.home:
        print(json.dumps(play(options.home, options), indent=2))
        return
    with newsroom(options.keep) as home:
        again(__file__, "--fill", home, "--stories", options.stories)
        run("bake", "--full", "--home", home)
        print(json.dumps(play(home, options), indent=2))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--kills", type=int, default=40)
    parser.add_argument("--stories", type=int, default=500, help="there from the start")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--home", type=Path, help="a newsroom that is there and baked; it is used")
    parser.add_argument("--keep", action="store_true", help="leave the newsroom's folder there")
    parser.add_argument("--fill", metavar="DIR", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.fill:
        enter(Path(options.fill))
        import archive
        from django.utils import timezone

        archive.build(options.stories, timezone.now(), words=80)
        sys.exit()
    return options


def play(home: Path, options: argparse.Namespace) -> dict[str, Any]:
    chance = random.Random(options.seed)
    enter(home)
    began = time.monotonic()
    editor = fork(lambda: edit(chance.getrandbits(32)), home)
    reader = fork(lambda: read(home, chance.getrandbits(32)), home)
    try:
        counts = kill_bakers(options.kills, chance, home)
    finally:
        stop(editor)
    finish = fork(lambda: bake("bake"), home)
    failed = os.waitpid(finish, 0)[1]
    stop(reader)
    seen = json.loads((home / "run" / "seen.json").read_text())
    return {
        "bench": "crash_bake",
        "seed": options.seed,
        "seconds": round(time.monotonic() - began, 1),
        **circumstances(),
        **counts,
        **seen,
        "last_bake_failed": bool(failed),
        **settle(home),
    }


# Processes


def fork(deed: Callable[[], object], home: Path) -> int:
    """Do something in a process of its own, which leads its own group; return its id."""
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        os.setsid()
        log = os.open(home / "run" / "crashes.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(log, 2)
        os.dup2(log, 1)
        deed()
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def stop(child: int) -> None:
    os.kill(child, signal.SIGTERM)
    os.waitpid(child, 0)


def kill_bakers(kills: int, chance: random.Random, home: Path) -> dict[str, Any]:
    counts: Counter[str] = Counter()
    while counts["kills"] < kills:
        way = chance.choices(list(WAYS), list(WAYS.values()))[0]
        baker = fork(lambda way=way: bake(way), home)  # type: ignore[misc]  # bound at once
        time.sleep(chance.uniform(0, LONGEST) ** 2 / LONGEST)  # more of them early
        is_over, status = os.waitpid(baker, os.WNOHANG)
        if is_over:
            counts["bakes_that_ended"] += 1
            counts["bakes_that_failed"] += status != 0
            continue
        os.kill(baker, signal.SIGKILL)
        os.waitpid(baker, 0)
        counts["kills"] += 1
        counts[f"kills of {way}"] += 1
        counts["orphans"] += not is_gone(baker)
        if counts["kills"] % 50 == 0:
            say(f"{counts['kills']} kills")
    return dict(counts)


def is_gone(group: int) -> bool:
    """Wait until nothing of a dead baker's group is left: its hands die with it."""
    until = time.monotonic() + ORPHANS
    while time.monotonic() < until:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.002)
    return False


def bake(way: str) -> None:
    from django.core.management import call_command

    call_command("bake", resident=way == "resident", full=way == "bake --full")


def read(home: Path, seed: int) -> None:
    from looking import Looking

    looking = Looking(home / "edition", random.Random(seed))
    told: list[int] = []
    signal.signal(signal.SIGTERM, lambda *_: told.append(1))
    while not told:
        looking.look()
    found = {**looking.counts, "broken": len(looking.broken), "what": looking.broken[:20]}
    (home / "run" / "seen.json").write_text(json.dumps(found))


# The editor


def edit(seed: int) -> None:
    """Publish, correct, withdraw and delete, until told to stop."""
    told: list[int] = []
    signal.signal(signal.SIGTERM, lambda *_: told.append(1))
    sys.path.insert(0, str(ROOT))
    from tamizdat.stories.models import Home

    desk = Desk(Home.objects.order_by("path").first(), random.Random(seed))
    while not told:
        desk.act()
        time.sleep(desk.chance.uniform(0, 0.1))


class Desk:
    """An editor in a hurry. Each headline has a word of its own, by which it can be found. Some
    stories come in parts, and gain or lose some with each correction."""

    def __init__(self, home: Any, chance: random.Random) -> None:
        self.home, self.chance, self.mine = home, chance, []

    def act(self) -> None:
        from wagtail.rich_text import RichText

        from tests.writing import publish, published

        deed = self.chance.choices(("new", "correct", "withdraw", "delete"), (4, 4, 2, 1))[0]
        if deed == "new" or not self.mine:
            photo = self._photo() if self.chance.random() < 0.3 else None
            values = {"lead_photo": photo, "text": self._text()}
            self.mine.append(published(self.home, self._headline(), **values).pk)
            return
        story = self._story()
        if deed == "correct":
            story.title = self._headline()
            story.body = [("text", RichText(self._text()))]
            publish(story)
        elif deed == "withdraw":
            story.unpublish()
        else:
            self.mine.remove(story.pk)
            story.delete()

    def _story(self) -> Any:
        from tamizdat.stories.models import Story

        return Story.objects.get(pk=self.chance.choice(self.mine))

    def _headline(self) -> str:
        return f"The {SIGN}{self.chance.getrandbits(48):012x} report"

    def _text(self) -> str:
        paragraphs = self.chance.choice((1, 1, 40, 120))
        texts = (f"{self.chance.getrandbits(1200):x}" for _ in range(paragraphs))
        return "".join(f"<p>{' '.join(wrap(text, 6))}</p>" for text in texts)

    def _photo(self) -> Any:
        from io import BytesIO

        from django.core.files.base import ContentFile
        from PIL import Image

        from tamizdat.stories.models import Photo

        drawn = BytesIO()
        colour = f"#{self.chance.getrandbits(24):06x}"
        Image.new("RGB", (320, 200), colour).save(drawn, "PNG")
        photo = Photo(title="harbour", description="The harbour", credit="V. Orlan")
        photo.file = ContentFile(drawn.getvalue(), "harbour.png")
        photo.save()
        return photo


# The end


def settle(home: Path) -> dict[str, Any]:
    """Compare what stands with what the newsroom has published."""
    from django.utils import timezone
    from looking import Looking, everything

    from tamizdat.stories.models import Story

    edition = home / "edition"
    pages = {
        each.relative_to(edition).as_posix(): each.read_bytes() for each in edition.rglob("*.html")
    }
    public = Story.objects.public(timezone.now()).select_related("locale")
    wanted = {f"{story.public_path.strip('/')}/index.html": story.title for story in public}
    lost = [path for path, title in wanted.items() if title.encode() not in pages.get(path, b"")]
    words = {title.split()[1] for title in wanted.values() if f" {SIGN}" in title}
    found = {word.decode() for data in pages.values() for word in WORD.findall(data)}
    listed, last = everything(edition), Looking(edition, random.Random(1))
    there = files_of(edition)
    for _ in range(20):
        last.look()
    return {
        "published": len(wanted),
        "lost": len(lost) + sum(1 for path in wanted if path not in listed),
        "left_over": len(found - words),  # words of headlines that nobody should find any more
        "unsigned": sorted(set(there) - set(listed))[:20],  # files that stand and should not
        "missing": sorted(set(listed) - set(there))[:20],
        "wrong": sum(1 for path in there if path in listed and listed[path] != there[path]),
        "torn": sum(1 for path in pages if not is_whole(edition / path)),
        "broken_at_the_end": last.broken[:20],
    }


def files_of(edition: Path) -> dict[str, str]:
    """Return the SHA-256 of every file that readers may ask for, compressed siblings left out."""
    found = {}
    for file in edition.rglob("*"):
        path = file.relative_to(edition).as_posix()
        is_other = path.startswith(("signed/", "bundles/")) or file.suffix in (
            ".br",
            ".gz",
            ".part",
        )
        if file.is_file() and not is_other:
            found[path] = hashlib.sha256(file.read_bytes()).hexdigest()
    return found


def is_whole(page: Path) -> bool:
    """Say whether a page's compressed siblings decode to just its bytes."""
    data = page.read_bytes()
    packed = page.with_name(page.name + ".br"), page.with_name(page.name + ".gz")
    return (
        brotli.decompress(packed[0].read_bytes()) == gzip.decompress(packed[1].read_bytes()) == data
    )


if __name__ == "__main__":
    main()
