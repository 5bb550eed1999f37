"""Letters as files in a folder, so that a demo has something to read and nothing leaves it."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path


class Folder:
    """Puts each letter into a file, whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def announce(self, sender: str, to: str) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def hand_over(self, letter: bytes) -> None:
        name = hashlib.sha256(letter).hexdigest()[:16]
        aside = self.folder / f".{name}.part"
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(letter)
        aside.replace(self.folder / f"{name}.eml")

    def close(self) -> None:
        """Nothing is held."""
