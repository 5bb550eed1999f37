"""What our reader accepts, python-tuf's own client accepts too.

Where the two differ is listed, and why. One difference matters to whoever rotates keys: after a
fast-forward python-tuf's client recovers only when the *timestamp's* key is a new one, because it
looks at whether its kept files still verify, not at which key changed (TUF 5.3.11).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import time_machine
from tuf.api.exceptions import DownloadError, DownloadHTTPError, RepositoryError
from tuf.ngclient import FetcherInterface, Updater, UpdaterConfig

from tamizdat.edition.metadata import moment
from tests.edition.test_vectors import VISITS, named

BASE = "https://mirror.example/"
# What python-tuf's client takes and we refuse, and the other way round.
STRICTER = {
    "two editions of one number",
    "key compromise: one key under two ids",
    "malformed: a key stands twice",
    "a bad path in a bin",
    "a path of 1001 characters",
    "85 patterns, and sixteen of hashes",
    "a pattern of 1,001 characters",
    "more roles than there may be",
}
LESS_STRICT = {"fast-forward, and recovery by a new root"}  # its snapshot alone has a new key


class Fetcher(FetcherInterface):
    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def _fetch(self, url: str) -> Iterator[bytes]:
        path = unquote(url.removeprefix(BASE))
        if path not in self.files:
            raise DownloadHTTPError("not there", 404)
        return iter([self.files[path]])


@named(VISITS["cases"])
def test_both_accept_and_refuse_the_same(case: Any, tmp_path: Path) -> None:
    texts = {name: text.encode() for name, text in VISITS["texts"].items()}
    fetcher = Fetcher()
    differences = set()
    for number, step in enumerate(case["steps"]):
        for path, name in step["files"].items():
            if name is None:
                del fetcher.files[path]
            else:
                fetcher.files[path] = texts[name]
        if not step["refuse_expired"]:  # python-tuf knows no other way
            continue
        with time_machine.travel(moment(step["now"]), tick=False):
            root = texts[case["root"]] if number == 0 else None
            theirs = visit(tmp_path, fetcher, root, step["page"])
        differences.add((theirs, "error" not in step["expect"]))
    assert ((True, False) in differences) == (case["name"] in STRICTER)
    assert ((False, True) in differences) == (case["name"] in LESS_STRICT)


def visit(folder: Path, fetcher: Fetcher, root: bytes | None, page: str) -> bool:
    """Say whether python-tuf's client is content with what it finds."""
    config = UpdaterConfig(prefix_targets_with_hash=False)
    (folder / "files").mkdir(exist_ok=True)
    places = (str(folder), f"{BASE}signed/", str(folder / "files"), BASE)
    try:
        updater = Updater(*places, fetcher=fetcher, config=config, bootstrap=root)
        updater.refresh()
        target = updater.get_targetinfo(page)
        if target is not None:
            updater.download_target(target)
    except (RepositoryError, DownloadError):
        return False
    return True
