"""The files of an edition, as they lie on disk: how many, which changed, what they weigh."""

from __future__ import annotations

import hashlib
import json
import os
import random
import statistics
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SIBLINGS = (".br", ".gz")
WEIGHED = 50  # stories

Stand = dict[str, tuple[int, int]]  # path: its inode and the moment of its bytes


@dataclass(frozen=True)
class Changed:
    """A file that was written, or is gone (``moment`` 0)."""

    path: str
    moment: int


def stand(edition: Path) -> Stand:
    """Say which files stand now. A file that is written again is another inode."""
    found: Stand = {}
    folders = [str(edition)]
    while folders:
        with os.scandir(folders.pop()) as entries:
            for each in entries:
                if each.is_dir(follow_symlinks=False):
                    folders.append(each.path)
                elif not each.name.endswith(".part"):
                    about = each.stat(follow_symlinks=False)
                    found[each.path[len(str(edition)) + 1 :]] = (about.st_ino, about.st_mtime_ns)
    return found


def count(edition: Path) -> int:
    return len(stand(edition))


def changed(before: Stand, after: Stand) -> list[Changed]:
    written = [Changed(path, now[1]) for path, now in after.items() if before.get(path) != now]
    return written + [Changed(path, 0) for path in before if path not in after]


def sorted_out(changes: Iterable[Changed]) -> dict[str, int]:
    """Count by kind: pages and assets, their compressed siblings, metadata, bundles, and gone."""
    kinds = Counter(_kind(each) for each in changes)
    return {kind: kinds[kind] for kind in ("targets", "siblings", "metadata", "bundles", "gone")}


def _kind(each: Changed) -> str:
    if not each.moment:
        return "gone"
    if each.path.startswith("signed/"):
        return "metadata"
    if each.path.startswith("bundles/"):
        return "bundles"
    return "siblings" if each.path.endswith(SIBLINGS) else "targets"


# What a reader loads to check one story (docs/edition-format.md)


def wire(edition: Path) -> dict[str, Any]:
    """Weigh timestamp, snapshot, bin and page of some random stories, in brotli where it is."""
    if not (edition / "signed/timestamp.json").exists():
        return {"missing": "this edition is not signed"}
    timestamp = _signed(edition / "signed/timestamp.json")
    number = timestamp["meta"]["snapshot.json"]["version"]
    snapshot = edition / f"signed/{number}.snapshot.json"
    versions = {name: each["version"] for name, each in _signed(snapshot)["meta"].items()}
    bins = sorted(name for name in versions if name.startswith("pages-"))
    fixed = _weight(edition / "signed/timestamp.json") + _weight(snapshot)
    stories = sorted(path for path in _paths(edition) if path.count("/") == 3)
    chosen = random.Random(7).sample(stories, min(WEIGHED, len(stories)))
    pages = [_weight(edition / path) for path in chosen]
    listed = [_weight(edition / _bin(path, bins, versions)) for path in chosen]
    whole = [fixed + page + each for page, each in zip(pages, listed, strict=True)]
    return {
        "stories": len(chosen),
        "bins": len(bins),
        "median": statistics.median(whole),
        "max": max(whole),
        "timestamp": _weight(edition / "signed/timestamp.json"),
        "snapshot": _weight(snapshot),
        "bin_median": statistics.median(listed),
        "page_median": statistics.median(pages),
    }


def _signed(file: Path) -> dict[str, Any]:
    signed: dict[str, Any] = json.loads(file.read_bytes())["signed"]
    return signed


def _paths(edition: Path) -> Iterable[str]:
    """Name the pages below a month: 2026/11/slug/index.html."""
    for path in stand(edition):
        if path[:4].isdigit() and path.endswith("/index.html") and not _is_list(path):
            yield path


def _is_list(path: str) -> bool:
    return "/page/" in path


def _weight(file: Path) -> int:
    small = file.with_name(file.name + ".br")
    return (small if small.exists() else file).stat().st_size


def _bin(path: str, bins: list[str], versions: dict[str, int]) -> str:
    """Name the file of the bin that lists a path, as TUF's succinct roles have it."""
    bits = (len(bins) - 1).bit_length()
    first = int.from_bytes(hashlib.sha256(path.encode()).digest()[:4], "big")
    name = bins[first >> (32 - bits) if bits else 0]
    return f"signed/{versions[name]}.{name}"
