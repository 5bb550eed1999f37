"""What a page showed while it was made."""

from __future__ import annotations


class Trace:
    """Collects the keys (see ``tamizdat.stories.keys``) of everything that one page shows."""

    def __init__(self) -> None:
        self.keys: set[str] = set()

    def saw(self, *keys: str) -> None:
        self.keys.update(keys)
