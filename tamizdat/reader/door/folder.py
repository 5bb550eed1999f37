"""Opening files of the edition, without ever leaving its folder.

Each part of a name is opened from the folder before it and none may be a symbolic link, so that
no link, even one made while we look, leads out (the check and the use are the same act). Only
regular files are opened for reading; a pipe would hang the door.
"""

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from tamizdat.reader.door.encodings import SUFFIXES, Encoding

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class Version(NamedTuple):
    """Equal for two looks at a file that nobody replaced in between.

    `noticed` is the kernel's own time, which nobody can set: a new file may have the inode of the
    one it replaced, and a baker may give it the same `changed`. Times are in ns.
    """

    size: int
    changed: int
    noticed: int
    inode: int
    device: int


def version_of(found: os.stat_result) -> Version:
    return Version(found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino, found.st_dev)


@contextmanager
def opened_folder(root: str, name: str) -> Iterator[int]:
    """Open the folder that holds `name`; raises OSError when a part is missing or a link."""
    # The root itself may be a link: the operator chose it.
    folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for part in name.split("/")[1:-1]:
            inner = os.open(part, _FOLDER, dir_fd=folder)
            os.close(folder)
            folder = inner
        yield folder
    finally:
        os.close(folder)


def open_in(folder: int, name: str, encoding: Encoding) -> int:
    """Open a regular file in an opened folder and return its descriptor; raises OSError."""
    last = name.rpartition("/")[2] + SUFFIXES[encoding]
    file = os.open(last, _FILE, dir_fd=folder)
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise FileNotFoundError
    return file


def open_file(root: str, name: str, encoding: Encoding) -> int:
    """Open one file of the edition, or its sibling in that encoding; raises OSError."""
    with opened_folder(root, name) as folder:
        return open_in(folder, name, encoding)


def sibling_time(folder: int, name: str, encoding: Encoding) -> int | None:
    """Return when a compressed sibling was changed (ns), or None where there is none."""
    last = name.rpartition("/")[2] + SUFFIXES[encoding]
    try:
        found = os.stat(last, dir_fd=folder, follow_symlinks=False)
    except OSError:
        return None
    return found.st_mtime_ns if stat.S_ISREG(found.st_mode) else None


def read_whole(file: int, size: int) -> bytes:
    """Read `size` bytes from the start; raises OSError when the file was cut short meanwhile."""
    content = os.pread(file, size, 0)
    if len(content) != size:
        raise OSError
    return content


def hash_whole(file: int) -> bytes:
    """Return the SHA-256 of an open file, reading it bit by bit."""
    with open(file, "rb", closefd=False) as reader:
        return hashlib.file_digest(reader, "sha256").digest()
