"""A saved file: stories in one HTML file that a reader keeps, with what proves them inside.

Every byte of it follows from its bundle: the pages, and the *frame*, a file of the same edition
that says what stands around them. So whoever checks a saved file makes it again from its own
bundle and compares. Only which pictures are in it is the file's own choice; each must be one that
the page names, by its SHA-256. The rule in full: docs/saved-file.md.

* Another word, picture, style or script than the newsroom signed is Altered.
* Nothing in it is loaded from anywhere, and nothing runs: its policy, which is signed with the
  frame, forbids it.
* The same pages and pictures make the same bytes.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import zip_longest
from typing import Any

from tamizdat.edition.articles import Manner, headline, onward, pictures, shown
from tamizdat.edition.bundle import LONGEST, Bundle, open_bundle
from tamizdat.edition.canonical import canonical
from tamizdat.edition.errors import Altered, Malformed, Stray, TooLong
from tamizdat.edition.metadata import load
from tamizdat.edition.roles import is_media
from tamizdat.edition.trust import Trust

FORM = 1
STORY_FRAME, WEEK_FRAME = "verify/saved.json", "verify/week.json"
LONGEST_FRAME = 200_000
MOST_STORY, MOST_WEEK = 300_000, 3_000_000  # bytes of a saved file
MARK = b'<script type="application/json" id="bundle">'
END = b"</script>"
_FRAME = re.compile(r"(?:[a-zA-Z0-9-]+/)?verify/(?:saved|week)\.json")
_PICTURE = re.compile(rb'<img src="data:image/[a-z]+;base64,([A-Za-z0-9+/]+={0,2})"')
_MARKUP = re.compile("[&<>\"']")
TYPES = {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp"}

Pictures = Mapping[str, bytes]  # by the SHA-256 (hex) of their bytes


@dataclass(frozen=True)
class Frame:
    """What stands around the stories of a saved file, as the newsroom signed it.

    ``title`` is empty where the first story's headline is the file's. ``contents`` is empty where
    the stories are not listed first. ``book`` is what a book says besides.
    """

    address: str  # the newsroom's, without a closing slash
    title: str
    start: str  # up to the title
    opening: str  # from there to the stories
    contents: tuple[str, ...]  # before and behind the list of stories
    source: tuple[str, ...]  # before and behind a story's address
    no_picture: tuple[str, ...]  # before and behind what it shows
    no_recording: str
    no_stories: str  # stands behind the stories where older ones did not fit
    nothing: str  # stands for stories where there are none
    close: str  # up to the bundle
    end: str
    book: Mapping[str, str]


def read_frame(data: bytes) -> Frame:
    """Read a frame. Raises Malformed, TooLong."""
    said = load(data, "the frame", LONGEST_FRAME)
    if said.pop("saved", None) != FORM or set(said) != {each.name for each in fields(Frame)}:
        raise Malformed(f"the frame is not of form {FORM}")
    for name, may_be_empty in (("contents", True), ("source", False), ("no_picture", False)):
        if type(said[name]) is not list or len(said[name]) not in (
            (0, 2) if may_be_empty else (2,)
        ):
            raise Malformed(f"a frame's {name} should be two texts")
        said[name] = tuple(said[name])
    texts = [each for value in said.values() for each in _texts(value)]
    if not all(type(each) is str for each in texts) or type(said["book"]) is not dict:
        raise Malformed("a frame should hold texts")
    return Frame(**said)


def _texts(value: Any) -> Iterable[Any]:
    match value:
        case tuple():
            return value
        case dict():
            return value.values()
        case _:
            return (value,)


def write_frame(frame: Frame) -> bytes:
    """Return the file of a frame."""
    said = {each.name: getattr(frame, each.name) for each in fields(Frame)}
    return canonical({"saved": FORM, **said})


def path_of(page: str) -> str:
    """Return where a story's saved file lies beside the edition: ``bundles/2026/11/a.html``."""
    return f"bundles/{page.removesuffix('.html').removesuffix('/index')}.html"


def week_path(frame: str, ending: str) -> str:
    """Return where the week of a frame's language lies: ``bundles/ru/week.html``."""
    return f"bundles/{frame.removesuffix(WEEK_FRAME)}week.{ending}"


def neutral_name(page: str, ending: str = "html") -> str:
    """Return a name for a story's file that says nothing of it, and differs from others'."""
    return f"article-{hashlib.sha256(page.encode()).hexdigest()[:8]}.{ending}"


# Making


def make(
    bundle: bytes,
    read: Callable[[str], bytes | None],
    most: int = MOST_STORY,
    *,
    is_cut: bool = False,
) -> bytes:
    """Return the saved file of a bundle: its pages, and last its frame.

    ``read`` gives a media file, or None. Pictures go in as long as the file has at most ``most``
    bytes. ``is_cut``: there were more stories. Raises Malformed.
    """
    files = {path: each["text"] for path, each in json.loads(bundle)["files"].items()}
    content = parts(json.loads(bundle)["paths"], {path: files[path].encode() for path in files})
    bare = len(_file(bundle, content, {}, is_cut))
    chosen = choose(content.pages.values(), read, most - bare, _cost, SMALLEST_FIRST)
    return _file(bundle, content, chosen, is_cut)


SMALLEST_FIRST = ("webp", "jpg", "png")
WIDE_ENOUGH = 400  # pixels; less is a thumbnail, more than the next rendition nobody needs
AROUND = 100  # bytes about a picture in a file, at most


def _cost(length: int) -> int:
    return (length + 2) // 3 * 4 + AROUND


def choose(
    pages: Iterable[str],
    read: Callable[[str], bytes | None],
    room: int,
    cost: Callable[[int], int],
    endings: Sequence[str],
) -> dict[str, bytes]:
    """Choose what pictures have room, in one rendition each: every story's first, then every
    story's second, and so on. Raises Malformed."""
    wanted = [[_rendition(each, endings) for each in pictures(page)] for page in pages]
    in_turn = [name for each in zip_longest(*wanted) for name in each if name]
    chosen: dict[str, bytes] = {}
    for name in dict.fromkeys(in_turn):
        data = read(name)
        price = in_turn.count(name) * cost(len(data)) if data is not None else room + 1
        if data is not None and price <= room:
            chosen[hashlib.sha256(data).hexdigest()] = data
            room -= price
    return chosen


def _rendition(widths: Mapping[str, int], endings: Sequence[str]) -> str:
    """Choose the narrowest rendition that is wide enough, of a kind that old telephones show."""
    for ending in endings:
        own = {name: width for name, width in widths.items() if name.endswith(f".{ending}")}
        enough = {name: width for name, width in own.items() if width >= WIDE_ENOUGH}
        if own:
            return min(enough, key=enough.__getitem__) if enough else max(own, key=own.__getitem__)
    return ""


# What is in it


@dataclass(frozen=True)
class Content:
    """What a bundle holds for a saved file or a book: pages by path, in order, and their frame."""

    frame_path: str
    frame: Frame
    pages: Mapping[str, str]

    def manner(
        self,
        picture: Callable[[str], str | None],
        file_of: Callable[[int], str] = lambda _: "",
    ) -> Manner:
        """Return how the stories are shown. ``file_of`` gives the file in which one stands."""
        frame = self.frame
        places = {
            address(path): f"{file_of(number)}#s{number}"
            for number, path in enumerate(self.pages, 1)
        }
        before, behind = frame.no_picture
        return Manner(frame.address, places, (before, behind), frame.no_recording, picture)

    def titles(self) -> dict[int, str]:
        """Return the headline of each story by its number; further parts have none."""
        found: dict[int, str] = {}
        next_part: str | None = None
        for number, (path, page) in enumerate(self.pages.items(), 1):
            if address(path) != next_part:
                found[number] = headline(page)
            next_part = onward(page)
        return found

    def source(self, path: str) -> str:
        """Return the line under a story that says where it was published."""
        where = _escaped(f"{self.frame.address}{address(path)}")
        before, behind = self.frame.source
        return f'{before}<a dir="ltr" href="{where}">{where}</a>{behind}'


def _escaped(text: str) -> str:
    return _MARKUP.sub(lambda match: f"&#{ord(match[0])};", text)


def address(page: str) -> str:
    """Return a page's address within the site: ``/2026/11/a/``."""
    return f"/{page.removesuffix('index.html')}"


def parts(paths: Sequence[str], files: Mapping[str, bytes]) -> Content:
    """Tell the pages and the frame, which is the last, in a bundle. Raises Malformed, Stray."""
    *pages, last = paths
    if not _FRAME.fullmatch(last):
        raise Malformed(f"the last file of the bundle should be a frame, not {last!r}")
    texts = {}
    for path in pages:
        if is_media(path):
            raise Stray(f"{path}: pictures stand among the stories, not in the bundle")
        texts[path] = files[path].decode("utf-8", "replace")
    _expect_whole(texts)
    return Content(last, read_frame(files[last]), texts)


def _expect_whole(pages: Mapping[str, str]) -> None:
    """Refuse a story without all its parts, in order. Raises Stray."""
    wanted: str | None = None
    for path, page in pages.items():
        if wanted not in (None, address(path)):
            break
        wanted = onward(page)
    if wanted is not None:
        raise Stray(f"the part of a story at {wanted[:200]!r} should follow, and does not")


def _file(bundle: bytes, content: Content, found: Pictures, is_cut: bool) -> bytes:
    """Return the whole file; the check makes it again with just this."""
    frame, pages = content.frame, content.pages
    addresses = {sha256: base64.b64encode(data).decode() for sha256, data in found.items()}

    def picture(name: str) -> str | None:
        sha256, _, ending = name.removeprefix("media/").partition(".")
        if sha256 not in addresses or ending not in TYPES:
            return None
        return f"data:{TYPES[ending]};base64,{addresses[sha256]}"

    manner = content.manner(picture)
    titles = content.titles()
    written = [frame.start, frame.title or "".join([*titles.values()][:1]), frame.opening]
    if frame.contents and titles:
        before, behind = frame.contents
        items = (f'<li><a href="#s{at}">{title}</a></li>' for at, title in titles.items())
        written += [before, *items, behind]
    for at, (path, page) in enumerate(pages.items(), 1):
        written += [shown(page, at, manner), content.source(path)]
    written += [frame.no_stories] if is_cut else []
    written += [] if pages else [frame.nothing]
    inner = bundle.decode().replace("<", "\\u003c")
    return "".join([*written, frame.close, MARK.decode(), inner, END.decode(), frame.end]).encode()


# Checking


def is_saved(data: bytes) -> bool:
    """Say whether this looks like a saved file, and not like a mere bundle."""
    return MARK in data


def open_saved(data: bytes, trusted: Callable[[bytes], Trust], limit: int = LONGEST) -> Bundle:
    """Verify a saved file and return what its bundle proves, which is what it shows.

    ``trusted`` as in ``bundle.open_bundle``. Raises Malformed, TooLong, Altered, Missing or Stray.
    """
    if len(data) > limit:
        raise TooLong(f"the file is longer than the {limit} bytes that it may have")
    inner = data.rpartition(MARK)[2].partition(END)[0]
    bundle = open_bundle(inner, trusted, limit)
    plain = canonical(load(inner, "the bundle", limit))
    content = parts(list(bundle.files), bundle.files)
    found = map(_decoded, _PICTURE.findall(data))
    there = {hashlib.sha256(each).hexdigest(): each for each in found}
    is_cut = bool(content.frame.no_stories) and content.frame.no_stories.encode() in data
    if _file(plain, content, there, is_cut) != data:
        raise Altered("what the file shows is not what was signed")
    return bundle


def _decoded(picture: bytes) -> bytes:
    try:
        return base64.b64decode(picture)
    except binascii.Error:
        raise Malformed("a picture in the file cannot be read") from None
