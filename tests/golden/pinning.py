"""What of the golden edition is pinned, and how it is written down to be read.

A pinned page is what a reader gets, but for what says nothing to somebody who reads it: the style
sheet (it stands in ``reader/style``) and digests: the names of media files are digests of what an
encoder made, others follow from keys. ``readable`` puts a sign in their places.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

PAGES = Path(__file__).parent / "pages"
RENEW = "RENEW_GOLDEN"  # the environment variable that has them written anew: make golden

# In the other languages only what differs by more than its words.
OTHER_LANGUAGES = re.compile(
    r"(ru|fa)/(index|404|2026/11/(plotina|sadd)/index|politics/index|search/index"
    r"|newsletters/friday-letter/index)\.html"
)
_STYLE = re.compile(r"<style>.*?</style>", re.DOTALL)
_DIGEST = re.compile(r"sha256-[A-Za-z0-9+/]{43}=")
_MEDIA = re.compile(r"media/[0-9a-f]{64}")
_OTHER = re.compile(r"\b[0-9a-f]{64}\b|\b(?:[0-9a-f]{4} ){15}[0-9a-f]{4}\b")  # of the root's keys


def is_pinned(path: str) -> bool:
    is_page = path.endswith(".html") and not path.startswith(("media/", "signed/", "bundles/"))
    is_english = not path.startswith(("ru/", "fa/"))
    return is_page and (is_english or OTHER_LANGUAGES.fullmatch(path) is not None)


def baked(root: Path) -> dict[str, str]:
    """Return the pinned part of a baked edition by path, readable."""
    files = {file.relative_to(root).as_posix(): file for file in root.rglob("*.html")}
    return {
        path: readable(files[path].read_text(encoding="utf-8"))
        for path in sorted(files)
        if is_pinned(path)
    }


def readable(html: str) -> str:
    html = _STYLE.sub("<style>…</style>", html)
    html = _DIGEST.sub("sha256-…", html)
    names: dict[str, str] = {}
    html = _MEDIA.sub(lambda found: names.setdefault(found[0], f"media/{len(names) + 1}"), html)
    return _OTHER.sub("…", html)


def pinned(folder: Path) -> dict[str, str]:
    return {
        file.relative_to(folder).as_posix(): file.read_text(encoding="utf-8")
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


def is_renewing() -> bool:
    return bool(os.environ.get(RENEW))


def renew(folder: Path, files: Mapping[str, str]) -> None:
    """Write what is to be pinned, and take away what is no more."""
    for path in pinned(folder).keys() - files.keys():
        (folder / path).unlink()
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")


def differences(wanted: Mapping[str, str], found: Mapping[str, str]) -> Iterator[str]:
    """Say in which files, and from which line on, what was made differs from what is pinned."""
    for path in sorted(wanted.keys() | found.keys()):
        if path not in found:
            yield f"{path} is pinned and was not made"
        elif path not in wanted:
            yield f"{path} was made and is not pinned"
        elif wanted[path] != found[path]:
            yield f"{path} differs: {_first(wanted[path], found[path])}"


def _first(wanted: str, found: str) -> str:
    ours, theirs = [*found.splitlines(), "(the end)"], [*wanted.splitlines(), "(the end)"]
    number = next(n for n, (a, b) in enumerate(zip(ours, theirs, strict=False)) if a != b)
    return f"line {number + 1} is {ours[number][:300]!r}, pinned {theirs[number][:300]!r}"
