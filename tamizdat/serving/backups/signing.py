"""Whose a backup is: the newsroom signs the manifest with the on-line key of *targets*.

A recipient is no secret, and anybody can seal to it. So a restore asks for a signature by a key
that the backup's own chain of roots names; that chain begins with the root whose fingerprint the
newsroom has printed.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from securesystemslib.exceptions import UnverifiedSignatureError
from securesystemslib.signer import Signature

from tamizdat.edition.keys import SIGNED, Keyring
from tamizdat.edition.paths import EditionError
from tamizdat.edition.roles import TARGETS
from tamizdat.edition.trust import Trust, fingerprint
from tamizdat.serving.backups.errors import Damaged

# No metadata begins so: what is signed here is never mistaken for an edition's.
CONTEXT = b"tamizdat backup manifest 1\n"


def sign(manifest: bytes, keys: Path) -> dict[str, str]:
    """Return the signature by key id; none where the newsroom has no keys."""
    try:
        return Keyring.load(keys).sign(TARGETS, CONTEXT + manifest)
    except EditionError:
        return {}


def signer_of(manifest: bytes, signature: bytes, keys: Path) -> str | None:
    """Return the fingerprint of the first root of the newsroom that signed; None where nobody did.

    ``keys`` is the keys' folder out of the same backup. Raises Damaged where the signature is
    wrong.
    """
    found = json.loads(signature)
    if not found:
        return None
    try:
        trust = _chain(keys)
        key_id = trust.root.roles[TARGETS].keyids[0]
        trust.root.keys[key_id].verify_signature(
            Signature(key_id, str(found[key_id])), CONTEXT + manifest
        )
    except (EditionError, UnverifiedSignatureError, OSError, KeyError, ValueError, TypeError):
        raise Damaged("the backup is not signed by the newsroom whose keys it holds") from None
    return fingerprint(trust.roots[0])


def _chain(keys: Path) -> Trust:
    """Follow the roots from the first to the newest, as a reader does. What has expired counts: a
    backup may be older than a year."""
    roots = {int(file.name.partition(".")[0]): file for file in (keys / SIGNED).glob("*.root.json")}
    first, *rest = sorted(roots)
    trust = Trust(roots[first].read_bytes(), datetime.now(UTC), refuse_expired=False)
    for version in rest:
        trust.update_root(roots[version].read_bytes())
    return trust
