"""Small newsrooms for tests of signing: few bins, root keys in memory, a sealing without cost."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pyrage
from tuf.api.metadata import Metadata

from tamizdat.edition import ceremony
from tamizdat.edition.keys import Key, Keyring
from tamizdat.edition.roles import SNAPSHOT, TIMESTAMP, Shape, file_name
from tamizdat.edition.rootkeys import Sealing
from tamizdat.edition.sealing import seal_bin, seal_snapshot, seal_timestamp
from tamizdat.edition.tree import Entry, entry

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SHAPE = Shape(3, 2)
# Made once: making a key is quick, but the same ones make failures easier to read.
ROOT_KEYS = tuple(Key.make() for _ in range(4))


def _open(sealed: bytes, passphrase: str) -> bytes:
    asked, _, data = sealed.partition(b"\n")
    if asked != passphrase.encode():
        raise pyrage.DecryptError("Decryption failed")
    return data


# age's own takes seconds for each key, by design.
CHEAP = Sealing(lambda data, passphrase: passphrase.encode() + b"\n" + data, _open)


def found(folder: Path, now: datetime = NOW, shape: Shape = SHAPE, **more: Any) -> Keyring:
    return ceremony.found(folder, ROOT_KEYS[:3], 2, shape, now, **more)


def read(data: bytes) -> Metadata[Any]:
    return Metadata.from_bytes(data)


def holds(delegator: Any, role: str, data: bytes) -> bool:
    """Say whether the delegator's keys signed this."""
    metadata = read(data)
    found = delegator.get_verification_result(role, metadata.signed_bytes, metadata.signatures)
    return bool(found)


@dataclass
class Newsroom:
    """A folder that is published anew, all bins at a time."""

    edition: Path
    keyring: Keyring
    number: int = 0
    files: dict[str, bytes] = field(default_factory=dict)

    def put(self, path: str, data: bytes) -> None:
        self.files[path] = data
        place = self.edition / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)

    def publish(self, now: datetime = NOW) -> None:
        """Seal what stands, as the next edition."""
        self.number += 1
        bins: dict[str, list[Entry]] = {role: [] for role in self.keyring.shape.bins()}
        for path, data in self.files.items():
            bins[self.keyring.shape.bin_of(path)].append(entry(path, data))
        versions = dict.fromkeys(bins, self.number)
        signed = dict(self.keyring.standing())
        for role, entries in bins.items():
            made = seal_bin(self.keyring, role, self.number, entries, now)
            signed[file_name(role, self.number)] = made
        snapshot = seal_snapshot(self.keyring, self.number, versions, ["en"], now)
        signed[file_name(SNAPSHOT, self.number)] = snapshot
        signed[file_name(TIMESTAMP, 0)] = seal_timestamp(
            self.keyring, self.number, self.number, now
        )
        for path, data in signed.items():
            place = self.edition / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder on this machine; yields its address."""
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), partial(_Quiet, directory=str(folder))
    )
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def ids(keys: Sequence[Key]) -> list[str]:
    return [key.key_id for key in keys]
