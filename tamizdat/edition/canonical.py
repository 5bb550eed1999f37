"""The bytes of signed metadata.

* What is signed is canonical JSON: keys sorted by code point, nothing between tokens, only ``"``
  and ``\\`` escaped, every other character raw, in UTF-8 (OLPC's, as securesystemslib writes it).
* Where no string holds a control character (below 0x20), Python's own encoder gives the same
  bytes twenty times faster. Bins, snapshot and timestamp are signed so: paths hold none
  (``paths.check``), nor do our names and dates.
* Public keys (PEM) do hold line ends, which canonical JSON leaves raw and JSON must escape. So
  root, targets, pages and media are signed in canonical form and *written* as JSON: the same keys
  in the same order, and ``\\n`` for a line end. A reader parses the file and makes the canonical
  form anew (spec 4.2.1).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from securesystemslib.formats import encode_canonical


def canonical(value: Any) -> bytes:
    """Return the JSON of a value: its canonical form too, where it holds no control character."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def payload(value: Any) -> bytes:
    """Return the canonical form of any value: what its signatures are over."""
    encoded: str = encode_canonical(value) or ""
    return encoded.encode()


def signed_file(signed: bytes, signatures: Mapping[str, str]) -> bytes:
    """Return the file of what was signed (as JSON) and its signatures by key id."""
    listed = canonical([{"keyid": key_id, "sig": sig} for key_id, sig in signatures.items()])
    return b'{"signatures":' + listed + b',"signed":' + signed + b"}"
