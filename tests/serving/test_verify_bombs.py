"""What is made to fill memory or time: ``tamizdat verify`` refuses it in a line and little memory.

Each bomb is given to the real command, in a process of its own that says at its end how much memory
it had at most.
"""

from __future__ import annotations

import base64
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import brotli
import pytest

from tamizdat.edition import saved
from tamizdat.edition.bundle import LONGEST
from tamizdat.edition.tree import Tree
from tests.edition import keepsakes
from tests.edition.newsroom import Newsroom
from tests.homes import PATIENCE, environment

MOST = 512 * 1024  # KB
HUGE = 4 << 30  # bytes of a file that has a hole in place of content
MIB = 1 << 20
PICTURE = base64.b64encode(bytes(8 * MIB))
PAGE = "2026/11/dam/index.html"
PROGRAM = """
import sys
from tamizdat import cli
code = cli.run(sys.argv[1:])
with open("/proc/self/status") as status:
    print(next(line.split()[1] for line in status if line.startswith("VmHWM:")))
sys.exit(code)
"""


def verified(what: Path, state: Path) -> tuple[int, str, int]:
    """Run the command; return its code, what it said of errors, and its memory in KB."""
    words = [sys.executable, "-c", PROGRAM, "verify", str(what), "--state", str(state)]
    done = subprocess.run(
        words, env=environment(), capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    return done.returncode, done.stderr, int(done.stdout.split()[-1])


def expect_refused(what: Path, state: Path) -> str:
    """Expect one line, few bytes of it, and little memory; return the line."""
    code, said, memory = verified(what, state)
    assert code == 1, said[:1000]
    assert said.startswith("tamizdat: ")
    assert said.count("\n") == 1
    assert len(said) < 1000
    assert memory < MOST
    return said


def gzipped(count: int, piece: bytes = bytes(MIB)) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join(packer.compress(piece) for _ in range(count)) + packer.flush()


def brotlied(count: int) -> bytes:
    packer = brotli.Compressor(quality=1)
    return b"".join(packer.process(bytes(MIB)) for _ in range(count)) + packer.finish()


def sparse(file: Path, begin: bytes = b"") -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("wb") as opened:
        opened.write(begin)
        opened.truncate(HUGE)


# In an edition


@pytest.fixture
def edition(tmp_path: Path) -> Path:
    """The folder of a sound edition, whose signatures hold now."""
    now = datetime.now(UTC).replace(microsecond=0)
    newsroom = Newsroom(now)
    newsroom.publish({PAGE: bytes(200_000)}, now)
    tree = Tree(tmp_path / "edition")
    for path, data in newsroom.files.items():
        tree.write(path, data)
    return tmp_path / "edition"


def test_a_sound_edition_is_no_bomb(edition: Path, tmp_path: Path) -> None:
    for ending in (".gz", ".br"):
        for file in edition.rglob(f"*{ending}"):
            file.unlink()
    code, said, memory = verified(edition, tmp_path / "state")
    assert (code, said) == (0, "")
    assert memory < MOST


Lay = Callable[[Path], object]
IN_AN_EDITION: dict[str, Lay] = {
    "gz of a page": lambda at: (at / f"{PAGE}.gz").write_bytes(gzipped(400)),
    "br of a page": lambda at: (at / f"{PAGE}.br").write_bytes(brotlied(400)),
    "gz within gz": lambda at: (at / f"{PAGE}.gz").write_bytes(gzipped(1, gzipped(400))),
    "gz of many members": lambda at: (at / f"{PAGE}.gz").write_bytes(gzipped(0, b"") * 5000),
    "gz of the timestamp": lambda at: (at / "signed/timestamp.json.gz").write_bytes(gzipped(400)),
    "huge gz": lambda at: sparse(at / f"{PAGE}.gz", b"\x1f\x8b\x08"),
    "huge page": lambda at: sparse(at / PAGE),
    "huge timestamp": lambda at: sparse(at / "signed/timestamp.json"),
    "huge first root": lambda at: sparse(at / "signed/1.root.json"),
    "huge next root": lambda at: sparse(at / "signed/2.root.json"),
    "huge snapshot": lambda at: sparse(at / "signed/2.snapshot.json", b"{"),
    "deep timestamp": lambda at: (at / "signed/timestamp.json").write_bytes(b"[" * 16_000),
    "deep root": lambda at: (at / "signed/1.root.json").write_bytes(b'{"a":' * 100_000),
    "huge stray": lambda at: sparse(at / "2026" / "stray.html"),
    "huge bundle": lambda at: sparse(at / "bundles/2026/11/dam.json", b"{"),
    "deep bundle": lambda at: put(at / "bundles/2026/11/dam.json", b"[" * (LONGEST - 1)),
    "bomb for a book": lambda at: put(at / "bundles/2026/11/dam.epub", lying_book()),
}


def put(file: Path, data: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)


@pytest.mark.long
@pytest.mark.parametrize("name", IN_AN_EDITION)
def test_a_bomb_in_an_edition_is_refused(name: str, edition: Path, tmp_path: Path) -> None:
    IN_AN_EDITION[name](edition)
    expect_refused(edition, tmp_path / "state")


# Files that are handed on


def zipped(*entries: tuple[str, bytes], level: int = 9) -> bytes:
    written = BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as archive:
        archive.writestr(zipfile.ZipInfo("mimetype"), b"application/epub+zip")
        for name, data in entries:
            archive.writestr(name, data)
    return written.getvalue()


def lying_book() -> bytes:
    """A book whose entry says that it holds one byte, and holds a gigabyte."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    raw = b"".join(packer.compress(bytes(MIB)) for _ in range(1024)) + packer.flush()
    book = zipped(("bundle.json", b"?"))
    plain = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    small = plain.compress(b"?") + plain.flush()
    before, _, after = book.partition(b"bundle.json" + small)
    grown = before + b"bundle.json" + raw + after
    sizes, lies = struct.pack("<2I", len(small), 1), struct.pack("<2I", len(raw), 1)
    grown = grown.replace(sizes, lies)
    end = bytearray(grown)
    at = len(end) - 22
    listed = struct.unpack_from("<I", end, at + 16)[0]
    struct.pack_into("<I", end, at + 16, listed + len(raw) - len(small))
    return bytes(end)


def overlapping_book() -> bytes:
    """A book whose thousands of entries all are the same bytes."""
    one = zipped(("s.xhtml", bytes(10 * MIB)))
    end = one[-22:]
    start, size = struct.unpack("<2I", end[16:20] + end[12:16])
    listed = one[start : start + size]
    last = listed[listed.rindex(b"PK\x01\x02") :]
    many = 4000
    tail = struct.pack("<I4H2IH", 0x06054B50, 0, 0, many, many, many * len(last), start, 0)
    return one[:start] + last * many + tail


def book_of_nothing() -> bytes:
    """A book of as many empty entries as have room."""
    one = zipped(("a", b""))
    start = struct.unpack("<I", one[-6:-2])[0]
    listed = one[start:-22]
    last = listed[listed.rindex(b"PK\x01\x02") :]
    many = (LONGEST - start - 200) // len(last)
    end64 = struct.pack(
        "<IQ2H2I4Q", 0x06064B50, 44, 45, 45, 0, 0, many, many, many * len(last), start
    )
    place = struct.pack("<IIQI", 0x07064B50, 0, start + many * len(last), 1)
    tail = struct.pack("<I4H2IH", 0x06054B50, 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    return one[:start] + last * many + end64 + place + tail


def around(bundle: bytes) -> bytes:
    """A saved story with this in place of its bundle."""
    whole = saved.make(keepsakes.story_bundle(), keepsakes.ROOM.files.get)
    head, mark, rest = whole.rpartition(saved.MARK)
    return head + mark + bundle + saved.END + rest.partition(saved.END)[2]


def filled(begin: bytes, again: bytes, end: bytes) -> bytes:
    return begin + again * ((LONGEST - len(begin) - len(end)) // len(again)) + end


HANDED_ON: dict[str, tuple[str, Callable[[], bytes]]] = {
    "deep lists": ("a.json", lambda: b"[" * (LONGEST - 1)),
    "deep objects": ("a.json", lambda: filled(b"", b'{"a":', b"")),
    "deep paths": ("a.json", lambda: filled(b'{"bundle":1,"paths":', b"[", b"")),
    "millions of lists": ("a.json", lambda: filled(b'{"a":[', b"[],", b"0]}")),
    "millions of objects": ("a.json", lambda: filled(b'{"a":[', b"{},", b"0]}")),
    "millions of keys": (
        "a.json",
        lambda: b"{" + b",".join(b'"%d":0' % n for n in range(1_200_000)) + b"}",
    ),
    "an endless number": ("a.json", lambda: filled(b'{"bundle":', b"9", b"}")),
    "an endless exponent": ("a.json", lambda: b'{"bundle":1e999999999}'),
    "an endless text": ("a.json", lambda: filled(b'{"bundle":"', b"\\u0041", b'"}')),
    "endless base64": (
        "a.json",
        lambda: filled(
            b'{"bundle":1,"paths":["a.html"],"signed":{},"files":{"a.html":{"base64":"', b"AAAA",
            b'"}}}',
        ),
    ),
    "too long": ("a.json", lambda: bytes(LONGEST + 1)),
    "a saved story that is deep": ("a.html", lambda: around(b"[" * (LONGEST // 2))),
    "a saved story of pictures": (
        "a.html",
        lambda: around(b"{}") + b'<img src="data:image/webp;base64,%s">' % PICTURE,
    ),
    "a book that lies": ("a.epub", lying_book),
    "a book of overlapping entries": ("a.epub", overlapping_book),
    "a book of nothing": ("a.epub", book_of_nothing),
    "a book of zeros": ("a.epub", lambda: zipped(("bundle.json", bytes(100 * MIB)))),
    "a book with a deep bundle": ("a.epub", lambda: zipped(("bundle.json", b"[" * 15_000_000))),
}  # fmt: skip


@pytest.mark.long
@pytest.mark.parametrize("name", HANDED_ON)
def test_a_bomb_that_is_handed_on_is_refused(name: str, tmp_path: Path) -> None:
    file, make = HANDED_ON[name]
    (tmp_path / file).write_bytes(make())
    expect_refused(tmp_path / file, tmp_path / "state")


def test_a_huge_file_is_read_no_further_than_it_may_be_long(tmp_path: Path) -> None:
    sparse(tmp_path / "a.json", b"{")
    assert "is longer than" in expect_refused(tmp_path / "a.json", tmp_path / "state")


@pytest.mark.long
def test_by_pythons_own_reading_the_book_that_lies_would_fill_the_memory(tmp_path: Path) -> None:
    (tmp_path / "a.epub").write_bytes(lying_book())
    program = PROGRAM.replace(
        "code = cli.run(sys.argv[1:])",
        "import zipfile\n"
        "code = 0\n"
        "try:\n"
        "    zipfile.ZipFile(sys.argv[2]).read('bundle.json')\n"
        "except zipfile.BadZipFile:\n"
        "    pass",
    )
    words = [sys.executable, "-c", program, "verify", str(tmp_path / "a.epub")]
    done = subprocess.run(words, env=environment(), capture_output=True, text=True, check=True)
    assert int(done.stdout.split()[-1]) > MOST
