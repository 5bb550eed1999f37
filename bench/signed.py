"""Whether what the reader door serves is signed yet: a look along timestamp, snapshot and bins.

Signatures are not checked here (``tamizdat verify`` does); only whether the newest signed files
list just these bytes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

Get = Callable[[str], bytes]


def newest(get: Get) -> int:
    """Return the number of the edition that the timestamp names."""
    meta = _signed(get("/signed/timestamp.json"))["meta"]
    number: int = meta["snapshot.json"]["version"]
    return number


def are_listed(get: Get, number: int, pages: Mapping[str, bytes]) -> bool:
    """Say whether this edition lists these pages, by path, with just these bytes."""
    meta = _signed(get(f"/signed/{number}.snapshot.json"))["meta"]
    bins = sorted(name for name in meta if name.startswith("pages-"))
    for path, data in pages.items():
        first = int.from_bytes(hashlib.sha256(path.encode()).digest()[:4], "big")
        name = bins[first * len(bins) >> 32]
        listed = _signed(get(f"/signed/{meta[name]['version']}.{name}"))["targets"].get(path)
        if listed is None or listed["hashes"]["sha256"] != hashlib.sha256(data).hexdigest():
            return False
    return True


def _signed(data: bytes) -> dict[str, Any]:
    signed: dict[str, Any] = json.loads(data)["signed"]
    return signed
