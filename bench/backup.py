"""Backing up a large newsroom while an editor saves, and bringing it back.

    python bench/backup.py --stories 100000 --addresses 1000000

Makes a newsroom with that many stories, addresses and some uploads, and measures

* ``backup``: a whole backup; how long an editor's saves took meanwhile, and without it;
* ``second``: the next one, which holds no upload again;
* ``check``: reading all of it;
* ``restore``: bringing it back in an empty folder (not the bake that follows).

An editor's save is Wagtail's ``save_revision`` and a row of one's own, every quarter of a second.
Memory is what all processes together had at most (anonymous). Prints one JSON object.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from newsroom import Done, again, circumstances, command, end, enter, measured, newsroom, say, until

EVERY = 0.25  # seconds between an editor's saves
UPLOADS, UPLOAD = 500, 200_000  # files, and bytes of each
MIB = 1 << 20


def main() -> None:
    options = arguments()
    if options.act:
        home, deed = Path(options.act[0]), options.act[1]
        enter(home)
        {"stories": make_stories, "editor": edit}[deed](home, options)
        return
    with newsroom() as home, tempfile.TemporaryDirectory(prefix="tamizdat-bench-") as aside:
        print(json.dumps(one(home, Path(aside), options), indent=2))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--stories", type=int, default=10_000)
    parser.add_argument("--addresses", type=int, default=100_000)
    parser.add_argument("--act", nargs=2, metavar=("DIR", "DEED"), help=argparse.SUPPRESS)
    return parser.parse_args()


def one(home: Path, aside: Path, options: argparse.Namespace) -> dict[str, Any]:
    fill(home, options)
    key = make_key(home, aside)
    to = aside / "backups"
    found: dict[str, Any] = {
        "bench": "backup", "stories": options.stories, "addresses": options.addresses,
        **circumstances(), "database_mib": size_of(home.glob("**/*.sqlite3")),
        "uploads_mib": size_of((home / "uploads").iterdir()),
    }  # fmt: skip
    found["saves_alone"] = saves(home, lambda: time.sleep(15))
    backing_up = command("backup", "--home", home, "--to", to)
    done: list[Done] = []
    found["saves_meanwhile"] = saves(home, lambda: done.append(measured(backing_up)))
    found["backup"] = costs(done[0]) | {"file_mib": size_of(to.glob("*.age"))}
    before = size_of(to.glob("*.age"))
    found["second"] = costs(measured(backing_up)) | {"file_mib": size_of(to.glob("*.age")) - before}
    newest = max(to.glob("*.age"))
    found["check"] = costs(measured(command("restore", newest, *key, "--check")))
    found["restore"] = costs(measured(command("restore", newest, *key, "--home", aside / "again")))
    if not (aside / "again" / "newsroom.env").exists():
        raise SystemExit("the restore did not come to its end")
    found["restore"]["minutes"] = round(found["restore"]["seconds"] / 60, 2)
    return found


def fill(home: Path, options: argparse.Namespace) -> None:
    say("making stories …")
    again(__file__, "--act", home, "stories", "--stories", options.stories)
    say("making addresses …")
    vault = Path(__file__).with_name("vault.py")
    for deed in ("keys", "import"):
        again(str(vault), "--act", home, deed, "--addresses", options.addresses)
    (home / "uploads").mkdir(exist_ok=True)
    for number in range(UPLOADS):
        (home / "uploads" / f"{number}.jpg").write_bytes(os.urandom(UPLOAD))


def make_key(home: Path, aside: Path) -> list[object]:
    from tamizdat.edition.rootkeys import new_identity

    secret, file = aside / "secret.txt", aside / "key.age"
    secret.write_text(new_identity())
    words = ["--passphrase-file", secret]
    subprocess.run(command("backup", "--home", home, "--new-key", file, *words), check=True,
                   stdout=subprocess.DEVNULL)  # fmt: skip
    return ["--identity", file, *words]


def costs(done: Done) -> dict[str, Any]:
    return {
        "seconds": round(done.seconds, 1),
        "cpu_seconds": round(done.cpu_seconds, 1),
        "memory_mib": round(done.peak.own / MIB),
    }


def size_of(files: Any) -> int:
    return round(sum(file.stat().st_size for file in files) / MIB)


def saves(home: Path, meanwhile: Any) -> dict[str, Any]:
    """Let an editor save while something happens; return how long saves took (milliseconds)."""
    said = home / "run" / "saves.json"
    said.unlink(missing_ok=True)
    words = [sys.executable, __file__, "--act", str(home), "editor"]
    editor = subprocess.Popen(words)
    try:
        until((home / "run" / "editor.began").exists, 120, "the editor did not begin")
        meanwhile()
        (home / "run" / "editor.began").unlink()
        until(said.exists, 60, "the editor did not end")
    finally:
        end(editor)
    taken = json.loads(said.read_text())
    return {
        "saves": len(taken),
        "median_ms": round(sorted(taken)[len(taken) // 2]),
        "longest_ms": round(max(taken)),
    }


# In processes of their own


def make_stories(home: Path, options: argparse.Namespace) -> None:
    import archive
    from django.utils import timezone

    archive.build(options.stories, timezone.now())


def edit(home: Path, options: argparse.Namespace) -> None:
    from tamizdat.stories.models import Story

    began, taken = home / "run" / "editor.began", []
    story = Story.objects.order_by("pk").last()
    story.save_revision()
    began.touch()
    while began.exists():
        story.title = f"{story.title[:40]} {len(taken)}"
        start = time.monotonic()
        story.save_revision()
        Story.objects.filter(pk=story.pk).update(draft_title=story.title)
        taken.append((time.monotonic() - start) * 1000)
        time.sleep(EVERY)
    aside = home / "run" / "saves.new"
    aside.write_text(json.dumps(taken))
    aside.rename(home / "run" / "saves.json")


if __name__ == "__main__":
    main()
