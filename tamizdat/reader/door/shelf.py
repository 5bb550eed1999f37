"""The files of the edition as answers need them: fields, validator and, when small, the bytes.

The shelf remembers, and looks at the disk before it trusts its memory: each `find` asks for the
file's time, size and inode, so a file replaced by rename is seen with the next request.

The baker replaces `x.br`, then `x.gz`, then `x`, and gives all three one time of change. Between
these renames a sibling is of another version than `x`. Such a sibling has another time, and is not
used. (So a baker must never give two versions of a file the same time.)

A large file's hash takes long to compute. `find` raises `NotMeasured` for it; the caller calls
`measure` in another thread and then asks again.
"""

import hashlib
import os
import stat
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tamizdat.reader.door import folder, headers
from tamizdat.reader.door.encodings import Encoding
from tamizdat.reader.door.folder import Version, version_of
from tamizdat.reader.door.limits import Limits

_BEGINNING: Final = 4096  # a page's policy stands within its first bytes
_OVERHEAD: Final = 1500  # what Python itself needs to keep one file, roughly
_MEASURED: Final = 65536
_TRIES: Final = 3


@dataclass(frozen=True, slots=True)
class Copy:
    """A file in one encoding, ready to send."""

    name: str
    encoding: Encoding
    version: Version
    """Of the file whose bytes these are: `x.br` where the encoding is br."""
    etag: bytes
    own: bytes
    """The fields that tell of these bytes: type, encoding, validator."""
    standing: bytes
    """The fields every answer about this file carries."""
    head: bytes
    """All fields of a 200 and the blank line."""
    body: bytes | None
    """None where the file is too large to keep."""

    @property
    def size(self) -> int:
        return self.version.size


class NotAcceptable(Exception):
    """The reader forbids every encoding this file exists in."""


class NotMeasured(Exception):
    """The hash of this large file is not known yet."""

    def __init__(self, name: str, encoding: Encoding) -> None:
        super().__init__()
        self.name = name
        self.encoding = encoding


@dataclass(slots=True)
class _Entry:
    version: Version
    standing: bytes
    siblings: frozenset[Encoding]
    copies: dict[Encoding, Copy] = field(default_factory=dict)
    weight: int = _OVERHEAD


class Shelf:
    """The edition below `root`. `find` and `open` belong to one thread, `measure` to any."""

    def __init__(self, root: Path, limits: Limits) -> None:
        self._root = str(root)
        self._limits = limits
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        self._measured: OrderedDict[Version, bytes] = OrderedDict()
        self.weight = 0

    def find(self, name: str, encodings: tuple[Encoding, ...]) -> Copy | None:
        """Return the file in the first encoding there is, or None when there is no such file.

        Raises `NotMeasured`, and `NotAcceptable` when the file exists in no encoding given.
        """
        for _ in range(_TRIES):
            entry = self._entry(name)
            if entry is None:
                return None
            if copy := self._first_copy(name, encodings, entry):
                return copy
            if "identity" not in encodings:
                raise NotAcceptable
            self._forget(name)  # replaced between two looks: look again
        return None

    def has(self, name: str) -> bool:
        """Whether there is such a file, in whatever encoding."""
        return self._entry(name) is not None

    def measure(self, name: str, encoding: Encoding) -> tuple[Version, bytes] | None:
        """Return a large file's version and hash for `learn`; None when it is gone by now."""
        try:
            file = folder.open_file(self._root, name, encoding)
        except OSError:
            return None
        try:
            version = version_of(os.fstat(file))
            return version, self._measured.get(version) or folder.hash_whole(file)
        finally:
            os.close(file)

    def learn(self, version: Version, digest: bytes) -> None:
        """Remember a hash that `measure` computed."""
        self._measured[version] = digest
        if len(self._measured) > _MEASURED:
            self._measured.popitem(last=False)

    def open(self, copy: Copy) -> int | None:
        """Open the bytes of a large copy; None when the file was replaced in the meantime."""
        try:
            file = folder.open_file(self._root, copy.name, copy.encoding)
        except OSError:
            return None
        if version_of(os.fstat(file)) == copy.version:
            return file
        os.close(file)
        return None

    def _first_copy(self, name: str, encodings: tuple[Encoding, ...], entry: _Entry) -> Copy | None:
        for encoding in encodings:
            if encoding == "identity" or encoding in entry.siblings:
                copy = entry.copies.get(encoding) or self._load_copy(name, encoding, entry)
                if copy is not None:
                    return copy
        return None

    def _entry(self, name: str) -> _Entry | None:
        entry = self._entries.get(name)
        try:
            found = os.stat(self._root + name)  # noqa: PTH116  # in each request; Path is slow
        except (OSError, ValueError):  # ValueError: a name this file system cannot spell
            found = None
        if found is None or not stat.S_ISREG(found.st_mode):
            self._forget(name)
            return None
        if entry is not None and entry.version == version_of(found):
            self._entries.move_to_end(name)
            return entry if self._is_complete(name, entry) else self._load(name)
        return self._load(name)

    def _is_complete(self, name: str, entry: _Entry) -> bool:
        """Look again for siblings that came after the file itself, as a copying tool lays them."""
        if len(entry.siblings) == 2 or not headers.may_be_compressed(name):
            return True
        try:
            with folder.opened_folder(self._root, name) as opened:
                return _siblings(opened, name, entry.version.changed) == entry.siblings
        except OSError:
            return False

    def _load(self, name: str) -> _Entry | None:
        self._forget(name)
        try:
            with folder.opened_folder(self._root, name) as opened:
                entry = self._read_entry(opened, name)
        except OSError:
            return None
        self._entries[name] = entry
        self._make_room(entry.weight)
        return entry

    def _read_entry(self, opened: int, name: str) -> _Entry:
        file = folder.open_in(opened, name, "identity")
        try:
            version = version_of(os.fstat(file))
            policy = headers.policy(name, os.pread(file, _BEGINNING, 0))
        finally:
            os.close(file)
        varies = headers.may_be_compressed(name)
        siblings = _siblings(opened, name, version.changed) if varies else frozenset()
        standing = headers.standing(headers.cache_rule(name), varies, policy)
        return _Entry(version, standing, siblings)

    def _load_copy(self, name: str, encoding: Encoding, entry: _Entry) -> Copy | None:
        try:
            file = folder.open_file(self._root, name, encoding)
        except OSError:
            return None
        try:
            copy = self._read_copy(file, name, encoding, entry)
        finally:
            os.close(file)
        if copy is not None:
            entry.copies[encoding] = copy
            weight = len(copy.head) + len(copy.body or b"") + _OVERHEAD
            entry.weight += weight
            self._make_room(weight)
        return copy

    def _read_copy(self, file: int, name: str, encoding: Encoding, entry: _Entry) -> Copy | None:
        version = version_of(os.fstat(file))
        if encoding == "identity" and version != entry.version:
            return None
        if version.changed != entry.version.changed:
            return None
        if version.size > self._limits.small_file_bytes:
            if version not in self._measured:
                raise NotMeasured(name, encoding)
            return _copy(name, encoding, version, self._measured[version], None, entry.standing)
        body = folder.read_whole(file, version.size)
        digest = hashlib.sha256(body).digest()
        return _copy(name, encoding, version, digest, body, entry.standing)

    def _forget(self, name: str) -> None:
        entry = self._entries.pop(name, None)
        if entry is not None:
            self.weight -= entry.weight

    def _make_room(self, added: int) -> None:
        self.weight += added
        while self.weight > self._limits.memory_bytes and len(self._entries) > 1:
            self._forget(next(iter(self._entries)))


def _siblings(opened: int, name: str, time: int) -> frozenset[Encoding]:
    kinds: tuple[Encoding, ...] = ("br", "gzip")
    return frozenset(kind for kind in kinds if folder.sibling_time(opened, name, kind) == time)


def _copy(
    name: str,
    encoding: Encoding,
    version: Version,
    digest: bytes,
    body: bytes | None,
    standing: bytes,
) -> Copy:
    etag = f'"{digest[:16].hex()}-{encoding}"'
    coded = "" if encoding == "identity" else f"Content-Encoding: {encoding}\r\n"
    ranges = "Accept-Ranges: bytes\r\n" if encoding == "identity" else ""
    own = f"Content-Type: {headers.content_type(name)}\r\n{coded}{ranges}".encode("ascii")
    validator = f"ETag: {etag}\r\n".encode("ascii")
    length = f"Content-Length: {version.size}\r\n".encode("ascii")
    head = b"".join((own, length, validator, standing, b"\r\n"))
    return Copy(name, encoding, version, etag.encode("ascii"), own, standing, head, body)
