"""Landlock: a process gives up, for good, whatever it does not need of the machine.

The kernel holds a process that called ``confine`` (and all that it forks later) to the files and
ports that were named. Nobody gives the rest back: neither the process itself nor root within it.

Rules:

* Only paths that are named can be opened; what is open already stays open.
* No TCP connection is made and no port taken but those named (kernel 6.7); no signal goes, and no
  abstract socket leads, to a process outside (6.12).
* The process, and what it starts, never gains rights (PR_SET_NO_NEW_PRIVS, which Landlock demands).
* ``confine`` is called while the process has one thread: the others would stay free.

Source: the kernel's Documentation/userspace-api/landlock.rst. What an older kernel does not know is
left out; a kernel without Landlock (``version() == 0``) confines nothing, and
``tamizdat check`` says so.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same on every architecture
_VERSION_FLAG = 1
_PATH_BENEATH, _NET_PORT = 1, 2
_PR_SET_NO_NEW_PRIVS = 38

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1, 1 << 1, 1 << 2, 1 << 3
_REMOVE_FILE, _MAKE_REG = 1 << 5, 1 << 8
_REFER, _TRUNCATE, _IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15
_FIRST = (1 << 13) - 1  # what the first version knows
_SINCE = {_REFER: 2, _TRUNCATE: 3, _IOCTL_DEV: 5}  # by version
_ON_FILES = EXECUTE | WRITE_FILE | READ_FILE | _TRUNCATE | _IOCTL_DEV
READ = EXECUTE | READ_FILE | READ_DIR
# A database's folder: its journal comes and goes. No folder, link, socket or device is made there.
KEEP = READ_FILE | READ_DIR | WRITE_FILE | _REMOVE_FILE | _MAKE_REG | _TRUNCATE
_BIND_TCP, _CONNECT_TCP = 1, 2
_NET_SINCE, _SCOPED_SINCE = 4, 6
_EVERY_SCOPE = 3  # abstract Unix sockets and signals

_libc = ctypes.CDLL(None, use_errno=True)


class CannotConfine(OSError):
    """The kernel knows Landlock and refused the rules; the process must not go on."""


@dataclass(frozen=True)
class Allowed:
    """All that a process keeps. A path that does not exist is left out."""

    read: tuple[Path, ...] = ()  # files, or folders with all below: to read and to load
    keep: tuple[Path, ...] = ()  # folders in which files are made, changed and removed
    write: tuple[Path, ...] = ()  # single files: sockets, /dev/null
    connect: tuple[int, ...] = ()  # TCP ports


def version() -> int:
    """Return the version of the kernel's Landlock, 0 where there is none or it is switched off."""
    if sys.platform != "linux":
        return 0
    return max(0, _call(_CREATE_RULESET, None, 0, _VERSION_FLAG))


def confine(allowed: Allowed) -> int:
    """Give up all but what is allowed; return the version that holds it, 0 for not at all.

    Raises CannotConfine.
    """
    found = version()
    if found == 0:
        return 0
    rights = _FIRST
    for right, since in _SINCE.items():
        rights |= right if found >= since else 0
    net = _BIND_TCP | _CONNECT_TCP if found >= _NET_SINCE else 0
    scoped = _EVERY_SCOPE if found >= _SCOPED_SINCE else 0
    with _ruleset(rights, net, scoped) as rules:
        for path, wanted in _paths(allowed):
            _allow_path(rules, path, wanted & rights)
        for port in allowed.connect if net else ():
            _add(rules, _NET_PORT, struct.pack("=QQ", _CONNECT_TCP, port))
        _checked(_libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        _checked(_call(_RESTRICT_SELF, rules, 0))
    return found


def _paths(allowed: Allowed) -> Iterable[tuple[Path, int]]:
    yield from ((path, READ) for path in allowed.read)
    yield from ((path, KEEP) for path in allowed.keep)
    yield from ((path, READ_FILE | WRITE_FILE) for path in allowed.write)


@contextmanager
def _ruleset(rights: int, net: int, scoped: int) -> Iterator[int]:
    attributes = struct.pack("=QQQ", rights, net, scoped)
    if not scoped:  # an older kernel knows a shorter structure
        attributes = attributes[: 16 if net else 8]
    buffer = ctypes.create_string_buffer(attributes, len(attributes))
    rules = _checked(_call(_CREATE_RULESET, buffer, len(attributes), 0))
    try:
        yield rules
    finally:
        os.close(rules)


def _allow_path(rules: int, path: Path, rights: int) -> None:
    try:
        found = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.EACCES):
            return
        raise
    try:
        allowed = rights if path.is_dir() else rights & _ON_FILES
        _add(rules, _PATH_BENEATH, struct.pack("=Qi", allowed, found))
    finally:
        os.close(found)


def _add(rules: int, kind: int, attributes: bytes) -> None:
    buffer = ctypes.create_string_buffer(attributes, len(attributes))
    _checked(_call(_ADD_RULE, rules, kind, buffer, 0))


def _call(number: int, *arguments: object) -> int:
    words = [each if not isinstance(each, int) else ctypes.c_long(each) for each in arguments]
    return int(_libc.syscall(ctypes.c_long(number), *words))


def _checked(result: int) -> int:
    if result < 0:
        code = ctypes.get_errno()
        raise CannotConfine(code, f"Landlock refused: {os.strerror(code)}")
    return result
