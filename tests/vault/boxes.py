"""Keys and boxes for tests, and what the vault's folder of a test holds."""

from __future__ import annotations

from datetime import UTC, datetime

from tamizdat.vault.sealing import Pair, Sealed, seal

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
INDEX_KEY = b"i" * 32
PAIR = Pair.make()


def sealed(name: str, pair: Pair = PAIR, index_key: bytes = INDEX_KEY) -> Sealed:
    """Seal ``NAME@example.org``."""
    return seal(f"{name}@example.org", pair.public, index_key)
